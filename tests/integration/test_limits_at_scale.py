"""Bounds and pools at their smallest and largest: peaks by count, and programs that can't wait for ever."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import xcs
from xcs.runtime.executor import ThreadsExecutor
from xcs.runtime.models.embedded_model import EmbeddedModel
from xcs.runtime.workers import DEFAULT_MAX_WORKERS, ThreadPool

pytestmark = pytest.mark.usefixtures("leaves_nothing")
PATIENCE_S = 60.0
"""Long enough that only a hang reaches it."""


class Gauge:
    """Counts who is inside. With a size, calls stay inside until so many have been there at once."""

    def __init__(self, size: int = 1) -> None:
        self.peak = self.inside = self.calls = 0
        self.size = size
        self.full = threading.Event()
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        with self.lock:
            self.calls += 1
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            if self.inside >= self.size:
                self.full.set()
        assert self.full.wait(PATIENCE_S), "never full: calls don't overlap as they may"

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1


def in_time(*functions: Callable[[], Any]) -> list[Any]:
    """The results of functions that run at once, on threads of their own so that a hang fails the test."""
    results: dict[int, Any] = {}

    def run(index: int) -> None:
        results[index] = functions[index]()

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(results) == len(functions), "no result in time, or an exception"
    return [results[index] for index in range(len(functions))]


@pytest.fixture
def no_limits() -> Iterator[None]:
    """What a test sets is gone after it."""
    yield
    xcs.set_limit()
    xcs.set_limit(xcs.embedded().name)


def test_a_thousand_blocking_calls_are_in_flight() -> None:
    gauge = Gauge(1000)

    @xcs.op(effect="unordered")
    def ask(number: int) -> int:
        with gauge:
            return -number

    program = xcs.jit(lambda count: [ask(number) for number in range(count)])
    executor = ThreadsExecutor(ThreadPool(DEFAULT_MAX_WORKERS))  # that of the process has calls of other tests
    plan = program.compile(1000).plan
    assert in_time(lambda: executor.run(plan, (1000,)).unwrap()) == [([-number for number in range(1000)],)]
    assert gauge.peak == 1000


@pytest.mark.parametrize("max_workers", [1, 2, 7])
def test_a_function_may_have_threads_of_its_own(max_workers: int) -> None:
    gauge, threads = Gauge(max_workers), set[int]()

    @xcs.op(effect="unordered")
    def ask(number: int) -> int:
        with gauge:
            threads.add(threading.get_ident())
            return -number

    program = xcs.jit(max_workers=max_workers)(lambda count: [ask(number) for number in range(count)])
    for _ in range(2):
        assert in_time(lambda: program(30)) == [[-number for number in range(30)]]
    # The thread that called may run one beside its workers while none of its calls has one.
    assert max_workers <= gauge.peak <= max_workers + 1


@pytest.mark.parametrize("max_workers", [0, -1, 1.5, "many", True])
def test_a_number_of_workers_is_a_number(max_workers: Any) -> None:
    for strategy in ("adaptive", "sequential"):
        with pytest.raises(xcs.XCSError, match="expected at least 1 worker, found"):
            xcs.jit(max_workers=max_workers, strategy=strategy)


def test_the_environment_says_how_many_workers_a_process_has() -> None:
    source = "import xcs.runtime.workers as w; print(w.process_pool().max_workers)"
    for setting, expected in (("3", 3), ("", DEFAULT_MAX_WORKERS)):
        environment = {"XCS_MAX_WORKERS": setting, "PYTHONPATH": ":".join(sys.path)}
        ran = subprocess.run(
            [sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == str(expected)


def test_a_bound_holds_through_nested_maps_and_helpers_of_many_threads() -> None:
    gauge = Gauge(3)

    @xcs.op(effect="unordered", max_concurrency=3)
    def ask(text: str) -> str:
        with gauge:
            return text.upper()

    def each(texts: list[str]) -> list[str]:
        return [ask(text) for text in texts]

    nested = xcs.jit(lambda rows: [[each(row) for row in rows] for _ in range(2)])
    flat = xcs.jit(lambda rows: [ask(text) for row in rows for text in row])
    rows = [["a", "b"], ["c"]]
    found = in_time(*[lambda program=program: program(rows) for program in (nested, flat) * 3])
    assert found == [[[["A", "B"], ["C"]]] * 2, ["A", "B", "C"]] * 3
    assert gauge.peak == 3
    assert gauge.calls == 3 * (6 + 3)


def test_a_bound_of_a_model_holds_for_all_its_bindings(monkeypatch: pytest.MonkeyPatch, no_limits: None) -> None:
    gauge = Gauge(2)

    def complete(self: EmbeddedModel, prompt: str, options: Any) -> str:
        with gauge:
            return prompt.upper()

    monkeypatch.setattr(EmbeddedModel, "complete", complete)
    model = xcs.embedded()
    bindings = [model, model.with_options(max_tokens=3), model.with_options(max_concurrency=5)]
    xcs.set_limit(model.name, max_concurrency=2)
    program = xcs.jit(lambda texts: [[one(text) for one in bindings] for text in texts])
    runs = in_time(*[lambda: program(["a", "b", "c"])] * 3)
    assert runs == [[["A"] * 3, ["B"] * 3, ["C"] * 3]] * 3
    assert gauge.peak == 2


def test_a_bound_of_the_process_holds_for_ops_and_models_together(
    monkeypatch: pytest.MonkeyPatch, no_limits: None
) -> None:
    gauge = Gauge(2)

    def complete(self: EmbeddedModel, prompt: str, options: Any) -> str:
        with gauge:
            return prompt.upper()

    @xcs.op(effect="unordered", max_concurrency=5)
    def ask(text: str) -> str:
        with gauge:
            return text.lower()

    monkeypatch.setattr(EmbeddedModel, "complete", complete)
    model = xcs.embedded()
    xcs.set_limit(max_concurrency=2)
    program = xcs.jit(lambda texts: [(model(text), ask(text)) for text in texts])
    assert in_time(lambda: program(["a", "b", "c"])) == [[("A", "a"), ("B", "b"), ("C", "c")]]
    assert gauge.peak == 2


def test_a_bound_holds_on_event_loops_and_threads_together() -> None:
    gauge = Gauge(2)

    @xcs.op(effect="unordered", max_concurrency=2)
    async def ask(number: int) -> int:
        with gauge.lock:
            gauge.inside += 1
            gauge.peak = max(gauge.peak, gauge.inside)
        for _ in range(3):
            await asyncio.sleep(0)
        with gauge.lock:
            gauge.inside -= 1
        return -number

    @xcs.jit
    async def program(count: int) -> list[int]:
        return [await ask(number) for number in range(count)]

    assert in_time(*[lambda: asyncio.run(program(20))] * 3) == [[-number for number in range(20)]] * 3
    assert gauge.peak == 2


def nested_maps(ask: Any, size: int) -> Any:
    return [[[ask(x + y + z) for x in range(2)] for y in range(size)] for z in range(2)]


def recursive(ask: Any, size: int) -> Any:
    def sort(values: list[int]) -> list[int]:
        if len(values) < 2:
            return values
        first, *rest = values
        less = [value for value in rest if ask(value - first) > 0]
        more = [value for value in rest if ask(value - first) <= 0]
        return [*sort(less), first, *sort(more)]

    return sort([7, 1, 8, 2, 9, 3][: size + 2])


def tree(ask: Any, size: int) -> Any:
    def grow(state: int, depth: int) -> int:
        if depth == 0:
            return ask(state)
        return max(grow(ask(state + branch), depth - 1) for branch in range(2))

    return [grow(root, 2) for root in range(size)]


def programs_in_calls(ask: Any, size: int) -> Any:
    """Leaves that run programs, whose leaves run programs."""

    @xcs.jit
    def innermost(number: int) -> int:
        return sum(ask(number + step) for step in range(2))

    @xcs.op(effect="unordered", max_concurrency=2)
    def middle(number: int) -> int:
        return innermost(number) + ask(number)

    @xcs.jit(max_workers=1)
    def inner(number: int) -> list[int]:
        return [middle(number + step) for step in range(2)]

    @xcs.op(effect="unordered", max_concurrency=1)
    def outer(number: int) -> list[int]:
        return inner(number)

    return [outer(number) for number in range(size)]


def calls_itself(ask: Any, size: int) -> Any:
    """A bounded call that runs a program that makes the same bounded call."""

    @xcs.op(effect="unordered", max_concurrency=1)
    def factorial(number: int) -> int:
        return 1 if number <= 1 else number * sum(smaller(number)) // 2

    @xcs.jit
    def smaller(number: int) -> list[int]:
        return [factorial(number - 1) for _ in range(2)]

    return [factorial(number) for number in range(size)] + [ask(size)]


PROGRAMS = [nested_maps, recursive, tree, programs_in_calls, calls_itself]


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("strategy", ["adaptive", "hybrid", "sequential"])
@pytest.mark.parametrize("max_workers", [1, 2, 3])
@pytest.mark.parametrize("max_concurrency", [1, 2, None])
def test_no_program_waits_for_ever(function: Any, strategy: str, max_workers: int, max_concurrency: int | None) -> None:
    gauge = Gauge()
    policy = {} if max_concurrency is None else {"max_concurrency": max_concurrency}

    @xcs.op(effect="unordered", **policy)
    def ask(number: int) -> int:
        with gauge:
            return -number

    expected = function(ask, 3)
    program = xcs.jit(strategy=strategy, max_workers=max_workers)(lambda size: function(ask, size))
    assert in_time(*[lambda: program(3)] * 3) == [expected] * 3
    assert max_concurrency is None or gauge.peak <= max_concurrency


@pytest.mark.parametrize("max_workers", [1, 2, 3])
def test_two_hundred_calls_that_run_programs_share_a_small_pool(max_workers: int) -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    def ask(number: int) -> int:
        return -number

    inner = xcs.jit(max_workers=max_workers)(lambda number: [ask(number + step) for step in range(3)])

    @xcs.op(effect="unordered")
    def leaf(number: int) -> list[int]:
        return inner(number)

    program = xcs.jit(max_workers=max_workers)(lambda count: [leaf(number) for number in range(count)])
    assert in_time(lambda: program(200)) == [[[-number - step for step in range(3)] for number in range(200)]]


def test_a_blocking_call_on_an_event_loop_does_not_wait_for_what_the_loop_awaits(no_limits: None) -> None:
    """All places are taken by calls that can't end before the loop goes on, which it does when this call has ended."""
    xcs.set_limit(max_concurrency=1)

    @xcs.op(effect="unordered", max_concurrency=5)
    async def later(number: int) -> int:
        await asyncio.sleep(0.001)
        return number

    @xcs.op(effect="unordered", max_concurrency=5)
    def now(number: int) -> int:
        return -number

    inner = xcs.jit(lambda number: [now(number), now(number + 1)])

    @xcs.jit
    async def program(count: int) -> list[Any]:
        found = []
        for number in range(count):
            awaited = await later(number)
            found.append((now(awaited), inner(awaited)))
        return found

    assert in_time(lambda: asyncio.run(program(4))) == [[(-n, [-n, -n - 1]) for n in range(4)]]


def test_coroutines_of_plain_python_get_by_too(no_limits: None) -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    async def later(number: int) -> int:
        await asyncio.sleep(0.001)
        return number

    @xcs.op(effect="unordered", max_concurrency=1)
    def now(number: int) -> int:
        return -number

    xcs.set_limit(max_concurrency=1)

    async def step(number: int) -> int:
        return now(await later(number))

    async def main() -> list[int]:
        return await asyncio.gather(*map(step, range(4)))

    assert in_time(lambda: asyncio.run(main())) == [[0, -1, -2, -3]]
