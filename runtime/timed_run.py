"""A run whose time is bounded: when it is up, the call fails that plain Python would be making.

That failure passes the `try` statements around the call as Ctrl-C would: `finally` and `with` do their work, and what
catches everything may go on. Calls that have no thread yet are taken back, the others are let go; on an event loop all
are cancelled.

Guarantees: as `dataflow.py`. The clock is looked at where the run waits, before each ordered call and after each turn;
nothing polls. External calls that overlap run elsewhere, also where no worker is free, so they are cut off; ordered
calls, and reading iterators, are the calling thread's own.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from queue import Empty
from typing import Any

from ..diagnostics.location import UNKNOWN
from .dataflow import Scheduler
from .frame import ISSUED, Frame
from .interrupts import RunTimeout
from .journal.recorded_threads import RecordedScheduler
from .latency import Latency
from .outcome import Failure, Outcome
from .prepared import FIRST_REGION, RETIRED
from .task import Completions, Task


class TimedCompletions:
    """Where finished tasks of a bounded run go: whoever waits for one is told, once, that the time is up."""

    def __init__(self, completions: Completions, timeout_s: float) -> None:
        self._completions = completions
        self._ends_s: float | None = time.monotonic() + timeout_s
        self.put = completions.put
        self.empty = completions.empty

    def is_up(self) -> bool:
        """Whether the time is up and nobody has been told so."""
        return self._ends_s is not None and time.monotonic() >= self._ends_s

    def stop(self) -> None:
        """From now on the run takes as long as it takes."""
        self._ends_s = None

    def get(self, block: bool = True, timeout: float | None = None, /) -> Task:
        """The next finished task; raises `RunTimeout` when the time is up before."""
        if self._ends_s is None:
            return self._completions.get(block, timeout)
        try:
            return self._completions.get(block, max(self._ends_s - time.monotonic(), 0.0))
        except Empty:
            raise RunTimeout from None


class TimedScheduler(Scheduler):
    """One run on threads that may take `timeout_s` seconds, counted from `bound`."""

    def bound(self, timeout_s: float) -> None:
        """Sets the time, before `run`."""
        self._timeout_s = timeout_s
        self._completions = self._clock = TimedCompletions(self._completions, timeout_s)
        self._stood_in_for: Task | None = None

    def run(self, arguments: tuple[Any, ...]) -> Outcome:
        """Runs the entry block to its end, or until the time is up; that failure is a `TimeoutError`."""
        try:
            outcome = super().run(arguments)
        except RunTimeout:
            return Outcome((), Failure(time_is_up(self.plan.entry, self._timeout_s), self.plan.entry, UNKNOWN))
        failure = outcome.failure
        if failure is None or not isinstance(failure.exception, RunTimeout):
            return outcome
        error = time_is_up(self.plan.entry, self._timeout_s).with_traceback(failure.exception.__traceback__)
        return Outcome((), Failure(error, failure.node, failure.location), outcome.totals)

    def _wait(self) -> None:
        try:
            super()._wait()
        except RunTimeout as end:
            self._give_up(end)

    def _run_queued(self) -> None:
        if self._stood_in_for is None or self._stood_in_for.end_ns:
            super()._run_queued()

    def _run_claimed(self, task: Task) -> bool:
        """A thread stands in for this one, which waits for it: so the call can be left when the time is up."""
        self._stood_in_for = task
        try:
            threading.Thread(target=task.run, name="xcs-stand-in", daemon=True).start()
        except RuntimeError:  # no further thread can be had
            return super()._run_claimed(task)
        return False

    def _end_turn(self) -> bool:
        looks_around = super()._end_turn()
        if self._clock.is_up():
            self._give_up(RunTimeout())
        return looks_around

    def _run_here(
        self,
        frame: Frame,
        index: int,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        latency: Latency | None = None,
    ) -> None:
        if self._clock.is_up() and self._is_next(frame, index):
            frame.state[index] = ISSUED
            self._give_up(RunTimeout())
        else:
            super()._run_here(frame, index, call, arguments, latency)

    def _is_next(self, frame: Frame, index: int) -> bool:
        """Whether plain Python would make this call now: everything earlier has been done."""
        return self._by_mode[RETIRED].frame is frame and frame.at[RETIRED] == index

    def _give_up(self, end: RunTimeout) -> None:
        self._clock.stop()
        frame = self._by_mode[RETIRED].frame
        index = frame.at[RETIRED]
        is_call = index < len(frame.state) and frame.code.kinds[index] < FIRST_REGION
        if not is_call or frame.state[index] != ISSUED:
            raise end
        self._fail(frame, index, end)


class TimedRecordedScheduler(TimedScheduler, RecordedScheduler):
    """The same with a journal."""


async def bounded(run: Coroutine[Any, Any, Outcome], name: str, timeout_s: float) -> Outcome:
    """A run on an event loop; when the time is up its task is cancelled, and that failure is a `TimeoutError`."""
    deadline = asyncio.timeout(timeout_s)
    outcome: Outcome | None = None
    try:
        async with deadline:
            outcome = await run
            if outcome.failure is not None and isinstance(outcome.failure.exception, asyncio.CancelledError):
                raise outcome.failure.exception
    except TimeoutError:
        failure = None if outcome is None else outcome.failure
        where = (name, UNKNOWN) if failure is None else (failure.node, failure.location)
        return Outcome((), Failure(time_is_up(name, timeout_s), *where))
    except asyncio.CancelledError:
        if outcome is None:
            raise
    assert outcome is not None
    return outcome


def time_is_up(name: str, timeout_s: float) -> TimeoutError:
    """What the caller of a run sees when its time is up."""
    return TimeoutError(f"`{name}` took longer than `{timeout_s}` s")
