"""Whether arguments hold each object in one place: what is looked at before a program changes them as its own."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from xcs.frontend.apart_check import compile_apart
from xcs.frontend.effects.type_of import type_of


class Bot:
    def __init__(self, memory: Any, brain: Any = None) -> None:
        self.memory, self.brain = memory, brain


def holds(*values: Any, like: tuple[Any, ...] | None = None) -> bool:
    types = [type_of(value) for value in like or values]
    return compile_apart((), dict(enumerate(types)), list(enumerate(types)))(values)


def in_itself() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


SHARED: list[int] = []
PAIR = ("a", "b")


@pytest.mark.parametrize(
    "values",
    [
        ([Bot([]), Bot([])],),
        ({"a": Bot({"k": [1]}), "b": Bot({"k": [2]})},),
        (Bot(deque([1])), Bot(deque([1]))),
        ([PAIR, PAIR],),
        (["same", "same"],),
        (Bot([], len), Bot([], len)),
    ],
)
def test_each_object_is_in_one_place(values: tuple[Any, ...]) -> None:
    assert holds(*values)


@pytest.mark.parametrize(
    "values",
    [
        ([Bot(SHARED), Bot(SHARED)],),
        (Bot(SHARED), SHARED),
        (SHARED, SHARED),
        ([bot := Bot([]), bot],),
        ({"a": SHARED, "b": SHARED},),
        (Bot([], Bot(SHARED)), Bot(SHARED)),
    ],
)
def test_an_object_in_two_places_is_seen(values: tuple[Any, ...]) -> None:
    assert not holds(*values)


def test_what_types_do_not_tell_is_no_tree() -> None:
    assert not holds(in_itself())
    assert not holds(Bot([]), like=(Bot([], Bot([])),))
    bot = Bot([])
    bot.extra = []  # type: ignore[attr-defined]
    assert not holds(bot, like=(Bot([]),))
