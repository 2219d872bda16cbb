"""What is known of a value without having it: the lattice that typing, effects and signatures share.

An `AbstractType` describes all values of which it is true; `ANY` describes every value. Types nest: a list of
experts whose `name` is a string is `ListType(InstanceType(Expert, (("name", STR),)))`.

The outermost class of a type is a fact about the value. What it says of the *contents* of a mutable object (elements,
attributes) was true when the value was looked at; it holds on for as long as nothing that may write has run since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AbstractType:
    """The top of the lattice: nothing is known."""

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True, slots=True)
class NeverType(AbstractType):
    """The bottom of the lattice: no value at all; what an empty list holds."""

    def __str__(self) -> str:
        return "never"


@dataclass(frozen=True, slots=True)
class ExactType(AbstractType):
    """An instance of exactly this class, of which nothing more is known (scalars: nothing more is needed)."""

    cls: type

    def __str__(self) -> str:
        return "None" if self.cls is type(None) else self.cls.__name__


@dataclass(frozen=True, slots=True)
class PlainType(AbstractType):
    """JSON-like data: exactly dict (with str keys), list, str, int, float, bool or None, and so all the way down."""

    def __str__(self) -> str:
        return "plain"


@dataclass(frozen=True, slots=True)
class DataType(AbstractType):
    """A value that comes from a library known to return data: a builtin scalar, a builtin container, or a record.

    Records are objects of the library. What attributes, items, iteration and methods of a record give is data again;
    reading them, and truth, length, comparison, hash, text and format, have no effect. Methods named like those of
    builtin classes do what these do. Records take no part in arithmetic; none of it is an iterator or an array.
    """

    def __str__(self) -> str:
        return "data"


@dataclass(frozen=True, slots=True)
class ListType(AbstractType):
    """Exactly `list`, every element described by `element`."""

    element: AbstractType

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class SetType(AbstractType):
    """Exactly `set` or `frozenset` (`frozen`), every element described by `element`."""

    element: AbstractType
    frozen: bool = False

    def __str__(self) -> str:
        return f"{'frozenset' if self.frozen else 'set'}<{self.element}>"


@dataclass(frozen=True, slots=True)
class DictType(AbstractType):
    """Exactly `dict`, every key described by `key` and every value by `value`.

    Where keys are strings, `items` may say more of the value that some of them have if they are present.
    """

    key: AbstractType
    value: AbstractType
    items: tuple[tuple[str, AbstractType], ...] = ()

    def item(self, key: object) -> AbstractType:
        """What the value of this key is."""
        return dict(self.items).get(key, self.value) if type(key) is str else self.value

    def __str__(self) -> str:
        return f"dict<{self.key}, {self.value}>"


@dataclass(frozen=True, slots=True)
class CollectionType(AbstractType):
    """Exactly `cls`, a container of `collections`. The `key` of a deque is `NEVER`, its elements are `value`.

    `made` is what a defaultdict stores for a missing key, by a factory that has no effect and keeps nothing: `NEVER`
    without factory, `ANY` where that isn't known, and `StaticType(f)` for whatever `f()` does and gives.
    """

    cls: type
    key: AbstractType
    value: AbstractType
    made: AbstractType

    def __str__(self) -> str:
        inside = self.value if isinstance(self.key, NeverType) else f"{self.key}, {self.value}"
        return f"{self.cls.__name__}<{inside}>"


@dataclass(frozen=True, slots=True)
class TupleType(AbstractType):
    """Exactly `tuple`, of exactly these elements."""

    elements: tuple[AbstractType, ...]

    def __str__(self) -> str:
        return f"tuple<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class TupleOfType(AbstractType):
    """Exactly `tuple`, of unknown length, every element described by `element`."""

    element: AbstractType

    def __str__(self) -> str:
        return f"tuple<{self.element}, ...>"


@dataclass(frozen=True, slots=True)
class RecordType(AbstractType):
    """A named tuple of a library, of exactly `cls`, with these elements: `jax.numpy.linalg.svd` gives one."""

    cls: type
    elements: tuple[AbstractType, ...]

    def __str__(self) -> str:
        return f"{self.cls.__name__}<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class IteratorType(AbstractType):
    """A fresh builtin iterator (`zip`, `map`, `enumerate`, dict view, ...) whose steps have no effect of their own.

    `cls` is its exact class; `element` describes what it gives.
    """

    cls: type
    element: AbstractType

    def __str__(self) -> str:
        return f"{self.cls.__name__}<{self.element}>"


@dataclass(frozen=True, slots=True)
class InstanceType(AbstractType):
    """An instance of exactly `cls`, a class written in Python, with these types of (some) instance attributes."""

    cls: type
    attributes: tuple[tuple[str, AbstractType], ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{name}: {value}" for name, value in self.attributes)
        return f"{self.cls.__name__}{{{inside}}}"


@dataclass(frozen=True, slots=True)
class ArrayType(AbstractType):
    """An array of exactly `cls` (`numpy.ndarray` or JAX's array class), with dtype name and shape where known."""

    cls: type
    dtype: str | None = None
    shape: tuple[int, ...] | None = None

    def __str__(self) -> str:
        shape = "" if self.shape is None else list(self.shape)
        return f"{self.cls.__module__.partition('.')[0]}.array<{self.dtype}{shape}>"


@dataclass(frozen=True, slots=True)
class StaticType(AbstractType):
    """This very object: functions, classes, modules, bound methods of them, and literals known when compiling."""

    value: Any

    def __str__(self) -> str:
        return f"static {getattr(self.value, '__qualname__', None) or repr(self.value)}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StaticType):
            return NotImplemented
        return self.value is other.value or (
            type(self.value) in IMMUTABLE_SCALARS
            and type(self.value) is type(other.value)
            and repr(self.value) == repr(other.value)
        )

    def __hash__(self) -> int:
        return hash(repr(self.value)) if type(self.value) in IMMUTABLE_SCALARS else id(self.value)


@dataclass(frozen=True, slots=True)
class BoundType(AbstractType):
    """A callable made of another one: a bound method, or a `functools.partial` (`cls` is exactly which).

    Calling it calls something of type `function` with `args` before its own arguments and `keywords` beside them.
    """

    cls: type
    function: AbstractType
    args: tuple[AbstractType, ...] = ()
    keywords: tuple[tuple[str, AbstractType], ...] = ()

    def __str__(self) -> str:
        kept = (*map(str, self.args), *(f"{name}={held}" for name, held in self.keywords))
        return f"{self.cls.__name__}<{self.function}, {', '.join(kept)}>"

    def with_parts(self, change: Callable[[AbstractType], AbstractType]) -> BoundType:
        """The same with what it passes on changed."""
        keywords = tuple((name, change(held)) for name, held in self.keywords)
        return BoundType(self.cls, self.function, tuple(map(change, self.args)), keywords)


@dataclass(frozen=True, slots=True)
class CaughtType(AbstractType):
    """An exception in its handler, of a class that isn't known exactly; its text is taken to have no effect."""

    def __str__(self) -> str:
        return "exception"


@dataclass(frozen=True, slots=True)
class UnionType(AbstractType):
    """One of a few types (two to four); wider unions become `PLAIN`, `DATA` or `ANY`."""

    members: frozenset[AbstractType]

    def __str__(self) -> str:
        return " | ".join(sorted(map(str, self.members)))


IMMUTABLE_SCALARS = frozenset({str, int, float, bool, complex, bytes, type(None), type(...), range})

ANY = AbstractType()
NEVER = NeverType()
PLAIN = PlainType()
DATA = DataType()
STR, INT, FLOAT, BOOL, BYTES, COMPLEX = (ExactType(c) for c in (str, int, float, bool, bytes, complex))
NONE = ExactType(type(None))
MAX_UNION = 4  # members; beyond that a union says too little to pay for carrying it


def widen(value: AbstractType) -> AbstractType:
    """A static literal as its class: `static 3` to `int`; anything else as it is."""
    if isinstance(value, StaticType) and type(value.value) in IMMUTABLE_SCALARS:
        return ExactType(type(value.value))
    return value


def members(value: AbstractType) -> frozenset[AbstractType]:
    """The alternatives of a type: of a union its members, otherwise itself."""
    return value.members if isinstance(value, UnionType) else frozenset((value,))


def is_plain(value: AbstractType) -> bool:
    """Whether every value of this type is JSON-like data all the way down."""
    match value:
        case PlainType() | NeverType():
            return True
        case ExactType(cls=cls):
            return cls in (str, int, float, bool, type(None))
        case StaticType():
            return is_plain(widen(value)) if widen(value) is not value else False
        case ListType(element=element):
            return is_plain(element)
        case DictType(key=key, value=held):
            return key in (STR, NEVER) and is_plain(held)
        case UnionType(members=parts):
            return all(map(is_plain, parts))
        case _:
            return False


def is_data(value: AbstractType) -> bool:
    """Whether every value of this type is data all the way down: what `DATA` describes."""
    match value:
        case DataType() | PlainType() | NeverType():
            return True
        case ExactType() | StaticType():
            return is_immutable(value)
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return is_data(element)
        case DictType(key=key, value=held):
            return is_data(key) and is_data(held)
        case TupleType(elements=parts) | UnionType(members=parts):
            return all(map(is_data, parts))
        case _:
            return False


def is_immutable(value: AbstractType) -> bool:
    """Whether no value of this type can change, itself or anything reachable from it."""
    match value:
        case NeverType():
            return True
        case ExactType(cls=cls):
            return cls in IMMUTABLE_SCALARS
        case StaticType(value=held):
            return type(held) in IMMUTABLE_SCALARS
        case TupleOfType(element=element) | SetType(element=element, frozen=True):
            return is_immutable(element)
        case TupleType(elements=parts) | RecordType(elements=parts) | UnionType(members=parts):
            return all(map(is_immutable, parts))
        case ArrayType(cls=cls):
            return cls.__module__.startswith("jax") or cls.__name__ == "generic"
        case _:
            return False


def join(left: AbstractType, right: AbstractType) -> AbstractType:
    """The least type of the lattice that describes all values of both."""
    if left == right or right == NEVER:
        return left
    if left == NEVER:
        return right
    left, right = widen(left), widen(right)
    if left == right:
        return left
    if left == ANY or right == ANY:
        return ANY
    if isinstance(left, (PlainType, DataType)) or isinstance(right, (PlainType, DataType)):
        return _join_unions(left, right)
    match left, right:
        case ListType(element=a), ListType(element=b):
            return ListType(join(a, b))
        case DictType(key=k, value=v), DictType(key=l, value=w):
            return DictType(join(k, l), join(v, w), _join_items(left, right))  # type: ignore[arg-type]
        case SetType(element=a, frozen=f), SetType(element=b, frozen=g) if f == g:
            return SetType(join(a, b), f)
        case CollectionType(cls=a), CollectionType(cls=b) if a is b:
            made = left.made if left.made == right.made else ANY
            return CollectionType(a, join(left.key, right.key), join(left.value, right.value), made)
        case ((TupleType() | TupleOfType()), (TupleType() | TupleOfType())):
            return _join_tuples(left, right)
        case InstanceType(cls=a), InstanceType(cls=b) if a is b:
            return InstanceType(a, _join_attributes(a, dict(left.attributes), dict(right.attributes)))
        case RecordType(cls=a), RecordType(cls=b) if a is b:
            return RecordType(a, tuple(map(join, left.elements, right.elements)))
        case BoundType(), BoundType() if _same_call(left, right):
            return _join_bound(left, right)
        case ArrayType(cls=a), ArrayType(cls=b) if a is b:
            return ArrayType(a, left.dtype if left.dtype == right.dtype else None)
    return _join_unions(left, right)


def _join_tuples(left: TupleType | TupleOfType, right: TupleType | TupleOfType) -> AbstractType:
    if isinstance(left, TupleType) and isinstance(right, TupleType) and len(left.elements) == len(right.elements):
        return TupleType(tuple(map(join, left.elements, right.elements)))
    return TupleOfType(join(tuple_element(left), tuple_element(right)))


def _join_items(left: DictType, right: DictType) -> tuple[tuple[str, AbstractType], ...]:
    both = dict(right.items)
    return tuple((name, join(held, both[name])) for name, held in left.items if name in both)


def _join_bound(left: BoundType, right: BoundType) -> BoundType:
    args = tuple(map(join, left.args, right.args))
    named = dict(right.keywords)
    return BoundType(left.cls, left.function, args, tuple((n, join(t, named[n])) for n, t in left.keywords))


def _same_call(left: BoundType, right: BoundType) -> bool:
    """Whether two callables pass as many arguments, of the same names, to one function."""
    names = [[name for name, _ in one.keywords] for one in (left, right)]
    return (
        left.cls is right.cls
        and left.function == right.function
        and names[0] == names[1]
        and (len(left.args) == len(right.args))
    )


def _join_unions(left: AbstractType, right: AbstractType) -> AbstractType:
    """One of two types that have no common form."""
    parts = _join_members([*members(left), *members(right)])
    if len(parts) == 1:
        return next(iter(parts))
    if len(parts) <= MAX_UNION:
        return UnionType(parts)
    return PLAIN if all(map(is_plain, parts)) else DATA if all(map(is_data, parts)) else ANY


def _join_members(parts: Sequence[AbstractType]) -> frozenset[AbstractType]:
    """Members of a union, those of one class joined: `list<int> | list<str>` is one list type."""
    merged: dict[object, AbstractType] = {}
    for whole, is_part in ((PLAIN, is_plain), (DATA, is_data)):
        if whole in parts:
            parts = [whole if is_part(one) else one for one in parts]
    for part in parts:
        key = _family(part)
        merged[key] = join(merged[key], part) if key in merged else part
    return frozenset(merged.values())


def _family(part: AbstractType) -> object:
    """Members of a union with the same family join to one type that isn't a union."""
    if isinstance(part, (InstanceType, ArrayType, CollectionType, RecordType)):
        return part.cls
    if isinstance(part, (TupleType, TupleOfType)):
        return tuple
    if isinstance(part, (ListType, DictType)):
        return type(part)
    if isinstance(part, BoundType):
        return part.cls, part.function, len(part.args), tuple(name for name, _ in part.keywords)
    return (SetType, part.frozen) if isinstance(part, SetType) else part


def _join_attributes(
    cls: type, left: dict[str, AbstractType], right: dict[str, AbstractType]
) -> tuple[tuple[str, AbstractType], ...]:
    """Attributes that both know. One that hides a class attribute is kept as `ANY`: absence would name the class's."""
    joined = {name: join(held, right[name]) for name, held in left.items() if name in right}
    for name in left.keys() ^ right.keys():
        if any(name in vars(c) for c in cls.__mro__):
            joined[name] = ANY
    return tuple(sorted(joined.items()))


def covers(general: AbstractType, special: AbstractType) -> bool:
    """Whether every value of `special` is proven to be a value of `general`."""
    if general is special or type(general) is AbstractType or isinstance(special, NeverType) or general == special:
        return True
    if isinstance(special, UnionType):
        return all(covers(general, one) for one in special.members)
    if isinstance(general, UnionType):
        return any(covers(one, special) for one in general.members)
    if isinstance(general, (PlainType, DataType)):
        return is_plain(special) if isinstance(general, PlainType) else is_data(special)
    if isinstance(special, StaticType):
        return widen(special) is not special and covers(general, widen(special))
    return type(special) is not AbstractType and join(general, special) == general


def tuple_element(value: AbstractType) -> AbstractType:
    """One type for all elements of a tuple type."""
    return value.element if isinstance(value, TupleOfType) else join_all(value.elements)  # type: ignore[attr-defined]


def join_all(types: Iterable[AbstractType]) -> AbstractType:
    """The join of any number of types; of none, `NEVER` (an element of an empty container is never seen)."""
    result: AbstractType = NEVER
    for one in types:
        result = join(result, one)
    return result


CLIENT_CLASSES: set[type] = set()
"""Classes of library clients met so far: what is found in their instances is found in the class for good."""
