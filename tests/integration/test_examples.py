"""Every example runs as a user runs it, without a warning that a function ran as plain Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OFFLINE = {name: held for name, held in os.environ.items() if not name.startswith(("XCS_", "OPENAI_"))}


def output_of(example: str, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / example), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, env=OFFLINE, timeout=100)
    assert run.returncode == 0, run.stderr
    assert "XCSWarning" not in run.stderr
    return run.stdout


def test_every_example_is_tested_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {"panel_of_experts.py", *EXPECTED}


EXPECTED = {
    "classify_texts.py": "praise    +0.48  The documentation is clear and it works on the first try.",
    "hybrid_pipeline.py": "'execution_strategy': 'hybrid'",
    "merge_sort.py": "1. threads wait for the network\n2. sockets and threads on the network\n",
}


@pytest.mark.parametrize("example", EXPECTED)
def test_small_examples(example: str) -> None:
    assert EXPECTED[example] in output_of(example)


def test_the_panel_of_experts_shows_its_answers_and_its_inside(tmp_path: Path) -> None:
    timeline = tmp_path / "timeline.json"
    output = output_of("panel_of_experts.py", "--timeline", str(timeline))
    assert output.count("\nA: ") == 6
    assert "== wall time, embedded:default, same answers in all runs" in output
    assert "xcs.map" in output
    assert json.loads(timeline.read_text())
