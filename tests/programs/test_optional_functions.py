"""Functions that a caller may leave out: whether there is one is known where the caller is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import LOG, ask, flaky
from observe import case


def apply(fn, xs, on_done=None, on_error=None):
    found = []
    for x in xs:
        try:
            answer = fn(x)
            if on_done:
                on_done(x, answer)
            found.append(answer)
        except ValueError as e:
            if on_error is not None:
                on_error(x, e)
    return found


def both(xs):
    seen, errors = [], []
    found = apply(flaky, xs, on_done=lambda x, r: seen.append((x, r)), on_error=lambda x, e: errors.append(str(e)))
    return found, seen, errors


def neither(xs):
    return apply(flaky, xs)


def only_errors(xs):
    errors = []
    return apply(flaky, xs, on_error=lambda x, e: errors.append((x, str(e)))), errors


def mapped(xs, fn=None, key=None, check=None):
    key = key or (lambda x: x)
    use = ask if fn is None else fn
    found = [(key(x), use(x), (fn or ask)(x, "again")) for x in xs]
    if not check:
        return found
    return [one for one in found if check and check(one)]


def defaults(xs):
    return mapped(xs)


def given(xs):
    return mapped(xs, fn=lambda x, *more: ask("own", x, *more), key=lambda x: -x)


def checked(xs):
    return mapped(xs, check=lambda one: LOG.append(("check", one[0])) or one[0] > 1)


def known(xs):
    return mapped(xs, fn=ask, key=str)


def logged(message):
    LOG.append(message)


def run(x, log=None, verbose=True):
    log and log(f"start {x}")
    answer = ask(x)
    (log or logged)(f"end {x}") if verbose else None
    return answer


def quiet(xs):
    return [run(x, verbose=False) for x in xs]


def loud(xs):
    return [run(x, log=lambda m: logged(("own", m))) for x in xs]


def replaced(xs):
    fn = None
    for x in xs:
        fn = fn or (lambda y, x=x: ask("made at", x, y))
    return [fn(x) for x in xs]


class Falsy:
    def __bool__(self):
        LOG.append("asked")
        return False

    def __call__(self, x, *more):
        return ask("falsy", x, *more)


def object_given(xs, fn):
    return mapped(xs, fn=fn)


XS = ([1, 3, 4],)

PROGRAMS = [
    case(both, ([1, 2, 3],)),
    case(neither, XS, overlap=3),
    case(only_errors, XS),
    case(defaults, XS, overlap=3),
    case(given, XS, overlap=3),
    case(checked, XS, overlap=3),
    case(known, XS, overlap=3),
    case(quiet, XS, overlap=3),
    case(loud, XS),
    case(replaced, XS),
    case(object_given, lambda: ([1, 2], Falsy())),
    case(object_given, lambda: ([1, 2], None), name="none_given", overlap=2),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
