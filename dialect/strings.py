"""String literals of the textual IR as Python strings, whatever characters they hold.

xDSL reads a literal with characters beyond ASCII as bytes, and can't print one with lone surrogates.
"""

from __future__ import annotations

from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.mlir_lexer import MLIRLexer, MLIRToken, MLIRTokenKind, StringLiteral


def token_bytes(token: MLIRToken) -> bytes:
    """The bytes that a string token spells."""
    literal = StringLiteral.from_span(token.span)
    assert literal is not None
    return literal.bytes_contents


def parse_optional_bytes(parser: AttrParser) -> bytes | None:
    """Reads a string literal as bytes, if there is one."""
    token = parser._parse_optional_token_in((MLIRTokenKind.STRING_LIT, MLIRTokenKind.BYTES_LIT))
    return None if token is None else token_bytes(token)


def parse_optional_string(parser: AttrParser) -> str | None:
    """Reads a string literal, if there is one."""
    start = parser.pos
    found = parse_optional_bytes(parser)
    if found is None:
        return None
    try:
        return found.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        parser.raise_error("string literal is not valid UTF-8", start, parser.pos)


def parse_string(parser: AttrParser, expected: str = "expected a string literal") -> str:
    """Reads a string literal; `expected` is the message where there is none."""
    return parser.expect(lambda: parse_optional_string(parser), expected)


def print_string(printer: Printer, text: str) -> None:
    """Prints a string literal that `parse_string` reads back."""
    printer.print_bytes_literal(text.encode("utf-8", "surrogatepass"))


def is_bare(name: str) -> bool:
    """Whether a name is an identifier of the textual IR, which needs no quotes."""
    return MLIRLexer.bare_identifier_regex.fullmatch(name) is not None


def print_name(printer: Printer, name: str) -> None:
    """Prints a name, in quotes where it is not an identifier of the textual IR."""
    if is_bare(name):
        printer.print_string(name)
    else:
        print_string(printer, name)
