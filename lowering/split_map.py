"""`xcs.map ... vectorized` over external calls with array code behind them: the calls in a map, then one kernel.

for text in texts:                    map: embedding = embed(text)
    embedding = embed(text)
    out.append(tanh(embedding @ w))   then: tanh(embedding @ w) for all of them at once

The kernel starts where the last iteration is done, and so do those who wait for the lists. What it raises comes before
what a later iteration raises: where an iteration fails, the elements before it go through the kernel first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from ..diagnostics.effect import PURE, READS
from ..dialect.parallel import MapOp
from ..runtime.plan import Arguments, Block, Call, Instruction, Literal, LoopSource, Map, Operand, Slot
from .array_region import step_operands
from .block_builder import BlockBuilder
from .kernel import Kernel, NativeKernel
from .map_parts import changes_nothing, parts_of
from .op_lowering import pick_results
from .vectorized_map import VectorizedKernel


@dataclass(frozen=True, slots=True)
class KernelBehind:
    """What comes behind the calls of a map, for all elements at once.

    Attributes:
        kernel: takes the elements, then what they share.
        num_columns: how many lists have a value for each element; the others have the same value in every place.
    """

    kernel: VectorizedKernel
    num_columns: int

    def __call__(self, *lists: Sequence[Any]) -> tuple[list[Any], ...]:
        """For each output of the body the list of its values."""
        columns, shared = lists[: self.num_columns], lists[self.num_columns :]
        if not columns[0]:
            return tuple([] for _ in self.kernel.parts.whole.outputs)
        rows = columns[0] if self.num_columns == 1 else list(zip(*columns, strict=True))
        return self.kernel(rows, *(values[0] for values in shared))


def lower_split(builder: BlockBuilder, op: MapOp, iterable: Operand, body: Block, source: LoopSource) -> bool:
    """Adds a map of the calls and one call of what is behind them; gives False where a body has no such form."""
    split = _split(body)
    if split is None:
        return False
    calls, behind = split
    lists = [builder.slot() for _ in calls.outputs]
    whole, location = builder.slot(), builder.context.location(op.location)
    results = tuple(slot.index for slot in lists)
    mapping = Map(
        op.name,
        results,
        iterable=iterable,
        body=calls,
        source=source,
        before_failure=Literal(behind),
        after=builder.after(op),
        location=location,
    )
    builder.add(op, mapping)
    steps = body.instructions[len(calls.instructions) :]
    is_pure = all(isinstance(one, Call) and one.behaviour == PURE for one in steps)
    kernel = Call(
        f"{op.name} vectorized",
        (whole.index,),
        callee=Literal(behind),
        arguments=Arguments(tuple((False, one) for one in lists)),
        behaviour=PURE if is_pure else READS,
        location=location,
    )
    builder.add(op, kernel)
    pick_results(builder, op, whole)
    return True


def _split(body: Block) -> tuple[Block, KernelBehind] | None:
    """The body up to its last call with what follows needs as outputs, and what follows."""
    start = _start_of_kernel(body.instructions)
    if not start:
        return None
    behind = [one for one in body.instructions[start:] if isinstance(one, Call)]
    made = {one.results[0] for one in behind}
    read = [operand for one in behind for operand in step_operands(one)] + list(body.outputs)
    needed = dict.fromkeys(one.index for one in read if isinstance(one, Slot) and one.index not in made)
    captured = {inner for _, inner in body.captures}
    columns = [slot for slot in needed if slot not in captured]
    shared = [slot for slot in needed if slot in captured]
    if not columns:
        return None
    outputs = tuple(map(Slot, (*columns, *shared)))
    parts = parts_of(_block_of_rows(body, behind, columns, shared))
    if parts is None:
        return None
    calls = replace(body, instructions=body.instructions[:start], outputs=outputs)
    return calls, KernelBehind(VectorizedKernel(parts), len(columns))


def _start_of_kernel(instructions: Sequence[Instruction]) -> int | None:
    """Where the quiet rest of a body that begins with array code starts; what it loads before is part of it."""
    quiet = len(instructions)
    while quiet and changes_nothing(instructions[quiet - 1]):
        quiet -= 1
    start = next((i for i in range(quiet, len(instructions)) if _is_kernel(instructions[i])), None)
    while start is not None and start > quiet and _is_load(instructions[start - 1]):
        start -= 1
    return start


def _is_kernel(instruction: Instruction) -> bool:
    if not isinstance(instruction, Call) or not isinstance(instruction.callee, Literal):
        return False
    return isinstance(instruction.callee.value, Kernel | NativeKernel)


def _is_load(instruction: Instruction) -> bool:
    """Whether a call takes nothing that the body makes."""
    return isinstance(instruction, Call) and not any(isinstance(one, Slot) for one in step_operands(instruction))


def _block_of_rows(body: Block, behind: Sequence[Call], columns: Sequence[int], shared: Sequence[int]) -> Block:
    """The rest of a body as a body of its own, whose element is a row of what the calls before it give."""
    names = {slot: slot + 1 for slot in range(body.num_slots)}  # slot 0 is the row
    picks: list[Instruction] = []
    if len(columns) == 1:
        names[columns[0]] = 0
    else:
        for index, slot in enumerate(columns):
            row = Arguments(((False, Slot(0)),))
            picks.append(Call("row", (names[slot],), callee=Literal(itemgetter(index)), arguments=row))
    steps = [_renamed(call, names) for call in behind]
    outputs = tuple(_operand(one, names) for one in body.outputs)
    captures = tuple((slot, names[slot]) for slot in shared)
    return Block(body.num_slots + 1, (*picks, *steps), outputs, 1, captures, may_write=False)


def _renamed(call: Call, names: dict[int, int]) -> Call:
    arguments = Arguments(
        tuple((star, _operand(one, names)) for star, one in call.arguments.positional),
        tuple((name, _operand(one, names)) for name, one in call.arguments.keyword),
    )
    results = tuple(names[slot] for slot in call.results)
    return replace(call, results=results, callee=_operand(call.callee, names), arguments=arguments, after=())


def _operand(operand: Operand, names: dict[int, int]) -> Operand:
    return Slot(names[operand.index]) if isinstance(operand, Slot) else operand
