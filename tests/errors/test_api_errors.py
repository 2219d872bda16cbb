"""Each mistake of `api/` gives the message in the `.err` file beside it: an error, or warnings of a script that runs.

`XCS_UPDATE_GOLDEN=1` writes the files anew.
"""

from __future__ import annotations

import importlib.util
import os
import re
import warnings
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "api"
FILES = sorted(FOLDER.glob("*.py"))


def test_there_are_many() -> None:
    assert len(FILES) >= 15


def message_of(file: Path) -> str:
    """What running a script says, one line for each warning and for the error that ends it."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    lines: list[str] = []
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        except Exception as error:
            lines.append(f"{type(error).__name__}: {error}")
    said = [f"{Path(w.filename).name}:{w.lineno}: {w.category.__name__}: {w.message}" for w in seen]
    text = "\n".join(said + lines) + "\n"
    return re.sub("0x[0-9a-f]+", "0x0", text.replace(f"{FOLDER}{os.sep}", ""))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden(file: Path) -> None:
    text = message_of(file)
    golden = file.with_suffix(".err")
    if os.environ.get("XCS_UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()
