"""Lists that a map is still filling, for the loops that go over them.

What a map gives is one list, complete when all its iterations are. A loop over that list needs one element after the
other, so it starts as soon as the map does: iteration k waits for element k alone. A `Stream` goes the way that the
list will go, ahead of it: to slots, through captures and outputs, from one iteration of a loop to the next.

Guarantees: only the thread that drives the run touches a stream. Nobody else sees the list before it is complete, so
until then it only matters where an element arrives. What needs a whole list is not told of its stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from .elements import END, Elements
from .frame import EMPTY, Frame, Machine
from .plan import LoopSource


class Reader(Protocol):
    """What goes over a stream."""

    def go_on_reading(self, machine: Machine) -> None:
        """There is another element, or it is known that there is none."""

    def list_completed(self, stream: Stream) -> None:
        """All elements are there, and from now on others may see the list, and change it."""


class Stream:
    """The list that a running map fills, as what goes over it sees it.

    Attributes:
        values: the list itself, with `EMPTY` for what has not arrived.
        has_all: no further element will be added.
        readers: what goes over it.
        outline: what code sees of it that looks something up, once there is such code.
    """

    __slots__ = ("_awaited", "_inner", "has_all", "outline", "readers", "values")

    def __init__(self, values: list[Any], *, has_all: bool = False) -> None:
        self.values = values
        self.has_all = has_all
        self.readers: list[Reader] = []
        self.outline: Any = None
        self._awaited: dict[int, list[tuple[Stream, Frame, int]]] = {}
        self._inner: dict[int, Stream] = {}

    def __iter__(self) -> Iterator[Any]:
        """The elements, with `EMPTY` for one that has not arrived; not to be asked beyond what `has_next` admits."""
        return iter(self.values)

    def at(self, position: int) -> Any:
        """The element at a position that `has_next` admits: `EMPTY` if it has not arrived, `END` after the last."""
        return self.values[position] if position < len(self.values) else END

    def has_next(self, position: int) -> bool:
        """Whether it is known if there is an element at a position, and if so, that it is on its way."""
        return self.has_all or position < len(self.values)

    def size(self) -> int | None:
        """How many elements there will be, once that is known."""
        return len(self.values) if self.has_all else None

    def wake(self, machine: Machine) -> None:
        """Tells the readers that there is another element, or none."""
        for reader in self.readers:
            reader.go_on_reading(machine)

    def forward(self, machine: Machine, position: int, frame: Any, slot: int, whole: Stream | None = None) -> None:
        """Has an element that is `EMPTY` stored in a slot once it arrives; with `whole`, what that makes of it."""
        self._awaited.setdefault(position, []).append((whole or self, frame, slot))
        if whole is None and position in self._inner:
            machine.deliver(frame, slot, self._inner[position])

    def put(self, machine: Machine, position: int, value: Any) -> None:
        """An element has arrived."""
        self.values[position] = value
        self._inner.pop(position, None)
        for whole, frame, slot in self._awaited.pop(position, ()):
            if whole is self:
                machine.deliver(frame, slot, value)
            else:
                whole.forward(machine, position, frame, slot)

    def announce(self, machine: Machine, position: int, inner: Stream) -> None:
        """An element is a list that has begun to fill."""
        if self.values[position] is not EMPTY:
            return
        self._inner[position] = inner
        for whole, frame, slot in self._awaited.get(position, ()):
            if whole is self:
                machine.deliver(frame, slot, inner)

    def complete(self) -> None:
        """All elements are there, and whoever has the list may now change it."""
        for reader in self.readers:
            reader.list_completed(self)
        self.readers.clear()


class StreamElements(Elements):
    """The elements of a loop over a stream: those of a list, which may be `EMPTY`."""

    __slots__ = ("_is_complete", "stream")

    def __init__(self, stream: Stream, source: LoopSource) -> None:
        super().__init__(stream.values, source)
        self.stream = stream
        self._is_complete = False

    def size(self) -> int | None:
        """How many elements there will be, once that is known."""
        return self.stream.size()

    def list_completed(self) -> None:
        """The list may be changed from now on: a loop that is to see no change takes what is left of it."""
        self._is_complete = True
        if self._snapshot and self._iterator is not None:
            self._iterator = iter(list(self._iterator))

    def fetch(self) -> Any:
        """The next element, which may be `EMPTY`, or `END`."""
        if self._iterator is None:
            self.go_on(iter(list(self.stream.values) if self._snapshot and self._is_complete else self.stream))
        assert self._iterator is not None
        return next(self._iterator, END)
