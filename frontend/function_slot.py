"""Slots of functions: where CPython keeps a function's code and its defaults, to be looked at before each call.

Reading `function.__code__` raises an event for every audit hook of the process. One hook written in Python, as
`filelock` adds one, makes that take 0.5 us, a seventh of a whole call of `jax.jit`; a slot takes 0.05 us in any case.
"""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

HAS_SLOTS = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether an `id` is an address, and what is read there can't go away meanwhile."""


def slot_of(function: Any, name: str, held: object) -> Any:
    """An object whose `value` is what an attribute of the function is now; None where its place can't be told for sure.

    The place is the one word of the function's memory that points to `held`, which the attribute must be now. Its
    `value` raises `ValueError` once the attribute is gone.
    """
    if not HAS_SLOTS or type(function) is not types.FunctionType:
        return None
    if held is None or getattr(function, name) is not held:  # where it is None, there is no pointer
        return None
    import ctypes

    size = ctypes.sizeof(ctypes.c_void_p)
    words = (ctypes.c_void_p * (types.FunctionType.__basicsize__ // size)).from_address(id(function))
    places = [index for index, word in enumerate(words) if word == id(held)]
    if len(places) != 1:
        return None
    slot = _slot_class().from_address(id(function) + places[0] * size)
    slot.of = function
    return slot


@functools.cache
def _slot_class() -> Any:
    import ctypes  # takes a millisecond, which only programs that are called often are worth

    class FunctionSlot(ctypes.py_object):
        """A pointer in a function's memory; `of` keeps that function alive."""

        __slots__ = ("of",)

    return FunctionSlot
