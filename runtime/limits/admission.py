"""The queue of calls that wait for their limiters.

A call asks for all its limiters at once, so it never holds one while it waits for another. It may name several
*routes*, each with limiters of its own (the endpoints of a mesh), and is let go by the first that is free; where
several are, the one with the lowest load. Calls with the same routes are let go in the order in which they asked.

Guarantees: any thread may ask, withdraw and leave. `_lock` guards the queue and every limiter and permit; it is not
held while a waiting call is told. Who is told has been let go already, so nobody overtakes; who is told twice takes the
second time for nothing. Where only time is missing, one alarm is set; nothing polls. An interrupt of any of this loses
neither a permit nor a call: what was left undone the alarm clock does.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

from .alarm_clock import ALARM_CLOCK
from .demand import Demand, UsedTokens
from .limiter import LIMITERS, NEVER_S, Limiter, Permit

HELD: ContextVar[tuple[Permit, ...]] = ContextVar("xcs_permits", default=())
"""The permits of the calls that this code runs inside of, outermost first."""

Group: TypeAlias = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One way that a call may go: the limiters it passes, its own one first, and what a call in flight weighs there."""

    limiters: tuple[Limiter, ...]
    weight: float = 1.0

    def load(self, by_tokens: bool, now_s: float) -> tuple[float, float]:
        """How busy it is, then how much it has done: of its token limit, or else calls."""
        own = self.limiters[0]
        done = own.token_share(now_s) or 0.0 if by_tokens else own.num_started
        return own.in_flight / self.weight, done / self.weight


@dataclass(eq=False, slots=True)
class Request:
    """A call that asks to be let go.

    Attributes:
        routes: the ways it may go; demand: tokens of a model that it may use; None where nobody counts them.
        inherited: the permits of the calls around it.
        loop_thread: the thread of the event loop that awaits the call; 0 if it blocks its thread.
        blocked_loop: the thread of the event loop that would not go on while the call waits; 0 if there is none.
        wake: is called when it is let go, from any thread, perhaps twice; it doesn't wait and doesn't raise.
        route_index, permits: the way it goes, once it is let go.
        is_withdrawn: it no longer waits.
    """

    routes: Sequence[Route]
    demand: Demand | None
    wake: Callable[[], None]
    inherited: tuple[Permit, ...] = field(default_factory=HELD.get)
    loop_thread: int = 0
    blocked_loop: int = 0
    route_index: int = -1
    permits: tuple[Permit, ...] = ()
    is_withdrawn: bool = False

    def lent_by(self, limiter: Limiter) -> Permit | None:
        """The innermost permit under this limiter among the calls around, or one of a call that this one holds up."""
        inner = next((permit for permit in reversed(self.inherited) if permit.limiter is limiter), None)
        return limiter.held_up(self.blocked_loop) if inner is None and self.blocked_loop else inner

    def group(self) -> Group:
        """What decides when it is let go."""
        held = tuple(map(id, self.inherited))
        if len(self.routes) == 1:
            return tuple(map(id, self.routes[0].limiters)), held, (self.blocked_loop,)
        return (*(tuple(map(id, route.limiters)) for route in self.routes), held, (self.blocked_loop,))


class AdmissionQueue:
    """All waiting calls of the process."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Starts anew, as in a forked child, where no call of the parent runs."""
        self._lock = threading.Lock()
        self._groups: dict[Group, deque[Request]] = {}
        self._told: deque[Request] = deque()
        self._alarm_s = NEVER_S
        for limiter in list(LIMITERS):
            limiter.forget()

    def ask(self, request: Request) -> bool:
        """Lets the call go now and says so, or has it wait until its `wake` is called."""
        try:
            with self._lock:
                now_s = time.monotonic()
                group = request.group()
                waiting = self._groups.get(group)
                if waiting is None and self._let_go(request, now_s) == 0.0:
                    return True
                if waiting is None:
                    waiting = self._groups[group] = deque()
                waiting.append(request)
                if waiting[0] is request:  # or whatever could go has gone, and the alarm is set
                    self._let_go_all(now_s)
            self._tell()
        except BaseException:
            self._give_back_later(request)
            raise
        return False

    def withdraw(self, request: Request) -> bool:
        """Takes back a call that waits; false if it has been let go, so that it has to leave."""
        try:
            with self._lock:
                if request.route_index >= 0:
                    return False
                request.is_withdrawn = True
                self._let_go_all(time.monotonic())
            self._tell()
        except BaseException:
            self._give_back_later(request)
            raise
        return True

    def leave(self, request: Request, used: UsedTokens | None = None, pause_s: float = 0.0) -> None:
        """The call has ended: it gives its permits back, once; its own limiter pauses for `pause_s` seconds."""
        try:
            with self._lock:
                now_s = time.monotonic()
                for permit in request.permits:
                    permit.limiter.leave(permit, used, now_s)
                if pause_s > 0 and request.permits:
                    request.permits[0].limiter.pause(now_s + pause_s)
                request.permits = ()
                self._let_go_all(now_s)
            self._tell()
        except BaseException:
            self._give_back_later(request)
            raise

    def give_back(self, request: Request) -> None:
        """Whatever has become of it, the call is not made, or has ended."""
        if not self.withdraw(request):
            self.leave(request)

    def change(self, limiter: Limiter, change: Callable[[Limiter], None]) -> None:
        """Changes a limiter, and lets go what it now lets pass."""
        with self._lock:
            change(limiter)
            self._let_go_all(time.monotonic())
        self._tell()

    def num_waiting(self) -> int:
        """Calls that wait now."""
        with self._lock:
            return sum(not one.is_withdrawn for waiting in self._groups.values() for one in waiting)

    def _give_back_later(self, request: Request) -> None:
        ALARM_CLOCK.ring_at(0.0, lambda: self.give_back(request))

    def _ring(self) -> None:
        with self._lock:
            self._alarm_s = NEVER_S
            self._let_go_all(time.monotonic())
        self._tell()

    def _tell(self) -> None:
        """Wakes what has been let go; each stays noted until that is done."""
        if not self._told or _this_thread.is_telling:  # who is woken may leave at once
            return
        _this_thread.is_telling = True
        try:
            while self._told:
                try:
                    request = self._told[0]
                except IndexError:
                    return
                request.wake()
                with self._lock:
                    if self._told and self._told[0] is request:
                        self._told.popleft()
        finally:
            _this_thread.is_telling = False

    def _let_go_all(self, now_s: float) -> None:
        """Lets go what can go, and sets the alarm for what only waits for time."""
        earliest_s = NEVER_S
        for group in list(self._groups):
            waiting = self._groups[group]
            while waiting:
                if not waiting[0].is_withdrawn:
                    is_going = waiting[0].route_index >= 0  # an interrupt came before it was told
                    delay_s = 0.0 if is_going else self._let_go(waiting[0], now_s)
                    if delay_s > 0.0:
                        earliest_s = min(earliest_s, now_s + delay_s)
                        break
                    self._told.append(waiting[0])
                waiting.popleft()
            if not waiting:
                del self._groups[group]
        if earliest_s < self._alarm_s:
            self._alarm_s = earliest_s
            ALARM_CLOCK.ring_at(earliest_s, self._ring)

    def _let_go(self, request: Request, now_s: float) -> float:
        """Gives a call its permits, if it may go; how long it has to wait else."""
        earliest_s, chosen = NEVER_S, -1
        lowest: tuple[float, float] | None = None
        by_tokens = request.demand is not None and all(route.limiters[0].token_limit for route in request.routes)
        for index, route in enumerate(request.routes):
            delay_s = max(
                (one.delay_s(request.lent_by(one), request.demand, now_s) for one in route.limiters), default=0.0
            )
            load = route.load(by_tokens, now_s) if delay_s == 0.0 and len(request.routes) > 1 else None
            better = delay_s < earliest_s or (load is not None and lowest is not None and load < lowest)
            if chosen < 0 or better:
                earliest_s, chosen, lowest = delay_s, index, load
        if earliest_s == 0.0:
            thread = request.loop_thread
            request.permits = tuple([Permit(limiter, thread) for limiter in request.routes[chosen].limiters])
            request.route_index = chosen
            for permit in request.permits:
                permit.limiter.enter(permit, request.lent_by(permit.limiter), request.demand, now_s)
        return earliest_s


class _ThisThread(threading.local):
    is_telling = False


_this_thread = _ThisThread()
ADMISSION = AdmissionQueue()
"""The queue of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ADMISSION.forget)
