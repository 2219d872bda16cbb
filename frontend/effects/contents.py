"""What types say of contents: the elements that iterating gives, the kinds of state inside, what a store keeps true."""

from __future__ import annotations

from collections.abc import Collection

from .abstract_type import (
    ANY,
    IMMUTABLE_SCALARS,
    NEVER,
    PLAIN,
    STR,
    AbstractType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    TupleOfType,
    TupleType,
    UnionType,
    covers,
    is_immutable,
    join_all,
)
from .summary import EVERYTHING
from .value import ELEMENT, KEY


def element_type(type_: AbstractType) -> AbstractType | None:
    """What iterating a builtin gives; `NEVER` where it raises, `None` where iterating may run unknown code."""
    match type_:
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return element
        case IteratorType(element=element):
            return element
        case DictType(key=key):
            return key
        case TupleType(elements=elements):
            return join_all(elements)
        case PlainType():
            return PLAIN
        case ExactType(cls=cls):
            return _SCALAR_ELEMENTS.get(cls)
        case NeverType():
            return NEVER
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
    return KEY if isinstance(type_, DictType) else ELEMENT


def kinds(type_: AbstractType, deeply: bool = False) -> frozenset[str]:
    """The kinds of mutable state an object of this type consists of; `deeply`: and all that it reaches."""
    match type_:
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
        case UnionType(members=parts):
            return frozenset().union(*(kinds(part, deeply) for part in parts))
        case PlainType():
            return frozenset(("list", "dict"))
        case InstanceType(attributes=attributes) if deeply and attributes:
            return frozenset((EVERYTHING,))
        case ExactType(cls=cls) if cls not in IMMUTABLE_SCALARS:
            return frozenset((f"type:{cls.__qualname__}",))
        case _:
            return frozenset() if is_immutable(type_) else frozenset((EVERYTHING,))


def fits(type_: AbstractType, kind: str, held: AbstractType) -> bool:
    """Whether storing `held` into some object of this `kind` leaves what `type_` says of contents true."""
    match type_:
        case ListType(element=element):
            return (kind != "list" or covers(element, held)) and fits(element, kind, held)
        case SetType(element=element):
            return (kind != "set" or covers(element, held)) and fits(element, kind, held)
        case DictType(key=key, value=value_):
            own = kind != "dict" or (covers(value_, held) and covers(key, held))
            return own and fits(key, kind, held) and fits(value_, kind, held)
        case TupleType(elements=elements):
            return all(fits(e, kind, held) for e in elements)
        case IteratorType(element=element):
            own = kind not in ("list", "set", "dict") or covers(element, held)
            return own and fits(element, kind, held)
        case TupleOfType(element=element):
            return fits(element, kind, held)
        case UnionType(members=parts):
            return all(fits(part, kind, held) for part in parts)
        case InstanceType(attributes=attributes):
            return all((kind != f"attr:{n}" or covers(t, held)) and fits(t, kind, held) for n, t in attributes)
        case PlainType():
            return kind not in ("list", "dict") or covers(PLAIN, held)
        case _:
            return True


def degraded(type_: AbstractType, unsettled: Collection[str]) -> AbstractType:
    """What is left of a type once objects of these kinds may hold other contents."""
    if not unsettled:
        return type_

    def inner(kind: str, part: AbstractType) -> AbstractType:
        return ANY if kind in unsettled or EVERYTHING in unsettled else degraded(part, unsettled)

    match type_:
        case ListType(element=element):
            return ListType(inner("list", element))
        case SetType(element=element, frozen=frozen):
            return SetType(degraded(element, unsettled) if frozen else inner("set", element), frozen)
        case DictType(key=key, value=held):
            return DictType(inner("dict", key), inner("dict", held))
        case TupleType(elements=elements):
            return TupleType(tuple(degraded(e, unsettled) for e in elements))
        case TupleOfType(element=element):
            return TupleOfType(degraded(element, unsettled))
        case IteratorType(cls=cls, element=element):
            return IteratorType(cls, ANY if set(unsettled) & {"list", "dict", "set", EVERYTHING} else element)
        case UnionType(members=parts):
            return join_all(degraded(part, unsettled) for part in parts)
        case InstanceType(cls=cls, attributes=attributes):
            kept = {name: inner(f"attr:{name}", held) for name, held in attributes}
            kept.update({kind[5:]: ANY for kind in unsettled if kind.startswith("attr:")})
            return InstanceType(cls, tuple(sorted(kept.items())))
        case PlainType():
            return ANY if set(unsettled) & {"list", "dict", EVERYTHING} else type_
        case _:
            return type_
