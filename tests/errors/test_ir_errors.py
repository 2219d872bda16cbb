"""Each malformed program of `ir/` is refused with one diagnostic, the one in the `.err` file beside it.

`XCS_UPDATE_GOLDEN=1` writes the files anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xcs.tools.xcs_opt import main

FOLDER = Path(__file__).parent / "ir"
FILES = sorted(FOLDER.glob("*.mlir"))


def test_there_are_many() -> None:
    assert len(FILES) >= 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    assert main([file.name]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("error:") == 1
    golden = file.with_suffix(".err")
    if os.environ.get("XCS_UPDATE_GOLDEN"):
        golden.write_text(captured.err)
    assert captured.err == golden.read_text()


@pytest.mark.parametrize("file", [file for file in FILES if file.stem != "binary_garbage"], ids=lambda file: file.stem)
def test_expected_diagnostics_are_output(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    assert main([file.name, "--verify-diagnostics"]) == 0
    captured = capsys.readouterr()
    assert captured.out == file.with_suffix(".err").read_text()
    assert captured.err == ""
