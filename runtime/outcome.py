"""What a run of a plan gives back: the values of the entry block, or the failure that left it.

Guarantees: an `Outcome` is frozen; whoever holds it may read it from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..diagnostics.location import Location


@dataclass(frozen=True, slots=True)
class Failure:
    """The first failing instruction in program order, with the exception that the user's code raised.

    Attributes:
        exception: the original exception, its traceback starting at the user's own frames.
        node: the name of the instruction, as the IR prints it.
        location: the user's line.
    """

    exception: BaseException
    node: str
    location: Location


@dataclass(frozen=True, slots=True)
class RunTotals:
    """What every run counts.

    Attributes:
        num_calls: leaf calls made, on whatever thread.
        num_batches: those among them that were several calls of the program in one; num_batched: how many these were.
        external_ns: sum of the durations of the calls that ran on workers.
        wall_ns: from the start of the run to its end.
    """

    num_calls: int = 0
    external_ns: int = 0
    wall_ns: int = 0
    num_batches: int = 0
    num_batched: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one run: `values`, one for each output of the entry block, or `failure`."""

    values: tuple[Any, ...]
    failure: Failure | None = None
    totals: RunTotals = RunTotals()

    def unwrap(self) -> tuple[Any, ...]:
        """The values; raises the original exception if the run failed."""
        if self.failure is not None:
            raise self.failure.exception
        return self.values
