"""What XCS costs where there is nothing to wait for: calls that do nothing, beside what else would make them.

10,000 calls of functions that give back what they get, declared `unordered`: side by side, in a chain, and in 100
layers of 100 calls that each take three results of the layer before. Steady: the program has run, and it is known that
the calls are fast. Beside it plain Python, a task of asyncio for each call, and `submit` of a ThreadPoolExecutor.
"""

from __future__ import annotations

import asyncio
import linecache
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from measurement import Measurement, median_s, seconds

import xcs
from xcs.runtime.failures import Failures
from xcs.runtime.frame import Frame
from xcs.runtime.prepared import prepare
from xcs.runtime.task import Task
from xcs.runtime.workers import ThreadPool

NUM = 10_000
WIDTH = 100
REPEATS = 15
NUM_HANDED_OVER = 1000
WORKERS = 64
CALLS = 200  # of a small program, timed together


@xcs.op(effect="unordered")
def null(value: Any) -> Any:
    """Answers at once."""
    return value


@xcs.op(effect="unordered")
def null_of_three(left: Any, middle: Any, right: Any) -> Any:
    """Likewise."""
    return middle


def independent(num: int) -> list[Any]:
    """Calls that need nothing of each other."""
    answers = []
    for number in range(num):
        answers.append(null(number))
    return answers


def chain(num: int) -> Any:
    """Each call takes what the one before gives."""
    value = 0
    for _ in range(num):
        value = null(value)
    return value


def layers(width: int) -> list[Any]:
    """Each call takes what three calls of the layer before give."""
    row = list(range(width))
    for _ in range(width):
        row = [null_of_three(row[i - 1], row[i], row[(i + 1) % width]) for i in range(width)]
    return row


def sum_of_thirds(numbers: list[int]) -> int:
    """Nothing to overlap: a loop over data."""
    total = 0
    for number in numbers:
        if number % 3 == 0:
            total += number * 2
        else:
            total -= 1
    return total


def add(left: int, right: int) -> int:
    """Nothing to gain."""
    return left + right


def panel(question: str) -> list[str]:
    """Five calls."""
    return [null(question), null(question), null(question), null(question), null(question)]


def measure() -> list[Measurement]:
    """Microseconds for each call, and ratios to plain Python."""
    found: list[Measurement] = []
    for program, argument, at_most in ((independent, NUM, 3.9), (chain, NUM, 1.9), (layers, WIDTH, 3.2)):
        found += _steady(program, argument, at_most)
    found += _unrolled(2000)
    found += [
        Measurement("asyncio: a task for each call", _asyncio_us(), "us"),
        Measurement("ThreadPoolExecutor: submit and result", _threads_us(), "us"),
        Measurement("handing a call over, over ThreadPoolExecutor.submit", _handing_over(), "x", at_most=1.0),
        Measurement("1,000 x 10 ms, 64 in flight, over ThreadPoolExecutor", _waiting(), "x", at_most=1.05),
    ]
    found += [
        Measurement(f"{program.__name__}: a later call", _call_us(program, arguments), "us", at_most=10)
        for program, arguments in ((add, (1, 2)), (panel, ("q",)))
    ]
    return [*found, *_nothing_to_overlap()]


def _steady(program: Callable[..., Any], argument: Any, at_most: float) -> list[Measurement]:
    jitted = xcs.jit(program)
    for _ in range(4):
        jitted(argument)
    plain_s, steady_s = _in_turns(lambda: program(argument), lambda: jitted(argument))
    name = program.__name__
    return [
        Measurement(f"{name}: plain Python, each call", plain_s / NUM * 1e6, "us"),
        Measurement(f"{name}: jitted, each call", steady_s / NUM * 1e6, "us", at_most=3),
        Measurement(f"{name}: jitted over plain Python", steady_s / plain_s, "x", at_most=at_most),
    ]


def _unrolled(num: int) -> list[Measurement]:
    """The chain as so many lines of a function."""
    namespace: dict[str, Any] = {"null": null}
    lines = ["def unrolled(value):", *["    value = null(value)"] * num, "    return value"]
    source = "\n".join(lines)
    linecache.cache["<unrolled>"] = (len(source), None, source.splitlines(keepends=True), "<unrolled>")
    exec(compile(source, "<unrolled>", "exec"), namespace)
    program = namespace["unrolled"]
    jitted = xcs.jit(program)
    first_s = seconds(lambda: jitted(1))
    for _ in range(3):
        jitted(1)
    plain_s, steady_s = _in_turns(lambda: program(1), lambda: jitted(1))
    return [
        Measurement("unrolled chain: first call, each call", first_s / num * 1e6, "us", at_most=60),
        Measurement("unrolled chain: jitted over plain Python", steady_s / plain_s, "x", at_most=1.9),
    ]


def _in_turns(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The quickest turn of each: where a call takes 50 ns, all else is what the machine does beside."""
    times = [(seconds(one), seconds(other)) for _ in range(REPEATS)]
    return min(a for a, _ in times), min(b for _, b in times)


def _asyncio_us() -> float:
    async def task(value: int) -> int:
        return value

    async def all_of_them() -> None:
        await asyncio.gather(*(asyncio.create_task(task(number)) for number in range(NUM)))

    return median_s(lambda: asyncio.run(all_of_them()), 3) / NUM * 1e6


def _threads_us() -> float:
    with ThreadPoolExecutor(WORKERS) as pool:

        def all_of_them() -> None:
            for future in [pool.submit(null, number) for number in range(NUM_HANDED_OVER)]:
                future.result()

        return median_s(all_of_them, REPEATS) / NUM_HANDED_OVER * 1e6


def _handing_over() -> float:
    """What the driver pays for a call that goes to a worker, until it can go on with the next one."""
    plan, pool = xcs.jit(independent).compile(1).plan, ThreadPool(WORKERS)
    frame, failures = Frame(prepare(plan, plan.functions[plan.entry]), None, 0, 0), Failures()
    done = pool.completions()

    def ours() -> None:
        for number in range(NUM_HANDED_OVER):
            pool.submit(Task(frame, 0, null, (number,), copy_context(), done, failures))

    with ThreadPoolExecutor(WORKERS) as executor:

        def theirs() -> None:
            for number in range(NUM_HANDED_OVER):
                executor.submit(null, number)

        ours_s, theirs_s = _in_turns(ours, theirs)
    return ours_s / theirs_s


def wait(number: int) -> int:
    """A call that waits for the world."""
    time.sleep(0.01)
    return number


def _waiting() -> float:
    numbers = list(range(1000))
    waits = xcs.op(effect="unordered")(wait)

    def program(numbers: list[int]) -> list[int]:
        return [waits(number) for number in numbers]

    jitted = xcs.jit(max_workers=WORKERS)(program)
    jitted(numbers)
    with ThreadPoolExecutor(WORKERS) as executor:
        times = [
            (seconds(lambda: jitted(numbers)), seconds(lambda: list(executor.map(wait, numbers)))) for _ in "12345"
        ]
    return statistics.median(ours_s for ours_s, _ in times) / statistics.median(theirs_s for _, theirs_s in times)


def _call_us(program: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    jitted = xcs.jit(program)
    for _ in range(30):
        jitted(*arguments)

    def many() -> None:
        for _ in range(CALLS):
            jitted(*arguments)

    return min(seconds(many) for _ in range(REPEATS)) / CALLS * 1e6


def _nothing_to_overlap() -> list[Measurement]:
    numbers = list(range(1000))
    jitted = xcs.jit(sum_of_thirds)
    jitted(numbers)
    jitted(numbers)
    times = [_in_turns(lambda: sum_of_thirds(numbers), lambda: jitted(numbers)) for _ in range(REPEATS)]
    ratio = statistics.median((jitted_s - 10e-6) / plain_s for plain_s, jitted_s in times)
    more_us = statistics.median(jitted_s - plain_s for plain_s, jitted_s in times) * 1e6
    return [
        Measurement("a loop over data: jitted less 10 us, over plain Python", ratio, "x", at_most=1.1),
        Measurement("a loop over data: jitted less plain Python", more_us, "us"),
    ]
