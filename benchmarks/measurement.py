"""One measured number, and the clock."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number with what it should be.

    Attributes:
        what: what was measured.
        value: the median.
        unit: `x` for ratios, `ms`, `us`, `MB`, or `calls`.
        at_least: the lowest value that is good enough, if there is one.
        at_most: the highest.
    """

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the number is what it should be."""
        lowest = float("-inf") if self.at_least is None else self.at_least
        highest = float("inf") if self.at_most is None else self.at_most
        return lowest <= self.value <= highest

    def line(self, width: int) -> str:
        """The number as a line of a table."""
        wanted = [
            *([f">= {self.at_least:g}"] if self.at_least is not None else []),
            *([f"<= {self.at_most:g}"] if self.at_most is not None else []),
        ]
        verdict = f"  {' and '.join(wanted)}{'' if self.is_met else '  MISSED'}" if wanted else ""
        return f"{self.what:<{width}}  {self.value:10.3f} {self.unit:<5}{verdict}"

    def as_dict(self) -> dict[str, object]:
        """The number as JSON takes it."""
        return {**asdict(self), "is_met": self.is_met}


def seconds(action: Callable[[], object]) -> float:
    """The wall time of one run of `action`."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median_s(action: Callable[[], object], repeats: int) -> float:
    """The median wall time of several runs, without a garbage collection left over from before."""
    gc.collect()
    return statistics.median(seconds(action) for _ in range(repeats))
