"""Runs the `// RUN:` lines of every `.mlir` file below this folder, in this process.

A line is a pipe of `xcs-opt` and `filecheck`, as in LLVM's lit: `%s` is the file itself, `not` before a command expects
it to fail, `2>&1` after one joins its errors to its output.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from filecheck.finput import FInput
from filecheck.matcher import Matcher
from filecheck.options import parse_argv_options
from filecheck.parser import Parser

from xcs.tools.xcs_opt import main

FOLDER = Path(__file__).parent
RUN = re.compile(r"//\s*RUN:\s*(?P<command>.*)")


@dataclass(frozen=True)
class Outcome:
    """What a command of a pipe gave."""

    exit_code: int
    output: str
    errors: str


@contextmanager
def standard_input(text: str) -> Iterator[None]:
    """Gives `text` to whoever reads standard input."""
    kept = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = kept


def run_xcs_opt(arguments: list[str], given: str) -> Outcome:
    """Runs `xcs-opt` with `given` on standard input."""
    output, errors = io.StringIO(), io.StringIO()
    with standard_input(given), redirect_stdout(output), redirect_stderr(errors):
        exit_code = main(arguments)
    return Outcome(exit_code, output.getvalue(), errors.getvalue())


def run_filecheck(arguments: list[str], given: str) -> Outcome:
    """Checks `given` against the file that the arguments name."""
    options = parse_argv_options(["filecheck", *arguments])
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        exit_code = Matcher(options, FInput("<output>", given), Parser.from_opts(options)).run()
    return Outcome(exit_code, given, output.getvalue() + errors.getvalue())


COMMANDS = {"xcs-opt": run_xcs_opt, "filecheck": run_filecheck}


def run_line(command: str, file: Path) -> None:
    """Runs one pipe; fails the test where a command doesn't exit as expected."""
    given = ""
    for stage in command.split(" | "):
        words = [word.replace("%s", str(file)) for word in shlex.split(stage)]
        fails = words[0] == "not"
        words = words[1:] if fails else words
        joined = "2>&1" in words
        outcome = COMMANDS[words[0]]([word for word in words[1:] if word != "2>&1"], given)
        if (outcome.exit_code != 0) != fails:
            pytest.fail(
                f"`{stage}` exits with {outcome.exit_code}\n{outcome.errors}\non the input\n{given}", pytrace=False
            )
        given = outcome.output + (outcome.errors if joined else "")


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.mlir")), ids=lambda file: str(file.relative_to(FOLDER)))
def test_run_lines(file: Path) -> None:
    commands = [found["command"] for found in map(RUN.match, file.read_text().splitlines()) if found]
    assert commands, "no `// RUN:` line"
    for command in commands:
        run_line(command, file)


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    file = tmp_path / "wrong.mlir"
    file.write_text("%a = xcs.constant 1\n// CHECK: xcs.constant 2\n")
    with pytest.raises(pytest.fail.Exception, match="filecheck"):
        run_line("xcs-opt %s | filecheck %s", file)


def test_an_unexpected_exit_code_fails(tmp_path: Path) -> None:
    file = tmp_path / "wrong.mlir"
    file.write_text("xcs.unknown\n")
    with pytest.raises(pytest.fail.Exception, match="unknown op"):
        run_line("xcs-opt %s", file)
