"""What is true at a point of the program being staged: what names are bound to, and the owned containers' states."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from xdsl.ir import SSAValue

from ...effects.abstract_type import ANY, NEVER, AbstractType, DictType, ListType, TupleType, join_all
from ..values import Maybe, Owned, Static, Tracer, TupleValue, Value


@dataclass(frozen=True, slots=True)
class OwnedState:
    """One version of an owned container.

    Attributes:
        elements: its elements, where they are known one by one (lists only).
        ssa: the value that holds it when the program runs; None until something needs it.
        type: its type.
        depth: nesting depth of the region that its version comes from: a loop further in that changes it must carry it.
        made_at: nesting depth of the region it was made in: a loop further in must not let it escape.
        escaped: somebody else may see it: from here on it is an ordinary object of the outside world.
        sealed: what it holds is seen by nobody else either.
    """

    type: AbstractType
    depth: int
    made_at: int
    elements: tuple[Value, ...] | None = None
    ssa: SSAValue | None = None
    escaped: bool = False
    sealed: bool = False


@dataclass(slots=True)
class State:
    """Names and owned containers; copied where control splits."""

    names: dict[str, Value] = field(default_factory=dict)
    heap: dict[Owned, OwnedState] = field(default_factory=dict)

    def copy(self) -> State:
        """An independent copy (values are immutable, so it is shallow)."""
        return State(dict(self.names), dict(self.heap))

    def restore(self, saved: State) -> None:
        """Forget everything since `saved` was copied."""
        self.names = dict(saved.names)
        self.heap = dict(saved.heap)

    def own(self, state: OwnedState, cls: type = list) -> Owned:
        """A new owned container in this state."""
        owned = Owned(cls)
        self.heap[owned] = state
        return owned

    def update(self, owned: Owned, **changes: object) -> None:
        """Replace parts of a container's state."""
        self.heap[owned] = replace(self.heap[owned], **changes)

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
            case _:
                return ANY

    def _owned_type(self, state: OwnedState) -> AbstractType:
        if state.elements is not None:
            return ListType(join_all(map(self.type_of, state.elements)))
        return state.type


EMPTY_LIST = ListType(NEVER)
EMPTY_DICT = DictType(NEVER, NEVER)
