"""Running one workload: every contender in turns in one process, their results compared, medians taken."""

from __future__ import annotations

import gc
import importlib
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

from .contender import CONTENDERS, Contender, quiet

WORKLOADS = (
    "ensemble",
    "irregular_dag",
    "tree_of_thoughts",
    "plan_and_execute",
    "two_agents",
    "bounded_map",
    "many_tasks",
    "slow_diagonal",
    "nothing_parallel",
    "map_memory",
)
TURNS = 5
SLOW_S = 2.0  # what takes longer is measured once
VERY_SLOW_S = 20.0  # what takes longer isn't warmed up either


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of one contender at one workload.

    Attributes:
        contender: its name.
        seconds: the median, None if there is none; for memory it is in MB.
        note: why there is none.
    """

    contender: str
    seconds: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One row.

    Attributes:
        workload, title: the file, and what it measures.
        bar: what XCS is to reach, as text; is_met: whether it did.
        ratio: XCS over what the bar names.
        critical_path_s: no schedule can be faster; 0: not known.
        unit: of the entries: `s` or `MB`.
    """

    workload: str
    title: str
    bar: str
    ratio: float
    is_met: bool
    critical_path_s: float
    unit: str
    entries: tuple[Entry, ...]

    def seconds(self, contender: str) -> float | None:
        """The median of one contender."""
        return next((entry.seconds for entry in self.entries if entry.contender == contender), None)

    def as_dict(self) -> dict[str, object]:
        """The row as JSON takes it."""
        return asdict(self)


def run_workload(name: str, contenders: Sequence[Contender] = CONTENDERS) -> Result:
    """Measures one workload.

    Raises:
        AssertionError: XCS or a hand-written version gives another result than plain Python.
    """
    module = importlib.import_module(f".{name}", __package__)
    measure = getattr(module, "measure", None)
    entries = measure() if measure is not None else _entries(module, contenders)
    bar: Bar = module.BAR
    seconds = {entry.contender: entry.seconds for entry in entries if entry.seconds is not None}
    ratio = bar.ratio(seconds)
    is_met = bar.is_met(seconds)
    critical = getattr(module, "CRITICAL_PATH_S", 0.0)
    return Result(name, module.TITLE, str(bar), ratio, is_met, critical, getattr(module, "UNIT", "s"), tuple(entries))


@dataclass(frozen=True, slots=True)
class Bar:
    """What XCS is to reach.

    Attributes:
        over: the contender that it is compared with; None: `unit`.
        at_most: the ratio; slack_s: seconds on top of it.
        unit: what to divide by where there is nobody to compare with, in seconds.
        what: the unit of a bar that is no ratio.
    """

    over: str | None
    at_most: float
    slack_s: float = 0.0
    unit: float = 1.0
    what: str = ""

    def ratio(self, seconds: dict[str, float]) -> float:
        """XCS over the other."""
        other = self.unit if self.over is None else seconds.get(self.over)
        mine = seconds.get("xcs_jit")
        return float("nan") if mine is None or other is None else mine / other

    def is_met(self, seconds: dict[str, float]) -> bool:
        """Whether XCS is fast enough."""
        other = self.unit if self.over is None else seconds.get(self.over, 0.0)
        return seconds.get("xcs_jit", float("inf")) <= self.at_most * other + self.slack_s

    def __str__(self) -> str:
        if self.what:
            return f"<= {self.at_most:g} {self.what}"
        titles = {one.name: one.title for one in CONTENDERS}
        what = f"{self.unit:g} s" if self.over is None else titles[self.over]
        slack = f" + {self.slack_s * 1e3:g} ms" if self.slack_s else ""
        return f"<= {self.at_most:g}x {what}{slack}"


def _entries(module: ModuleType, contenders: Sequence[Contender]) -> list[Entry]:
    expected_s, expected = _seconds(module.plain())
    runs: dict[str, Callable[[], Any]] = {}
    notes: dict[str, str] = {}
    times: dict[str, list[float]] = {}
    with ExitStack() as stack, quiet():
        for contender in contenders:
            make = getattr(module, contender.name, None)
            if contender.name == "plain" and expected_s >= SLOW_S:
                times["plain"] = [expected_s]
            elif make is None or contender.name in getattr(module, "NOT_WRITTEN", {}):
                notes[contender.name] = getattr(module, "NOT_WRITTEN", {}).get(contender.name, "")
            elif not contender.is_installed:
                notes[contender.name] = "not installed"
            else:
                _warm_up(contender, make, expected, runs, notes, times)
        stack.callback(gc.enable)
        gc.collect()
        gc.disable()
        for _ in range(TURNS - 1):
            for name, run in runs.items():
                if times[name][0] < SLOW_S:
                    times[name].append(_seconds(run)[0])
    return [Entry(one.name, _median(times.get(one.name)), notes.get(one.name, "")) for one in contenders]


def _warm_up(
    contender: Contender,
    make: Callable[[], Callable[[], Any]],
    expected: Any,
    runs: dict[str, Callable[[], Any]],
    notes: dict[str, str],
    times: dict[str, list[float]],
) -> None:
    is_ours = contender.package is None
    try:
        run = make()
        taken_s, value = _seconds(run)
        if taken_s < VERY_SLOW_S:
            taken_s, value = _seconds(run)
    except Exception as error:
        if is_ours:
            raise
        notes[contender.name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:80]
        return
    if value != expected:
        assert not is_ours, f"{contender.name}: {value!r:.200}"
        notes[contender.name] = "another result"
        return
    runs[contender.name] = run
    times[contender.name] = [taken_s]


def _seconds(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    value = run()
    return time.perf_counter() - start, value


def _median(times: list[float] | None) -> float | None:
    return statistics.median(times) if times else None
