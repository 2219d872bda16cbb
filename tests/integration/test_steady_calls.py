"""Functions with nothing to overlap run as they are, and small programs keep their meaning once they run straight."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import xcs
from xcs.frontend.whole_call import look_of
from xcs.runtime.latency import MIN_FAST, latency_of


def total(numbers: list[int]) -> int:
    found = 0
    for number in numbers:
        found += number
    return found


def test_a_function_with_nothing_to_overlap_runs_as_it_is() -> None:
    jitted = xcs.jit(total)
    for _ in range(3):
        assert jitted([1, 2, 3]) == 6
    assert jitted(numbers=[4]) == 4
    stats = xcs.get_jit_stats(jitted)
    assert (stats["calls"], stats["traces"], stats["leaf_calls"], stats["fallback_calls"]) == (4, 1, 4, 0)


def test_its_exceptions_say_where_they_happened() -> None:
    jitted = xcs.jit(total)
    seen = []
    for _ in range(3):
        with pytest.raises(TypeError) as raised:
            jitted([1, "2"])
        error: Any = raised.value
        assert isinstance(error, xcs.XCSExecutionError)
        seen.append(
            (
                str(error),
                error.node,
                type(error.original_error),
                error.__notes__,
                error.__cause__ is error.original_error,
            )
        )
    assert seen[0] == seen[1] == seen[2]


class Model:
    def __init__(self) -> None:
        self.threads: list[int] = []
        self.meeting = threading.Barrier(2)

    @xcs.op(effect="unordered")
    def __call__(self, number: int) -> int:
        self.threads.append(threading.get_ident())
        self.meeting.wait(30)
        return number


def each(callables: list[Any]) -> list[Any]:
    return [one(1) for one in callables]


def test_arguments_that_look_otherwise_are_looked_at_again() -> None:
    """What had nothing to overlap for numbers has for models."""
    jitted = xcs.jit(lambda values: [value if isinstance(value, int) else value(1) for value in values])
    assert jitted([1, 2]) == jitted([1, 2]) == [1, 2]
    model = Model()
    assert jitted([model, model]) == [1, 1]
    assert len(model.threads) == 2


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (([1, 2],), ([3],), True),
        (([1, 2],), (["a"],), False),
        (([1, 2],), ([],), False),
        (({"a": 1},), ({"b": 2},), True),
        (({"a": 1},), ({"b": None},), False),
        ((1, "a"), (2, "b"), True),
        ((1, "a"), (2.0, "b"), False),
        (({1},), ({2, 3},), True),
    ],
)
def test_how_arguments_look(one: tuple[Any, ...], other: tuple[Any, ...], alike: bool) -> None:
    assert (look_of(one) == look_of(other)) is alike


def test_arguments_with_more_inside_are_looked_at_as_ever() -> None:
    assert look_of(([[1]],)) is None
    assert look_of((Model(),)) is None
    assert look_of((total,)) is None


@xcs.op(effect="unordered")
def quick(number: int) -> int:
    if number < 0:
        raise ValueError(number)
    return number


def logged(numbers: list[int], log: list[Any]) -> int:
    found = 0
    for number in numbers:
        try:
            found += quick(number)
        except ValueError as error:
            log.append(error.args)
            if number < -1:
                raise
        finally:
            log.append(number)
    return found


def test_effects_and_exceptions_of_a_program_stay_once_its_calls_are_fast() -> None:
    jitted = xcs.jit(logged)
    for numbers in [[1, 2, 3]] * MIN_FAST + [[1, -1, 2]] * 3 + [[1, -1, -2, 3]] * 3:
        want: list[Any] = []
        got: list[Any] = []
        outcomes = []
        for function, log in ((logged, want), (jitted, got)):
            try:
                outcomes.append(function(numbers, log))
            except ValueError as error:
                outcomes.append((str(error), len(log)))
        assert outcomes[0] == outcomes[1]
        assert want == got
    assert latency_of(quick).is_fast
    steady = jitted.compile().plan.steady[-1]
    assert steady is not None
    assert steady.code is not None
