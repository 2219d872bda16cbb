"""What calls have cost so far, by callable: fast ones run where they stand, slow ones are worth a worker.

In: durations of calls. Out: for each callable one verdict, `is_fast`. A callable that was never called is slow. It
becomes fast after `MIN_FAST` fast calls in a row, and slow again with two slow ones among `WINDOW` calls, or once slow
ones have taken `MAX_DEBT_NS` more than as many fast ones may. So its 99th percentile and its mean decide, and not one
call that the machine has held up. Each time it was wrongly taken to be fast, it has to be fast for twice as many calls
before it counts as fast again.

Guarantees: any thread may note and look. A note takes no lock: notes that meet may count as one. At most `MAX_KNOWN`
callables are kept, each as long as it lives; a record is about 100 bytes, whatever the number of calls.
"""

from __future__ import annotations

import itertools
import types
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..diagnostics.identity import identity
from .limited_mark import is_limited

FAST_NS = 50_000
"""Calls below this many nanoseconds are fast: handing one to a worker and back costs about as much."""
MIN_FAST = 20
"""Fast calls in a row after which a callable counts as fast."""
MAX_FAST = 10_240
"""The most of them that are ever asked for."""
WINDOW = 100
"""Calls among which a second slow one makes a callable slow."""
MAX_DEBT_NS = 100_000_000
"""Longer than a machine holds a thread up or collects garbage; 2,000 calls that take no time pay it back."""
MAX_KNOWN = 4096
"""Callables whose cost is kept; those known longest go first."""

_changes = itertools.count(1)


class Verdicts:
    """Counts how often any callable has changed between fast and slow, so that conclusions can be kept.

    Attributes:
        serial: another number after each change.
    """

    __slots__ = ("serial",)

    def __init__(self) -> None:
        self.serial = 0


VERDICTS = Verdicts()


class Latency:
    """The cost of one callable.

    Attributes:
        is_fast: calls run where they stand.
        num_calls: calls noted; mean_ns: their duration, nanoseconds, recent ones counting more.
        required: fast calls in a row that make it fast.
        is_limited: calls wait for limits, which only workers may do: it is never fast.
    """

    __slots__ = ("_debt_ns", "_last_slow", "_num_fast", "is_fast", "is_limited", "mean_ns", "num_calls", "required")

    def __init__(self, *, is_limited: bool = False) -> None:
        self.is_fast = False
        self.is_limited = is_limited
        self.num_calls = 0
        self.mean_ns = 0
        self.required = MIN_FAST
        self._num_fast = 0
        self._last_slow = -WINDOW
        self._debt_ns = 0

    def note(self, duration_ns: int, num_calls: int = 1) -> None:
        """One call, or some together, have taken this many nanoseconds."""
        self.num_calls = number = self.num_calls + num_calls
        self.mean_ns += (duration_ns // num_calls - self.mean_ns) // min(number, 8)
        debt_ns = self._debt_ns + duration_ns - num_calls * FAST_NS
        self._debt_ns = debt_ns if debt_ns > 0 else 0
        if duration_ns < num_calls * FAST_NS:
            if not self.is_fast:
                self._num_fast += 1
                if self._num_fast >= self.required and not self.is_limited:
                    self._judge(True)
            return
        self._num_fast = 0
        since, self._last_slow = number - self._last_slow, number
        if not self.is_fast:
            return
        if since < WINDOW or debt_ns > MAX_DEBT_NS:
            self.required = min(2 * self.required, MAX_FAST)
            self._judge(False)
        elif since > MAX_FAST:
            self.required = MIN_FAST

    def note_fast(self, num_calls: int) -> None:
        """So many calls of a fast callable were fast again."""
        self.num_calls += num_calls
        self._debt_ns = max(self._debt_ns - num_calls * FAST_NS, 0)

    def _judge(self, is_fast: bool) -> None:
        self.is_fast = is_fast
        self._debt_ns = 0
        VERDICTS.serial = next(_changes)


_known: dict[Any, tuple[weakref.ref[Any], Latency]] = {}


def latency_of(function: Callable[..., Any]) -> Latency:
    """The record of a callable: of a function, of a method of one object, of an object that can be called.

    What can't be referred to weakly gets a new record each time, so it never counts as fast.
    """
    key, owner = _identity(function)
    found = _known.get(key)
    if found is not None and found[0]() is owner:
        return found[1]
    latency = Latency(is_limited=is_limited(function))
    try:
        reference = weakref.ref(owner, lambda _: _known.pop(key, None))
    except TypeError:
        return latency
    while len(_known) >= MAX_KNOWN:
        with suppress(RuntimeError, StopIteration):  # another thread has just changed it
            _known.pop(next(iter(_known)), None)
    _known[key] = (reference, latency)
    return latency


def _identity(function: Callable[..., Any]) -> tuple[Any, Any]:
    """The key of a callable, and the object that has to live for the key to mean it."""
    if type(function) is types.MethodType:
        owner = function.__self__
        return (identity(owner), identity(function.__func__)), owner
    return identity(function), function
