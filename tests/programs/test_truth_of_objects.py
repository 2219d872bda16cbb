"""Objects as conditions: whether one is there is known without code, unless its class has a say in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from leaves import LOG, ask
from observe import case


@dataclass
class Note:
    text: str
    parent: Note | None = None
    tags: list[str] = field(default_factory=list)


class Loud(Note):
    def __bool__(self):
        LOG.append(("asked", self.text))
        return False


class Sized(Note):
    def __len__(self):
        LOG.append(("sized", self.text))
        return 1


class Later:
    def __init__(self, text):
        self.text = text


def answered(notes):
    return [ask(note.text) if note else "none" for note in notes]


def matched(texts):
    found = []
    for text in texts:
        match = re.search(r"<(\d)", ask(text))
        if match:
            found.append(ask(match.group(1)))
        else:
            found.append(None)
    return found


def named(texts):
    return [m["a"] for text in texts if (m := re.match(r"<(?P<a>\d)", ask(text))) and m.group(0) != "<3"]


def path(note):
    found = []
    while note:
        found.append(ask(note.text))
        note = note.parent
    return found


def paths(notes):
    return [path(note) for note in notes]


def either(notes):
    return [ask((note and note.text) or "nobody") for note in notes]


def patched(later):
    first = ask("one") if later else ask("two")
    Later.__bool__ = lambda self: False
    return first, ask("three") if later else ask("four")


def reset() -> None:
    if "__bool__" in vars(Later):
        del Later.__bool__


def chain(*texts):
    found = None
    for text in texts:
        found = Note(text, found)
    return found


PROGRAMS = [
    case(answered, lambda: ([Note("a"), None, Note("b")],), overlap=2),
    case(answered, lambda: ([Loud("a"), Sized("b"), Note("c")],), name="answered_loud"),
    case(answered, lambda: ([Loud("a"), Loud("b")],), name="all_loud"),
    case(matched, (["1", "x", "3"],), overlap=3),
    case(named, (["1", "x", "3"],), overlap=3),
    case(paths, lambda: ([chain("a", "b"), None, chain("c", "d", "e")],), overlap=2),
    case(paths, lambda: ([chain("a", "b"), Loud("c")],), name="paths_loud"),
    case(either, lambda: ([Note("a"), None, Note("")],), overlap=2),
    case(either, lambda: ([Loud("a"), Sized("b")],), name="either_loud"),
    case(patched, lambda: (Later("x"),), setup=reset),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()


@pytest.mark.parametrize("first", [True, False])
def test_a_class_that_gets_a_say_is_asked(first: bool) -> None:
    from observe import jit

    def asked(later):
        return ask("yes") if later else ask("no")

    jitted = jit(asked)
    reset()
    assert jitted(Later("x")) == asked(Later("x"))
    Later.__bool__ = lambda self: LOG.append("asked") or first
    assert jitted(Later("x")) == asked(Later("x"))
    reset()
    assert jitted(Later("x")) == asked(Later("x"))
