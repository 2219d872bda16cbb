"""Generators that `zip` and `enumerate` walk, and matches in text: loops over them overlap if only they step them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from leaves import LOG, ask, flaky
from observe import case

PATTERN = re.compile(r"(\w)=(\d)")


def sentences(text):
    for part in text.split("."):
        if part.strip():
            yield part.strip()


def loud(xs):
    for x in xs:
        LOG.append(("step", x))
        yield x
    LOG.append(("end", len(xs)))


def failing(xs):
    yield from xs
    raise ValueError("at the end")


def numbered(text):
    found = []
    for number, sentence in enumerate(sentences(text), start=1):
        found.append((number, ask(sentence)))
    return found


def paired(text, xs):
    return [ask(one, x) for one, x in zip(sentences(text), xs, strict=False)]


def nested(text, xs):
    return [(i, ask(one, x)) for i, (one, x) in enumerate(zip(sentences(text), xs, strict=False))]


def loud_numbered(xs):
    return [(i, ask(x)) for i, x in enumerate(loud(xs))]


def loud_body(text):
    for number, sentence in enumerate(sentences(text)):
        LOG.append((number, sentence))
        ask(sentence)


def left_early(text, xs):
    rest = iter(xs)
    for one, x in zip(sentences(text), rest, strict=False):
        if ask(one, x) and x == 2:
            break
    return list(rest)


def shared(text, xs):
    rest = iter(xs)
    found = []
    for one, x in zip(sentences(text), rest, strict=False):
        found.append((ask(one, x), next(rest, None)))
    return found


def grown(text, xs):
    found = []
    for one, x in zip(sentences(text), xs, strict=False):
        found.append(ask(one, x))
        if len(xs) < 5:
            xs.append(x + 10)
    return found, xs


def fails_at_the_end(xs):
    found = []
    for i, x in enumerate(failing(xs)):
        found.append(ask(i, x))
    return found


def fails_inside(text):
    return [flaky(i + 1) for i, _ in enumerate(sentences(text))]


def different_lengths(text, xs):
    return [ask(one, x) for one, x in zip(sentences(text), xs, strict=True)]


def matches(text):
    return [ask(m.group(1), m[2]) for m in PATTERN.finditer(text)]


def matches_in_answers(texts):
    return [[ask(m.group()) for m in re.finditer(r"\d", str(ask(text)))] for text in texts]


def held_matches(text):
    found = PATTERN.finditer(text)
    for m in found:
        ask(m.group(1))
        next(found, None)
    return list(found)


TEXT = "one. two. three."

PROGRAMS = [
    case(numbered, (TEXT,), overlap=3),
    case(paired, (TEXT, [1, 2, 3]), overlap=3),
    case(paired, (TEXT, [1, 2]), overlap=2, name="paired_with_fewer"),
    case(nested, (TEXT, [1, 2, 3]), overlap=3),
    case(loud_numbered, ([1, 2, 3],)),
    case(loud_body, (TEXT,)),
    case(left_early, (TEXT, [1, 2, 3, 4])),
    case(shared, (TEXT, [1, 2, 3, 4])),
    case(grown, lambda: (TEXT, [1])),
    case(fails_at_the_end, ([1, 2, 3],), raises="ValueError"),
    case(fails_inside, (TEXT,), raises="ValueError"),
    case(different_lengths, (TEXT, [1, 2]), raises="ValueError"),
    case(matches, ("a=1 b=2 c=3",), overlap=3),
    case(matches_in_answers, (["1", "2"],), overlap=2),
    case(held_matches, ("a=1 b=2 c=3",)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()


def careful(xs):
    try:
        yield from xs
    finally:
        LOG.append("closed")


def answered(xs):
    with Door():
        for x in xs:
            yield ask(x)


class Door:
    def __enter__(self):
        LOG.append("open")

    def __exit__(self, *exc):
        LOG.append("shut")


def closed(xs):
    for x in careful(xs):
        if x == 2:
            break
        ask(x)
    LOG.append("after")
    return xs


def closed_by_return(xs):
    def found():
        for answer in answered(xs):
            if "2" in answer:
                return answer
        return None

    first = found()
    LOG.append("after")
    return first, found()


def not_left(xs):
    for x in careful(xs):
        if x == 7:
            break
        ask(x)
    LOG.append("after")


def closed_inside(xs):
    for x in xs:
        for answer in answered([x, x + 1, x + 2]):
            LOG.append(answer)
            if "3" in answer:
                break
        LOG.append("next")


def kept_open(xs):
    steps = careful(xs)
    for x in steps:
        if x == 1:
            break
    LOG.append("after")
    return ask(next(steps))


@pytest.mark.parametrize(
    "program", [case(one, ([1, 2, 3],)) for one in (closed, closed_by_return, not_left, closed_inside, kept_open)]
)
def test_generators_end_where_their_loop_is_left(program: Callable[[], None]) -> None:
    program()
