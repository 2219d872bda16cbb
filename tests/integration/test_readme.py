"""What the README shows works as it is shown, and what it links to is there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import xcs
from xcs.tools.xcs_opt import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XCS_MODEL", "XCS_BASE_URL", "OPENAI_BASE_URL", "XCS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(source: str, file: Path, namespace: dict[str, Any]) -> None:
    file.write_text(source)
    exec(compile(source, str(file), "exec"), namespace)


@pytest.mark.usefixtures("offline")
def test_the_program_and_all_its_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program, looking_inside = PYTHON[0], next(block for block in PYTHON if "xcs.timeline" in block)
    namespace: dict[str, Any] = {"__name__": "readme"}
    run(program, tmp_path / "program.py", namespace)
    questions = namespace["questions"] = [f"What is question {number}?" for number in range(10)]
    best_answer = namespace["best_answer"]
    with xcs.disable_jit():
        expected = best_answer(questions)
    assert best_answer(questions) == expected
    run(looking_inside, tmp_path / "looking_inside.py", namespace)
    events = json.loads((tmp_path / "run.json").read_text())["traceEvents"]
    assert sum("call" in event["name"] and event["dur"] > 40_000 for event in events) == 40  # us; a call takes 50 ms
    text = best_answer.lower(questions).as_text()
    assert text.count("xcs.map") == text.count("xcs.ensemble") == 1


def test_the_effects_are_those_of_xcs_op() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    for effect in listed:
        xcs.op(effect=effect)(lambda: None)
    assert listed == ["pure", "reads", "unordered", "ordered", "fence"]


def test_the_command_of_xcs_opt(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = [command for command in COMMANDS if command.startswith("xcs-opt")]
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(command)[1:]) == 0
    assert "xcs.tensor" in capsys.readouterr().out


def test_every_snippet_is_python_and_every_link_leads_somewhere() -> None:
    for source in PYTHON:
        compile(source, "README.md", "exec")
    for guide in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))):
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", guide.read_text(encoding="utf-8")):
            assert (guide.parent / link).exists(), (guide.name, link)
