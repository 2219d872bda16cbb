"""Generator functions, of the module and of the program itself: those that only walk what they get are known."""

# ruff: noqa: B023 - written as people write

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from leaves import ask, note
from observe import case


def batched(items, n):
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, n)):
        yield chunk


def one_by_one(items):
    for item in items:
        yield [item]


def in_batches(words):
    return [ask("".join(chunk)) for chunk in batched(words, 2)]


def in_batches_of_an_iterator(words):
    return [ask(*chunk) for chunk in batched(iter(words), 2)]


def batches_of_what_others_step(words):
    source, found = iter(words), []
    for chunk in batched(source, 2):
        found.append(ask(*chunk))
        next(source, None)
    return found


def own_list_grows(limit):
    source, found = ["a", "b", "c"], []
    for chunk in one_by_one(source):
        found.append(ask(*chunk))
        if len(source) < limit:
            source.append(ask("z"))
    return found


def own_list_grows_in_batches(limit):
    source, found = ["a", "b", "c", "d"], []
    for chunk in batched(source, 2):
        found.append(ask(*chunk))
        if len(source) < limit:
            source.append("z")
    return found


def list_grows(source):
    found = []
    for chunk in batched(source, 2):
        found.append(ask(*chunk))
        if len(source) < 7:
            source.append("z")
    return found


def cleaned_here(words):
    def cleaned():
        for word in words:
            if word:
                yield word.strip()

    return [ask(word) for word in cleaned()]


def recursive_here(n):
    def down(k):
        if k:
            yield k
            yield from down(k - 1)

    return [ask(k) for k in down(n)], sum(len(ask(k)) for k in down(n))


def sees_what_comes_later(words):
    def walk():
        yield from words

    steps = walk()
    words.append("late")
    return [ask(word) for word in steps]


def sees_what_the_loop_does(words):
    found = []

    def numbered():
        for word in words:
            yield word, len(found)

    for word, number in numbered():
        found.append(ask(word, number))
    return found


def sees_a_name_change():
    held = 1

    def walk():
        yield held
        yield held

    steps = walk()
    first = next(steps)
    held = 2
    return first, next(steps), ask("x"), [ask(one) for one in walk()]


def calls_inside(words):
    def answers():
        for word in words:
            yield ask(word)

    return [ask(answer) for answer in answers()], list(answers())


def noted_inside(words):
    def noted():
        for word in words:
            note(word)
            yield word

    return [ask(word) for word in noted()], list(zip(noted(), noted(), strict=True))


def left_early(words):
    def walk():
        try:
            yield from words
        finally:
            note("closed")

    for word in walk():
        note(ask(word))
        if word == "b":
            break
    return ask("after")


def fails_midway():
    def walk():
        yield 1
        raise ValueError("x")

    found = []
    try:
        for one in walk():
            found.append(ask(one))
            note(one)
    except ValueError as error:
        found.append(str(error))
    return found


def sent_to():
    def walk():
        got = yield 1
        note(got)
        yield 2

    steps = walk()
    return next(steps), steps.send("s"), ask("x")


def made_in_a_loop(words):
    found = []
    for word in words:

        def parts():
            for i in range(2):
                yield word, i

        found.append([ask(*part) for part in parts()])
    return found


WORDS = lambda: (["a", " b ", "", "c"],)
PROGRAMS = [
    case(in_batches, WORDS, overlap=2),
    case(in_batches_of_an_iterator, WORDS),
    case(batches_of_what_others_step, WORDS),
    case(own_list_grows, (12,)),
    case(own_list_grows_in_batches, (7,)),
    case(list_grows, WORDS),
    case(cleaned_here, WORDS, overlap=3),
    case(recursive_here, (3,), overlap=3),
    case(sees_what_comes_later, WORDS),
    case(sees_what_the_loop_does, WORDS),
    case(sees_a_name_change, ()),
    case(calls_inside, WORDS),
    case(noted_inside, WORDS),
    case(left_early, lambda: (["a", "b", "c"],)),
    case(fails_midway, ()),
    case(sent_to, ()),
    case(made_in_a_loop, (["a", "b"],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
