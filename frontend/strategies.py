"""The execution strategies: what each one selects, and which one a program runs with, for what reason."""

from __future__ import annotations

from dataclasses import dataclass

from ..passes.parallelism import ParallelismAnalysis

ADAPTIVE = "adaptive"
"""What `jit` does unless another strategy is asked for by name."""

SELECTED: dict[str, str] = {
    "sequential": "program order, on the calling thread",
    "parallel": "external calls overlap, array code runs as it is written",
    "vectorized": "array code in kernels, loops over arrays as one; external calls overlap where they stand",
    "hybrid": "all passes, each external call on a worker",
    ADAPTIVE: "all passes, calls that turn out to be fast in their place",
}
"""What each strategy does; which passes these are is in `passes.pipeline.PIPELINES`."""


@dataclass(frozen=True, slots=True)
class ChosenStrategy:
    """The strategy of a program, and why it has it."""

    name: str
    reason: str


def chosen_strategy(asked: str, analysis: ParallelismAnalysis | None, fallback: str | None) -> ChosenStrategy:
    """What a program runs with: what was asked for, else what the analyses conclude.

    Args:
        asked: the name given to `jit`; `adaptive` leaves it to the program.
        analysis: of the program; None where there is none.
        fallback: why it runs as plain Python, if it does.
    """
    if fallback is not None:
        return ChosenStrategy("sequential", f"it runs as plain Python: {fallback}")
    if asked != ADAPTIVE:
        return ChosenStrategy(asked, f"asked for by name: {SELECTED[asked]}")
    if analysis is None:
        return ChosenStrategy("sequential", "it has not been compiled yet")
    return ChosenStrategy(analysis.execution_strategy, analysis.strategy_reason)
