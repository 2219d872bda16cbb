"""What bounds calls: a `Limiter` counts the calls in flight and keeps rates; a `Permit` is one call's share of it.

Guarantees: limiters and permits are only touched under the lock of the admission queue.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass, field

from ...diagnostics.errors import XCSError
from .demand import Demand, UsedTokens
from .rate import RateLimit, TokenBucket
from .token_ledger import Spending, TokenLedger

NEVER_S = float("inf")
"""The delay of what no time brings: a call has to end first."""


@dataclass(eq=False, slots=True)
class Permit:
    """That one call may run under a limiter.

    A call made inside another one under the same limiter borrows the permit of the outer one, which only waits for it:
    so it never waits for what can't end before it. One inner call borrows at a time. For the same reason a call that
    blocks the thread of an event loop borrows the permit of one that this loop awaits, where all are taken.

    Attributes:
        limiter: what it counts against.
        loop_thread: the thread of the event loop that awaits the call; 0 for a call that blocks its thread.
        parent: the permit that this one is borrowed from.
        is_counted: its limiter counts it as in flight.
        is_lent: an inner call runs with it.
        is_over: its call has ended.
        spending: the tokens that its call was let go for, until it is known what it has used.
    """

    limiter: Limiter
    loop_thread: int = 0
    parent: Permit | None = None
    is_counted: bool = False
    is_lent: bool = False
    is_over: bool = False
    spending: Spending | None = None


@dataclass(eq=False, slots=True, weakref_slot=True)
class Limiter:
    """Bounds the calls of one op, one model, one endpoint or the whole process.

    Attributes:
        name: for stats.
        max_concurrency: calls in flight at once; None: any number.
        rate_limit: requests in a period; token_limit: tokens of a model in a period.
        in_flight: calls with a permit that is not borrowed.
        num_started: calls let go so far.
        paused_until_s: nothing starts before (`time.monotonic`): a server said so.
        is_suspect: it has failed too often: one call at a time finds out whether it works again.
    """

    name: str
    max_concurrency: int | None = None
    rate_limit: RateLimit | None = None
    token_limit: RateLimit | None = None
    in_flight: int = 0
    num_started: int = 0
    paused_until_s: float = 0.0
    is_suspect: bool = False
    _awaited: dict[int, Permit] = field(default_factory=dict, repr=False)  # by `id`
    _requests: TokenBucket | None = field(default=None, repr=False)
    _tokens: TokenLedger | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        checked_concurrency(self.max_concurrency)
        now_s = time.monotonic()
        self._requests = None if self.rate_limit is None else TokenBucket(self.rate_limit, now_s)
        self._tokens = None if self.token_limit is None else TokenLedger(self.token_limit, now_s)
        LIMITERS.add(self)

    def delay_s(self, inherited: Permit | None, demand: Demand | None, now_s: float) -> float:
        """Seconds until a call may start, `NEVER_S` if another has to end first, 0 now."""
        if self._is_full() and (inherited is None or inherited.is_lent or inherited.is_over):
            return NEVER_S
        delay_s = max(self.paused_until_s - now_s, 0.0)
        if self._requests is not None:
            delay_s = max(delay_s, self._requests.delay_s(1, now_s))
        if self._tokens is not None and demand is not None:
            delay_s = max(delay_s, self._tokens.delay_s(demand, now_s))
        return delay_s

    def held_up(self, loop_thread: int) -> Permit | None:
        """A permit whose call can't end while the thread of its event loop waits, if all permits are taken."""
        if not self._is_full():
            return None
        awaited = [one for one in self._awaited.values() if one.loop_thread == loop_thread and one.is_counted]
        return None if not awaited or any(permit.is_lent for permit in awaited) else awaited[0]

    def enter(self, permit: Permit, inherited: Permit | None, demand: Demand | None, now_s: float) -> None:
        """Counts a new permit, after a delay of 0."""
        self.num_started += 1
        if self._requests is not None:
            self._requests.take(1, now_s)
        if self._tokens is not None and demand is not None:
            permit.spending = self._tokens.take(demand, now_s)
        # Nothing is called up to `is_counted`, so that no Ctrl-C comes between what belongs together.
        if inherited is not None and not inherited.is_lent and not inherited.is_over:
            inherited.is_lent = True
            permit.parent = inherited
        else:
            self.in_flight += 1
            permit.is_counted = True
            if permit.loop_thread:
                self._awaited[id(permit)] = permit

    def leave(self, permit: Permit, used: UsedTokens | None, now_s: float) -> None:
        """The call has ended; what it has used is not known of one that has failed, and may have used all."""
        if permit.parent is not None and not permit.is_over:
            permit.parent.is_lent = False
        elif permit.is_counted:
            self.in_flight -= 1
            permit.is_counted = False
            if permit.loop_thread:
                self._awaited.pop(id(permit), None)
        permit.is_over = True
        if self._tokens is not None and permit.spending is not None and used is not None:
            self._tokens.settle(permit.spending, used, now_s)
        permit.spending = None

    def token_share(self, now_s: float) -> float | None:
        """How much of the token limit is taken now, from 0 to 1; None without one."""
        return None if self._tokens is None else self._tokens.share(now_s)

    def forget(self) -> None:
        """Nothing is in flight: this is a forked child."""
        self.in_flight = 0
        self._awaited.clear()

    def pause(self, until_s: float) -> None:
        """Nothing starts before `until_s` (`time.monotonic`)."""
        self.paused_until_s = max(self.paused_until_s, until_s)

    def change(
        self, max_concurrency: int | None, rate_limit: RateLimit | None, token_limit: RateLimit | None = None
    ) -> None:
        """Sets other bounds; what is in flight stays."""
        now_s = time.monotonic()
        self.max_concurrency = checked_concurrency(max_concurrency)
        if rate_limit != self.rate_limit:
            self.rate_limit = rate_limit
            self._requests = None if rate_limit is None else TokenBucket(rate_limit, now_s)
        if token_limit != self.token_limit:
            self.token_limit, known = token_limit, self._tokens
            self._tokens = None if token_limit is None else TokenLedger(token_limit, now_s, known)

    def _is_full(self) -> bool:
        most = 1 if self.is_suspect else self.max_concurrency
        return most is not None and self.in_flight >= most


def checked_concurrency(max_concurrency: int | None) -> int | None:
    """The bound, if it is one; raises `XCSError` otherwise."""
    if max_concurrency is not None and (type(max_concurrency) is not int or max_concurrency < 1):
        raise XCSError(f"expected `max_concurrency` to be at least 1, found `{max_concurrency!r}`")
    return max_concurrency


LIMITERS: weakref.WeakSet[Limiter] = weakref.WeakSet()
"""All limiters of the process: a forked child forgets what is in flight in its parent."""
