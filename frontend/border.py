"""The outermost border of staged programs, where an exception becomes one that also says where it happened.

A jitted function may be called, as ordinary Python, by a leaf of another one's program. What it raises then goes to
that leaf as it is: code there may compare it with an exception it knows.
"""

from __future__ import annotations

from contextvars import Token
from typing import TypeAlias

from ..runtime.errors import remake
from ..runtime.outcome import Failure
from ..runtime.tally import Around, Tally, around

Border: TypeAlias = Token[Around]
"""What was around a program before it was entered."""


def enter_program(tally: Tally) -> Border:
    """A program is about to run in this context, and what it costs is counted."""
    return around.set(around.get().inside(tally))


def leave_program(border: Border) -> None:
    """It has run; takes what `enter_program` gave."""
    around.reset(border)


def raised_by(failure: Failure, border: Border) -> BaseException:
    """The exception to raise for a failure; takes what `enter_program` gave."""
    before = border.old_value
    if before is not Token.MISSING and before.in_program:
        return failure.exception
    return remake(failure.exception, failure.node, failure.location)
