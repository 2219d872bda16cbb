"""What a call of a compiled program costs beside its calls of models: models here answer at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from measurement import Measurement, median_s, seconds

import xcs

REPEATS = 9
CALLS = 200  # in one repetition


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    """Stands for a model that answers at once."""
    return question


def add(x: int, y: int) -> int:
    """Nothing to gain."""
    return x + y


def one_call(question: str) -> str:
    """One model call."""
    return ask(question)


def panel(question: str) -> list[str]:
    """Five model calls that overlap."""
    return [ask(question), ask(question), ask(question), ask(question), ask(question)]


def measure() -> list[Measurement]:
    """Microseconds a call, and the first call beside a later one."""
    found = [
        Measurement(f"{program.__name__}: a later call", _call_us(program, arguments), "us")
        for program, arguments in ((add, (1, 2)), (one_call, ("q",)), (panel, ("q",)))
    ]
    first_s = sorted(_first_call_s(panel) for _ in range(REPEATS))[REPEATS // 2]
    return [*found, Measurement("panel: the first call", first_s * 1e3, "ms", at_most=10)]


def _call_us(program: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    jitted = xcs.jit(program)
    jitted(*arguments)

    def many() -> None:
        for _ in range(CALLS):
            jitted(*arguments)

    return median_s(many, REPEATS) / CALLS * 1e6


def _first_call_s(program: Callable[..., Any]) -> float:
    jitted = xcs.jit(program)
    return seconds(lambda: jitted("q"))
