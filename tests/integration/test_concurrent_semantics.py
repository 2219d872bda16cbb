"""What plain Python means stays so while calls overlap: pending values, bounds, context and order."""

from __future__ import annotations

import asyncio
import contextvars
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


def test_text_with_a_pending_value() -> None:
    @xcs.jit
    def program(question: str) -> str:
        answer = echo(question)
        return echo(f"[{answer!r:>8}|{answer}]")

    assert program("why") == "[   'why'|why]"


def test_the_truth_of_a_pending_empty_string() -> None:
    @xcs.jit
    def program(question: str) -> list[Any]:
        answer = echo(question)
        seen = ["full" if answer else "empty", answer or "nothing", not answer, bool(answer)]
        while not answer:
            answer = echo("asked again")
        return [*seen, answer]

    assert program("") == ["empty", "nothing", True, False, "asked again"]
    assert program("why") == ["full", "why", False, True, "why"]


def test_both_on_an_event_loop() -> None:
    @xcs.jit
    async def program(question: str) -> list[str]:
        answer = await echo_later(question)
        return [await echo_later(f"[{answer}]"), "full" if answer else "empty"]

    assert asyncio.run(program("")) == ["[]", "empty"]


@pytest.fixture
def two_workers() -> Iterator[None]:
    xcs.set_max_workers(BOUND)
    yield
    xcs.set_max_workers(512)


class Peak:
    """How many calls were in at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = self.highest = self.calls = 0

    def attend(self) -> None:
        with self.lock:
            self.running += 1
            self.calls += 1
            self.highest = max(self.highest, self.running)
        threading.Event().wait(0.001)  # so that calls meet; the bound has to hold whether they do or not
        with self.lock:
            self.running -= 1


def fan_out(leaf: Callable[[int], int]) -> Callable[[int], Any]:
    """A program of nested maps, three deep."""

    @xcs.jit
    def program(width: int) -> list[list[list[int]]]:
        return [[[leaf(i + j + k) for k in range(width)] for j in range(width)] for i in range(width)]

    return program


def test_a_nested_fan_out_stays_within_its_bound() -> None:
    peak = Peak()

    @xcs.op(effect="unordered", max_concurrency=BOUND)
    def leaf(value: int) -> int:
        peak.attend()
        return value

    assert fan_out(leaf)(4) == [[[i + j + k for k in range(4)] for j in range(4)] for i in range(4)]
    assert peak.calls == 64
    assert peak.highest <= BOUND


@pytest.mark.usefixtures("two_workers")
def test_programs_in_calls_of_programs_stay_within_the_pool_and_end() -> None:
    peak = Peak()

    @xcs.op(effect="unordered")
    def leaf(value: int) -> int:
        peak.attend()
        return value

    def deeper(inner: Callable[[int], Any]) -> Callable[[int], Any]:
        @xcs.op(effect="unordered")
        def node(value: int) -> Any:
            return xcs.jit(lambda values: [inner(one) for one in values])([value, value + 1, value + 2])

        return node

    program = deeper(deeper(deeper(leaf)))
    assert program(0) == [
        [[0, 1, 2], [1, 2, 3], [2, 3, 4]],
        [[1, 2, 3], [2, 3, 4], [3, 4, 5]],
        [[2, 3, 4], [3, 4, 5], [4, 5, 6]],
    ]
    assert peak.calls == 27
    assert peak.highest <= BOUND


def test_calls_that_call_themselves_under_their_own_bound_end() -> None:
    peak = Peak()

    @xcs.op(effect="unordered", max_concurrency=BOUND)
    def node(depth: int) -> int:
        if depth == 0:
            peak.attend()
            return 1
        return sum(branches([depth - 1] * 3))

    @xcs.jit
    def branches(depths: list[int]) -> list[int]:
        return [node(depth) for depth in depths]

    assert sum(branches([2] * 3)) == 27
    assert peak.highest <= BOUND


user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")


def test_context_variables_arrive() -> None:
    @xcs.op(effect="unordered")
    def who(index: int) -> str:
        return f"{user.get()} {index}"

    token = user.set("somebody")
    try:
        found = xcs.jit(lambda indices: [who(index) for index in indices])(range(5))
    finally:
        user.reset(token)
    assert found == [f"somebody {index}" for index in range(5)]


def test_results_keep_their_order() -> None:
    turns = [threading.Event() for _ in range(NUM_CALLS)]
    turns[-1].set()
    ended: list[int] = []

    @xcs.op(effect="unordered")
    def work(index: int) -> int:
        assert turns[index].wait(WAIT_S)
        ended.append(index)
        turns[index - 1].set()
        return index

    assert xcs.jit(lambda indices: [work(index) for index in indices])(range(NUM_CALLS)) == [*range(NUM_CALLS)]
    assert ended == [*reversed(range(NUM_CALLS))]
