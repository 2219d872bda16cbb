"""Making a limited call from synchronous code: it waits for its limits, and is given up or made again as agreed.

Guarantees: callable from any thread. What waits holds no permit of its own, gives its place in the pool of workers to
another call, and is woken once; Ctrl-C ends the wait and gives everything back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from ..places import place_given_back, place_of_this_thread
from ..tally import count, recording
from ..task import CallStopped, Task, blocked_loop, running_task
from .admission import ADMISSION, HELD, Request
from .journey import GRANTED, Journey


def call_limited(journey: Journey, attempt: Callable[[int], Any]) -> Any:
    """What `attempt(route_index)` gives, under the limits and by the policy of the journey.

    Raises:
        TimeoutError: the last attempt took too long. It goes on in the background, and what it gives is dropped.
    """
    granted = GRANTED.get()
    request = None if granted is None else granted.take(journey)
    if granted is not None and request is not None:
        journey = granted.journey
    task = running_task()
    if task is None:
        return _call(journey, attempt, None, request)
    if not task.limit_depth and task.calls_limited():
        journey.on_failure = task.note_failure
    task.limit_depth += 1
    try:
        return _call(journey, attempt, task, request)
    finally:
        task.limit_depth -= 1


def _call(journey: Journey, attempt: Callable[[int], Any], task: Task | None, request: Request | None) -> Any:
    """Makes the call; with a `request`, the first attempt has been let go already."""
    while True:
        told = threading.Event()
        if request is None:
            request = journey.request(told.set, blocked_loop=blocked_loop())
        try:
            if request.route_index < 0:
                _wait_for(request, told, task)
            if task is not None and task.is_stopped:
                raise CallStopped
            value = _attempt(journey, request, attempt)
        except BaseException as error:
            wait_s = journey.failed(request, error)
            if wait_s is None:
                raise
        else:
            journey.succeeded(request)
            return value
        request = None
        if wait_s > 0:
            _wait_for_retry(wait_s, task)


def _wait_for(request: Request, told: threading.Event, task: Task | None) -> None:
    """Waits until the call is let go, or is stopped."""
    if ADMISSION.ask(request):
        return
    count(limit_wait_ns=_wait_until(told, None, task))


def _wait_for_retry(wait_s: float, task: Task | None) -> None:
    """Waits before another attempt; no longer than somebody wants the call."""
    count(retry_wait_ns=_wait_until(threading.Event(), wait_s, task))
    if task is not None and task.is_stopped:
        raise CallStopped


def _wait_until(told: threading.Event, wait_s: float | None, task: Task | None) -> int:
    """Waits until something is told, or the call is stopped: for how many nanoseconds."""
    start_ns = time.perf_counter_ns()
    if task is not None:
        task.wake = told.set
        if task.is_stopped:
            told.set()
    try:
        with place_given_back():
            told.wait(wait_s)
    finally:
        if task is not None:
            task.wake = None
    return time.perf_counter_ns() - start_ns


def _attempt(journey: Journey, request: Request, attempt: Callable[[int], Any]) -> Any:
    token = HELD.set((*request.inherited, *request.permits))
    try:
        index = journey.route_index(request)
        if journey.demand is not None:
            with recording(journey.used):
                return _in_time(journey, attempt, index)
        return _in_time(journey, attempt, index)
    finally:
        HELD.reset(token)


def _in_time(journey: Journey, attempt: Callable[[int], Any], index: int) -> Any:
    if journey.timeout_s is None:
        return attempt(index)
    timed = _TimedAttempt(attempt, index, copy_context())
    threading.Thread(target=timed.run, name="xcs-timed-call", daemon=True).start()
    if not timed.is_done.wait(journey.timeout_s):
        count(timeouts=1)
        raise TimeoutError(f"`{journey.name}` took longer than `{journey.timeout_s}` s")
    if timed.error is not None:
        raise timed.error
    return timed.value


class _TimedAttempt:
    """An attempt on a thread of its own, which nobody may wait for any more when it ends."""

    def __init__(self, attempt: Callable[[int], Any], index: int, context: Context) -> None:
        self.is_done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None
        self._call = (attempt, index)
        self._context = context
        self._place = place_of_this_thread()

    def run(self) -> None:
        """Makes the attempt, in the place of the thread that waits for it: what waits inside gives that place back."""
        try:
            with self._place():
                self.value = self._context.run(*self._call)
        except BaseException as error:
            self.error = error
        self.is_done.set()
