"""An executor whose programs show the progress of their loops.

Guarantees: as `executor.py`. Each run from outside has bars of its own, those of programs inside of it among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .asked_runs import usual
from .executor import Executor
from .instrument import Instrument
from .outcome import Outcome
from .plan import Plan
from .progress import Progress, watching

if TYPE_CHECKING:
    from .journal.recording import RunRecording


class WatchedExecutor:
    """Runs plans as another executor does, and shows their loops."""

    def __init__(self, executor: Executor) -> None:
        """Raises `XCSError` where `tqdm` is not installed."""
        self._executor = executor
        Progress()

    def run(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run`."""
        with shown():
            return self._executor.run(plan, arguments, instrument, recording)

    async def run_async(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run_async`."""
        with shown():
            return await self._executor.run_async(plan, arguments, instrument, recording)


@contextmanager
def shown(progress: Progress | None = None) -> Iterator[Progress]:
    """Shows the loops of programs that start inside: on what is given, or what is current, or on bars of their own."""
    progress = progress or watching.get() or Progress()
    usual.holds = False
    token = watching.set(progress)
    try:
        yield progress
    finally:
        watching.reset(token)
