"""The running instances of `for` and `map`.

Iteration k+1 starts as soon as its element may be fetched, whether or not iteration k is finished: carried values are
forwarded from frame to frame as they arrive. With `breaks`, it starts when the flag of iteration k is known.

Guarantees: only the thread that drives the run calls into a region. At most a window of iterations is unfinished; they
start in order, so the oldest unfinished one has always been started and the window always moves on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..diagnostics.identity import identity
from .elements import END, Elements
from .entries import CollectedEntries
from .frame import EMPTY, Frame, Machine, Region
from .garbage import without_garbage_collection
from .handled import user_traceback
from .interrupts import is_interrupt
from .plan import Block, For, Literal, Map, Operand, Slot
from .prepared import RETIRED
from .stream import Stream, StreamElements


class LoopRegion(Region):
    """What `for` and `map` share: a step fetches one element and starts one iteration."""

    __slots__ = ("body", "elements", "instruction", "last", "stream", "window")

    instruction: For | Map

    def __init__(self, frame: Frame, index: int) -> None:
        super().__init__(frame, index)
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, For | Map)
        self.instruction = instruction
        self.body: Block = instruction.body
        iterable = instruction.iterable
        value = iterable.value if isinstance(iterable, Literal) else frame.slots[iterable.index]
        self.stream: Stream | None = None
        if value is EMPTY:
            assert isinstance(iterable, Slot)
            assert frame.streams is not None
            stream = self.stream = frame.streams[iterable.index]
            stream.readers.append(self)
            self.elements: Elements = StreamElements(stream, instruction.source)
        else:
            self.elements = Elements(value, instruction.source)
        self.last: Frame | None = None
        self.window = 0
        self.place()

    def begin(self, machine: Machine) -> None:
        """Fixes the window; the first step does the rest."""
        self.window = machine.window

    def step(self, machine: Machine) -> bool:
        """Starts the next iteration, or ends the loop; where iterations are calls that are awaited, starts many."""
        if not self._start_next(machine):
            return False
        code = machine.plan.prepared.get(identity(self.body))
        if code is not None and code.is_one_call and code.awaits[0] and self.mode != RETIRED:
            with without_garbage_collection():  # coroutines that are made are not run yet
                while machine.goes_on_with(self) and self._start_next(machine):
                    machine.num_steps += 1
        return True

    def _start_next(self, machine: Machine) -> bool:
        """Fetches one element and starts its iteration, or ends the loop."""
        if not self.may_start(machine):
            return False
        if self.mode == RETIRED:
            machine.release_kept()  # what is fetched may be made by the user's code
        try:
            fetch = self.elements.fetch
            element = fetch() if self.frame.handled is None else machine.attempt(self.frame, fetch)
        except BaseException as error:
            if is_interrupt(self.frame, error):
                raise
            machine.fail_step(self, error)
            return True
        if not self.num_started:
            self.place()  # what the first fetch waits for may be more
        if element is END:
            self.end(machine)
            return True
        self.start(machine, element)
        return True

    def may_start(self, machine: Machine) -> bool:
        """Whether another element may be fetched, as far as anything is known of it."""
        num_unfinished = self.num_unfinished()
        if num_unfinished >= self.window or self.awaits_flag() or not self.may_step(machine):
            return False
        if num_unfinished and machine.num_live >= machine.max_live_frames and machine.is_crowded(self):
            return False
        return self.stream is None or self.stream.has_next(self.num_started)

    def start(self, machine: Machine, element: Any) -> None:
        """Starts the iteration for an element."""
        frame = self.spawn(machine, self.body)
        self.admit(machine, frame)
        if element is EMPTY and self.stream is not None:
            self.stream.forward(machine, frame.sequence, frame, 0)
        else:
            machine.store(frame, 0, element)
        self.last = frame
        machine.push(self)
        machine.launch(frame)

    def go_on_reading(self, machine: Machine) -> None:
        """There is another element to fetch, or none."""
        machine.push(self)

    def list_completed(self, stream: Stream) -> None:
        """The list that the loop goes over may now be changed by others."""
        assert isinstance(self.elements, StreamElements)
        self.stream = None
        self.elements.list_completed()

    def go_on(self, machine: Machine, iterator: Iterator[Any], values: Sequence[Any]) -> None:
        """Goes on after some iterations, of which `values` are what the loop has so far. Begins as `begin` does."""
        self.begin(machine)
        self.elements.go_on(iterator)
        self.place()
        machine.push(self)

    def reopen(self, machine: Machine) -> Frame:
        """The frame of an iteration that was started elsewhere: its parameters are still to be stored."""
        frame = self.spawn(machine, self.body)
        self.last = frame
        return frame

    def awaits_flag(self) -> bool:
        """Whether it is not yet known that the loop goes on."""
        return False

    def admit(self, machine: Machine, frame: Frame) -> None:
        """Connects a new iteration with the one before."""

    def end(self, machine: Machine) -> None:
        """No further iteration: the results are those of the iterations so far."""
        self.ended = True
        self.last = None
        if not self.num_unfinished():
            self.complete(machine)

    def abandon(self) -> list[Frame]:
        """Lets go of the last iteration too."""
        self.last = None
        return super().abandon()

    def frame_done(self, machine: Machine, frame: Frame) -> None:
        """An iteration has completed, which makes room for another."""
        super().frame_done(machine, frame)
        if not self.ended:
            machine.push(self)

    def place(self) -> None:
        """Says what the next fetch waits for, and what the loop may write."""
        self.mode = self.elements.mode
        self.writes = self.body.may_write or self.elements.may_write or self.mode == RETIRED
        self.writes_later = self.writes


class ForRegion(LoopRegion):
    """A loop with carried values."""

    __slots__ = ("awaited", "breaks", "entries", "initial")

    instruction: For

    def __init__(self, frame: Frame, index: int) -> None:
        super().__init__(frame, index)
        self.breaks = self.instruction.breaks
        self.awaited = False
        self.initial: tuple[Operand, ...] = self.instruction.initial
        uses, frame = frame.code.stream_uses, self.frame
        filling = uses.dicts.get(index) or (uses.dict_outputs.get(index) if frame.region is not None else None)
        self.entries = None if filling is None else CollectedEntries(frame, filling)

    def go_on(self, machine: Machine, iterator: Iterator[Any], values: Sequence[Any]) -> None:
        """Goes on with the values carried so far."""
        self.initial = tuple(map(Literal, values))
        self.entries = None  # those so far are not known
        super().go_on(machine, iterator, values)

    def reopen(self, machine: Machine) -> Frame:
        """Its outputs are carried on from here."""
        frame = super().reopen(machine)
        self._tap(frame)
        return frame

    def _tap(self, frame: Frame) -> None:
        if self.breaks:
            frame.num_taps = 1
            self.awaited = True

    def awaits_flag(self) -> bool:
        """Whether the `breaks` flag of the last iteration has not arrived."""
        return self.awaited

    def admit(self, machine: Machine, frame: Frame) -> None:
        """Forwards the carried values into the next iteration."""
        self._tap(frame)
        if self.entries is not None:
            self.entries.collect(machine, frame, self.stream)
        if self.last is None:
            self.connect(machine, self.initial, frame, 1)
        else:
            machine.set_sink(self.last, frame, tuple(range(1, 1 + len(self.initial))))

    def receive(self, machine: Machine, frame: Frame, output: int, value: Any) -> None:
        """The `breaks` flag of the last iteration."""
        self.awaited = False
        if value:
            self.end(machine)
        else:
            machine.push(self)

    def end(self, machine: Machine) -> None:
        """The carried values after the last iteration are the results."""
        if self.entries is not None:
            self.entries.end(machine)
            self.entries = None
        results = self.instruction.results
        if self.last is not None:
            self.give_results(machine, self.last)
        else:
            for operand, slot in zip(self.initial, results, strict=True):
                if isinstance(operand, Literal):
                    machine.store(self.frame, slot, operand.value)
                else:
                    machine.connect(self.frame, operand.index, self.frame, slot)
        super().end(machine)


class MapRegion(LoopRegion):
    """Independent iterations; the results are lists, complete when all iterations are, and streams before."""

    __slots__ = ("lists", "streams")

    instruction: Map

    def __init__(self, frame: Frame, index: int) -> None:
        super().__init__(frame, index)
        self.lists: list[list[Any]] = [[] for _ in self.body.outputs]
        self.streams: list[Stream] = []

    def begin(self, machine: Machine) -> None:
        """Takes the window of the instruction where it has one of its own; says that the lists begin to fill."""
        self.window = self.instruction.window or machine.window
        uses = self.frame.code.stream_uses
        if self.index in uses.maps or (self.index in uses.outputs and self.frame.region is not None):
            self.streams = [Stream(values) for values in self.lists]
            for slot, stream in zip(self.instruction.results, self.streams, strict=True):
                machine.deliver(self.frame, slot, stream)

    def go_on(self, machine: Machine, iterator: Iterator[Any], values: Sequence[Any]) -> None:
        """Goes on with the lists so far."""
        self.lists = list(values)
        self.num_started = len(self.lists[0]) if self.lists else 0
        self.at = [self.num_started] * len(self.at)
        super().go_on(machine, iterator, values)

    def reopen(self, machine: Machine) -> Frame:
        """Its outputs go into the lists."""
        frame = super().reopen(machine)
        self.admit(machine, frame)
        return frame

    def admit(self, machine: Machine, frame: Frame) -> None:
        """Makes room for the outputs of the iteration."""
        frame.num_taps = len(self.lists)
        for values in self.lists:
            values.append(EMPTY)
        for stream in self.streams:
            stream.wake(machine)

    def receive(self, machine: Machine, frame: Frame, output: int, value: Any) -> None:
        """One output of one iteration."""
        if self.streams:
            self.streams[output].put(machine, frame.sequence, value)
        else:
            self.lists[output][frame.sequence] = value

    def foresee(self, machine: Machine, frame: Frame, output: int, stream: Stream) -> None:
        """One output of one iteration is a list that has begun to fill."""
        if self.streams:
            self.streams[output].announce(machine, frame.sequence, stream)

    def end(self, machine: Machine) -> None:
        """No further iteration."""
        for stream in self.streams:
            stream.has_all = True
            stream.wake(machine)
        super().end(machine)

    def first_error(self, machine: Machine, sequence: int) -> BaseException | None:
        """What is raised by all that the program does later with the elements before a failed iteration."""
        check = self.instruction.before_failure
        if check is None:
            return None
        try:
            machine.attempt(self.frame, check.value, *(values[:sequence] for values in self.lists))
        except BaseException as error:
            if is_interrupt(self.frame, error):
                raise
            error.__traceback__ = user_traceback(error)
            return error
        return None

    def complete(self, machine: Machine) -> None:
        """All iterations have completed, and so are the lists."""
        for stream in self.streams:
            stream.complete()
        for slot, values in zip(self.instruction.results, self.lists, strict=True):
            machine.store(self.frame, slot, values)
        super().complete(machine)
