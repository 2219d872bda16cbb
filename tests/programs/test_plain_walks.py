"""Loops inside of items, over lists that replies hold: `for error in report["errors"]`, facts that a pattern finds.

What they go over comes late, and of a class that is only known to be one of Python's: no step of theirs can do
anything, so other items wait for none. Beside them stand iterables whose steps others see.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from leaves import ask, note, rate
from observe import case


class Steps:
    """Goes over its parts, which can be seen."""

    def __init__(self, parts):
        self.parts = parts

    def __iter__(self):
        note("begin")
        return iter(self.parts)


def checked(code):
    bad = len(ask(code)) % 3
    return {"ok": bad == 0, "errors": [f"E{bad}", "E"] if bad else [], "note": None}


def parsed(text):
    return json.loads(json.dumps({"topic": ask(text)[1], "facts": [text, text + "!"], "size": len(text)}))


def repaired(codes):
    found = []
    for code in codes:
        report = checked(code)
        if report["ok"]:
            found.append(code)
            continue
        found.append(", ".join([ask(f"explain {error}") for error in report["errors"]]))
    return found


def act(reply):
    match reply:
        case {"topic": "a", "facts": [first, *_]}:
            return ask(first)
        case {"topic": "b", "facts": facts} if len(facts) > 1:
            return str(sum(rate(fact) for fact in facts))
        case {"size": size, **rest}:
            return f"{size} {sorted(rest)}"


def routed(texts):
    return [act(parsed(text)) for text in texts]


def facts_of(texts):
    found = []
    for text in texts:
        for fact in parsed(text)["facts"]:
            found.append(ask(fact))
    return found


def keys_of(texts):
    found = []
    for text in texts:
        reply = parsed(text)
        for key in reply:
            found.append(ask(key))
    return found


def no_list(texts):
    found = []
    for text in texts:
        try:
            for size in parsed(text)["size"]:
                found.append(ask(size))
        except TypeError as error:
            found.append(str(error))
    return found


def seen_steps(texts, last):
    found = []
    for text in texts:
        report = {"ok": False, "errors": last if text == "c" else [ask(text)]}
        note(text)
        for error in report["errors"]:
            found.append(ask(error))
    return found


def taken_from_while_walked(texts):
    found = []
    for text in texts:
        facts = parsed(text)["facts"]
        for fact in facts:
            found.append(ask(fact))
            if len(facts) > 1:
                facts.pop()
    return found


TEXTS = (["aa", "b", "cc", "bbb"],)

PROGRAMS = [
    case(repaired, TEXTS, overlap=4),
    case(routed, TEXTS, overlap=4),
    case(facts_of, TEXTS, overlap=4),
    case(keys_of, TEXTS, overlap=4),
    case(no_list, TEXTS, overlap=4, more_calls=True),
    case(seen_steps, lambda: (["a", "c", "b"], Steps(["x", "y"]))),
    case(taken_from_while_walked, TEXTS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
