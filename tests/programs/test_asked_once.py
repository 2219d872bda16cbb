"""Conditions ask each object for its truth as often as Python does: `__bool__` may be seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from leaves import ask, note
from observe import case


class Loud:
    def __init__(self, name, truth):
        self.name, self.truth = name, truth

    def __bool__(self):
        note(self.name)
        return self.truth


def both_native(a, b):
    if a and b:
        return ask("both")
    return ask("not both")


def call_inside(a, b):
    if a and ask("x"):
        return ask("y")
    return bool(b or ask("z"))


def grouped(a, b):
    return "yes" if (a or b) and ask("x") else ask("no")


def negated(a, b):
    if not (a or b) or not ask("x"):
        return ask("neither")
    return [ask(i) for i in "ab" if (a and ask(i)) or b]


def in_while(a, b):
    rounds = 0
    while (a or b) and ask(rounds) and rounds < 2:
        rounds += 1
    return rounds


def walrus_in_while(a, b):
    rounds = 0
    while (held := a or b) and rounds < 2:
        rounds += 1
        ask(rounds)
    return rounds, held is a


def values_kept(a, b):
    kept, other = a and ask("x"), a or b
    if kept:
        ask("kept")
    if other and other and other:
        ask("other")
    return kept is a, other is b


TRUTHS = list(itertools.product((True, False), repeat=2))


def loud(truths):
    return lambda: (Loud("a", truths[0]), Loud("b", truths[1]))


FUNCTIONS = (both_native, call_inside, grouped, negated, in_while, walrus_in_while, values_kept)
PROGRAMS = [case(f, *map(loud, TRUTHS), name=f.__name__) for f in FUNCTIONS]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
