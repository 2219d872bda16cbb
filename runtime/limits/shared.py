"""Limiters that several callables share: one for each model and endpoint, and one for the whole process.

Guarantees: any thread may ask; `_lock` guards the table. Limiters of the table live as long as the process.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable

from .admission import ADMISSION
from .limiter import Limiter
from .policy import Policy
from .rate import RateLimit

_lock = threading.Lock()
_limiters: dict[Hashable, Limiter] = {}
_by_name: dict[str | None, Limiter] = {}


def set_limit(
    model: str | None = None,
    *,
    max_concurrency: int | None = None,
    rate_limit: int | RateLimit | None = None,
    token_limit: int | RateLimit | None = None,
) -> None:
    """Bounds all calls of a model together, or those of the process; what is left out is unbounded.

    Args:
        model: a model as `bind` takes it (`"openai:gpt-4o-mini"`), whatever its options; None: every model call, and
            every call of an op with a policy.
        max_concurrency: calls in flight at once.
        rate_limit: requests a minute, or a `RateLimit` for another period.
        token_limit: tokens of models a minute, likewise.

    Raises:
        XCSError: a bound is out of its range.
    """
    rate, tokens = RateLimit.of(rate_limit), RateLimit.of(token_limit)
    with _lock:
        limiter = _by_name.get(model)
        if limiter is None:
            _by_name[model] = Limiter(model or "process", max_concurrency, rate, tokens)
            return
    ADMISSION.change(limiter, lambda one: one.change(max_concurrency, rate, tokens))


def limiter_of(key: Hashable, name: str, policy: Policy | None) -> Limiter:
    """The one limiter of everything with this key and these bounds."""
    asked = policy or Policy()
    bounds = asked.max_concurrency, asked.rate_limit, asked.token_limit
    with _lock:
        found = _limiters.get((key, bounds))
        if found is None:
            found = _limiters[key, bounds] = Limiter(name, *bounds)
        return found


def limiters_for(model: str | None) -> tuple[Limiter, ...]:
    """The limiters that `set_limit` has set for a model (None: an op), and for the process."""
    if not _by_name:
        return ()
    found = (_by_name.get(model) if model is not None else None, _by_name.get(None))
    return tuple(limiter for limiter in found if limiter is not None)
