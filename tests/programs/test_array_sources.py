"""Loops over arrays of NumPy: indices in the order of scores, rows; nobody's code runs at their steps.

Beside them stand arrays that change while a loop goes over them, and what can't be iterated.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from leaves import ask, rate
from observe import case


def best_docs(question, docs):
    scores = np.array([rate(question + doc) for doc in docs])
    order = np.argsort(-scores)[:3]
    return [ask(docs[i]) for i in order]


def clusters(docs):
    labels = np.array([len(doc) % 2 for doc in docs])
    names = {}
    for label in range(2):
        members = [docs[i] for i in np.flatnonzero(labels == label)]
        names[label] = ask(str(members)) if members else "empty"
    return names


def rows_of_a_matrix(docs):
    matrix = np.array([[len(doc), ord(doc[0])] for doc in docs])
    return [ask(float(row.sum())) for row in matrix]


def for_each_question(questions, docs):
    for question in questions:
        scores = np.array([rate(question + doc) for doc in docs])
        for i in np.argsort(scores):
            print(question, ask(docs[i]))


def pairs_counted(names):
    wins = dict.fromkeys(names, 0)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            wins[one if rate(one + other) > 0.5 else other] += 1
    return wins


# ---------------------------------------------------------------- what changes, what fails
def changed_while_iterated(docs):
    sizes = np.array([len(doc) for doc in docs])
    replies = []
    for size in sizes:
        replies.append(ask(int(size)))
        sizes[-1] += len(replies)
    return replies, sizes.tolist()


def view_is_changed(docs):
    sizes = np.array([len(doc) for doc in docs])
    front = sizes[:2]
    for doc in docs:
        print([ask(int(size)) for size in front])
        sizes[0] += len(doc)
    return front.tolist()


def a_scalar(docs):
    return [ask(i) for i in np.array([len(doc) for doc in docs]).sum()]


def objects(docs):
    return [ask(one) for one in np.array([[doc] for doc in docs], dtype=object).ravel()]


DOCS = ["a", "bb", "ccc", "dddd"]

PROGRAMS = [
    case(best_docs, ("q", DOCS), overlap=3),
    case(clusters, (DOCS,), overlap=2),
    case(rows_of_a_matrix, (DOCS,), overlap=4),
    case(for_each_question, (["q", "r"], DOCS), overlap=8),
    case(pairs_counted, (DOCS,), overlap=6),
    case(changed_while_iterated, (DOCS,)),
    case(view_is_changed, (DOCS,)),
    case(a_scalar, (DOCS,), raises="TypeError"),
    case(objects, (DOCS,)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
