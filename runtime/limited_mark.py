"""What marks functions and classes whose calls wait for limits: they are never taken to be fast.

Guarantees: runs no code of the objects that it looks at.
"""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any

LIMITED = "__xcs_limited__"
"""The attribute of functions and classes whose calls wait for limits."""


def is_limited(callee: Any) -> bool:
    """Whether calling an object waits for limits first."""
    kind = type(callee)
    if kind is MethodType:
        return is_limited(callee.__func__) or is_limited(callee.__self__)
    if kind is FunctionType:
        return LIMITED in callee.__dict__
    return any(LIMITED in part.__dict__ or _is_limited_method(part.__dict__.get("__call__")) for part in kind.__mro__)


def _is_limited_method(method: Any) -> bool:
    return type(method) is FunctionType and LIMITED in method.__dict__
