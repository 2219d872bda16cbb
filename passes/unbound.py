"""Which values may stand for a local name that isn't bound: `xcs.undef`, and what branches and loops make of it.

Branches and loops hand such a value on without looking, as Python does; whatever else takes it raises
UnboundLocalError.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from ..dialect.constants import UndefOp
from ..dialect.control_flow import IfOp, TryOp
from ..dialect.loops import FoldOp, WhileOp
from ..dialect.parallel import EnsembleOp


def reads_unbound(op: Operation) -> bool:
    """Whether an op may raise because of an operand that stands for an unbound name."""
    for value in op._operands[: _NUM_READ.get(op.name)]:
        if type(value) is OpResult and not value.op.regions and value.op.name != "xcs.undef":
            continue  # what nearly every operand is; the rest costs more to tell
        if may_be_unbound(value):
            return True
    return False


_NUM_READ = {"xcs.for": 1, "xcs.reduce": 1, "xcs.while": 0, "xcs.yield": 0}
"""How many of the first operands an op looks at, if not all: it hands on the others."""


def may_be_unbound(value: SSAValue) -> bool:
    """Whether a value may stand for an unbound name."""
    if not _is_handed_on(value):
        return isinstance(value.owner, UndefOp)
    seen = {value}
    pending = [value]
    while pending:
        for source in _sources(pending.pop()):
            if isinstance(source.owner, UndefOp):
                return True
            if _is_handed_on(source) and source not in seen:
                seen.add(source)
                pending.append(source)
    return False


def _is_handed_on(value: SSAValue) -> bool:
    """Whether a value comes out of a region, or into one, from somewhere else."""
    owner = value.owner
    if isinstance(owner, Operation):
        return bool(owner.regions)
    return isinstance(owner.parent_op(), FoldOp | WhileOp)


def _sources(value: SSAValue) -> Sequence[SSAValue]:
    """The values one step before a handed-on one."""
    if isinstance(value, OpResult):
        return _sources_of_result(value.owner, value.index)
    assert isinstance(value, BlockArgument)
    loop = value.owner.parent_op()
    index = value.index - (1 if isinstance(loop, FoldOp) else 0)
    return () if loop is None or index < 0 else _sources_of_result(loop, index)


def _sources_of_result(op: Operation, index: int) -> Sequence[SSAValue]:
    match op:
        case IfOp() | TryOp():
            return [_yielded(op, 0)[index], _yielded(op, 1)[index]]
        case FoldOp():
            return [op.inits[index], _yielded(op, 0)[index + ("breaks" in op.properties)]]
        case WhileOp():
            return [op.inits[index], _yielded(op, 1)[index]]
        case EnsembleOp():
            return [[value for i in range(len(op.regions)) for value in _yielded(op, i)][index]]
        case _:
            return ()


def _yielded(op: Operation, region_index: int) -> Sequence[SSAValue]:
    last = op.regions[region_index].block.last_op
    return () if last is None else last.operands
