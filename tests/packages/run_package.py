"""The report on other people's packages: `python tests/packages/run_package.py more_itertools --sources DIR`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from both_runs import Comparison, Mode, Place, compare
from package import LIBRARY, PACKAGES, Package

MAX_REASONS = 8  # of each kind, most frequent first


def main() -> None:
    """Run the packages named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="what is imported; `packages`, `library` or nothing for all")
    parser.add_argument("--sources", type=Path, help="a folder of unpacked source distributions")
    parser.add_argument("--site", type=Path, action="append", default=[], help="a folder with what tests need")
    parser.add_argument("--methods", action="store_true", help="jit the methods of classes, too")
    parser.add_argument("--stage", default="", help="what `XCS_STAGE` says")
    parser.add_argument("--select", action="append", default=[], help="one more argument for pytest")
    options = parser.parse_args()
    mode = Mode("methods" if options.methods else "functions", options.stage, tuple(options.select))
    place = Place(options.sources and options.sources.resolve(), tuple(one.resolve() for one in options.site))
    for package in _chosen(options.names):
        start = time.monotonic()
        print(report(compare(package, place, mode)), f"  {time.monotonic() - start:.0f} s\n", flush=True)


def _chosen(names: list[str]) -> list[Package]:
    groups = {"packages": PACKAGES, "library": LIBRARY}
    known = {package.name: (package,) for package in (*PACKAGES, *LIBRARY)} | groups
    return [package for name in names or groups for package in known[name]]


def report(comparison: Comparison) -> str:
    """A comparison as text."""
    lines = [f"{comparison.package.name}: " + ", ".join(f"{v} {k}" for k, v in comparison.counts().items())]
    lines.append("  " + ", ".join(f"{name} {value:.2f}" for name, value in comparison.latency().items()))
    for title, reasons in zip(("plain Python", "native pieces"), comparison.reasons(), strict=True):
        lines += [f"  {title}: {count}x {reason}" for reason, count in reasons.most_common(MAX_REASONS)]
    for run in (comparison.plain, comparison.jitted):
        lines += [] if run.finished else ["  did not finish:", run.output]
    for test, text in comparison.differing().items():
        lines += [f"  DIFFERS {test}", *(f"    {line}" for line in text.splitlines()[-25:])]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
