"""`jit(stage="all")` stages whatever can be staged, with the same meaning; `XCS_STAGE` says what is left out."""

from __future__ import annotations

import math

import pytest

import xcs
from xcs.frontend.wrapped import Wrapped


def shorter(a: str, b: str) -> str:
    if len(a) < len(b):
        return a
    return b


def plain(words: list[str], limit: int) -> dict[str, object]:
    total = 0
    for word in words:
        if word and len(word) > limit:
            total += len(word) * 2
    found = {word: word.upper() for word in words if word}
    return {
        "text": f"{total:>{limit + 3}}",
        "found": found,
        "short": shorter(words[0], words[-1]),
        "pi": math.floor(limit),
    }


ARGUMENTS = (["ab", "", "cde"], 2)


def ops(jitted: Wrapped) -> list[str]:
    return [op.name for op in jitted.trace(*ARGUMENTS).module.walk()]


def test_everything_is_staged() -> None:
    jitted = xcs.jit(plain, stage="all")
    assert jitted(*ARGUMENTS) == plain(*ARGUMENTS)
    found = ops(jitted)
    assert found.count("xcs.for") == 2
    assert found.count("xcs.if") == 4
    assert found.count("xcs.func") == 2
    assert jitted.stats["opaque"] == []


def test_by_default_only_what_gains_is_staged() -> None:
    found = ops(xcs.jit(plain))
    assert not {"xcs.for", "xcs.if", "xcs.invoke"} & set(found)


def test_the_environment_is_asked_when_something_is_jitted(monkeypatch: pytest.MonkeyPatch) -> None:
    before = xcs.jit(plain)
    monkeypatch.setenv("XCS_STAGE", "all")
    everything, gains = xcs.jit(plain), xcs.jit(plain, stage="gains")
    assert "xcs.for" in ops(everything)
    assert "xcs.for" not in ops(gains)
    assert "xcs.for" not in ops(before)
    monkeypatch.setenv("XCS_STAGE", "some")
    with pytest.raises(xcs.XCSError, match="found `some` in the environment variable `XCS_STAGE`"):
        xcs.jit(plain)


def test_what_looks_at_its_frame_runs_natively() -> None:
    def named(x: int) -> list[str]:
        y = x + 1
        return sorted(locals()) if y else []

    jitted = xcs.jit(named, stage="all")
    with pytest.warns(xcs.XCSWarning, match="looks at the running frame"):
        assert jitted(1) == ["x", "y"]
