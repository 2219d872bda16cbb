"""What an object consists of that nobody else sees: the seal of what code makes, and what a seal says of types."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .abstract_type import (
    ANY,
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .contents import parts_of_cell
from .lattice import is_immutable, join_all
from .place import Place
from .seal import ATTRIBUTE, SEALED, OpenPart, Seal, SealedBut, is_open
from .staleness import with_parts
from .value import Cell, Origin, Value, bound_origins, deep, reach, reach_of

_CONTAINERS: dict[type[AbstractType], type] = {ListType: list, DictType: dict}


def class_of(type_: AbstractType) -> type | None:
    """The class of the mutable objects that a type describes; None for what isn't one object of a known class."""
    match type_:
        case ListType() | DictType():
            return _CONTAINERS[type(type_)]
        case SetType(frozen=frozen):
            return frozenset if frozen else set
        case CollectionType(cls=cls) | InstanceType(cls=cls):
            return cls
        case _:
            return None


def is_sealable(type_: AbstractType, seal: Seal = SEALED) -> bool:
    """Whether all that is reached from a value, but for what is open, is of known classes, no object there inside
    another one of its class."""
    if seal is None:
        return False
    if class_of(type_) is None:
        return isinstance(type_, PlainType) or _is_known(type_, seal, frozenset())
    return all(_is_known(part, seal, frozenset()) for part in _closed_parts(type_, seal))


def is_sealable_inside(type_: AbstractType, seal: Seal = SEALED) -> bool:
    """The same of a value that a container is to hold."""
    return seal is not None and _is_known(type_, seal, frozenset())


def _is_known(type_: AbstractType, seal: SealedBut, around: frozenset[type]) -> bool:
    """The same of something inside a container; `around` are the classes of the objects around it but the container."""
    if is_immutable(type_) or isinstance(type_, (StaticType, NeverType)):
        return True
    if isinstance(type_, UnionType):
        return all(_is_known(part, seal, around) for part in type_.members)
    if isinstance(type_, TupleType):
        return all(_is_known(part, seal, around) for part in type_.elements)
    if isinstance(type_, TupleOfType):
        return _is_known(type_.element, seal, around)
    cls = class_of(type_)
    if cls is None or cls in around:
        return False
    return all(_is_known(part, seal, around | {cls}) for part in _closed_parts(type_, seal))


def _closed_parts(type_: AbstractType, seal: SealedBut) -> list[AbstractType]:
    cls = class_of(type_)
    return [part for field, part in parts_of_cell(type_) if not is_open(cls, field, seal)]


def is_sealed_at(place: Place, type_: AbstractType, seal: Seal) -> bool:
    """Whether what is found at a place in a container of this type is seen by nobody else."""
    if seal is None or not seal.open:
        return seal is not None
    for name in place.path:
        if not isinstance(type_, InstanceType) or is_open(type_.cls, name, seal):
            return False
        type_ = dict(type_.attributes).get(name, ANY)
    return not place.inside or not _leads_out(type_, seal)


def _leads_out(type_: AbstractType, seal: SealedBut) -> bool:
    """Whether something open may be reached from a value of this type."""
    match type_:
        case _ if is_immutable(type_):
            return False
        case UnionType(members=parts):
            return any(_leads_out(part, seal) for part in parts)
        case _ if (cls := class_of(type_)) is None and not isinstance(type_, (TupleType, TupleOfType)):
            return True
        case _:
            parts = parts_of_cell(type_)
            return any(is_open(cls, field, seal) or _leads_out(part, seal) for field, part in parts)


def with_open_parts(type_: AbstractType, seal: Seal, change: Callable[[AbstractType], AbstractType]) -> AbstractType:
    """A type in which what is open is of changed types."""
    if seal is None:
        return with_parts(type_, change)
    match type_:
        case _ if not seal.open or is_immutable(type_):
            return type_
        case InstanceType(cls=cls, attributes=attributes):
            parts = (
                (name, change(held) if is_open(cls, name, seal) else with_open_parts(held, seal, change))
                for name, held in attributes
            )
            return InstanceType(cls, tuple(parts))
        case TupleType(elements=elements):
            return TupleType(tuple(with_open_parts(one, seal, change) for one in elements))
        case TupleOfType(element=element):
            return TupleOfType(with_open_parts(element, seal, change))
        case UnionType(members=parts):
            return join_all(with_open_parts(one, seal, change) for one in parts)
        case _ if class_of(type_) is None:
            return type_
        case _:
            return with_parts(type_, lambda part: with_open_parts(part, seal, change))


def seal_of(whole: Value, taken: frozenset[Origin] = frozenset(), seal: Seal = SEALED) -> Seal:
    """The seal of what code has made, or has been given with this seal, where others see what is in `taken`."""
    if seal is None:
        return None
    found = seal.open
    while True:  # an attribute that is open in one object is so in all of the class
        search = _Search(taken, found)
        outside = reach(search.outside) if search.is_own(whole) else None
        if outside is None or not _objects(search.closed).isdisjoint(_objects(outside)):
            return None
        if search.open == found:
            break
        found = frozenset(search.open)
    if not found:
        return SEALED
    keys = [origin for origin in outside if not isinstance(origin, Cell)]
    places = frozenset(Place(key, inside=True) for key in keys if key is not None)
    return SealedBut(found, None if None in keys else places)


def _objects(origins: Iterable[Origin]) -> set[object]:
    """What tells objects apart: what one call has made may be one object."""
    return {one.kin if isinstance(one, Cell) and one.kin is not None else one for one in origins}


def seal_of_made(made: Value, taken: frozenset[Origin] = frozenset()) -> Seal:
    """The seal of one container or object that code gives; None also where it hasn't made it."""
    return seal_of(made, taken) if made.origins and class_of(made.type) is not None else None


def closed_reach(whole: Value, seal: Seal) -> frozenset[Origin]:
    """All that is reached from a container of ours but through what is open."""
    found: set[Origin] = set()
    done: set[tuple[Cell, type | None]] = set()
    todo = [(whole, class_of(whole.type))]
    while todo:
        one, cls = todo.pop()
        for origin in one.origins | bound_origins(one):
            found.add(origin)
            if not isinstance(origin, Cell) or (origin, cls) in done:
                continue
            done.add((origin, cls))
            closed = (held for field, held in origin.fields.items() if not is_open(cls, field, seal))
            todo += [(held, class_of(held.type)) for held in closed]
    return frozenset(found)


class _Search:
    """Goes through the objects that a container consists of, as far as nobody else sees them.

    `closed` are those, `open` the attributes that lead elsewhere, `outside` where these lead.
    """

    def __init__(self, taken: frozenset[Origin], already_open: frozenset[OpenPart]) -> None:
        self.taken = taken
        self.closed: set[Origin] = set()
        self.open: set[OpenPart] = set(already_open)
        self.outside: set[Origin] = set()
        self._done: set[tuple[Cell, type | None]] = set()

    def is_own(self, one: Value) -> bool:
        """Whether all that a value reaches is the container's own, but for open attributes."""
        if one.bound is not None:
            return False
        cls = class_of(one.type)
        return all(
            isinstance(origin, Cell) and origin not in self.taken and self._enter(origin, cls) for origin in one.origins
        )

    def _enter(self, cell: Cell, cls: type | None) -> bool:
        if cell.unsettled or cell.opaque or cell.walks or cell.is_lazy:
            return False
        self.closed.add(cell)
        if (cell, cls) in self._done:
            return True
        self._done.add((cell, cls))
        for field, held in cell.fields.items():
            if cls is None or not field.startswith(ATTRIBUTE):
                if not self.is_own(held):
                    return False
            elif (part := (cls, field.removeprefix(ATTRIBUTE))) in self.open or not self._closes(held):
                self.open.add(part)
                self.outside |= reach_of(held)
        return True

    def _closes(self, held: Value) -> bool:
        """Whether what an attribute holds is the container's own; where it isn't, nothing was looked at."""
        before = set(self.closed), set(self.open), set(self.outside), set(self._done)
        if self.is_own(held) and is_sealable_inside(deep(held), SealedBut(frozenset(self.open))):
            return True
        self.closed, self.open, self.outside, self._done = before
        return False
