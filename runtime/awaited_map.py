"""Maps whose iterations are one awaited call each: tasks without frames.

An iteration of which nothing is to be seen but its result needs no frame: the list of the map has a place for what it
gives, and its place in program order is its number. A frame is made once somebody asks for that place: a cursor that
comes to it, or a failure, here or elsewhere, that has to be told what comes later. So ten thousand calls cost little
more than their tasks, and the run goes on once for all that have ended in one turn of the event loop.

Guarantees: only the thread that runs the event loop calls these methods; the event loop tells of ends when none of them
is running. An iteration that has not ended either is among the light ones or has a frame.
"""

from __future__ import annotations

import asyncio
import time
from contextvars import Context, copy_context
from functools import partial
from types import CoroutineType
from typing import Any

from .awaited_call import AwaitedCall, awaiting
from .awaited_maps import Run
from .call_shape import SlotFunction
from .elements import END
from .frame import DONE, EMPTY, ISSUED, Frame, Machine, Region
from .garbage import without_garbage_collection
from .interrupts import is_interrupt
from .loop import MapRegion
from .prepared import GATE, Kind, PreparedBlock, prepare


class AwaitedMapRegion(MapRegion):
    """A map on an event loop.

    Attributes:
        light: the tasks of the iterations without frames, by their number.
        is_noted: it is among the noted ones.
        is_finished: all have ended, or nobody wants them any more.
    """

    __slots__ = (
        "_code",
        "_context",
        "_is_prepared",
        "_make",
        "_run",
        "_slots",
        "_taken",
        "is_finished",
        "is_noted",
        "light",
    )

    _run: Run
    _code: PreparedBlock
    _make: SlotFunction
    _slots: list[Any]
    _context: Context

    def __init__(self, frame: Frame, index: int) -> None:
        super().__init__(frame, index)
        self.light: dict[int, asyncio.Task[Any]] = {}
        self.is_noted = False
        self.is_finished = False
        self._is_prepared = False
        self._taken: dict[int, AwaitedCall] = {}

    def step(self, machine: Any) -> bool:
        """Starts as many iterations as there is room for, without frames where they need none."""
        if not self._may_do_without_frames(machine):
            return super().step(machine)
        if not self.may_start(machine):
            return False
        num_started = self.num_started
        room = min(
            self.window - self.num_unfinished(),
            machine.num_steps_left(),
            machine.max_live_frames - machine.num_live,
            machine.window if num_started and self.passed >> self.mode & 1 else 1,  # others may wait for more
        )
        with without_garbage_collection():  # coroutines that are made are not run yet
            goes_on = self._start_light(max(1, room))
        machine.num_steps += self.num_started - num_started
        for stream in self.streams:
            stream.wake(machine)
        if goes_on:
            machine.push(self)
        return True

    def _may_do_without_frames(self, run: Run) -> bool:
        """Whether iterations that begin now need no frames."""
        frame = self.frame
        if self.writes or not self.passed >> GATE & 1 or frame.handled is not None or run.failures.scopes:
            return False
        return self._is_prepared or self._prepare(run)

    def _prepare(self, run: Run) -> bool:
        """Makes out what all iterations have in common; says whether all of that is known."""
        slots, code = self.frame.slots, prepare(run.plan, self.body)
        if code.at_once is None or any(slots[outer] is EMPTY for outer, _ in self.body.captures):
            return False
        self._slots = [EMPTY] * code.num_slots
        for outer, inner in self.body.captures:
            self._slots[inner] = slots[outer]
        self._run, self._code, self._make, self._context = run, code, code.at_once, copy_context()
        self._is_prepared = True
        run.maps.running.add(self)
        return True

    def _start_light(self, room: int) -> bool:
        """Starts iterations; says whether the map is to be asked for more at once."""
        run, fetch, [values] = self._run, self.elements.fetch, self.lists
        begin = self._begin
        for _ in range(room):
            sequence = self.num_started
            if self.stream is not None and not self.stream.has_next(sequence):
                return False
            try:
                element = fetch()
            except BaseException as error:
                if is_interrupt(self.frame, error):
                    raise
                run.fail_step(self, error)
                return False
            if not sequence:
                self.place()
            if element is END:
                self.end(run)
                return False
            if element is EMPTY:
                self.start(run, element)
                return False
            self.num_started = sequence + 1
            run.num_live += 1
            values.append(EMPTY)
            if not begin(sequence, element):
                return False
        return True

    def _begin(self, sequence: int, element: Any) -> bool:
        """Makes the calls of an iteration; says whether none has raised."""
        run = self._run
        slots = self._slots.copy()
        slots[0] = element
        try:
            made = self._make(slots)
        except BaseException as error:
            if is_interrupt(self.frame, error):
                raise
            self._fail(sequence, slots, error)
            return False
        task = run.loop.create_task(made if type(made) is CoroutineType else awaiting(made))
        run.count(self._code.num_instructions, -time.perf_counter_ns())
        self.light[sequence] = task
        task.add_done_callback(partial(self._note_end, sequence), context=self._context)
        return True

    def _note_end(self, sequence: int, task: asyncio.Task[Any]) -> None:
        """The event loop says that the task of an iteration has ended."""
        run = self._run
        if sequence not in self.light:
            self._taken.pop(sequence)(task)
            return
        try:
            value = task.result()
        except BaseException:
            self._take(sequence)
            self._taken.pop(sequence)(task)
            return
        del self.light[sequence]
        run.count(0, time.perf_counter_ns())
        if self.streams:
            self.streams[0].put(run, sequence, value)
        else:
            self.lists[0][sequence] = value
        run.num_live -= 1
        # One that is queued goes on anyway, and one that has started all has nothing to do before all have ended.
        has_work = self.streams or run.holds_back() or (not self.light if self.ended else not self.queued)
        if has_work and not self.is_noted:
            self.is_noted = True
            run.maps.noted.append(self)
            run.go_on_soon()

    def go_on_after_ends(self, machine: Machine) -> None:
        """Some of the iterations without frames have ended."""
        self.is_noted = False
        if self.is_finished:
            return
        if not self.ended:
            machine.push(self)
        elif not self.num_unfinished():
            self.complete(machine)

    def complete(self, machine: Machine) -> None:
        """All iterations have ended."""
        self._leave()
        super().complete(machine)

    def num_unfinished(self) -> int:
        """How many iterations have not ended."""
        return len(self.live) + len(self.light)

    def unfinished(self, sequence: int) -> Frame | None:
        """The frame of an iteration that has not ended, which is made if it has none."""
        if sequence in self.light:
            return self._take(sequence)
        return self.live.get(sequence)

    def make_frames(self) -> None:
        """Gives each iteration a frame."""
        for sequence in list(self.light):
            self._take(sequence)

    def abandon(self) -> list[Frame]:
        """Lets go of the iterations without frames, too."""
        self.make_frames()
        self._leave()
        return super().abandon()

    def _leave(self) -> None:
        self.is_finished = True
        if self._is_prepared:
            self._run.maps.running.discard(self)

    def _take(self, sequence: int) -> Frame:
        """Makes the frame of an iteration whose call has not ended."""
        task = self.light.pop(sequence)
        index = self._code.num_instructions - 1
        frame = self._frame(sequence, index)
        frame.state[index] = ISSUED
        call = self._taken[sequence] = AwaitedCall(self._run, frame, index, task, 0, None)
        self._run.count(0, call.start_ns)
        self._run.add_call(call)
        return frame

    def _fail(self, sequence: int, slots: list[Any], error: BaseException) -> None:
        """One of the calls of an iteration has raised."""
        results = [slot for slot, *_ in self._code.results]
        index = next(index for index, slot in enumerate(results) if slots[slot] is EMPTY)
        frame = self._frame(sequence, index)
        frame.slots = slots
        self._run.count(index + 1, 0)
        self._run.fail(frame, index, error)

    def _frame(self, sequence: int, num_done: int) -> Frame:
        """The frame of an iteration of which some instructions are done, and all have been looked at."""
        code = self._code
        frame = self.live[sequence] = Frame(code, self, sequence, self.passed)
        frame.num_taps = len(self.lists)
        frame.walked = code.num_instructions
        frame.missing = bytearray(code.num_instructions)
        for index in range(num_done):
            frame.state[index] = DONE
        frame.remaining -= num_done
        return frame


AWAITED_REGIONS: dict[int, type[Region]] = {Kind.MAP: AwaitedMapRegion}
"""What runs maps on an event loop where nobody wants to know of each call."""
