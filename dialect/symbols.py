"""Symbols of a module: each name once, and every use refers to a declaration of the right kind.

One dictionary per module, so the check is linear.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, StringAttr, SymbolRefAttr
from xdsl.ir import Operation

from .calls import CallOp, InvokeOp
from .functions import CallableOp, FuncOp, OutsideOp
from .op_error import reject
from .operation import counted
from .state import LoadOp, StoreCellOp
from .tensor import XlaCallOp, XlaOp
from .types import flows_into

USES: dict[type[Operation], tuple[str, type[Operation]]] = {
    CallOp: ("callee", CallableOp),
    InvokeOp: ("callee", FuncOp),
    XlaCallOp: ("callee", XlaOp),
    LoadOp: ("outside", OutsideOp),
    StoreCellOp: ("outside", OutsideOp),
}
"""Which property of an op names a symbol, and what that must declare."""


def symbol_table(module: ModuleOp) -> dict[str, Operation]:
    """The ops of a module by symbol; raises `OpVerifyException` where one is declared again."""
    table: dict[str, Operation] = {}
    for op in module.body.ops:
        name = op.properties.get("sym_name")
        if isinstance(name, StringAttr) and table.setdefault(name.data, op) is not op:
            reject(op, f"symbol `@{name.data}` is declared again")
    return table


def check_symbols(module: ModuleOp) -> None:
    """Raises `OpVerifyException` at the first use of a symbol that isn't declared as it is used."""
    table = symbol_table(module)
    for op in module.walk():
        use = USES.get(type(op))
        if use is None:
            continue
        reference = op.properties[use[0]]
        assert isinstance(reference, SymbolRefAttr)
        name = reference.root_reference.data
        declaration = table.get(name)
        if declaration is None:
            reject(op, f"symbol `@{name}` is not declared")
        if not isinstance(declaration, use[1]):
            reject(op, f"expected symbol `@{name}` to be a `{use[1].name}`, found a `{declaration.name}`")
        if isinstance(op, InvokeOp) and isinstance(declaration, FuncOp):
            _check_signature(op, declaration)


def _check_signature(op: InvokeOp, function: FuncOp) -> None:
    """Checks operands and results of a call against the function's type."""
    name = function.sym_name.data
    inputs, outputs = function.function_type.inputs.data, function.function_type.outputs.data
    if len(op.operands) != len(inputs):
        reject(op, f"expected {counted(len(inputs), 'operand')} for `@{name}`, found {len(op.operands)}")
    if len(op.results) != len(outputs):
        reject(op, f"expected {counted(len(outputs), 'result')} from `@{name}`, found {len(op.results)}")
    for index, (operand, expected) in enumerate(zip(op.operands, inputs, strict=True)):
        # Who made the call may have known more of the operand than its type says, such as an element of a tuple.
        if not (flows_into(operand.type, expected) or flows_into(expected, operand.type)):
            reject(op, f"expected operand {index} of `@{name}` of type `{expected}`, found `{operand.type}`")
    for index, (result, found) in enumerate(zip(op.results, outputs, strict=True)):
        if not flows_into(found, result.type):
            reject(op, f"expected result {index} of `@{name}` of type `{found}`, found `{result.type}`")
