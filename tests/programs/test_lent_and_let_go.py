"""Objects that a method or function fills and then lets others see: until then they are filled side by side.

Who sees them afterwards finds them filled, and what is stored from then on keeps its order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note, num
from observe import case

SHARED: list[Any] = []
STEPS = [
    {"id": "a", "needs": []},
    {"id": "b", "needs": []},
    {"id": "c", "needs": ["a", "b"]},
    {"id": "d", "needs": ["a"]},
]


class Planner:
    def __init__(self):
        self.results = {}
        self.docs = []
        self.calls = 0

    def run(self, steps):
        for step in steps:
            self.results[step["id"]] = ask(step["id"], [self.results[one] for one in step["needs"]])
        return self.results

    def fill(self, questions):
        for question in questions:
            self.results[question] = ask(question)
        return self.results

    def early(self, question):
        self.results["first"] = ask(question)
        out = self.results
        self.results["second"] = ask(question, 2)
        return out

    def on_one_path(self, question, flag):
        self.results["first"] = ask(question)
        if flag:
            return self.results
        self.results["second"] = ask(question, 2)
        return None

    def take(self, docs):
        self.docs = docs
        self.results["size"] = ask(len(docs))

    def share(self, question):
        self.results[question] = ask(question)
        SHARED.append(self)
        self.results[question, 2] = ask(question, 2)

    def risk(self, numbers):
        for number in numbers:
            self.results[number] = flaky(number)
        return self.results

    def count(self, question):
        self.calls += 1
        self.results[question] = ask(question, self.calls)
        return self


def made_and_run(steps):
    return Planner().run(steps)


def run_by_name(steps):
    planner = Planner()
    found = planner.run(steps)
    return found, planner.results


def one_for_each(lists):
    return [Planner().fill(questions) for questions in lists]


def filled_by_a_function(questions):
    planner = Planner()
    return fill(planner, questions)


def fill(planner, questions):
    for question in questions:
        planner.results[question] = ask(question)
    return planner.results


OVERLAPPING = [
    case(made_and_run, (STEPS,), overlap=2),
    case(run_by_name, (STEPS,), overlap=2),
    case(one_for_each, ([["a", "b"], ["c"]],), overlap=3),
    case(filled_by_a_function, (["a", "b", "c"],), overlap=3),
]


def changed_afterwards(steps):
    planner = Planner()
    found = planner.run(steps)
    planner.results["more"] = ask("more")
    note(found)
    found["last"] = num(1)
    note(planner.results)
    return found


def seen_early(question):
    planner = Planner()
    line = f"{ask('slow')} {planner.results}"
    found = planner.early(question)
    found["third"] = ask(question, 3)
    planner.results["fourth"] = ask(question, 4)
    return line, found, planner.results


def seen_on_one_path(question, flag):
    planner = Planner()
    found = planner.on_one_path(question, flag)
    planner.results["last"] = ask("last")
    return found, planner.results


def takes_what_others_see(docs):
    planner = Planner()
    planner.take(docs)
    docs.append(ask("doc"))
    note(planner.docs)
    planner.docs.append("end")
    planner.results["docs"] = ask(planner.docs)
    return planner.results, docs


def takes_in_a_loop(rows):
    planner = Planner()
    for row in rows:
        planner.take(row)
        row.append(len(planner.docs))
        note((planner.docs, planner.results))
    return planner.docs is rows[-1]


def shared_inside(question):
    planner = Planner()
    planner.share(question)
    note(SHARED[0].results)
    SHARED[0].results["more"] = ask("more")
    return planner.results


def in_a_loop(questions):
    planner = Planner()
    found = []
    for question in questions:
        found.append(planner.early(question))
        planner.results[question] = ask(question)
        note(planner.results)
    return found


def twice(questions):
    planner = Planner()
    first = planner.fill(questions)
    note(first)
    second = planner.fill([question * 2 for question in questions])
    return first is second, first


def failing(numbers):
    planner = Planner()
    try:
        planner.risk(numbers)
    except ValueError:
        note(planner.results)
    planner.results["after"] = num(1)
    return planner.results


def failing_through(numbers):
    return Planner().risk(numbers)


def returns_itself(questions):
    planner = Planner()
    for question in questions:
        planner = planner.count(question)
        note(planner.calls)
    return planner.results


def recursive(number):
    planner = Planner()
    return descend(planner, number), planner.results


def descend(planner, number):
    planner.results[number] = num(number)
    if number:
        descend(planner, number - 1)
    return planner.results


def two_of_them(question):
    left, right = Planner(), Planner()
    both = exchange(left, right, question)
    left.results["left"] = ask("left")
    right.results["right"] = ask("right")
    return both


def exchange(left, right, question):
    left.results["one"] = ask(question)
    right.results["other"] = ask(question, 2)
    left.docs = right.results
    return left.docs, right.results


SAME = [
    case(changed_afterwards, (STEPS,)),
    case(seen_early, ("q",)),
    case(seen_on_one_path, ("q", True), ("q", False)),
    case(takes_what_others_see, (["d"],)),
    case(takes_in_a_loop, ([["a"], ["b"]],)),
    case(shared_inside, ("q",), setup=SHARED.clear),
    case(in_a_loop, (["a", "b"],)),
    case(twice, (["a", "b"],)),
    case(failing, ([1, 3],), ([1, 2, 3],), more_calls=True),
    case(failing_through, ([1, 2, 3],), raises="ValueError", more_calls=True),
    case(returns_itself, (["a", "b"],)),
    case(recursive, (2,)),
    case(two_of_them, ("q",)),
]


@pytest.mark.parametrize("program", OVERLAPPING)
def test_overlaps(program: Callable[[], None]) -> None:
    program()


@pytest.mark.parametrize("program", SAME)
def test_same(program: Callable[[], None]) -> None:
    program()
