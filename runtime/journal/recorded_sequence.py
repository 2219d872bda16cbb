"""The sequential executor with a journal.

Guarantees: as `sequential.py`; a result is recorded before the next instruction runs.
"""

from __future__ import annotations

from typing import Any

from ...diagnostics.effect import ORDERED, Behaviour, Effect
from ..call_shape import Gathered
from ..instrument import Instrument
from ..outcome import Failure
from ..plan import Call, Plan
from ..sequential import Activation, SequentialRun, Values
from .recording import Found, Place, RunRecording, current_scope


class RecordedSequentialRun(SequentialRun):
    """One run of one plan in program order, with a journal."""

    def __init__(self, recording: RunRecording, plan: Plan, instrument: Instrument | None) -> None:
        super().__init__(plan, instrument)
        self._recording = recording

    def _call(self, here: Activation, index: int, instruction: Call) -> Values | Failure:
        place = self._place(here, index, instruction)
        if place is None:
            return super()._call(here, index, instruction)
        found = self._recording.find(place)
        self._recording.tell()
        if found is not None:
            return _result(instruction, found)
        token = current_scope.set(place.scope)
        before_ns = self._call_ns
        try:
            result = super()._call(here, index, instruction)
        finally:
            current_scope.reset(token)
        self._note(place, result, self._call_ns - before_ns)
        return result

    async def _await(self, here: Activation, index: int, instruction: Call) -> Values | Failure:
        place = self._place(here, index, instruction)
        if place is None:
            return await super()._await(here, index, instruction)
        found = self._recording.find(place)
        self._recording.tell()
        if found is not None:
            return _result(instruction, found)
        token = current_scope.set(place.scope)
        before_ns = self._call_ns
        try:
            result = await super()._await(here, index, instruction)
        finally:
            current_scope.reset(token)
        self._note(place, result, self._call_ns - before_ns)
        return result

    def _note(self, place: Place, result: Values | Failure, duration_ns: int) -> None:
        if not isinstance(result, Failure):
            self._recording.record(place, result[0] if result else None, duration_ns)
        elif isinstance(result.exception, Exception):
            self._recording.record_error(place, result.exception, duration_ns)
        self._recording.tell()

    def _place(self, here: Activation, index: int, instruction: Call) -> Place | None:
        """The place of a call that the journal is for; `None` for any other."""
        if instruction.retires or not (
            instruction.behaviour.external or instruction.behaviour.effect is Effect.DYNAMIC
        ):
            return None
        called = self._recording.gathered(instruction, here.slots)
        behaviour = self._behaviour(instruction, called)
        if not behaviour.external or behaviour.effect >= Effect.ORDERED:
            return None
        return self._recording.place(instruction, here.path(index), called)

    def _behaviour(self, instruction: Call, called: Gathered | None) -> Behaviour:
        if instruction.behaviour.effect is not Effect.DYNAMIC:
            return instruction.behaviour
        if called is None:
            return ORDERED
        function, args, kwargs = called
        if not instruction.is_async:
            return self._plan.resolve(function, args, kwargs)
        resolve: Any = self._plan.resolve_awaited
        return ORDERED if resolve is None else resolve(function, args, kwargs, True)


def _result(instruction: Call, found: Found) -> Values | Failure:
    if found.error is not None:
        return Failure(found.error, instruction.name, instruction.location)
    return (found.value,)[: len(instruction.results)]
