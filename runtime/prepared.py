"""Blocks in the compact form that the dataflow scheduler walks: counters, consumer lists and compiled calls.

In: a `Block` of the plan. Out: a `PreparedBlock`, made when a block is first instantiated and kept on the plan.

Guarantees: a `PreparedBlock` never changes once made. Two threads that prepare the same block at once make two equal
forms, and either may stay.
"""

from __future__ import annotations

import enum
from collections import Counter
from typing import Any

from ..diagnostics.effect import Behaviour, Effect
from ..diagnostics.identity import identity
from .batch_form import BatchForm
from .call_shape import (
    Gathered,
    SlotFunction,
    compile_call,
    compile_calls,
    compile_gather,
    slots_of,
    starred_of,
)
from .garbage import without_garbage_collection
from .instruction_facts import awaited_operands, behaviour_of, has_fence, may_write, mutated_operands, retires
from .last_use import last_uses, slots_used
from .outline_uses import uses_of
from .plan import (
    Block,
    Call,
    For,
    If,
    Invoke,
    Map,
    Operand,
    Plan,
    Raise,
    Slot,
    Try,
    While,
)
from .site import Site, sites_of
from .stream_uses import StreamUses

GATE = 0
"""Waits for fences only: the gate cursor."""
CLEAN = 1
"""Waits until nothing earlier may still write: the clean cursor."""
RETIRED = 2
"""Waits until everything earlier has succeeded: the retired cursor."""
DYNAMIC = 3
"""Not known before the inputs are there."""


class Kind(enum.IntEnum):
    """What an instruction is; leaves come first."""

    CALL = 0
    RAISE = 1
    IF = 2
    FOR = 3
    MAP = 4
    WHILE = 5
    TRY = 6
    INVOKE = 7


FIRST_REGION = int(Kind.IF)
_KINDS = {Call: 0, Raise: 1, If: 2, For: 3, Map: 4, While: 5, Try: 6, Invoke: 7}


def mode_of(behaviour: Behaviour) -> int:
    """The cursor that an op with this behaviour waits for, or `DYNAMIC`."""
    effect = behaviour.effect
    if effect is Effect.DYNAMIC:
        return DYNAMIC
    if effect >= Effect.ORDERED:
        return RETIRED
    if effect is Effect.READS or behaviour.sees_writes:
        return CLEAN
    return GATE


class PreparedBlock:
    """A block, indexed by instruction and by slot.

    Attributes, by instruction: `kinds`; `modes` (the cursor waited for; regions: that of their truth); `external`;
    `awaits` (what the call gives is awaited); `batches` (of calls that may go out together);
    `calls` (compiled, leaves only); `sites` (where a call may go to a worker); `missing` (inputs that are not there at
    the start); `successors` (through `after`);
    `writes` and `fences` (for regions: whether anything inside may, as far as is known before running; for leaves:
    whether it is a fence).
    `is_one_call` says that there is nothing else than one call, which waits for fences only; `at_once` makes all calls
    where the last is awaited, is the one output, and none of the others takes time or waits for anything: it gives what
    is to be awaited.
    `last` (the slots that nothing later in program order reads); `uses` (those that it reads; None where nothing is to
    be let go of).
    Attributes, by slot: `num_uses`, `consumers`, `outputs_of` (positions among the block's outputs).
    `stream_uses` says where a part of a list is of use, `outline_uses` where what is known of a container is.
    """

    __slots__ = (
        "at_once",
        "awaits",
        "batches",
        "block",
        "calls",
        "consumers",
        "external",
        "fences",
        "gathers",
        "has_fence",
        "instructions",
        "is_one_call",
        "kinds",
        "last",
        "literal_outputs",
        "may_write",
        "missing",
        "modes",
        "mutated",
        "num_instructions",
        "num_pending",
        "num_slots",
        "num_uses",
        "outline_uses",
        "outputs_of",
        "results",
        "sites",
        "starred",
        "stream_uses",
        "successors",
        "uses",
        "writes",
    )

    def __init__(self, block: Block, plan: Plan) -> None:
        instructions = block.instructions
        self.block = block
        self.instructions = instructions
        self.num_instructions = len(instructions)
        self.num_slots = block.num_slots
        self.may_write = block.may_write
        self.has_fence = block.has_fence
        self.kinds = tuple(_KINDS[type(instruction)] for instruction in instructions)
        self.results = tuple(instruction.results for instruction in instructions)
        behaviours = tuple(behaviour_of(instruction) for instruction in instructions)
        self.modes = tuple(
            RETIRED if retires(instruction) else mode_of(behaviour)
            for instruction, behaviour in zip(instructions, behaviours, strict=True)
        )
        self.external = tuple(behaviour.external for behaviour in behaviours)
        self.awaits = tuple(isinstance(one, Call) and one.is_async for one in instructions)
        self.batches: dict[int, BatchForm] = {
            index: instruction.batch
            for index, instruction in enumerate(instructions)
            if isinstance(instruction, Call) and instruction.batch is not None
        }
        self.calls: tuple[SlotFunction | None, ...] = tuple(
            compile_call(instruction.callee, instruction.arguments) if isinstance(instruction, Call) else None
            for instruction in instructions
        )
        self.gathers: dict[int, Any] = {
            index: compile_gather(instruction.callee, instruction.arguments)
            for index, instruction in enumerate(instructions)
            if isinstance(instruction, Call) and (self.modes[index] == DYNAMIC or index in self.batches)
        }
        self.starred = {
            index: starred_of(instruction.arguments)
            for index, instruction in enumerate(instructions)
            if isinstance(instruction, Call) and (self.modes[index] == DYNAMIC or index in self.batches)
        }
        self.mutated: tuple[tuple[Operand, ...], ...] = tuple(
            mutated_operands(instruction) for instruction in instructions
        )
        self.sites: tuple[Site | None, ...] = sites_of(plan, block)
        self.writes = tuple(may_write(instruction, plan) for instruction in instructions)
        self.fences = tuple(has_fence(instruction, plan) for instruction in instructions)
        self.last = last_uses(block) if plan.holds_arrays else ()
        self.uses = slots_used(block) if plan.holds_arrays else None
        self.num_uses = Counter(slot for slots in self.uses or () for slot in slots)
        self.is_one_call = self.kinds == (Kind.CALL,) and self.modes == (GATE,)
        self.outline_uses = uses_of(plan, block)
        self._index_slots(block)
        self.at_once = self._calls_at_once(block) if any(self.awaits) else None

    def _calls_at_once(self, block: Block) -> SlotFunction | None:
        calls = [one for one in block.instructions if isinstance(one, Call) and len(one.results) == 1]
        *earlier, last = block.instructions
        is_straight = len(calls) == self.num_instructions and self.modes == (GATE,) * self.num_instructions
        takes_time = any(self.external[: len(earlier)]) or any(self.awaits[: len(earlier)]) or bool(self.batches)
        is_output = self.awaits[-1] and block.outputs == (Slot(last.results[0]),) if last.results else False
        if not is_straight or takes_time or not is_output or block.num_params != 1 or self.uses is not None:
            return None
        return compile_calls([(one.callee, one.arguments, one.results[0]) for one in calls])

    def _index_slots(self, block: Block) -> None:
        consumers: list[list[int]] = [[] for _ in range(block.num_slots)]
        successors: list[list[int]] = [[] for _ in block.instructions]
        missing: list[int] = []
        for index, instruction in enumerate(block.instructions):
            awaited = slots_of(awaited_operands(instruction))
            for slot in awaited:
                consumers[slot].append(index)
            for earlier in instruction.after:
                successors[earlier].append(index)
            missing.append(len(awaited) + len(instruction.after))
        outputs_of: list[list[int]] = [[] for _ in range(block.num_slots)]
        literal_outputs: list[tuple[int, Any]] = []
        for position, operand in enumerate(block.outputs):
            if isinstance(operand, Slot):
                outputs_of[operand.index].append(position)
            else:
                literal_outputs.append((position, operand.value))
        # Bytes are what the garbage collector doesn't look at, and there may be a million frames.
        self.missing = bytearray(missing) if max(missing, default=0) < 256 else missing
        self.consumers = tuple(map(tuple, consumers))
        self.stream_uses = StreamUses(block, outputs_of, self.outline_uses)
        self.successors = tuple(map(tuple, successors))
        self.outputs_of = tuple(map(tuple, outputs_of))
        self.literal_outputs = tuple(literal_outputs)
        self.num_pending = len(block.instructions) + len(block.outputs)

    def gather(self, index: int, slots: list[Any]) -> Gathered:
        """What call `index` would receive."""
        found = self.gathers.get(index)
        if found is None:
            instruction = self.instructions[index]
            assert isinstance(instruction, Call)
            found = self.gathers[index] = compile_gather(instruction.callee, instruction.arguments)
        return found(slots)


def prepare(plan: Plan, block: Block) -> PreparedBlock:
    """The compact form of a block of this plan."""
    prepared = plan.prepared.get(identity(block))
    if prepared is None:
        with without_garbage_collection():
            prepared = plan.prepared[identity(block)] = PreparedBlock(block, plan)
    return prepared
