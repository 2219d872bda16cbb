"""`functools.cache` and `lru_cache` around functions that only compute, beside programs that ask the caches."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from leaves import ask, note, wait
from observe import case

WEIGHT = 3


@functools.lru_cache(maxsize=None)  # noqa: UP033 - this is what people write
def words(text):
    return tuple(text.lower().split())


@functools.cache
def cost(text):
    return len(text) * WEIGHT


@functools.lru_cache(maxsize=2)
def parts(text):
    return text.split(",")


@functools.cache
def steps(number):
    return 1 if number < 2 else steps(number - 1) + steps(number - 2)


@functools.cache
def asked(text):
    wait("asked", text)
    return text.upper()


@functools.cache
def noted(text):
    note(text)
    return text


class Scorer:
    """Caches on methods."""

    @functools.cache  # noqa: B019 - the object lives as long as the module
    def score(self, text):
        return len(text)

    @staticmethod
    @functools.lru_cache
    def clean(text):
        return text.strip("<>")

    def run(self, texts):
        return [ask(self.clean(text), self.score(text)) for text in texts]


SCORER = Scorer()


def reset() -> None:
    for one in (words, cost, parts, steps, asked, noted):
        one.cache_clear()


def before_calls(texts):
    return [ask(text, len(words(text)), steps(len(text))) for text in texts]


def behind_calls(texts):
    return {text: cost(ask(text)) for text in texts}


def in_nested_loops(questions, docs):
    scores = {}
    for question in questions:
        expanded = ask(question)
        for doc in docs:
            scores[question, doc] = len(set(words(doc)) & set(words(expanded))), ask(question, doc)
    return scores


def of_a_class(texts):
    return SCORER.run(texts)


# ---------------------------------------------------------------- what sees the cache
def asks_the_cache(texts):
    replies = [ask(text, cost(text)) for text in texts]
    before = cost.cache_info().misses
    more = [cost(reply) for reply in replies] + [cost(texts[0]), cost(texts[0])]
    return replies, before, more, tuple(cost.cache_info())


def clears_the_cache(texts):
    first = cost(texts[0])
    again = cost(texts[0])
    cost.cache_clear()
    return ask(first), again, cost(texts[0]), tuple(cost.cache_info())


def one_list_for_all(texts):
    first = parts(ask(texts[0]))
    second = parts(ask(texts[0]))
    first.append(1)
    print(parts.cache_info())
    return first, second, first is second, parts(ask(texts[1])), tuple(parts.cache_info())


def caches_calls(texts):
    return [asked(text) for text in texts + texts]


def caches_notes(texts):
    return [noted(ask(text)) for text in texts + texts]


def unhashable(texts):
    return [cost([text]) for text in texts]


TEXTS = ["a b", "B", "c,d"]
FRESH = {"setup": reset}

PROGRAMS = [
    case(before_calls, (TEXTS,), overlap=3, **FRESH),
    case(behind_calls, (TEXTS,), overlap=3, **FRESH),
    case(in_nested_loops, (TEXTS, ["x y", "b"]), overlap=9, **FRESH),
    case(of_a_class, (TEXTS,), overlap=3),
    case(asks_the_cache, (TEXTS,), overlap=3, **FRESH),
    case(clears_the_cache, (TEXTS,), **FRESH),
    case(one_list_for_all, (TEXTS,), **FRESH),
    case(caches_calls, (TEXTS,), **FRESH),
    case(caches_notes, (TEXTS,), **FRESH),
    case(unhashable, (TEXTS,), raises="TypeError", **FRESH),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
