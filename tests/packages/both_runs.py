"""A package's own tests, plain against jitted. In: a package and where it lies. Out: a `Comparison`."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from package import Package

TEST_TIMEOUT_S = 60  # for one test: a hang is a failure of that test
RUN_TIMEOUT_S = 1800  # for all tests of a package
HERE = Path(__file__).parent
BEFORE_PACKAGES = (HERE, HERE.parent.parent)


@dataclass(frozen=True, slots=True)
class TestRun:
    """What one run of a package's tests shows.

    Attributes:
        outcomes: `passed`, `failed`, `skipped` or `xfailed`, with the text of a failure, by test.
        functions: what became of each jitted function.
        compilations: what each compilation cost.
        finished: whether the run came to its end.
        output: the last lines of pytest, for a run that didn't.
    """

    __test__ = False

    outcomes: Mapping[str, tuple[str, str]]
    functions: Sequence[Mapping[str, Any]] = ()
    compilations: Sequence[Mapping[str, Any]] = ()
    finished: bool = True
    output: str = ""

    @property
    def passed(self) -> frozenset[str]:
        """The tests that passed."""
        return frozenset(test for test, (outcome, _) in self.outcomes.items() if outcome == "passed")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plain and a jitted run of the same tests."""

    package: Package
    plain: TestRun
    jitted: TestRun

    def differing(self) -> dict[str, str]:
        """Tests that pass plain and don't pass jitted, with what they say; those explained are left out.

        Files whose tests could not be collected jitted come first.
        """
        failed = {test: text for test, (outcome, text) in self.jitted.outcomes.items() if outcome == "failed"}
        collected = {test: text for test, text in failed.items() if test not in self.plain.outcomes}
        absent = ("missing", "the run ended before it" if not self.jitted.finished else "")
        return collected | {
            test: "{}: {}".format(*self.jitted.outcomes.get(test, absent))
            for test in sorted(self.plain.passed - self.jitted.passed)
            if test not in self.package.explained
        }

    def counts(self) -> dict[str, int]:
        """How many tests and functions, and what became of them."""
        functions = self.jitted.functions
        called = [one for one in functions if one["calls"]]
        return {
            "tests": len(self.plain.outcomes),
            "passed plain": len(self.plain.passed),
            "passed jitted": len(self.plain.passed & self.jitted.passed),
            "explained": len(self.package.explained.keys() & (self.plain.passed - self.jitted.passed)),
            "jitted": len(functions),
            "called": len(called),
            "staged": sum(1 for one in called if one["staged"]),
            "fell back": sum(1 for one in called if one["fallback"]),
        }

    def reasons(self) -> tuple[Counter[str], Counter[str]]:
        """How often each reason makes a function plain Python, and a piece of one native."""
        fallback = Counter(reason for one in self.jitted.functions for reason in one["fallback"])
        opaque = Counter(piece for one in self.jitted.functions for piece in one["opaque"])
        return fallback, opaque

    def latency(self) -> dict[str, float]:
        """Median and 99th percentile of compilations in ms, and of milliseconds for one op."""
        made = [one for one in self.jitted.compilations if one["num_ops"]]
        if not made:
            return {}
        whole = [one["seconds"] * 1e3 for one in made]
        per_op = [one["seconds"] * 1e3 / one["num_ops"] for one in made]
        return {
            "median ms": statistics.median(whole),
            "p99 ms": percentile(whole, 0.99),
            "median ms/op": statistics.median(per_op),
            "p99 ms/op": percentile(per_op, 0.99),
        }


def percentile(values: Sequence[float], fraction: float) -> float:
    """The value below which this fraction of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * fraction))]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the packages lie.

    Attributes:
        sources: a folder of unpacked source distributions; None: packages are installed.
        site: folders with what tests need, before what is installed.
    """

    sources: Path | None = None
    site: tuple[Path, ...] = ()

    def root(self, package: Package) -> Path | None:
        """The unpacked source distribution of a package, if there is one."""
        if self.sources is None or package.project is None:
            return None
        name = package.project.replace("-", "_")
        found = sorted(one for one in self.sources.iterdir() if one.name.replace("-", "_").startswith(f"{name}_"))
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Mode:
    """How a package is run: `kind` is `plain`, `functions` or `methods`, `stage` what `XCS_STAGE` says."""

    kind: str
    stage: str = ""
    selection: tuple[str, ...] = field(default=())


def compare(package: Package, place: Place, mode: Mode) -> Comparison:
    """Run a package's tests plain and jitted."""
    plain = run_tests(package, place, Mode("plain", selection=mode.selection))
    return Comparison(package, plain, run_tests(package, place, mode))


def run_tests(package: Package, place: Place, mode: Mode) -> TestRun:
    """Run a package's tests in a process of their own."""
    root = place.root(package)
    targets, import_root = _targets(package, root)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.jsonl")
        command = [sys.executable, "-m", "pytest", "-p", "jitting_plugin", "-p", "no:cacheprovider"]
        command += ["-c", str(HERE / "packages.ini"), "--rootdir", str(root or "/")]  # test ids are relative to it
        command += ["-q", "--tb=short", "--continue-on-collection-errors", f"--timeout={TEST_TIMEOUT_S}"]
        command += ["--doctest-modules"] if package.doctests else []
        command += [*targets, *mode.selection]
        paths = [*BEFORE_PACKAGES, *([import_root] if import_root else []), *place.site]
        environment = (
            os.environ
            | package.environment
            | {
                "PYTHONPATH": os.pathsep.join(map(str, paths)),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": "0",
                "XCS_PACKAGE": package.name,
                "XCS_PACKAGE_MODE": mode.kind,
                "XCS_PACKAGE_REPORT": str(report),
                "XCS_STAGE": mode.stage,
            }
        )
        try:
            ran = subprocess.run(
                command,
                cwd=root or scratch,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=RUN_TIMEOUT_S,
            )
            output = ran.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode(errors="replace")
        return read_report(report.read_text() if report.exists() else "", output)


def _targets(package: Package, root: Path | None) -> tuple[list[str], Path | None]:
    """What pytest runs, and the folder from which the package is imported, if it isn't installed."""
    if root is None:
        return ["--pyargs", *package.doctests, *package.installed_tests], None
    tests = [one for one in package.tests if (root / one).exists()]
    import_root = root / package.path
    for name in package.doctests:
        path = import_root / name
        tests.append(str(path if path.exists() else path.with_suffix(".py")))
    return tests, import_root


def read_report(text: str, output: str) -> TestRun:
    """What the plugin wrote."""
    outcomes: dict[str, tuple[str, str]] = {}
    functions: Sequence[Mapping[str, Any]] = ()
    compilations: Sequence[Mapping[str, Any]] = ()
    finished = False
    for line in text.splitlines():
        entry = json.loads(line)
        if "test" in entry:
            outcomes[entry["test"]] = entry["outcome"], entry["text"]
        functions = entry.get("functions", functions)
        compilations = entry.get("compilations", compilations)
        finished = finished or "finished" in entry
    return TestRun(outcomes, functions, compilations, finished, "" if finished else output[-8000:])
