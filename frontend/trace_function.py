"""`trace_function`: tracing without compiling."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from ..diagnostics.errors import XCSError
from .jit import jit
from .stages import Traced
from .wrapped import Wrapped


def trace_function(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Traced:
    """The traced stage of a function, method, partial or callable object for these arguments. Nothing of it runs.

    Raises:
        XCSError: it can't be staged.
    """
    if type(function) is functools.partial:
        return trace_function(function.func, *function.args, *args, **{**function.keywords, **kwargs})
    if isinstance(function, types.MethodType):
        return trace_function(function.__func__, function.__self__, *args, **kwargs)
    if isinstance(function, Wrapped):
        return function.trace(*args, **kwargs)
    target = function if isinstance(function, type) else jit(function)
    if isinstance(target, (Wrapped, types.MethodType)):
        return trace_function(target, *args, **kwargs)
    raise XCSError(f"expected a Python function to trace, found `{function!r}`")
