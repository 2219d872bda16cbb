"""Starting instructions: where a leaf call runs, what comes back, and what its failure stops.

Guarantees: only the thread that drives the run calls these methods. What does not wait for the world runs on that
thread in the caller's own context; the rest runs on a worker in a copy of it. Every call is made at most once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from threading import get_ident
from typing import Any

from ..diagnostics.errors import InternalError
from .branch import IfRegion, InvokeRegion
from .call_shape import read
from .failure_scope import Scope
from .failures import Failures
from .frame import FAILED, HELD, ISSUED, WAITING, Frame, Region
from .handled import call_handling, raise_from, user_traceback
from .instruction_facts import retires
from .instrument import Instrument
from .interrupts import is_interrupt
from .late_effects import LateEffects
from .latency import Latency
from .limited_mark import is_limited
from .limits.limited_task import LimitedTask
from .loop import ForRegion, MapRegion
from .plan import Call, Plan, Raise
from .prepared import CLEAN, DYNAMIC, FIRST_REGION, RETIRED, Kind
from .progress import watching
from .spans import awaited_in_span, current_tracer, in_span
from .task import Task
from .try_region import TryRegion
from .watched_loops import WATCHED_REGIONS
from .while_loop import WhileRegion
from .workers import WorkerPool

_REGIONS: dict[int, type[Region]] = {
    Kind.IF: IfRegion,
    Kind.FOR: ForRegion,
    Kind.MAP: MapRegion,
    Kind.WHILE: WhileRegion,
    Kind.TRY: TryRegion,
    Kind.INVOKE: InvokeRegion,
}


class LeafCalls(LateEffects):
    """The calls of one run.

    Attributes:
        failures: what is known to fail.
        progress: what shows the loops of the run, if anything does.
    """

    def __init__(
        self, plan: Plan, pool: WorkerPool, window: int, max_live_frames: int, instrument: Instrument | None
    ) -> None:
        super().__init__(plan, pool, window, max_live_frames, instrument)
        self.failures = Failures()
        self.to_look_at: list[tuple[Frame, int]] = []  # in the body of a `try`: has failed, is to raise or to assign
        self.progress = watching.get()
        self._tracer = current_tracer()
        self._regions = _REGIONS if self.progress is None else _REGIONS | WATCHED_REGIONS
        self._trusts_fast = False
        self._num_calls = 0
        self._num_batches = 0
        self._num_batched = 0
        self._external_ns = 0
        self._collects = plan.is_batched
        self._collected: dict[tuple[Any, ...], list[Any]] = {}  # ready calls that go out together
        self._collecting_since_ns = 0

    def fire(self, frame: Frame, index: int) -> None:
        """Starts an instruction whose inputs are there, if its cursor has come."""
        state = frame.state[index]
        if state != WAITING and state != HELD:
            return
        if self.failures.scopes and self.is_cancelled(frame, index):
            return
        code = frame.code
        kind = code.kinds[index]
        if kind >= FIRST_REGION:
            frame.state[index] = ISSUED
            region = self._regions[kind](frame, index)
            region.begin(self)
            self.push(region)
            return
        mode = code.modes[index]
        site = code.sites[index]
        external = code.external[index]
        call: Callable[..., Any] | None = code.calls[index]
        arguments: tuple[Any, ...] = (frame.slots,)
        if mode == DYNAMIC:
            resolved = self._resolved(frame, index)
            if resolved is None:
                return
            mode, external, (call, arguments) = resolved
        if not self.has_come(frame, index, mode):
            frame.state[index] = HELD
            if frame.scope.outer is not None and retires(code.instructions[index]):
                self.to_look_at.append((frame, index))
            return
        if index in code.outline_uses.looks and self.looks_ahead(frame, index):
            return
        if external and self._tracer is not None and mode <= CLEAN:
            span = awaited_in_span if code.awaits[index] else in_span
            call, arguments = span, (self._tracer, code.instructions[index], call, *arguments)
        if kind == Kind.RAISE:
            self._raise(frame, index)
        elif code.batches and index in code.batches and mode <= CLEAN:
            self._collect(frame, index)
        elif code.awaits[index]:
            assert call is not None
            self._await(frame, index, call, arguments, mode)
        elif site is not None and self._run_at_site(frame, index, call, arguments, external and mode <= CLEAN):
            return
        elif self._collects:
            assert call is not None
            self._run_between(frame, index, call, arguments, mode)
        else:
            assert call is not None
            self._run_here(frame, index, call, arguments)

    def is_cancelled(self, frame: Frame, index: int, sequence: int | None = None) -> bool:
        """Whether something earlier is known to fail, so that this is not to start."""
        return bool(self.failures.scopes) and self.failures.precede(frame, index, sequence)

    def _run_here(
        self,
        frame: Frame,
        index: int,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        latency: Latency | None = None,
    ) -> None:
        """Makes a call on this thread; one that would have gone to a worker has a `latency` to be noted."""
        frame.state[index] = ISSUED
        self._num_calls += 1
        if self.progress is not None and frame.mode(index) >= RETIRED:
            self.progress.make_room()
        if self._kept is not None and latency is None:
            self.release_kept()
        is_timed = latency is not None or self._instrument is not None
        start_ns = time.perf_counter_ns() if is_timed else 0
        try:
            if frame.handled is None:
                value = call(*arguments)
            else:
                value = call_handling(frame.handled, call, *arguments)
        except BaseException as error:
            if is_interrupt(frame, error):
                raise
            self._record(frame, index, start_ns, time.perf_counter_ns(), get_ident())
            self._fail(frame, index, error)
            return
        if is_timed:
            end_ns = time.perf_counter_ns()
            self._record(frame, index, start_ns, end_ns, get_ident())
            if latency is not None:
                latency.note(end_ns - start_ns)
                self._external_ns += end_ns - start_ns
        self._complete(frame, index, value)

    def _run_at_site(
        self,
        frame: Frame,
        index: int,
        call: Callable[..., Any] | None,
        arguments: tuple[Any, ...],
        is_external: bool,
    ) -> bool:
        """Starts a call that is external: here, if it is known to be fast; says whether it is external."""
        site, instruction = frame.code.sites[index], frame.code.instructions[index]
        assert site is not None
        assert call is not None
        assert isinstance(instruction, Call)
        function = read(instruction.callee, frame.slots)
        if not is_external:
            site.inline(function)
            return False
        latency = site.external(function)
        if latency.is_fast and self._trusts_fast:
            self._run_here(frame, index, call, arguments, latency)
        else:
            self._issue(frame, index, call, arguments, latency)
        return True

    def _raise(self, frame: Frame, index: int) -> None:
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, Raise)
        exception = read(instruction.exception, frame.slots)
        cause = None if instruction.cause is None else read(instruction.cause, frame.slots)
        try:
            self.attempt(frame, raise_from, exception, cause, instruction.cause is not None)
        except BaseException as error:
            if is_interrupt(frame, error):
                raise
            self._fail(frame, index, error)

    def _await(self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...], mode: int) -> None:
        """Starts an `async` call."""
        raise InternalError("expected an event loop to run an `async` call on, found none")

    def _collect(self, frame: Frame, index: int, place: Any = None) -> None:
        """Starts a call that may go out with others."""
        raise NotImplementedError

    def _run_between(
        self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...], mode: int
    ) -> None:
        """Makes a call on this thread while others are collected."""
        raise NotImplementedError

    def _end_batch(self, calls: Any, values: Any, error: BaseException | None) -> None:
        """Calls that went out together have ended."""
        raise NotImplementedError

    def _stop_batch(self, task: Task) -> None:
        """Takes back what isn't wanted any more of calls that go out together."""
        raise NotImplementedError

    def _issue(
        self,
        frame: Frame,
        index: int,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        latency: Latency | None = None,
    ) -> None:
        frame.state[index] = ISSUED
        self._num_calls += 1
        if frame.handled is not None:
            call, arguments = call_handling, (frame.handled, call, *arguments)
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, Call)
        kind = LimitedTask if is_limited(read(instruction.callee, frame.slots)) else Task
        task = kind(frame, index, call, arguments, copy_context(), self._completions, self.failures)
        task.latency = latency
        self._submit(task)

    def _take(self, task: Task) -> None:
        if task not in self._in_flight:
            return
        if not task.end_ns:
            self._queued.append(task)  # it has waited for limits, and now waits for a worker
            return
        self._in_flight.discard(task)
        if self._parked:
            self._parked.discard(task)  # type: ignore[arg-type]
        self._external_ns += task.end_ns - task.start_ns
        num_calls = 1 if task.calls is None else len(task.calls)
        self._record(task.frame, task.index, task.start_ns, task.end_ns, task.thread_id, task.tally, num_calls)
        if task.calls is not None:
            self._end_batch(task.calls, task.value, task.error)
            return
        if task.frame.discarded or task.frame.state[task.index] != ISSUED:
            return
        if task.error is not None:
            self._fail(task.frame, task.index, task.error)
            self._stop_later()
        else:
            self._complete(task.frame, task.index, task.value)

    def _complete(self, frame: Frame, index: int, value: Any) -> None:
        code = frame.code
        results = code.results[index]
        if results:
            self.store(frame, results[0], value)
            for slot, operand in zip(results[1:], code.mutated[index], strict=True):
                self.store(frame, slot, read(operand, frame.slots))
        self.finish(frame, index)

    def _fail(self, frame: Frame, index: int, error: BaseException) -> None:
        error.__traceback__ = user_traceback(error)
        frame.state[index] = FAILED
        if frame.errors is None:
            frame.errors = {}
        frame.errors[index] = error
        self._note_failure(frame, index, frame.scope)
        if frame.scope.outer is not None and isinstance(error, Exception):
            self.to_look_at.append((frame, index))

    def fail_step(self, region: Region, error: BaseException) -> None:
        """A step of a region has raised."""
        error.__traceback__ = user_traceback(error)
        region.error = error
        frame = region.frame
        self._note_failure(frame, region.index, frame.scope, region.num_started)

    def _note_failure(self, frame: Frame, index: int, scope: Scope, sequence: int | None = None) -> None:
        if self.failures.note(scope, frame, index, sequence):
            self._stop_later()

    def _stop_later(self) -> None:
        """Takes back what was started and comes after a failure."""
        kept, parked = self._kept, self._parked
        for task in [one for one in self._in_flight if one.queued or one.wake or one in parked or one is kept]:
            if task.calls is not None:
                self._stop_batch(task)
            elif task is kept and self.failures.precede(task.frame, task.index):
                self._in_flight.discard(task)
                self._kept = None
            elif self.failures.precede(task.frame, task.index):
                if task.take_back(self._pool.claim(task)):
                    self._in_flight.discard(task)
                    self._parked.discard(task)  # type: ignore[arg-type]
                elif (wake := task.wake) is not None:
                    wake()
