"""What `xcs.map` means, in plain Python: what its programs are made from, and what staged code knows it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def map(function: Callable[..., Any], items: Iterable[Any], /, *more: Iterable[Any]) -> list[Any]:
    """The results of a function for each item, in order, its external calls at the same time: a parallel `map`.

    Equal in meaning to `[function(item) for item in items]`: the same calls, results, visible order of effects, and the
    exception of the first item that fails. Inside of a jitted function it is compiled as that comprehension is;
    elsewhere it is a jitted program of its own.

    Args:
        function: a function, lambda, method, op, model, or whatever can be called. A `ModelMesh` spreads the items over
            its endpoints.
        items: any iterable; one that computes its items is read as Python reads it.
        more: further iterables, as for the builtin: the function gets an item of each, up to the end of the shortest.

    Raises:
        BaseException: what the function raises for the first item for which it does, and what reading the items raises.
    """
    if more:
        return [function(*row) for row in zip(items, *more, strict=False)]
    return [function(item) for item in items]


def is_map(function: object) -> bool:
    """Whether calling a known object is calling `xcs.map`."""
    return "__xcs_jitted__" in type(function).__dict__ and getattr(function, "__xcs_wrapped__", None) is map
