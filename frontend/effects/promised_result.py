"""What authors promise of the results of calls: `result=` of `xcs.op` and `xcs.register`, as types."""

from __future__ import annotations

from ...diagnostics.errors import XCSError
from .abstract_type import ANY, DATA, PLAIN, SCALAR_TYPES, AbstractType, StreamType

_BY_NAME = {"plain": PLAIN, "data": DATA, "stream": StreamType(DATA), "async stream": StreamType(DATA, is_async=True)}


def promised_type(promise: object) -> AbstractType | None:
    """The type that a promise names: a builtin scalar class, one of `_BY_NAME`, or a type itself; else None."""
    if isinstance(promise, AbstractType):
        return None if promise == ANY else promise
    if isinstance(promise, str):
        return _BY_NAME.get(promise)
    return SCALAR_TYPES.get(promise) if type(promise) is type else None


def checked_promise(promise: object) -> AbstractType:
    """The type that a promise names.

    Raises:
        XCSError: it names none.
    """
    found = promised_type(promise)
    if found is None:
        shown = getattr(promise, "__name__", None) or promise
        raise XCSError(f'expected the result to be a scalar class, `"plain"`, `"data"` or `"stream"`, found `{shown}`')
    return found
