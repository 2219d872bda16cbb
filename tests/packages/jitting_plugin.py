"""A pytest plugin for the process that runs a package's own tests: jits the package first, notes each outcome.

Loaded with `-p jitting_plugin`, before any `conftest.py`. `XCS_PACKAGE` names the package, `XCS_PACKAGE_MODE` is
`plain`, `functions` or `methods`, and `XCS_PACKAGE_REPORT` is the file to write: one JSON object a line.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import IO, Any

import pytest
from jitted_package import JittedPackage, jit_package

MAX_TEXT = 4000  # characters kept of what a failure says


class Reporter:
    """Writes one line for each test, and the statistics at the end."""

    def __init__(self, file: IO[str], package: JittedPackage | None) -> None:
        self.file = file
        self.package = package
        self.outcomes: dict[str, tuple[str, str]] = {}

    def write(self, **entry: Any) -> None:
        """One line, at once: a process that dies has told how far it came."""
        self.file.write(json.dumps(entry) + "\n")
        self.file.flush()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.write(test=f"collecting {report.nodeid}", outcome="failed", text=str(report.longrepr)[-MAX_TEXT:])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome, text = self.outcomes.get(report.nodeid, ("passed", ""))
        if report.outcome != "passed" and outcome != "failed":
            expected = hasattr(report, "wasxfail")
            outcome = "xfailed" if expected else report.outcome
            text = str(report.longrepr)[-MAX_TEXT:]
        self.outcomes[report.nodeid] = outcome, text
        if report.when == "teardown":
            self.write(test=report.nodeid, outcome=outcome, text=text)

    def pytest_sessionfinish(self) -> None:
        if self.package is not None:
            self.write(
                functions=self.package.functions(), compilations=[asdict(one) for one in self.package.compilations]
            )
        self.write(finished=True)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_REPORTER)


def _reporter() -> Reporter:
    name, mode = os.environ["XCS_PACKAGE"], os.environ["XCS_PACKAGE_MODE"]
    package = None if mode == "plain" else jit_package(name, methods=mode == "methods")
    return Reporter(open(os.environ["XCS_PACKAGE_REPORT"], "w"), package)  # open until the end


_REPORTER = _reporter()
