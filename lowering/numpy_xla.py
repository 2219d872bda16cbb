"""NumPy regions by XLA, for `jit(numpy="xla")`: NumPy's dtypes, shapes, classes and errors, XLA's rounding.

The first call with arguments of one kind (shapes, dtypes, and the values of integers and other literals) is NumPy's
own, so what it raises or warns of is NumPy's. Then the region is staged, if every step of it is in the table below,
gives the dtype and shape that NumPy has given, and no result shares memory with an argument or another result. From
then on XLA runs it, in double precision where NumPy does. Whatever fails is done by NumPy.

Importing this module doesn't import JAX.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .array_region import ArrayRegion
from .kernel import NativeKernel
from .literal_key import literal_key

MAX_KINDS = 64  # kinds of arguments that are compiled for one region; others stay NumPy's


class NumpyXlaKernel(NativeKernel):
    """A NumPy region that XLA runs where it gives the same up to rounding; callable from any thread."""

    def __init__(self, region: ArrayRegion) -> None:
        super().__init__(region)
        self._compiled: dict[object, Callable[..., Any] | None] = {}

    def __call__(self, *arguments: Any) -> Any:
        """What the calls of the region give: one value, or a tuple of several."""
        kind = _kind_of(arguments)
        compiled = None if kind is None else self._compiled.get(kind, _UNSEEN)
        if compiled is _UNSEEN:
            return self._first_call(kind, arguments)
        if compiled is None:
            return self._function(*arguments)
        try:
            return compiled(*arguments)  # type: ignore[operator]
        except Exception:  # such as too little memory
            return self._function(*arguments)

    def _first_call(self, kind: object, arguments: tuple[Any, ...]) -> Any:
        result = self._function(*arguments)
        if len(self._compiled) < MAX_KINDS:
            self._compiled[kind] = self._stage(self.region, arguments)
        return result

    @functools.cached_property
    def _stage(self) -> Callable[[ArrayRegion, tuple[Any, ...]], Callable[..., Any] | None]:
        from .numpy_staging import staged  # imports JAX

        return staged

    def __repr__(self) -> str:
        return f"numpy.{self.name} by xla"


def _unseen(*arguments: Any) -> Any:
    """Stands for kinds that weren't met yet."""


_UNSEEN = _unseen


def _kind_of(arguments: tuple[Any, ...]) -> object | None:
    """What decides how arguments are run; None for those that are NumPy's to handle."""
    found = tuple(map(_argument_kind, arguments))
    return None if None in found else found


def _argument_kind(argument: Any) -> object | None:
    cls = type(argument)
    if cls is float:
        return float
    if _is_array(argument):
        is_plain = cls.__name__ == "ndarray" or argument.shape == ()
        return (cls, argument.shape, argument.dtype.str) if is_plain and argument.dtype.isnative else None
    return literal_key(argument)


def _is_array(argument: Any) -> bool:
    return type(argument).__module__ == "numpy" and hasattr(argument, "shape")
