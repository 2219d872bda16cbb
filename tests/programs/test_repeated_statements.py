"""Statements that bind names to calls like earlier ones: the second of each kind is told by its syntax.

Beside them stand those that must be looked at: names that handlers and inner functions see, and what may be unbound.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, flaky, note
from observe import case

import xcs

END = "!"


@xcs.op(effect="unordered", result="stream")
def opened(text):
    return iter([ask(text), ask(text * 2)])


def one_after_the_other(x):
    a = ask(x)
    b = ask(a)
    c = ask(b)
    return a, b, c


def panels(x):
    a, b, c = ask(x), ask(x), ask(x)
    d, e = ask(a + b), ask(f"{c} and {a}")
    f, g = ask(d), f"{e}, {d}"
    return d, e, ask(f), g


def swapped(x):
    a, b = ask(x), ask(x + "y")
    a, b = b, a
    a, b = ask(b), ask(a)
    b, a = a, ask(b)
    return a, b


def stores_in_order():
    """Whether the second of two values is what a name keeps: early releases of Python 3.11 keep the first one."""
    kept, kept = len(()), len((1,))
    return kept == 1


def the_same_name_twice(x):
    a = ask(x)
    a, a = ask(a), ask(a + "y")
    return a


def inside_each_other(x):
    a = ask(ask(x))
    a, b = ask(ask(a)), ask(ask(f"{a}{ask(a)}"))
    return a, b


def parts_of_pairs(x):
    (a, b), c = (ask(x), ask(x)), ask(x)
    [a, b], *rest = (ask(c), ask(b)), ask(a), c
    return a, b, c, rest


def literals_beside_calls(x):
    a = ask(x)
    a, b, c, d = ask(a), 3, None, "text"
    return a, b, c, ask(d, b)


def with_keywords(x):
    a = ask(x, tone="calm")
    a, b = ask(a, tone="calm"), ask(a, tone=f"{x}")
    return a, b, ask(b, tone="calm")


def fails_first(x):
    a, b = flaky(x), ask("y")
    a, b = flaky(x + 1), ask(b)
    return a, b


def fails_last(x):
    a, b = ask("x"), flaky(x)
    a, b = ask(a), flaky(x + 1)
    note(f"{a} {b}")
    return a, b


def seen_by_a_handler(x):
    a, b = ask("a"), "none"
    try:
        a = ask(a)
        b = flaky(x)
        a, b = ask(a), flaky(x + 1)
    except ValueError:
        return ask(a), b
    return a, b


def seen_by_an_inner_function(x):
    a = b = ask(x)

    def both():
        nonlocal a
        a, c = ask(a), ask(b)
        return a + c

    b, d = ask(b), both()
    b, d = ask(b), ask(d)
    return a, b, d, both()


def of_the_module(x):
    global END
    kept = END
    END, a = ask(x), ask(x)
    END, a = ask(a), ask(END)
    found, END = END, kept
    return found, a


def not_bound(x):
    a = ask(x)
    if x == "never":
        b = ask(x)
    a, c = ask(a), b
    return a, c


def unbound_later(x):
    a, b = ask(x), ask(x)
    del b
    a, b = ask(a), b  # noqa: F821
    return a, b


def in_a_loop(xs):
    a = b = ""
    for x in xs:
        a, b = ask(f"{b}{x}"), ask(f"{a}{x}")
        c = ask(x)
        a = ask(a) if c else a
    return a, b


def streams(x):
    one = opened(x)
    first = "".join(one)
    two = opened(x + "y")
    second = "".join(two)
    three, four = opened(x), opened(x)
    return first, second, "".join(three), "".join(four)


def records(x):
    a, b = ask(x), ask(x)
    found = {"a": a, "b": ask(b), "number": 3, "a": f"{b}"}  # noqa: F601
    found["c"] = ask(found["a"])
    return found, {"one": a, "two": b}


VALUE_ERROR = {"raises": "ValueError", "more_calls": True}
UNBOUND = {"raises": "UnboundLocalError", "more_calls": True}

PROGRAMS = [
    case(one_after_the_other, ("x",)),
    case(panels, ("x",), overlap=3),
    case(swapped, ("x",), overlap=2),
    *([case(the_same_name_twice, ("x",))] if stores_in_order() else []),
    case(inside_each_other, ("x",)),
    case(parts_of_pairs, ("x",), overlap=3),
    case(literals_beside_calls, ("x",)),
    case(with_keywords, ("x",)),
    case(fails_first, (2,), **VALUE_ERROR),
    case(fails_first, (1,), name="fails_first_later", **VALUE_ERROR),
    case(fails_first, (3,), name="fails_first_never", overlap=2),
    case(fails_last, (2,), **VALUE_ERROR),
    case(fails_last, (1,), name="fails_last_later", **VALUE_ERROR),
    case(fails_last, (3,), name="fails_last_never", overlap=2),
    case(seen_by_a_handler, (2,), more_calls=True),
    case(seen_by_a_handler, (1,), name="seen_by_a_handler_later", more_calls=True),
    case(seen_by_a_handler, (3,), name="seen_by_a_handler_never"),
    case(seen_by_an_inner_function, ("x",)),
    case(of_the_module, ("x",)),
    case(not_bound, ("x",), **UNBOUND),
    case(not_bound, ("never",), name="bound"),
    case(unbound_later, ("x",), **UNBOUND),
    case(in_a_loop, (["x", "y", "z"],)),
    case(streams, ("x",)),
    case(records, ("x",), overlap=2),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
