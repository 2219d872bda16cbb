"""What a map over a million items needs of memory beside its inputs and results, each measured in its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .workload import Bar, Entry

TITLE = "memory of a 1,000,000-item map (MB)"
BAR = Bar(None, 64.0, what="MB")
UNIT = "MB"
TIMEOUT_S = 900

_PROGRAM = """
import resource
import xcs


@xcs.op(effect="unordered", result="plain")
def ask(index: int) -> int:
    return index + 1_000_000


def program(indices: list[int]) -> list[int]:
    return [ask(index) for index in indices]


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


run = {run}
run(list(range(2_000)))  # loads and compiles
indices = list(range(1_000_000))
before = memory_mb()
run(indices)
print(peak_mb() - before)
"""


def measure() -> list[Entry]:
    """XCS, less what plain Python needs for the results; Linux says what a process has at the moment."""
    if not Path("/proc/self/statm").exists():
        return [Entry("plain", None, "needs Linux"), Entry("xcs_jit", None, "needs Linux")]
    plain_mb = _peak_mb("program")
    return [Entry("plain", 0.0), Entry("xcs_jit", max(_peak_mb("xcs.jit(program)") - plain_mb, 0.0))]


def _peak_mb(run: str) -> float:
    path = Path(__file__).with_name("_measured_map.py")
    path.write_text(_PROGRAM.replace("{run}", run), encoding="utf-8")
    try:
        out = subprocess.run(
            [sys.executable, str(path)], capture_output=True, text=True, check=True, timeout=TIMEOUT_S
        ).stdout
    finally:
        path.unlink()
    return float(out)
