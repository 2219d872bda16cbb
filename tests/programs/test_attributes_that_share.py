"""Objects that hold one container in several places: what goes into it by one attribute is seen by all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from leaves import ask, note
from observe import case


@dataclass
class Pair:
    first: dict[str, str]
    second: dict[str, str]

    def put(self, question: str) -> None:
        self.first[question] = ask(question)


class Twice:
    def __init__(self, known):
        self.first = known
        self.second = known

    def put(self, question):
        self.first[question] = ask(question)


class Holder:
    def __init__(self, known):
        self.held = known


class Deeper:
    def __init__(self, known):
        self.first = known
        self.holder = Holder(known)
        self.rows = [known]

    def put(self, question):
        self.first[question] = ask(question)


class Slotted:
    __slots__ = ("first", "never", "second")

    def __init__(self, known):
        self.first = known
        self.second = known

    def put(self, question):
        self.first[question] = ask(question)


def made_with(known):
    return Pair(known, known)


def look(pair, questions):
    answers = []
    for question in questions:
        pair.put(question)
        answers.append(ask("known" if question in pair.second else "new"))
        pair.put(question + "!")
        answers.append(ask(f"{len(pair.second)} known" if len(pair.second) > 2 else "few"))
    return answers


def by_a_constructor(questions):
    pair = Twice({})
    return look(pair, questions), pair.second


def by_a_function(questions):
    pair = made_with({})
    return look(pair, questions), pair.second


def by_slots(questions):
    pair = Slotted({})
    return look(pair, questions), pair.second


def in_place(questions):
    pair = Twice({})
    answers = []
    for question in questions:
        pair.put(question)
        answers.append(ask("known" if question in pair.second else "new"))
    return answers


def further_inside(questions):
    deeper = Deeper({})
    answers = []
    for question in questions:
        deeper.put(question)
        answers.append(ask("known" if question in deeper.holder.held else "new"))
        deeper.put(question + "!")
        answers.append(ask("many" if len(deeper.rows[0]) > 2 else "few"))
    return answers


def different_ones(questions):
    pair = Pair({}, {"a": "b"})
    answers = []
    for question in questions:
        pair.put(question)
        answers.append(ask("new" if question not in pair.second else "known"))
    return answers, pair.first


class Sized:
    """An object that isn't true, whatever it holds."""

    def __init__(self):
        self.log = []

    def __len__(self):
        return 0

    def act(self, question):
        self.log.append(ask(question))


class Closed:
    """The same by its own word."""

    def __init__(self):
        self.log = []
        self.num_acts = 0

    def __bool__(self):
        return self.num_acts > 100

    def act(self, question):
        self.log.append(ask(question))


def truth_by_length(questions):
    bag, answers = Sized(), []
    for question in questions:
        bag.act(question)
        answers.append(ask("some" if bag else "none"))
        answers.append(not bag)
        answers.append(bool(bag))
    return answers


def truth_by_its_word(questions):
    bag, answers = Closed(), []
    for question in questions:
        bag.act(question)
        answers.append(ask("open" if not bag else "closed"))
        if bag and question:
            note("never")
    return answers, bag.log


class Total:
    def __init__(self):
        self.log = []
        self.total = 10**400

    def act(self, question):
        self.log.append(ask(question))
        self.total += 0.5


def too_large_for_a_float(questions):
    bag = Total()
    for question in questions:
        note(question)
        bag.act(question)
    return bag.total


CASES = [
    case(by_a_constructor, (["a", "b", "a"],)),
    case(by_a_function, (["a", "b", "a"],)),
    case(by_slots, (["a", "b", "a"],)),
    case(in_place, (["a", "b", "a"],)),
    case(further_inside, (["a", "b", "a"],)),
    case(different_ones, (["a", "b", "c"],), overlap=4),
    case(truth_by_length, (["a", "b"],)),
    case(truth_by_its_word, (["a", "b"],)),
    case(too_large_for_a_float, (["a", "b"],), raises="OverflowError"),
]


@pytest.mark.parametrize("program", CASES)
def test_same(program: Callable[[], None]) -> None:
    program()
