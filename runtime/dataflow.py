"""The dataflow scheduler: out-of-order issue, in-order retire.

In: a plan, a pool, the arguments of the entry. Out: an `Outcome` equal to the sequential one.

An instruction fires when its inputs are there and its cursor has come. A new frame is walked once in program order:
what is ready runs or starts at once; later, instructions fire as inputs arrive. The thread that calls `run` does all of
this and every call that does not wait for the world; workers run the others and post them back.

Guarantees: one scheduler belongs to one run and to the thread that called `run`, so nothing here needs a lock; the
only thing shared with workers is the queue of finished tasks. Nothing recurses over frames: what happens is put on one
of the work lists (`ready`, `stack`, deliveries, completed frames) and taken from there by one loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from ..diagnostics.errors import InternalError
from .batched_calls import MAX_DELAY_NS, BatchedCalls
from .cursor import CleanCursor, Cursor, GateCursor, RetiredCursor
from .failure_scope import HeldStep, Scope
from .frame import FAILED, HELD, ISSUED, Frame, Region
from .instrument import Instrument
from .interrupts import is_interrupt
from .loop import MapRegion
from .outcome import Failure, Outcome, RunTotals
from .places import is_worker_thread
from .plan import Plan
from .prepared import DYNAMIC, FIRST_REGION, GATE, RETIRED, Kind, mode_of, prepare
from .spare_call import may_run_here
from .stuck import describe_stuck
from .task import Task
from .try_region import TryRegion, is_first_in_body, raises_instance
from .turns import STEPS_IN_A_TURN, sort_stack
from .workers import WorkerPool

DEFAULT_WINDOW = 1024
"""Unfinished iterations of one loop: enough to keep `max_workers` busy, small enough to hold in memory."""
MAX_LIVE_FRAMES = 16_384
"""Unfinished frames of one run above which loops only keep their oldest iteration going (about 1 KiB a frame)."""


class RunFailed(Exception):
    """Carries the failure that leaves the run out of the work lists."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class Scheduler(BatchedCalls):
    """One run of one plan. Its public attributes and methods are what frames, regions and cursors use."""

    def __init__(
        self,
        plan: Plan,
        pool: WorkerPool,
        window: int = DEFAULT_WINDOW,
        instrument: Instrument | None = None,
        max_live_frames: int | None = None,
        *,
        trusts_fast: bool = False,
        keeps_one: bool = False,
    ) -> None:
        """A run on the calling thread and the workers of a pool.

        With `trusts_fast`, calls of callables known to be fast run on the calling thread; with `keeps_one`, so does one
        call where that thread would only wait.
        """
        super().__init__(plan, pool, window, max_live_frames or max(MAX_LIVE_FRAMES, 2 * window), instrument)
        self._trusts_fast = trusts_fast
        self._keeps = keeps_one
        entry = prepare(plan, plan.functions[plan.entry])
        self._turn = STEPS_IN_A_TURN
        self._num_turns = 0
        self._root = Frame(entry, None, 0, 0 if entry.has_fence else 1 << GATE)
        clean, retired = CleanCursor(self, self._root), RetiredCursor(self, self._root)
        self._by_mode: tuple[Cursor, ...] = (clean, clean, retired)
        self._cursors: tuple[Cursor, ...] = (clean, retired)
        if entry.has_fence:
            self._cursors = (GateCursor(self, self._root), clean, retired)

    def run(self, arguments: tuple[Any, ...], enter: Callable[[Frame], None] | None = None) -> Outcome:
        """Runs the entry block to its end; with `enter`, which fills and launches its frame, from where that says."""
        start_ns = time.perf_counter_ns()
        failure = None
        try:
            if enter is None:
                self._enter(arguments)
            else:
                enter(self._root)
            while not self._pump():
                self._wait()
        except RunFailed as end:
            failure = end.failure
        finally:
            for task in self._in_flight:
                self._pool.claim(task)
            self._leave()
            for task in self._in_flight:
                task.abandon()
        return self._outcome(failure, start_ns)

    def _enter(self, arguments: tuple[Any, ...]) -> None:
        root = self._root
        if len(arguments) != root.code.block.num_params:
            raise InternalError(f"expected `{root.code.block.num_params}` arguments, found `{len(arguments)}`")
        root.outbox = []
        for slot, value in enumerate(arguments):
            self.store(root, slot, value)
        self.launch(root)

    def _leave(self) -> None:
        # Frames hold the user's objects: leave no cycle that keeps them until the next garbage collection.
        self._cursors = self._by_mode = ()
        self._collected.clear()
        self.failures.discard(self._root)
        if self.progress is not None:
            self.progress.end_run(id(self))

    def _outcome(self, failure: Failure | None, start_ns: int) -> Outcome:
        wall_ns = time.perf_counter_ns() - start_ns
        totals = RunTotals(self._num_calls, self._external_ns, wall_ns, self._num_batches, self._num_batched)
        if failure is not None:
            return Outcome((), failure, totals)
        outputs = self._root.outbox or ()
        return Outcome(tuple(value for _, value in sorted(outputs, key=_position)), None, totals)

    def _pump(self) -> bool:
        """Does what can be done without waiting, until a turn is to end; says whether the program has ended."""
        root = self._root
        while root.remaining:
            if self._deliveries or self._completed:
                self.drain()
            elif self.to_look_at:
                self._look_at(*self.to_look_at.pop())
            elif self.ready:
                frame, index = self.ready.popleft()
                if not frame.discarded:
                    self.fire(frame, index)
            elif self.num_steps >= self._turn and self.stack:
                if self._end_turn():
                    return False
            elif self.stack:
                item = self.stack[-1]
                if type(item) is Frame:
                    self._walk(item)
                else:
                    item.proceed(self)
            elif not self.advance() and not self._send_collected():
                return False
        return True

    def goes_on_with(self, region: Region) -> bool:
        """Whether the next thing to do would be another step of a region that is on top of the work stack."""
        if self._deliveries or self._completed or self.to_look_at or self.ready or self.num_steps >= self._turn:
            return False
        return bool(self.stack) and self.stack[-1] is region

    def _end_turn(self) -> bool:
        """Looks at what else might go on after many steps in a row; says whether the driver is to look, too."""
        self.num_steps = 0
        self._num_turns += 1
        self.release_kept()
        self._run_queued()
        while not self._completions.empty():
            self._take(self._completions.get())
        if time.perf_counter_ns() - self._collecting_since_ns > MAX_DELAY_NS:
            self._send_collected()
        self.advance()
        self._turn = max(STEPS_IN_A_TURN, sort_stack(self.stack, self._num_turns))
        return False

    def _walk(self, frame: Frame) -> None:
        """Visits the instructions of a new frame in order, until another frame has to be walked first."""
        stack = self.stack
        missing = frame.missing
        kinds = frame.code.kinds
        state = frame.state
        end = len(state)
        if not frame.walked and frame.code.outline_uses.stores:
            self.foresee_stores(frame)
        while stack and stack[-1] is frame:
            index = frame.walked
            if index == end or frame.discarded:
                stack.pop()
                return
            frame.walked = index + 1
            if frame.walked == end:
                # Now: what the last instruction pushes would bury it, one frame for each step of a loop.
                stack.pop()
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
        while True:
            # Each one in turn: what one lets go may be what another waits for.
            if not sum(cursor.advance() for cursor in self._cursors):
                return moved
            moved = True

    def _wait(self) -> None:
        """Waits for one finished call, and takes all that are finished by then."""
        if not self._in_flight:
            raise InternalError(describe_stuck(self._root))
        self._run_kept()
        self._run_queued()
        try:
            self._take(self._completions.get())
            self._alone_since_ns = time.perf_counter_ns()
            while not self._completions.empty():
                self._take(self._completions.get())
        except KeyboardInterrupt as interrupt:
            self._interrupt(interrupt)

    def _run_kept(self) -> None:
        """Runs the call that was kept back for this thread, if nothing needs the thread before it has ended."""
        task = self._kept
        if task is None or task.is_stopped or not may_run_here(task, self._in_flight, self._by_mode[RETIRED]):
            self.release_kept()
            return
        with self._pool.place_here() as has_place:
            if has_place:
                self._kept = None
                task.run()
        if not has_place:
            self.release_kept()
        if task.error is not None and is_interrupt(task.frame, task.error):
            raise task.error

    def _run_queued(self) -> None:
        """Runs calls that wait for a worker, if otherwise they might wait for ever."""
        queued = self._queued
        while queued and not queued[0].queued:
            queued.popleft()
        # A driver whose calls all lack a worker runs one itself, or two drivers could wait for each other's threads; on
        # a worker thread it also does so to give the thread it occupies something to do.
        starved = bool(queued) and (is_worker_thread() or len(queued) + self._num_parked() >= len(self._in_flight))
        while queued and starved and self._completions.empty():
            task = queued.popleft()
            if self._pool.claim(task):
                if task.is_stopped:
                    task.take_back(True)
                    self._in_flight.discard(task)
                    continue
                if not self._run_claimed(task):
                    return

    def _run_claimed(self, task: Task) -> bool:
        """Runs a call that has no worker; says whether this thread may run another one."""
        task.run()
        if task.error is not None and is_interrupt(task.frame, task.error):
            raise task.error
        return True

    def _interrupt(self, interrupt: KeyboardInterrupt) -> None:
        """Takes an interrupt to where plain Python would be: the earliest call that has not returned."""
        retired = self._by_mode[RETIRED]
        frame, index = retired.frame, retired.frame.at[RETIRED]
        in_call = index < len(frame.state) and frame.state[index] == ISSUED and frame.code.kinds[index] < FIRST_REGION
        if is_interrupt(frame, interrupt) or not in_call:
            raise interrupt
        self._fail(frame, index, interrupt)
        # The interrupt may have come between taking a finished call from the queue and looking at it.
        for task in [task for task in self._in_flight if task.end_ns]:
            self._take(task)

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

    def truth_of(self, region: Region, value: Any) -> bool | None:
        """`bool(value)` as a step of a region; `None` if it is not yet its turn or has raised."""
        if region.mode == DYNAMIC:
            region.mode = GATE if value is True or value is False else self._truth_mode(value)
        if not region.may_step(self):
            return None
        if region.mode == RETIRED:
            self.release_kept()
        try:
            return self.attempt(region.frame, bool, value)
        except BaseException as error:
            if is_interrupt(region.frame, error):
                raise
            self.fail_step(region, error)
            return None

    def _truth_mode(self, value: Any) -> int:
        mode = mode_of(self._resolve(bool, (value,), {}, settled=False))
        return RETIRED if mode == DYNAMIC else mode

    def look_at_next(self, scope: Scope) -> None:
        """Something in the body of a `try` has completed: looks at the first step that waits for all before it."""
        while scope.held:
            step = heappop(scope.held)
            if not step.frame.discarded and step.frame.state[step.index] in (HELD, FAILED):
                self.to_look_at.append((step.frame, step.index))
                return

    def _look_at(self, frame: Frame, index: int) -> None:
        """Takes a failure to its handler at once where nothing else can be the first to fail in the body of the `try`.

        Something earlier outside of it may still fail; what the handler may do before that is known, it does. Raising
        an exception and assigning a variable do nothing that others see, so they need no more than that.
        """
        state = frame.state[index]
        if frame.discarded or state not in (HELD, FAILED):
            return
        is_assigned = state == HELD and frame.code.kinds[index] != Kind.RAISE
        if not is_first_in_body(frame, index, of_all=is_assigned):
            heappush(frame.scope.held, HeldStep(frame.path_from(frame.scope, index), frame, index))
        elif is_assigned:
            call = frame.code.calls[index]
            assert call is not None
            self._run_here(frame, index, call, (frame.slots,))
        elif state == FAILED:
            assert frame.errors is not None
            self.settle(frame, frame.errors[index], index)
        elif raises_instance(frame, index):
            self._raise(frame, index)

    def settle(self, frame: Frame, error: BaseException, index: int) -> None:
        """Takes a failure that the retired cursor has met to its handler, or ends the run."""
        inner: Frame = frame
        instruction = frame.code.instructions[index]
        while inner.region is not None:
            region = inner.region
            if isinstance(region, MapRegion) and (earlier := region.first_error(self, inner.sequence)) is not None:
                error, instruction = earlier, region.instruction
            if isinstance(region, TryRegion) and not region.ended:
                self.num_live -= self.failures.discard(inner)
                for cursor in self._cursors:
                    if cursor.frame.is_inside(inner):
                        cursor.frame = region.frame
                region.handle(self, error)
                return
            inner = region.frame
        raise RunFailed(Failure(error, instruction.name, instruction.location))


def _position(output: tuple[int, Any]) -> int:
    return output[0]
