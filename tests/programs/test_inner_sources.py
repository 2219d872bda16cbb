"""Inner loops behind something visible in each iteration of the outer one: what they go over is final, so they start.

Beside them stand programs where an iteration writes what a later one goes over: these keep their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, many, note, rate, say
from observe import case

TOPICS = ["t1", "t2"]
SHARED: list[str] = ["s1"]


def reset() -> None:
    SHARED[:] = ["s1"]


def state() -> Any:
    return SHARED


# ---------------------------------------------------------------- nothing writes what is gone over
def argument_list(questions, docs):
    best = {}
    for question in questions:
        scores = [rate(f"{question}{doc}") for doc in docs]
        print(question, max(scores))
        best[question] = docs[scores.index(max(scores))]
    return best


def argument_loop(questions, docs):
    for question in questions:
        total = 0.0
        for doc in docs:
            total += rate(f"{question}{doc}")
        print(question, round(total, 3))


def slices(texts):
    vectors = []
    for start in range(0, len(texts), 2):
        block = texts[start : start + 2]
        vectors.extend([ask(text) for text in block])
        note(len(vectors))
    return vectors


def words(questions):
    for question in questions:
        parts = question.split()
        replies = {part: ask(part) for part in parts}
        print(len(replies))


def sorted_words(questions):
    for question in questions:
        print([ask(word) for word in sorted(question.split())])


def numbered(questions, docs):
    for question in questions:
        for number, doc in enumerate(docs):
            for word in doc.split():
                ask(question, word, number)
        print(question)


def pairs(questions, docs):
    for question in questions:
        for one, other, _ in zip(docs, docs[1:], docs[:1] * 9, strict=False):
            ask(question, one, other)
        print(question)


def items_of_rows(rows):
    for row in rows:
        for key, value in row.items():
            ask(key, value)
        print("row", len(row))


def lists_in_rows(rows):
    for row in rows:
        replies = [ask(tag) for tag in row["tags"]]
        print(row["id"], replies)


def of_the_module(questions):
    for question in questions:
        print([ask(topic, question) for topic in TOPICS])


def judged(question, docs):
    scores = [rate(f"{question}{doc}") for doc in docs]
    print(question, len(scores))
    return max(scores)


def in_a_helper(questions, docs):
    return [judged(question, docs) for question in questions]


def of_a_reply(questions):
    for question in questions:
        plan = many(len(question))
        note(ask("".join([ask(step) for step in plan])))


# ---------------------------------------------------------------- something does
def logged(questions, docs, log):
    for question in questions:
        log.append(question)
        print([ask(question, doc) for doc in docs])
    return docs


def grows(questions):
    seen: list[str] = []
    for question in questions:
        replies = [ask(question, one) for one in seen]
        seen.append(question)
        print(replies)
    return seen


def grows_outside(questions):
    for question in questions:
        print([ask(question, one) for one in SHARED])
        SHARED.append(question)


def escapes(questions):
    seen: list[str] = ["a"]
    kept = []
    for question in questions:
        kept.append(seen)
        print([ask(question, one) for one in seen])
        kept[-1].append(question)
    return kept


def given_away(questions):
    seen = ["a"]
    replies = [ask(one) for one in seen]
    table = {"seen": seen}
    for question in questions:
        replies += [ask(question, one) for one in seen]
        print(len(replies))
        add(table, question)
    return replies, table


def add(table, question):
    table["seen"].append(question)


def row_of_rows(rows, questions):
    first = rows[0]
    for question in questions:
        for row in rows:
            print([ask(question, one) for one in row])
        first.append(question)
    return rows


def own_rows(questions):
    rows = [["a"], ["b"]]
    first = rows[0]
    for question in questions:
        for row in rows:
            print([ask(question, one) for one in row])
        first.append(question)
    return rows


def own_table(questions):
    table = defaultdict(list)
    for question in questions:
        for key, members in table.items():
            print([ask(key, member) for member in members])
        table[question[0]].append(question)
    return table


def from_a_closure(questions):
    todo = ["a"]

    def later(question):
        todo.append(question)
        return ask(question)

    for question in questions:
        print([ask(one) for one in todo])
        print(later(question))
    return todo


def levels(questions):
    level = questions
    while len(level) > 1:
        level = [ask(a, b) for a, b in zip(level[::2], level[1::2], strict=False)] + level[len(level) // 2 * 2 :]
        print(level)
    return level


def fails(questions, numbers):
    for question in questions:
        print([flaky(number) for number in numbers])
        numbers[-1] += 1
        say(question)


def consumed(questions, texts):
    iterator = iter(texts)
    for question in questions:
        print([ask(question, text) for text, _ in zip(iterator, "ab", strict=False)])
    return list(iterator)


def unknown_code(questions, docs):
    for question in questions:
        print([ask(question, doc) for doc in docs])
        say(question)  # declared ordered: it may do anything


class Appender:
    """A tool that keeps what it is given, and writes it later."""

    def __init__(self) -> None:
        self.kept: Any = None

    def __call__(self, docs, question):
        if self.kept is not None:
            self.kept.append(question)
        self.kept = docs


def tool_writes(questions, docs, tool):
    for question in questions:
        print([ask(question, doc) for doc in docs])
        tool(docs, question)


def tool_keeps(questions, tools):
    for question in questions:
        docs = [question, "own"]
        for tool in tools:
            tool(docs, question)
            print([ask(question, doc) for doc in docs])


def sorted_in_place(questions, docs):
    for question in questions:
        print([ask(question, doc) for doc in docs])
        docs.sort(key=lambda doc: (doc + question)[-1])
        docs.reverse()


QUESTIONS = ["q x", "r y", "p z"]
DOCS = ["d1 a", "d2 b", "d3 c"]
ROWS = [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": ["c"]}]


def the_log_is_gone_over() -> Any:
    docs = ["d"]
    return QUESTIONS, docs, docs


def one_tag_list() -> Any:
    tags = ["a"]
    return [tags, ["b"], tags], QUESTIONS


PROGRAMS = [
    case(argument_list, (QUESTIONS, DOCS), overlap=9),
    case(argument_loop, (QUESTIONS, DOCS), overlap=9),
    case(slices, (["a", "b", "c", "d", "e"],), overlap=5),
    case(words, (QUESTIONS,), overlap=6),
    case(sorted_words, (QUESTIONS,), overlap=6),
    case(numbered, (QUESTIONS, DOCS), overlap=18),
    case(pairs, (QUESTIONS, DOCS), overlap=6),
    case(items_of_rows, (ROWS,), overlap=4),
    case(lists_in_rows, (ROWS,), overlap=3),
    case(of_the_module, (QUESTIONS,), overlap=6),
    case(in_a_helper, (QUESTIONS, DOCS), overlap=9),
    case(of_a_reply, (["a", "bb", "ccc"],), overlap=3),
    case(logged, (QUESTIONS, DOCS, []), overlap=9),
    case(logged, the_log_is_gone_over, name="the_log_is_gone_over"),
    case(grows, (QUESTIONS,)),
    case(grows_outside, (QUESTIONS,), setup=reset, state=state),
    case(escapes, (QUESTIONS,)),
    case(given_away, (QUESTIONS,)),
    case(row_of_rows, one_tag_list),
    case(own_rows, (QUESTIONS,)),
    case(own_table, (QUESTIONS,)),
    case(from_a_closure, (QUESTIONS,)),
    case(levels, (["a", "b", "c", "d", "e"],), overlap=2),
    case(fails, (QUESTIONS, [0, 1, 3, 4]), raises="ValueError"),
    case(consumed, (QUESTIONS, list("abcdefgh"))),
    case(unknown_code, (QUESTIONS, DOCS), overlap=3),
    case(tool_writes, lambda: (QUESTIONS, list(DOCS), Appender())),
    case(tool_keeps, lambda: (QUESTIONS, [Appender(), Appender()])),
    case(sorted_in_place, (QUESTIONS, DOCS)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
