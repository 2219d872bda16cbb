"""Python literals in the IR: `#xcs.literal<...>`, spelled with tokens of the textual IR.

    None  True  False  ...  -3  2.5  inf  nan  complex(1.0, -0.0)  "text"  b"bytes"  (1, "a",)  secret "key"

Strings and bytes are string literals of the IR; everything else reads as in Python. A secret is a literal of the
program whose value is not in the IR: it is known by a name, and who runs the module says what it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import EllipsisType

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.mlir_lexer import MLIRTokenKind

from .strings import parse_optional_bytes, parse_optional_string, print_string


@dataclass(frozen=True, slots=True)
class Secret:
    """Text of the program that the IR doesn't hold, such as a key; never empty."""

    name: str


SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes, EllipsisType, Secret})
EXPECTED = "expected a literal"
NOT_FINITE = {"inf": math.inf, "nan": math.nan}
MAX_INTERNED = 4096  # literals kept for sharing; a program that makes more starts over

NAMED: dict[str, object] = {"None": None, "True": True, "False": False, **NOT_FINITE}

_interned: dict[object, LiteralAttr] = {}


def literal_key(value: object) -> object:
    """A hashable that is equal for literals that are the same in type and spelling: 1, 1.0 and True differ."""
    kind = type(value)
    if kind is float or kind is complex:
        return kind, repr(value)
    if kind is tuple:
        return kind, tuple(map(literal_key, value))  # type: ignore[arg-type]
    return kind, value


def is_literal(value: object) -> bool:
    """Whether a value can stand in a `LiteralAttr`: exactly a scalar class, or a tuple of such."""
    kind = type(value)
    return kind in SCALARS or (kind is tuple and all(map(is_literal, value)))  # type: ignore[arg-type]


@irdl_attr_definition
class LiteralAttr(Data[object]):
    """A Python literal: None, bool, int, float, complex, str, bytes, Ellipsis, a secret, or a tuple of literals."""

    name = "xcs.literal"

    @staticmethod
    def of(value: object) -> LiteralAttr:
        """The attribute for a literal, shared between equal ones."""
        key = literal_key(value)
        found = _interned.get(key)
        if found is None:
            if len(_interned) >= MAX_INTERNED:
                _interned.clear()
            found = _interned[key] = LiteralAttr(value)
        return found

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, LiteralAttr) and literal_key(self.data) == literal_key(other.data)

    def __hash__(self) -> int:
        return hash(literal_key(self.data))

    def verify(self) -> None:
        """Refuses values that aren't literals."""
        if not is_literal(self.data):
            raise VerifyException(f"expected a literal, found a value of type `{type(self.data).__qualname__}`")

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> object:
        """Reads `<literal>`."""
        with parser.in_angle_brackets():
            return parse_literal(parser)

    def print_parameter(self, printer: Printer) -> None:
        """Prints what `parse_parameter` reads."""
        with printer.in_angle_brackets():
            print_literal(printer, self.data)


def print_literal(printer: Printer, value: object) -> None:
    """Prints a literal as `parse_literal` reads it."""
    match value:
        case str():
            print_string(printer, value)
        case bytes():
            printer.print_string("b")
            printer.print_bytes_literal(value)
        case tuple():
            with printer.in_parens():
                printer.print_list(value, lambda element: print_literal(printer, element))
                if len(value) == 1:
                    printer.print_string(",")
        case complex():
            printer.print_string(f"complex({float_text(value.real)}, {float_text(value.imag)})")
        case float():
            printer.print_string(float_text(value))
        case EllipsisType():
            printer.print_string("...")
        case Secret(name=name):
            printer.print_string("secret ")
            print_string(printer, name)
        case int() if not isinstance(value, bool) and value.bit_length() > 1024:
            printer.print_string(hex(value))  # Python refuses to print very long integers in decimal
        case _:
            printer.print_string(repr(value))


def float_text(value: float) -> str:
    """A float as the IR's lexer knows it: as Python spells it, always with a point."""
    text = repr(value)
    if "." in text or not math.isfinite(value):
        return text
    mantissa, exponent_mark, exponent = text.partition("e")
    return f"{mantissa}.0{exponent_mark}{exponent}"


def parse_literal(parser: AttrParser) -> object:
    """Reads a literal."""
    start = parser.pos
    if (word := parser.parse_optional_identifier()) is not None:
        return parse_named_literal(parser, word, start)
    if (text := parse_optional_string(parser)) is not None:
        return text
    if parser.parse_optional_punctuation("...") is not None:
        return ...
    if parser.parse_optional_punctuation("(") is not None:
        return _parse_tuple(parser)
    return _parse_number(parser)


def parse_named_literal(parser: AttrParser, word: str, start: int) -> object:
    """Reads the rest of a literal that begins with an identifier, already consumed, at `start`."""
    if word in NAMED:
        return NAMED[word]
    if word == "b" and (found := parse_optional_bytes(parser)) is not None:
        return found
    if word == "secret" and (name := parse_optional_string(parser)) is not None:
        return Secret(name)
    if word == "complex":
        with parser.in_parens():
            real = _parse_float(parser)
            parser.parse_punctuation(",")
            return complex(real, _parse_float(parser))
    parser.raise_error(f"{EXPECTED}, found `{word}`", start, start + len(word))


def _parse_tuple(parser: AttrParser) -> tuple[object, ...]:
    elements: list[object] = []
    while parser.parse_optional_punctuation(")") is None:
        elements.append(parse_literal(parser))
        if parser.parse_optional_punctuation(",") is None:
            parser.parse_punctuation(")", " in a tuple literal")
            break
    return tuple(elements)


def _parse_number(parser: AttrParser) -> int | float:
    negative = parser.parse_optional_punctuation("-") is not None
    number = _parse_magnitude(parser)
    return -number if negative else number


def _parse_float(parser: AttrParser) -> float:
    number = _parse_number(parser)
    if isinstance(number, int):
        parser.raise_error("expected a float, found an integer")
    return number


def _parse_magnitude(parser: AttrParser) -> int | float:
    if (word := parser.parse_optional_keyword_in(NOT_FINITE)) is not None:
        return NOT_FINITE[word]
    token = parser._parse_optional_token_in((MLIRTokenKind.INTEGER_LIT, MLIRTokenKind.FLOAT_LIT))
    if token is None:
        parser.raise_error(EXPECTED)
    if parser.pos == token.span.end and parser._current_token.kind is MLIRTokenKind.BARE_IDENT:
        rest = parser._current_token.text
        parser.raise_error(
            f"expected a number, found `{token.text}{rest}`; floats are written with a point", token.span
        )
    try:
        if token.kind is MLIRTokenKind.FLOAT_LIT:
            return float(token.text)
        return int(token.text, 16 if token.text[:2] in ("0x", "0X") else 10)
    except ValueError:  # digits of other scripts, or more digits than Python reads
        parser.raise_error(EXPECTED, token.span)
