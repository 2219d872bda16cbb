"""Policies of ops hold in compiled programs, in plain Python, across threads, in nested maps and on event loops."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import xcs
from xcs.runtime.executor import ThreadsExecutor
from xcs.runtime.workers import ThreadPool

pytestmark = pytest.mark.usefixtures("leaves_nothing")
PATIENCE_S = 30.0
SOON = xcs.Retry(3, first_wait_s=0.001) if find_spec("tenacity") else None
needs_retry = pytest.mark.skipif(SOON is None, reason="needs the extra `retry`")


class Gauge:
    """Counts who is inside; `full` is set once so many are."""

    def __init__(self, size: int) -> None:
        self.peak = self.inside = self.calls = 0
        self.size = size
        self.full = threading.Event()
        self.lock = threading.Lock()

    def __enter__(self) -> int:
        with self.lock:
            self.calls += 1
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            if self.inside == self.size:
                self.full.set()
            return self.calls

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1


def gauged(size: int, **policy: Any) -> tuple[Gauge, Callable[[str], str]]:
    gauge = Gauge(size)

    @xcs.op(effect="unordered", max_concurrency=size, **policy)
    def ask(text: str) -> str:
        with gauge:
            assert gauge.full.wait(PATIENCE_S), "never full: calls don't overlap as they may"
            return text.upper()

    return gauge, ask


def test_nested_maps_share_one_bound() -> None:
    gauge, ask = gauged(4)

    @xcs.jit
    def program(rows: list[list[str]]) -> list[list[str]]:
        return [[ask(text) for text in row] for row in rows]

    assert program([["a", "b", "c"]] * 5) == [["A", "B", "C"]] * 5
    assert gauge.peak == 4


@needs_retry
def test_the_timeline_shows_retries_and_waits(tmp_path: Path) -> None:
    failing = [True]

    @xcs.op(effect="unordered", retries=SOON, rate_limit=xcs.RateLimit(10, per_s=3.0))
    def ask(text: str) -> str:
        if text == "a" and failing.pop():
            failing.append(False)
            raise ConnectionError
        return text.upper()

    program = xcs.jit(lambda texts: [ask(text) for text in texts])
    with xcs.timeline(tmp_path / "trace.json") as instrument:
        assert program(["a", "b", "c"]) == ["A", "B", "C"]
    assert [span.retries for span in instrument.in_program_order()] == [1, 0, 0]
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sum(event["args"].get("retries", 0) for event in events) == 1
    assert sum(event["args"].get("waited_ms", 0.0) for event in events) > 0  # one call every 0.3 s


def test_calls_above_a_rate_wait_and_say_so() -> None:
    @xcs.op(effect="unordered", rate_limit=xcs.RateLimit(10, per_s=3.0))
    def ask(text: str) -> str:
        return text.upper()

    program = xcs.jit(lambda texts: [ask(text) for text in texts])
    assert program(["a", "b", "c"]) == ["A", "B", "C"]
    assert xcs.get_jit_stats(program)["limit_wait_s"] > 0  # 0.3 s for the second call, 0.6 s for the third


def test_threads_and_plain_python_share_the_bound() -> None:
    gauge, ask = gauged(3)
    program = xcs.jit(lambda texts: [ask(text) for text in texts])
    with ThreadPoolExecutor(4) as pool:
        plain = [pool.submit(ask, "x") for _ in range(4)]
        compiled = [pool.submit(program, ["p", "q", "r"]) for _ in range(4)]
        assert [one.result(PATIENCE_S) for one in plain] == ["X"] * 4
        assert [one.result(PATIENCE_S) for one in compiled] == [["P", "Q", "R"]] * 4
    assert gauge.peak == 3


def test_calls_that_wait_take_no_place_in_the_pool() -> None:
    """With two places, and eight calls that wait for a limit, another call still gets one."""
    opened = threading.Event()

    @xcs.op(effect="unordered", max_concurrency=1)
    def slow(text: str) -> str:
        assert opened.wait(PATIENCE_S)
        return text

    @xcs.op(effect="unordered")
    def other() -> str:
        opened.set()
        return "other"

    @xcs.jit
    def program(texts: list[str]) -> tuple[list[str], str]:
        slow_ones = [slow(text) for text in texts]
        return slow_ones, other()

    plan = program.compile(list("abcdefgh")).plan
    [(slow_ones, last)] = ThreadsExecutor(ThreadPool(2)).run(plan, (list("abcdefgh"),)).unwrap()
    assert (slow_ones, last) == (list("abcdefgh"), "other")


def test_a_call_inside_another_one_under_the_same_bound_never_waits_for_it() -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    def factorial(n: int) -> int:
        return 1 if n == 0 else n * factorial(n - 1)

    @xcs.jit
    def inner(n: int) -> list[int]:
        return [factorial(n), factorial(n + 1)]

    @xcs.op(effect="unordered", max_concurrency=1)
    def outer(n: int) -> list[int]:
        return inner(n)

    program = xcs.jit(lambda ns: [outer(n) for n in ns])
    assert program([2, 3]) == [[2, 6], [6, 24]]


def test_a_bound_of_the_process_holds_with_those_of_ops() -> None:
    gauge, ask = gauged(2)
    bounded = [xcs.op(effect="unordered", max_concurrency=5)(lambda text, ask=ask: ask(text)) for _ in range(3)]
    program = xcs.jit(lambda texts: [[one(text) for text in texts] for one in bounded])
    xcs.set_limit(max_concurrency=2)
    try:
        assert program(["a", "b"]) == [["A", "B"]] * 3
    finally:
        xcs.set_limit()
    assert gauge.peak == 2


@needs_retry
@pytest.mark.parametrize("compiled", [True, False])
def test_failed_calls_are_made_again(compiled: bool) -> None:
    attempts: dict[str, int] = {}

    @xcs.op(effect="unordered", retries=SOON)
    def ask(text: str) -> str:
        attempts[text] = attempts.get(text, 0) + 1
        if attempts[text] <= {"b": 2, "c": 3}.get(text, 0):
            raise ConnectionError(text)
        return text.upper()

    def program(texts: list[str]) -> list[str]:
        return [ask(text) for text in texts]

    run = xcs.jit(program) if compiled else program
    assert run(["a", "b", "c"]) == ["A", "B", "C"]
    assert attempts == {"a": 1, "b": 3, "c": 4}
    if compiled:
        assert xcs.get_jit_stats(run)["retries"] == 5


@needs_retry
def test_the_last_error_is_raised_in_its_place() -> None:
    made: list[str] = []

    @xcs.op(effect="unordered", retries=SOON)
    def ask(text: str) -> str:
        made.append(text)
        if text == "b":
            raise ConnectionError(f"no {text} after {made.count(text)}")
        return text

    @xcs.jit
    def program(texts: list[str]) -> list[str]:
        try:
            return [ask(text) for text in texts]
        except ConnectionError as error:
            return [str(error), ask("again")]

    assert program(["a", "b"]) == ["no b after 4", "again"]


@needs_retry
def test_mistakes_are_not_tried_again() -> None:
    made: list[str] = []

    @xcs.op(effect="unordered", retries=SOON)
    def ask(text: str) -> str:
        made.append(text)
        raise TypeError(text)

    with pytest.raises(TypeError):
        xcs.jit(lambda: ask("a"))()
    assert made == ["a"]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_call_that_takes_too_long_raises_in_its_place(compiled: bool) -> None:
    release = threading.Event()

    @xcs.op(effect="unordered", timeout_s=0.05, max_concurrency=1)
    def ask(text: str) -> str:
        if text == "hang":
            release.wait(PATIENCE_S)
        return text

    def program(texts: list[str]) -> list[str]:
        answers = []
        for text in texts:
            try:
                answers.append(ask(text))
            except TimeoutError as error:
                answers.append(str(error).partition(" took ")[2])
        return answers

    run = xcs.jit(program) if compiled else program
    try:
        assert run(["a", "hang", "b"]) == ["a", "longer than `0.05` s", "b"]
    finally:
        release.set()
    if compiled:
        assert xcs.get_jit_stats(run)["timeouts"] == 1


@needs_retry
def test_async_ops_have_policies_too() -> None:
    inside = peak = 0
    attempts: dict[int, int] = {}

    @xcs.op(effect="unordered", max_concurrency=2, retries=SOON, timeout_s=PATIENCE_S)
    async def ask(number: int) -> int:
        nonlocal inside, peak
        inside += 1
        peak = max(peak, inside)
        try:
            await asyncio.sleep(0)
            attempts[number] = attempts.get(number, 0) + 1
            if number == 3 and attempts[number] < 3:
                raise ConnectionError
            return number + 1
        finally:
            inside -= 1

    async def program(numbers: list[int]) -> list[int]:
        return await asyncio.gather(*[ask(number) for number in numbers])

    compiled = xcs.jit(program)
    assert asyncio.run(compiled([1, 2, 3, 4])) == [2, 3, 4, 5]
    assert (peak, attempts[3]) == (2, 3)
    assert xcs.get_jit_stats(compiled)["retries"] == 2
    assert asyncio.run(program([1, 2])) == [2, 3]


def test_a_cancelled_wait_leaves_the_queue() -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    async def ask(event: asyncio.Event) -> str:
        await event.wait()
        return "done"

    async def main() -> list[str]:
        event = asyncio.Event()
        first, second, third = (asyncio.create_task(ask(event)) for _ in range(3))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        assert second.cancelled()
        event.set()
        return await asyncio.gather(first, third)

    assert asyncio.run(main()) == ["done", "done"]


@needs_retry
def test_ordered_ops_are_retried_only_if_told_to() -> None:
    with pytest.raises(xcs.XCSError, match=r"expected no `retries` of an op whose effect is `ordered`"):
        xcs.op(effect="ordered", retries=2)
    made: list[str] = []

    @xcs.op(effect="ordered", retries=SOON, retry_ordered=True)
    def save(text: str) -> None:
        made.append(text)
        if made.count(text) < 2:
            raise OSError(text)

    @xcs.jit
    def program(texts: list[str]) -> None:
        for text in texts:
            save(text)

    program(["a", "b"])
    assert made == ["a", "a", "b", "b"]


def test_a_policy_needs_an_effect_and_a_function_that_returns() -> None:
    with pytest.raises(xcs.XCSError, match="expected an `effect` beside a policy"):
        xcs.op(timeout_s=1)

    def numbers() -> Any:
        yield 1

    with pytest.raises(xcs.XCSError, match="found the generator function `.*numbers`"):
        xcs.op(effect="unordered", timeout_s=1)(numbers)


def test_methods_keep_their_signature() -> None:
    class Tool:
        @xcs.op(effect="unordered", max_concurrency=2)
        def use(self, text: str, *, times: int = 1) -> str:
            """Says it again."""
            return text * times

    tool = Tool()
    program = xcs.jit(lambda texts: [tool.use(text, times=2) for text in texts])
    assert program(["a", "b"]) == ["aa", "bb"]
    assert (Tool.use.__doc__, Tool.use.__name__) == ("Says it again.", "use")
