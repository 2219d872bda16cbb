"""A fan-out."""

from collections.abc import Callable
from typing import Any

from hamilton.htypes import Collect, Parallelizable


def index(size: int) -> Parallelizable[int]:
    """Each index."""
    yield from range(size)


def one_answer(call: Callable, index: int) -> Any:
    """One call."""
    return call(index)


def answers(one_answer: Collect[Any]) -> list:
    """All answers."""
    return list(one_answer)
