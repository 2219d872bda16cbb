"""Journals beside policies: a call is recorded once it has succeeded, however often it was tried or had to wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import xcs

pytest.importorskip("tenacity")

pytestmark = pytest.mark.usefixtures("leaves_nothing")
SOON = xcs.Retry(3, first_wait_s=0.001)
made: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    made.clear()


@xcs.op(effect="unordered", retries=SOON, max_concurrency=2, rate_limit=xcs.RateLimit(1000, per_s=1), timeout_s=30)
def ask(text: str) -> str:
    made[text] += 1
    if text.startswith("flaky") and made[text] < 3:
        raise ConnectionError(text)
    if text == "broken":
        raise ConnectionError(text)
    return text.upper()


@xcs.op(effect="unordered", retries=SOON, max_concurrency=2, timeout_s=30)
async def wait(text: str) -> str:
    made[text] += 1
    if text.startswith("flaky") and made[text] < 3:
        raise ConnectionError(text)
    await asyncio.sleep(0)
    return text.upper()


def helper(text: str) -> str:
    return ask(text + "!").strip()


def program(texts: list[str]) -> list[Any]:
    return [[ask(text) for text in texts], [helper(text) for text in texts]]


async def async_program(texts: list[str]) -> list[str]:
    return [await wait(text) for text in texts]


TEXTS = ["a", "flaky b", "c", "flaky d", "e"]


@pytest.mark.parametrize("options", [{}, {"timeout_s": 30.0}, {"strategy": "sequential"}], ids=str)
def test_a_second_run_makes_no_call_again(tmp_path: Path, options: dict[str, Any]) -> None:
    jitted = xcs.jit(program, **options)
    with xcs.journal(tmp_path / "run.db"):
        expected = jitted(TEXTS)
    assert expected == [[text.upper() for text in TEXTS], [f"{text.upper()}!" for text in TEXTS]]
    assert made == {**{text: 3 if "flaky" in text else 1 for text in [*TEXTS, *(f"{text}!" for text in TEXTS)]}}
    made.clear()
    with xcs.journal(tmp_path / "run.db"):
        assert jitted(TEXTS) == expected
    with xcs.journal(tmp_path / "run.db", mode="replay"):
        assert jitted(TEXTS) == expected
    assert not made


def test_the_same_on_an_event_loop(tmp_path: Path) -> None:
    jitted = xcs.jit(async_program)
    for _ in range(2):
        with xcs.journal(tmp_path / "run.db"):
            assert asyncio.run(jitted(TEXTS)) == [text.upper() for text in TEXTS]
    assert made == {text: 3 if "flaky" in text else 1 for text in TEXTS}


def test_what_was_given_up_is_made_again(tmp_path: Path) -> None:
    jitted = xcs.jit(lambda texts: [ask(text) for text in texts])
    for number in (1, 2):
        with xcs.journal(tmp_path / "run.db"), pytest.raises(ConnectionError):
            jitted(["a", "broken", "c"])
        assert made["broken"] == 4 * number
        assert made["a"] == 1


def test_limited_models_and_meshes(tmp_path: Path) -> None:
    model = xcs.embedded(max_concurrency=2)
    mesh = xcs.ModelMesh([xcs.embedded(max_concurrency=1), xcs.embedded(seed=1, max_concurrency=1)])
    jitted = xcs.jit(lambda texts: [model(text) + mesh(text) for text in texts])
    with xcs.journal(tmp_path / "run.db"):
        expected = jitted(["Why?", "How?", "When?"])
    with xcs.journal(tmp_path / "run.db", mode="replay"):
        assert jitted(["Why?", "How?", "When?"]) == expected
