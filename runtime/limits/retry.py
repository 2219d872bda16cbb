"""When a failed call is made again, and how long that waits: exponential backoff with jitter, by `tenacity`.

Guarantees: a `Retry` is a value.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from ...diagnostics.errors import XCSError

FIRST_WAIT_S = 0.5
MAX_WAIT_S = 60.0
_TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 that say nothing against the request itself (RFC 9110, RFC 6585, RFC 8470)."""
_MISTAKES = (
    TypeError,
    NameError,
    AttributeError,
    ImportError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    XCSError,
)
"""What another attempt would raise again."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed call is made again.

    Attributes:
        times: attempts after the first one.
        first_wait_s: the wait before the second attempt is random between 0 and this, before each further one between 0
            and twice as much ("full jitter"), up to `max_wait_s`. A server's `Retry-After` is waited for in any case.
        on: the exceptions that are tried again. By default any `Exception` but programming mistakes (`TypeError`,
            `NameError`, `AttributeError`, ...) and answers that say that the request is wrong (a `status_code` below
            500 other than 408, 409, 425 and 429).
    """

    times: int
    first_wait_s: float = FIRST_WAIT_S
    max_wait_s: float = MAX_WAIT_S
    on: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        if type(self.times) is not int or self.times < 0:
            raise XCSError(f"expected the number of retries to be 0 or more, found `{self.times!r}`")
        if not 0 <= self.first_wait_s <= self.max_wait_s:
            raise XCSError(
                f"expected waits of 0 <= `first_wait_s` <= `max_wait_s`, found `{self.first_wait_s!r}` and "
                f"`{self.max_wait_s!r}`"
            )
        if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in self.on):
            raise XCSError(f"expected classes of exceptions in `on`, found `{self.on!r}`")
        if self.times and importlib.util.find_spec("tenacity") is None:
            raise XCSError("expected the `tenacity` package for `retries`, found none; help: `pip install xcs[retry]`")

    @staticmethod
    def of(retries: int | Retry | None) -> Retry | None:
        """A number is how often."""
        return retries if retries is None or isinstance(retries, Retry) else Retry(retries)

    def takes(self, error: BaseException) -> bool:
        """Whether another attempt may help."""
        return isinstance(error, self.on) if self.on else is_transient(error)

    def wait_s(self, attempt_number: int) -> float:
        """Seconds to wait after attempt `attempt_number` (from 1) has failed."""
        import tenacity  # an optional extra, loaded by the first failure

        state = tenacity.RetryCallState(None, None, (), {})  # type: ignore[arg-type]
        state.attempt_number = attempt_number
        return tenacity.wait_random_exponential(multiplier=self.first_wait_s, max=self.max_wait_s)(state)


def is_transient(error: BaseException) -> bool:
    """Whether another attempt may end otherwise."""
    if not isinstance(error, Exception) or isinstance(error, _MISTAKES):
        return False
    status = status_of(error)
    return status is None or status >= 500 or status in _TRANSIENT_STATUSES


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error of a client carries."""
    response = _attribute(error, "response")
    status = _attribute(error, "status_code") or _attribute(response, "status_code") or _attribute(error, "code")
    return status if type(status) is int and 100 <= status < 600 else None


def retry_after_s(error: BaseException) -> float:
    """Seconds that a server asks to wait before the next request; 0 where it doesn't."""
    headers = _attribute(_attribute(error, "response"), "headers")
    if not isinstance(headers, Mapping):
        return 0.0
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after") or headers.get("Retry-After")
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds or 0.0
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return max(date.timestamp() - time.time(), 0.0)


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if 0 <= value < float("inf") else None


def _attribute(holder: Any, name: str) -> Any:
    try:
        return getattr(holder, name, None)
    except Exception:  # a property of a foreign class
        return None
