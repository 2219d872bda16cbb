"""The guide to the frontend names the layers of the stager in their order, and no file that isn't there."""

from __future__ import annotations

import re
from pathlib import Path

from xcs.frontend.staging.statements.statements import FunctionStager

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "frontend.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)/` \| (.*) \|$", GUIDE, re.MULTILINE))


def test_layers_are_in_order() -> None:
    modules = [layer.__module__.split(".")[-2:] for layer in reversed(FunctionStager.__mro__[:-1])]
    shown = [[folder, name] for folder, text in ROWS.items() for name in re.findall(r"`(\w+)\.py`", text)]
    layers = [one for one in shown if one in modules]
    assert layers == [one for one in modules if one in shown]
    assert len(layers) > 20


def test_every_file_is_there() -> None:
    for folder, text in ROWS.items():
        for name in re.findall(r"`(\w+\.py)`", text):
            assert (ROOT / "frontend" / "staging" / folder / name).exists(), (folder, name)
