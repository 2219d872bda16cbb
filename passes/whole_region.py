"""Functions that are array code from end to end: the block becomes the tensor region as it is, none of its ops moves.

Moving thousands of ops one by one from a block to a region, and asking of each what it waits for, takes as long as all
other passes together. Where nothing else is in the block, all of it can only be one region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Block, Operation, Region, SSAValue

from ..dialect.functions import FuncOp
from ..dialect.nesting import ops_of
from ..dialect.regions import YieldOp
from ..dialect.tensor import TensorOp
from .behaviour import OpSummaries
from .declarations import Declarations


def is_whole(ops: Sequence[Operation], kinds: Mapping[Operation, str], declarations: Declarations) -> bool:
    """Whether the ops of a block are a function's: array computations of one kind, literals, and at the end a return.

    Args:
        ops: all ops of the block.
        kinds: of those that are array computations, `jax` or `numpy`.
        declarations: of the module.
    """
    end = ops[-1]
    if type(end.parent_op()) is not FuncOp or end.name != "xcs.return" or len(set(kinds.values())) != 1:
        return False
    return all(op in kinds or op is end or declarations.is_literal(op) for op in ops)


def enclose(block: Block, kinds: Mapping[Operation, str], summaries: OpSummaries) -> None:
    """Make the block of a function the body of one region, and give the function a block around that.

    Args:
        block: of a function, of which `is_whole` holds.
        kinds: of its array computations, in order.
        summaries: what the ops do.
    """
    members = list(kinds)
    region, end = block.parent, block.last_op
    assert region is not None
    assert end is not None
    end.detach()
    outer = Block(arg_types=[arg.type for arg in block.args])
    outside: dict[SSAValue, SSAValue] = dict(zip(block.args, outer.args, strict=True))
    _share_literals(block, members, outer, outside)
    returned = [value for value in end._operands if value not in outside]
    outputs = [op.results[0] for op in members if op.results[0] in returned] if returned else members[-1].results
    summary = summaries.of_all(members)
    inputs = [arg for arg in block.args if any(use.operation is not end for use in arg.uses)]
    region.detach_block(block)
    region.add_block(outer)
    made = TensorOp.make(
        kinds[members[0]],
        [outside[arg] for arg in inputs],
        Region(block),
        [value.type for value in outputs],
        summary.behaviour,
        total=not summary.may_raise,
        fresh=any("fresh" in op.properties for op in members),
        location=members[-1].location,
    )
    block.add_op(YieldOp.make(outputs, location=made.location))
    outside.update(zip(outputs, made.results, strict=True))
    outer.add_ops([made, end])
    end.operands = [outside[value] for value in end._operands]
    for inner, value in outside.items():
        value.name_hint = inner.name_hint
    for arg in [arg for arg in block.args if arg not in inputs]:
        block.erase_arg(arg)


def _share_literals(
    block: Block, members: Sequence[Operation], outer: Block, outside: dict[SSAValue, SSAValue]
) -> None:
    """Move the literals of a block to its start, in the order of their use, and copies of them to the outer one."""
    inside = frozenset(members)
    literals = [op for op in ops_of(block) if op not in inside]
    if not literals:
        return
    used = dict.fromkeys(value.owner for op in members for value in op._operands)
    for op in literals:
        op.detach()
        copy = op.clone() if op in used else op
        outer.add_op(copy)
        outside.update(zip(op.results, copy.results, strict=True))
    block.insert_ops_before([op for op in used if isinstance(op, Operation) and op not in inside], members[0])
