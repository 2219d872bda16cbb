"""The one protocol of everything that can run a plan, and the executors by their public names.

Guarantees: `run` may be called from any thread, any number of times at once, also from inside a leaf of another run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..diagnostics.errors import XCSError
from .dataflow import DEFAULT_WINDOW, Scheduler
from .instrument import Instrument
from .outcome import Outcome
from .plan import Plan
from .progress import watching
from .sequential import SequentialRun
from .spans import current_tracer
from .straight.code import Suspended
from .straight.resuming import resumed
from .straight.steady import Steady, steady_of
from .workers import WorkerPool, process_pool

if TYPE_CHECKING:
    from .journal.recording import RunRecording


class Executor(Protocol):
    """Runs a frozen plan."""

    def run(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """Runs the entry block on `arguments`, one for each of its parameters, with a journal where one is given.

        What the program raises is in `Outcome.failure`; only a `KeyboardInterrupt` of the calling thread, and a bug of
        XCS, are raised.
        """
        ...

    async def run_async(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """The same inside a coroutine, for plans with `async` calls: they run on the running loop.

        A cancellation of the caller's task which the program doesn't catch is in `Outcome.failure`, too, or raised.
        """
        ...


class SequentialExecutor:
    """Program order, one instruction after the other, on the calling thread: what plain Python would do."""

    def run(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run`."""
        _refuse_async(plan)
        return _sequential(plan, instrument, recording).run(arguments)

    async def run_async(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run_async`."""
        return await _sequential(plan, instrument, recording).run_async(arguments)


class ThreadsExecutor:
    """Out-of-order issue, in-order retire: external calls on worker threads, all else on the calling thread."""

    def __init__(
        self,
        pool: WorkerPool | None = None,
        window: int | None = None,
        timeout_s: float | None = None,
        *,
        saves_threads: bool | None = None,
    ) -> None:
        """With a pool of its own (default: the pool of the process) and `window` live iterations a loop.

        A run that takes longer than `timeout_s` seconds fails with `TimeoutError`. With `saves_threads` (default: if no
        pool is given), calls known to be fast, and one where the calling thread would only wait, run on that thread.
        """
        if window is not None and (type(window) is not int or window < 1):
            raise XCSError(f"expected a window of at least 1 iteration, found `{window!r}`")
        self._pool = pool
        self._window = window
        self._timeout_s = timeout_s
        self._saves_threads = pool is None if saves_threads is None else saves_threads

    def run(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run`."""
        _refuse_async(plan)
        window = self._window or DEFAULT_WINDOW
        pool = self._pool or process_pool()
        if self._timeout_s is not None:
            from .timed_run import TimedRecordedScheduler, TimedScheduler  # loads asyncio

            timed = TimedScheduler(plan, pool, window, instrument)
            if recording is not None:
                timed = TimedRecordedScheduler(recording, plan, pool, window, instrument)
            timed.bound(self._timeout_s)
            return timed.run(arguments)
        if recording is not None:
            from .journal.recorded_threads import RecordedScheduler  # loads SQLite, likewise

            return RecordedScheduler(recording, plan, pool, window, instrument).run(arguments)
        saves = self._saves_threads
        # An instrument and a tracer are to see each call, a progress bar each iteration.
        is_watched = instrument is not None or watching.get() is not None or current_tracer() is not None
        steady = None if is_watched else steady_of(plan)
        code = None if steady is None or (steady.has_sites and not saves) else steady.code_of(plan)
        if steady is None or code is None:
            return Scheduler(plan, pool, window, instrument, trusts_fast=saves, keeps_one=saves).run(arguments)
        found = code.run(arguments)
        if isinstance(found, Outcome):
            steady.note_ended()
            return found
        return self.go_on(plan, steady, found)

    def runs_straight(self, plan: Plan) -> Steady | None:
        """What is known of a plan whose last run ended in straight code, if nothing that is asked of this keeps it."""
        steady = plan.steady[-1] if plan.steady and self._timeout_s is None else None
        if steady is None or steady.code is None or (steady.has_sites and not self._saves_threads):
            return None
        return steady if steady.serial >= 0 else None

    def go_on(self, plan: Plan, steady: Steady, suspended: Suspended) -> Outcome:
        """The end of a run that has left its straight code."""
        steady.note_left()
        scheduler = Scheduler(plan, self._pool or process_pool(), self._window or DEFAULT_WINDOW, keeps_one=True)
        return resumed(scheduler, suspended)

    async def run_async(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run_async`."""
        from .event_loop import DEFAULT_WINDOW, LoopScheduler  # loads asyncio, which other programs can do without

        window = self._window or DEFAULT_WINDOW
        if recording is None:
            run = LoopScheduler(plan, window, instrument).run_async(arguments)
        else:
            from .journal.recorded_loop import RecordedLoopScheduler

            run = RecordedLoopScheduler(recording, plan, window, instrument).run_async(arguments)
        if self._timeout_s is None:
            return await run
        from .timed_run import bounded

        return await bounded(run, plan.entry, self._timeout_s)


def _sequential(plan: Plan, instrument: Instrument | None, recording: RunRecording | None) -> SequentialRun:
    if recording is None:
        return SequentialRun(plan, instrument)
    from .journal.recorded_sequence import RecordedSequentialRun

    return RecordedSequentialRun(recording, plan, instrument)


def _refuse_async(plan: Plan) -> None:
    if plan.is_async:
        raise XCSError("expected a plan without `async` calls, found one that runs on an event loop: await `run_async`")
