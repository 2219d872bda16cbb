"""Many calls at once: ten thousand that wait on one event loop, and the memory that a map of a million elements takes.

Times are those of a machine that does nothing else: processor time, and the time for which the event loop would sleep.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import selectors
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from measurement import Measurement

import xcs

NUM_SLEEPS = 10_000
SLEEP_S = 0.1
NUM_ELEMENTS = 1_000_000
REPEATS = 7


@xcs.op(effect="unordered")
async def pause(value: int) -> int:
    await asyncio.sleep(SLEEP_S)
    return value


@xcs.op(effect="unordered")
async def yield_once(value: int) -> int:
    await asyncio.sleep(0)
    return value


@xcs.jit
async def in_a_comprehension(values: list[int]) -> list[int]:
    return [await pause(value) for value in values]


@xcs.jit
async def in_a_loop(values: list[int]) -> list[int]:
    found = []
    for value in values:
        found.append(await pause(value))
    return found


@xcs.jit
async def with_gather(values: list[int]) -> list[int]:
    return await asyncio.gather(*(pause(value) for value in values))


async def by_hand(values: list[int]) -> list[int]:
    return await asyncio.gather(*(pause(value) for value in values))


@xcs.jit
async def a_million(values: list[int]) -> list[int]:
    return [await yield_once(value) for value in values]


class _SleeplessSelector(selectors.DefaultSelector):
    """Adds up how long the loop would sleep, instead of sleeping."""

    slept_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.slept_s += timeout
        return ready

    def now(self) -> float:
        return time.process_time() + self.slept_s


def quiet_times(actions: list[Callable[[list[int]], Awaitable[Any]]], values: list[int]) -> list[float]:
    """The median time of each action, measured in turns on one loop."""
    selector = _SleeplessSelector()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = selector.now
    times: list[list[float]] = [[] for _ in actions]

    async def main() -> None:
        for _ in range(REPEATS):
            for action, found in zip(actions, times, strict=True):
                gc.collect()  # none is left over from before
                start = selector.now()
                await action(values)
                found.append(selector.now() - start)

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    return [statistics.median(found) for found in times]


def memory_beyond_results_mb(num_elements: int) -> float:
    """How much a map adds to the largest size of the process, beside its results (8 bytes each)."""
    asyncio.run(a_million([1, 2]))
    values = [1] * num_elements
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(a_million(values))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (after - before) / 1024 - 8 * num_elements / 2**20


def measure() -> list[Measurement]:
    """Ratios over `asyncio.gather` by hand, and megabytes."""
    hand, *times = quiet_times([by_hand, in_a_comprehension, in_a_loop, with_gather], list(range(NUM_SLEEPS)))
    names = ("in a comprehension", "in a loop", "with asyncio.gather")
    child = [sys.executable, __file__, str(NUM_ELEMENTS)]
    memory = float(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
    what = f"{NUM_SLEEPS:,} awaits of {SLEEP_S:g} s"
    return [
        *(
            Measurement(f"{what} {name}, over gather by hand", one / hand, "x", at_most=1.15)
            for name, one in zip(names, times, strict=True)
        ),
        Measurement(f"memory of a map of {NUM_ELEMENTS:,}, beyond its results", memory, "MB", at_most=64),
    ]


if __name__ == "__main__":
    print(memory_beyond_results_mb(int(sys.argv[1])))
