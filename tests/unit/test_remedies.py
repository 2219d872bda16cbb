"""`explain` shows the remedies of docs/language.md. `XCS_UPDATE_GOLDEN=1` writes the table anew from the guide."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

import xcs
from xcs.frontend import remedies

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "frontend" / "remedies.json"


def remedies_in_guide() -> dict[str, str]:
    """Each reason with what the guide says about it; `likewise` is what stands above."""
    found: dict[str, str] = {}
    last = ""
    guide = (ROOT / "docs" / "language.md").read_text(encoding="utf-8").partition("## Reasons")[2]
    for reason, text in re.findall(r"^\| (.*?) \| (.*?) \|$", guide, re.MULTILINE):
        if reason in ("reason", "---"):
            continue
        if text == "likewise" or text.startswith("likewise"):
            text = last + text.removeprefix("likewise")
        else:
            last = text
        found[reason] = text
    return found


def test_explain_says_what_the_guide_says() -> None:
    wanted = remedies_in_guide()
    if os.environ.get("XCS_UPDATE_GOLDEN"):
        TABLE.write_text(json.dumps(wanted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    assert table == wanted, "`XCS_UPDATE_GOLDEN=1` writes frontend/remedies.json anew from docs/language.md"


@pytest.mark.parametrize("reason", json.loads(TABLE.read_text(encoding="utf-8")))
def test_each_reason_finds_its_own_remedy(reason: str) -> None:
    filled = reason.replace("…", "name")
    assert remedies.remedy_for(filled) == json.loads(TABLE.read_text(encoding="utf-8"))[reason]


def test_an_unknown_reason_has_none() -> None:
    assert remedies.remedy_for("the moon is full") is None


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    return f"<{question}>"


def looks(question):
    answer = ask(question)
    return answer, sorted(locals())


def test_explain_says_what_helps_where_a_function_runs_as_plain_python() -> None:
    jitted = xcs.jit(looks)
    with pytest.warns(xcs.XCSWarning):
        jitted("a")
    remedy = remedies.remedy_for("`locals` looks at the running frame")
    assert xcs.explain(jitted).endswith(f"looks at the running frame; help: {remedy}")
