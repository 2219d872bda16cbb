"""Names that a function only deletes are its own: reading one is an error, whatever has that name around it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from leaves import ask
from observe import case

OUTSIDE = "outside"


def global_of_that_name(x):
    first = ask(x)
    second = ask(OUTSIDE)
    if x == "never":
        del OUTSIDE  # noqa: F821
    return first, second


def name_of_the_function_around(x):
    def inner(n):
        ask(x)
        del x  # noqa: F821
        return n

    return inner(1), ask(x)


def behind_a_return(x):
    def inner(y):
        ask(y)
        return OUTSIDE
        del OUTSIDE  # noqa: F821

    return inner(x)


def in_a_comprehension(x):
    def inner(n):
        both = [x for _ in range(n)]
        del x  # noqa: F821
        return both

    return inner(2), ask(x)


def deleted_twice_from_inside(x):
    def forget():
        nonlocal x
        del x

    first = ask(x)
    forget()
    try:
        forget()
    except NameError as error:
        return first, type(error).__name__, str(error)
    return first


PROGRAMS = [
    case(global_of_that_name, ("q",), raises="UnboundLocalError"),
    case(name_of_the_function_around, ("q",), raises="UnboundLocalError"),
    case(behind_a_return, ("q",), raises="UnboundLocalError"),
    case(in_a_comprehension, ("q",), raises="NameError" if sys.version_info < (3, 12) else "UnboundLocalError"),
    case(deleted_twice_from_inside, ("q",)),
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("stage", ["gains", "all"])
def test_same(program: Callable[[], None], stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCS_STAGE", stage)
    program()
