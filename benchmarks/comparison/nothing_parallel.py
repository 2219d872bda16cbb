"""Plain loops over data: nothing to parallelise, so compiling it must cost nothing."""

from __future__ import annotations

from collections.abc import Callable

import xcs

from .workload import Bar

TITLE = "nothing to parallelise: loops over data"
SIZE = 20_000
BAR = Bar("plain", 1.10, slack_s=10e-6)
_NOTHING = "has nothing to do here"
NOT_WRITTEN = dict.fromkeys(
    ("asyncio_by_hand", "threads_by_hand", "dask_delayed", "ray_tasks", "langchain", "langgraph"), _NOTHING
) | dict.fromkeys(("pipefunc", "hamilton", "prefect", "joblib", "dspy"), _NOTHING)
Run = Callable[[], dict[str, float]]


def program(size: int) -> dict[str, float]:
    """The program."""
    counts: dict[int, int] = {}
    total = 0.0
    for number in range(size):
        value = number * 7919 % 1009
        if value % 3 == 0:
            continue
        counts[value] = counts.get(value, 0) + 1
        total += value / (1 + number)
    longest = max(counts.values())
    return {"total": total, "longest": float(longest), "distinct": float(len(counts))}


def plain() -> Run:
    return lambda: program(SIZE)


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(SIZE)
