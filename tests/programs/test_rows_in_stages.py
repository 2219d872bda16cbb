"""Rows that are made one by one and go through loops, each of which adds to them, under one and the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask
from observe import case


def appended(xs):
    messages = []
    for x in xs:
        messages.append({"role": "user", "content": x})
    for message in messages:
        message["content"] = ask(message["content"])
    return messages


def two_stages(xs):
    rows = []
    for number, x in enumerate(xs):
        rows.append({"id": number, "text": x, "draft": None})
    for row in rows:
        row["draft"] = ask(row["text"])
    for row in rows:
        row["final"] = ask(row["draft"])
    return rows


def comprehended(xs):
    rows = [{"text": x} for x in xs]
    for row in rows:
        row["draft"] = ask(row["text"])
    for row in rows:
        row["final"] = ask(row["draft"], len(row["draft"]))
    return rows


def last_row_is_read(xs):
    rows = [{"text": x} for x in xs]
    for row in rows:
        row["draft"] = ask(row["text"])
    for row in []:
        row["final"] = ask(row["draft"])
    return rows, row


def read_by_else(xs):
    rows = [{"text": x} for x in xs]
    for row in rows:
        row["draft"] = ask(row["text"])
    for row in []:
        row["never"] = 1
    else:
        row["final"] = ask(row["draft"])
    return rows


def one_row_often(xs):
    row = {"content": "a"}
    rows = []
    for _ in xs:
        rows.append(row)
    for one in rows:
        one["content"] = ask(one["content"])
    return rows


def first_row_again(xs):
    rows: list[dict[str, Any]] = []
    for x in xs:
        rows.append({"content": x})
    rows.append(rows[0])
    for row in rows:
        row["content"] = ask(row["content"])
    return rows


def kept_rows(xs):
    rows, kept = [], []
    for x in xs:
        rows.append({"content": x})
        kept.append(rows)
    for row in rows:
        row["content"] = ask(row["content"], len(kept[0]))
    return rows


def rows_of_rows(xs):
    inner: list[Any] = []
    rows = []
    for x in xs:
        rows.append({"content": x, "inner": inner})
    for row in rows:
        row["inner"].append(ask(row["content"], len(row["inner"])))
    return rows


XS = (["a", "b", "c", "d"],)

PROGRAMS = [
    case(appended, XS, overlap=4),
    case(two_stages, XS, overlap=4),
    case(comprehended, XS, overlap=4),
    case(last_row_is_read, XS, overlap=4),
    case(read_by_else, XS, overlap=4),
    case(one_row_often, XS),
    case(first_row_again, XS),
    case(kept_rows, XS),
    case(rows_of_rows, XS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
