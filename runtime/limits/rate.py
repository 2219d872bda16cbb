"""Rates: `RateLimit`, the value that users write, and the token bucket that keeps it.

Guarantees: a `RateLimit` is a value. A bucket has no lock of its own: whoever owns it guards it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...diagnostics.errors import XCSError

MINUTE_S = 60.0
BURST_SHARE = 0.01
"""Share of the amount that may be taken at once after a pause; it is missing from the steady rate."""
JITTER_SHARE = 0.02
"""Share of the period by which calls may reach a server closer to each other than they were let go."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `amount` (requests, or tokens of a model) in any `per_s` seconds, wherever these begin."""

    amount: int
    per_s: float = MINUTE_S

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount < 1:
            raise XCSError(f"expected a rate of at least 1, found `{self.amount!r}`")
        if isinstance(self.per_s, bool) or not isinstance(self.per_s, int | float) or not 0 < self.per_s < float("inf"):
            raise XCSError(f"expected a period in seconds above 0, found `{self.per_s!r}`")

    @staticmethod
    def of(rate: int | RateLimit | None) -> RateLimit | None:
        """A number counts a minute."""
        return rate if rate is None or isinstance(rate, RateLimit) else RateLimit(rate)


class TokenBucket:
    """A bucket that fills at a steady rate up to a small burst, such that no period sees more than the limit.

    What fits into one period is a full bucket and what flows in during it. With a burst of `b`, an inflow of
    `amount - b + 1` over slightly more than the period leaves less than one to spare, so the limit is never exceeded
    and about 97 % of it can be used. An amount larger than the bucket goes when the bucket is full, and is paid back.
    """

    def __init__(self, limit: RateLimit, now_s: float) -> None:
        self.limit = limit
        self._burst = max(1, int(limit.amount * BURST_SHARE))
        self._per_second = (limit.amount - self._burst + 1) / (limit.per_s * (1 + JITTER_SHARE))
        self._level = float(self._burst)
        self._filled_s = now_s

    def delay_s(self, amount: float, now_s: float) -> float:
        """Seconds until so much may be taken; 0 now."""
        self._fill(now_s)
        missing = min(amount, self._burst) - self._level
        return missing / self._per_second if missing > _ROUNDING else 0.0

    def take(self, amount: float, now_s: float) -> None:
        """Takes so much; a negative amount puts something back."""
        self._fill(now_s)
        self._level = min(self._level - amount, self._burst)

    def _fill(self, now_s: float) -> None:
        elapsed_s = max(now_s - self._filled_s, 0.0)
        self._level = min(self._level + elapsed_s * self._per_second, self._burst)
        self._filled_s = max(now_s, self._filled_s)


_ROUNDING = 1e-9  # a wait computed from the level must find the bucket filled when it is over
