"""What types say of contents: the elements that iterating gives, the kinds of state inside, what a store keeps true."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from .abstract_type import (
    ANY,
    IMMUTABLE_SCALARS,
    NEVER,
    PLAIN,
    STR,
    AbstractType,
    ArrayType,
    BoundType,
    CollectionType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    RecordType,
    SetType,
    StaticType,
    StreamType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .array_results import element as array_element
from .lattice import covers, is_immutable, join, join_all
from .place import EVERYTHING, item_kind, overlap, whole_kind
from .staleness import shallow, with_parts
from .value import ELEMENT, KEY, VALUE

MAX_STORED = 128  # types in what is told of a store; beyond that it may be anything
MAX_AGED = 512  # and in what is left of a type


def element_type(type_: AbstractType) -> AbstractType | None:
    """What iterating a builtin gives; `NEVER` where it raises, `None` where iterating may run unknown code."""
    match type_:
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return element
        case IteratorType(element=element):
            return element
        case DictType(key=key):
            return key
        case TupleType(elements=elements) | RecordType(elements=elements):
            return join_all(elements)
        case PlainType() | DataType():
            return type_
        case CollectionType(cls=cls, key=key, value=held):
            return held if cls is deque else key
        case ExactType(cls=cls):
            return _SCALAR_ELEMENTS.get(cls)
        case NeverType():
            return NEVER
        case ArrayType():
            return array_element(type_)
        case UnionType(members=parts):
            found = [element_type(part) for part in parts]
            return None if None in found else join_all(found)  # type: ignore[arg-type]
        case _:
            return None


_INT = ExactType(int)
_SCALAR_ELEMENTS: dict[type, AbstractType] = {
    str: STR,
    bytes: _INT,
    bytearray: _INT,
    range: _INT,
    int: NEVER,
    float: NEVER,
    bool: NEVER,
    complex: NEVER,
    type(None): NEVER,
    type(...): NEVER,
}


def element_field(type_: AbstractType) -> str:
    """The field of a cell that iterating it gives."""
    return KEY if isinstance(plain_form(type_), DictType) else ELEMENT


def plain_form(type_: AbstractType) -> AbstractType:
    """Library containers as the builtin container that they behave like (but for a defaultdict's missing keys)."""
    if not isinstance(type_, CollectionType):
        return type_
    return ListType(type_.value) if type_.cls is deque else DictType(type_.key, type_.value)


def kinds(type_: AbstractType, deeply: bool = False) -> frozenset[str]:
    """The kinds of mutable state an object of this type consists of; `deeply`: and all that it reaches."""
    match type_:
        case StaticType():
            return frozenset()  # what is looked at through functions, classes and modules is told where it is loaded
        case ListType(element=element):
            return frozenset(("list",)) | (kinds(element, True) if deeply else frozenset())
        case SetType(element=element, frozen=frozen):
            own = frozenset() if frozen else frozenset(("set",))
            return own | (kinds(element, True) if deeply else frozenset())
        case DictType(key=key, value=held):
            inner = kinds(key, True) | kinds(held, True) if deeply else frozenset()
            return frozenset(("dict",)) | inner
        case TupleType(elements=elements):
            return frozenset().union(*(kinds(e, True) for e in elements)) if deeply else frozenset()
        case TupleOfType(element=element):
            return kinds(element, True) if deeply else frozenset()
        case BoundType(args=args, keywords=keywords):
            parts = (*args, *(one for _, one in keywords))
            return frozenset().union(*(kinds(part, True) for part in parts)) if deeply else frozenset()
        case UnionType(members=parts):
            return frozenset().union(*(kinds(part, deeply) for part in parts))
        case PlainType():
            return frozenset(("list", "dict"))
        case IteratorType(element=element):
            own = frozenset(("list", "dict", "set", "iterator"))
            return own | (kinds(element, True) if deeply else frozenset())
        case InstanceType(attributes=attributes) if deeply and attributes:
            return frozenset((EVERYTHING,))
        case CollectionType():
            return kinds(plain_form(type_), deeply)
        case ArrayType() if not is_immutable(type_):
            return frozenset(("array",))
        case ExactType(cls=cls) if cls not in IMMUTABLE_SCALARS:
            return frozenset((f"type:{cls.__qualname__}",))
        case _:
            return frozenset() if is_immutable(type_) else frozenset((EVERYTHING,))


def fits(type_: AbstractType, kind: str, field: str | None, held: AbstractType) -> bool:
    """Whether storing `held` into this field of some object of this kind leaves what `type_` says of contents true."""
    if kind == EVERYTHING:
        return is_immutable(type_)

    whole = whole_kind(kind)

    def inner(own_kind: str, own_field: str, part: AbstractType) -> bool:
        here = own_kind in (whole, kind) and field in (own_field, None)
        return (not here or covers(part, held)) and fits(part, kind, field, held)

    match plain_form(type_):
        case ListType(element=element):
            return inner("list", ELEMENT, element)
        case SetType(element=element):
            return inner("set", ELEMENT, element)
        case DictType(key=key, value=value_, items=items):
            return inner("dict", KEY, key) and inner("dict", VALUE, value_) and _fits_items(items, kind, field, held)
        case TupleType(elements=elements):
            return all(fits(e, kind, field, held) for e in elements)
        case IteratorType(element=element):
            return all(inner(own, f, element) for own, f in _ITERATED)
        case TupleOfType(element=element):
            return fits(element, kind, field, held)
        case BoundType(args=args, keywords=keywords):
            return all(fits(part, kind, field, held) for part in (*args, *(one for _, one in keywords)))
        case UnionType(members=parts):
            return all(fits(part, kind, field, held) for part in parts)
        case InstanceType(cls=cls, attributes=attributes):
            if kind.startswith("attr:") and kind[5:] not in dict(attributes):
                return not hasattr(cls, kind[5:])  # it may hide one of the class from now on
            return all(inner(f"attr:{name}", f"attr:{name}", part) for name, part in attributes)
        case PlainType():
            return whole not in ("list", "dict") or covers(PLAIN, held)
        case DataType():
            return not _may_be_of_data(kind) or covers(type_, held)
        case _:
            return True


def _fits_items(items: tuple[tuple[str, AbstractType], ...], kind: str, field: str | None, held: AbstractType) -> bool:
    is_value = field in (VALUE, None)
    return all(
        (not (is_value and overlap(item_kind(name), kind)) or covers(part, held)) and fits(part, kind, field, held)
        for name, part in items
    )


_ITERATED = (("list", ELEMENT), ("set", ELEMENT), ("dict", KEY), ("dict", VALUE))


def _may_be_of_data(kind: str) -> bool:
    """Whether state of this kind may lie in a library's data."""
    return whole_kind(kind) in ("list", "dict", "set", EVERYTHING) or kind.startswith("attr:")


def aged(type_: AbstractType, stored: Mapping[tuple[str, str | None], AbstractType]) -> AbstractType:
    """What is left of a type once objects of some kinds may hold these types; most stores leave it as it is."""
    breaking = {key: held for key, held in stored.items() if not fits(type_, *key, held)}
    if not breaking:
        return type_
    found = degraded(type_, breaking)
    return shallow(type_) if is_large(found, MAX_AGED) else found


def is_large(type_: AbstractType, most: int) -> bool:
    """Whether a type consists of more than so many: such that hold each other grow with each store."""
    num_seen, todo = 0, [type_]
    while todo and num_seen <= most:
        one = todo.pop()
        num_seen += 1
        todo += one.members if isinstance(one, UnionType) else (part for _, part in parts_of_cell(one))
        todo += (part for _, part in one.items) if isinstance(one, DictType) else ()
    return num_seen > most


def degraded(
    type_: AbstractType,
    stored: Mapping[tuple[str, str | None], AbstractType],
    around: frozenset[type] = frozenset(),
) -> AbstractType:
    """What is left of a type once fields of objects of some kinds may hold these types as well.

    What objects of the classes `around` hold isn't said where they are stored inside of one, nor what single keys of
    dicts do inside of a dict: such types would nest without end, and the more attributes there are, the faster.
    """
    if not stored:
        return type_

    def inner(kind: str, field: str, part: AbstractType) -> AbstractType:
        part = degraded(part, stored, around)
        for (other, name), held in stored.items():
            if name in (field, None) and overlap(kind, other):
                part = join(part, _cut(held, around) if around else held)
        return part

    unknown = (EVERYTHING, None) in stored
    match type_:
        case ListType(element=element):
            return ListType(inner("list", ELEMENT, element))
        case SetType(element=element, frozen=frozen):
            return SetType(degraded(element, stored, around) if frozen else inner("set", ELEMENT, element), frozen)
        case DictType(key=key, value=held, items=items):
            around |= {dict}
            kept = tuple((name, inner(item_kind(name), VALUE, part)) for name, part in items)
            return DictType(inner("dict", KEY, key), inner("dict", VALUE, held), () if unknown else kept)
        case CollectionType(cls=cls, made=made):
            return _degraded_collection(cls, degraded(plain_form(type_), stored, around), ANY if unknown else made)
        case TupleType(elements=elements):
            return TupleType(tuple(degraded(e, stored, around) for e in elements))
        case TupleOfType(element=element):
            return TupleOfType(degraded(element, stored, around))
        case BoundType():
            return type_.with_parts(lambda part: degraded(part, stored, around))
        case IteratorType(cls=cls, element=element):
            touched = {whole_kind(kind) for kind, _ in stored} & {"list", "dict", "set", EVERYTHING}
            return IteratorType(cls, ANY if touched else degraded(element, stored, around))
        case UnionType(members=parts):
            return join_all(degraded(part, stored, around) for part in parts)
        case InstanceType(cls=cls, attributes=attributes):
            around |= {cls}
            kept = {name: inner(f"attr:{name}", f"attr:{name}", held) for name, held in attributes}
            kept.update({kind[5:]: ANY for kind, _ in stored if kind.startswith("attr:") and kind[5:] not in kept})
            return InstanceType(cls, tuple(sorted(kept.items())))
        case _:
            return _degraded_data(type_, stored)


def _cut(type_: AbstractType, classes: frozenset[type]) -> AbstractType:
    """A type that says of objects of these classes which attributes they have, and not what these hold; nor keys."""
    match type_:
        case InstanceType(cls=cls, attributes=attributes) if cls in classes:
            return InstanceType(cls, tuple((name, ANY) for name, _ in attributes))
        case DictType(key=key, value=held, items=items) if items and dict in classes:
            return _cut(DictType(key, held), classes)
        case InstanceType() | ListType() | DictType() | SetType() | CollectionType():
            return with_parts(type_, lambda part: _cut(part, classes))
        case TupleType(elements=elements):
            return TupleType(tuple(_cut(part, classes) for part in elements))
        case TupleOfType(element=element):
            return TupleOfType(_cut(element, classes))
        case UnionType(members=parts):
            return join_all(_cut(part, classes) for part in parts)
        case _:
            return type_


def _degraded_collection(cls: type, inside: AbstractType, made: AbstractType) -> AbstractType:
    """A container of `collections` that holds what the list or dict `inside` does."""
    if isinstance(inside, ListType):
        return CollectionType(cls, NEVER, inside.element, made)
    assert isinstance(inside, DictType)
    return CollectionType(cls, inside.key, inside.value, made)


def _degraded_data(type_: AbstractType, stored: Mapping[tuple[str, str | None], AbstractType]) -> AbstractType:
    match type_:
        case PlainType():
            return ANY if {whole_kind(kind) for kind, _ in stored} & {"list", "dict", EVERYTHING} else type_
        case StreamType():
            return ANY if (EVERYTHING, None) in stored else type_
        case DataType():
            held = (one for (kind, _), one in stored.items() if _may_be_of_data(kind))
            return type_ if all(covers(type_, one) for one in held) else ANY
        case _:
            return type_


def parts_of_cell(type_: AbstractType) -> Iterable[tuple[str, AbstractType]]:
    """The contents that a type describes, by field of the cell."""
    match type_:
        case ListType(element=element) | SetType(element=element) | IteratorType(element=element):
            return ((ELEMENT, element),)
        case TupleOfType(element=element):
            return ((ELEMENT, element),)
        case TupleType(elements=elements):
            return tuple((f"{ELEMENT}{index}", element) for index, element in enumerate(elements))
        case CollectionType(cls=cls, value=held) if cls is deque:
            return ((ELEMENT, held),)
        case DictType(key=key, value=held) | CollectionType(key=key, value=held):
            return ((KEY, key), (VALUE, held))
        case InstanceType(attributes=attributes):
            return tuple((f"attr:{name}", held) for name, held in attributes)
        case _:
            return ()
