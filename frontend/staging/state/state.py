"""What is true at a point of the program being staged: what names are bound to, and the owned containers' states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from xdsl.ir import SSAValue

from ....diagnostics.frozen import frozen
from ...effects.abstract_type import ANY, NEVER, STR, AbstractType, DictType, ListType, TupleType
from ...effects.lattice import join_all, widen
from ...effects.seal import Seal
from ..values import Keywords, Maybe, Owned, Static, Tracer, TupleValue, Value

NO_PARTS: Mapping[str, Value] = MappingProxyType({})


@frozen()
class OwnedState:
    """One version of an owned container.

    Attributes:
        elements: its elements, where they are known one by one (lists only).
        last: its last element, where that alone is known (lists only).
        ssa: the value that holds it when the program runs; None until something needs it.
        type: its type.
        depth: nesting depth of the region that its version comes from: a loop further in that changes it must carry it.
        made_at: nesting depth of the region it was made in: a loop further in must not let it escape.
        escaped: somebody else may see it: from here on it is an ordinary object of the outside world.
        seal: how much of what it holds is seen by nobody else either.
        apart: no two of the elements that it holds share an object that can change.
        within: the container that it is an element of, while a loop over that one has it; it stays there.
        lent: a loop that comes next may change its elements: all that has read it so far has done so.
        in_order: a handler may see it as the step that fails leaves it: updates act when all before them has succeeded.
        shared: a caller's, who goes on with it as it is.
        argument: which argument of the program it is, or is in: its caller goes on with it, so updates act in order.
        parts: what attributes of an object or items of a dict hold, as values of their own, while nothing else does.
    """

    type: AbstractType
    depth: int
    made_at: int
    elements: tuple[Value, ...] | None = None
    ssa: SSAValue | None = None
    escaped: bool = False
    seal: Seal = None
    apart: bool = False
    within: Owned | None = None
    lent: bool = False
    last: Value | None = None
    in_order: bool = False
    shared: bool = False
    argument: int | None = None
    parts: Mapping[str, Value] = field(default_factory=lambda: NO_PARTS)


_FIELDS = tuple(one.name for one in fields(OwnedState))
_ALL_HELD = attrgetter(*_FIELDS)

Heap: TypeAlias = "Mapping[Owned, OwnedState]"
_Key = TypeVar("_Key")
_Held = TypeVar("_Held")
_MISSING: Any = object()


class Recorded(dict[_Key, _Held]):
    """A dict that remembers what it was, so that going back costs what has changed and not what there is."""

    __slots__ = ("_changes",)

    def __init__(self, held: Mapping[_Key, _Held] = MappingProxyType({})) -> None:
        super().__init__(held)
        self._changes: list[tuple[_Key, Any]] = []

    def __setitem__(self, key: _Key, held: _Held) -> None:
        self._changes.append((key, self.get(key, _MISSING)))
        dict.__setitem__(self, key, held)

    def pop(self, key: _Key, *default: Any) -> Any:
        """Remove a key; what it held."""
        if key in self:
            self._changes.append((key, self[key]))
        return dict.pop(self, key, *default)

    def update(self, others: Iterable[tuple[_Key, _Held]]) -> None:  # type: ignore[override]
        """Set several."""
        for key, held in others:
            self[key] = held

    @property
    def changed(self) -> set[_Key]:
        """The keys that were set or removed since it was made."""
        return {key for key, _ in self._changes}

    def rewind(self, num_changes: int) -> None:
        """Hold what it held after so many changes."""
        while len(self._changes) > num_changes:
            key, held = self._changes.pop()
            if held is _MISSING:
                dict.pop(self, key, None)
            else:
                dict.__setitem__(self, key, held)


Point: TypeAlias = tuple["State", int, int]
"""A state and a point in its past."""


class State:
    """Names and owned containers; copied where control splits."""

    __slots__ = ("heap", "names")

    def __init__(self, names: Mapping[str, Value] = MappingProxyType({}), heap: Heap = MappingProxyType({})) -> None:
        self.names: Recorded[str, Value] = Recorded(names)
        self.heap: Recorded[Owned, OwnedState] = Recorded(heap)

    def copy(self) -> State:
        """An independent copy (values are immutable, so it is shallow)."""
        return State(self.names, self.heap)

    def mark(self) -> Point:
        """Where it is now, to come back to with `rewind`."""
        return self, len(self.names._changes), len(self.heap._changes)

    @staticmethod
    def rewind(point: Point) -> State:
        """The state as it was at a point."""
        state, num_names, num_heap = point
        state.names.rewind(num_names)
        state.heap.rewind(num_heap)
        return state

    def own(self, state: OwnedState, cls: type = list) -> Owned:
        """A new owned container in this state."""
        owned = Owned(cls)
        self.heap[owned] = state
        return owned

    def update(self, owned: Owned, **changes: object) -> None:
        """Replace parts of a container's state; `dataclasses.replace` takes three times as long."""
        held: dict[str, Any] = dict(zip(_FIELDS, _ALL_HELD(self.heap[owned]), strict=True))
        held.update(changes)
        self.heap[owned] = OwnedState(**held)

    def type_of(self, value: Value) -> AbstractType:
        """The type of a value now."""
        match value:
            case Tracer(type=known):
                return known
            case Static():
                return value.type
            case TupleValue(elements=elements):
                return TupleType(tuple(map(self.type_of, elements)))
            case Owned():
                return self._owned_type(self.heap[value])
            case Maybe(value=held):
                return self.type_of(held)
            case Keywords(values=values):
                return DictType(STR, join_all(widen(self.type_of(one)) for one in values))
            case _:
                return ANY

    def _owned_type(self, state: OwnedState) -> AbstractType:
        if state.elements is not None:
            return ListType(join_all(map(self.type_of, state.elements)))
        return state.type


EMPTY_DICT = DictType(NEVER, NEVER)
