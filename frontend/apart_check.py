"""Objects that a program takes to be different ones, told apart by looking at the arguments of each call.

In: pairs of places (the first is read, the second written) and the types of the arguments. Out: a function of the
arguments that says whether no object at the one place is also at the other. Assumes: the arguments have these types.
Ensures: no user code runs, and nothing but exact builtin containers and attributes kept in instances is looked into.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .effects.abstract_type import (
    AbstractType,
    ArrayType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .effects.instance_layout import own_attribute, own_attributes
from .effects.lattice import is_immutable
from .effects.place import OutsideName, Place, Root

ABSENT = object()
"""What an unbound name is taken for: no object of the program."""

_CLASSES: Mapping[type[AbstractType], type] = {
    ListType: list,
    DictType: dict,
    TupleType: tuple,
    TupleOfType: tuple,
}


@dataclass(frozen=True)
class Apart:
    """What a program relies on of its arguments: at the places of each pair lie different objects.

    Attributes:
        pairs: the first place of each is read, the second one written.
        types: the types of the arguments.
        outside: the types of objects in names outside.
        trees: arguments of which no object that can change is reached in two ways, nor from another one of them.
    """

    pairs: frozenset[tuple[Place, Place]] = frozenset()
    types: tuple[AbstractType, ...] = ()
    outside: Mapping[OutsideName, AbstractType] = field(default_factory=dict)
    trees: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pairs or self.trees)

    @cached_property
    def holds(self) -> Callable[[tuple[Any, ...]], bool]:
        """Whether it is so for these arguments."""
        types = {**dict(enumerate(self.types)), **self.outside}
        return compile_apart(self.pairs, types, [(index, self.types[index]) for index in self.trees])

    def with_statics(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """All arguments, given those that are passed when the program runs."""
        passed = iter(values)
        return tuple(one.value if isinstance(one, StaticType) else next(passed, ABSENT) for one in self.types)


class CannotTell(Exception):
    """An object isn't what its type said, or is nothing that can be looked into."""


def compile_apart(
    pairs: Iterable[tuple[Place, Place]],
    types: Mapping[Root, AbstractType],
    trees: Sequence[tuple[int, AbstractType]] = (),
) -> Callable[[tuple[Any, ...]], bool]:
    """A function of the arguments that says whether the places of each pair hold different objects, and whether each
    object of the trees, arguments by number and type, is reached in one way.
    """
    names: dict[str, Any] = {"absent": ABSENT, "own": own_attribute, "reached": reached}
    ordered = sorted(pairs, key=str)
    tests = [_test(read, written, types, names) for read, written in ordered]
    check = eval(f"lambda v: {' and '.join(tests) or 'True'}", names)

    def holds(values: tuple[Any, ...]) -> bool:
        try:
            return are_trees([(values[index], known) for index, known in trees]) and check(values)
        except Exception:  # an attribute is missing, or another thread changes what is looked into
            return False

    return holds


def _test(read: Place, written: Place, types: Mapping[Root, AbstractType], names: dict[str, Any]) -> str:
    left, right = _ids(read, types, names, False), _ids(written, types, names, True)
    one, other = _object(read, names), _object(written, names)
    if left is None and right is None:
        return f"{one} is not {other}"
    if left is None or right is None:
        return f"id({one if left is None else other}) not in {right if left is None else left}"
    return f"{left}.isdisjoint({right})"


def _ids(place: Place, types: Mapping[Root, AbstractType], names: dict[str, Any], is_written: bool) -> str | None:
    """Source of the identities of all objects inside of a place; None where there is but one."""
    if not place.inside:
        return None
    known: AbstractType | None = types[place.root]
    for name in place.path:
        known = dict(known.attributes).get(name) if isinstance(known, InstanceType) else None
    if isinstance(known, (ListType, SetType)) and is_immutable(known.element) and not place.below:
        return None
    if isinstance(known, DictType) and is_immutable(known.key) and is_immutable(known.value) and not place.below:
        return None
    name = f"t{len(names)}"
    names[name] = known
    return f"reached({_object(place, names)}, {name}, {is_written}, {place.below})"


def _object(place: Place, names: dict[str, Any]) -> str:
    """Source of the object that is found at the start of a place."""
    root = place.root
    if isinstance(root, OutsideName):
        name = f"n{len(names)}"
        names[name] = root.namespace.get
        found = f"{name}({root.name!r}, absent)"
    else:
        found = f"v[{root}]"
    for attribute in place.path:
        found = f"own({found}, {attribute!r})"
    return found


def reached(value: Any, known: AbstractType | None, is_whole: bool = False, below: bool = False) -> frozenset[int]:
    """The identities of the mutable objects whose contents a type describes, from this value on.

    `is_whole`: the type must describe all that is reached. `below`: the value itself is only one of them if it is
    reached from what it holds.
    """
    found: set[int] = set()
    if below:
        for one, part in _parts(value, _member(value, known), is_whole):
            _collect(one, part, found, is_whole)
    else:
        _collect(value, known, found, is_whole)
    return frozenset(found)


def are_trees(values: Iterable[tuple[Any, AbstractType]]) -> bool:
    """Whether each object that can change is reached in one way only from these values, of which types say all."""
    found: set[int] = set()
    pending = list(values)
    while pending:
        value, known = pending.pop()
        known = _member(value, known)
        if is_immutable(known) or isinstance(known, StaticType):
            continue
        if id(value) in found or type(known) is AbstractType:
            return False
        found.add(id(value))
        pending += _parts(value, known, True)
    return True


def _collect(value: Any, known: AbstractType | None, found: set[int], is_whole: bool) -> None:
    known = _member(value, known)
    if is_immutable(known) or type(known) is AbstractType or isinstance(known, StaticType) or id(value) in found:
        return
    parts = _parts(value, known, is_whole)
    found.add(id(value))
    for one, part in parts:
        _collect(one, part, found, is_whole)


def _member(value: Any, known: AbstractType | None) -> AbstractType:
    """What a type says of this value: of a union the member that describes it."""
    if isinstance(known, UnionType):
        known = next((one for one in known.members if _class_of(one) is type(value)), None)
    if known is None:
        raise CannotTell
    return known


def _parts(value: Any, known: AbstractType, is_whole: bool) -> Iterable[tuple[Any, AbstractType]]:
    """What a value holds, with what its type says of that."""
    parts: Iterable[tuple[Any, AbstractType]] = ()
    match known:
        case TupleType(elements=elements):
            parts = zip(value, elements, strict=True)
        case TupleOfType(element=element) | ListType(element=element) | SetType(element=element):
            parts = () if is_immutable(element) else ((one, element) for one in value)
        case CollectionType(cls=cls, value=held) if cls is deque:
            parts = ((one, held) for one in value)
        case DictType(key=key, value=held) | CollectionType(key=key, value=held):
            parts = (pair for item in dict.items(value) for pair in zip(item, (key, held), strict=True))
        case InstanceType(attributes=attributes):
            if is_whole and own_attributes(value).keys() != dict(attributes).keys():
                raise CannotTell
            parts = ((own_attribute(value, name), held) for name, held in attributes if type(held) is not AbstractType)
        case ExactType() | ArrayType():
            parts = ()
        case _:
            raise CannotTell
    return parts


def _class_of(known: AbstractType) -> type | None:
    if isinstance(known, SetType):
        return frozenset if known.frozen else set
    return _CLASSES.get(type(known)) or getattr(known, "cls", None)
