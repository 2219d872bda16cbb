"""`**` of keys that aren't known: `Record(**json.loads(reply))`, `tool.run(**call["args"])`, two of them in one call.

Beside each that must overlap stand those whose values, defaults or factories do something that others see.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from leaves import LOG, ask, note
from observe import case


@dataclass
class Record:
    topic: str
    size: int = 0
    tags: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.size > 9:
            raise ValueError(f"too long: {self.size}")


@dataclass
class Counted:
    topic: str
    number: int = field(default_factory=lambda: LOG.append("made") or len(LOG))


class Answer:
    def __init__(self, topic, *, size=0):
        self.title = topic.title()
        self.size = size

    @classmethod
    def parse(cls, text):
        return cls(**json.loads(text))


class Kept:
    all: ClassVar[list[Any]] = []

    def __init__(self, topic, size=0):
        self.all.append(topic)
        self.size = size


class Tool:
    def __init__(self, name):
        self.name = name

    def run(self, topic, size=1):
        return ask(f"{self.name} {topic * size}")


class Loud:
    def __init__(self, number):
        self.number = number

    def __str__(self):
        note(f"shown {self.number}")
        return f"loud {self.number}"


def reply(x, **more):
    return json.dumps({"topic": ask(x), **more})


def shown(x=None, y=None):
    return f"{x}{y}"


def records(xs):
    good, bad = [], {}
    for x in xs:
        try:
            good.append(Record(**json.loads(reply(x, size=x * 3))))
        except (ValueError, TypeError) as error:
            bad[x] = str(error)
    return good, bad


def answers(xs):
    return [Answer.parse(reply(x, size=x)).title for x in xs]


def of_another_name(xs):
    found = []
    for x in xs:
        try:
            found.append(Answer(**json.loads(reply(x, other=x))).title)
        except TypeError:
            found.append("wrong")
    return found


def tools(xs):
    tool = Tool("t")
    return [tool.run(**json.loads(f'{{"topic": "{x}"}}')) for x in xs]


def counted(xs):
    found = []
    for x in xs:
        found.append(Counted(**json.loads(reply(x))))
        note(x)
    return [one.number for one in found]


def kept(xs):
    for x in xs:
        Kept(**json.loads(reply(x)))
        note(x)
    return len(Kept.all)


def two_spread(first, second):
    answer = ask("one")
    note(answer)
    text = shown(**first, **second)
    return answer, text, shown(**second, x=answer)


def default_that_shows(row):
    answer = ask("one")
    note(answer)

    def inner(x, y=Loud(7)):  # noqa: B008
        return f"{x}{y}"

    return inner(**row), answer


XS = ([1, 2, 4, 3],)

PROGRAMS = [
    case(records, XS, overlap=4, more_calls=True),
    case(answers, XS, overlap=4),
    case(of_another_name, XS, overlap=4, more_calls=True),
    case(tools, XS, overlap=4),
    case(counted, XS),
    case(kept, XS, setup=Kept.all.clear, state=lambda: list(Kept.all)),
    case(two_spread, lambda: ({"x": 1}, {"y": Loud(2)}), lambda: ({"y": Loud(3)}, {})),
    case(default_that_shows, ({"x": 1},)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
