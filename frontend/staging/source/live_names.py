"""Names that may be read after a statement of a block, without a set for each statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set


class LiveNames(Set[str]):
    """The names read by the statements after `index`, and those live after the block."""

    __slots__ = ("_index", "_last_read", "_outer")

    def __init__(self, last_read: Mapping[str, int], index: int, outer: Set[str]) -> None:
        """`last_read` gives for each name the last statement of the block that reads it."""
        self._last_read = last_read
        self._index = index
        self._outer = outer

    @classmethod
    def _from_iterable(cls, names: Iterable[str]) -> set[str]:  # type: ignore[override]
        return set(names)

    def __contains__(self, name: object) -> bool:
        return self._last_read.get(name, -1) > self._index or name in self._outer  # type: ignore[call-overload]

    def __iter__(self) -> Iterator[str]:
        yield from {name for name, last in self._last_read.items() if last > self._index} | set(self._outer)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __rand__(self, names: Set[str]) -> set[str]:  # type: ignore[override]
        return {name for name in names if name in self}


def lacking(names: list[str], live: Set[str]) -> list[str]:
    """Those of these names that aren't live."""
    while isinstance(live, LiveNames):
        last_read, index = live._last_read, live._index
        names = [name for name in names if last_read.get(name, -1) <= index]
        live = live._outer
    return [name for name in names if name not in live]
