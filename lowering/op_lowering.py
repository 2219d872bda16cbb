"""How each leaf op becomes instructions: one function per class of op, found in `LEAF_LOWERINGS`."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from xdsl.ir import Operation

from ..diagnostics.effect import PURE, READS, Behaviour
from ..diagnostics.errors import XCSError
from ..dialect.access import GetAttrOp, GetItemOp, UnpackOp
from ..dialect.arguments import ArgumentsAttr
from ..dialect.calls import AT_ITS_TIME, IN_TURN, CallIndirectOp, CallOp, InvokeOp
from ..dialect.constants import ConstantOp, UndefOp
from ..dialect.containers import AppendOp, InsertOp, MakeDictOp, MakeListOp, MakeTupleOp
from ..dialect.control_flow import RaiseOp, TryOp
from ..dialect.functions import OutsideOp
from ..dialect.state import LoadOp, StoreAttrOp, StoreCellOp, StoreItemOp
from ..dialect.variables import AssignOp, CurrentOp, VariableOp
from ..runtime.batch_form import BatchForm
from ..runtime.plan import Arguments, Call, Invoke, Literal, Operand, Raise
from .block_builder import BlockBuilder, OpLowering
from .structure_calls import append, assign, current, insert, make_dict, make_list, make_tuple, unpacking

_PICKS: dict[int, Literal] = {}


def behaviour_of(op: Operation) -> Behaviour:
    """The effect that an op states."""
    return op.properties["effect"].data  # type: ignore[attr-defined]


def arguments_of(builder: BlockBuilder, template: ArgumentsAttr, operands: Sequence[Operand]) -> Arguments:
    """Operands and literals as the template places them."""
    if template is ArgumentsAttr.positional(len(operands)):  # as nearly all are
        return Arguments(tuple([(False, operand) for operand in operands]))
    remaining = iter(operands)
    positional: list[tuple[bool, Operand]] = []
    keyword: list[tuple[str | None, Operand]] = []
    for argument in template.data:
        value = next(remaining) if argument.literal is None else builder.context.literal(argument.literal.data)
        if argument.kind == "positional" or argument.kind == "star":
            positional.append((argument.kind == "star", value))
        else:
            keyword.append((argument.name, value))
    return Arguments(tuple(positional), tuple(keyword))


def add_call(
    builder: BlockBuilder,
    op: CallOp | CallIndirectOp,
    name: str,
    callee: Operand,
    operands: Sequence[Operand],
    batch: BatchForm | None = None,
) -> None:
    """Adds the call of a leaf call op."""
    properties: Any = op.properties
    is_plain = AT_ITS_TIME in op.attributes or IN_TURN in op.attributes
    instruction = Call(
        name,
        builder.results(op),
        callee=callee,
        arguments=arguments_of(builder, properties["args"], operands),
        behaviour=PURE if is_plain else properties["effect"].data,
        mutates=op.mutated_positions if "mutates" in properties else (),
        is_async="async" in properties,
        retires=IN_TURN in op.attributes,
        batch=batch,
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)


def lower_call(builder: BlockBuilder, op: CallOp) -> None:
    """A call of a declared callable."""
    symbol = op.properties["callee"].root_reference.data  # type: ignore[attr-defined]
    name, callee = builder.context.callee(symbol)
    batch = builder.context.batch_forms.of(op, symbol)
    add_call(builder, op, name, callee, builder.all_operands(op), batch)


def lower_call_indirect(builder: BlockBuilder, op: CallIndirectOp) -> None:
    """A call of a callable that is data."""
    callee, *operands = builder.all_operands(op)
    add_call(builder, op, op.name, callee, operands)


def lower_invoke(builder: BlockBuilder, op: InvokeOp) -> None:
    """A call of another function of the program."""
    symbol = op.callee.root_reference.data
    operands = builder.all_operands(op)
    instruction = Invoke(
        f"xcs.invoke @{symbol}",
        builder.results(op),
        symbol=symbol,
        operands=operands,
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)


def lower_raise(builder: BlockBuilder, op: RaiseOp) -> None:
    """`raise`, with its cause."""
    operands = builder.all_operands(op)
    instruction = Raise(
        op.name,
        exception=operands[0],
        cause=operands[1] if len(operands) > 1 else None,
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)


def lower_literal(builder: BlockBuilder, op: ConstantOp | UndefOp) -> None:
    """Literals are operands where they are used."""


def lower_make_tuple(builder: BlockBuilder, op: MakeTupleOp) -> None:
    """A tuple; of literals, it is a literal."""
    operands = builder.all_operands(op)
    if all(isinstance(operand, Literal) for operand in operands):
        literals = [operand for operand in operands if isinstance(operand, Literal)]
        values = tuple(literal.value for literal in literals)
        builder.alias(op.results[0], Literal(values, any(literal.hidden for literal in literals)))
    else:
        builder.call(op, make_tuple, operands)


def lower_unpack(builder: BlockBuilder, op: UnpackOp) -> None:
    """One call that gives all parts, and one that picks each part which is used."""
    whole = builder.slot()
    star = op.star_index
    instruction = Call(
        op.name,
        (whole.index,),
        callee=Literal(unpacking(len(op.results), star)),
        arguments=Arguments(((False, builder.operand(op, 0)),)),
        behaviour=behaviour_of(op),
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)
    pick_results(builder, op, whole)


def pick_results(builder: BlockBuilder, op: Operation, whole: Operand) -> None:
    """Takes the results of an op out of a tuple, those that are used."""
    for index, result in enumerate(op.results):
        if result.first_use is not None:
            pick = _PICKS.setdefault(index, Literal(operator.itemgetter(index)))
            builder.alias(result, builder.extra(op, pick, (whole,)))


def lower_getattr(builder: BlockBuilder, op: GetAttrOp) -> None:
    """`getattr(owner, name)`."""
    name = Literal(op.attribute.data)
    builder.call(op, getattr, (builder.operand(op, 0), name), behaviour_of(op), f"xcs.getattr .{name.value}")


def lower_load(builder: BlockBuilder, op: LoadOp) -> None:
    """Reads a global or cell; an outside object is a literal."""
    symbol, kind, outside = _outside(builder, op)
    if kind == "object":
        builder.alias(op.results[0], Literal(outside))
    else:
        builder.call(op, outside.load, (), READS, f"xcs.load @{symbol}")


def lower_store_cell(builder: BlockBuilder, op: StoreCellOp) -> None:
    """Binds a global or cell."""
    symbol, kind, outside = _outside(builder, op)
    if kind == "object":
        raise XCSError(f"expected a global or a cell to store to, found the object `@{symbol}`")
    builder.call(op, outside.store, (builder.operand(op, 0),), behaviour_of(op), f"xcs.store_cell @{symbol}")


def lower_store_attr(builder: BlockBuilder, op: StoreAttrOp) -> None:
    """`setattr(owner, name, value)`."""
    owner, value = builder.all_operands(op)
    name = Literal(op.attribute.data)
    builder.call(op, setattr, (owner, name, value), behaviour_of(op), f"xcs.store_attr .{name.value}")


def lower_assign(builder: BlockBuilder, op: AssignOp) -> None:
    """Gives a variable its next value when all before it has succeeded."""
    builder.call(op, assign, builder.all_operands(op), retires=True)


def lower_current(builder: BlockBuilder, op: CurrentOp) -> None:
    """What a variable holds when all before has succeeded: in the handler of the body that assigns it, at once."""
    tried = op.parent_op()
    is_over = isinstance(tried, TryOp) and op.parent_region() is tried.handler
    assignments = [use.operation for use in op.variable.uses if isinstance(use.operation, AssignOp)]
    is_over = is_over and all(tried.body.is_ancestor(one) for one in assignments)  # type: ignore[union-attr]
    builder.call(op, current, builder.all_operands(op), retires=not is_over)


def _outside(builder: BlockBuilder, op: LoadOp | StoreCellOp) -> tuple[str, str, Any]:
    """Symbol, kind and object of the piece of state that an op names."""
    symbol = op.outside.root_reference.data
    declaration = builder.context.declarations[symbol]
    kind = declaration.kind.data if isinstance(declaration, OutsideOp) else "object"
    return symbol, kind, builder.context.callables[symbol]


LEAF_LOWERINGS: dict[type[Operation], OpLowering] = {
    ConstantOp: lower_literal,
    UndefOp: lower_literal,
    CallOp: lower_call,
    CallIndirectOp: lower_call_indirect,
    InvokeOp: lower_invoke,
    RaiseOp: lower_raise,
    VariableOp: lambda builder, op: builder.call(op, make_list, builder.all_operands(op)),
    AssignOp: lower_assign,
    CurrentOp: lower_current,
    MakeListOp: lambda builder, op: builder.call(op, make_list, builder.all_operands(op)),
    MakeTupleOp: lower_make_tuple,
    MakeDictOp: lambda builder, op: builder.call(op, make_dict, builder.all_operands(op)),
    AppendOp: lambda builder, op: builder.call(op, append, builder.all_operands(op)),
    InsertOp: lambda builder, op: builder.call(op, insert, builder.all_operands(op)),
    GetItemOp: lambda builder, op: builder.call(op, operator.getitem, builder.all_operands(op), behaviour_of(op)),
    GetAttrOp: lower_getattr,
    UnpackOp: lower_unpack,
    LoadOp: lower_load,
    StoreItemOp: lambda builder, op: builder.call(op, operator.setitem, builder.all_operands(op), behaviour_of(op)),
    StoreAttrOp: lower_store_attr,
    StoreCellOp: lower_store_cell,
}
