"""An array region: the straight-line calls of one `xcs.tensor` body. Made from a block of a plan of calls only."""

from __future__ import annotations

from dataclasses import dataclass

from ..diagnostics.errors import InternalError
from ..runtime.plan import Block, Call, Operand


@dataclass(frozen=True, slots=True)
class ArrayRegion:
    """Calls over slots, each of which fills one slot.

    Attributes:
        name: a Python identifier; JAX names its module after it.
        params: the slots of what goes in, in the order of the arguments.
        steps: the calls in program order.
        outputs: what comes out.
    """

    name: str
    params: tuple[int, ...]
    steps: tuple[Call, ...]
    outputs: tuple[Operand, ...]

    @staticmethod
    def from_block(name: str, block: Block) -> ArrayRegion:
        """The region of a block; captured values become parameters after the block's own."""
        for step in block.instructions:
            if not isinstance(step, Call) or len(step.results) != 1:
                raise InternalError(f"expected only calls with one result in a tensor region, found `{step.name}`")
        steps = tuple(step for step in block.instructions if isinstance(step, Call))
        params = (*range(block.num_params), *(inner for _, inner in block.captures))
        return ArrayRegion(name, params, steps, block.outputs)


def step_operands(step: Call) -> list[Operand]:
    """All operands of a call: the callee first, then the arguments in order."""
    arguments = step.arguments
    operands = [step.callee, *[operand for _, operand in arguments.positional]]
    if arguments.keyword:
        operands += [operand for _, operand in arguments.keyword]
    return operands
