"""The outermost border of staged programs, where an exception becomes one that also says where it happened.

A jitted function may be called, as ordinary Python, by a leaf of another one's program. What it raises then goes to
that leaf as it is: code there may compare it with an exception it knows.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

from ..runtime.errors import remake
from ..runtime.outcome import Failure

_inside: ContextVar[bool] = ContextVar("xcs_inside", default=False)


def enter_program() -> Token[bool] | None:
    """A program is about to run in this context; None if that happens inside of another one."""
    return None if _inside.get() else _inside.set(True)


def leave_program(token: Token[bool] | None) -> None:
    """It has run; takes what `enter_program` gave."""
    if token is not None:
        _inside.reset(token)


def raised_by(failure: Failure, token: Token[bool] | None) -> BaseException:
    """The exception to raise for a failure; takes what `enter_program` gave."""
    if token is None:
        return failure.exception
    return remake(failure.exception, failure.node, failure.location)
