"""Dicts that a loop is still filling, for the loops that go over them.

A loop that puts one entry into a dict of its own in each iteration says what will be in that dict as soon as all
keys are known: which keys, in which order, and from which iteration each value comes. Who goes over the items then
waits for each value alone. Only keys of which comparing runs no code of the program's are looked at; where there are
others, whoever goes over the dict waits for it.

Guarantees: as `stream.py`. A dict has the key that was put in first and the value that was put in last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .filling import Filling
from .frame import EMPTY, Frame, Machine
from .plan import Literal
from .stream import Stream

PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
"""The classes of keys of which comparing runs no code of the program's."""
_ROWS: dict[str, Callable[[Any, Any], Any]] = {
    "keys": lambda key, value: key,
    "values": lambda key, value: value,
    "items": lambda key, value: (key, value),
}


class ItemsStream(Stream):
    """The items of a dict.

    Attributes:
        keys: the key of each.
    """

    __slots__ = ("keys",)

    keys: list[Any]


class Entries:
    """What will be in a dict: all keys, and values as they arrive.

    Attributes:
        views: what goes over it, each with what it sees of an entry.
    """

    __slots__ = ("_keys", "_positions", "_values", "views")

    def __init__(self, keys: list[Any], values: list[Any]) -> None:
        """Keys and values by iteration; a value that has not arrived is `EMPTY`."""
        last: dict[Any, int] = {}
        for number, key in enumerate(keys):
            last[key] = number  # a key that is there stays the one that it was
        self._keys = list(last)
        self._values = [values[number] for number in last.values()]
        self._positions = {number: position for position, number in enumerate(last.values())}
        self.views: list[tuple[Stream, Callable[[Any, Any], Any]]] = []

    def view(self, kind: str) -> Stream:
        """What a list of the dict's `keys`, `values` or `items` will hold."""
        row = _ROWS[kind]
        pairs = zip(self._keys, self._values, strict=True)
        rows = [EMPTY if value is EMPTY and kind != "keys" else row(key, value) for key, value in pairs]
        stream = Stream(rows, has_all=True) if kind != "items" else ItemsStream(rows, has_all=True)
        if isinstance(stream, ItemsStream):
            stream.keys = self._keys
        if kind != "keys":
            self.views.append((stream, row))
        return stream

    def put(self, machine: Machine, number: int, value: Any) -> None:
        """The value of an iteration has arrived."""
        position = self._positions.get(number)
        if position is not None:
            self._values[position] = value
            for stream, row in self.views:
                stream.put(machine, position, row(self._keys[position], value))


class CollectedEntries:
    """The entries that a running loop puts into a dict; it takes them where they arrive in its iterations.

    Attributes:
        discarded: never, as whoever receives values may be.
    """

    __slots__ = ("_entries", "_filling", "_frame", "_has_all", "_keys", "_num_missing", "_values")

    discarded = False

    def __init__(self, frame: Frame, filling: Filling) -> None:
        self._frame = frame
        self._filling = filling
        self._keys: list[Any] = []
        self._values: list[Any] = []
        self._num_missing = 0
        self._has_all = False
        self._entries: Entries | None = None

    def collect(self, machine: Machine, frame: Frame, stream: Stream | None) -> None:
        """Another iteration begins, whose element comes from a stream or is there."""
        number = len(self._keys)
        self._keys.append(EMPTY)
        self._values.append(EMPTY)
        self._num_missing += 1
        for place, operand in enumerate((self._filling.key, self._filling.value)):
            if not place and self._filling.keeps_key and type(stream) is ItemsStream:
                self.receive(machine, 2 * number, stream.keys[frame.sequence])  # before its value is there
            elif isinstance(operand, Literal):
                self.receive(machine, 2 * number + place, operand.value)
            else:
                machine.subscribe(frame, operand.index, self, 2 * number + place)

    def end(self, machine: Machine) -> None:
        """There is no further iteration."""
        self._has_all = True
        self._announce(machine)

    def receive(self, machine: Machine, place: int, value: Any) -> None:
        """A key or a value of an iteration has arrived."""
        number, is_value = divmod(place, 2)
        if not is_value:
            self._keys[number] = value
            self._num_missing -= 1
            self._announce(machine)
            return
        self._values[number] = value
        if self._entries is not None:
            self._entries.put(machine, number, value)

    def _announce(self, machine: Machine) -> None:
        if not self._has_all or self._num_missing or not all(type(key) in PLAIN for key in self._keys):
            return
        self._entries = Entries(self._keys, self._values)
        machine.deliver(self._frame, self._filling.result, self._entries)
