"""Dicts that helpers put together, item by item: each item is of its own type, as long as nobody has written the dict.

Beside those that must overlap stand dicts that are written, merged, or reached by two names, whose items do something
that others see.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, note, rate
from observe import case


class Loud:
    def __init__(self, number):
        self.number = number

    def __str__(self):
        note(f"shown {self.number}")
        return f"loud {self.number}"

    def __iter__(self):
        note(f"walked {self.number}")
        return iter([self.number])


def graded(text):
    score = rate(text)
    return {"score": score, "label": "good" if score > 0.5 else "bad", "notes": [text], "meta": {"n": len(text)}}


def rows(texts):
    found = []
    for text in texts:
        grade = graded(text)
        notes = [ask(one) for one in grade["notes"]]
        found.append(f"{grade['label'].upper()} {grade['meta']['n']:02d} {grade['score'] > 2} {notes}")
    return found


def passed_back(text, seen):
    return {"seen": seen, "answer": ask(text)}


def notes_kept(texts):
    seen = []
    for text in texts:
        reply = passed_back(text, seen)
        reply["seen"].append(text)
    return seen, ask(len(seen))


def shown(item):
    return f"{item}"


def written(x):
    answer = ask("one")
    note(answer)
    record = {"a": 1, "b": x}
    first = shown(record["a"])
    record["a"] = record["b"]
    return answer, first, shown(record["a"])


def written_by_another_name(x):
    answer = ask("one")
    note(answer)
    record = {"a": 1, "b": x}
    other = record
    other["a"] = other["b"]
    return answer, shown(record["a"])


def written_elsewhere(x):
    def change(record):
        record.update(a=record["b"])
        return record

    answer = ask("one")
    note(answer)
    record = {"a": 1, "b": x}
    change(record)
    return answer, shown(record["a"])


def written_in_a_loop(x):
    answer = ask("one")
    note(answer)
    found, kept = [], None
    for number in range(3):
        if kept is not None:
            found.append(shown(kept["a"]))
        record = {"a": number, "b": x}
        if number == 1:
            record["a"] = x
        kept = record
    return answer, found


def inside_of_a_value(x):
    answer = ask("one")
    note(answer)
    record = {"a": [1], "b": [2]}
    for part in record.values():
        part.append(x)
    return answer, [shown(one) for one in record["a"]]


def made_of_two_kinds(x, flag):
    answer = ask("one")
    note(answer)
    record = {"a": 1, "b": x} if flag else {"a": x}
    return answer, shown(record["a"]), shown(record.get("b"))


def merged(x):
    answer = ask("one")
    note(answer)
    record = {"a": 1, "b": 2, **{"a": x}}  # noqa: PIE800
    return answer, shown(record["a"]), shown(({"a": 1} | {"a": x})["a"])


def made(x):
    return {"a": [1], "b": x}


def walked(x):
    answer = ask("one")
    note(answer)
    record = made(x)
    record["a"] = record["b"]
    return answer, list(record["a"])


TEXTS = (["a", "bb", "ccc"],)

PROGRAMS = [
    case(rows, TEXTS, overlap=3),
    case(notes_kept, TEXTS, overlap=3),
    case(written, lambda: (Loud(1),)),
    case(written_by_another_name, lambda: (Loud(1),)),
    case(written_elsewhere, lambda: (Loud(1),)),
    case(written_in_a_loop, lambda: (Loud(1),)),
    case(inside_of_a_value, lambda: (Loud(1),)),
    case(made_of_two_kinds, lambda: (Loud(1), True), lambda: (Loud(1), False)),
    case(merged, lambda: (Loud(1),)),
    case(walked, lambda: (Loud(1),)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
