"""The command line tool `xcs-journal`."""

from __future__ import annotations

import enum
import json
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import xcs
from xcs.tools.xcs_journal import main


class Colour(enum.Enum):
    RED = 1


@xcs.op(effect="unordered")
def look(x: int) -> Any:
    if x < 0:
        raise ValueError(x)
    return [{"x": x}, math.nan, 0.5, (1,), Colour.RED]


@xcs.jit
def program(numbers: list[int]) -> Any:
    return [look(number) for number in numbers]


@pytest.fixture
def journal(tmp_path: Path) -> str:
    path = tmp_path / "run.db"
    with xcs.journal(path, exceptions=True):
        program([1, 2])
        with pytest.raises(ValueError):
            program([-1])
    return str(path)


def test_list_and_show(journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", journal]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(f"{__name__}.program")
    assert "ended" in first
    assert " 2 calls" in first
    assert " 1 calls" in second
    assert main(["show", journal, first.split()[0]]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert "test_xcs_journal.py:" in shown[1]
    assert main(["show", journal]) == 0
    assert "raised ValueError(-1)" in capsys.readouterr().out


def test_export(journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", journal]) == 0
    calls = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(calls) == 3
    values = sorted((call["value"] for call in calls if "value" in call), key=str)
    nan, pair = {"repr": "nan"}, {"repr": "(1,)"}
    assert values == [[{"x": x}, nan, 0.5, pair, {"repr": "<Colour.RED: 1>"}] for x in (1, 2)]
    assert [call["raised"] for call in calls if "raised" in call] == [{"repr": "ValueError(-1)"}]
    assert {call["program"] for call in calls} == {f"{__name__}.program"}


def test_prune(journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", journal]) == 1
    assert "expected what to remove" in capsys.readouterr().err
    assert main(["prune", journal, "--older-than", "1"]) == 0
    assert capsys.readouterr().out == "removed 0 runs with 0 calls\n"
    assert main(["list", journal]) == 0
    beginning = capsys.readouterr().out.split()[0]
    assert main(["prune", journal, beginning]) == 0
    assert capsys.readouterr().out == "removed 1 runs with 2 calls\n"
    assert main(["prune", journal, "--ended"]) == 0
    assert main(["list", journal]) == 0
    assert capsys.readouterr().out == "removed 1 runs with 1 calls\n"


def test_damage_is_shown(journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(journal, isolation_level=None)
    connection.execute("UPDATE calls SET value = x'00'")
    connection.close()
    assert main(["export", journal]) == 0
    assert '"value": {"repr": "<it is damaged>"}' in capsys.readouterr().out


def test_mistakes(journal: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", str(tmp_path / "none.db")]) == 1
    assert "can't be opened: unable to open database file" in capsys.readouterr().err
    assert main(["show", journal, "xyz"]) == 1
    assert "expected the beginning of a run's identity, found `xyz`" in capsys.readouterr().err
    assert main(["frobnicate", journal]) == 2
    assert main(["--help"]) == 0
