"""Which values a region op hands on as they are: initial values and yields into block arguments and results.

A carried value is one object under several names. `carried_into` follows it forwards, `carried_from` backwards.
"""

from __future__ import annotations

from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from ..dialect.control_flow import IfOp, TryOp
from ..dialect.loops import ForOp, ReduceOp, WhileOp
from ..dialect.parallel import EnsembleOp
from ..dialect.regions import YieldOp

OperandUse = tuple[Operation, int]
"""An operand: the op that uses a value and the index of the operand."""

FOLDS = (ForOp, ReduceOp)
BRANCHES = (IfOp, TryOp)
LOOPS = frozenset({"xcs.for", "xcs.reduce", "xcs.while", "xcs.map"})


def carried_into(use: OperandUse) -> tuple[SSAValue, ...]:
    """The values that take over the object of this operand; none where the op reads it."""
    op, index = use
    if isinstance(op, FOLDS):
        return _loop_values(op, index - 1)
    if isinstance(op, WhileOp):
        return _loop_values(op, index)
    if not isinstance(op, YieldOp):
        return ()
    around = op.parent_op()
    if isinstance(around, BRANCHES):
        return (around.results[index],)
    if isinstance(around, FOLDS):
        return _loop_values(around, index - _num_flags(around))
    if isinstance(around, WhileOp) and op.parent is around.regions[1].block:
        return _loop_values(around, index)
    if isinstance(around, EnsembleOp):
        return (around.results[_first_result(around, op) + index],)
    return ()


def carried_from(value: SSAValue) -> list[OperandUse]:
    """The operands whose objects this value takes over; none where an op makes or loads it."""
    if isinstance(value, OpResult):
        op = value.op
        if isinstance(op, BRANCHES):
            return [(_terminator(op, region), value.index) for region in range(2)]
        if isinstance(op, EnsembleOp):
            return [_ensemble_source(op, value.index)]
        return _loop_sources(op, value.index)
    assert isinstance(value, BlockArgument)
    around = value.block.parent_op()
    if isinstance(around, FOLDS):
        return _loop_sources(around, value.index - 1)
    return _loop_sources(around, value.index) if isinstance(around, WhileOp) else []


def _loop_values(op: Operation, position: int) -> tuple[SSAValue, ...]:
    """The names of one carried value of a loop: its block arguments and its result."""
    if position < 0:
        return ()
    skip = 1 if isinstance(op, FOLDS) else 0
    arguments = (region.block.args[position + skip] for region in op.regions)
    return (*arguments, op.results[position])


def _loop_sources(op: Operation, position: int) -> list[OperandUse]:
    if position < 0:
        return []
    if isinstance(op, FOLDS):
        return [(op, position + 1), (_terminator(op, 0), position + _num_flags(op))]
    if isinstance(op, WhileOp):
        return [(op, position), (_terminator(op, 1), position)]
    return []


def _num_flags(op: Operation) -> int:
    """How many values a loop's body yields before the carried ones."""
    return 1 if "breaks" in op.properties else 0


def _terminator(op: Operation, region: int) -> Operation:
    last = op.regions[region].block.last_op
    assert last is not None
    return last


def _first_result(ensemble: EnsembleOp, terminator: Operation) -> int:
    """The first result of an ensemble that comes from the branch with this terminator."""
    first = 0
    for index in range(len(ensemble.regions)):
        last = _terminator(ensemble, index)
        if last is terminator:
            break
        first += len(last.operands)
    return first


def _ensemble_source(ensemble: EnsembleOp, result: int) -> OperandUse:
    for index in range(len(ensemble.regions)):
        last = _terminator(ensemble, index)
        if result < len(last.operands):
            return last, result
        result -= len(last.operands)
    raise AssertionError("an ensemble yields all its results")
