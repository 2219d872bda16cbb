"""The ops of blocks and of what is nested in them, as lists.

xDSL's own iterators say the same: at three calls an op and level, and once more where a list asks for their length.
Every pass walks the program, so here a step costs one.
"""

from __future__ import annotations

from xdsl.ir import Block, Operation


def ops_of(block: Block) -> list[Operation]:
    """The ops of a block, in order. The block may change while one walks over them."""
    found: list[Operation] = []
    op = block.first_op
    while op is not None:
        found.append(op)
        op = op._next_op
    return found


def ops_inside(op: Operation, *, inner_first: bool = False) -> list[Operation]:
    """The ops in the regions of an op, at any depth, in program order; `inner_first`: each behind those in it."""
    found: list[Operation] = []
    for region in op.regions:
        for block in region.blocks:
            inner = block.first_op
            while inner is not None:
                if not inner.regions:
                    found.append(inner)
                elif inner_first:
                    found += ops_inside(inner, inner_first=True)
                    found.append(inner)
                else:
                    found.append(inner)
                    found += ops_inside(inner)
                inner = inner._next_op
    return found


def region_ops_inside(op: Operation) -> list[Operation]:
    """Those of `ops_inside` that have regions, each behind those in it. Most programs have few."""
    found: list[Operation] = []
    for region in op.regions:
        for block in region.blocks:
            inner = block.first_op
            while inner is not None:
                if inner.regions:
                    found += region_ops_inside(inner)
                    found.append(inner)
                inner = inner._next_op
    return found
