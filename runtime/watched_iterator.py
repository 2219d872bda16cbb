"""Loops that run one iteration after the other, shown by their iterators.

Guarantees: belongs to one loop and one thread. An exception of the iterator passes as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..diagnostics.location import Location
from .elements import size_of
from .progress import BarKey, Progress


class WatchedIterator:
    """An iterator over the elements of a loop: asking for the next one says that an iteration has completed."""

    __slots__ = ("_is_under_way", "_iterator", "_key", "_progress")

    def __init__(self, iterator: Iterator[Any], progress: Progress, key: BarKey) -> None:
        self._iterator = iterator
        self._progress = progress
        self._key = key
        self._is_under_way = False

    def __iter__(self) -> WatchedIterator:
        return self

    def __next__(self) -> Any:
        if self._is_under_way:
            self._progress.advance(self._key)
        self._is_under_way = True
        try:
            return next(self._iterator)
        except StopIteration:
            self._progress.end(self._key)
            raise


def watched(
    iterator: Iterator[Any], iterable: Any, progress: Progress, run: int, location: Location, is_inner: bool
) -> WatchedIterator:
    """The iterator of a loop over `iterable`, with a bar; the rest as `Progress.begin` takes it."""
    return WatchedIterator(iterator, progress, progress.begin(run, location, size_of(iterable), is_inner))
