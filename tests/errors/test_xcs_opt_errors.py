"""Mistakes in what `xcs-opt` is told about Python: one diagnostic, exit code 1 for the file and 2 for the options."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xcs.passes.patterns import pattern_names, unregister_pattern
from xcs.tools.xcs_opt import main

FILES = {
    "app.py": """import xcs

@xcs.jit
def route(x):
    return x

def steps(xs):
    yield from xs

async def fetch(x):
    return create_task(x)

class Panel:
    size = 3
""",
    "no_python.py": "def route(x:\n    return x\n",
    "null.py": "x = 1\0\n",
    "fails.py": "import json\njson.loads('{')\n",
    "stops_python.py": "raise SystemExit(0)\n",
    "lacks.py": "import a_module_that_is_not_there\n",
    "mine.py": "number = 3\ntable = {'Bad Name': 1}\n",
}
NO_JSON = "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
NO_MODULE = "ModuleNotFoundError: No module named 'a_module_that_is_not_there'"
OWN_NAMES = "names with `xcs-` are the compiler's own"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder.py").mkdir()
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if Path(f"{name}.py").exists():
            del sys.modules[name]
    for name in pattern_names():
        unregister_pattern(name)


def errors_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    search_path = list(sys.path)
    exit_code = main(arguments)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sys.path == search_path
    return exit_code, captured.err


@pytest.mark.parametrize(
    ("named", "diagnostic"),
    [
        (
            "app.py:rout",
            "app.py:rout: error: expected a function `rout` in `app.py`, found none; jitted there: `route`",
        ),
        ("app.py:Panel", "app.py:Panel: error: expected a function `Panel` in `app.py`, found a `type`"),
        ("app.py:Panel.size", "app.py:Panel.size: error: expected a function `Panel.size` in `app.py`, found a `int`"),
        ("mine.py:route", "mine.py:route: error: expected a function `route` in `mine.py`, found none"),
        ("app.py:steps", "app.py:steps: error: `steps` can't be staged: a generator"),
        ("app.py:fetch", "app.py:fetch: error: `fetch` can't be staged: `create_task` starts work in the background"),
        ("no_python.py:route", "no_python.py:1:10: error: '(' was never closed\ndef route(x:\n         ^"),
        ("fails.py:route", f"fails.py:route: error: importing `fails.py` raised `{NO_JSON}`"),
        ("stops_python.py:route", "stops_python.py:route: error: importing `stops_python.py` raised `SystemExit: 0`"),
        ("lacks.py:route", f"lacks.py:route: error: importing `lacks.py` raised `{NO_MODULE}`"),
        (
            "app.py:",
            "app.py: error: expected a file of IR or a Python function, found a Python file; help: `app.py:function`",
        ),
        (
            "app.py",
            "app.py: error: expected a file of IR or a Python function, found a Python file; help: `app.py:function`",
        ),
        ("none.py:route", "none.py: error: no such file or directory"),
        ("folder.py:route", "folder.py: error: is a directory"),
    ],
)
def test_python_files(named: str, diagnostic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert errors_of(capsys, named) == (1, f"{diagnostic}\n")
    assert named.partition(".")[0] not in sys.modules


def test_a_file_with_null_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, errors = errors_of(capsys, "null.py:route")
    assert exit_code == 1
    assert errors.startswith("null.py:")  # the wording is Python's own, and changes
    assert errors.splitlines()[0].endswith("source code string cannot contain null bytes")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("mine", "expected `module:attribute`, found `mine`"),
        ("mine:absent", "expected patterns at `mine:absent`, found none: module 'mine' has no attribute 'absent'"),
        ("mine:number", "expected a `RewritePattern` or a mapping of them at `mine:number`, found `3`"),
        (
            "mine:table",
            f"expected a pattern name of lower-case words joined by `-`, found `Bad Name`; {OWN_NAMES}",
        ),
        ("stops_python:x", "SystemExit: 0"),
        ("fails:x", NO_JSON),
        ("no_python:x", "SyntaxError: '(' was never closed (no_python.py, line 1)"),
    ],
)
def test_pattern_references(reference: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["app.py:route", "--load-patterns", reference]
    assert errors_of(capsys, *arguments) == (2, f"xcs-opt: error: option `--load-patterns`: {message}\n")
