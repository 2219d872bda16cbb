"""The error of a check that knows which op is wrong."""

from __future__ import annotations

from typing import NoReturn

from xdsl.ir import Operation
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.lexer import Span


class OpVerifyException(VerifyException):
    """Invalid IR.

    Attributes:
        message: what is wrong, without where.
        op: the op that doesn't verify.
        span: where the op stands in the text that the IR was read from, if it was.
    """

    def __init__(self, op: Operation, message: str) -> None:
        super().__init__(f"`{op.name}`: {message}")
        self.message = message
        self.op = op
        self.span: Span | None = None


def reject(op: Operation, message: str) -> NoReturn:
    """Raises the error for an op."""
    raise OpVerifyException(op, message)
