"""Making a limited call from a coroutine: waits are awaited, so no thread is involved.

Guarantees: belongs to one task of one loop. However the wait ends, also by cancellation, what the call was given is
given back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from threading import get_ident
from typing import Any

from ..tally import count, recording
from .admission import ADMISSION, HELD, Request
from .journey import Journey


async def await_limited(journey: Journey, attempt: Callable[[int], Awaitable[Any]]) -> Any:
    """What awaiting `attempt(route_index)` gives, under the limits and by the policy of the journey.

    Raises:
        TimeoutError: the last attempt took too long; it was cancelled.
    """
    while True:
        told, request = _asking(journey)
        try:
            await _wait_for(request, told)
            value = await _attempt(journey, request, attempt)
        except BaseException as error:
            wait_s = journey.failed(request, error)
            if wait_s is None:
                raise
        else:
            journey.succeeded(request)
            return value
        if wait_s > 0:
            start_ns = time.perf_counter_ns()
            await asyncio.sleep(wait_s)
            count(retry_wait_ns=time.perf_counter_ns() - start_ns)


def _asking(journey: Journey) -> tuple[asyncio.Future[None], Request]:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        try:
            loop.call_soon_threadsafe(lambda: told.done() or told.set_result(None))
        except RuntimeError:  # the loop is closed: nobody waits any more
            ADMISSION.leave(request)

    request = journey.request(wake, loop_thread=get_ident())
    return told, request


async def _wait_for(request: Request, told: asyncio.Future[None]) -> None:
    """Waits until the call is let go."""
    if ADMISSION.ask(request):
        return
    start_ns = time.perf_counter_ns()
    await told
    count(limit_wait_ns=time.perf_counter_ns() - start_ns)


async def _attempt(journey: Journey, request: Request, attempt: Callable[[int], Awaitable[Any]]) -> Any:
    token = HELD.set((*request.inherited, *request.permits))
    try:
        index = journey.route_index(request)
        if journey.demand is not None:
            with recording(journey.used):
                return await _in_time(journey, attempt, index)
        return await _in_time(journey, attempt, index)
    finally:
        HELD.reset(token)


async def _in_time(journey: Journey, attempt: Callable[[int], Awaitable[Any]], index: int) -> Any:
    if journey.timeout_s is None:
        return await attempt(index)
    deadline = asyncio.timeout(journey.timeout_s)
    try:
        async with deadline:
            return await attempt(index)
    except TimeoutError:
        if not deadline.expired():
            raise
        count(timeouts=1)
        raise TimeoutError(f"`{journey.name}` took longer than `{journey.timeout_s}` s") from None
