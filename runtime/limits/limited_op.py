"""A function under a policy, as a function: whoever calls it, compiled code or Python itself, gets the policy too."""

from __future__ import annotations

import functools
import inspect
from types import FunctionType
from typing import Any

from ...diagnostics.errors import XCSError
from .admission import Route
from .journey import Journey
from .limited_await import await_limited
from .limited_call import call_limited
from .limiter import Limiter
from .policy import Policy
from .shared import limiters_for


def limiter_of_op(function: FunctionType, policy: Policy) -> Limiter:
    """What bounds the calls of an op."""
    return Limiter(function.__qualname__, policy.max_concurrency, policy.rate_limit)


def limited_op(function: FunctionType, policy: Policy, own: Limiter) -> FunctionType:
    """`function`, its calls bounded by `policy` and counted by its `own` limiter; a coroutine function stays one.

    Raises:
        XCSError: it is a generator function: its work is not done when its call returns.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise XCSError(
            f"expected a function that gives its result when it returns, to bound its calls, found the generator "
            f"function `{function.__qualname__}`; help: put the policy on the calls inside of it"
        )
    name = function.__qualname__

    def journey() -> Journey:
        return Journey(name, (Route((own, *limiters_for(None))),), policy.timeout_s, policy.retry)

    async def limited_await(*args: Any, **kwargs: Any) -> Any:
        return await await_limited(journey(), lambda _: function(*args, **kwargs))

    def limited_call(*args: Any, **kwargs: Any) -> Any:
        return call_limited(journey(), lambda _: function(*args, **kwargs))

    limited: Any = limited_await if inspect.iscoroutinefunction(function) else limited_call
    functools.update_wrapper(limited, function)
    limited.__xcs_limited__ = function
    limited.__xcs_journey__ = lambda *args, **kwargs: journey()
    return limited
