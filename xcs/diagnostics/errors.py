"""Errors that XCS itself raises. Lower case, no final period, values in backquotes."""

from __future__ import annotations


class XCSError(Exception):
    """A mistake the user can mend: the message says what was expected, found, where, and what helps.

    What it shows of the user's objects is without their keys.
    """

    def __init__(self, *args: object) -> None:
        from .secrets import masked  # its patterns take a while, and most programs make no mistake

        super().__init__(*(masked(one) if type(one) is str else one for one in args))


class XCSExecutionError(XCSError):
    """Mixed into the exception that leaves a staged program, beside the original type.

    Attributes:
        node: the name of the op that failed, as the IR prints it.
        original_error: the exception that the user's code raised.
    """

    node: str
    original_error: BaseException


class InternalError(Exception):
    """A bug of XCS: please report it with the program that shows it."""


class XCSWarning(UserWarning):
    """Says once that a function runs as plain Python, and why."""
