"""The terminator of regions, and the syntax of values that loops carry.

`xcs.yield` ends every region of the dialect except a function's body and gives the region's values to the op around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl import irdl_op_definition, traits_def, var_operand_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsTerminator, NoMemoryEffect

from .operands import obj_types, parse_terminator_values, parse_value, print_terminator_values
from .operation import XcsOperation, counted, parse_attributes, print_attributes


@irdl_op_definition
class YieldOp(XcsOperation):
    """Ends a region and gives its values to the op around it.

    ```mlir
    xcs.func @f(%c : !xcs.obj) -> (!xcs.obj) {
      %r = xcs.if %c {
        xcs.yield %c
      } else {
        %zero = xcs.constant 0
        xcs.yield %zero
      }
      xcs.return %r
    }
    ```
    """

    name = "xcs.yield"
    values = var_operand_def()

    traits = traits_def(IsTerminator(), NoMemoryEffect())

    @classmethod
    def make(cls, values: Sequence[SSAValue] = (), location: LocationAttr | None = None) -> YieldOp:
        """Yields these values."""
        return cls.create(operands=values, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the values."""
        print_terminator_values(printer, self.operands)
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> YieldOp:
        """Reads what `print` prints."""
        return cls.create(operands=parse_terminator_values(parser), attributes=parse_attributes(parser))

    def verify_(self) -> None:
        """The op around it has regions that yield."""
        around = self.parent_op()
        if around is not None and not isinstance(around, YieldingOp):
            self.fail(f"expected `xcs.yield` inside an op whose regions yield, found it in `{around.name}`")


class YieldingOp(XcsOperation):
    """An op whose regions end in `xcs.yield`."""


def yielding_region(operations: Sequence[Operation], values: Sequence[SSAValue] = ()) -> Region:
    """A region of one block without arguments: these ops, then a yield of `values`."""
    return Region(Block((*operations, YieldOp.make(values))))


def print_carried(printer: Printer, arguments: Sequence[BlockArgument], inits: Sequence[SSAValue]) -> None:
    """Prints ` iter(%argument = %init, ...)`, or nothing if no values are carried."""

    def print_pair(pair: tuple[BlockArgument, SSAValue]) -> None:
        printer.print_ssa_value(pair[0])
        if printer.print_debuginfo:
            printer.print_string(" ")
            printer.print_attribute(pair[0].location)
        printer.print_string(" = ")
        printer.print_operand(pair[1])

    if not inits:
        return
    printer.print_string(" iter")
    with printer.in_parens():
        printer.print_list(list(zip(arguments, inits, strict=True)), print_pair)


class Carried:
    """The carried values of a loop as read from text: names, initial values, and types once these are known."""

    def __init__(self, parser: Parser) -> None:
        """Reads what `print_carried` prints."""
        self.names: list[tuple[Parser.UnresolvedArgument, LocationAttr | None]] = []
        self.inits: list[SSAValue] = []
        if parser.parse_optional_keyword("iter"):
            parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: self._parse_pair(parser))

    def _parse_pair(self, parser: Parser) -> None:
        name = parser.parse_argument(expect_type=False)
        self.names.append((name, parser.parse_optional_location()))
        parser.parse_punctuation("=", " after a carried value")
        self.inits.append(parse_value(parser))

    def result_types(self, parser: Parser, types: Sequence[Attribute] | None) -> Sequence[Attribute]:
        """The types of the carried values, which the loop's results have too: those written, or all `!xcs.obj`."""
        if types is None:
            return obj_types(len(self.inits))
        if len(types) != len(self.inits):
            parser.raise_error(
                f"expected {counted(len(self.inits), 'result type')}, one for each carried value, found {len(types)}"
            )
        return types

    def arguments(self, types: Sequence[Attribute]) -> list[Parser.Argument]:
        """The block arguments, of these types."""
        pairs = zip(self.names, types, strict=True)
        return [Parser.Argument(name.name, type, location) for (name, location), type in pairs]
