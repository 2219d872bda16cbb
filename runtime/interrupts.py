"""Exceptions that come from outside of the program that runs.

Guarantees: reads frames only; any thread may ask.
"""

from __future__ import annotations

from .frame import Frame


class RunTimeout(BaseException):
    """The time of a whole run is up: no `except Exception` of the program's takes it, and its `finally` blocks run."""


def is_interrupt(frame: Frame, error: BaseException) -> bool:
    """Whether an exception leaves the run at once: an interrupt, where no `try` around it has a say."""
    return isinstance(error, KeyboardInterrupt) and frame.scope.outer is None
