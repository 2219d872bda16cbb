"""`trace_function`, the seeds' name for tracing without compiling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .jit import Wrapped, jit
from .stages import Traced


def trace_function(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Traced:
    """The traced stage of a function for these arguments. Nothing of the function runs.

    Raises:
        XCSError: the function can't be staged.
    """
    wrapped = function if isinstance(function, Wrapped) else jit(function)
    return wrapped.trace(*args, **kwargs)
