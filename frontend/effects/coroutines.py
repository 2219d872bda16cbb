"""What calling a callable amounts to: a coroutine that is still to run, or the function that was jitted."""

from __future__ import annotations

import inspect
import types
from typing import Any

from .known import known, path_of

STARTING = frozenset(("asyncio.tasks.gather",))
"""Functions whose result is awaited at once as a rule; otherwise they start what runs in the background."""


def makes_coroutine(function: object) -> bool:
    """Whether calling this very object does nothing but make a coroutine."""
    if type(function) is types.FunctionType and function.__code__.co_flags & inspect.CO_COROUTINE:
        return True
    entry = known(function)
    return entry is not None and entry.is_async


def unjitted(function: Any) -> Any:
    """The function behind a jitted one; anything else as it is."""
    return function.__xcs_wrapped__ if "__xcs_jitted__" in type(function).__dict__ else function


def looked_into(function: Any) -> Any:
    """What a program looks into where it calls this: the function behind a jitted one.

    One that has a time of its own stays a call, so that its time is counted from there.
    """
    if "__xcs_jitted__" not in type(function).__dict__:
        return function
    options = getattr(function, "_xcs_options", None)
    if getattr(options, "timeout_s", None) is not None:
        return function
    return function.__xcs_wrapped__


def starts_coroutines(function: object) -> bool:
    """Whether this is a function that runs coroutines side by side, like `asyncio.gather`."""
    return type(function) is types.FunctionType and path_of(function) in STARTING
