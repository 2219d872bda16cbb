"""A leaf call that waits for its limits without a thread: it goes to a worker once it has been let go.

Only a call whose callee itself has limits can wait so. One that is made inside of other code keeps the thread that it
stands on, and gives its place among the workers to another call.

Guarantees: the driving thread calls `parks`, `take_back` and `abandon`. Whoever lets the call go calls `_wake`, which
hands it to the pool. Permits are given back by the call itself, or by whoever finds that it won't be made; a second
time counts for nothing.
"""

from __future__ import annotations

import itertools
import time
from types import FunctionType, MethodType
from typing import Any, Protocol

from ..call_shape import read
from ..plan import Call
from ..tally import count
from ..task import CallStopped, Task
from .admission import ADMISSION
from .journey import GRANTED, Grant, Journey

JOURNEY = "__xcs_journey__"
"""The attribute of a function with limits: called with the arguments of a call, it gives its journey, or None."""


class Pool(Protocol):
    """Who runs tasks."""

    def submit(self, task: Task) -> bool:
        """Takes a task; true if it will run without further help, false if it is queued and may be claimed."""
        ...


class LimitedTask(Task):
    """One leaf call under limits.

    Attributes:
        is_parked: it waits for its limits.
    """

    __slots__ = ("_grant", "_has_begun", "_parked_ns", "_pool", "_turns", "is_parked")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.is_parked = False
        self._grant: Grant | None = None
        self._pool: Pool | None = None
        self._has_begun = False
        self._turns = itertools.count()
        self._parked_ns = 0

    def parks(self, pool: Pool) -> bool:
        """Asks to be let go: true if it has to wait, and goes to `pool` by itself then."""
        try:
            journey = self.context.run(self._journey)
        except Exception:  # the call raises it, in its place
            return False
        if journey is None:
            return False
        self._pool = pool
        request = self.context.run(journey.request, self._wake, blocked_loop=self.blocked_loop)
        self._grant = Grant(journey, request)
        self.context.run(GRANTED.set, self._grant)
        self.start_ns = self._parked_ns = time.perf_counter_ns()
        self.is_parked = True
        if ADMISSION.ask(request):
            self.is_parked = False
            self.start_ns = self._parked_ns = 0
            return False
        return True

    def _journey(self) -> Journey | None:
        """The way of the call; None where nothing bounds it, or only the call itself can tell."""
        frame, index = self.frame, self.index
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, Call)
        function = read(instruction.callee, frame.slots)
        is_bound = type(function) is MethodType
        plain = function.__func__ if is_bound else function
        if type(plain) is not FunctionType:
            plain, is_bound = getattr(type(function), "__call__"), True  # noqa: B004, B009 - the function itself
        maker = getattr(plain, JOURNEY, None)
        if maker is None:
            return None
        _, args, kwargs = frame.code.gather(index, frame.slots)
        receiver = getattr(function, "__self__", function)
        return maker(receiver, *args, **kwargs) if is_bound else maker(*args, **kwargs)

    def run(self) -> None:
        """Makes the call and posts the task; gives back what it was let go with if the call hasn't come to use it."""
        if next(self._turns):
            return  # handed over twice
        self._has_begun = True
        if self._parked_ns:
            self.context.run(count, limit_wait_ns=time.perf_counter_ns() - self._parked_ns)
        super().run()
        if self._grant is not None and not self._grant.is_taken:
            ADMISSION.leave(self._grant.request)

    def take_back(self, is_claimed: bool) -> bool:
        """See `Task.take_back`."""
        if self._grant is None:
            return is_claimed
        if not ADMISSION.withdraw(self._grant.request):
            if not is_claimed:
                return False
            ADMISSION.leave(self._grant.request)
        next(self._turns)  # whoever still hands it over does so for nothing
        return True

    def abandon(self) -> None:
        """See `Task.abandon`. Where nobody knows whether it was handed over, both sides give back."""
        super().abandon()
        if self._grant is not None and not self._has_begun:
            ADMISSION.give_back(self._grant.request)

    def _wake(self) -> None:
        """It has been let go, by whichever thread has left."""
        assert self._grant is not None
        assert self._pool is not None
        self.is_parked = False
        if self.is_stopped:
            ADMISSION.leave(self._grant.request)
            self.error = CallStopped()
            self.end_ns = time.perf_counter_ns()
            self._completions.put(self)
        elif not self._pool.submit(self):
            self._completions.put(self)  # the driver may claim it
