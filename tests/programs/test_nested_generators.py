"""Generators, lazy builtins and objects of one's own in the place of an iterable; properties that ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note, num, rate
from observe import case


class Rows:
    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


class Texts(Rows):
    def __iter__(self):
        for row in self.rows:
            if row:
                yield f"text {row}"


class Items(Rows):
    def __iter__(self):
        """The rows of a dict."""
        yield from self.rows.items()


class Noted(Rows):
    def __iter__(self):
        for row in self.rows:
            note(row)
            yield row


class Document:
    def __init__(self, text: Any) -> None:
        self.text = text
        self.kept: Any = None
        self.looks = 0

    @property
    def title(self):
        return ask("title", self.text)

    @property
    def length(self):
        return len(str(self.text))

    @property
    def summary(self):
        if self.kept is None:
            self.kept = ask(self.text)
        return self.kept

    @property
    def body(self):
        self.looks += 1
        return ask("body", self.looks)


# ---------------------------------------------------------------- generators
def joined(xs):
    return ", ".join(reply.upper() for reply in (ask(x) for x in xs) if "1" not in reply)


def three_deep(xs):
    return sum(size for size in (len(reply) for reply in (ask(x) for x in xs)) if size > 2)


def over_a_map(xs):
    return [reply.upper() for reply in map(ask, xs)], {i: n + 1 for i, n in enumerate(map(num, xs))}


def names_are_kept(xs):
    x = "mine"
    found = [f"{reply} {x}" for reply in (ask(x) for x in xs)]
    return found, x


def bound_on_the_way(xs):
    return ", ".join(reply for x in xs if (reply := ask(x)) != "<1>"), reply


def loop_over_generator(xs):
    out = []
    for reply in (ask(x) for x in xs if x != 1):
        if "2" in reply:
            continue
        out.append(reply)
    else:
        out.append("end")
    return out


def loop_over_map(xs):
    out = []
    for reply in map(ask, xs):
        out.append(reply)
    return out


def left_early(xs):
    out = []
    for reply in (ask(x) for x in xs):
        out.append(reply)
        if "1" in reply:
            break
    else:
        out.append("end")
    return out


def fails_between(xs):
    out: list[Any] = []
    try:
        for reply in (flaky(x) for x in xs):
            note(reply)
            out.append(reply)
    except ValueError as error:
        return out, str(error)
    return out, None


def effects_between(xs):
    return [note(reply) for reply in (ask(x) for x in xs)]


# ---------------------------------------------------------------- objects that are gone over
def rows_given(rows):
    out = []
    for row in rows:
        out.append(ask(row))
    return out


def rows_made(xs):
    return [ask(row) for row in Rows(xs)], sorted(Rows(xs), key=rate)


def texts_given(rows):
    return {text: ask(text) for text in Texts(rows.rows)}, [ask(text) for text in rows]


def items_made(xs):
    items = Items({x: x + 1 for x in xs})
    return ", ".join(ask(key, value) for key, value in items)


def noted_rows(xs):
    rows = Noted(xs)
    return [ask(row) for row in rows]


def rows_grow(xs):
    rows = Rows(list(xs))
    out = []
    for row in rows:
        out.append(ask(row))
        if len(out) < 3:
            rows.rows.append(row + 10)
    return out


def rows_are_replaced(xs):
    rows = Rows(list(xs))
    out = []
    for row in rows:
        rows.rows = ["never"]
        out.append(ask(row))
    return out, rows.rows


# ---------------------------------------------------------------- properties
def properties(xs):
    documents = [Document(x) for x in xs]
    return [document.title for document in documents], [document.length for document in documents]


def properties_given(documents):
    titles = {}
    for document in documents:
        titles[document.text] = document.title
    return titles, ", ".join(f"{document.title} {document.length}" for document in documents)


def kept_properties(xs):
    documents = [Document(x) for x in xs]
    return [document.summary + document.summary for document in documents], [one.kept for one in documents]


def counting_property(xs):
    document = Document("z")
    first = document.body
    looks = document.looks
    return first, looks, document.body, document.looks


XS = ([0, 1, 2, 3],)

PROGRAMS = [
    case(joined, XS, overlap=4),
    case(three_deep, XS, overlap=4),
    case(over_a_map, XS, overlap=8),
    case(names_are_kept, XS, overlap=4),
    case(bound_on_the_way, XS, overlap=4),
    case(loop_over_generator, XS, overlap=3),
    case(loop_over_map, XS, overlap=4),
    case(left_early, XS),
    case(fails_between, XS, overlap=4, more_calls=True),
    case(effects_between, XS, overlap=4),
    case(rows_given, lambda: (Rows([0, 1, 2, 3]),), overlap=4),
    case(rows_given, lambda: (Texts([0, 1, 2, 3]),), name="texts_of_rows_given", overlap=3),
    case(rows_given, lambda: (Noted([0, 1, 2, 3]),), name="noted_rows_given"),
    case(rows_made, XS, overlap=8),
    case(texts_given, lambda: (Rows([0, 1, 2, 3]),), overlap=7),
    case(items_made, XS, overlap=4),
    case(noted_rows, XS),
    case(rows_grow, XS),
    case(rows_are_replaced, XS),
    case(properties, XS, overlap=4),
    case(properties_given, lambda: ([Document(x) for x in range(4)],), overlap=8),
    case(kept_properties, XS, overlap=4),
    case(counting_property, XS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
