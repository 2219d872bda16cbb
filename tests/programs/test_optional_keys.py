"""`None` in place of a key or a predicate, as data: an element stands for itself then."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from leaves import num
from observe import case

import xcs

XS = [3, 0, 1]


def down(x: Any) -> Any:
    """A key of Python's own speed."""
    return -x


class Order:
    """Holds a key that may be absent."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def apply(self, xs):
        """Elements in this order."""
        return sorted(xs, key=self.key, reverse=True)


def by_key(xs, key=None):
    return sorted(xs, key=key), max(xs, key=key), min([], key=key, default="none")


def by_default_key(xs):
    return by_key(xs), list(map(operator.itemgetter(0), zip(by_key(xs)[0], xs, strict=True)))


def by_chosen_key(flag, xs):
    key = num if flag else None
    return sorted(xs, key=key), max(xs, key=key), list(filter(key, xs)), any(filter(key, xs))


def by_each_key(keys, xs):
    return [sorted(xs, key=key) for key in keys], [list(filter(key, xs)) for key in keys]


def by_held_key(key, xs):
    return Order(key).apply(xs)


PROGRAMS = [
    case(by_key, (XS,), (XS, None), (XS, down), (XS, num)),
    case(by_default_key, (XS,)),
    case(by_chosen_key, (True, XS), (False, XS)),
    case(by_each_key, ([num, None, down], XS), ([None], XS)),
    case(by_held_key, (None, XS), (down, XS), (num, XS)),
]


@pytest.mark.parametrize("stage", ["gains", "all"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None], stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCS_STAGE", stage)
    program()


def test_what_a_key_is_compared_by_is_no_key_to_stage_again() -> None:
    jitted = xcs.jit(by_key, stage="all")
    assert jitted(XS, num) == by_key(XS, num)
    assert xcs.get_jit_stats(jitted)["fallback"] is None
