"""When two Python values are the same for good: equal type, equal written form, and immutable all the way down."""

from __future__ import annotations

from typing import Any

_SCALARS = frozenset({bool, int, float, complex, str, bytes, type(None), type(...)})


def literal_key(value: Any) -> object | None:
    """A hashable stand-in for an immutable value; None for a value that may change or has no such form.

    `1`, `1.0` and `True` have different keys, so have `0.0` and `-0.0`; all `nan` have the same.
    """
    cls = type(value)
    if cls in _SCALARS:
        return cls, repr(value)
    if cls is tuple:
        keys = tuple(map(literal_key, value))
        return None if None in keys else (cls, keys)
    if cls is slice:
        return literal_key((slice, value.start, value.stop, value.step))
    if isinstance(value, type) or any(base.__name__ == "dtype" for base in cls.__mro__):
        return cls, value
    return None
