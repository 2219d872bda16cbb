"""`functools.reduce` and `itertools.accumulate` over calls: what they fold with may be seen, and is called in order."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from itertools import accumulate

import pytest
from leaves import ask, flaky, note, note_and_return, rate
from observe import case


class Loud:
    def __init__(self, held):
        self.held = held

    def __add__(self, other):
        note(("add", other))
        return Loud(self.held + other)

    def __lt__(self, other):
        note(("less", other.held))
        return self.held < other.held

    def __gt__(self, other):
        note(("more", other.held))
        return self.held > other.held

    def __repr__(self):
        return f"Loud({self.held})"


def joined(words):
    return reduce(lambda a, b: a + "/" + b, map(ask, words), "")


def best(words):
    return reduce(max, map(rate, words)), list(accumulate(rate(word) for word in words))


def asked_in_between(words):
    return reduce(lambda a, b: ask(a + b), (ask(word) for word in words))


def noted_in_between(words):
    return reduce(lambda a, b: note_and_return(a + b), (note_and_return(ask(word)) for word in words))


def noted_until_failure(numbers):
    return reduce(lambda a, b: note_and_return(a) + b, map(flaky, numbers), 0)


def added_until_failure(numbers):
    return sum((flaky(number) for number in numbers), Loud(0)).held


def best_until_failure(numbers):
    return max(Loud(flaky(number)) for number in numbers).held


def grows_meanwhile(words):
    def add(a, b):
        if len(words) < 4:
            words.append("z")
        return a + b

    return reduce(add, (ask(word) for word in words))


def after_a_failure(numbers):
    number = flaky(numbers[0])
    return number, reduce(lambda a, b: note_and_return(b), numbers)


def among_notes(numbers):
    number = ask(1)
    note("before")
    last = reduce(lambda a, b: note_and_return(b), [1, number, 3])
    note("after")
    return last


def becomes_loud(numbers):
    ask("x")
    note("before")
    return reduce(lambda a, b: Loud(b) if b == 1 else a + b, numbers, 0).held


def empty():
    return reduce(operator.add, map(ask, ()))


PROGRAMS = [
    case(joined, (["a", "b", "c"],), overlap=3),
    case(best, (["a", "b", "c"],), overlap=3),
    case(asked_in_between, (["a", "b", "c"],)),
    case(noted_in_between, (["a", "b"],)),
    case(noted_until_failure, ([1, 3, 2],), raises="ValueError"),
    case(noted_until_failure, ([1, 3, 4],), name="noted_without_failure"),
    case(added_until_failure, ([1, 3, 2],), raises="ValueError"),
    case(added_until_failure, ([1, 3, 4],), name="added_without_failure"),
    case(best_until_failure, ([1, 3, 2],), raises="ValueError"),
    case(best_until_failure, ([1, 3, 4],), name="best_without_failure"),
    case(grows_meanwhile, lambda: (["a", "b"],)),
    case(after_a_failure, ([2, 3],), raises="ValueError"),
    case(among_notes, ([2, 3],)),
    case(becomes_loud, ([1, 2, 3],)),
    case(empty, (), raises="TypeError"),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
