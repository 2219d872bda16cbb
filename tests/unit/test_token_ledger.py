"""Tokens a minute, on times that the tests set: windows never see more than the limit, and it is used."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

import pytest

from xcs.runtime.limits.admission import ADMISSION, Request, Route
from xcs.runtime.limits.demand import Demand, UsedTokens
from xcs.runtime.limits.limiter import Limiter
from xcs.runtime.limits.rate import RateLimit
from xcs.runtime.limits.token_ledger import TokenLedger
from xcs.runtime.models.token_demand import PART_TOKENS, demand_of

MINUTE_S = 60.0


def calls_let_go(
    limit: int, demand: Demand, answers: list[int], latency_s: float, until_s: float
) -> list[tuple[float, int]]:
    """When calls go that come as fast as they may, and what each uses; prompts have 20 tokens."""
    ledger = TokenLedger(RateLimit(limit, per_s=MINUTE_S), 0.0)
    let_go: list[tuple[float, int]] = []
    in_flight: list[tuple[float, int, Any, UsedTokens]] = []
    now = 0.0
    for number, answer in enumerate(itertools.cycle(answers)):
        while (delay_s := ledger.delay_s(demand, now)) > 0.0 or (in_flight and in_flight[0][0] <= now):
            if in_flight and in_flight[0][0] <= now + delay_s:
                now, _, spending, used = heapq.heappop(in_flight)
                ledger.settle(spending, used, now)
            else:
                now += delay_s
        if now > until_s:
            return let_go
        used = UsedTokens(20, answer)
        heapq.heappush(in_flight, (now + latency_s, number, ledger.take(demand, now), used))
        let_go.append((now, used.total))
    raise AssertionError


def most_in_a_window(let_go: list[tuple[float, int]]) -> int:
    return max(sum(used for at, used in let_go if start <= at < start + MINUTE_S) for start, _ in let_go)


@pytest.mark.parametrize(
    ("latency_s", "used_share"), [(0.1, 0.95), (5.0, 0.85)]
)  # what is in flight counts for the most
@pytest.mark.parametrize(
    ("limit", "most_answered", "answers"),
    [
        (1_000, 280, [280]),  # three calls and a bit fit
        (20_000, 300, [40, 300, 120]),
        (20_000, 300, [280]),
        (90_000, 1_000, [800, 900, 1_000]),
    ],
)
def test_bounded_calls_never_exceed_the_limit(
    limit: int, most_answered: int, answers: list[int], latency_s: float, used_share: float
) -> None:
    let_go = calls_let_go(limit, Demand(12, most_answered=most_answered), answers, latency_s, 5 * MINUTE_S)
    assert most_in_a_window(let_go) <= limit
    if limit >= 20_000:
        assert sum(used for _, used in let_go) >= used_share * 5 * limit


def test_calls_without_a_bound_learn_it_from_the_answers() -> None:
    let_go = calls_let_go(20_000, Demand(12), [700, 350, 700], 2.0, 5 * MINUTE_S)
    assert most_in_a_window(let_go) <= 20_000
    assert sum(used for _, used in let_go) >= 0.9 * 5 * 20_000


def test_what_a_failed_call_has_used_is_unknown_and_counts_for_the_most() -> None:
    limiter = Limiter("one", None, None, RateLimit(1_000, per_s=MINUTE_S))
    request = Request([Route((limiter,))], Demand(12, most_answered=888), lambda: None)
    assert ADMISSION.ask(request)
    ADMISSION.leave(request)
    assert limiter.token_share(0.0) == pytest.approx(0.9)


def test_a_call_larger_than_the_limit_goes_alone() -> None:
    ledger = TokenLedger(RateLimit(1_000, per_s=MINUTE_S), 0.0)
    small, large = Demand(12, most_answered=10), Demand(12, most_answered=5_000)
    ledger.take(small, 0.0)
    assert ledger.delay_s(large, 1.0) == pytest.approx(60.2)
    assert ledger.delay_s(large, 61.3) == 0.0


def test_long_prompts_teach_what_a_byte_counts_and_short_ones_what_is_fixed() -> None:
    ledger = TokenLedger(RateLimit(100_000, per_s=MINUTE_S), 0.0)
    dense, brief = Demand(3_000, most_answered=0), Demand(12, most_answered=0)
    ledger.settle(ledger.take(dense, 0.0), UsedTokens(1_500, 0), 0.0)
    ledger.settle(ledger.take(brief, 0.0), UsedTokens(43, 0), 0.0)
    spending = ledger.take(Demand(6_000, most_answered=0), 0.0)
    assert spending.amount == 3_000 + 40 + 1


def test_routes_with_token_limits_share_by_what_is_taken_of_them() -> None:
    narrow, wide = (Limiter(name, None, None, RateLimit(amount)) for name, amount in (("n", 10**6), ("w", 3 * 10**6)))
    routes = [Route((narrow,)), Route((wide,))]
    gone = []
    for _ in range(8):
        request = Request(routes, Demand(12, most_answered=91), lambda: None)
        assert ADMISSION.ask(request)
        gone.append(request.route_index)
        ADMISSION.leave(request, UsedTokens(20, 80))
    assert gone.count(0) == 2


@pytest.mark.parametrize(
    ("kind", "subject", "options", "expected"),
    [
        ("complete", "ask", {"max_tokens": 9}, Demand(3, 0, 9)),
        ("complete", "ask", {}, Demand(3)),
        ("complete", "öde", {"system": "be"}, Demand(6)),
        ("complete", "ask", {"max_completion_tokens": 7, "n": 3}, Demand(3, 0, 21)),
        ("embed", "ask", {"max_tokens": 9}, Demand(3, 0, 0)),
        ("embed_batch", ["ask", "me"], {}, Demand(5, 0, 0)),
        ("message", [{"role": "user", "content": "ask"}], {}, Demand(7)),
        (
            "message",
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:" + 9_999 * "x"}}]}],
            {},
            Demand(4, PART_TOKENS),
        ),
    ],
)
def test_what_a_call_may_use(kind: str, subject: object, options: dict[str, object], expected: Demand) -> None:
    assert demand_of(kind, subject, options) == expected
