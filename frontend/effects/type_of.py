"""The abstract type of an actual value: in, any object; out, what is true of it now, looked into up to a budget.

Assumes: nothing. Ensures: no user code runs (no dunder method, no property), and nothing is imported.
"""

from __future__ import annotations

import functools
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from .abstract_type import (
    ANY,
    DATA,
    IMMUTABLE_SCALARS,
    NEVER,
    SCALAR_TYPES,
    STR,
    AbstractType,
    ArrayType,
    BoundType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
)
from .classes import STATIC_CLASSES, is_array_class, is_class, is_program, is_static
from .framework_classes import is_history
from .framework_models import described_type
from .instance_layout import layout_of
from .lattice import is_data, join, join_all, without_items
from .parameter_trees import holds_parameters
from .users_code import is_hooked

MAX_DEPTH = 3  # instances inside instances; deeper ones are told by class only
MAX_ITEMS = 16  # keys of a dict whose values are told apart
PARAMETERS = 4096  # leaves, and keys, of containers in which the first that is found is an array of JAX's
PARAMETERS_DEPTH = 8  # instances inside instances in those
LISTED = 64  # elements that are looked at one by one before it is known that they aren't all arrays
MAX_TUPLE = 16  # elements a tuple type spells out one by one
MAX_CACHED = 1024  # descriptions of arrays, dtypes and instances remembered

COLLECTIONS = (defaultdict, OrderedDict, Counter, deque)
"""The containers of `collections` that types look into."""
_WITH_OBJECTS = ("object", "[", "(", "{")  # and records, which may hold objects: their elements have code of their own
_FACTORY: Any = vars(defaultdict)["default_factory"]
_DTYPE, _SHAPE = attrgetter("dtype"), attrgetter("shape")

_BY_AVAL: dict[tuple[int, type], tuple[Any, AbstractType]] = {}
_SCALAR_INSTANCES: dict[tuple[object, ...], AbstractType] = {}


def type_of(value: object, budget: int = 64) -> AbstractType:
    """The deep type of `value`; at most about `budget` leaves of its containers are looked at one by one.

    Of the parameters of a model, thousands: code that finds its way in them is array code only if all are known.
    """
    known = SCALAR_TYPES.get(type(value))
    if known is not None:
        return known
    look = _Look(PARAMETERS, PARAMETERS, PARAMETERS_DEPTH) if holds_parameters(value) else _Look(budget)
    return look.type_of(value, 0)


class _Look:
    """One look into a value: what is left of the budget, and the containers being looked into (cycles end there)."""

    __slots__ = ("active", "budget", "depth", "found", "items")

    def __init__(self, budget: int, items: int = MAX_ITEMS, depth: int = MAX_DEPTH) -> None:
        self.budget, self.items, self.depth = budget, items, depth
        self.active: set[int] = set()
        self.found: dict[tuple[int, int], AbstractType] = {}  # one object in many places is looked into once

    def type_of(self, value: Any, depth: int) -> AbstractType:
        self.budget -= 1
        cls = type(value)
        known = SCALAR_TYPES.get(cls)
        if known is not None:
            return known
        if cls in STATIC_CLASSES or is_class(value) or is_program(cls):
            return StaticType(value)
        if id(value) in self.active:
            return self.class_only(value, cls)
        if (id(value), depth) in self.found:
            return self.found[id(value), depth]
        self.active.add(id(value))
        try:
            look = _CONTAINERS.get(cls)
            found = look(self, value, depth) if look is not None else self.object_type(value, cls, depth)
            self.found[id(value), depth] = found
            return found
        finally:
            self.active.discard(id(value))

    def element(self, values: Any, depth: int) -> AbstractType:
        """The join of all elements of a sized iterable of an exact builtin class."""
        if not values:
            return NEVER
        if len(values) > 8:
            classes = set(map(type, values))
            if classes <= IMMUTABLE_SCALARS:
                self.budget -= 1
                return join_all(ExactType(cls) for cls in classes)
        if len(values) > min(self.budget, LISTED):
            found = self.arrays(values)
            if found is not ANY or len(values) > self.budget:
                return found
        return self.joined(values, depth)

    def arrays(self, values: Any) -> AbstractType:
        """The join of many elements if all are arrays of one class, from their dtypes and shapes; else anything."""
        kept = tuple(values)  # other threads may write the container
        classes = set(map(type, kept))
        cls = classes.pop()
        if classes or not is_array_class(cls):
            return ANY
        self.budget -= 1
        dtypes = {str(dtype) for dtype in set(map(_DTYPE, kept))}
        if any(dtype.startswith(_WITH_OBJECTS) for dtype in dtypes):
            return ANY
        is_numpy = cls.__module__ == "numpy"  # of whose arrays nothing depends on the shape of elements
        shapes = set() if is_numpy else set(map(_SHAPE, kept))
        return ArrayType(cls, dtypes.pop() if len(dtypes) == 1 else None, shapes.pop() if len(shapes) == 1 else None)

    def joined(self, values: Iterable[Any], depth: int) -> AbstractType:
        found: AbstractType = NEVER
        for value in tuple(values):
            one = self.type_of(value, depth)
            if one is not found and one != found:
                found = join(found, one)
            if type(found) is AbstractType:
                return ANY
        return found

    def list_type(self, value: list[Any], depth: int) -> AbstractType:
        return ListType(self.element(value, depth))

    def set_type(self, value: Any, depth: int) -> AbstractType:
        return SetType(self.element(value, depth), type(value) is frozenset)

    def dict_type(self, value: dict[Any, Any], depth: int) -> DictType:
        key = self.element(dict.keys(value), depth)
        if key != STR or len(value) > min(self.items, self.budget):
            return DictType(key, self.element(dict.values(value), depth))
        items = [(name, self.type_of(held, depth)) for name, held in tuple(dict.items(value))]
        types_ = [held for _, held in items]
        if all(held == types_[0] for held in types_) and not _are_parameters(value, types_):
            return DictType(key, types_[0] if types_ else NEVER)  # `value` says it all, whatever the keys are
        return DictType(key, join_all(map(without_items, types_)), tuple(sorted(items)))

    def collection_type(self, value: Any, depth: int) -> AbstractType:
        if type(value) is deque:
            return CollectionType(deque, NEVER, self.element(value, depth), NEVER)
        inside = self.dict_type(value, depth)
        factory = _FACTORY.__get__(value) if type(value) is defaultdict else None
        made = NEVER if factory is None else StaticType(factory) if is_static(factory) else ANY
        return CollectionType(type(value), inside.key, inside.value, made)

    def tuple_type(self, value: tuple[Any, ...], depth: int) -> AbstractType:
        if len(value) <= MAX_TUPLE and IMMUTABLE_SCALARS.issuperset(map(type, value)):
            return TupleType(tuple([SCALAR_TYPES[type(item)] for item in value]))
        if len(value) > MAX_TUPLE or len(value) > self.budget:
            return TupleOfType(self.element(value, depth))
        return TupleType(tuple([self.type_of(item, depth) for item in value]))

    def class_only(self, value: Any, cls: type) -> AbstractType:
        """What is said of an object that is being looked into."""
        layout = layout_of(cls)
        if cls in _CONTAINERS or layout.is_array or layout.exact is not None:
            return ANY
        return InstanceType(
            cls, tuple((n, ANY) for n in sorted(layout.attributes(value)) if _hides_class_attribute(cls, n))
        )

    def method_type(self, value: types.MethodType, depth: int) -> AbstractType:
        if is_static(value.__self__):
            return StaticType(value)
        return BoundType(types.MethodType, self.type_of(value.__func__, depth), (self.type_of(value.__self__, depth),))

    def partial_type(self, value: functools.partial[Any], depth: int) -> AbstractType:
        args = tuple([self.type_of(one, depth) for one in value.args])
        keywords = [(name, self.type_of(one, depth)) for name, one in value.keywords.items()]
        return BoundType(functools.partial, self.type_of(value.func, depth), args, tuple(sorted(keywords)))

    def object_type(self, value: Any, cls: type, depth: int) -> AbstractType:
        layout = layout_of(cls)
        if layout.is_array:
            return _array_type(value, cls)
        if layout.exact is not None:
            return layout.exact
        if layout.is_client:
            return ANY if is_hooked(value) else InstanceType(cls)
        if layout.is_described and (described := described_type(value, cls)) is not None:
            return described
        held = layout.attributes(value)
        if layout.is_record and all(is_data(self.type_of(one, depth)) for one in held.values()):
            return DATA
        if not layout.is_open or depth >= self.depth:
            names = [name for name in held if _hides_class_attribute(cls, name)]
            return InstanceType(cls, tuple((name, ANY) for name in sorted(names)))
        try:
            found = _SCALAR_INSTANCES.get((cls, *held, *map(type, held.values())))
        except TypeError:  # a metaclass without hash
            found = None
        if found is not None:
            self.budget -= len(held)
            return found
        return self.instance_type(cls, held, depth + 1)

    def instance_type(self, cls: type, held: dict[str, Any], depth: int) -> AbstractType:
        """Attributes beyond the budget are left out, but for those that hide one of the class."""
        attributes = {}
        for name, value in held.items():
            if is_history(cls, name):
                attributes[name] = ANY
            elif self.budget > 0:
                attributes[name] = self.type_of(value, depth)
            elif _hides_class_attribute(cls, name):
                attributes[name] = ANY
        result = InstanceType(cls, tuple(sorted(attributes.items())))
        if len(attributes) == len(held) and all(type(value) in IMMUTABLE_SCALARS for value in held.values()):
            if len(_SCALAR_INSTANCES) > MAX_CACHED:
                _SCALAR_INSTANCES.clear()
            _SCALAR_INSTANCES[(cls, *held, *map(type, held.values()))] = result
        return result


def _array_type(value: Any, cls: type) -> AbstractType:
    """The type of an array; JAX's share an object that has their shape and dtype, by which it is found again."""
    aval = None if cls.__module__ == "numpy" else getattr(value, "aval", None)
    known = _BY_AVAL.get((id(aval), cls))
    if known is not None:
        return known[1]
    dtype = _name_of(value.dtype)
    found = ExactType(cls) if dtype.startswith(_WITH_OBJECTS) else ArrayType(cls, dtype, tuple(value.shape))
    if aval is not None:
        if len(_BY_AVAL) > MAX_CACHED:
            _BY_AVAL.clear()
        _BY_AVAL[id(aval), cls] = aval, found
    return found


def _are_parameters(held: dict[str, Any], types_: Sequence[AbstractType]) -> bool:
    """Whether a dict is one of arrays under names, in which code looks for those by name: which it has says much."""
    first = types_[0] if types_ else NEVER
    is_one = isinstance(first, ArrayType) or (isinstance(first, DictType) and bool(first.items))
    return is_one and all(map(str.isidentifier, tuple(held)))


@functools.lru_cache(maxsize=MAX_CACHED)
def _name_of(dtype: Any) -> str:
    """The name of a dtype, which NumPy puts together anew each time."""
    return str(dtype)


def _hides_class_attribute(cls: type, name: str) -> bool:
    return any(name in base.__dict__ for base in cls.__mro__)


_CONTAINERS = {
    list: _Look.list_type,
    dict: _Look.dict_type,
    tuple: _Look.tuple_type,
    set: _Look.set_type,
    frozenset: _Look.set_type,
    types.MethodType: _Look.method_type,
    functools.partial: _Look.partial_type,
    **dict.fromkeys(COLLECTIONS, _Look.collection_type),
}
