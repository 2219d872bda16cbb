"""One limited call on its way: which attempts it makes, by which routes, and what a failed one leads to.

Guarantees: a journey belongs to one call; whoever makes that call uses it from one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from ..tally import Tally, count
from .admission import ADMISSION, Request, Route
from .demand import Demand, UsedTokens
from .retry import Retry, is_transient, retry_after_s, status_of

MAX_REFUSALS = 100
"""A call over several routes that servers have put off so often fails."""


class RouteWatch(Protocol):
    """Who is told how attempts end."""

    def ended(self, route_index: int, error: BaseException | None) -> None:
        """An attempt by this route has ended, well or with an error; the call still holds its permits."""
        ...


@dataclass(eq=False, slots=True)
class Journey:
    """One call.

    Attributes:
        name: of what is called, for messages.
        routes: the ways an attempt may go.
        timeout_s: seconds that one attempt may take.
        retry: whether a failed attempt is made again by the same routes.
        demand: tokens of a model that the call may use; None where nobody counts them.
        watch: is told how attempts end.
        num_failed: attempts that have failed since every route was last tried.
        num_refused: attempts that a server has put off, saying for how long.
        used: what the attempt has used, where tokens are counted.
        on_failure: is called when an error is the result of the call, before its permits are given back.
    """

    name: str
    routes: Sequence[Route]
    timeout_s: float | None = None
    retry: Retry | None = None
    demand: Demand | None = None
    watch: RouteWatch | None = None
    num_failed: int = 0
    num_refused: int = 0
    used: Tally = field(default_factory=Tally)
    on_failure: Callable[[], None] | None = None
    _failed: set[int] = field(default_factory=set)
    _open: list[int] = field(default_factory=list)

    def request(self, wake: Callable[[], None], *, loop_thread: int = 0, blocked_loop: int = 0) -> Request:
        """Asks for the next attempt, by a route that has not failed since they all were tried; see `Request`."""
        self._open = [index for index in range(len(self.routes)) if index not in self._failed]
        routes = [self.routes[index] for index in self._open]
        self.used = Tally()  # what an attempt uses that was given up is not the next one's
        return Request(routes, self.demand, wake, loop_thread=loop_thread, blocked_loop=blocked_loop)

    def route_index(self, request: Request) -> int:
        """The route that an attempt goes, among all of them."""
        return self._open[request.route_index]

    def succeeded(self, request: Request) -> None:
        """The attempt has ended well."""
        if self.watch is not None:
            self.watch.ended(self.route_index(request), None)
        ADMISSION.leave(request, self._used())

    def failed(self, request: Request, error: BaseException) -> float | None:
        """The attempt has failed: seconds until another one, None if the error is the result of the call."""
        if request.route_index < 0:  # it was not made: the wait was interrupted
            ADMISSION.give_back(request)
            return None
        index = self.route_index(request)
        if self.watch is not None:
            self.watch.ended(index, error)
        pause_s = retry_after_s(error)
        wait_s = self._wait_s(index, error, pause_s)
        if wait_s is None and self.on_failure is not None:
            self.on_failure()
        ADMISSION.leave(request, self._used(), pause_s)
        if wait_s is not None:
            count(retries=1)
        return wait_s

    def _wait_s(self, index: int, error: BaseException, pause_s: float) -> float | None:
        if not isinstance(error, Exception):
            return None
        if pause_s > 0 and self.watch is not None and status_of(error) == 429 and self.num_refused < MAX_REFUSALS:
            self.num_refused += 1
            return 0.0  # the endpoint itself is paused by now: this says nothing against it, or against the call
        self._failed.add(index)
        if len(self._failed) < len(self.routes) and is_transient(error):
            return 0.0  # another route may work
        self._failed.clear()
        self.num_failed += 1
        if self.retry is None or self.num_failed > self.retry.times or not self.retry.takes(error):
            return None
        wait_s = self.retry.wait_s(self.num_failed)
        return wait_s if len(self.routes) > 1 else max(wait_s, pause_s)

    def _used(self) -> UsedTokens | None:
        if self.demand is None or not self.used.usage:
            return None
        usage = self.used.usage.values()
        return UsedTokens(sum(one["prompt_tokens"] for one in usage), sum(one["completion_tokens"] for one in usage))


@dataclass(eq=False, slots=True)
class Grant:
    """A call that has been let go before it is made: what it waited for is not waited for again.

    Attributes:
        journey: that of the call; request: what it was let go with.
        is_taken: the call has come to use it, and gives the permits back.
    """

    journey: Journey
    request: Request
    is_taken: bool = False

    def take(self, journey: Journey) -> Request | None:
        """The request, if this is the call that asked; once."""
        if self.is_taken or journey.routes != self.journey.routes or journey.name != self.journey.name:
            return None
        self.is_taken = True
        return self.request


GRANTED: ContextVar[Grant | None] = ContextVar("xcs_granted", default=None)
"""What the code that runs here has been let go with in advance."""
