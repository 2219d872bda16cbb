"""The objects that an owned container consists of: itself, and what only it reaches.

In: the type of a container that nobody else sees. Out: a value over cells of its own. Assumes of a *sealed* container:
whatever mutable objects it holds are reached through it alone, but for what its seal says is open (`seal.py`). Ensures:
any two objects inside that may be one share a cell, so that what is stored under one path is seen under all others. The
container itself is none of those inside: it holds one of them, or what leads to it, and no object of its class that is
inside does.
"""

from __future__ import annotations

from .abstract_type import (
    NEVER,
    AbstractType,
    InstanceType,
    PlainType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .contents import parts_of_cell
from .lattice import is_immutable
from .ledger import Ledger
from .place import Place
from .seal import Seal, is_open, join_seals, open_key
from .sealing import class_of, seal_of
from .value import Cell, Value, join_values, outside, value

OWNED = "owned"


def opened_up(type_: AbstractType, seal: Seal, other: Seal) -> Seal:
    """The seal of a container of this type and seal once it is open where another seal is, too.

    None where what would be open may be reached through what would not.
    """
    if seal is None or other is None or other.open <= seal.open:
        return join_seals(seal, other)
    joined = seal.join(other)
    found = seal_of(Region(Ledger(()), "", seal).enter(type_), seal=joined)
    return joined if found is not None and found.open == joined.open else None


class Region:
    """The cells of one owned container: its own, and one for all objects of a class inside of it."""

    def __init__(self, ledger: Ledger, name: str, seal: Seal) -> None:
        self.ledger, self.name, self.seal = ledger, name, seal

    def enter(self, type_: AbstractType) -> Value:
        """The container itself; what it holds may be seen by others too as far as it is open."""
        if class_of(type_) is not None:
            return self._fill(self._cell(None), type_)
        is_shared = isinstance(type_, PlainType) and self.seal is None  # what it holds is part of it
        return Value(type_, frozenset((self._cell(object), *((None,) if is_shared else ()))))

    def _fill(self, cell: Cell, type_: AbstractType) -> Value:
        cls = class_of(type_)
        for field, part in parts_of_cell(type_):
            if part is not NEVER:
                cell.hold(field, self._outside(part) if is_open(cls, field, self.seal) else self._inside(part))
        whole = InstanceType(type_.cls) if isinstance(type_, InstanceType) else type_
        return Value(whole, frozenset((cell,)))

    def _outside(self, type_: AbstractType) -> Value:
        """Something that others see, too."""
        key = open_key(self.name)
        return outside(type_) if self.seal is None else value(type_, frozenset((key,)), Place(key, inside=True))

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
