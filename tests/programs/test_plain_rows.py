"""Rows of JSON-like data that a program parses, completes and collects: each is its own until others see it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from leaves import ask, note
from observe import case

KEPT: list[object] = []


def reset() -> None:
    KEPT.clear()


def parsed(text):
    return json.loads(json.dumps({"topic": ask(text)[1], "size": len(text), "tags": text.split()}))


def completed(texts):
    rows = []
    for text in texts:
        row = parsed(text)
        row["source"] = text
        row["tags"].append(text.upper())
        rows.append(row)
    return rows


def counted_up(texts):
    rows = []
    for text in texts:
        row = parsed(text)
        row["size"] += 1
        row["topic"] += "!"
        row["tags"] += [text, text]
        rows.append(row)
    return rows


def enriched(text):
    row = parsed(text)
    row["source"] = text
    row["upper"] = [tag.upper() for tag in row["tags"]]
    return row


def by_a_helper(texts):
    return [enriched(text) for text in texts]


def ranked(texts):
    rows = [parsed(text) for text in texts]
    for rank, row in enumerate(rows):
        row["rank"] = rank
    return [ask(row["rank"], row["topic"]) for row in rows]


def wide_rows(texts):
    """Types of rows that hold rows say less of what is deep inside, so that they can be told in no time."""
    table = {"rows": [], "by": {}, "count": 0, "last": None}
    for text in texts:
        row = {"text": ask(text), "size": len(text), "ok": True, "weight": 0.5, "tags": text.split()}
        row["meta"] = {"a": 1, "b": "x", "c": [row["size"]], "d": dict(row)}
        row["tags"].append({"a": row["weight"]})
        table["rows"].append(row)
        table["by"][text] = row
        table["count"] += 1
        table["last"] = row["meta"]
    return table


# ---------------------------------------------------------------- something else sees the row, or a part of it
def kept_outside(texts):
    for text in texts:
        row = parsed(text)
        KEPT.append(row)
        row["seen"] = len(KEPT)
        note(len(KEPT[0]))
    return KEPT


def part_with_a_name(texts):
    rows = []
    for text in texts:
        row = parsed(text)
        tags = row["tags"]
        tags.append(1)
        row["count"] = len(tags)
        tags.append(row["count"])
        rows.append(row)
    return rows


def two_names(texts):
    row = parsed(texts[0])
    other = row
    for text in texts:
        other[text] = ask(text, len(row))
        row["last"] = len(other)
    return row, other is row


def holds_itself(texts):
    row = parsed(texts[0])
    row["self"] = row
    for text in texts:
        row["self"][text] = ask(text, len(row))
    return len(row), row["self"] is row


def shared_part(texts):
    first = parsed(texts[0])
    second = parsed(texts[1])
    second["tags"] = first["tags"]
    second["tags"].append(ask(len(first["tags"])))
    first["tags"].append(ask(len(second["tags"])))
    return first, second


def one_row_twice(texts):
    row = parsed(texts[0])
    rows = [row for _ in texts]
    for number, text in enumerate(texts):
        rows[number][text] = ask(text, len(row))
    return rows


def moved(texts):
    table = {"first": parsed(texts[0])}
    tags = table["first"]["tags"]
    tags.append("s")
    table["first"]["tags"].append("t")
    print(tags)
    row = table["first"]
    row["tags again"] = tags
    tags.append(ask(len(row["tags"])))
    return table, row["tags"] is tags


def objects_inside(texts):
    rows = []
    for text in texts:
        row = parsed(text)
        row["keep"] = KEPT
        row["keep"].append(text)
        rows.append((ask(text, len(KEPT)), row))
    return rows


def lists_change_in_place(texts):
    row = parsed(texts[0])
    tags, same = row["tags"], row["tags"]
    for text in texts:
        tags += [ask(text, len(same))]
        row["tags"] += text
        row["tags"] *= 2
    return row, tags is row["tags"], len(same)


def adds_what_it_cannot(texts):
    row = parsed(texts[0])
    try:
        row["tags"] += 1
    except TypeError as error:
        row["size"] += len(str(error))
    return row, ask(row["size"])


def not_a_dict(texts):
    row = json.loads(ask("5").strip("<>"))
    for text in texts:
        row[text] = ask(text)
    return row


def keys_that_are_not_text(texts):
    row = parsed(texts[0])
    row[1, note("key")] = 1
    return [ask(key) for key in row], sorted(map(str, row))


TEXTS = ["ab x", "ac y z", "bd"]
FRESH = {"setup": reset, "state": lambda: KEPT}

PROGRAMS = [
    case(completed, (TEXTS,), overlap=3),
    case(counted_up, (TEXTS,), overlap=3),
    case(by_a_helper, (TEXTS,), overlap=3),
    case(ranked, (TEXTS,), overlap=3),
    case(wide_rows, (TEXTS,)),
    case(kept_outside, (TEXTS,), **FRESH),
    case(part_with_a_name, (TEXTS,)),
    case(two_names, (TEXTS,)),
    case(holds_itself, (TEXTS,)),
    case(shared_part, (TEXTS,)),
    case(one_row_twice, (TEXTS,)),
    case(moved, (TEXTS,)),
    case(objects_inside, (TEXTS,), **FRESH),
    case(lists_change_in_place, (TEXTS,)),
    case(adds_what_it_cannot, (TEXTS,)),
    case(not_a_dict, (TEXTS,), raises="TypeError"),
    case(keys_that_are_not_text, (TEXTS,)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
