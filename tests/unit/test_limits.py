"""Rates, limiters and the queue of calls that wait for them, on times that the tests set."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from xcs.diagnostics.errors import XCSError
from xcs.runtime.limits.admission import ADMISSION, HELD, Request, Route
from xcs.runtime.limits.limiter import Limiter
from xcs.runtime.limits.policy import Policy
from xcs.runtime.limits.rate import RateLimit, TokenBucket
from xcs.runtime.limits.retry import Retry, is_transient, retry_after_s

PATIENCE_S = 30.0


def request_for(*limiters: Limiter) -> tuple[Request, threading.Event]:
    told = threading.Event()
    return Request([Route(limiters)], None, told.set), told


@pytest.mark.parametrize("amount", [1, 2, 10, 60, 600, 5000])
def test_no_window_sees_more_than_the_limit_and_nearly_all_of_it_is_used(amount: int) -> None:
    """Taken greedily for five periods: each window holds at most the limit, the whole at least 95 % of it."""
    bucket = TokenBucket(RateLimit(amount, per_s=60.0), 0.0)
    taken: list[float] = []
    now = 0.0
    while now < 300.0:
        if bucket.delay_s(1, now) == 0.0:
            bucket.take(1, now)
            taken.append(now)
        else:
            now += bucket.delay_s(1, now)
    exceeding = [(start, later) for start, later in pairwise(taken[:: amount or 1]) if later - start < 60.0]
    assert not exceeding
    assert len(taken) >= 0.95 * 5 * amount - 1


def test_what_is_larger_than_the_bucket_is_paid_back() -> None:
    bucket = TokenBucket(RateLimit(1000, per_s=10.0), 0.0)
    bucket.take(500, 0.0)
    assert bucket.delay_s(1, 0.0) == pytest.approx(4.98, rel=0.02)
    bucket.take(-400, 0.0)  # it used less
    assert bucket.delay_s(1, 0.0) == pytest.approx(0.92, rel=0.03)


def test_calls_are_let_go_in_the_order_in_which_they_asked() -> None:
    limiter = Limiter("one", 1)
    first, _ = request_for(limiter)
    assert ADMISSION.ask(first)
    waiting = [request_for(limiter) for _ in range(3)]
    assert not any(ADMISSION.ask(request) for request, _ in waiting)
    last = first
    for index, (request, told) in enumerate(waiting):
        assert not told.is_set()
        ADMISSION.leave(last)
        assert told.is_set()
        assert not any(later.is_set() for _, later in waiting[index + 1 :])
        last = request
    ADMISSION.leave(last)
    assert limiter.in_flight == 0


def test_a_call_that_waits_for_one_limiter_holds_no_other() -> None:
    busy, free = Limiter("busy", 1), Limiter("free", 1)
    holder, _ = request_for(busy)
    assert ADMISSION.ask(holder)
    both, told = request_for(free, busy)
    assert not ADMISSION.ask(both)
    other, _ = request_for(free)
    assert ADMISSION.ask(other)
    ADMISSION.leave(holder)
    assert not told.is_set()
    ADMISSION.leave(other)
    assert told.is_set()
    ADMISSION.leave(both)
    assert (busy.in_flight, free.in_flight) == (0, 0)


def test_a_withdrawn_call_is_passed_over() -> None:
    limiter = Limiter("one", 1)
    holder, _ = request_for(limiter)
    assert ADMISSION.ask(holder)
    gone, told_gone = request_for(limiter)
    next_one, told = request_for(limiter)
    assert not ADMISSION.ask(gone)
    assert not ADMISSION.ask(next_one)
    assert ADMISSION.withdraw(gone)
    ADMISSION.leave(holder)
    assert (told_gone.is_set(), told.is_set()) == (False, True)
    assert not ADMISSION.withdraw(next_one)
    ADMISSION.leave(next_one)


def test_one_inner_call_at_a_time_borrows_the_permit_of_the_call_around_it() -> None:
    limiter = Limiter("one", 1)
    outer, _ = request_for(limiter)
    assert ADMISSION.ask(outer)
    token = HELD.set(outer.permits)
    try:
        inner, _ = request_for(limiter)
        second, told = request_for(limiter)
        assert ADMISSION.ask(inner)
        assert not ADMISSION.ask(second)
    finally:
        HELD.reset(token)
    assert limiter.in_flight == 1
    stranger, told_stranger = request_for(limiter)
    assert not ADMISSION.ask(stranger)
    ADMISSION.leave(inner)
    assert (told.is_set(), told_stranger.is_set()) == (True, False)
    ADMISSION.leave(second)
    ADMISSION.leave(outer)
    assert told_stranger.is_set()
    ADMISSION.leave(stranger)


def test_time_alone_lets_calls_go() -> None:
    limiter = Limiter("paced", rate_limit=RateLimit(50, per_s=1.0))
    requests = [request_for(limiter) for _ in range(5)]
    for request, told in requests:
        if not ADMISSION.ask(request):
            assert told.wait(PATIENCE_S)
    for request, _ in requests:
        ADMISSION.leave(request)


def test_the_least_loaded_route_is_taken_by_weight() -> None:
    light, heavy = Limiter("light"), Limiter("heavy")
    routes = [Route((light,), 1.0), Route((heavy,), 3.0)]
    requests = [Request(routes, None, lambda: None) for _ in range(8)]
    assert all(ADMISSION.ask(request) for request in requests)
    assert (light.in_flight, heavy.in_flight) == (2, 6)
    for request in requests:
        ADMISSION.leave(request)


class Answer:
    def __init__(self, status_code: int, **headers: str) -> None:
        self.status_code = status_code
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}


class AnswerError(Exception):
    def __init__(self, response: Answer) -> None:
        super().__init__("no")
        self.response = response


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionError(), True),
        (TimeoutError(), True),
        (ValueError("malformed"), True),
        (TypeError(), False),
        (XCSError("no"), False),
        (KeyboardInterrupt(), False),
        (AnswerError(Answer(429)), True),
        (AnswerError(Answer(503)), True),
        (AnswerError(Answer(400)), False),
        (AnswerError(Answer(401)), False),
    ],
)
def test_what_may_be_tried_again(error: BaseException, expected: bool) -> None:
    assert is_transient(error) is expected


def test_the_wait_that_a_server_asks_for() -> None:
    assert retry_after_s(AnswerError(Answer(429, retry_after="1.5"))) == 1.5
    assert retry_after_s(AnswerError(Answer(429, retry_after_ms="250"))) == 0.25
    assert retry_after_s(AnswerError(Answer(429, retry_after="Wed, 01 Jan 2020 00:00:00 GMT"))) == 0.0
    assert retry_after_s(AnswerError(Answer(429, retry_after="Fri, 01 Jan 2100 00:00:00 GMT"))) > 1e9
    assert retry_after_s(AnswerError(Answer(429, retry_after="soon"))) == 0.0
    assert retry_after_s(ConnectionError()) == 0.0


def test_waits_grow_up_to_their_bound() -> None:
    pytest.importorskip("tenacity")
    retry = Retry(9, first_wait_s=0.5, max_wait_s=3.0)
    longest = [max(retry.wait_s(attempt) for _ in range(200)) for attempt in (1, 2, 8)]
    assert 0.4 < longest[0] <= 0.5 < longest[1] <= 1.0 < longest[2] <= 3.0


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"timeout_s": 0}, "expected `timeout_s` in seconds above 0, found `0`"),
        ({"max_concurrency": 0}, "expected `max_concurrency` to be at least 1, found `0`"),
        ({"rate_limit": 0}, "expected a rate of at least 1, found `0`"),
        ({"retries": -1}, "expected the number of retries to be 0 or more, found `-1`"),
    ],
)
def test_impossible_policies_are_explained(policy: dict[str, int], message: str) -> None:
    with pytest.raises(XCSError) as caught:
        Policy.of(**policy)
    assert str(caught.value) == message


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(XCSError, match=r"help: `pip install xcs\[retry\]`"):
        Retry(2)


def test_what_blocks_an_event_loop_shares_the_place_of_a_call_that_the_loop_awaits() -> None:
    limiter, loop_thread = Limiter("one", 2), 7
    route = [Route((limiter,))]
    awaited = [Request(route, None, lambda: None, loop_thread=loop_thread) for _ in range(2)]
    blocking = [Request(route, None, lambda: None, blocked_loop=thread) for thread in (7, 7, 8)]
    assert ADMISSION.ask(awaited[0])
    assert ADMISSION.ask(blocking[2])  # there is room: nothing is shared
    assert limiter.in_flight == 2
    assert ADMISSION.ask(blocking[0])
    assert not ADMISSION.ask(blocking[1])  # one at a time
    assert limiter.in_flight == 2
    ADMISSION.leave(blocking[0])
    assert blocking[1].route_index == 0
    ADMISSION.leave(blocking[1])
    ADMISSION.leave(blocking[2])
    assert ADMISSION.ask(awaited[1])
    for request in awaited:
        ADMISSION.leave(request)
    assert limiter.in_flight == 0
    assert limiter.held_up(loop_thread) is None
