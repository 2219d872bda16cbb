"""The dataflow scheduler on an event loop: `async` calls overlap as tasks, all else runs on the loop's thread.

In: a plan that may hold `async` calls, the arguments of its entry. Out: an `Outcome` equal to the sequential one.

An `async` call that may overlap is a task in a copy of the caller's context. An ordered one is awaited by the caller's
own task, in the caller's own context: what it does to either stays, as in plain Python. The machine goes on whenever a
task ends; nothing polls, and no thread is involved but the one that runs the loop.

Guarantees: one scheduler belongs to one run, one task and its loop. When the run is over, however it ends, so are all
its tasks, and nobody is told that an exception was never retrieved.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import get_ident
from types import CoroutineType
from typing import Any

from ..diagnostics.errors import InternalError
from .awaited_call import AwaitedCall, awaiting
from .awaited_map import AWAITED_REGIONS
from .awaited_maps import AwaitedMaps
from .batched_calls import CollectedCall
from .dataflow import RunFailed, Scheduler
from .frame import HELD, ISSUED, Frame
from .handled import await_call
from .instrument import Instrument
from .latency import Latency
from .outcome import Failure, Outcome
from .plan import Plan
from .prepared import RETIRED, Kind
from .stuck import describe_stuck
from .tally import begin_recording
from .task import Completions, Task
from .turns import STEPS_IN_A_TURN

DEFAULT_WINDOW = 16_384
"""Unfinished iterations of one loop. A call that waits takes some 2.5 KiB and no thread, so this bounds memory only: to
40 MiB, however many elements there are."""
MAX_STEPS_AT_ONCE = 2048
"""Steps, and with them tasks that loops start, before the event loop has a turn. The first turn comes after
`STEPS_IN_A_TURN`, so that the first tasks get going; each is then twice as long as the one before, so that what the
first tasks do doesn't hold up the last ones. Some ten milliseconds."""
MAX_LIVE_FRAMES = 24_576
"""Unfinished frames of one run above which loops only keep their oldest iteration going: 60 MiB of calls."""


class _NoWorkers:
    """The pool of a run that hands nothing to threads."""

    def submit(self, task: Task) -> bool:
        """Never called."""
        raise InternalError("expected every call of an `async` run on its loop, found one for a worker")

    def claim(self, task: Task) -> bool:
        """Never called."""
        return False

    def place_here(self) -> AbstractContextManager[bool]:
        """Never asked: what doesn't run on the loop runs on its thread anyway."""
        return nullcontext(False)

    def completions(self) -> Completions:
        """A place that stays empty."""
        return SimpleQueue()


class LoopScheduler(Scheduler):
    """One run of one plan inside a coroutine."""

    asks_for_each_call = False
    """Whether each call is asked for its place in the program."""

    def __init__(
        self,
        plan: Plan,
        window: int = DEFAULT_WINDOW,
        instrument: Instrument | None = None,
        max_live_frames: int = MAX_LIVE_FRAMES,
    ) -> None:
        super().__init__(plan, _NoWorkers(), window, instrument, max_live_frames)
        self.loop = asyncio.get_running_loop()
        self._calls: set[AwaitedCall] = set()
        self._finished: list[AwaitedCall] = []
        self.maps = AwaitedMaps()
        self._wake: asyncio.Future[None] | None = None
        self._ordered: tuple[Frame, int, Callable[..., Any], tuple[Any, ...]] | None = None
        self._context: Context | None = None  # while an ordered call is awaited: that of the caller
        self._broken: BaseException | None = None
        self._steps_at_once = STEPS_IN_A_TURN
        self._free_lanes: list[int] = []
        self._num_lanes = 0
        is_watched = instrument is not None or self.progress is not None or self._tracer is not None
        if not (is_watched or plan.is_batched or self.asks_for_each_call):
            self._regions = self._regions | AWAITED_REGIONS

    def _end_turn(self) -> bool:
        """The event loop has a turn, too, so that calls can end."""
        super()._end_turn()
        self._turn = max(self._turn, self._steps_at_once)
        self._steps_at_once = min(2 * self._steps_at_once, MAX_STEPS_AT_ONCE)
        return bool(self.stack)

    def _look_at(self, frame: Frame, index: int) -> None:
        """Variables are assigned; failures stay: it must be known which call Python would await, for cancellations."""
        if frame.state[index] == HELD and frame.code.kinds[index] != Kind.RAISE:
            super()._look_at(frame, index)

    async def run_async(self, arguments: tuple[Any, ...]) -> Outcome:
        """Runs the entry block to its end, on the running loop."""
        start_ns = time.perf_counter_ns()
        failure: Failure | None = None
        try:
            self._enter(arguments)
            while not self._pump():
                await self._go_on()
        except RunFailed as end:
            failure = end.failure
        except GeneratorExit:  # the coroutine is thrown away: nothing can be awaited any more
            self._cancel_all()
            self._calls.clear()
            raise
        finally:
            await self._end_calls()
            self._leave()
        return self._outcome(failure, start_ns)

    async def _go_on(self) -> None:
        """Waits for what the program waits for."""
        is_paused = bool(self.stack)
        if self._ordered is not None:
            if is_paused:
                self._pump()  # nothing else might, while the ordered call is awaited
            await self._await_ordered()
        elif not self._finished and not self.maps.noted:
            if not is_paused and not self._calls and not self.maps.have_calls():
                raise InternalError(describe_stuck(self._root))
            try:
                await (asyncio.sleep(0) if is_paused else self._next_end())
            except asyncio.CancelledError as error:
                self._take_finished()
                self._cancel_current(error)
        self._take_finished()

    async def _next_end(self) -> None:
        """Waits until some task has ended."""
        self._wake = self.loop.create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    async def _await_ordered(self) -> None:
        """Awaits the ordered call that the retired cursor stands at, in the caller's own task and context."""
        assert self._ordered is not None
        frame, index, call, arguments = self._ordered
        self._ordered = None
        if self.progress is not None:
            self.progress.make_room()
        start_ns = time.perf_counter_ns()
        self._context = copy_context()
        if self.stack:
            self.loop.call_soon(self._go_on_meanwhile)
        try:
            value = await (call(*arguments) if frame.handled is None else await_call(frame.handled, call, *arguments))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            self._record(frame, index, start_ns, time.perf_counter_ns(), get_ident())
            self._fail(frame, index, error)
        else:
            self._record(frame, index, start_ns, time.perf_counter_ns(), get_ident())
            self._complete(frame, index, value)
        finally:
            self._context = None
        if self._broken is not None:
            raise self._broken

    def _issue(
        self,
        frame: Frame,
        index: int,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        latency: Latency | None = None,
    ) -> None:
        # Plain Python would wait for it on this thread, too.
        self._run_here(frame, index, call, arguments, latency)

    def _start_batch(self, calls: Sequence[CollectedCall]) -> None:
        first = calls[0]
        if not first.frame.code.awaits[first.index]:
            self._run_batch_here(calls)
            return
        function, arguments = self._batch_call(calls)
        context = copy_context()
        tally = None if self._instrument is None else context.run(begin_recording)
        task = self.loop.create_task(function(*arguments), context=context)
        started = AwaitedCall(self, first.frame, first.index, task, 0 if tally is None else self._lane(), tally)
        started.calls = calls
        self._calls.add(started)
        task.add_done_callback(started, context=context)

    def _end_batch(self, calls: Sequence[CollectedCall], values: Any, error: BaseException | None) -> None:
        """See `BatchedCalls`. A cancellation is for the call that Python would be awaiting; others are made again."""
        if isinstance(error, asyncio.CancelledError):
            frame = self._by_mode[RETIRED].frame
            current = [one for one in calls if one.frame is frame and one.index == frame.at[RETIRED]]
            others = [one for one in calls if one not in current]
            super()._end_batch(current, values, error)
            super()._end_batch(others, values, RuntimeError("cancelled"))
        else:
            super()._end_batch(calls, values, error)

    def _await(self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...], mode: int) -> None:
        frame.state[index] = ISSUED
        self._num_calls += 1
        if mode >= RETIRED:
            self._ordered = (frame, index, call, arguments)
            return
        coroutine = None
        if frame.handled is None:
            try:
                made = call(*arguments)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._fail(frame, index, error)
                return
            coroutine = made if type(made) is CoroutineType else awaiting(made)
        context = copy_context()
        tally = None if self._instrument is None else context.run(begin_recording)
        task = self.loop.create_task(coroutine or await_call(frame.handled, call, *arguments), context=context)
        started = AwaitedCall(self, frame, index, task, 0 if tally is None else self._lane(), tally)
        self._calls.add(started)
        task.add_done_callback(started, context=context)

    def num_steps_left(self) -> int:
        """How many iterations may be started before the event loop has a turn."""
        return self._turn - self.num_steps

    def holds_back(self) -> bool:
        """Whether loops wait for an iteration of any other to end."""
        return bool(self._crowded)

    def count(self, num_calls: int, external_ns: int) -> None:
        """Adds calls that have been made, and the time that they have taken."""
        self._num_calls += num_calls
        self._external_ns += external_ns

    def fail(self, frame: Frame, index: int, error: BaseException) -> None:
        """An instruction has raised."""
        self._fail(frame, index, error)

    def add_call(self, call: AwaitedCall) -> None:
        """Takes over a call that has a frame now."""
        self._calls.add(call)

    def note_end(self, call: AwaitedCall) -> None:
        """Takes down that a call has ended."""
        if call.error is not None and call.calls is None and not call.frame.discarded:
            # Before anything that has waited for it goes on.
            self._note_failure(call.frame, call.index, call.frame.scope)
        self._finished.append(call)
        self.go_on_soon()

    def go_on_soon(self) -> None:
        """Lets the program go on, which waits for the end of some call."""
        if self._wake is not None:
            if not self._wake.done():
                self._wake.set_result(None)
        else:
            self._go_on_meanwhile()

    def _go_on_meanwhile(self) -> None:
        """While the caller's task awaits an ordered call: what doesn't wait for that call goes on."""
        if self._context is not None and self._broken is None:
            self._context.run(self._go_on_in_context)

    def _go_on_in_context(self) -> None:
        try:
            self._take_finished()
            self._pump()
            if self.stack:
                self.loop.call_soon(self._go_on_meanwhile)
        except BaseException as error:
            self._broken = error
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise

    def _take_finished(self) -> None:
        finished, self._finished = self._finished, []
        for call in finished:
            self._calls.discard(call)
            self._external_ns += call.end_ns - call.start_ns
            if self._instrument is not None:
                num_calls = 1 if call.calls is None else len(call.calls)
                self._record(call.frame, call.index, call.start_ns, call.end_ns, call.lane, call.tally, num_calls)
                heapq.heappush(self._free_lanes, call.lane)
            if call.calls is not None:
                self._end_batch(call.calls, call.value, call.error)
                continue
            if call.frame.discarded:
                continue
            if call.error is not None:
                self._fail(call.frame, call.index, call.error)
            else:
                self._complete(call.frame, call.index, call.value)
        noted, self.maps.noted = self.maps.noted, []
        for region in noted:
            region.go_on_after_ends(self)
            for _ in range(min(len(self._crowded), self.max_live_frames - self.num_live)):
                self.push(self._crowded.popleft())

    def _lane(self) -> int:
        if self._free_lanes:
            return heapq.heappop(self._free_lanes)
        self._num_lanes += 1
        return self._num_lanes

    def _stop_later(self) -> None:
        self.maps.make_frames()
        for call in self._calls:
            if call.calls is not None:
                if not any(self._is_wanted(one) for one in call.calls):
                    call.stop()
            elif self.failures.precede(call.frame, call.index):
                call.stop()

    def _cancel_current(self, error: asyncio.CancelledError) -> None:
        """The caller's task is cancelled: so is the call that plain Python would be awaiting now."""
        while not self._pump():
            if self._ordered is not None:
                frame, index, *_ = self._ordered
                self._ordered = None
                self._fail(frame, index, error)
                return
            frame = self._by_mode[RETIRED].frame
            index = frame.at[RETIRED]
            for call in self._calls:
                if call.is_at(frame, index):
                    call.task.cancel(*error.args)
                    return
            if not self.stack:
                break
        raise error

    def _cancel_all(self) -> None:
        self.maps.make_frames()
        for call in self._calls:
            call.stop()

    async def _end_calls(self) -> None:
        """Cancels what still runs, and waits for it however often the caller's task is cancelled meanwhile."""
        interruption: asyncio.CancelledError | None = None
        self._cancel_all()
        while self._calls:
            if not self._finished:
                try:
                    await self._next_end()
                except asyncio.CancelledError as error:
                    interruption = error
            self._calls.difference_update(self._finished)
            self._finished.clear()
        if interruption is not None:
            raise interruption
