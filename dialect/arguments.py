"""How the operands of a call and its literals become Python arguments: `#xcs.args<...>`.

The attribute is a template. An argument without a literal takes the next SSA operand, printed as `_` in the attribute
and as the operand itself in the custom syntax of the calls:

    xcs.call ordered @f(%x, "lit", key = %y, *%xs, **%kw)     #xcs.args<_, "lit", key = _, *_, **_>
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from xdsl.ir import Data, SSAValue
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser, Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.mlir_lexer import MLIRTokenKind

from .literals import LiteralAttr, parse_literal, parse_named_literal, print_literal
from .operands import parse_optional_value
from .strings import parse_optional_string, print_name

ArgumentKind = Literal["positional", "star", "keyword", "double_star"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call.

    Attributes:
        kind: `x`, `*x`, `name=x` or `**x`.
        name: the keyword, for that kind only.
        literal: the value if known when compiling; otherwise the argument takes the next SSA operand.
    """

    kind: ArgumentKind
    name: str | None = None
    literal: LiteralAttr | None = None


POSITIONAL = Argument("positional")
STAR = Argument("star")
DOUBLE_STAR = Argument("double_star")
PREFIXES = {"positional": "", "star": "*", "keyword": "", "double_star": "**"}


@irdl_attr_definition
class ArgumentsAttr(Data[tuple[Argument, ...]]):
    """The template of a call's arguments, in the order of the call."""

    name = "xcs.args"

    @staticmethod
    @cache
    def positional(num_arguments: int) -> ArgumentsAttr:
        """The template of `num_arguments` plain operands, always the same instance."""
        return ArgumentsAttr((POSITIONAL,) * num_arguments)

    @staticmethod
    def of(arguments: tuple[Argument, ...]) -> ArgumentsAttr:
        """The attribute for a template, shared where all arguments are plain operands."""
        plain = ArgumentsAttr.positional(len(arguments))
        return plain if plain.data == arguments else ArgumentsAttr(arguments)

    @property
    def num_operands(self) -> int:
        """How many SSA operands the template takes."""
        return sum(argument.literal is None for argument in self.data)

    def operand_index(self, position: int) -> int | None:
        """The SSA operand that fills positional argument `position`; None if it is a literal, a star, or absent."""
        operand = 0
        for index, argument in enumerate(a for a in self.data if a.kind in ("positional", "star")):
            if index == position:
                return operand if argument == POSITIONAL else None
            operand += argument.literal is None
        return None

    def verify(self) -> None:
        """Refuses templates that no Python call has."""
        if (mistake := template_mistake(self.data)) is not None:
            raise VerifyException(mistake)

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Argument, ...]:
        """Reads `<arguments>`, with `_` for operands."""
        with parser.in_angle_brackets():
            return parse_template(parser, lambda: parser.parse_optional_keyword("_") is not None, ">")

    def print_parameter(self, printer: Printer) -> None:
        """Prints what `parse_parameter` reads."""
        with printer.in_angle_brackets():
            print_template(printer, self, lambda: printer.print_string("_"))


def template_mistake(arguments: Sequence[Argument]) -> str | None:
    """What is wrong with a list of arguments, or None."""
    seen: set[str | None] = set()
    last = "positional"
    for argument in arguments:
        if (argument.kind == "keyword") != (argument.name is not None):
            return "exactly the keyword arguments have a name"
        if argument.kind == "positional" and last in ("keyword", "double_star"):
            return "positional argument follows keyword argument"
        if argument.kind == "star" and last == "double_star":
            return "`*` argument follows `**` argument"
        if argument.kind in ("star", "double_star") and argument.literal is not None:
            return f"expected an operand after `{PREFIXES[argument.kind]}`, found a literal"
        if argument.kind == "keyword" and argument.name in seen:
            return f"keyword argument `{argument.name}` is repeated"
        seen.add(argument.name)
        last = argument.kind if argument.kind != "star" else last
    return None


def print_template(printer: Printer, template: ArgumentsAttr, print_operand: Callable[[], None]) -> None:
    """Prints the arguments of a template; `print_operand` prints the next operand."""

    def print_argument(argument: Argument) -> None:
        printer.print_string(PREFIXES[argument.kind])
        if argument.name is not None:
            print_name(printer, argument.name)
            printer.print_string(" = ")
        if argument.literal is None:
            print_operand()
        else:
            print_literal(printer, argument.literal.data)

    printer.print_list(template.data, print_argument)


def parse_template(parser: AttrParser, parse_operand: Callable[[], bool], closing: str) -> tuple[Argument, ...]:
    """Reads arguments up to (not including) the `closing` bracket; `parse_operand` reads an operand if there is one."""
    start = parser.pos
    arguments: list[Argument] = []
    if parser._current_token.text != closing:
        arguments.append(_parse_argument(parser, parse_operand))
        while parser.parse_optional_punctuation(",") is not None:
            arguments.append(_parse_argument(parser, parse_operand))
    if (mistake := template_mistake(arguments)) is not None:
        parser.raise_error(mistake, start, parser.pos)
    return tuple(arguments)


def _parse_argument(parser: AttrParser, parse_operand: Callable[[], bool]) -> Argument:
    if parse_operand():
        return POSITIONAL
    if parser.parse_optional_punctuation("*") is not None:
        starred = DOUBLE_STAR if parser.parse_optional_punctuation("*") is not None else STAR
        if not parse_operand():
            parser.raise_error(f"expected an operand after `{PREFIXES[starred.kind]}`")
        return starred
    start = parser.pos
    quoted = parser._current_token.kind in (MLIRTokenKind.STRING_LIT, MLIRTokenKind.BYTES_LIT)
    word = parse_optional_string(parser) if quoted else parser.parse_optional_identifier()
    if word is None:
        return Argument("positional", None, LiteralAttr.of(parse_literal(parser)))
    if parser.parse_optional_punctuation("=") is None:
        return Argument(
            "positional", None, LiteralAttr.of(word if quoted else parse_named_literal(parser, word, start))
        )
    if parse_operand():
        return Argument("keyword", word)
    return Argument("keyword", word, LiteralAttr.of(parse_literal(parser)))


def print_arguments(printer: Printer, template: ArgumentsAttr, operands: Sequence[SSAValue]) -> None:
    """Prints a template with its operands in place, in parentheses."""
    remaining = iter(operands)
    with printer.in_parens():
        print_template(printer, template, lambda: printer.print_operand(next(remaining)))


def parse_arguments(parser: Parser) -> tuple[list[SSAValue], ArgumentsAttr]:
    """Reads what `print_arguments` prints: the operands and the template."""
    operands: list[SSAValue] = []

    def parse_operand() -> bool:
        value = parse_optional_value(parser)
        if value is not None:
            operands.append(value)
        return value is not None

    with parser.in_parens():
        template = parse_template(parser, parse_operand, ")")
    return operands, ArgumentsAttr.of(template)
