"""The dataflow scheduler: out-of-order issue, in-order retire.

In: a plan, a pool, the arguments of the entry. Out: an `Outcome` equal to the sequential one.

An instruction fires when its inputs are there and its cursor has come. A new frame is walked once in program order, what
is ready runs or starts at once; later, instructions fire as inputs arrive. The thread that calls `run` does all of this
and every call that does not wait for the world; workers run the others and post them back.

Guarantees: one scheduler belongs to one run and to the thread that called `run`, so nothing here needs a lock; the only
thing shared with workers is the queue of finished tasks. Nothing recurses over frames: what happens is put on one of the
work lists (`ready`, `stack`, deliveries, completed frames) and taken from there by one loop.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from threading import get_ident
from typing import Any

from ..diagnostics.effect import Behaviour
from ..diagnostics.errors import InternalError
from .branch import IfRegion, InvokeRegion
from .call_shape import read
from .cursor import CleanCursor, Cursor, GateCursor, RetiredCursor
from .failures import Failures
from .frame import DONE, EMPTY, FAILED, HELD, ISSUED, WAITING, Frame, Region
from .handled import call_handling, raise_from, user_traceback
from .instrument import Instrument, Span
from .loop import ForRegion, MapRegion
from .outcome import Failure, Outcome, RunTotals
from .plan import Plan, Raise
from .prepared import CLEAN, DYNAMIC, FIRST_REGION, GATE, RETIRED, Kind, mode_of, prepare
from .task import Task
from .try_region import TryRegion
from .while_loop import WhileRegion
from .workers import WorkerPool, is_worker_thread

DEFAULT_WINDOW = 1024
"""Unfinished iterations of one loop: enough to keep `max_workers` busy, small enough to hold in memory."""
MAX_LIVE_FRAMES = 16_384
"""Unfinished frames of one run above which loops only keep their oldest iteration going (about 1 KiB a frame)."""

_REGIONS: dict[int, type[Region]] = {
    Kind.IF: IfRegion,
    Kind.FOR: ForRegion,
    Kind.MAP: MapRegion,
    Kind.WHILE: WhileRegion,
    Kind.TRY: TryRegion,
    Kind.INVOKE: InvokeRegion,
}


_UNPACKED_NATIVELY = {tuple, list, dict, set, frozenset, str, bytes, range}
"""Exact types whose unpacking with `*` or `**` runs no user code."""


class _RunFailed(Exception):
    """Carries the failure that leaves the run out of the work lists."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class Scheduler:
    """One run of one plan. Its public attributes and methods are what frames, regions and cursors use."""

    def __init__(
        self,
        plan: Plan,
        pool: WorkerPool,
        window: int = DEFAULT_WINDOW,
        instrument: Instrument | None = None,
        max_live_frames: int = MAX_LIVE_FRAMES,
    ) -> None:
        self.plan = plan
        self.window = window
        self.stack: list[Any] = []
        self.ready: deque[tuple[Frame, int]] = deque()
        self.failures = Failures()
        self.num_live = 0
        self._max_live_frames = max_live_frames
        self._crowded: deque[Region] = deque()
        self._deliveries: list[tuple[Frame, int, Any]] = []
        self._completed: list[Frame] = []
        self._pool = pool
        self._completions = pool.completions()
        self._in_flight: set[Task] = set()
        self._queued: deque[Task] = deque()
        self._instrument = instrument
        self._num_calls = 0
        self._external_ns = 0
        entry = prepare(plan, plan.functions[plan.entry])
        self._root = Frame(entry, None, 0, 0 if entry.has_fence else 1 << GATE)
        self._clean = CleanCursor(self, self._root)
        self._retired = RetiredCursor(self, self._root)
        self._by_mode = (None, self._clean, self._retired)
        self._cursors: tuple[Cursor, ...] = (self._clean, self._retired)
        if entry.has_fence:
            self._cursors = (GateCursor(self, self._root), *self._cursors)

    def run(self, arguments: tuple[Any, ...]) -> Outcome:
        """Runs the entry block to its end."""
        start_ns = time.perf_counter_ns()
        root = self._root
        if len(arguments) != root.code.block.num_params:
            raise InternalError(f"expected `{root.code.block.num_params}` arguments, found `{len(arguments)}`")
        failure = None
        root.outbox = []
        try:
            for slot, value in enumerate(arguments):
                self.store(root, slot, value)
            self.launch(root)
            self._drive()
        except _RunFailed as end:
            failure = end.failure
        finally:
            for task in self._in_flight:
                self._pool.claim(task)
        totals = RunTotals(self._num_calls, self._external_ns, time.perf_counter_ns() - start_ns)
        if failure is not None:
            return Outcome((), failure, totals)
        return Outcome(tuple(value for _, value in sorted(root.outbox, key=_position)), None, totals)

    # The loop over the work lists.

    def _drive(self) -> None:
        root = self._root
        while root.remaining:
            if self._deliveries or self._completed:
                self._drain()
            elif self.ready:
                frame, index = self.ready.popleft()
                if not frame.discarded:
                    self.fire(frame, index)
            elif self.stack:
                item = self.stack[-1]
                if type(item) is Frame:
                    self._walk(item)
                else:
                    item.proceed(self)
            elif not self.advance():
                self._wait()

    def _walk(self, frame: Frame) -> None:
        """Visits the instructions of a new frame in order, until another frame has to be walked first."""
        stack = self.stack
        missing = frame.missing
        kinds = frame.code.kinds
        state = frame.state
        end = len(state)
        while stack[-1] is frame:
            index = frame.walked
            if index == end or frame.discarded:
                stack.pop()
                return
            frame.walked = index + 1
            if kinds[index] == Kind.RAISE:
                self._note_failure(frame, index, frame.scope)
            if not missing[index]:
                self.fire(frame, index)
                if state[index] == HELD:
                    self.advance()
                if self._deliveries or self._completed or self.ready:
                    return

    def advance(self) -> bool:
        """Moves the cursors until none can; says whether any has."""
        moved = False
        while any([cursor.advance() for cursor in self._cursors]):
            moved = True
        return moved

    def _drain(self) -> None:
        deliveries = self._deliveries
        completed = self._completed
        while deliveries or completed:
            while deliveries:
                frame, slot, value = deliveries.pop()
                if not frame.discarded:
                    self.store(frame, slot, value)
            while completed:
                frame = completed.pop()
                if frame.region is not None and not frame.discarded:
                    self.num_live -= 1
                    frame.region.frame_done(self, frame)
                    if self._crowded and self.num_live < self._max_live_frames:
                        self.push(self._crowded.popleft())

    # Values on their way between frames.

    def store(self, frame: Frame, slot: int, value: Any) -> None:
        """Fills a slot and counts its consumers down."""
        frame.slots[slot] = value
        code = frame.code
        missing = frame.missing
        for index in code.consumers[slot]:
            missing[index] -= 1
            if not missing[index] and index < frame.walked:
                self.ready.append((frame, index))
        for output in code.outputs_of[slot]:
            self._deliver(frame, output, value)
        if frame.subscribers is not None:
            for target, target_slot in frame.subscribers.pop(slot, ()):
                self._deliveries.append((target, target_slot, value))

    def connect(self, source: Frame, source_slot: int, target: Frame, target_slot: int) -> None:
        """Forwards the value of one slot to another, now or when it arrives."""
        value = source.slots[source_slot]
        if value is not EMPTY:
            self._deliveries.append((target, target_slot, value))
            return
        if source.subscribers is None:
            source.subscribers = {}
        source.subscribers.setdefault(source_slot, []).append((target, target_slot))

    def set_sink(self, frame: Frame, sink: Frame, slots: tuple[int, ...]) -> None:
        """Says where the outputs of a frame go, those that have arrived included."""
        frame.sink = sink
        frame.sink_slots = slots
        if frame.outbox is not None:
            for position, value in frame.outbox:
                self._deliveries.append((sink, slots[position], value))
            frame.outbox = None

    def _deliver(self, frame: Frame, output: int, value: Any) -> None:
        frame.remaining -= 1
        if not frame.remaining:
            self._completed.append(frame)
        position = output - frame.num_taps
        if position < 0:
            assert frame.region is not None
            frame.region.receive(self, frame, output, value)
        elif frame.sink is not None:
            self._deliveries.append((frame.sink, frame.sink_slots[position], value))
        elif frame.outbox is None:
            frame.outbox = [(position, value)]
        else:
            frame.outbox.append((position, value))

    # Frames and regions.

    def launch(self, frame: Frame) -> None:
        """Puts a connected frame on the work stack."""
        for output, value in frame.code.literal_outputs:
            self._deliver(frame, output, value)
        if not frame.code.num_pending:
            self._completed.append(frame)
        self.stack.append(frame)

    def push(self, region: Region) -> None:
        """Puts a region on the work stack, to try its next step."""
        if not region.queued and not region.ended:
            region.queued = True
            self.stack.append(region)

    def is_crowded(self, region: Region) -> bool:
        """Whether the run has as many live frames as it may; the region is asked again when that changes."""
        if self.num_live < self._max_live_frames:
            return False
        self._crowded.append(region)
        return True

    def has_reached(self, region: Region) -> bool:
        """Whether the cursor that the next step of a region waits for has come."""
        mode = region.mode
        if region.passed >> mode & 1 or mode == GATE:
            return True
        frame = region.frame
        if mode == DYNAMIC or frame.at[mode] != region.index:
            return False
        # The cursor counts a frame when it enters it, so it must also have come back out.
        return region.at[mode] == region.num_started and self._by_mode[mode].frame is frame

    def is_cancelled(self, frame: Frame, index: int, sequence: int | None = None) -> bool:
        """Whether something earlier is known to fail, so that this is not to start."""
        return bool(self.failures.scopes) and self.failures.precede(frame, index, sequence)

    def truth_of(self, region: Region, value: Any) -> bool | None:
        """`bool(value)` as a step of a region; `None` if it is not yet its turn or has raised."""
        if region.mode == DYNAMIC:
            region.mode = GATE if value is True or value is False else mode_of(self._resolve(bool, (value,), {}))
        if not region.may_step(self):
            return None
        try:
            return self.attempt(region.frame, bool, value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.fail_step(region, error)
            return None

    def finish(self, frame: Frame, index: int) -> None:
        """An instruction has completed."""
        frame.state[index] = DONE
        frame.regions.pop(index, None)
        missing = frame.missing
        for later in frame.code.successors[index]:
            missing[later] -= 1
            if not missing[later] and later < frame.walked:
                self.ready.append((frame, later))
        frame.remaining -= 1
        if not frame.remaining:
            self._completed.append(frame)

    # Leaves.

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
            region = _REGIONS[kind](frame, index)
            region.begin(self)
            self.push(region)
            return
        mode = code.modes[index]
        external = code.external[index]
        call: Callable[..., Any] | None = code.calls[index]
        arguments: tuple[Any, ...] = (frame.slots,)
        if mode == DYNAMIC:
            resolved = self._resolved(frame, index)
            if resolved is None:
                return
            mode, external, (call, arguments) = resolved
        if not self._has_come(frame, index, mode):
            frame.state[index] = HELD
            return
        if kind == Kind.RAISE:
            self._raise(frame, index)
        elif external and mode <= CLEAN:
            assert call is not None
            self._issue(frame, index, call, arguments)
        else:
            assert call is not None
            self._run_here(frame, index, call, arguments)

    def _run_here(self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        frame.state[index] = ISSUED
        self._num_calls += 1
        start_ns = 0 if self._instrument is None else time.perf_counter_ns()
        try:
            if frame.handled is None:
                value = call(*arguments)
            else:
                value = call_handling(frame.handled, call, *arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._record(frame, index, start_ns, time.perf_counter_ns(), get_ident())
            self._fail(frame, index, error)
            return
        if self._instrument is not None:
            self._record(frame, index, start_ns, time.perf_counter_ns(), get_ident())
        self._complete(frame, index, value)

    def _issue(self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        frame.state[index] = ISSUED
        self._num_calls += 1
        if frame.handled is not None:
            call, arguments = call_handling, (frame.handled, call, *arguments)
        task = Task(frame, index, call, arguments, copy_context(), self._completions)
        self._in_flight.add(task)
        if not self._pool.submit(task):
            self._queued.append(task)

    def _wait(self) -> None:
        """Waits for one finished call, and takes all that are finished by then."""
        if not self._in_flight:
            raise InternalError(self._dump())
        queued = self._queued
        while queued and not queued[0].queued:
            queued.popleft()
        # A driver whose calls all lack a worker runs one itself, or two drivers could wait for each other's threads; on
        # a worker thread it also does so to give the thread it occupies something to do.
        starved = is_worker_thread() or len(queued) >= len(self._in_flight)
        while queued and starved and self._completions.empty():
            task = queued.popleft()
            if self._pool.claim(task):
                task.run()
        self._take(self._completions.get())
        while not self._completions.empty():
            self._take(self._completions.get())

    def _take(self, task: Task) -> None:
        self._in_flight.discard(task)
        self._external_ns += task.end_ns - task.start_ns
        self._record(task.frame, task.index, task.start_ns, task.end_ns, task.thread_id)
        if task.frame.discarded:
            return
        if task.error is not None:
            self._fail(task.frame, task.index, task.error)
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

    def _resolved(self, frame: Frame, index: int) -> tuple[int, bool, Any] | None:
        """Mode, placement and call of a dynamic instruction, asked for once; `None` if that has to wait or failed."""
        if frame.resolved is None:
            frame.resolved = {}
        found = frame.resolved.get(index)
        if found is None:
            code = frame.code
            starred = {type(read(operand, frame.slots)) for operand in code.starred.get(index, ())}
            if not starred <= _UNPACKED_NATIVELY:
                # Unpacking runs user code, so it belongs to the call, and the call may do anything.
                found = frame.resolved[index] = (RETIRED, False, (code.calls[index], (frame.slots,)))
                return found
            if not starred <= {tuple} and not self._has_come(frame, index, CLEAN):
                frame.state[index] = HELD
                return None
            try:
                function, args, kwargs = self.attempt(frame, code.gather, index, frame.slots)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._fail(frame, index, error)
                return None
            behaviour = self._resolve(function, args, kwargs)
            call = (_apply, (function, args, kwargs))
            found = frame.resolved[index] = (mode_of(behaviour), behaviour.external, call)
        return found

    def _has_come(self, frame: Frame, index: int, mode: int) -> bool:
        return bool(frame.passed >> mode & 1) or index <= frame.at[mode]

    def _resolve(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Behaviour:
        behaviour = self.plan.resolve(function, args, kwargs)
        if mode_of(behaviour) == DYNAMIC:
            raise InternalError(f"expected a definite effect of `{function!r}`, found `dynamic`")
        return behaviour

    def attempt(self, frame: Frame, function: Callable[..., Any], *args: Any) -> Any:
        """Calls user code on this thread, as the instructions of `frame` see the world."""
        if frame.handled is None:
            return function(*args)
        return call_handling(frame.handled, function, *args)

    # Failures.

    def _raise(self, frame: Frame, index: int) -> None:
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, Raise)
        exception = read(instruction.exception, frame.slots)
        cause = None if instruction.cause is None else read(instruction.cause, frame.slots)
        try:
            self.attempt(frame, raise_from, exception, cause, instruction.cause is not None)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._fail(frame, index, error)

    def _fail(self, frame: Frame, index: int, error: BaseException) -> None:
        error.__traceback__ = user_traceback(error)
        frame.state[index] = FAILED
        if frame.errors is None:
            frame.errors = {}
        frame.errors[index] = error
        self._note_failure(frame, index, self._scope_of(frame, error))

    def fail_step(self, region: Region, error: BaseException) -> None:
        """A step of a region has raised."""
        error.__traceback__ = user_traceback(error)
        region.error = error
        frame = region.frame
        self._note_failure(frame, region.index, self._scope_of(frame, error), region.num_started)

    def _scope_of(self, frame: Frame, error: BaseException) -> Frame:
        return frame.scope if isinstance(error, Exception) else self._root

    def _note_failure(self, frame: Frame, index: int, scope: Frame, sequence: int | None = None) -> None:
        if not self.failures.note(scope, frame, index, sequence):
            return
        for task in [task for task in self._in_flight if task.queued]:
            if self.failures.precede(task.frame, task.index) and self._pool.claim(task):
                self._in_flight.discard(task)

    def settle(self, frame: Frame, error: BaseException, index: int) -> None:
        """Takes a failure that the retired cursor has met to its handler, or ends the run."""
        inner: Frame = frame
        while inner.region is not None:
            region = inner.region
            if isinstance(region, TryRegion) and not region.ended and isinstance(error, Exception):
                self.num_live -= self.failures.discard(inner)
                for cursor in self._cursors:
                    if cursor.frame.discarded:
                        cursor.frame = region.frame
                region.handle(self, error)
                return
            inner = region.frame
        instruction = frame.code.instructions[index]
        raise _RunFailed(Failure(error, instruction.name, instruction.location))

    # What is seen from outside.

    def _record(self, frame: Frame, index: int, start_ns: int, end_ns: int, thread_id: int) -> None:
        if self._instrument is not None:
            instruction = frame.code.instructions[index]
            path = frame.path_from(None, index)
            self._instrument.record(
                Span(instruction.name, instruction.location, start_ns, end_ns, thread_id, path)
            )

    def _dump(self) -> str:
        return "nothing is ready and nothing is in flight"


def _apply(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


def _position(output: tuple[int, Any]) -> int:
    return output[0]
