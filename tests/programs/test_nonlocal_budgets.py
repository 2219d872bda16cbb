"""Names that inner functions count in: the calls around the counting overlap, each sees the count that Python shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import LOG, ask, flaky
from observe import case


def spent(xs):
    total = 0

    def call(x):
        nonlocal total
        answer = ask(x)
        total += len(answer)
        return answer

    return [call(x) for x in xs], total


def numbered(xs):
    n = 0

    def following():
        nonlocal n
        n += 1
        return n

    return [ask(f"{following()} {x}") for x in xs], n


def two_counters(xs, start=10):
    calls, tokens = 0, start
    seen = []

    def note(x):
        nonlocal calls
        calls += 1
        seen.append((calls, x))

    def spend(answer):
        nonlocal tokens
        tokens -= len(answer)
        return tokens

    found = []
    for x in xs:
        note(x)
        found.append((ask(x), calls))
    return found, [spend(answer) for answer, _ in found], seen, calls, tokens


def limited(xs, limit):
    total = 0

    def call(x):
        nonlocal total
        if total >= limit:
            return None
        answer = ask(x)
        total += len(answer)
        return answer

    return [call(x) for x in xs], total


def parameter(xs, budget):
    def take(x):
        nonlocal budget
        budget -= 1
        return ask(x), budget

    return [take(x) for x in xs], budget


def failing(xs):
    done = 0

    def attempt(x):
        nonlocal done
        answer = flaky(x)
        done += 1
        return answer

    try:
        return [attempt(x) for x in xs], done
    except ValueError as e:
        return str(e), done


def failing_once(xs):
    failures = 0

    def attempt(x):
        nonlocal failures
        try:
            return flaky(x)
        except ValueError:
            failures += 1
            return None

    return [attempt(x) for x in xs], failures


def not_yet(xs):
    def call(x):
        nonlocal total
        total += 1
        return ask(x)

    first = call(xs[0])
    total = 0
    return first, call(xs[1]), total


def deleted(xs):
    total = 0

    def call(x):
        nonlocal total
        total += 1
        return ask(x), total

    first = call(xs[0])
    del total
    return first, call(xs[1])


def rebound_outside(xs):
    mode = "a"

    def call(x):
        return ask(mode, x)

    first = [call(x) for x in xs]
    mode = "b"
    second = [call(x) for x in xs]
    return first, second


def deep(xs):
    total = 0

    def outer(x):
        count = 0

        def inner(y):
            nonlocal total, count
            total += 1
            count += y
            return ask(x, y)

        found = [inner(y) for y in (1, 2)]
        return found, count

    return [outer(x) for x in xs], total


def kept(xs):
    total = 0

    def call(x):
        nonlocal total
        total += x
        return ask(x)

    calls = [call, call]
    return [one(x) for one, x in zip(calls, xs, strict=False)], total, calls[0](5), total


def held(xs):
    last = None

    def keep(x):
        nonlocal last
        last = [x, last]
        return ask(x)

    found = [keep(x) for x in xs]
    last.append("end")
    return found, last


class Loud:
    def __add__(self, other):
        LOG.append(("add", other))
        return self

    def __repr__(self):
        return "loud"


def loud(xs):
    total = Loud()

    def call(x):
        nonlocal total
        answer = ask(x)
        total += x
        return answer

    return [call(x) for x in xs], total


def walrus(xs):
    last = 0

    def current():
        return last

    return [(ask(last := x), current()) for x in xs], last


XS = ([1, 2, 3],)

PROGRAMS = [
    case(spent, XS, overlap=3),
    case(numbered, XS, overlap=3),
    case(two_counters, XS),
    case(limited, ([1, 2, 3], 4)),
    case(parameter, ([1, 2, 3], 5), overlap=3),
    case(failing, ([1, 2, 3],), more_calls=True),
    case(failing_once, ([1, 2, 3],)),
    case(not_yet, ([1, 2],), raises="NameError"),
    case(deleted, ([1, 2],), raises="NameError"),
    case(rebound_outside, XS, overlap=3),
    case(deep, ([1, 2],)),
    case(kept, ([1, 2],)),
    case(held, XS),
    case(loud, XS),
    case(walrus, XS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
