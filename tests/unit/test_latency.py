"""What calls have cost decides what is fast, by callable, and changes with it."""

from __future__ import annotations

import gc

import pytest

from xcs.diagnostics.identity import identity
from xcs.runtime import latency
from xcs.runtime.latency import FAST_NS, MAX_DEBT_NS, MAX_KNOWN, MIN_FAST, VERDICTS, WINDOW, Latency, latency_of

FAST, SLOW = FAST_NS // 10, FAST_NS * 10


def noted(*durations: int) -> Latency:
    found = Latency()
    for duration in durations:
        found.note(duration)
    return found


def test_a_callable_that_was_never_called_is_slow() -> None:
    assert not Latency().is_fast


def test_enough_fast_calls_in_a_row_make_it_fast() -> None:
    found = noted(*[FAST] * (MIN_FAST - 1))
    assert not found.is_fast
    found.note(FAST)
    assert found.is_fast
    assert not noted(*[FAST] * (MIN_FAST - 1), SLOW, *[FAST] * (MIN_FAST - 1)).is_fast


def test_one_slow_call_among_many_is_the_machine() -> None:
    found = noted(*[FAST] * MIN_FAST, SLOW, *[FAST] * WINDOW, SLOW)
    assert found.is_fast


def test_rare_calls_that_take_longer_than_all_others_together_make_it_slow() -> None:
    found = noted(*[FAST] * MIN_FAST)
    for _ in range(3):
        found.note(70_000_000)
        found.note_fast(2 * WINDOW)
    assert not found.is_fast
    assert not noted(*[FAST] * MIN_FAST, MAX_DEBT_NS * 2).is_fast


def test_calls_timed_together_count_as_so_many() -> None:
    found = noted(*[FAST] * MIN_FAST)
    for _ in range(3):
        found.note(15 * FAST_NS, 16)
    assert found.is_fast
    assert found.num_calls == MIN_FAST + 48


def test_two_slow_calls_make_it_slow_and_it_is_trusted_less_afterwards() -> None:
    found = noted(*[FAST] * MIN_FAST, SLOW, SLOW)
    assert not found.is_fast
    assert found.required == 2 * MIN_FAST
    for _ in range(2 * MIN_FAST - 1):
        found.note(FAST)
    assert not found.is_fast
    found.note(FAST)
    assert found.is_fast


def test_each_change_of_a_verdict_shows() -> None:
    before = VERDICTS.serial
    found = noted(*[FAST] * MIN_FAST)
    became_fast = VERDICTS.serial
    assert became_fast != before
    found.note(SLOW)
    found.note(SLOW)
    assert VERDICTS.serial != became_fast


def test_the_mean_follows_what_calls_cost_now() -> None:
    found = noted(1000)
    assert found.mean_ns == 1000
    for _ in range(50):
        found.note(9000)
    assert 8000 < found.mean_ns <= 9000


class Model:
    def ask(self) -> None:
        """A method."""

    def __call__(self) -> None:
        """An object that can be called."""


def test_each_object_that_is_called_has_a_record_of_its_own() -> None:
    one, other = Model(), Model()
    assert latency_of(one) is latency_of(one)
    assert latency_of(one) is not latency_of(other)
    assert latency_of(one.ask) is latency_of(one.ask)
    assert latency_of(one.ask) is not latency_of(other.ask)
    assert latency_of(one.ask) is not latency_of(one)
    assert latency_of(test_each_change_of_a_verdict_shows) is latency_of(test_each_change_of_a_verdict_shows)


def test_a_record_ends_with_its_callable() -> None:
    one = Model()
    key = identity(one)
    latency_of(one)
    assert key in latency._known
    del one
    gc.collect()
    assert key not in latency._known


def test_what_cannot_be_referred_to_weakly_is_never_fast() -> None:
    class Slotted:
        __slots__ = ()

        def __call__(self) -> None:
            """An object."""

    one = Slotted()
    assert latency_of(one) is not latency_of(one)


def test_the_number_of_records_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_known", {})
    kept = [Model() for _ in range(MAX_KNOWN + 10)]
    for one in kept:
        latency_of(one)
    assert len(latency._known) == MAX_KNOWN
