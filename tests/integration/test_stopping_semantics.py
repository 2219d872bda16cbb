"""Failures while calls overlap: the first in program order surfaces, and nothing later starts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import xcs

WAIT_S = 30.0  # how long a call waits for what should happen; reached only where the test fails
NUM_CALLS = 12
FAILING = 3
BOUND = 2


@xcs.op(effect="unordered")
def echo(text: str) -> str:
    return text


@xcs.op(effect="unordered")
async def echo_later(text: str) -> str:
    await asyncio.sleep(0)
    return text


class Late(LookupError):
    """The failure that comes first in the program and last in time."""


def test_of_two_failures_the_first_in_program_order_surfaces() -> None:
    second_failed = threading.Event()

    @xcs.op(effect="unordered")
    def fails_late() -> str:
        assert second_failed.wait(WAIT_S)
        raise Late("first")

    @xcs.op(effect="unordered")
    def fails_early() -> str:
        second_failed.set()
        raise KeyError("second")

    @xcs.jit
    def program() -> list[str]:
        return [fails_late(), fails_early()]

    with pytest.raises(Late, match="first"):
        program()


class Calls:
    """Which calls have started, and which of them after the failure."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.after_failure: list[int] = []
        self.has_failed = False
        self.lock = threading.Lock()

    def start(self, index: int) -> None:
        with self.lock:
            self.started.append(index)
            if self.has_failed:
                self.after_failure.append(index)

    def fail(self) -> None:
        with self.lock:
            self.has_failed = True
        raise ValueError("failed")


@pytest.fixture
def two_workers() -> Iterator[None]:
    xcs.set_max_workers(BOUND)
    yield
    xcs.set_max_workers(512)


def failing_map(calls: Calls, **policy: Any) -> Callable[[range], Any]:
    """A map of which one call fails, with all the others ready to go."""

    @xcs.op(effect="unordered", **policy)
    def work(index: int) -> int:
        calls.start(index)
        if index == FAILING:
            calls.fail()
        return index

    return xcs.jit(lambda indices: [work(index) for index in indices])


@pytest.mark.parametrize("turn", range(20))
def test_nothing_later_starts_after_a_failure_under_a_limit(turn: int) -> None:
    calls = Calls()
    with pytest.raises(ValueError, match="failed"):
        failing_map(calls, max_concurrency=BOUND)(range(NUM_CALLS))
    assert [index for index in calls.after_failure if index > FAILING] == []
    assert {0, 1, 2} <= set(calls.started)


@pytest.mark.usefixtures("two_workers")
@pytest.mark.parametrize("turn", range(20))
def test_nothing_later_starts_after_a_failure_in_a_small_pool(turn: int) -> None:
    calls = Calls()
    with pytest.raises(ValueError, match="failed"):
        failing_map(calls)(range(NUM_CALLS))
    assert [index for index in calls.after_failure if index > FAILING] == []
    assert {0, 1, 2} <= set(calls.started)


def test_nothing_later_starts_after_a_failure_on_an_event_loop() -> None:
    calls = Calls()

    @xcs.op(effect="unordered", max_concurrency=BOUND)
    async def work(index: int) -> int:
        calls.start(index)
        await asyncio.sleep(0)
        if index == FAILING:
            calls.fail()
        return index

    @xcs.jit
    async def program(indices: range) -> list[int]:
        return [await work(index) for index in indices]

    with pytest.raises(ValueError, match="failed"):
        asyncio.run(program(range(NUM_CALLS)))
    assert [index for index in calls.after_failure if index > FAILING] == []


def test_earlier_calls_still_start_after_a_failure() -> None:
    calls = Calls()
    has_failed = threading.Event()

    @xcs.op(effect="unordered")
    def first() -> str:
        assert has_failed.wait(WAIT_S)
        return "first"

    @xcs.op(effect="unordered")
    def second(answer: str) -> str:
        calls.start(1)
        return answer

    @xcs.op(effect="unordered")
    def failing() -> str:
        has_failed.set()
        return calls.fail() or ""

    @xcs.jit
    def program() -> list[str]:
        return [second(first()), failing()]

    with pytest.raises(ValueError, match="failed"):
        program()
    assert calls.after_failure == [1]


def test_a_limited_call_that_is_tried_again_stops_nothing() -> None:
    num_tries = 0

    @xcs.op(effect="unordered", max_concurrency=BOUND, retries=xcs.Retry(1, first_wait_s=0.0, max_wait_s=0.0))
    def work(index: int) -> int:
        nonlocal num_tries
        if index == FAILING:
            num_tries += 1
            if num_tries == 1:
                raise ValueError("once")
        return index

    assert xcs.jit(lambda indices: [work(index) for index in indices])(range(NUM_CALLS)) == [*range(NUM_CALLS)]
    assert num_tries == 2


def test_a_limited_call_inside_of_another_may_fail_and_stop_nothing() -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    def inner(index: int) -> int:
        if index == FAILING:
            raise ValueError("caught")
        return index

    @xcs.op(effect="unordered", max_concurrency=BOUND)
    def outer(index: int) -> int:
        try:
            return inner(index)
        except ValueError:
            return -1

    expected = [-1 if index == FAILING else index for index in range(NUM_CALLS)]
    assert xcs.jit(lambda indices: [outer(index) for index in indices])(range(NUM_CALLS)) == expected


def test_a_failure_that_is_handled_stops_only_what_it_ends() -> None:
    calls = Calls()

    @xcs.op(effect="unordered", max_concurrency=1)
    def work(index: int) -> int:
        calls.start(index)
        if index == 1:
            raise ValueError("handled")
        return index

    @xcs.jit
    def program(index: int) -> list[int]:
        try:
            found = [work(index), work(index + 1), work(index + 2)]
        except ValueError:
            found = [work(index + 10)]
        return [*found, work(index + 20)]

    assert program(0) == [10, 20]
    assert sorted(calls.started) == [0, 1, 10, 20]
