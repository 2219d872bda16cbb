"""The one protocol of everything that can run a plan, and the executors by their public names.

Guarantees: `run` may be called from any thread, any number of times at once, also from inside a leaf of another run.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..diagnostics.errors import XCSError
from .dataflow import DEFAULT_WINDOW, Scheduler
from .instrument import Instrument
from .outcome import Outcome
from .plan import Plan
from .sequential import SequentialRun
from .workers import WorkerPool, process_pool


class Executor(Protocol):
    """Runs a frozen plan."""

    def run(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """Runs the entry block on `arguments`, one for each of its parameters.

        What the program raises is in `Outcome.failure`; only a `KeyboardInterrupt` of the calling thread, and a bug of
        XCS, are raised.
        """
        ...

    async def run_async(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """The same inside a coroutine, for plans with `async` calls: they run on the running loop.

        A cancellation of the caller's task which the program doesn't catch is in `Outcome.failure`, too, or raised.
        """
        ...


class SequentialExecutor:
    """Program order, one instruction after the other, on the calling thread: what plain Python would do."""

    def run(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """See `Executor.run`."""
        _refuse_async(plan)
        return SequentialRun(plan, instrument).run(arguments)

    async def run_async(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """See `Executor.run_async`."""
        return await SequentialRun(plan, instrument).run_async(arguments)


class ThreadsExecutor:
    """Out-of-order issue, in-order retire: external calls on worker threads, all else on the calling thread."""

    def __init__(self, pool: WorkerPool | None = None, window: int | None = None) -> None:
        """With a pool of its own (default: the pool of the process) and `window` live iterations a loop."""
        if window is not None and (type(window) is not int or window < 1):
            raise XCSError(f"expected a window of at least 1 iteration, found `{window!r}`")
        self._pool = pool
        self._window = window

    def run(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """See `Executor.run`."""
        _refuse_async(plan)
        window = self._window or DEFAULT_WINDOW
        return Scheduler(plan, self._pool or process_pool(), window, instrument).run(arguments)

    async def run_async(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """See `Executor.run_async`."""
        from .event_loop import DEFAULT_WINDOW, LoopScheduler  # loads asyncio, which other programs can do without

        return await LoopScheduler(plan, self._window or DEFAULT_WINDOW, instrument).run_async(arguments)


def _refuse_async(plan: Plan) -> None:
    if plan.is_async:
        raise XCSError("expected a plan without `async` calls, found one that runs on an event loop: await `run_async`")
