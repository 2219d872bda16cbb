"""`Policy`: how calls of one op or model are made, whoever makes them.

Guarantees: a policy is a value: frozen, hashable, equal by content.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...diagnostics.errors import XCSError
from .limiter import checked_concurrency
from .rate import RateLimit
from .retry import Retry


@dataclass(frozen=True, slots=True)
class Policy:
    """What bounds a call.

    Attributes:
        timeout_s: seconds that one attempt may take, waits for limits not counted; then it raises `TimeoutError`.
        retry: whether and when a failed attempt is made again.
        max_concurrency: calls in flight at once.
        rate_limit: requests in a period; token_limit: tokens of a model in a period.
    """

    timeout_s: float | None = None
    retry: Retry | None = None
    max_concurrency: int | None = None
    rate_limit: RateLimit | None = None
    token_limit: RateLimit | None = None

    @staticmethod
    def of(
        timeout_s: float | None = None,
        retries: int | Retry | None = None,
        max_concurrency: int | None = None,
        rate_limit: int | RateLimit | None = None,
        token_limit: int | RateLimit | None = None,
    ) -> Policy | None:
        """A checked policy, None if nothing is asked for.

        Raises:
            XCSError: a bound is out of its range, or retrying lacks its extra.
        """
        most = checked_concurrency(max_concurrency)
        rates = RateLimit.of(rate_limit), RateLimit.of(token_limit)
        policy = Policy(checked_timeout(timeout_s), Retry.of(retries), most, *rates)
        return None if policy == Policy() else policy


def checked_timeout(timeout_s: float | None) -> float | None:
    """The time in seconds, if it is one; raises `XCSError` otherwise."""
    if timeout_s is not None and (
        isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not timeout_s > 0
    ):
        raise XCSError(f"expected `timeout_s` in seconds above 0, found `{timeout_s!r}`")
    return timeout_s
