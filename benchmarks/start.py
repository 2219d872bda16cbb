"""What it costs to have XCS at hand: imports and the very first call, each in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from measurement import Measurement

HERE = Path(__file__).parent
REPEATS = 5
FIRST = "import xcs, overhead; f = xcs.jit(overhead.panel); "
TIMED = "import time; start = time.perf_counter(); {}; print((time.perf_counter() - start) * 1e3)"


def measure() -> list[Measurement]:
    """`import xcs`, which every program pays, `xcs.jit`, which loads the compiler, and a first call of five models."""
    return [
        Measurement("import xcs", _statement_ms("import xcs"), "ms", at_most=50),
        Measurement("import xcs; xcs.jit", _statement_ms("import xcs; xcs.jit"), "ms", at_most=1000),
        Measurement("the very first call of a process", _statement_ms("f('q')", FIRST), "ms", at_most=100),
    ]


def _statement_ms(statement: str, preparation: str = "") -> float:
    command = [sys.executable, "-c", preparation + TIMED.format(statement)]
    found = [
        subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout for _ in range(REPEATS)
    ]
    return statistics.median(map(float, found))
