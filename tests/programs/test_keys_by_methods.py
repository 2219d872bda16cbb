"""Methods of objects as keys: `sorted(answers, key=judge.score)` computes the keys as a lambda's would be computed.

Where the lookup of the method may be seen, gives something else, or the keys are not known to be alike, order stays.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, note, num, rate
from observe import case


class Judge:
    def __init__(self, rubric: list[str]) -> None:
        self.rubric = rubric
        self.seen: list[str] = []
        self.rounds = 0

    def score(self, answer: str) -> float:
        marks = [rate(criterion + answer) for criterion in self.rubric]
        self.seen.append(answer)
        return sum(marks)

    def size(self, answer: str) -> int:
        return num(len(answer))

    def mixed(self, answer: str) -> Any:
        reply = ask(answer)
        note(reply)
        return reply if len(answer) < 3 else len(answer)

    def turned(self, answer: str) -> int:
        self.rounds += 1
        if self.rounds == 2:
            self.turned = self.size  # type: ignore[method-assign]
        return -num(len(answer))


class Watched(Judge):
    def __getattribute__(self, name: str) -> Any:
        if name == "size":
            note(name)
        return super().__getattribute__(name)


class Given(Judge):
    def __init__(self, size: Callable[[str], int]) -> None:
        super().__init__([])
        self.size = size  # type: ignore[method-assign, assignment]


def ranked(answers, rubric):
    judge = Judge(rubric)
    return sorted(answers, key=judge.score, reverse=True), judge.seen


def best(judge, answers):
    return max(answers, key=judge.size), min(answers, key=judge.size, default=None)


def largest(judge, answers):
    return heapq.nlargest(2, answers, key=judge.size)


def in_place(judge, answers):
    answers.sort(key=judge.size)
    return answers


def of_the_module(answers):
    return sorted(answers, key=JUDGE.size)


def mixed_keys(judge, answers):
    return sorted(answers, key=judge.mixed)


def method_changes(answers):
    judge = Judge([])
    return sorted(answers, key=judge.turned), judge.rounds


def method_changes_of_an_argument(judge, answers):
    return sorted(answers, key=judge.turned), judge.rounds


def mapped_by_a_method_that_changes(judge, answers):
    return list(map(judge.turned, answers)), judge.rounds


def mapped_while_the_name_changes(answers):
    judge, out = Judge([]), []
    for size in map(judge.turned, answers):
        out.append(size)
        judge = Judge(["other"])
        judge.rounds = 5
    return out


def filtered(judge, answers):
    return list(filter(judge.size, answers)), [*map(judge.size, answers)]


def no_such_method(judge, answers):
    return sorted(answers, key=judge.nothing)


JUDGE = Judge(["x"])
ANSWERS = ("ccc", "a", "bb")

PROGRAMS = [
    case(ranked, lambda: (list(ANSWERS), ["x", "y"]), overlap=6),
    case(best, lambda: (Judge([]), list(ANSWERS)), overlap=3),
    case(largest, lambda: (Judge([]), list(ANSWERS)), overlap=3),
    case(in_place, lambda: (Judge([]), list(ANSWERS))),
    case(of_the_module, lambda: (list(ANSWERS),)),
    case(mixed_keys, lambda: (Judge([]), list(ANSWERS)), raises="TypeError"),
    case(method_changes, lambda: (list(ANSWERS),)),
    case(method_changes_of_an_argument, lambda: (Judge([]), list(ANSWERS))),
    case(mapped_by_a_method_that_changes, lambda: (Judge([]), list(ANSWERS))),
    case(mapped_while_the_name_changes, lambda: (list(ANSWERS),)),
    case(filtered, lambda: (Judge([]), list(ANSWERS)), overlap=3),
    case(no_such_method, lambda: (Judge([]), list(ANSWERS)), raises="AttributeError"),
    case(no_such_method, lambda: (Judge([]), []), raises="AttributeError", name="no_such_method_of_nothing"),
    case(best, lambda: (Watched([]), list(ANSWERS)), name="watched_lookups"),
    case(best, lambda: (Given(len), list(ANSWERS)), name="given_in_place_of_the_method"),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
