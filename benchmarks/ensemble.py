"""Calls that wait, against plain Python and against their critical path."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

from measurement import Measurement, median_s, seconds

import xcs

CALL_S = 0.1  # one model call
NUM_MODELS = 5
REPEATS = 5
number = itertools.count()


class Model:
    """Waits, answers, and counts its calls out of sight."""

    def __init__(self, name: str, calls: list[str]) -> None:
        self.name = name
        self.record = calls.append

    @xcs.op(effect="unordered")
    def __call__(self, question: str) -> str:
        """An answer."""
        time.sleep(CALL_S)
        self.record(self.name)
        return f"{self.name}: {question}"


def ensemble(models: Sequence[Model], question: str) -> list[str]:
    """Asks every model."""
    answers = []
    for model in models:
        answers.append(model(question))
    return answers


def two_stages(models: Sequence[Model], question: str) -> list[str]:
    """Asks every model, then every model about the answers."""
    drafts = [model(question) for model in models]
    together = "\n".join(drafts)
    return [model(together) for model in models]


def fresh_arguments() -> tuple[list[Model], str, list[str]]:
    """Model objects and a question that were never seen before."""
    calls: list[str] = []
    return [Model(f"model {next(number)}", calls) for _ in range(NUM_MODELS)], f"question {next(number)}", calls


def measure() -> list[Measurement]:
    """Speed-ups over plain Python, and the distance from the critical path."""
    return [
        *_speedups(ensemble, stages=1, first=4.5, later=4.9),
        *_speedups(two_stages, stages=2, first=4.5, later=4.9),
    ]


def _speedups(program: Callable[..., Any], stages: int, first: float, later: float) -> list[Measurement]:
    name = program.__name__
    plain_s = median_s(lambda: program(*fresh_arguments()[:2]), 3)
    jitted = [xcs.jit(program) for _ in range(REPEATS)]
    num_calls: list[int] = []

    def call(wrapped: Callable[..., Any]) -> None:
        models, question, calls = fresh_arguments()
        wrapped(models, question)
        num_calls.append(len(calls))

    firsts_s = sorted(seconds(lambda wrapped=wrapped: call(wrapped)) for wrapped in jitted)
    later_s = median_s(lambda: call(jitted[0]), REPEATS)
    expected = stages * NUM_MODELS
    return [
        Measurement(f"{name}: first call, speed-up", plain_s / firsts_s[REPEATS // 2], "x", at_least=first),
        Measurement(f"{name}: later calls, speed-up", plain_s / later_s, "x", at_least=later),
        Measurement(f"{name}: later calls over critical path", later_s / (stages * CALL_S), "x", at_most=1.05),
        Measurement(f"{name}: fewest calls made", min(num_calls), "calls", expected, expected),
        Measurement(f"{name}: most calls made", max(num_calls), "calls", expected, expected),
    ]
