"""Textual IR to a module that is valid in every respect, or one error that says where the text is wrong.

Reading IR never imports or runs anything that it names.
"""

from __future__ import annotations

import bisect
from typing import NoReturn

from xdsl.context import Context
from xdsl.dialects.builtin import UNKNOWN_LOC, Builtin, ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.parser.generic_parser import ParserState
from xdsl.utils.exceptions import ParseError, VerifyException
from xdsl.utils.lexer import Input, Span
from xdsl.utils.mlir_lexer import MLIRTokenKind

from .lexing import XcsLexer
from .op_error import OpVerifyException
from .operation import file_location
from .strings import parse_optional_string
from .verification import message_of, verify_module
from .xcs_dialect import XCS


def xcs_context() -> Context:
    """A context that knows the builtin dialect and `xcs`."""
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(XCS)
    return context


def parse_module(text: str, file_name: str = "<text>", context: Context | None = None) -> ModuleOp:
    """Reads and verifies a module.

    An op without a location in the text is located at its place in the text. Raises xDSL's `ParseError` if the text
    isn't IR, `OpVerifyException` (with `span`) if the IR isn't valid.
    """
    return XcsParser(xcs_context() if context is None else context, text, file_name).parse_valid_module()


PLAINER = {
    "End of file reached before closing string literal.": "expected a string literal that ends on its line, with the "
    r"escapes `\n`, `\t`, `\\`, `\"` or two hexadecimal digits",
    "expect symbol name": "expected a symbol, such as `@name`",
    "Expected suffix identifier after {first_char}": "expected a name",
}
"""What some messages of xDSL mean."""


XDSL_MISHAPS = (ValueError, OverflowError, AssertionError, NotImplementedError)
"""What xDSL's parser raises on some malformed text, such as digits of other scripts, besides its own errors."""


class XcsParser(Parser):
    """xDSL's parser with located errors, strings of any characters, and ops located at their place in the text."""

    def __init__(self, context: Context, text: str, file_name: str) -> None:
        self.file_name = file_name
        self.spans: dict[Operation, Span] = {}
        self.first_uses: dict[str, Span] = {}
        self.first_op: int | None = None  # where the outermost op being read starts
        self.line_starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]
        super().__init__(context, "", file_name)
        self._parser_state = ParserState(XcsLexer(Input(text, file_name)))

    def parse_valid_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """Reads the whole text as a module and verifies it."""
        module = self.parse_located_module(allow_implicit_module)
        try:
            verify_module(module)
        except OpVerifyException as error:
            error.span = self.spans.get(error.op)
            raise
        return module

    def parse_located_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """Reads the whole text as a module; whatever is wrong with the text is a `ParseError`."""
        try:
            return self.parse_module(allow_implicit_module)
        except ParseError as error:
            error.msg = PLAINER.get(error.msg, error.msg)
            raise
        except (VerifyException, *XDSL_MISHAPS) as error:
            self.raise_error(message_of(error))
        except RecursionError:
            # How deep it got depends on the interpreter, so the place of the outermost op it is.
            start = self.first_op or 0
            self.raise_error("regions, types or literals are nested too deeply", start, start + 1)

    def parse_operation(self) -> Operation:
        """Reads an op, and notes where it stands."""
        start = self.pos
        is_outermost = self.first_op is None
        self.first_op = start if is_outermost else self.first_op
        op = super().parse_operation()
        if is_outermost:
            self.first_op = None
        name = op.name
        start = max(self.lexer.input.content.find(name, start), start)  # after the names of the results
        self.spans[op] = Span(start, start + len(name), self.lexer.input)
        if op.location is UNKNOWN_LOC:
            op.location = file_location(self.file_name, *self._line_and_column(start))
        return op

    def _line_and_column(self, position: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.line_starts, position)
        return line, position - self.line_starts[line - 1] + 1

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """Reads the whole text as a module; a value that is never defined is reported where it is used."""
        try:
            return super().parse_module(allow_implicit_module)
        except ParseError as error:
            at_end = self._current_token.kind is MLIRTokenKind.EOF
            for name in self.forward_ssa_references if at_end else ():
                if name in self.first_uses:
                    self.raise_error(f"value `%{name}` is not defined", self.first_uses[name])
            if error.msg.startswith("Could not parse entire input"):
                self._raise_no_op("expected an op")
            raise

    def resolve_operand(self, operand: UnresolvedOperand, type: Attribute) -> SSAValue:  # type: ignore[override]
        """Finds the value of an operand, and notes the first use of one that isn't defined yet."""
        if operand.operand_name not in self.ssa_values:
            self.first_uses.setdefault(operand.operand_name, operand.span)
        return super().resolve_operand(operand, type)

    def parse_optional_str_literal(self) -> str | None:
        """Reads a string literal, if there is one; xDSL's own reads only ASCII."""
        return parse_optional_string(self)

    def _get_op_by_name(self, name: str) -> type[Operation]:
        known = self.ctx.get_optional_op(name, dialect_stack=self._parser_state.dialect_stack)
        if known is None:
            self.raise_error(f"unknown op `{name}`", self._last_span(name))
        return known

    def _parse_dialect_type_or_attribute_body(
        self, attr_name: str, is_type: bool, is_opaque: bool, starting_opaque_pos: int | None
    ) -> Attribute:
        lookup = self.ctx.get_optional_type if is_type else self.ctx.get_optional_attr
        if "." in attr_name and lookup(attr_name) is None:
            name = f"!{attr_name}" if is_type else f"#{attr_name}"
            self.raise_error(f"unknown {'type' if is_type else 'attribute'} `{name}`", self._last_span(name))
        return super()._parse_dialect_type_or_attribute_body(attr_name, is_type, is_opaque, starting_opaque_pos)

    def _last_span(self, text: str) -> Span:
        """The last place before the current token where `text` stands."""
        start = max(self.lexer.input.content.rfind(text, 0, self.pos), 0)
        return Span(start, start + len(text), self.lexer.input)

    def _parse_block(self) -> Block:
        if self._current_token.kind is not MLIRTokenKind.CARET_IDENT:
            self._raise_no_op("expected an op or `}`")
        return super()._parse_block()

    def _raise_no_op(self, expected: str) -> NoReturn:
        at_end = self._current_token.kind is MLIRTokenKind.EOF
        self.raise_error(f"{expected}, found {'the end of the text' if at_end else f'`{self._current_token.text}`'}")
