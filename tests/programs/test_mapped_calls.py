"""`xcs.map`: the list comprehension it is equal to, with its calls at the same time, inside of programs and outside."""

from __future__ import annotations

import functools
import itertools
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import xcs

PATIENCE_S = 30.0
met: list[object] = []
barrier = threading.Barrier(3)


@xcs.op(effect="unordered")
def shout(text: str) -> str:
    if text == "bad" or text == "worse":
        raise ValueError(text)
    return text.upper()


@xcs.op(effect="unordered")
def meet(text: str) -> str:
    barrier.wait(PATIENCE_S)  # passes only where three calls are in flight at once
    return text.upper()


@xcs.op(effect="ordered")
def note(text: str) -> str:
    met.append(text)
    return text


class Asker:
    """Has a method that makes a call."""

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def ask(self, text: str) -> str:
        return shout(text) + self.suffix


def both(first: str, second: str) -> str:
    return shout(first) + shout(second)


def counted(stop: int) -> Iterator[str]:
    for number in range(stop):
        met.append(number)
        yield f"t{number}"


TEXTS = ["a", "b", "c"]
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "op": lambda texts, each: each(shout, texts),
    "model": lambda texts, each: each(MODEL, texts),
    "method": lambda texts, each: each(Asker("!").ask, texts),
    "lambda": lambda texts, each: each(lambda text: shout(text) + str(len(texts)), texts),
    "partial": lambda texts, each: each(functools.partial(both, "x"), texts),
    "builtin": lambda texts, each: each(len, texts),
    "class": lambda texts, each: [one.suffix for one in each(Asker, texts)],
    "jitted": lambda texts, each: each(xcs.jit(both), texts, texts),
    "two iterables": lambda texts, each: each(both, texts, "xyz"),
    "shortest ends": lambda texts, each: each(lambda one, two: shout(one) + str(two), texts, itertools.count(5)),
    "tuple": lambda texts, each: each(shout, tuple(texts)),
    "dict": lambda texts, each: each(shout, dict.fromkeys(texts)),
    "generator": lambda texts, each: each(shout, (shout(text) for text in texts)),
    "nested": lambda texts, each: each(lambda row: each(lambda text: shout(text + row), texts), texts),
}
MODEL = xcs.embedded(latency_s=0.0)


def plain(function: Callable[..., Any], items: Any, *more: Any) -> list[Any]:
    return [function(*row) for row in zip(items, *more, strict=False)] if more else [function(item) for item in items]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("texts", [TEXTS, []])
def test_it_gives_what_the_comprehension_gives(name: str, texts: list[str]) -> None:
    call = CALLS[name]
    expected = call(texts, plain)
    assert call(texts, xcs.map) == expected
    assert xcs.jit(lambda texts: call(texts, xcs.map))(texts) == expected


def program(texts: list[str]) -> list[str]:
    return xcs.map(lambda text: meet(text) + "!", texts)


def programs(texts: list[str]) -> list[str]:
    return xcs.map(meet, texts)


@pytest.mark.parametrize("run", [program, xcs.jit(program), programs, xcs.jit(programs)])
def test_calls_are_in_flight_at_once_inside_and_outside_of_programs(run: Callable[..., Any]) -> None:
    barrier.reset()
    assert [one.strip("!") for one in run(TEXTS)] == ["A", "B", "C"]


@pytest.mark.parametrize("run", [lambda texts: xcs.map(shout, texts), xcs.jit(lambda texts: xcs.map(shout, texts))])
def test_the_first_failure_in_program_order_is_raised(run: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="^worse"):
        run(["a", "worse", "b", "bad"])


def noted(texts: list[str]) -> list[str]:
    return xcs.map(lambda text: note(shout(text)), texts)


@pytest.mark.parametrize("run", [noted, xcs.jit(noted)])
def test_ordered_effects_keep_their_order_and_end_at_a_failure(run: Callable[..., Any]) -> None:
    met.clear()
    with pytest.raises(ValueError, match="^bad"):
        run(["a", "b", "bad", "c"])
    assert met == ["A", "B"]


def from_generator() -> list[str]:
    return xcs.map(note, counted(3))


@pytest.mark.parametrize("run", [from_generator, xcs.jit(from_generator)])
def test_iterables_are_read_between_the_calls_as_python_reads_them(run: Callable[[], Any]) -> None:
    met.clear()
    assert run() == ["t0", "t1", "t2"]
    assert met == [0, "t0", 1, "t1", 2, "t2"]


def stopped(texts: list[str]) -> list[str]:
    return xcs.map(lambda text: next(iter(())) if text == "b" else text, texts)


@pytest.mark.parametrize("run", [stopped, xcs.jit(stopped)])
def test_a_function_that_stops_an_iteration_raises_so(run: Callable[..., Any]) -> None:
    with pytest.raises(StopIteration):
        run(TEXTS)


def test_inside_of_a_program_it_is_the_map_that_the_comprehension_is() -> None:
    @xcs.jit
    def mapped(texts: list[str]) -> list[str]:
        return xcs.map(lambda text: shout(text) + "!", texts)

    @xcs.jit
    def comprehended(texts: list[str]) -> list[str]:
        return [shout(text) + "!" for text in texts]

    texts = [stage.trace(TEXTS).lower().as_text() for stage in (mapped, comprehended)]
    assert [text.count("xcs.map") for text in texts] == [1, 1]
    assert [text.count("xcs.call") for text in texts] == [texts[1].count("xcs.call")] * 2


def test_functions_made_again_and_again_share_programs() -> None:
    for index in range(20):
        assert xcs.map(lambda text: shout(text) + str(index), ["a"]) == [f"A{index}"]  # noqa: B023 - called at once


def test_arguments_are_refused_as_python_refuses_them() -> None:
    with pytest.raises(TypeError):
        xcs.map(None, ["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        xcs.map(shout)  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(xcs.map)) is xcs.map
