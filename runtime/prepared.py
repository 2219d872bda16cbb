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
from .batch_form import BatchForm
from .call_shape import Gathered, SlotFunction, compile_call, compile_gather, operands_of, slots_of, starred_of
from .garbage import without_garbage_collection
from .last_use import last_uses, slots_used
from .plan import (
    Block,
    Call,
    For,
    If,
    Instruction,
    Invoke,
    Literal,
    LoopSource,
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
NUM_CURSORS = 3


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
    `is_one_call` says that there is nothing else than one call, which waits for fences only.
    `last` (the slots that nothing later in program order reads); `uses` (those that it reads; None where nothing is to
    be let go of).
    Attributes, by slot: `num_uses`, `consumers`, `outputs_of` (positions among the block's outputs).
    `stream_uses` says where a part of a list is of use.
    """

    __slots__ = (
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
        behaviours = tuple(_behaviour_of(instruction) for instruction in instructions)
        self.modes = tuple(
            RETIRED if _retires(instruction) else mode_of(behaviour)
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
        self.mutated: tuple[tuple[Operand, ...], ...] = tuple(_mutated(instruction) for instruction in instructions)
        self.sites: tuple[Site | None, ...] = sites_of(plan, block)
        self.writes = tuple(_may_write(instruction, plan) for instruction in instructions)
        self.fences = tuple(_has_fence(instruction, plan) for instruction in instructions)
        self.last = last_uses(block) if plan.holds_arrays else ()
        self.uses = slots_used(block) if plan.holds_arrays else None
        self.num_uses = Counter(slot for slots in self.uses or () for slot in slots)
        self.is_one_call = self.kinds == (Kind.CALL,) and self.modes == (GATE,)
        self._index_slots(block)

    def _index_slots(self, block: Block) -> None:
        consumers: list[list[int]] = [[] for _ in range(block.num_slots)]
        successors: list[list[int]] = [[] for _ in block.instructions]
        missing: list[int] = []
        for index, instruction in enumerate(block.instructions):
            awaited = slots_of(_awaited(instruction))
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
        self.stream_uses = StreamUses(block, outputs_of)
        self.successors = tuple(map(tuple, successors))
        self.outputs_of = tuple(map(tuple, outputs_of))
        self.literal_outputs = tuple(literal_outputs)
        self.num_pending = len(block.instructions) + len(block.outputs)

    def others_of(self, slot: int) -> list[int]:
        """The consumers of a slot that need its whole value."""
        return [index for index in self.consumers[slot] if index not in self.stream_uses.loops.get(slot, ())]

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
    prepared = plan.prepared.get(id(block))
    if prepared is None:
        with without_garbage_collection():
            prepared = plan.prepared[id(block)] = PreparedBlock(block, plan)
    return prepared


def _awaited(instruction: Instruction) -> tuple[Operand, ...]:
    """The operands that must be there before an instruction fires; the others are forwarded into its frames."""
    match instruction:
        case Call():
            return operands_of(instruction.callee, instruction.arguments)
        case Raise():
            return (instruction.exception, instruction.cause or Literal(None))
        case If():
            return (instruction.condition,)
        case For() | Map():
            return (instruction.iterable,)
        case _:
            return ()


def _mutated(instruction: Instruction) -> tuple[Operand, ...]:
    if not isinstance(instruction, Call):
        return ()
    return tuple(instruction.arguments.positional[position][1] for position in instruction.mutates)


def _behaviour_of(instruction: Instruction) -> Behaviour:
    match instruction:
        case Call():
            return instruction.behaviour
        case If() | While():
            return instruction.truth
        case _:
            return Behaviour(Effect.PURE)


def _retires(instruction: Instruction) -> bool:
    return isinstance(instruction, Raise) or (isinstance(instruction, Call) and instruction.retires)


def _may_write(instruction: Instruction, plan: Plan) -> bool:
    match instruction:
        case If():
            writes = instruction.then_block.may_write or instruction.else_block.may_write
            return writes or instruction.truth.effect.may_write
        case For() | Map():
            return instruction.body.may_write or instruction.source is LoopSource.STEPPED
        case While():
            writes = instruction.condition.may_write or instruction.body.may_write
            return writes or instruction.truth.effect.may_write
        case Try():
            return instruction.body.may_write or instruction.handler.may_write
        case Invoke():
            return plan.functions[instruction.symbol].may_write
        case Call():
            return instruction.behaviour.effect.may_write
        case _:
            return False


def _has_fence(instruction: Instruction, plan: Plan) -> bool:
    match instruction:
        case If():
            fences = instruction.then_block.has_fence or instruction.else_block.has_fence
            return fences or instruction.truth.effect is Effect.FENCE
        case For() | Map():
            return instruction.body.has_fence
        case While():
            fences = instruction.condition.has_fence or instruction.body.has_fence
            return fences or instruction.truth.effect is Effect.FENCE
        case Try():
            return instruction.body.has_fence or instruction.handler.has_fence
        case Invoke():
            return plan.functions[instruction.symbol].has_fence
        case Call():
            return instruction.behaviour.effect is Effect.FENCE
        case _:
            return False
