"""Measures XCS and prints tables: `python benchmarks/run_all.py [--json path] [--only name ...]`.

Each number is a median of repetitions in one process, and a ratio wherever there is something to divide by, so that it
says the same on another machine. The last column is what the number should be. `comparison` and `semantics` set XCS
beside hand-written concurrency and other libraries, as far as the extra `bench` is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from comparison.chart import chart
from comparison.contender import CONTENDERS, Contender
from comparison.semantics import check_all
from comparison.table import markdown, semantics_table, speed_table
from comparison.workload import WORKLOADS, Result, run_workload
from measurement import Measurement

BENCHMARKS = (
    "start",
    "ensemble",
    "compiling",
    "overhead",
    "null_calls",
    "scale",
    "array_dispatch",
    "hybrid",
    "vectorize",
    "grad",
)
COMPARISONS = ("comparison", "semantics")


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


def compare(names: Sequence[str], contenders: Sequence[Contender]) -> list[Result]:
    """The workloads of these names, with whatever the contenders need running meanwhile."""
    with ExitStack() as stack:
        for contender in contenders:
            if contender.is_installed:
                stack.enter_context(contender.running())
        results: list[Result] = []
        for name in names:
            results.append(run_workload(name, contenders))
            print(speed_table(results[-1:], contenders), flush=True)
        return results


def write_results(folder: Path, results: Sequence[Result], rows: Mapping[str, Mapping[str, str]]) -> None:
    """The numbers, the chart and the tables as the README shows them."""
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    versions = {one.title: one.version for one in CONTENDERS if one.package is not None}
    numbers = {**machine, "versions": versions, "speed": [one.as_dict() for one in results], "semantics": rows}
    (folder / "results.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    (folder / "comparison.svg").write_text(chart(results), encoding="utf-8")
    (folder / "results.md").write_text(markdown(results, rows), encoding="utf-8")


def main() -> int:
    """Runs the benchmarks; the exit code is 1 where a number misses what it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    parser.add_argument("--only", nargs="+", choices=(*BENCHMARKS, *COMPARISONS), default=(*BENCHMARKS, *COMPARISONS))
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=WORKLOADS, help="of the comparison")
    parser.add_argument(
        "--contenders", nargs="+", choices=[one.name for one in CONTENDERS], help="likewise; default: all"
    )
    parser.add_argument("--results", type=Path, help="the folder for the chart and the tables of the comparison")
    options = parser.parse_args()
    measured = run([name for name in options.only if name in BENCHMARKS])
    if measured:
        print(table(measured))
    contenders = [one for one in CONTENDERS if options.contenders is None or one.name in options.contenders]
    results = compare(options.workloads, contenders) if "comparison" in options.only else []
    rows = check_all(contenders) if "semantics" in options.only else {}
    if rows:
        print(semantics_table(rows, contenders))
    if options.results is not None:
        write_results(options.results, results, rows)
    if options.json is not None:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
        numbers = [one.as_dict() for one in measured]
        options.json.write_text(json.dumps({**machine, "numbers": numbers}, indent=2) + "\n", encoding="utf-8")
    return int(not all(one.is_met for one in (*measured, *results)))


if __name__ == "__main__":
    sys.exit(main())
