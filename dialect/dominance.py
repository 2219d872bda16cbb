"""SSA dominance, which xDSL doesn't check: every operand is defined earlier in its block or in one around it.

Regions of the dialect have one block, so one walk in textual order decides it. Linear, about 1 us for each op; it runs
where IR enters from text, between passes when debugging, and in tests.
"""

from __future__ import annotations

from xdsl.ir import Block, Operation, OpResult, Region, SSAValue
from xdsl.traits import IsolatedFromAbove

from .op_error import reject


def check_dominance(root: Operation) -> None:
    """Raises `OpVerifyException` at the first use inside `root` that its definition doesn't dominate."""
    visible: set[int] = set()
    for region in root.regions:
        _check_region(region, visible)


def _check_region(region: Region, visible: set[int]) -> None:
    """Checks a region against the values visible before it, and leaves these as they were."""
    defined: list[int] = []
    for block in region.blocks:
        defined.extend(map(id, block.args))
    visible.update(defined)
    for block in region.blocks:
        op = block.first_op
        while op is not None:
            for operand in op._operands:
                if id(operand) not in visible:
                    reject(op, _mistake(op, operand))
            for inner in op.regions:
                isolated = op.has_trait(IsolatedFromAbove, value_if_unregistered=False)
                _check_region(inner, set() if isolated else visible)
            for result in op.results:
                visible.add(id(result))
                defined.append(id(result))
            op = op._next_op
    visible.difference_update(defined)


def _mistake(op: Operation, value: SSAValue) -> str:
    """Says why a value isn't visible at `op`."""
    name = f"`%{value.name_hint}`" if value.name_hint else "a value"
    definition = value.owner.parent if isinstance(value, OpResult) else value.owner
    if not isinstance(definition, Block) or definition.parent is None:
        return f"operand {name} is not defined in this program"
    around: Block | None = op.parent
    isolated = ""
    while around is not None and around is not definition:
        parent = around.parent_op()
        if parent is not None and parent.has_trait(IsolatedFromAbove, value_if_unregistered=False):
            isolated = parent.name
        around = around.parent_block()
    if around is definition:
        if isolated:
            return f"operand {name} is defined outside the `{isolated}` around it, which uses only what is inside"
        return f"operand {name} is used before it is defined"
    return f"operand {name} is used outside the region that defines it"
