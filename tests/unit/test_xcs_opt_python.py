"""`xcs-opt` on Python functions and with patterns of the user's own, and that docs/xcs-opt.md is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from xdsl.pattern_rewriter import RewritePattern

from xcs.passes.patterns import pattern_names, unregister_pattern
from xcs.tools.xcs_opt import main

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "xcs-opt.md").read_text(encoding="utf-8")
PROGRAM, FROM_PYTHON = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
(COMMAND,) = re.findall(r"```sh\n(.*?)\n```", GUIDE, re.DOTALL)
(PRINTED,) = re.findall(r"```mlir\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with the program of the guide in it; patterns and modules are forgotten afterwards."""
    (tmp_path / "notes.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("notes", None)
    for name in pattern_names():
        unregister_pattern(name)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    exit_code = main(arguments)
    captured = capsys.readouterr()
    assert (exit_code, captured.err) == (0, "")
    return captured.out


def test_the_command_of_the_guide_prints_what_the_guide_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *COMMAND.split()[1:]).rstrip() == PRINTED.rstrip()


def test_the_command_of_the_guide_as_a_process(folder: Path) -> None:
    command = [sys.executable, "-m", "xcs.tools.xcs_opt", *COMMAND.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip() == PRINTED.rstrip()


def test_the_python_of_the_guide_runs(folder: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "notes"}
    exec(compile(PROGRAM, str(folder / "notes.py"), "exec"), namespace)
    exec(compile(FROM_PYTHON, "guide", "exec"), namespace)
    assert namespace["lowered"].as_text().count("xcs.call ") == 1
    assert namespace["title"] == "a title"
    assert isinstance(namespace["summary"], str)


def test_every_option_is_in_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    assert options - {"--help", "--passes", "--target", "--output-file"} <= set(re.findall(r"--[a-z-]+", GUIDE))


def test_user_patterns_are_listed_with_their_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    listed = run(capsys, "--list-passes", "--load-patterns", "notes:FoldSummary")
    assert re.search(r"^fold-summary +The summary of a summary is the summary\.$", listed, re.MULTILINE)


def test_several_references(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "table_of_patterns.py").write_text("from notes import FoldSummary\npatterns = {'second': FoldSummary}\n")
    both = ("--load-patterns", "notes:FoldSummary", "--load-patterns", "table_of_patterns:patterns")
    printed = run(capsys, "notes.py:digest", *both, "-p", "second,fold-summary")
    assert printed.count("xcs.call ") == 1
    del sys.modules["table_of_patterns"]


class NeverMatches(RewritePattern):
    """Matches nothing."""

    def match_and_rewrite(self, op: object, rewriter: object) -> None:
        return


def test_installed_patterns_are_loaded_only_when_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = EntryPoint("of-a-package", f"{__name__}:NeverMatches", "xcs.patterns")
    monkeypatch.setattr("xcs.passes.patterns.entry_points", lambda group: (installed,))
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    assert "of-a-package" not in run(capsys, "--list-passes")
    assert "of-a-package         Matches nothing." in run(capsys, "--list-passes", "--installed-patterns")
    run(capsys, "notes.py:digest", "--installed-patterns", "-p", "of-a-package")


def test_installed_patterns_that_fail(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "a_module_that_is_not_there:Pattern", "xcs.patterns")
    monkeypatch.setattr("xcs.passes.patterns.entry_points", lambda group: (broken,))
    assert main(["--list-passes", "--installed-patterns"]) == 2
    assert capsys.readouterr().err == (
        "xcs-opt: error: option `--installed-patterns`: "
        "ModuleNotFoundError: No module named 'a_module_that_is_not_there'\n"
    )


def test_a_file_finds_its_neighbours_and_its_own_dataclasses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    below = folder / "below"
    below.mkdir()
    (below / "neighbour_of_app.py").write_text("import xcs\nask = xcs.embedded()\n")
    (below / "json.py").write_text(  # named like a module that is imported already
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport neighbour_of_app\n\n"
        "@dataclass\nclass Question:\n    text: str\n\n    def answer(self):\n"
        "        return neighbour_of_app.ask(self.text)\n"
    )
    import json

    printed = run(capsys, "below/json.py:Question.answer", "--print-debuginfo")
    assert "xcs.func @answer" in printed
    assert 'loc("below/json.py":10:' in printed
    assert sys.modules["json"] is json
    del sys.modules["neighbour_of_app"]


def test_a_bug_of_ours_is_a_diagnostic_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise KeyError("of ours")

    monkeypatch.setattr("xcs.frontend.trace_file.trace", fail)
    assert main(["notes.py:digest"]) == 1
    assert capsys.readouterr().err == "notes.py:digest: error: internal error while tracing: KeyError: 'of ours'\n"
