"""Methods of receivers of one of several classes, of abstract classes among them: looked into class by class."""

from __future__ import annotations

import abc
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note, rate
from observe import case


class Grader(abc.ABC):
    def __init__(self) -> None:
        self.graded: list[Any] = []

    @abc.abstractmethod
    def score(self, text: str) -> float:
        """How good it is."""

    def grade(self, text: str, bonus: float = 0.0) -> float:
        mark = self.score(text) + bonus
        self.graded.append((text, mark))
        return mark


class Strict(Grader):
    def score(self, text: str) -> float:
        return rate(f"strict {text}")


class Kind(Grader):
    def score(self, text: str) -> float:
        return max(rate(f"kind {text}"), rate(f"again {text}"))


class Picky(Grader):
    def score(self, text: str) -> float:
        note(f"picky {len(self.graded)}")
        return float(flaky(len(text)))


class Plain:
    """No grader."""

    def __init__(self) -> None:
        self.graded: list[Any] = []

    def grade(self, text: str, bonus: float = 1.0) -> float:
        return bonus


class Own:
    """Its method is its own."""

    def __init__(self) -> None:
        self.graded: list[Any] = []
        self.grade = lambda text, bonus=2.0: note(text) or bonus


class Tracker:
    def __init__(self) -> None:
        self.by_kind: dict[str, int] = defaultdict(int)
        self.events: list[Any] = []

    def __call__(self, kind: str, n: int) -> Tracker:
        self.by_kind[kind] += n
        self.events.append((len(self.events), kind, n))
        return self


def graded(graders, texts):
    table = {text: [grader.grade(text) for grader in graders] for text in texts}
    return table, [len(grader.graded) for grader in graders]


def graded_with_arguments(graders, texts):
    return [grader.grade(ask(text), bonus=rate(text)) for grader in graders for text in texts]


def made_here(texts):
    graders = [Strict(), Kind(), Plain()]
    return [[grader.grade(text) for text in texts] for grader in graders], [one.graded for one in graders]


def one_kind_made_here(texts):
    graders = [Strict() for _ in texts]
    return [[grader.grade(text) for text in texts] for grader in graders], [one.graded for one in graders]


def class_changes(graders, texts):
    out = []
    for grader in graders:
        out.append(grader.grade(texts[0]))
        grader.__class__ = Kind
        out.append(grader.grade(texts[1]))
    return out


def tracked(tracker, texts):
    out = []
    for text in texts:
        reply = ask(text)
        tracker("ask", len(reply))
        out.append((reply, rate(reply)))
        tracker("rate", 1)
    return out, dict(tracker.by_kind)


def unknown_at_the_end(texts, strict):
    good, bad = [], []
    for text in texts:
        score = rate(text)
        if score < 0.5:
            error = ValueError(f"{text} {score:.2f}")
            if strict:
                note("stop")
                raise error
            bad.append(error)
            continue
        good.append((text, ask(text)))
    return good, [str(error) for error in bad]


class Board:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.size = 0


def read_before_and_after(board, other, texts):
    first = ask(str(len(board.lines)))
    before = [ask(f"{text} {board.size}") for text in texts]
    board.lines.append(first)
    board.size = len(before)
    after = [ask(f"{text} {board.size} {len(board.lines)}") for text in texts]
    other.hook(board)
    return before, after, board.size, len(board.lines)


def read_in_a_loop(board, other, texts):
    out = []
    for text in texts:
        out.append(ask(f"{text} {board.size}"))
        other.hook(board)
    return out, board.size


def read_by_a_helper(board, other, texts):
    def sized(text):
        return ask(f"{text} {board.size}"), ask(text)

    first = sized(texts[0])
    other.hook(board)
    return first, sized(texts[1])


def rebound_by_an_argument(graders, texts):
    marks = []
    for grader in graders:
        marks.append(grader.grade((grader := graders[0]).__class__.__name__))
        marks.append(type(grader).__name__)
    return marks, [one.graded for one in graders]


class Other:
    def hook(self, board: Board) -> None:
        getattr(board, "lines").append("hook")  # noqa: B009
        setattr(board, "si" + "ze", board.size + 10)


TEXTS = ["one", "three", "fifteen"]


def one_twice() -> list[Any]:
    one = Kind()
    return [one, Strict(), one]


PROGRAMS = [
    case(graded, lambda: ([Strict(), Kind()], TEXTS), overlap=9),
    case(graded, lambda: (one_twice(), TEXTS), name="graded_twice"),
    case(graded, lambda: ([Strict(), Picky()], TEXTS), name="graded_in_order", raises="*", more_calls=True),
    case(graded, lambda: ([Own(), Kind(), Plain()], TEXTS), name="graded_by_its_own"),
    case(graded_with_arguments, lambda: ([Strict(), Kind()], TEXTS), overlap=4),
    case(made_here, (TEXTS,)),
    case(one_kind_made_here, (TEXTS,), overlap=3),
    case(rebound_by_an_argument, lambda: ([Kind(), Strict(), Kind()], TEXTS)),
    case(class_changes, lambda: ([Strict(), Kind()], TEXTS)),
    case(tracked, lambda: (Tracker(), TEXTS), overlap=3),
    case(unknown_at_the_end, (TEXTS, False), overlap=3),
    case(unknown_at_the_end, (TEXTS, True), raises="ValueError", more_calls=True, name="left_in_the_middle"),
    case(read_before_and_after, lambda: (Board(), Other(), TEXTS)),
    case(read_in_a_loop, lambda: (Board(), Other(), TEXTS)),
    case(read_by_a_helper, lambda: (Board(), Other(), TEXTS)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
