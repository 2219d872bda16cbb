"""The objects that an owned container consists of: itself, and what only it reaches.

In: the type of a container that nobody else sees. Out: a value over cells of its own. Assumes of a *sealed* container:
whatever mutable objects it holds are reached through it alone. Ensures: any two objects inside that may be one share a
cell, so that what is stored under one path is seen under all others. The container itself is none of those inside: it
holds one of them, or what leads to it, and no object of its class that is inside does.
"""

from __future__ import annotations

from .abstract_type import (
    NEVER,
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
from .lattice import is_immutable
from .ledger import Ledger
from .value import Cell, Value, join_values, outside

OWNED = "owned"
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


def is_sealable(type_: AbstractType) -> bool:
    """Whether all that is reached from a value is of known classes, no object there inside another one of its class."""
    if class_of(type_) is None:
        return isinstance(type_, PlainType) or _is_known(type_, frozenset())
    return all(_is_known(part, frozenset()) for _, part in parts_of_cell(type_))


def is_sealable_inside(type_: AbstractType) -> bool:
    """The same of a value that a container is to hold."""
    return _is_known(type_, frozenset())


def _is_known(type_: AbstractType, around: frozenset[type]) -> bool:
    """The same of something inside a container; `around` are the classes of the objects around it but the container."""
    if is_immutable(type_) or isinstance(type_, (StaticType, NeverType)):
        return True
    if isinstance(type_, UnionType):
        return all(_is_known(part, around) for part in type_.members)
    if isinstance(type_, TupleType):
        return all(_is_known(part, around) for part in type_.elements)
    if isinstance(type_, TupleOfType):
        return _is_known(type_.element, around)
    cls = class_of(type_)
    if cls is None or cls in around:
        return False
    return all(_is_known(part, around | {cls}) for _, part in parts_of_cell(type_))


class Region:
    """The cells of one owned container: its own, and one for all objects of a class inside of it."""

    def __init__(self, ledger: Ledger, name: str, sealed: bool) -> None:
        self.ledger, self.name, self.sealed = ledger, name, sealed

    def enter(self, type_: AbstractType) -> Value:
        """The container itself; what it holds may be seen by others too unless it is sealed."""
        if class_of(type_) is not None:
            return self._fill(self._cell(None), type_)
        is_shared = isinstance(type_, PlainType) and not self.sealed  # what it holds is part of it
        return Value(type_, frozenset((self._cell(object), *((None,) if is_shared else ()))))

    def _fill(self, cell: Cell, type_: AbstractType) -> Value:
        for field, part in parts_of_cell(type_):
            if part is not NEVER:
                cell.hold(field, self._inside(part) if self.sealed else outside(part))
        whole = InstanceType(type_.cls) if isinstance(type_, InstanceType) else type_
        return Value(whole, frozenset((cell,)))

    def _inside(self, type_: AbstractType) -> Value:
        """Something that only this region reaches."""
        match type_:
            case UnionType(members=parts):
                found = Value(NEVER)
                for part in parts:
                    found = join_values(found, self._inside(part))
                return found
            case TupleType(elements=elements):
                inside = [self._inside(part) for part in elements]
                origins = frozenset(origin for one in inside for origin in one.origins)
                return Value(TupleType(tuple(one.type for one in inside)), origins)
            case TupleOfType(element=element):
                held = self._inside(element)
                return Value(TupleOfType(held.type), held.origins)
            case _ if class_of(type_) is None or is_immutable(type_):
                return Value(type_)
            case _:
                return self._fill(self._cell(class_of(type_)), type_)

    def _cell(self, cls: type | None) -> Cell:
        cell = self.ledger.cell((OWNED, self.name, cls), opaque=cls is object)
        cell.is_partial = True
        return cell

    def is_whole(self, one: Value, type_: AbstractType) -> bool:
        """Whether a value is the container itself, which is of this type, in any case."""
        own = self.ledger.cells.get((OWNED, self.name, None))
        if own is None or one.bound is not None or one.origins != {own}:
            return False
        return type(one.type) is type(type_) and class_of(one.type) is class_of(type_)

    @property
    def root(self) -> Cell:
        """That of the container itself."""
        return self._cell(None)

    @property
    def cells(self) -> frozenset[Cell]:
        """All of them."""
        mine = (OWNED, self.name)
        return frozenset(cell for key, cell in self.ledger.cells.items() if isinstance(key, tuple) and key[:2] == mine)
