"""What a transform gives back: a callable that carries the function it was made from."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, Protocol

from ...diagnostics.effect import Effect


class Transform(Protocol):
    """What runs a transformed function."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        ...

    def array_code(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The transformed function as `ArrayCode` for such arguments; None where it isn't array code."""
        ...

    def effect(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Effect:
        """What calling the transformed function with such arguments does."""
        ...


class Transformed:
    """A transformed function. It works as a method, and `xcs.jit` leaves it as it is: its parts are compiled already.

    Attributes:
        function: what was transformed.
        name: the transform.
        array_code, effect: see `Transform`.
    """

    __xcs_transformed__ = True

    def __init__(self, function: Callable[..., Any], name: str, run: Transform) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.name = name
        self._run = run
        self.array_code = run.array_code
        self.effect = run.effect

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Runs the transformed function."""
        return self._run(*args, **kwargs)

    __call__.__xcs_leaf__ = True  # type: ignore[attr-defined] # its parts are staged, it isn't

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """The transformed function as a method."""
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<xcs.{self.name} of {self.function!r}>"


def name_of(function: Any) -> str:
    """How messages call a function."""
    return getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or type(function).__qualname__
