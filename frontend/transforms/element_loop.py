"""The elements of a batch as iterations of one compiled loop, so that their external calls overlap."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, TypeAlias

from ...diagnostics.effect import Effect
from ..effects.infer import infer_call
from ..effects.type_of import type_of
from ..op import op
from ..options import JitOptions
from ..wrapped import Wrapped
from .transformed import Transformed

Row: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
"""The positional and the keyword arguments of one element."""


def each(function: Callable[..., Any], rows: list[tuple[Any, ...]]) -> list[Any]:
    """The results of all rows."""
    return [function(*row) for row in rows]


def each_named(function: Callable[..., Any], rows: list[Row]) -> list[Any]:
    """The results of all rows with keyword arguments."""
    return [function(*row, **named) for row, named in rows]


class ElementLoop:
    """Applies one function to many rows of arguments; its program is compiled once for each type of row."""

    def __init__(self, function: Callable[..., Any], window: int | None = None) -> None:
        """With at most `window` rows in flight at once, if given."""
        self._function, self._fixed, self._named = _without_bound(function)
        options = JitOptions.of("adaptive", window, None)
        self._each, self._each_named = Wrapped(each, options), Wrapped(each_named, options)

    def __call__(self, rows: list[Row]) -> list[Any]:
        """The results, in order of the rows; raises what the first failing row raises."""
        function = self._function
        if isinstance(function, Transformed) and rows:
            function = as_leaf(function, function.effect(*rows[0]))
        if self._named or any(named for _, named in rows):
            whole = [((*self._fixed, *args), {**self._named, **named}) for args, named in rows]
            return self._each_named(function, whole)
        return self._each(function, [(*self._fixed, *args) for args, _ in rows])


def _without_bound(function: Callable[..., Any]) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """A function that tracing can look into, with the arguments that methods and partials bind."""
    if type(function) is functools.partial:
        inner, fixed, named = _without_bound(function.func)
        return inner, (*fixed, *function.args), {**named, **function.keywords}
    if isinstance(function, types.MethodType):
        inner, fixed, named = _without_bound(function.__func__)
        return inner, (function.__self__, *fixed), named
    return function, (), {}


def as_leaf(function: Transformed, effect: Effect) -> Callable[..., Any]:
    """A transformed function as one leaf call, if its effect lets calls overlap."""
    if effect > Effect.UNORDERED:
        return function

    def leaf(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    made = types.FunctionType(leaf.__code__.replace(), leaf.__globals__, function.name, None, leaf.__closure__)
    made.__qualname__ = function.name
    return op(made, effect="unordered")


def effect_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Effect:
    """What calling a function with such arguments does."""
    if isinstance(function, Transformed):
        return function.effect(args, kwargs)
    inner, fixed, named = _without_bound(function)
    types = [type_of(one) for one in (*fixed, *args)]
    return infer_call(inner, types, {name: type_of(one) for name, one in {**named, **kwargs}.items()}).effect
