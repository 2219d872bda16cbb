"""How each op with regions becomes an instruction with blocks: one function per class of op."""

from __future__ import annotations

from typing import Any

from xdsl.ir import Operation

from ..diagnostics.effect import PURE, Behaviour
from ..dialect.control_flow import IfOp, TryOp
from ..dialect.loops import FoldOp, ForOp, ReduceOp, WhileOp
from ..dialect.parallel import EnsembleOp, MapOp
from ..dialect.types import ListType
from ..runtime.plan import For, If, LoopSource, Map, Try, While
from .block_builder import BlockBuilder, OpLowering
from .split_map import lower_split
from .vectorized_map import lower_vectorized


def lower_if(builder: BlockBuilder, op: IfOp) -> None:
    """A branch."""
    condition = builder.operand(op, 0)
    then_block = builder.enter(op, op.regions[0].block)
    else_block = builder.enter(op, op.regions[1].block)
    instruction = If(
        op.name,
        builder.results(op),
        condition=condition,
        then_block=then_block,
        else_block=else_block,
        truth=_truth(op),
        **_placed(builder, op),
    )
    builder.add(op, instruction)


def lower_fold(builder: BlockBuilder, op: FoldOp) -> None:
    """A loop over an iterable with carried values."""
    iterable, *initial = builder.all_operands(op)
    body = builder.enter(op, op.regions[0].block)
    instruction = For(
        op.name,
        builder.results(op),
        iterable=iterable,
        initial=tuple(initial),
        body=body,
        source=_source(op),
        breaks="breaks" in op.properties,
        **_placed(builder, op),
    )
    builder.add(op, instruction)


def lower_while(builder: BlockBuilder, op: WhileOp) -> None:
    """A loop with a condition."""
    initial = builder.all_operands(op)
    condition = builder.enter(op, op.regions[0].block)
    body = builder.enter(op, op.regions[1].block)
    instruction = While(
        op.name,
        builder.results(op),
        initial=initial,
        condition=condition,
        body=body,
        truth=_truth(op),
        **_placed(builder, op),
    )
    builder.add(op, instruction)


def lower_try(builder: BlockBuilder, op: TryOp) -> None:
    """A body with a handler."""
    body = builder.enter(op, op.regions[0].block)
    handler = builder.enter(op, op.regions[1].block)
    instruction = Try(op.name, builder.results(op), body=body, handler=handler, **_placed(builder, op))
    builder.add(op, instruction)


def lower_map(builder: BlockBuilder, op: MapOp) -> None:
    """Independent iterations, in their vectorised form where they have one."""
    iterable = builder.operand(op, 0)
    body = builder.enter(op, op.regions[0].block)
    forms = (lower_vectorized, lower_split) if "vectorized" in op.properties else ()
    if any(lower(builder, op, iterable, body, _source(op)) for lower in forms):
        return
    instruction = Map(
        op.name, builder.results(op), iterable=iterable, body=body, source=_source(op), **_placed(builder, op)
    )
    builder.add(op, instruction)


def lower_ensemble(builder: BlockBuilder, op: EnsembleOp) -> None:
    """Branches that always run are parts of the block around them: only data holds their ops back."""
    results = iter(op.results)
    for region in op.regions:
        for operand in builder.lower_ops(region.block):
            builder.alias(next(results), operand)


def _truth(op: Operation) -> Behaviour:
    """The effect of testing a condition."""
    truth = op.properties.get("truth")
    return PURE if truth is None else truth.data  # type: ignore[attr-defined]


def _source(op: Operation) -> LoopSource:
    if "settled" in op.properties:
        return LoopSource.SETTLED
    if "snapshot" in op.properties:
        return LoopSource.SNAPSHOT
    is_listed = "plain" in op.properties or isinstance(op.operands[0].type, ListType)
    return LoopSource.LISTED if is_listed else LoopSource.STEPPED


def _placed(builder: BlockBuilder, op: Operation) -> dict[str, Any]:
    """The order edges and the location of an instruction."""
    return {"after": builder.after(op), "location": builder.context.location(op.location)}


REGION_LOWERINGS: dict[type[Operation], OpLowering] = {
    IfOp: lower_if,
    ForOp: lower_fold,
    ReduceOp: lower_fold,
    WhileOp: lower_while,
    TryOp: lower_try,
    MapOp: lower_map,
    EnsembleOp: lower_ensemble,
}
