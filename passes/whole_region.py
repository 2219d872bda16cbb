"""Functions that are array code from end to end: the block becomes the tensor region as it is, none of its ops moves.

Moving thousands of ops one by one from a block to a region, and asking of each what it waits for, takes as long as all
other passes together. Where nothing else is in the block, all of it can only be one region.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, Operation, Region, SSAValue

from ..diagnostics.identity import identity
from ..dialect.functions import FuncOp
from ..dialect.regions import YieldOp
from ..dialect.tensor import TensorOp
from .behaviour import OpSummaries
from .declarations import Declarations


def is_whole(ops: Sequence[Operation], kinds: Sequence[str | None], declarations: Declarations) -> bool:
    """Whether the ops of a block are a function's: array computations of one kind, literals, and at the end a return.

    Args:
        ops: all ops of the block.
        kinds: for each of them `jax` or `numpy`, if it is an array computation.
        declarations: of the module.
    """
    if type(ops[0].parent_op()) is not FuncOp or ops[-1].name != "xcs.return" or len({*kinds, None}) != 2:
        return False
    others = [op for op, kind in zip(ops, kinds, strict=True) if kind is None]
    return all(op is ops[-1] or declarations.is_literal(op) for op in others)


def enclose(block: Block, ops: Sequence[Operation], kinds: Sequence[str | None], summaries: OpSummaries) -> None:
    """Make the block of a function the body of one region, and give the function a block around that.

    Args:
        block: of a function, of which `is_whole` holds.
        ops: of the block.
        kinds: for each of them that of its array computation, if it is one.
        summaries: what the ops do.
    """
    members = [op for op, kind in zip(ops, kinds, strict=True) if kind is not None]
    literals = [op for op, kind in zip(ops[:-1], kinds, strict=False) if kind is None]
    region, end = block.parent, ops[-1]
    assert region is not None
    end.detach()
    outer = Block(arg_types=[arg.type for arg in block.args])
    outside: dict[SSAValue, SSAValue] = dict(zip(block.args, outer.args, strict=True))
    _share_literals(literals, members, outer, outside)
    returned = {identity(value) for value in end._operands if value not in outside}
    outputs = [op.results[0] for op in members if identity(op.results[0]) in returned] or members[-1].results
    summary = summaries.of_all(members)
    inputs = [arg for arg in block.args if any(use.operation is not end for use in arg.uses)]
    region.detach_block(block)
    region.add_block(outer)
    made = TensorOp.make(
        next(kind for kind in kinds if kind is not None),
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
    literals: Sequence[Operation], members: Sequence[Operation], outer: Block, outside: dict[SSAValue, SSAValue]
) -> None:
    """Move literals to the start of the members' block, in the order of their use, and copies of them outside."""
    by_value = {identity(value): op for op in literals for value in op.results}
    read = (identity(value) for op in members for value in op._operands) if literals else ()
    used = dict.fromkeys(by_value[value] for value in read if value in by_value)
    block = members[0].parent
    assert block is not None
    for op in literals:
        op.detach()
        copy = op.clone() if op in used else op
        outer.add_op(copy)
        outside.update(zip(op.results, copy.results, strict=True))
    block.insert_ops_before(list(used), members[0])
