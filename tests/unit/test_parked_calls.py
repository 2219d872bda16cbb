"""Calls that wait for limits hold no thread, and none of them is made once nobody wants it any more."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import xcs
from xcs.runtime.limits.admission import ADMISSION
from xcs.runtime.limits.limiter import LIMITERS
from xcs.runtime.limits.retry import Retry
from xcs.runtime.workers import process_pool

PATIENCE_S = 30.0


class Station:
    """Where calls are held; says how many stand in it, and how many have."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_open = threading.Event()
        self.inside = self.peak = self.made = 0
        self.threads: set[int] = set()

    def pass_through(self) -> None:
        with self.lock:
            self.made += 1
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            self.threads.add(threading.get_ident())
        self.is_open.wait(PATIENCE_S)
        with self.lock:
            self.inside -= 1


STATION = Station()


@pytest.fixture(autouse=True)
def station() -> Iterator[Station]:
    global STATION
    STATION = Station()
    yield STATION
    STATION.is_open.set()


def workers() -> int:
    return sum(thread.name == "xcs-worker" for thread in threading.enumerate())


def permits() -> int:
    return sum(limiter.in_flight for limiter in list(LIMITERS))


def until(claim: object) -> None:
    """Waits for what other threads are about to bring about."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not claim():  # type: ignore[operator]
        assert time.monotonic() < deadline_s
        time.sleep(0.001)


@xcs.op(effect="unordered", max_concurrency=4)
def ask(number: int) -> int:
    STATION.pass_through()
    return number + 1


def test_ten_thousand_calls_wait_on_few_threads(station: Station) -> None:
    before = workers()
    station.is_open.set()
    program = xcs.jit(lambda numbers: [ask(number) for number in numbers], window=10_000)
    assert program(range(10_000)) == list(range(1, 10_001))
    assert station.peak <= 4
    assert workers() - before <= 128  # four, and those that have just ended a call
    assert xcs.get_jit_stats(program)["limit_wait_s"] > 0


def test_ten_thousand_calls_that_wait_at_once(station: Station) -> None:
    """All of them wait while the four are held."""
    before = workers()
    program = xcs.jit(lambda numbers: [ask(number) for number in numbers], window=10_000)
    results: list[list[int]] = []
    driver = threading.Thread(target=lambda: results.append(program(range(10_000))))
    driver.start()
    until(lambda: station.inside == 4)
    until(lambda: ADMISSION.num_waiting() == 9_996)
    assert workers() - before <= 4
    station.is_open.set()
    driver.join(PATIENCE_S)
    assert results == [list(range(1, 10_001))]


def test_an_interrupt_takes_back_what_waits(station: Station) -> None:
    program = xcs.jit(lambda numbers: [ask(number) for number in numbers])

    def strike() -> None:
        until(lambda: station.inside == 4)
        os.kill(os.getpid(), signal.SIGINT)

    striker = threading.Thread(target=strike)
    striker.start()
    with pytest.raises(KeyboardInterrupt):
        program(range(100))
    striker.join()
    station.is_open.set()
    until(lambda: permits() == 0)
    assert station.made == 4
    assert program(range(10)) == list(range(1, 11))


def test_an_error_takes_back_what_waits(station: Station) -> None:
    @xcs.op(effect="unordered")
    def fail() -> int:
        until(lambda: station.inside == 4)
        raise ValueError("here")

    @xcs.jit
    def program(numbers: list[int]) -> list[int]:
        try:
            return [fail(), *[ask(number) for number in numbers]]
        except ValueError:
            return [0]

    assert program(list(range(100))) == [0]
    assert station.made == 4
    station.is_open.set()
    until(lambda: permits() == 0)
    assert xcs.jit(lambda: ask(1))() == 2


def test_wrong_arguments_give_back_the_permit(station: Station) -> None:
    station.is_open.set()
    program = xcs.jit(lambda numbers: [ask(number, number) for number in numbers])  # type: ignore[call-arg]
    for _ in range(6):
        with pytest.raises(TypeError):
            program([1, 2, 3])
    until(lambda: permits() == 0)
    assert xcs.jit(lambda: [ask(one) for one in range(8)])() == list(range(1, 9))


@pytest.mark.parametrize("num_workers", [1, 2])
def test_programs_inside_of_calls_go_on_when_workers_are_few(station: Station, num_workers: int) -> None:
    """Drivers stand on the workers, and what they wait for waits for a limit."""
    station.is_open.set()

    @xcs.op(effect="unordered")
    def outer(number: int) -> list[int]:
        return xcs.jit(lambda: [ask(number * 10 + digit) for digit in range(5)])()

    before = process_pool().max_workers
    xcs.set_max_workers(num_workers)
    results: list[list[list[int]]] = []
    try:
        program = xcs.jit(lambda: [outer(number) for number in range(8)])
        driver = threading.Thread(target=lambda: results.append(program()), daemon=True)
        driver.start()
        driver.join(PATIENCE_S)
    finally:
        xcs.set_max_workers(before)
    assert results == [[[number * 10 + digit + 1 for digit in range(5)] for number in range(8)]]
    assert station.peak <= 4


def test_models_wait_so_too_wherever_they_are_kept(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    class Held(type(xcs.embedded().text_model)):  # type: ignore[misc]
        def complete(self, prompt: str, options: object) -> str:
            STATION.pass_through()
            return prompt.upper()

    class Agent:
        def __init__(self, model: xcs.ModelBinding) -> None:
            self.model = model

        def answer(self, prompts: list[str]) -> list[str]:
            return [self.model(f"{prompt}?", temperature=0.0).strip() for prompt in prompts]

    model = xcs.ModelBinding.of(Held(), {"max_concurrency": 2})
    agent = Agent(model)
    prompts = [f"q{number}" for number in range(200)]
    for program in (xcs.jit(agent.answer), xcs.jit(lambda ps: [model(prompt + "?").strip() for prompt in ps])):
        station.is_open.clear()
        before = workers()
        with ThreadPoolExecutor(1) as pool:
            answers = pool.submit(program, prompts)
            until(lambda: station.inside == 2)
            until(lambda: ADMISSION.num_waiting() == 198)
            assert workers() - before <= 3
            station.is_open.set()
            assert answers.result(PATIENCE_S) == [f"Q{number}?" for number in range(200)]
    assert station.peak <= 2
    assert permits() == 0


@pytest.fixture
def two_workers() -> Iterator[None]:
    size = process_pool().max_workers
    xcs.set_max_workers(2)
    yield
    xcs.set_max_workers(size)


class Flaky:
    """Fails at first, and is tried again in an hour."""

    def __init__(self) -> None:
        self.failed: set[int] = set()
        self.all_failed = threading.Event()
        self.num_calls = 0


@pytest.mark.parametrize("is_inside", [False, True])
@pytest.mark.parametrize("timeout_s", [None, PATIENCE_S])
def test_what_waits_for_another_attempt_holds_no_place(
    two_workers: None, is_inside: bool, timeout_s: float | None
) -> None:
    """All eight have failed once on one place beside the first call; an error there ends their waits."""
    pytest.importorskip("tenacity")
    flaky = Flaky()

    @xcs.op(effect="unordered", retries=Retry(1, 3_600.0, 3_600.0, (OSError,)), timeout_s=timeout_s)
    def fails(number: int) -> int:
        flaky.failed.add(number)
        if len(flaky.failed) == 8:
            flaky.all_failed.set()
        raise OSError(number)

    @xcs.op(effect="unordered")
    def helper(number: int) -> int:
        return fails(number)

    @xcs.op(effect="unordered")
    def first() -> int:
        assert flaky.all_failed.wait(PATIENCE_S)
        raise ValueError("no more")

    called = helper if is_inside else fails
    with pytest.raises(ValueError, match="no more"):
        xcs.jit(lambda: [first(), *[called(number) for number in range(8)]])()
    assert flaky.failed == set(range(8))
    until(lambda: process_pool().num_waiting == 0)  # long before the hour is over


def test_what_waits_for_a_limit_inside_of_a_timed_call_holds_no_place(two_workers: None, station: Station) -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    def narrow(number: int) -> int:
        station.pass_through()
        return number

    @xcs.op(effect="unordered", timeout_s=PATIENCE_S)
    def timed(number: int) -> int:
        return narrow(number)

    free = threading.Event()

    @xcs.op(effect="unordered")
    def beside() -> None:
        free.set()

    holder = threading.Thread(target=narrow, args=(0,))
    holder.start()
    until(lambda: station.inside == 1)
    program = xcs.jit(lambda: [*[timed(number) for number in range(4)], beside()])
    driver = threading.Thread(target=program)
    driver.start()
    assert free.wait(PATIENCE_S)
    assert station.made == 1
    station.is_open.set()
    driver.join(PATIENCE_S)
    holder.join(PATIENCE_S)
    assert station.made == 5
    assert station.peak == 1
