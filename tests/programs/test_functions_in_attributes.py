"""Objects of the program's own that hold a function: reading it waits for nothing that is done to the object."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, note, num
from observe import case


class Cache:
    def __init__(self, function):
        self.function = function
        self.kept = {}
        self.num_hits = 0

    def __call__(self, key):
        if key in self.kept:
            self.num_hits += 1
            return self.kept[key]
        value = self.function(key)
        self.kept[key] = value
        return value


class Switching(Cache):
    def __call__(self, key):
        if len(self.kept) == 2:
            self.function = num
        return super().__call__(key)


class Step:
    def __init__(self, function, then):
        self.function, self.then, self.seen = function, then, []

    def run(self, text):
        self.seen.append(self.function(text))
        return self.then(text)


def noted(text):
    note(text)
    return text + "!"


def cached(keys):
    cache = Cache(ask)
    return [cache(key) for key in keys], cache.num_hits


def switched(keys):
    cache = Switching(ask)
    return [cache(key) for key in keys], cache.num_hits


def chosen(keys, loud):
    step = Step(ask, noted if loud else num)
    return [step.run(key) for key in keys], step.seen


def rebound(keys):
    step = Step(ask, num)
    first = step.run(keys[0])
    step.then = noted
    return [first, *[step.run(key) for key in keys]]


KEYS = (["a", "b", "a", "c"],)

PROGRAMS = [
    case(cached, KEYS, overlap=3),
    case(switched, (["a", "b", "a", "c", "b"],)),
    case(chosen, lambda: (["a", "b"], True), lambda: (["a", "b"], False)),
    case(rebound, KEYS, overlap=4),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
