"""How the endpoints of a mesh do, and the circuit breaker that leaves those alone which keep failing.

Guarantees: any thread may tell how an attempt has ended. `_lock` guards the counts; limiters are changed through the
admission queue, after `_lock` is let go.
"""

from __future__ import annotations

import threading
import time
from typing import TypedDict

from ..limits.admission import ADMISSION
from ..limits.limiter import Limiter
from ..limits.retry import is_transient, status_of
from .model_binding import ModelBinding, shown_option

MAX_COOLDOWNS = 8
"""Doublings of the cooldown are bounded by this many cooldowns."""


class EndpointState(TypedDict):
    """What a mesh knows of one endpoint.

    Keys:
        name: provider and model; base_url: where it is, without credentials, if bound.
        state: `closed` (in use), `open` (left alone after failures), `half-open` (one call tries it), `paused` (the
            server asked for it).
        in_flight: calls; started: calls so far; failures: failed calls so far, refusals (429) not counted; refusals.
    """

    name: str
    base_url: str | None
    state: str
    in_flight: int
    started: int
    failures: int
    refusals: int


class MeshHealth:
    """How the endpoints of a mesh do: who has failed how often."""

    def __init__(self, num_endpoints: int, break_after: int, cooldown_s: float) -> None:
        self.limiters: list[Limiter] = []
        self._break_after = break_after
        self._cooldown_s = cooldown_s
        self._in_a_row = [0] * num_endpoints
        self._num_opened = [0] * num_endpoints
        self._failures = [0] * num_endpoints
        self._refusals = [0] * num_endpoints
        self._lock = threading.Lock()

    def ended(self, route_index: int, error: BaseException | None) -> None:
        """See `RouteWatch`. An answer that says that the request is wrong shows that the endpoint works."""
        limiter = self.limiters[route_index]
        with self._lock:
            if error is not None and status_of(error) == 429:
                self._refusals[route_index] += 1
                return
            if error is not None and not isinstance(error, Exception):
                return
            if error is None or not is_transient(error):
                self._in_a_row[route_index] = self._num_opened[route_index] = 0
                change = _close if limiter.is_suspect else None
            else:
                self._failures[route_index] += 1
                self._in_a_row[route_index] += 1
                change = None
                if limiter.is_suspect or self._in_a_row[route_index] >= self._break_after:
                    factor = min(2 ** self._num_opened[route_index], MAX_COOLDOWNS)
                    self._num_opened[route_index] += 1
                    until_s = time.monotonic() + factor * self._cooldown_s
                    change = lambda one: _open(one, until_s)
        if change is not None:
            ADMISSION.change(limiter, change)

    def describe(self, index: int, binding: ModelBinding) -> EndpointState:
        """One endpoint."""
        limiter = self.limiters[index] if self.limiters else Limiter(binding.name)
        is_paused = limiter.paused_until_s > time.monotonic()
        state = ("open" if is_paused else "half-open") if limiter.is_suspect else "paused" if is_paused else "closed"
        url = binding.options.get("base_url")
        return {
            "name": binding.name,
            "base_url": None if url is None else shown_option("base_url", str(url)).strip("'"),
            "state": state,
            "in_flight": limiter.in_flight,
            "started": limiter.num_started,
            "failures": self._failures[index],
            "refusals": self._refusals[index],
        }


def _open(limiter: Limiter, until_s: float) -> None:
    limiter.is_suspect = True
    limiter.pause(until_s)


def _close(limiter: Limiter) -> None:
    limiter.is_suspect = False
