"""Uses and definitions of values in the custom syntax: operands carry no types, block arguments only unusual ones."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, Block, BlockArgument, Region, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from .types import OBJ


def parse_optional_value(parser: Parser) -> SSAValue | None:
    """Reads an operand, if there is one. The value must be defined above: the dialect has no graph regions."""
    operand = parser.parse_optional_unresolved_operand()
    if operand is None:
        return None
    values = parser.ssa_values.get(operand.operand_name)
    if values is None:
        parser.raise_error(f"value `%{operand.operand_name}` is not defined here", operand.span)
    if operand.index >= len(values):
        parser.raise_error(f"value `%{operand.operand_name}` has no part {operand.index}", operand.span)
    return values[operand.index]


def parse_value(parser: Parser) -> SSAValue:
    """Reads an operand."""
    return parser.expect(lambda: parse_optional_value(parser), "expected an operand")


def parse_values(parser: Parser) -> list[SSAValue]:
    """Reads operands in parentheses."""
    return parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: parse_value(parser))


def print_argument_name(printer: Printer, argument: BlockArgument, expected: Attribute) -> None:
    """Prints a block argument: its name, its type where not `expected`, its location if these are shown."""
    printer.print_ssa_value(argument)
    if argument.type != expected:
        printer.print_string(" : ")
        printer.print_attribute(argument.type)
    if printer.print_debuginfo:
        printer.print_string(" ")
        printer.print_attribute(argument.location)


def parse_argument_name(parser: Parser, expected: Attribute | None = None) -> Parser.Argument:
    """Reads a block argument; without a type it has the type `expected` (None: a type must be there)."""
    argument = parser.parse_argument(expect_type=False)
    if expected is None:
        parser.parse_punctuation(":")
        expected = parser.parse_type()
    elif parser.parse_optional_punctuation(":") is not None:
        expected = parser.parse_type()
    return Parser.Argument(argument.name, expected, parser.parse_optional_location())


def print_result_types(printer: Printer, types: Sequence[Attribute], expected: Sequence[Attribute]) -> None:
    """Prints ` -> (types)`, unless they are the `expected` ones, which the reader of the text finds itself."""
    if tuple(types) == tuple(expected):
        return
    printer.print_string(" -> ")
    with printer.in_parens():
        printer.print_list(types, printer.print_attribute)


def parse_result_types(parser: Parser) -> list[Attribute] | None:
    """Reads `-> (types)` or `-> type`; None where there is no arrow."""
    if parser.parse_optional_punctuation("->") is None:
        return None
    types = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    return [parser.parse_type()] if types is None else list(types)


def print_block(printer: Printer, region: Region) -> None:
    """Prints a region in braces, without its block arguments."""
    printer.print_string(" ")
    printer.print_region(region, print_entry_block_args=False, print_empty_block=False)


def parse_block(parser: Parser, arguments: Sequence[Parser.Argument] = ()) -> Region:
    """Reads a region in braces: one block with these arguments."""
    return parser.parse_region(tuple(arguments))


def num_yielded(region: Region) -> int:
    """How many values the terminator of a region's only block gives; 0 where there is none."""
    last = region.block.last_op if region.blocks else None
    return 0 if last is None else len(last.operands)


def obj_types(count: int) -> tuple[Attribute, ...]:
    """`count` times `!xcs.obj`: the types that the syntax leaves out."""
    return (OBJ,) * count


def single_block(region: Region) -> Block | None:
    """The only block of a region, or None if it hasn't exactly one."""
    first = region.first_block
    return first if first is not None and first.next_block is None else None


def print_terminator_values(printer: Printer, values: Sequence[SSAValue]) -> None:
    """Prints the operands of a terminator, without brackets."""
    if values:
        printer.print_string(" ")
        printer.print_list(values, printer.print_operand)


def parse_terminator_values(parser: Parser) -> list[SSAValue]:
    """Reads what `print_terminator_values` prints."""
    values = parser.parse_optional_undelimited_comma_separated_list(
        lambda: parse_optional_value(parser), lambda: parse_value(parser)
    )
    return values or []


def parse_one_type(parser: Parser) -> Sequence[Attribute]:
    """Reads the result type of an op with one result: `-> type`, or nothing for `!xcs.obj`."""
    start = parser.pos
    types = parse_result_types(parser)
    if types is not None and len(types) != 1:
        parser.raise_error(f"expected one result type, found {len(types)}", start, parser.pos)
    return (OBJ,) if types is None else types


def print_subscript(printer: Printer, container: SSAValue, key: SSAValue) -> None:
    """Prints `%container[%key]`."""
    printer.print_operand(container)
    with printer.in_square_brackets():
        printer.print_operand(key)


def parse_subscript(parser: Parser) -> tuple[SSAValue, SSAValue]:
    """Reads `%container[%key]`."""
    container = parse_value(parser)
    with parser.in_square_brackets():
        return container, parse_value(parser)


def parse_assigned(parser: Parser) -> SSAValue:
    """Reads `= %value`."""
    parser.parse_punctuation("=", " before the value")
    return parse_value(parser)
