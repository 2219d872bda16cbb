"""Random natural programs: `xcs.jit(f)` does what `f` does, in value, exception, ordered effects, arguments and calls.

Program number `n` is drawn from the seed `n`. The run in CI is small and always the same; `XCS_FUZZ_EXAMPLES=20000
XCS_FUZZ_FIRST=1000` runs as many, from there on, and prints what share of them runs as plain Python and why. A program
that fails is made smaller and printed whole.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "programs"))

from differential import Refused, Tally, draw_cases, run_everywhere
from program_source import Source
from reduce_program import reduce_program

NUM_EXAMPLES = int(os.environ.get("XCS_FUZZ_EXAMPLES", "300"))
FIRST = int(os.environ.get("XCS_FUZZ_FIRST", "0"))
MAX_FAILURES = 5  # made small and printed, before a run gives up
MAX_FALLBACK_SHARE = 0.25  # of the programs, as a whole


def failure_of(seed: int, tally: Tally) -> str | None:
    """What is wrong with the program of a seed, with the smallest program that is wrong in the same place."""
    draw = Random(seed)
    text, cases = Source(draw.randint).program(), draw_cases(draw)
    try:
        wrong = run_everywhere(text, cases, seed, tally)
    except Refused:
        return None
    if wrong is None:
        return None

    def fails(smaller: str) -> bool:
        try:
            found = run_everywhere(smaller, cases, seed, Tally())
        except Refused:
            return False
        return found is not None and kind_of(found) == kind_of(wrong)

    small = reduce_program(text, fails)
    again = run_everywhere(small, cases, seed, Tally())
    seen = again if again is not None else f"(not seen again) {wrong}"
    return f"seed {seed}: {seen}\n\n{small}"


def kind_of(wrong: str) -> list[str]:
    """What of a run differs, without the values."""
    return [line for line in wrong.splitlines()[1:] if line.startswith("  ") and not line.startswith("   ")]


@pytest.mark.timeout(3600)
def test_random_programs() -> None:
    tally, failures = Tally(), []
    for seed in range(FIRST, FIRST + NUM_EXAMPLES):
        failure = failure_of(seed, tally)
        failures += [failure] if failure is not None else []
        if len(failures) == MAX_FAILURES:
            break
    print(tally.text())
    assert not failures, "\n\n".join(failures)
    assert tally.num_programs > 0.9 * NUM_EXAMPLES
    assert tally.fallback_share < MAX_FALLBACK_SHARE
