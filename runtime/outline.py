"""What will be in a dict or list, before all of its values are there.

Keys, lengths and order of a container are often known long before its values are: `memo[q] = ask(q)` says at once that
`q` is in `memo`. An *outline* says so of one version of a container. Code that only looks things up runs on it as it
would on the container itself; where it comes to a value that has not arrived, it is interrupted by `Missing`, and runs
anew when that value is there. Arvind's I-structures do this in hardware, with a bit for each element.

The versions of a container share what they have in common, so one item more costs the same however many there are.

Guarantees: only the thread that drives the run touches an outline. Keys are values of which comparing runs no code of
the program's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .entries import PLAIN
from .frame import EMPTY, Frame, Machine
from .stored_attributes import is_held_once, is_stored_plainly, stored_attribute
from .stream import Stream

MAX_COPIED = 4096
"""Containers of more items than this have no outline unless they were filled under one."""


class Cell:
    """A value of a container that has not arrived.

    Attributes:
        value: the value, `EMPTY` before it has come.
        discarded: never, as whoever receives values may be.
    """

    __slots__ = ("_readers", "value")

    discarded = False

    def __init__(self) -> None:
        self.value = EMPTY
        self._readers: list[tuple[Frame, int]] = []

    def receive(self, machine: Machine, place: int, value: Any) -> None:
        """The value has arrived: the instructions that want it go on."""
        self.value = value
        for frame, index in self._readers:
            machine.look_again(frame, index)
        self._readers.clear()

    def awaits(self, frame: Frame, index: int) -> None:
        """Has an instruction go on when the value is there."""
        self._readers.append((frame, index))


class Missing(BaseException):
    """Code looks at a value that has not arrived: none of the program's handlers may take this.

    Attributes:
        cell: where the value will be.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell


def _found(held: Any) -> Any:
    if type(held) is not Cell:
        return held
    if held.value is EMPTY:
        raise Missing(held)
    return held.value


class _Log:
    """All items that were put into the versions of one dict: of each key, which version put which value there."""

    __slots__ = ("items", "newest")

    def __init__(self, items: dict[Any, list[tuple[int, Any]]]) -> None:
        self.items = items
        self.newest = 0


class DictOutline:
    """One version of a dict, as code that looks something up in it sees it."""

    __slots__ = ("_log", "_size", "_version")

    def __init__(self, log: _Log, version: int, size: int) -> None:
        self._log = log
        self._version = version
        self._size = size

    @classmethod
    def of(cls, items: Mapping[Any, Any]) -> DictOutline | None:
        """That of a dict which is there."""
        if len(items) > MAX_COPIED or not all(map(is_plain, items)):
            return None
        return cls(_Log({key: [(0, value)] for key, value in items.items()}), 0, len(items))

    def with_item(self, key: Any, value: Any) -> DictOutline:
        """The next version, with a value or a `Cell` for one under a key that is plain."""
        log, version = self._log, self._version + 1
        if log.newest != self._version:  # another version comes after this one already
            log = _Log({one: [(version, self._held(one))] for one in self})
        log.newest = version
        size = self._size + (key not in self)
        log.items.setdefault(key, []).append((version, value))
        return DictOutline(log, version, size)

    def _held(self, key: Any) -> Any:
        for version, value in reversed(self._log.items.get(key, ())):
            if version <= self._version:
                return value
        raise KeyError(key)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (key for key, values in self._log.items.items() if values[0][0] <= self._version)

    def __contains__(self, key: Any) -> bool:
        values = self._log.items.get(key)
        return values is not None and values[0][0] <= self._version

    def __getitem__(self, key: Any) -> Any:
        return _found(self._held(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """As of the dict."""
        held = key in self
        return self[key] if held else default


class ListOutline:
    """One version of a list, as code that looks something up in it sees it."""

    __slots__ = ("_items", "_size")

    def __init__(self, items: list[Any], size: int) -> None:
        self._items = items
        self._size = size

    @classmethod
    def of(cls, values: Sequence[Any]) -> ListOutline | None:
        """That of a list which is there, or of one whose missing elements are a `Cell` each."""
        return cls(list(values), len(values)) if len(values) <= MAX_COPIED else None

    def with_element(self, value: Any) -> ListOutline:
        """The next version, with a value or a `Cell` for one at its end."""
        items = self._items if len(self._items) == self._size else self._items[: self._size]
        items.append(value)
        return ListOutline(items, self._size + 1)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(self._size))

    def __contains__(self, value: Any) -> bool:
        return any(one is value or one == value for one in self)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return [_found(self._items[one]) for one in range(*position.indices(self._size))]
        at = operator.index(position)
        return _found(self._items[range(self._size)[at]])


class ObjectOutline:
    """One version of an object that holds containers, as code that looks something up in these sees it.

    All its attributes are those of the object, whatever they are called.
    """

    __slots__ = ("_stored", "_whole")

    def __init__(self, whole: object, stored: dict[str, Any]) -> None:
        """That of an object which was there before these attributes were stored, or filled."""
        self._stored = stored
        self._whole = whole

    def __getattribute__(self, name: str) -> Any:
        stored = _STORED(self)
        return _found(stored[name]) if name in stored else stored_attribute(_WHOLE(self), name)

    def __bool__(self) -> bool:
        cls = type(_WHOLE(self))
        if hasattr(cls, "__bool__") or hasattr(cls, "__len__"):
            raise TypeError("asking for its truth may run code of the program's")
        return True


_STORED: Callable[[ObjectOutline], dict[str, Any]] = ObjectOutline.__dict__["_stored"].__get__
_WHOLE: Callable[[ObjectOutline], object] = ObjectOutline.__dict__["_whole"].__get__


def with_attribute(outline: ObjectOutline, name: str, held: Any) -> ObjectOutline | None:
    """The next version of an object, with a value, a `Cell` for one or an outline as an attribute."""
    whole = _WHOLE(outline)
    return ObjectOutline(whole, {**_STORED(outline), name: held}) if is_stored_plainly(whole, name) else None


def known_attribute(outline: ObjectOutline, name: str) -> Any:
    """What there is of an attribute: a value, a cell, or the outline of a container; None where it can't be told.

    A container that other attributes lead to as well has none: what is seen there would lag behind.
    """
    if name in _STORED(outline):
        return _STORED(outline)[name]
    whole = _WHOLE(outline)
    try:
        value = stored_attribute(whole, name)
    except AttributeError:
        return None
    if type(value) not in (dict, list):
        return value
    return outline_of(value) if is_held_once(whole, name, value) else None


def is_outlined(outline: ObjectOutline, name: str) -> bool:
    """Whether only the outline of an attribute is known."""
    return type(_STORED(outline).get(name)) in OUTLINES


Outline: TypeAlias = DictOutline | ListOutline | ObjectOutline
OUTLINES = frozenset({DictOutline, ListOutline, ObjectOutline})
"""The types of outlines: a value that is none is of the user's."""


def outline_of(container: Any) -> Outline | None:
    """That of a container, or of an object that may hold some, which is there."""
    if type(container) is dict:
        return DictOutline.of(container)
    if type(container) is list:
        return ListOutline.of(container)
    return ObjectOutline(container, {})


def outline_of_stream(machine: Machine, stream: Stream) -> ListOutline | None:
    """That of a list of known length that is still being filled."""
    if stream.outline is None and len(stream.values) <= MAX_COPIED:
        values: list[Any] = []
        for position, value in enumerate(stream.values):
            values.append(Cell() if value is EMPTY else value)
            if value is EMPTY:
                stream.forward(machine, position, values[-1], 0)
        stream.outline = ListOutline.of(values)
    return stream.outline


def is_plain(key: Any) -> bool:
    """Whether comparing a key runs no code of the program's."""
    return type(key) in PLAIN or (type(key) is tuple and all(map(is_plain, key)))
