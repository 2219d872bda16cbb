"""How values and completions travel between frames.

A filled slot counts down the instructions that wait for it, goes on to the frames that subscribed to it, and is
delivered where it is an output: to the slots of the enclosing frame or of the next iteration, or to the region itself.

Guarantees: only the thread that drives the run calls these methods. Every hop between frames goes over a list, so
chains of any length cost no Python stack.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from .call_shape import read
from .entries import CollectedEntries, Entries
from .failure_scope import Scope
from .frame import DONE, EMPTY, Frame, Machine, Region
from .last_use import ARRAYS, GONE
from .outline import OUTLINES, Outline
from .plan import Call, Literal, Operand, Plan
from .prepared import GATE
from .row_shape import DictView, RowShape
from .stream import Stream
from .stream_rows import LISTS, STREAMS, have_rows, rows_of
from .try_region import TryRegion, is_region_settled, is_settled

_AHEAD = STREAMS | OUTLINES
"""The types of what goes ahead of a value."""
_GATE_PASSED = 1 << GATE


class Wiring(Machine):
    """The frames of one run and the work that arriving values make.

    Attributes:
        plan: the whole program.
        window: how many unfinished iterations a loop may have.
        ready: instructions whose inputs have all arrived after the first pass over them.
        stack: frames in their first pass and regions with a step to try, the next one last.
        num_live, max_live_frames: unfinished frames; how many there may be before loops wait.
        num_steps: how often a region was to step since the driver last looked around.
    """

    def __init__(self, plan: Plan, window: int, max_live_frames: int) -> None:
        self.plan = plan
        self.window = window
        self.ready: deque[tuple[Frame, int]] = deque()
        self.stack: list[Any] = []
        self.num_live = 0
        self.num_steps = 0
        self.max_live_frames = max_live_frames
        self._crowded: deque[Region] = deque()
        self._deliveries: list[tuple[Any, int, Any]] = []  # to frames, or to what has subscribed
        self._completed: list[Frame] = []

    def store(self, frame: Frame, slot: int, value: Any) -> None:
        """Fills a slot and counts its consumers down."""
        frame.slots[slot] = value
        code = frame.code
        missing = frame.missing
        consumers = code.consumers[slot]
        if frame.streams is not None and type(frame.streams.pop(slot, EMPTY)) in LISTS:
            consumers = code.stream_uses.others_of(slot, consumers)
        if frame.outlines is not None:
            consumers = self.not_counted(frame, slot, consumers)
        for index in consumers:
            missing[index] -= 1
            if not missing[index] and index < frame.walked:
                self.ready.append((frame, index))
        for output in code.outputs_of[slot]:
            self._deliver(frame, output, value)
        if frame.subscribers is not None:
            for target, target_slot in frame.subscribers.pop(slot, ()):
                self._deliveries.append((target, target_slot, value))

    def not_counted(self, frame: Frame, slot: int, consumers: Sequence[int]) -> Sequence[int]:
        """The consumers of a slot that have not gone on with the outline of its container."""
        raise NotImplementedError

    def foresee(self, frame: Frame, slot: int, outline: Outline) -> None:
        """Takes the outline of a container to all that can do with it."""
        raise NotImplementedError

    def foresee_list(self, frame: Frame, slot: int, stream: Stream) -> None:
        """Makes the outline of a list that a map is filling, where it is of use."""
        raise NotImplementedError

    def announce(self, frame: Frame, slot: int, stream: Stream | Entries) -> None:
        """Tells the loops over a slot, and whatever its value goes to, that its list has begun to fill.

        Loops over a dict itself wait for the dict: they may notice that it changes.
        """
        if frame.slots[slot] is not EMPTY:
            return
        if frame.streams is None:
            frame.streams = {}
        assert slot not in frame.streams
        frame.streams[slot] = stream
        code = frame.code
        if type(stream) is Stream:
            self.foresee_list(frame, slot, stream)
        for index in code.stream_uses.loops.get(slot, ()) if type(stream) in LISTS else ():
            frame.missing[index] -= 1
            if not frame.missing[index] and index < frame.walked:
                self.ready.append((frame, index))
        if frame.region is not None:
            self._announce_outputs(frame, frame.region, code.outputs_of[slot], stream)
        if frame.subscribers is not None:
            for target, target_slot in frame.subscribers.get(slot, ()):
                self._deliveries.append((target, target_slot, stream))
        for index, shape in code.stream_uses.rows.get(slot, ()):
            self._announce_rows(frame, index, shape)

    def _announce_outputs(self, frame: Frame, region: Region, outputs: Sequence[int], stream: Stream | Entries) -> None:
        for output in outputs:
            if output < frame.num_taps:
                region.foresee(self, frame, output, stream)
            else:
                self._pass_on(frame, output - frame.num_taps, stream)

    def _announce_rows(self, frame: Frame, index: int, shape: RowShape | DictView) -> None:
        """Makes a stream of the rows that a call lists, if all of its lists are there or have begun to fill."""
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, Call)
        mode = frame.code.modes[index]
        lists = [_list_or_stream(frame, operand) for _, operand in instruction.arguments.positional]
        if any(one is EMPTY for one in lists) or not have_rows(shape, lists):
            return
        if self.has_come(frame, index, mode) or (self.advance() and self.has_come(frame, index, mode)):
            self._deliveries.append((frame, instruction.results[0], rows_of(shape, lists)))

    def subscribe(self, source: Frame, source_slot: int, receiver: CollectedEntries, place: int) -> None:
        """Has the value of a slot received at a place of something that is no frame, now or when it arrives."""
        self.connect(source, source_slot, receiver, place)

    def deliver(self, frame: Frame, slot: int, value: Any) -> None:
        """Has a value or a stream taken to a slot."""
        self._deliveries.append((frame, slot, value))

    def connect(self, source: Frame, source_slot: int, target: Any, target_slot: int) -> None:
        """Forwards the value of one slot to another, now or when it arrives."""
        value = source.slots[source_slot]
        if source.outlines is not None and source_slot in source.outlines.by_slot:
            self._deliveries.append((target, target_slot, source.outlines.by_slot[source_slot]))
        if value is not EMPTY:
            self._deliveries.append((target, target_slot, value))
            return
        if source.subscribers is None:
            source.subscribers = {}
        source.subscribers.setdefault(source_slot, []).append((target, target_slot))
        if source.streams is not None and source_slot in source.streams:
            self._deliveries.append((target, target_slot, source.streams[source_slot]))

    def set_sink(self, frame: Frame, sink: Frame, slots: tuple[int, ...]) -> None:
        """Says where the outputs of a frame go, those that have arrived included."""
        frame.sink = sink
        frame.sink_slots = slots
        if frame.outbox is not None:
            for position, value in frame.outbox:
                self._deliveries.append((sink, slots[position], value))
            frame.outbox = None

    def launch(self, frame: Frame) -> None:
        """Puts a connected frame on the work stack; a call on its own that nothing holds back starts at once."""
        code = frame.code
        for output, value in code.literal_outputs:
            self._deliver(frame, output, value)
        if not code.num_pending:
            self._completed.append(frame)
        if code.is_one_call and not frame.missing[0] and frame.passed & _GATE_PASSED:
            frame.walked = 1
            self.fire(frame, 0)
            return
        self.stack.append(frame)

    def has_come(self, frame: Frame, index: int, mode: int) -> bool:
        """Whether a cursor has come to an instruction."""
        return bool(frame.passed >> mode & 1) or index <= frame.at[mode]

    def fire(self, frame: Frame, index: int) -> None:
        """Starts an instruction whose inputs are there, if its cursor has come."""
        raise NotImplementedError

    def push(self, region: Region) -> None:
        """Puts a region on the work stack, to try its next step."""
        if not region.queued and not region.ended:
            region.queued = True
            self.num_steps += 1
            self.stack.append(region)

    def is_crowded(self, region: Region) -> bool:
        """Whether the run has as many live frames as it may; the region is asked again when that changes."""
        if self.num_live < self.max_live_frames:
            return False
        self._crowded.append(region)
        return True

    def finish(self, frame: Frame, index: int) -> None:
        """An instruction has completed."""
        frame.state[index] = DONE
        if frame.regions:
            frame.regions.pop(index, None)
        missing = frame.missing
        for later in frame.code.successors[index]:
            missing[later] -= 1
            if not missing[later] and later < frame.walked:
                self.ready.append((frame, later))
        if frame.code.uses is not None and ARRAYS:
            _let_go(frame, index, frame.code.uses[index])
        frame.remaining -= 1
        if frame.scope.held:
            self.look_at_next(frame.scope)
        if not frame.remaining:
            self._completed.append(frame)
        elif frame.scope.outer is not None:
            self._note_settled(frame)

    def look_at_next(self, scope: Scope) -> None:
        """Something in the body of a `try` has completed: looks at the first step that waits for all before it."""
        raise NotImplementedError

    def _note_settled(self, frame: Frame) -> None:
        """After an instruction inside of a `try`: bodies in which nothing is left to be done have succeeded."""
        while frame.region is not None and is_settled(frame):
            region = frame.region
            if isinstance(region, TryRegion):
                region.body_settled(self, frame)
            if not is_region_settled(region):
                return
            frame = region.frame

    def drain(self) -> None:
        """Takes every value to its slot and every completed frame to its region."""
        deliveries = self._deliveries
        completed = self._completed
        while deliveries or completed:
            while deliveries:
                frame, slot, value = deliveries.pop()
                if frame.discarded:
                    continue
                if type(value) in _AHEAD:
                    if type(frame) is not Frame:
                        continue
                    if type(value) in STREAMS:
                        self.announce(frame, slot, value)
                    else:
                        self.foresee(frame, slot, value)
                elif type(frame) is Frame:
                    self.store(frame, slot, value)
                else:
                    frame.receive(self, slot, value)
            while completed:
                frame = completed.pop()
                if frame.region is not None and not frame.discarded:
                    self.num_live -= 1
                    frame.region.frame_done(self, frame)
                    if self._crowded and self.num_live < self.max_live_frames:
                        self.push(self._crowded.popleft())

    def _deliver(self, frame: Frame, output: int, value: Any) -> None:
        frame.remaining -= 1
        if not frame.remaining:
            self._completed.append(frame)
        position = output - frame.num_taps
        if position >= 0:
            self._pass_on(frame, position, value)
        else:
            assert frame.region is not None
            frame.region.receive(self, frame, output, value)

    def _pass_on(self, frame: Frame, position: int, value: Any) -> None:
        if frame.sink is not None:
            self._deliveries.append((frame.sink, frame.sink_slots[position], value))
        elif frame.outbox is None:
            frame.outbox = [(position, value)]
        else:
            frame.outbox.append((position, value))


def _list_or_stream(frame: Frame, operand: Operand) -> Any:
    """An operand, or its stream where only that has come; `EMPTY` where neither has."""
    if isinstance(operand, Literal) or frame.slots[operand.index] is not EMPTY or frame.streams is None:
        return read(operand, frame.slots)
    return frame.streams.get(operand.index, EMPTY)


def _let_go(frame: Frame, index: int, uses: tuple[int, ...]) -> None:
    """Empties the slots with arrays that instruction `index` was the last one to use."""
    slots, num_uses = frame.slots, frame.code.num_uses
    for slot in uses:
        if type(slots[slot]) in ARRAYS:
            left = num_uses[slot]
            if left > 1:
                if frame.uses_left is None:
                    frame.uses_left = {}
                left = frame.uses_left.get(slot, left)
                frame.uses_left[slot] = left - 1
            if left == 1:
                slots[slot] = GONE
    if frame.resolved is not None and index in frame.resolved:
        mode, is_here, _ = frame.resolved[index]
        frame.resolved[index] = mode, is_here, None
