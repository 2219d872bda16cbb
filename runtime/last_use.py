"""Which values a run lets go of after their last use, and which use is the last.

Python keeps what a name holds until the function ends. That nobody can tell for arrays, which take most of the memory
and have no end of their own; whatever else a slot holds may be noticed when it goes, so it stays.

Guarantees: pure functions of a block, callable from any thread. Classes are only ever added.
"""

from __future__ import annotations

from typing import Any

from .plan import Block, Instruction, Slot
from .plan_rules import instruction_operands
from .plan_summary import blocks_of

ARRAYS: set[type] = set()
"""The exact classes of arrays. Who makes kernels adds them: this layer knows neither NumPy nor JAX."""


class Gone:
    """The type of `GONE`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<gone>"


GONE: Any = Gone()
"""In a slot: an array was here until its last use."""


def slots_used(block: Block) -> tuple[tuple[int, ...], ...]:
    """For each instruction the slots that it reads, itself or in its blocks.

    Left out are outputs of the block, and parameters: those are somebody else's as well, and a `while` hands those of
    its condition to its body.
    """
    kept = {output.index for output in block.outputs if isinstance(output, Slot)} | set(range(block.num_params))
    return tuple(tuple(slot for slot in slots_read(one) if slot not in kept) for one in block.instructions)


def slots_read(instruction: Instruction) -> dict[int, None]:
    """The slots that an instruction reads, itself or in its blocks, in order of first use."""
    operands = [operand.index for operand in instruction_operands(instruction) if isinstance(operand, Slot)]
    captured = [outer for inner in blocks_of(instruction).values() for outer, _ in inner.captures]
    return dict.fromkeys((*operands, *captured))


def last_uses(block: Block) -> tuple[tuple[int, ...], ...]:
    """For each instruction the slots that nothing later in program order reads."""
    used = slots_used(block)
    last = {slot: index for index, slots in enumerate(used) for slot in slots}
    return tuple(tuple(slot for slot in slots if last[slot] == index) for index, slots in enumerate(used))
