"""Methods that look at one attribute's container and write another's: told apart by looking where they are.

Beside them stand objects of which the two are one, or become one, or where what is looked at is written, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask
from observe import case


class Rag:
    def __init__(self, docs: Any, log: Any = None) -> None:
        self.docs = docs
        self.log = [] if log is None else log
        self.rows = [["a"], ["b"]]

    def search(self, question):
        return [doc for doc in self.docs if question in doc]

    def answer(self, question):
        reply = ask(question, self.search(question))
        self.log.append(reply)
        return reply

    def first(self, question):
        reply = ask(question, first_of(self.docs), len(self.docs), self.docs[-1:])
        self.log.append(reply)
        return reply

    def learn(self, question):
        reply = ask(question, self.search(question))
        self.docs.append(reply)
        return reply

    def replace(self, question):
        reply = ask(question, self.search(question))
        self.docs = [*self.docs, reply]
        self.log.append(reply)
        return reply

    def swap(self, question):
        reply = ask(question, self.search(question))
        self.log.append(reply)
        self.docs, self.log = self.log, self.docs
        return reply

    def merge(self, question):
        reply = ask(question, self.search(question))
        self.log.append(reply)
        self.docs = self.log
        return reply

    def nested(self, question):
        reply = ask(question, [len(row) for row in self.rows])
        self.rows[0].append(reply)
        return reply

    def shared(self, question):
        reply = ask(question, [len(row) for row in self.rows])
        self.log.append(reply)
        return reply


def first_of(docs):
    return next(iter(docs), None)


GLOBAL = Rag(["x1", "y2"])
SHARED: list[str] = ["x1", "y2"]
TWICE = Rag(SHARED, SHARED)


def reset() -> None:
    GLOBAL.docs, GLOBAL.log = ["x1", "y2"], []
    SHARED[:] = ["x1", "y2"]
    TWICE.docs = TWICE.log = SHARED


def state() -> Any:
    return GLOBAL.docs, GLOBAL.log, TWICE.docs, TWICE.log, SHARED


def answers(rag, questions):
    return [rag.answer(question) for question in questions]


def firsts(rag, questions):
    return [rag.first(question) for question in questions]


def learns(rag, questions):
    return [rag.learn(question) for question in questions]


def replaces(rag, questions):
    return [rag.replace(question) for question in questions]


def swaps(rag, questions):
    return [rag.swap(question) for question in questions]


def merges(rag, questions):
    return [rag.merge(question) for question in questions]


def nests(rag, questions):
    return [rag.nested(question) for question in questions]


def shares(rag, questions):
    return [rag.shared(question) for question in questions]


def two(one, other, questions):
    return [(one.answer(question), other.answer(question)) for question in questions]


def in_the_middle(rag, docs, questions):
    replies = []
    for question in questions:
        replies.append(rag.answer(question))
        docs.append(question)
    return replies


def of_the_module(questions):
    return [GLOBAL.answer(question) for question in questions]


def twice_of_the_module(questions):
    return [TWICE.answer(question) for question in questions]


def both_of_the_module(questions):
    return [(GLOBAL.answer(question), TWICE.answer(question)) for question in questions]


def the_same_list(questions):
    def make() -> Any:
        docs = ["x1", "y2"]
        return Rag(docs, docs), questions

    return make


def a_row_is_the_log() -> Any:
    rag = Rag(["x1"])
    rag.rows = [["a"], rag.log]
    return rag, QUESTIONS


def crossed() -> Any:
    one = Rag(["x1", "y2"])
    return one, Rag(one.log, one.docs), QUESTIONS


def docs_of_it(rag: Rag) -> Any:
    return rag, rag.docs, QUESTIONS


QUESTIONS = ["x", "y", "1"]
FRESH: dict[str, Any] = {"setup": reset, "state": state}

PROGRAMS = [
    case(answers, lambda: (Rag(["x1", "y2"]), QUESTIONS), overlap=3),
    case(firsts, lambda: (Rag(["x1", "y2"]), QUESTIONS), overlap=3),
    case(answers, the_same_list(QUESTIONS), name="docs_are_the_log"),
    case(firsts, the_same_list(QUESTIONS), name="first_of_the_log"),
    case(learns, lambda: (Rag(["x1", "y2"]), QUESTIONS)),
    case(replaces, lambda: (Rag(["x1", "y2"]), QUESTIONS)),
    case(swaps, lambda: (Rag(["x1", "y2"]), QUESTIONS)),
    case(merges, lambda: (Rag(["x1", "y2"]), QUESTIONS)),
    case(nests, lambda: (Rag(["x1", "y2"]), QUESTIONS)),
    case(shares, lambda: (Rag(["x1", "y2"]), QUESTIONS)),
    case(shares, a_row_is_the_log, name="a_row_is_the_log"),
    case(two, lambda: (Rag(["x1"]), Rag(["y1"]), QUESTIONS), overlap=6),
    case(two, crossed, name="crossed"),
    case(in_the_middle, lambda: docs_of_it(Rag(["x1", "y2"]))),
    case(in_the_middle, lambda: (Rag(["x1", "y2"]), [], QUESTIONS), name="other_docs", overlap=3),
    case(of_the_module, (QUESTIONS,), overlap=3, **FRESH),
    case(twice_of_the_module, (QUESTIONS,), **FRESH),
    case(both_of_the_module, (QUESTIONS,), **FRESH),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
