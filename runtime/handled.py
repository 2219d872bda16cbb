"""Running user code as if inside an `except` clause, and tracebacks that start at the user's own frames.

Guarantees: callable from any thread; the handled exception comes back with the traceback it went in with.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any


def call_handling(handled: BaseException, function: Callable[..., Any], *args: Any) -> Any:
    """Calls `function(*args)` while `handled` is the exception being handled.

    So `sys.exc_info()`, `logging.exception` and a bare `raise` inside the call see it, and an exception that the call
    raises gets it as its `__context__`.
    """
    traceback = handled.__traceback__
    try:
        raise handled
    except BaseException:
        handled.__traceback__ = traceback
        return function(*args)


async def await_call(handled: BaseException | None, function: Callable[..., Any], *args: Any) -> Any:
    """Awaits what `function(*args)` gives, as `call_handling` calls it."""
    if handled is None:
        return await function(*args)
    traceback = handled.__traceback__
    try:
        raise handled
    except BaseException:
        handled.__traceback__ = traceback
        return await function(*args)


def raise_from(exception: Any, cause: Any, has_cause: bool) -> None:
    """`raise exception from cause`, with the errors that Python raises when either is no exception."""
    if has_cause:
        raise exception from cause
    raise exception


def user_traceback(error: BaseException) -> TracebackType | None:
    """The traceback of an error without the leading frames that belong to the runtime."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") in _OURS:
        traceback = traceback.tb_next
    return traceback


_OURS = frozenset({__package__, f"{__package__}.journal", f"{__package__}.limits", f"{__package__}.straight"})
"""The packages whose frames stand between a program and the user's code."""
