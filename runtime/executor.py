"""The one protocol of everything that can run a plan, and the executors by their public names.

Guarantees: `run` may be called from any thread, any number of times at once, also from inside a leaf of another run.
"""

from __future__ import annotations

from typing import Any, Protocol

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


class SequentialExecutor:
    """Program order, one instruction after the other, on the calling thread: what plain Python would do."""

    def run(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """See `Executor.run`."""
        return SequentialRun(plan, instrument).run(arguments)


class ThreadsExecutor:
    """Out-of-order issue, in-order retire: external calls on worker threads, all else on the calling thread."""

    def __init__(self, pool: WorkerPool | None = None, window: int = DEFAULT_WINDOW) -> None:
        """With a pool of its own (default: the pool of the process) and `window` live iterations a loop."""
        if window < 1:
            raise ValueError(f"expected a window of at least 1 iteration, found `{window}`")
        self._pool = pool
        self._window = window

    def run(self, plan: Plan, arguments: tuple[Any, ...], instrument: Instrument | None = None) -> Outcome:
        """See `Executor.run`."""
        return Scheduler(plan, self._pool or process_pool(), self._window, instrument).run(arguments)
