"""One error as the command line shows it: `file:line:column: error: message`, the line of the text, a caret.

route.mlir:3:8: error: value `%b` is not defined here
xcs.return %b
^~
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import FileLineColLoc
from xdsl.ir import Operation
from xdsl.utils.exceptions import ParseError
from xdsl.utils.lexer import Span

from ..dialect.op_error import OpVerifyException

MAX_LINE = 200  # characters of a source line that are shown


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message with its place.

    Attributes:
        place: `file:line:column`, or as much of it as is known.
        message: what is wrong.
        excerpt: the line of the text and the line with the caret, or empty.
    """

    place: str
    message: str
    excerpt: str = ""

    def __str__(self) -> str:
        head = f"{self.place}: error: {self.message}"
        return f"{head}\n{self.excerpt}" if self.excerpt else head


def from_error(error: Exception, file_name: str, line_offset: int = 0, context: str = "") -> Diagnostic:
    """The diagnostic for an error of parsing, verifying or transforming what was read from `file_name`.

    `line_offset` is the number of lines before the text that the error's positions count in; `context` goes before
    the message.
    """
    if isinstance(error, ParseError):
        return at_span(cast(Span[str], error.span), context + sentence(error.msg), line_offset)
    if isinstance(error, OpVerifyException):
        message = f"{context}`{error.op.name}`: {sentence(error.message)}"
        if error.span is not None:
            return at_span(error.span, message, line_offset)
        return Diagnostic(_place_of(error.op, file_name), message)
    return Diagnostic(file_name, context + sentence(str(error) or type(error).__name__))


def from_syntax_error(error: SyntaxError, file_name: str) -> Diagnostic:
    """The diagnostic for Python that doesn't parse."""
    line, column = error.lineno or 1, error.offset or 1
    text = (error.text or "").rstrip()
    excerpt = f"{_printable(text)}\n{' ' * (column - 1)}^" if text and column <= MAX_LINE else ""
    return Diagnostic(f"{file_name}:{line}:{column}", sentence(error.msg), excerpt)


def at_span(span: Span, message: str, line_offset: int) -> Diagnostic:
    """The diagnostic for a message about a place in a text."""
    location = span.get_location()
    content = span.input.content
    start = span.input.get_start_of_line(span.start)
    line = content[start : span.input.get_end_of_line(span.start)].rstrip("\r")
    column = location.col - 1
    excerpt = ""
    if column < MAX_LINE and line.strip():
        width = max(1, min(span.end - span.start, len(line) - column, MAX_LINE - column))
        shown = line[:MAX_LINE]
        blank = "".join(char if char == "\t" else " " for char in shown[:column]).ljust(column)
        excerpt = f"{_printable(shown)}\n{blank}^{'~' * (width - 1)}"
    return Diagnostic(f"{location.file}:{location.line + line_offset}:{location.col}", message, excerpt)


def _place_of(op: Operation, file_name: str) -> str:
    """Where an op comes from, by its own location."""
    location = op.location
    if isinstance(location, FileLineColLoc):
        return f"{location.filename.data}:{location.line.data}:{location.column.data}"
    return file_name


def _printable(line: str) -> str:
    """A line with characters that a terminal wouldn't show replaced, one for one."""
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in line)


def sentence(message: str) -> str:
    """A message on one line in lower case without final punctuation; xDSL's own vary."""
    text = " ".join(message.split()).rstrip(".!")
    return text[0].lower() + text[1:] if text[:1].isalpha() and text[1:2].islower() else text
