"""Frames and regions: the tree of running blocks, and what its nodes ask of the scheduler.

A *frame* is an instance of a block. A *region* is an instance of an instruction that owns frames; it starts them by
*steps*. A step happens between frames: taking the truth of a condition, fetching the next element. It waits for the
cursor named by `mode`, at the place after the last frame started.

Guarantees: the thread that drives a run is the only one that touches its frames; a worker reads slots of its own call,
which are filled before the call is handed over and never change. No method of a region calls back into the walk of a
frame, so nothing here recurses over frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..diagnostics.identity import identity
from .failure_scope import Path, Scope
from .frame_outlines import FrameOutlines
from .plan import Block, Operand, Plan, Slot
from .prepared import CLEAN, GATE, PreparedBlock, prepare


class Empty:
    """The type of `EMPTY`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<empty>"


EMPTY: Any = Empty()
"""In a slot: the value has not arrived."""

WAITING = 0
"""State of an instruction: some input is missing."""
HELD = 1
"""State: its inputs are there, its cursor is not."""
ISSUED = 2
"""State: running on a worker, or a region whose frames run."""
DONE = 3
"""State: completed without raising."""
FAILED = 4
"""State: raised; the retired cursor will meet it."""

_NO_REGIONS: dict[int, Region] = {}
"""The regions of frames without any: one of a million frames is the only one to need a dictionary."""


NOWHERE = [-1, -1, -1]
"""Where the cursors are in a frame that none has entered; shared, since most frames are passed as a whole."""


class Frame:
    """One instance of a block.

    Attributes:
        code: the block.
        slots, missing, state: a value, a count of missing inputs and a state for each slot or instruction.
        remaining: instructions not done plus outputs not delivered.
        walked: how many instructions the first pass has visited.
        region: the instance of the instruction that owns this frame; `None` for the entry.
        sequence: the position of this frame among the frames of its region, in program order.
        depth: how many `Invoke`s enclose it.
        scope: what a failure in this frame ends.
        opens: the scope, if this frame is the body of a `try` or the entry.
        handled: the exception of the innermost enclosing handler.
        at: for each cursor, the instruction it stands at in this frame (-1 before it comes); `NOWHERE` is not written.
        passed: a bit for each cursor that has passed this frame as a whole.
        regions: running regions by instruction.
        subscribers: for a slot not yet filled, the slots of other frames that want its value.
        streams: of slots for lists that maps are filling, their streams.
        outlines: what is known of containers of which values are missing.
        errors: the exception of each failed leaf.
        resolved: mode, placement and gathered arguments of each dynamic call whose inputs have arrived.
        sink, sink_slots: the frame and slots that the outputs go to; outputs wait in `outbox` while it is `None`.
        uses_left: of slots with an array that was used, how many instructions have yet to use it.
        num_taps: how many leading outputs go to the region itself.
        discarded: the frame's results are wanted no more.
    """

    __slots__ = (
        "at",
        "code",
        "depth",
        "discarded",
        "errors",
        "handled",
        "missing",
        "num_taps",
        "opens",
        "outbox",
        "outlines",
        "passed",
        "region",
        "regions",
        "remaining",
        "resolved",
        "scope",
        "sequence",
        "sink",
        "sink_slots",
        "slots",
        "state",
        "streams",
        "subscribers",
        "uses_left",
        "walked",
    )

    def __init__(self, code: PreparedBlock, region: Region | None, sequence: int, passed: int) -> None:
        self.code = code
        self.slots: list[Any] = [EMPTY] * code.num_slots
        self.missing = code.missing.copy()
        self.state = bytearray(code.num_instructions)
        self.remaining = code.num_pending
        self.walked = 0
        self.region = region
        self.sequence = sequence
        self.at = NOWHERE
        self.passed = passed
        self.regions = _NO_REGIONS
        self.subscribers: dict[int, list[tuple[Frame, int]]] | None = None
        self.streams: dict[int, Any] | None = None
        self.outlines: FrameOutlines | None = None
        self.errors: dict[int, BaseException] | None = None
        self.resolved: dict[int, tuple[int, bool, Any]] | None = None
        self.sink: Frame | None = None
        self.sink_slots: tuple[int, ...] = ()
        self.outbox: list[tuple[int, Any]] | None = None
        self.uses_left: dict[int, int] | None = None
        self.num_taps = 0
        self.discarded = False
        self.opens: Scope | None = None
        if region is None:
            self.depth = 1
            self.scope = self.opens = Scope(None)
            self.handled: BaseException | None = None
        else:
            outer = region.frame
            self.depth = outer.depth
            self.scope = outer.scope
            self.handled = outer.handled

    def path_from(self, scope: Scope | None, index: int) -> Path:
        """The place of instruction `index` in program order, from `scope` inwards (`None`: from the entry)."""
        parts = [index]
        frame = self
        while frame.region is not None and (scope is None or frame.opens is not scope):
            parts.append(frame.sequence)
            parts.append(frame.region.index)
            frame = frame.region.frame
        parts.reverse()
        return tuple(parts)

    def is_inside(self, outer: Frame) -> bool:
        """Whether this frame is another one or, at any depth, one of its regions'."""
        frame: Frame = self
        while frame is not outer:
            if frame.region is None:
                return False
            frame = frame.region.frame
        return True

    def mode(self, index: int) -> int:
        """The cursor that an instruction waits for, resolved if it is dynamic and its inputs have arrived."""
        if self.resolved is not None and index in self.resolved:
            return self.resolved[index][0]
        return self.code.modes[index]


class Machine(Protocol):
    """What regions ask of the scheduler that runs them.

    Attributes:
        plan: the whole program.
        stack: frames being walked and regions with a step to try, the next one last.
        num_live: unfinished frames of the whole run.
        max_live_frames: how many of them there may be before only the oldest iterations of loops go on.
        window: how many unfinished iterations a loop may have.
        num_steps: how often a region was to step since the driver last looked around.
    """

    plan: Plan
    stack: list[Any]
    num_live: int
    num_steps: int
    max_live_frames: int
    window: int

    def store(self, frame: Frame, slot: int, value: Any) -> None:
        """Fills a slot and counts its consumers down."""

    def connect(self, source: Frame, source_slot: int, target: Frame, target_slot: int) -> None:
        """Forwards the value of one slot to another, now or when it arrives."""

    def deliver(self, frame: Frame, slot: int, value: Any) -> None:
        """Has a value or a stream taken to a slot."""

    def look_again(self, frame: Frame, index: int) -> None:
        """A value has arrived that an instruction has looked for."""

    def subscribe(self, source: Frame, source_slot: int, receiver: Any, place: int) -> None:
        """Has the value of a slot received at a place of something that is no frame, now or when it arrives."""

    def set_sink(self, frame: Frame, sink: Frame, slots: tuple[int, ...]) -> None:
        """Says where the outputs of a frame go, those that have arrived included."""

    def launch(self, frame: Frame) -> None:
        """Puts a connected frame on the work stack."""

    def push(self, region: Region) -> None:
        """Puts a region on the work stack, to try its next step."""

    def advance(self) -> bool:
        """Moves the cursors as far as they go; says whether any has moved."""
        ...

    def finish(self, frame: Frame, index: int) -> None:
        """An instruction has completed."""

    def fail_step(self, region: Region, error: BaseException) -> None:
        """A step of a region has raised."""

    def has_reached(self, region: Region) -> bool:
        """Whether the cursor that the next step of a region waits for has come."""
        ...

    def is_cancelled(self, frame: Frame, index: int, sequence: int) -> bool:
        """Whether something earlier is known to fail, so that this is not to start."""
        ...

    def truth_of(self, region: Region, value: Any) -> bool | None:
        """`bool(value)` as a step of a region; `None` if it is not yet its turn or has raised."""
        ...

    def attempt(self, frame: Frame, function: Callable[..., Any], *args: Any) -> Any:
        """Calls user code on this thread, as the instructions of `frame` see the world."""

    def goes_on_with(self, region: Region) -> bool:
        """Whether the next thing to do would be another step of a region that is on top of the work stack."""
        ...

    def release_kept(self) -> None:
        """This thread is about to run code that may take long: what was kept back for it goes to a worker."""

    def is_crowded(self, region: Region) -> bool:
        """The run has as many live frames as it may: the region is asked again when that changes, unless it has."""
        ...


class Region:
    """What all running regions share.

    Attributes:
        frame, index: the instruction this is an instance of.
        live: the unfinished frames, by sequence number.
        num_started: how many frames were started; the next one gets this sequence number.
        ended: no further frame will start.
        at: for each cursor, the sequence number of the next frame it will visit.
        passed: a bit for each cursor that has passed the region as a whole; its frames inherit it.
        mode: the cursor that the next step waits for.
        writes: whether something inside, at any depth, may write.
        writes_later: whether a frame that has not been started may write.
        queued: the region is on the work stack.
        error: the exception of a failed step.
    """

    __slots__ = (
        "at",
        "discarded",
        "ended",
        "error",
        "frame",
        "index",
        "live",
        "mode",
        "num_started",
        "passed",
        "queued",
        "writes",
        "writes_later",
    )

    def __init__(self, frame: Frame, index: int) -> None:
        self.frame = frame
        self.index = index
        self.live: dict[int, Frame] = {}
        self.num_started = 0
        self.ended = False
        self.at = [0, 0, 0]
        at = frame.at
        self.passed = frame.passed | (at[GATE] > index) | (at[CLEAN] > index) << CLEAN
        self.mode = frame.code.modes[index]
        self.writes = frame.code.writes[index]
        self.writes_later = self.writes
        self.queued = False
        self.discarded = False
        self.error: BaseException | None = None
        if frame.regions is _NO_REGIONS:
            frame.regions = {}
        frame.regions[index] = self

    def begin(self, machine: Machine) -> None:
        """Starts what can start before any step."""

    def step(self, machine: Machine) -> bool:
        """Takes the next step if everything it waits for is there; says whether it did."""
        return False

    def receive(self, machine: Machine, frame: Frame, output: int, value: Any) -> None:
        """Takes an output of a frame that is meant for the region itself."""

    def foresee(self, machine: Machine, frame: Frame, output: int, stream: Any) -> None:
        """Takes the stream of such an output, if it is of any use before the whole list is there."""

    def frame_done(self, machine: Machine, frame: Frame) -> None:
        """A frame has completed: forget it, and complete the instruction with the last one."""
        del self.live[frame.sequence]
        if self.ended and not self.num_unfinished():
            self.complete(machine)

    def complete(self, machine: Machine) -> None:
        """All frames have completed, and no other one will start."""
        machine.finish(self.frame, self.index)

    def num_unfinished(self) -> int:
        """How many of the frames that were started are not done."""
        return len(self.live)

    def unfinished(self, sequence: int) -> Frame | None:
        """A frame that was started, if it is not done."""
        return self.live.get(sequence)

    def abandon(self) -> list[Frame]:
        """Wants nothing of its frames any more, and lets go of them; says which were unfinished."""
        self.discarded = True
        frames = list(self.live.values())
        self.live.clear()
        return frames

    def proceed(self, machine: Machine) -> None:
        """The region is on top of the work stack: try the next step."""
        machine.stack.pop()
        self.queued = False
        if not self.discarded and not self.step(machine) and self.mode != GATE:
            # Its cursor may be on the way: what follows in program order should not overtake it for want of a look.
            machine.advance()

    def may_step(self, machine: Machine) -> bool:
        """Whether the next step is wanted and its cursor has come."""
        if self.ended or self.discarded or self.error is not None:
            return False
        if self.mode != GATE and not machine.has_reached(self):
            return False
        return not machine.is_cancelled(self.frame, self.index, self.num_started)

    def spawn(self, machine: Machine, block: Block) -> Frame:
        """A new frame after the others, with its captures connected. It runs once it is launched."""
        outer = self.frame
        sequence = self.num_started
        code = machine.plan.prepared.get(identity(block)) or prepare(machine.plan, block)
        frame = Frame(code, self, sequence, self.passed)
        self.live[sequence] = frame
        self.num_started = sequence + 1
        machine.num_live += 1
        for outer_slot, inner_slot in block.captures:
            value = outer.slots[outer_slot]
            if value is EMPTY or frame.code.outputs_of[inner_slot]:
                machine.connect(outer, outer_slot, frame, inner_slot)
                continue
            frame.slots[inner_slot] = value
            for index in frame.code.consumers[inner_slot]:
                frame.missing[index] -= 1
            if outer.outlines is not None and outer_slot in outer.outlines.by_slot:
                machine.deliver(frame, inner_slot, outer.outlines.by_slot[outer_slot])
        return frame

    def connect(self, machine: Machine, operands: tuple[Operand, ...], frame: Frame, first_slot: int = 0) -> None:
        """Forwards operands of this instruction into consecutive slots of a frame."""
        for slot, operand in enumerate(operands, first_slot):
            if isinstance(operand, Slot):
                machine.connect(self.frame, operand.index, frame, slot)
            else:
                machine.store(frame, slot, operand.value)

    def give_results(self, machine: Machine, frame: Frame) -> None:
        """Makes the outputs of a frame the results of the instruction."""
        machine.set_sink(frame, self.frame, self.frame.code.results[self.index])
