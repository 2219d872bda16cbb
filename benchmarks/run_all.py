"""Measures XCS and prints a table: `python benchmarks/run_all.py [--json path] [--only name ...]`.

Each number is a median of repetitions in one process, and a ratio wherever there is something to divide by, so that it
says the same on another machine. The last column is what the number should be.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from measurement import Measurement

BENCHMARKS = (
    "start",
    "ensemble",
    "compiling",
    "overhead",
    "null_calls",
    "array_dispatch",
    "hybrid",
    "vectorize",
    "grad",
)


def run(names: Sequence[str]) -> list[Measurement]:
    """Everything that the benchmarks of these names measure."""
    measured: list[Measurement] = []
    for name in names:
        measure: Callable[[], list[Measurement]] = __import__(name).measure
        measured += measure()
    return measured


def table(measured: Sequence[Measurement]) -> str:
    """One line for each number."""
    width = max(len(one.what) for one in measured)
    return "\n".join(one.line(width) for one in measured)


def main() -> int:
    """Runs the benchmarks; the exit code is 1 where a number misses what it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS)
    options = parser.parse_args()
    measured = run(options.only)
    print(table(measured))
    if options.json is not None:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
        numbers = [one.as_dict() for one in measured]
        options.json.write_text(json.dumps({**machine, "numbers": numbers}, indent=2) + "\n", encoding="utf-8")
    return int(not all(one.is_met for one in measured))


if __name__ == "__main__":
    sys.exit(main())
