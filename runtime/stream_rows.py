"""Rows of streams: what a loop over `zip` or `enumerate` of lists that are still being filled goes over.

A call that pairs lists up says so with the `RowShape` of its function, the attribute `__xcs_rows__`. When the stream of
an argument comes, and all others are there or have streams, the call has a stream of its own; the call itself is made
when the lists are there, for whatever else needs its result.

Guarantees: as `stream.py`. Rows are made of what the lists hold when they are complete, never of later changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from .elements import END
from .entries import Entries, ItemsStream
from .frame import EMPTY, Machine
from .row_shape import DictView, Numbers, RowShape
from .stream import Stream


def have_rows(shape: RowShape | DictView, arguments: Sequence[Any]) -> bool:
    """Whether arguments, of which at least one is a stream, are what a shape is of."""
    return not isinstance(shape, DictView) or (len(arguments) == 1 and type(arguments[0]) is Entries)


def rows_of(shape: RowShape | DictView, arguments: Sequence[Any]) -> Stream:
    """The stream of rows of a shape; arguments are streams, lists or dicts, whose rows are their keys."""
    if isinstance(shape, DictView):
        return arguments[0].view(shape.kind)
    parts: list[Stream | Numbers] = []
    for part in shape.parts or range(len(arguments)):
        if isinstance(part, RowShape):
            parts.append(rows_of(part, arguments))
        elif isinstance(part, Numbers):
            parts.append(part)
        else:
            given = arguments[part]
            if type(given) is Entries:
                given = given.view("keys")
            parts.append(given if type(given) in LISTS else Stream(list(given), has_all=True))
    return Rows(parts)


class Rows(Stream):
    """A stream of tuples of the elements of other streams. It ends with the first of them."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[Stream | Numbers]) -> None:
        super().__init__([])
        self._parts = parts
        for part in parts:
            if isinstance(part, Stream) and not part.has_all:
                part.readers.append(self)

    def __iter__(self) -> Iterator[Any]:
        for position in count():
            row = self.at(position)
            if row is END:
                return
            yield row

    def at(self, position: int) -> Any:
        """See `Stream.at`."""
        row: list[Any] = []
        for part in self._parts:
            row.append(part.at(position) if isinstance(part, Stream) else part.start + position)
            if row[-1] is END:
                return END
        return EMPTY if any(value is EMPTY for value in row) else tuple(row)

    def has_next(self, position: int) -> bool:
        """See `Stream.has_next`."""
        for part in self._parts:
            if isinstance(part, Stream):
                if not part.has_next(position):
                    return False
                if part.at(position) is END:
                    return True
        return True

    def size(self) -> int | None:
        """See `Stream.size`."""
        sizes = [part.size() for part in self._parts if isinstance(part, Stream)]
        return None if None in sizes else min(size for size in sizes if size is not None)

    def forward(self, machine: Machine, position: int, frame: Any, slot: int, whole: Stream | None = None) -> None:
        """See `Stream.forward`: waits for one part after the other."""
        row = (whole or self).at(position)
        if row is not EMPTY:
            machine.deliver(frame, slot, row)
            return
        part = next(part for part in self._parts if isinstance(part, Stream) and part.at(position) is EMPTY)
        part.forward(machine, position, frame, slot, whole or self)

    def go_on_reading(self, machine: Machine) -> None:
        """One of its streams has another element, or none."""
        self.wake(machine)

    def list_completed(self, stream: Stream) -> None:
        """One of its streams is complete: what becomes of that list is not to be seen here."""
        kept = Stream(list(stream.values), has_all=True)
        self._parts = [kept if part is stream else part for part in self._parts]


LISTS = frozenset({Stream, Rows, ItemsStream})
"""The types of streams of lists."""
STREAMS = LISTS | {Entries}
"""The types of all streams: a value that is none is of the user's, and isn't asked."""
