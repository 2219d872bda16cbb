"""Values that are of one of several classes: matched by class, taken apart, and named tuples with other fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from leaves import ask, note, num
from observe import case


@dataclass(frozen=True)
class Weather:
    city: str


@dataclass(frozen=True)
class Sum:
    left: int
    right: int


class Rude(Weather):
    """A weather that is asked for rudely."""


class Seen:
    """Its attribute is seen when it is looked at."""

    __match_args__ = ("text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @property
    def text(self) -> str:
        note(f"looked at {self._text}")
        return self._text


class Passage(NamedTuple):
    doc: str
    text: str
    score: int = 0


class Tagged(NamedTuple):
    text: str
    tags: list[str]


def intent(text):
    kind = num(len(text)) % 4
    if kind == 0:
        return Weather(text)
    if kind == 1:
        return Sum(len(text), 1)
    return Rude(text) if kind == 2 else None


def intent_seen(text):
    return Weather(text) if num(len(text)) % 2 else Seen(text)


def answered(texts):
    out = []
    for text in texts:
        match intent(text):
            case Rude():
                out.append("no")
            case Weather(city=city):
                out.append(ask(city))
            case Sum(left, right) if left > 1:
                out.append(ask(left + right))
            case Sum() | None:
                out.append(ask("what"))
    return out


def names_of_other_cases(texts):
    city, left = "none", 0
    out = []
    for text in texts:
        match intent(text):
            case Sum(left=left):
                pass
            case Weather(city):
                pass
        out.append((ask(city), left))
    return out


def looked_at(texts):
    out = []
    for text in texts:
        match intent_seen(text):
            case Weather(city) | Seen(city):
                out.append(ask(city))
    return out


def other_scores(texts):
    passages = [Passage(text, text) for text in texts]
    rated = [passage._replace(score=num(len(passage.text))) for passage in passages]
    return [ask(passage.doc + str(passage.score)) for passage in sorted(rated, key=lambda one: -one.score)]


def as_rows(texts):
    return [Passage(text, ask(text))._asdict() for text in texts]


def shared_fields(texts):
    out = []
    for text in texts:
        one = Tagged(text, [])
        other = one._replace(text=ask(text))
        other.tags.append(ask(other.text))
        out.append((one, other, one.tags is other.tags, one._asdict()))
    return out


def no_such_field(texts):
    return [Passage(text, text)._replace(rank=1) for text in texts if ask(text)]


TEXTS = ["a", "bb", "ccc", "dddd", "eeeee"]

PROGRAMS = [
    case(answered, (TEXTS,), overlap=3),
    case(names_of_other_cases, (TEXTS,)),
    case(looked_at, (TEXTS,)),
    case(other_scores, (TEXTS,), overlap=5),
    case(as_rows, (TEXTS,), overlap=5),
    case(shared_fields, (TEXTS,)),
    case(no_such_field, (TEXTS,), raises="*"),  # `TypeError` since Python 3.13
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
