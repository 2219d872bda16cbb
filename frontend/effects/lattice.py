"""The order of the types: what is known of either of two values, and whether one type says all that another does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from .abstract_type import (
    ANY,
    DATA,
    IMMUTABLE_SCALARS,
    NEVER,
    PLAIN,
    PLAIN_KEY,
    SCALAR_TYPES,
    STR,
    AbstractType,
    ArrayType,
    BoundType,
    CollectionType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    NeverType,
    PlainType,
    RecordType,
    SetType,
    SpreadType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)

MAX_UNION = 4  # members; beyond that a union says too little to pay for carrying it


def widen(value: AbstractType) -> AbstractType:
    """A static literal as its class: `static 3` to `int`; anything else as it is."""
    return SCALAR_TYPES.get(type(value.value), value) if isinstance(value, StaticType) else value


def members(value: AbstractType) -> frozenset[AbstractType]:
    """The alternatives of a type: of a union its members, otherwise itself."""
    return value.members if isinstance(value, UnionType) else frozenset((value,))


def without_items(value: AbstractType) -> AbstractType:
    """The same with nothing said of single keys of dicts: what `value` says of a dict that has `items`.

    Else a dict of dicts of dicts would be described twice at each level.
    """
    match value:
        case DictType(key=key, value=held):
            return DictType(key, without_items(held))
        case ListType(element=element):
            return ListType(without_items(element))
        case TupleOfType(element=element):
            return TupleOfType(without_items(element))
        case TupleType(elements=elements):
            return TupleType(tuple(map(without_items, elements)))
        case UnionType(members=parts):
            return join_all(map(without_items, parts))
        case _:
            return value


def hashable(value: AbstractType) -> AbstractType:
    """The values of a type that can be keys: those of JSON-like data can't change."""
    match value:
        case PlainType():
            return PLAIN_KEY
        case UnionType(members=parts) if not is_immutable(value):
            return join_all(map(hashable, parts))
        case TupleType(elements=parts):
            return TupleType(tuple(map(hashable, parts)))
        case TupleOfType(element=element):
            return TupleOfType(hashable(element))
        case _:
            return value


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
        case TupleOfType(element=element) | SetType(element=element, frozen=True) | SpreadType(element=element):
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
    if len(parts) <= MAX_UNION or all(map(_is_told_alone, parts)):
        return UnionType(parts)
    return PLAIN if all(map(is_plain, parts)) else DATA if all(map(is_data, parts)) else ANY


def _is_told_alone(part: AbstractType) -> bool:
    """Whether a part of a union says all that there is to say: scalars, and members of enumerations (there are few)."""
    is_scalar = type(part) is ExactType and is_immutable(part)
    return is_scalar or (isinstance(part, StaticType) and issubclass(type(part.value), Enum))


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
