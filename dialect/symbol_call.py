"""Calls whose callee is a symbol of the module and whose arguments are operands only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from xdsl.dialects.builtin import LocationAttr, SymbolRefAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import prop_def, var_operand_def, var_result_def
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..diagnostics.effect import PURE, Behaviour
from .operands import parse_result_types, parse_values, print_result_types
from .operation import (
    EffectfulOp,
    effect_properties,
    parse_attributes,
    parse_effect,
    print_attributes,
    print_effect,
    symbol,
)
from .types import OBJ


def expect_flat_symbol(op: EffectfulOp, callee: SymbolRefAttr) -> None:
    """Checks that a callee is one symbol of the module."""
    if len(callee.nested_references):
        op.fail(f"expected a symbol of the module, found `{callee}`")


class SymbolCallOp(EffectfulOp):
    """A call of what has a symbol in the module: a function of the program, or a kernel."""

    callee = prop_def(SymbolRefAttr)
    arguments = var_operand_def()
    outputs = var_result_def()

    @classmethod
    def make(
        cls,
        callee: SymbolRefAttr | str,
        arguments: Sequence[SSAValue],
        behaviour: Behaviour = PURE,
        *,
        result_types: Sequence[Attribute] = (OBJ,),
        total: bool = False,
        fresh: bool = False,
        location: LocationAttr | None = None,
    ) -> Self:
        """A call of what has this symbol."""
        properties = effect_properties(behaviour, total, fresh)
        properties["callee"] = symbol(callee) if isinstance(callee, str) else callee
        return cls.create(operands=arguments, result_types=result_types, properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints `effect @callee(operands) -> (types)`, the types unless they are one `!xcs.obj`."""
        print_effect(printer, self)
        printer.print_string(" ")
        printer.print_attribute(self.callee)
        printer.print_operands(self.operands)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        properties["callee"] = symbol(parser.parse_symbol_name().data)
        operands = parse_values(parser)
        types = parse_result_types(parser)
        return cls.create(
            operands=operands,
            result_types=(OBJ,) if types is None else types,
            properties=properties,
            attributes=parse_attributes(parser),
        )

    def verify_(self) -> None:
        """The callee is a flat symbol."""
        expect_flat_symbol(self, self.callee)
