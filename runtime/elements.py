"""Where the elements of a loop come from, and what each fetch has to wait for.

Guarantees: decided from the exact type of the iterable, so no user code runs before `Elements.fetch` is called.

| the iterable                                        | starts  | fetches | a fetch may write   |
|-----------------------------------------------------|---------|---------|---------------------|
| exact `str`, `bytes`, `tuple`, `range`, `frozenset` | at once | at once | no                  |
| a container of Python (`list`, `dict`, views ...)   | clean   | clean   | no                  |
| an array of NumPy's                                | clean   | clean   | no                  |
| an iterator over one of those, `enumerate`, `zip`   | clean   | clean   | yes: it advances it |
| `combinations`, `product` ...                       | clean   | clean   | yes: it advances it |
| anything else                                       | retired | retired | yes                 |

A snapshot takes all elements at the start; its fetches wait for nothing. Generators, and iterators that walk them,
give them one by one even so. That of a settled container starts at once, too.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from operator import length_hint
from types import GeneratorType
from typing import Any

from .plan import LoopSource
from .prepared import CLEAN, GATE, RETIRED

END: Any = object()
"""What `fetch` returns when there are no more elements."""

_AT_ONCE = (LoopSource.SNAPSHOT, LoopSource.SETTLED)
_IMMUTABLE = frozenset({str, bytes, tuple, range, frozenset})
_CONTAINERS = frozenset(
    {list, dict, set, bytearray, deque, OrderedDict, defaultdict, type({}.keys()), type({}.values()), type({}.items())}
)
_ITERATORS = frozenset(
    type(iter(empty))
    for empty in ([], (), "", b"", range(0), range(1 << 80), {}, {}.values(), {}.items(), set(), bytearray(), deque())
) | {type(iter("\u00e9")), type(reversed([])), type(reversed({}))}
_POOLED = frozenset(
    {
        itertools.combinations,
        itertools.combinations_with_replacement,
        itertools.permutations,
        itertools.product,
    }
)
"""Iterators that have taken all they need when they are made."""
_WRAPPERS = (enumerate, zip, reversed)
_STEPPED = frozenset(
    {
        GeneratorType,
        enumerate,
        zip,
        reversed,
        itertools.chain,
        itertools.islice,
        itertools.pairwise,
        itertools.zip_longest,
        type(re.finditer("", "")),
    }
)
"""Iterators that a snapshot steps one by one: those of which a program knows that nobody else steps them."""


class Elements:
    """The elements of one running loop.

    Attributes:
        mode: the cursor that the next fetch waits for.
        may_write: whether a fetch may change state that something else sees.
    """

    __slots__ = ("_iterable", "_iterator", "_snapshot", "_stepping_mode", "may_write", "mode")

    def __init__(self, iterable: Any, source: LoopSource) -> None:
        self._iterable = iterable
        self._iterator: Iterator[Any] | None = None
        self._snapshot = source in _AT_ONCE
        kind = type(iterable)
        if kind in _IMMUTABLE:
            self.mode, self.may_write, self._snapshot = GATE, False, False
        elif kind in _CONTAINERS or is_numpy_array(kind):
            self.mode, self.may_write = GATE if source is LoopSource.SETTLED else CLEAN, False
        elif kind in _STEPPED and self._snapshot:  # its steps do nothing: it may end late, fail late, or never end
            self.mode, self.may_write, self._snapshot = CLEAN, False, False
            self._stepping_mode = GATE
            return
        elif _only_reads_containers(iterable):
            self.mode, self.may_write = CLEAN, True
        else:
            self.mode, self.may_write = RETIRED, True
        self._stepping_mode = GATE if self._snapshot else self.mode

    def size(self) -> int | None:
        """How many elements there will be, if Python's own containers say so; for loops that have not started."""
        return size_of(self._iterable)

    def go_on(self, iterator: Iterator[Any]) -> None:
        """Takes the elements from an iterator of the iterable that has given some of them already."""
        self._iterator = iterator
        self._iterable = ()
        self.mode = self._stepping_mode
        self.may_write = self.may_write and not self._snapshot

    def fetch(self) -> Any:
        """The next element or `END`. May raise what the iterable raises."""
        iterator = self._iterator
        if iterator is None:
            iterable = list(self._iterable) if self._snapshot else self._iterable
            iterator = iter(iterable)
            self.go_on(iterator)
        return next(iterator, END)


def is_numpy_array(kind: type) -> bool:
    """Whether this is the class of NumPy's arrays, whose iteration runs nobody's code."""
    return kind.__name__ == "ndarray" and kind is getattr(sys.modules.get("numpy"), "ndarray", None)


def size_of(iterable: Any) -> int | None:
    """The length of an iterable, without running code of anybody's."""
    kind = type(iterable)
    if kind in _IMMUTABLE or kind in _CONTAINERS:
        return len(iterable)
    if kind in _ITERATORS:
        return length_hint(iterable)
    if kind not in _WRAPPERS:
        return None
    sizes = [size_of(inner) for inner in _iterators_of(iterable)]
    known = [size for size in sizes if size is not None]
    return min(known) if sizes and len(known) == len(sizes) else None


def _only_reads_containers(iterable: Any) -> bool:
    """Whether `next` on this iterator runs no user code, looking through `enumerate`, `zip` and `reversed`."""
    pending = [iterable]
    while pending:
        inner = pending.pop()
        kind = type(inner)
        if kind in _WRAPPERS:
            pending.extend(_iterators_of(inner))
        elif kind not in _ITERATORS and kind not in _POOLED:
            return False
    return True


def _iterators_of(wrapper: Any) -> tuple[Any, ...]:
    # What pickling a wrapper would save; `reversed` holds a sequence, and is of this type only where that has no
    # reverse iterator of its own.
    arguments = wrapper.__reduce__()[1]
    if type(wrapper) is zip:
        return arguments
    inner = arguments[0]
    return (iter(inner),) if type(inner) in _IMMUTABLE else (inner,)
