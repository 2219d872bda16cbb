"""The dataflow scheduler with a journal: what is recorded completes at once, what is made is recorded.

Guarantees: as `dataflow.py`. A worker hands a result back once `kill -9` can't lose it any more, so nothing that
depends on it is seen before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..batched_calls import BatchedCalls, CollectedCall
from ..dataflow import Scheduler
from ..frame import ISSUED, Frame
from ..instrument import Instrument
from ..latency import Latency
from ..plan import Call, Plan
from ..workers import WorkerPool
from .recording import Found, Place, RunRecording


class RecordedCalls(BatchedCalls):
    """What every scheduler does with a journal.

    Attributes:
        recording: the journal of this run.
    """

    recording: RunRecording

    def place_of(self, frame: Frame, index: int) -> Place:
        """The place of a call whose inputs are there."""
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, Call)
        called = self.recording.gathered(instruction, frame.slots)
        return self.recording.place(instruction, frame.path_from(None, index), called)

    def take_recorded(self, frame: Frame, index: int, place: Place) -> bool:
        """Completes a call with what is recorded of it, if anything is."""
        found: Found | None = self.recording.find(place)
        self.recording.tell()
        if found is None:
            return False
        frame.state[index] = ISSUED
        if found.error is None:
            self._complete(frame, index, found.value)
        else:
            self._fail(frame, index, found.error)
        return True

    def _issue(
        self,
        frame: Frame,
        index: int,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        latency: Latency | None = None,
    ) -> None:
        place = self.place_of(frame, index)
        if not self.take_recorded(frame, index, place):
            super()._issue(frame, index, self.recording.make, (place, call, *arguments))

    def _collect(self, frame: Frame, index: int, place: Any = None) -> None:
        if not frame.code.external[index]:
            super()._collect(frame, index)
            return
        place = self.place_of(frame, index)
        if not self.take_recorded(frame, index, place):
            super()._collect(frame, index, place)

    def _batch_call(self, calls: Sequence[CollectedCall]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        function, arguments = super()._batch_call(calls)
        if calls[0].place is None:
            return function, arguments
        is_async = calls[0].frame.code.awaits[calls[0].index]
        make = self.recording.make_awaited_batch if is_async else self.recording.make_batch
        return make, ([one.place for one in calls], function, *arguments)

    def _complete(self, frame: Frame, index: int, value: Any) -> None:
        self.recording.tell()
        super()._complete(frame, index, value)


class RecordedScheduler(RecordedCalls, Scheduler):
    """One run of one plan on threads, with a journal."""

    def __init__(
        self, recording: RunRecording, plan: Plan, pool: WorkerPool, window: int, instrument: Instrument | None
    ) -> None:
        super().__init__(plan, pool, window, instrument)
        self.recording = recording
