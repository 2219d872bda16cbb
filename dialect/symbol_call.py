"""The syntax of calls whose callee is a symbol and whose arguments are operands only."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import SymbolRefAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from .operands import parse_result_types, parse_values, print_result_types
from .operation import EffectfulOp, parse_attributes, parse_effect, print_attributes, print_effect, symbol
from .types import OBJ


def expect_flat_symbol(op: EffectfulOp, callee: SymbolRefAttr) -> None:
    """Checks that a callee is one symbol of the module."""
    if len(callee.nested_references):
        op.fail(f"expected a symbol of the module, found `{callee}`")


def print_symbol_call(printer: Printer, op: EffectfulOp, callee: SymbolRefAttr) -> None:
    """Prints `effect @callee(operands) -> (types)`, the types unless they are one `!xcs.obj`."""
    print_effect(printer, op)
    printer.print_string(" ")
    printer.print_attribute(callee)
    printer.print_operands(op.operands)
    print_result_types(printer, op.results.types, (OBJ,))
    print_attributes(printer, op)


def parse_symbol_call(
    parser: Parser,
) -> tuple[list[SSAValue], Sequence[Attribute], dict[str, Attribute], dict[str, Attribute]]:
    """Reads what `print_symbol_call` prints: operands, result types, properties, attributes."""
    properties = parse_effect(parser)
    properties["callee"] = symbol(parser.parse_symbol_name().data)
    operands = parse_values(parser)
    types = parse_result_types(parser)
    return operands, (OBJ,) if types is None else types, properties, parse_attributes(parser)
