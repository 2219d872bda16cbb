"""The scheduler on an event loop with a journal.

Guarantees: as `event_loop.py` and `recorded_threads.py`; rows are written on the loop's thread, some 30 µs each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..event_loop import LoopScheduler
from ..frame import Frame
from ..instrument import Instrument
from ..plan import Plan
from ..prepared import RETIRED
from .recorded_threads import RecordedCalls
from .recording import RunRecording


class RecordedLoopScheduler(RecordedCalls, LoopScheduler):
    """One run of one plan inside a coroutine, with a journal."""

    asks_for_each_call = True

    def __init__(self, recording: RunRecording, plan: Plan, window: int, instrument: Instrument | None) -> None:
        super().__init__(plan, window, instrument)
        self.recording = recording

    def _await(self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...], mode: int) -> None:
        if mode >= RETIRED or not self._is_external(frame, index):
            super()._await(frame, index, call, arguments, mode)
            return
        place = self.place_of(frame, index)
        if not self.take_recorded(frame, index, place):
            super()._await(frame, index, self.recording.make_awaited, (place, call, *arguments), mode)

    @staticmethod
    def _is_external(frame: Frame, index: int) -> bool:
        if frame.resolved is not None and index in frame.resolved:
            return frame.resolved[index][1]
        return frame.code.external[index]
