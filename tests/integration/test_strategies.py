"""Strategies asked for by name: what each selects, that all give the same, and what is reported."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.diagnostics.errors import XCSWarning
from xcs.frontend.strategies import SELECTED
from xcs.passes.pipeline import PIPELINES
from xcs.runtime.latency import MIN_FAST, latency_of

PATIENCE_S = 30.0
RUNTIME_GUIDE = Path(__file__).parents[2] / "docs" / "runtime.md"


class Meeting:
    """Calls that come back when so many are inside; remembers on which threads they ran."""

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size)
        self.threads: list[int] = []

    def __call__(self, value: Any) -> Any:
        self.threads.append(threading.get_ident())
        self.barrier.wait(PATIENCE_S)
        return value


def program_with(meeting: Meeting) -> Callable[[list[str], Any], Any]:
    @xcs.op(effect="unordered")
    def ask(text: str) -> str:
        return meeting(text.upper())

    def program(texts: list[str], weights: Any) -> Any:
        answers = [ask(text) for text in texts]
        scores = jnp.tanh(weights) * jnp.sum(weights)
        return answers, scores + 1.0

    return program


@pytest.mark.parametrize("strategy", SELECTED)
def test_every_strategy_gives_the_same(strategy: str) -> None:
    program = program_with(Meeting(1))
    weights = jnp.arange(4.0)
    answers, scores = xcs.jit(strategy=strategy)(program)(["a", "b", "c"], weights)
    assert answers == ["A", "B", "C"]
    np.testing.assert_allclose(scores, program([], weights)[1], rtol=1e-6)


@pytest.mark.parametrize("strategy", ["parallel", "vectorized", "hybrid", "adaptive"])
def test_calls_overlap(strategy: str) -> None:
    meeting = Meeting(3)
    xcs.jit(strategy=strategy)(program_with(meeting))(["a", "b", "c"], jnp.arange(4.0))
    assert len(set(meeting.threads)) == 3
    if strategy != "adaptive":
        assert threading.get_ident() not in meeting.threads


def test_sequential_calls_run_on_the_calling_thread() -> None:
    meeting = Meeting(1)
    xcs.jit(strategy="sequential", max_workers=3)(program_with(meeting))(["a", "b", "c"], jnp.arange(4.0))
    assert meeting.threads == [threading.get_ident()] * 3


@pytest.mark.parametrize(
    ("strategy", "num_kernels"), [("sequential", 0), ("parallel", 0), ("vectorized", 1), ("hybrid", 1), ("adaptive", 1)]
)
def test_which_strategies_make_kernels(strategy: str, num_kernels: int) -> None:
    program = xcs.jit(strategy=strategy)(program_with(Meeting(1)))
    program([], jnp.arange(4.0))
    assert program.lower().as_text().count("xcs.tensor jax") == num_kernels


@pytest.mark.parametrize(
    ("strategy", "has_batches"),
    [("sequential", False), ("parallel", True), ("vectorized", False), ("hybrid", True), ("adaptive", True)],
)
def test_which_strategies_let_calls_go_out_together(strategy: str, has_batches: bool) -> None:
    @xcs.op(effect="unordered", batch=lambda texts: texts)
    def embed(text: str) -> str:
        return text

    program = xcs.jit(strategy=strategy)(lambda texts: [embed(text) for text in texts])
    assert program(["a", "b"]) == ["a", "b"]
    assert (xcs.get_jit_stats(program)["batches"] > 0) == has_batches


@pytest.mark.parametrize("strategy", [name for name in SELECTED if name != "adaptive"])
def test_what_was_asked_for_is_reported(strategy: str) -> None:
    program = xcs.jit(strategy=strategy)(program_with(Meeting(1)))
    program(["a"], jnp.arange(4.0))
    stats = xcs.get_jit_stats(program)
    assert (stats["execution_strategy"], stats["strategy_reason"]) == (
        strategy,
        f"asked for by name: {SELECTED[strategy]}",
    )
    assert re.search(rf"program: {strategy}, \d parallel groups? \(asked for by name: ", xcs.explain(program))


@xcs.op(effect="unordered")
def ask(text: str) -> str:
    return text


def hybrid(text: str, weights: Any) -> Any:
    return ask(text), jnp.tanh(weights)


def vectorized(text: str, weights: Any) -> Any:
    return jnp.tanh(weights)


def parallel(text: str, weights: Any) -> Any:
    return ask(text), ask(text + "!")


def sequential(text: str, weights: Any) -> Any:
    return ask(ask(text))


def no_calls(text: str, weights: Any) -> Any:
    return text


@pytest.mark.parametrize(
    ("function", "weights", "strategy", "reason"),
    [
        (hybrid, jnp.ones(2), "hybrid", "1 array computation beside 1 external call"),
        (vectorized, jnp.ones(2), "vectorized", "1 array computation, no external calls"),
        (parallel, None, "parallel", "external calls may overlap, no array computations"),
        (sequential, None, "sequential", "2 external calls, none of which may overlap"),
        (no_calls, None, "sequential", "no external calls"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_is_concluded_is_reported_with_its_reason(function: Any, weights: Any, strategy: str, reason: str) -> None:
    program = xcs.jit(function)
    program("x", weights)
    stats = xcs.get_jit_stats(program)
    assert (stats["execution_strategy"], stats["strategy_reason"]) == (strategy, reason)


def test_explain_says_which_calls_turned_out_to_be_fast() -> None:
    @xcs.op(effect="unordered")
    def look_up(text: str) -> str:
        return text

    def program(text: str) -> tuple[str, str]:
        return look_up(text), look_up(text + "!")

    adaptive, hybrid = xcs.jit(program), xcs.jit(strategy="hybrid")(program)
    adaptive("x")
    hybrid("x")
    assert xcs.explain(adaptive).count("unordered, on a worker") == 2
    latency = latency_of(look_up)
    for _ in range(MIN_FAST):
        latency.note(1_500)
    assert len(re.findall(r"unordered, in its place: takes \d+ µs", xcs.explain(adaptive))) == 2
    assert xcs.explain(hybrid).count("unordered, on a worker") == 2


def test_before_the_first_call_and_as_plain_python_too() -> None:
    program = xcs.jit(hybrid)
    assert xcs.get_jit_stats(program)["strategy_reason"] == "it has not been compiled yet"
    plain = xcs.jit(strategy="parallel")(eval("lambda text: text"))
    with pytest.warns(XCSWarning):
        plain("x")
    stats = xcs.get_jit_stats(plain)
    assert stats["execution_strategy"] == "sequential"
    assert stats["strategy_reason"].startswith("it runs as plain Python: ")


def test_every_strategy_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \| (.*?) \|", RUNTIME_GUIDE.read_text(), re.MULTILINE)
    assert {name: meaning for name, meaning in documented if name in SELECTED} == SELECTED
    assert set(PIPELINES) == set(SELECTED)
