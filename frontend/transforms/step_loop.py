"""The steps of a scan as iterations of one compiled loop."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

from ...diagnostics.errors import XCSError
from ..options import JitOptions
from ..wrapped import Wrapped

_loops: weakref.WeakKeyDictionary[types.FunctionType, Wrapped] = weakref.WeakKeyDictionary()


def steps(function: Callable[[Any, Any], tuple[Any, Any]], carry: Any, elements: list[Any]) -> tuple[Any, list[Any]]:
    """The last carry and the outputs of all steps."""
    outputs = []
    for element in elements:
        carry, output = pair(function(carry, element))
        outputs.append(output)
    return carry, outputs


def pair(result: Any) -> tuple[Any, Any]:
    """What a step gives, checked."""
    if type(result) is not tuple or len(result) != 2:
        raise XCSError(f"expected a step to give a carry and an output, found `{type(result).__qualname__}`")
    return result


def step_loop(function: Callable[[Any, Any], tuple[Any, Any]]) -> Callable[[Any, list[Any]], tuple[Any, list[Any]]]:
    """The loop of a step function; the program of a plain function is kept as long as the function."""
    wrapped = _loops.get(function) if isinstance(function, types.FunctionType) else None
    if wrapped is None:
        wrapped = Wrapped(steps, JitOptions.of("adaptive", None, None))
        if isinstance(function, types.FunctionType):
            _loops[function] = wrapped
    return functools.partial(wrapped, function)
