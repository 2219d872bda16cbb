"""Iterators that several consumers share: each takes what the one before has left, however long that one waits."""

# ruff: noqa: B905 - the programs are written as people write them

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from leaves import num
from observe import case


def rest_of_reversed(xs, x):
    it = reversed(xs)
    n = num(x)
    return list(itertools.islice(it, n)), list(it)


def rest_of_iter(xs, x):
    it = iter(xs)
    n = num(x)
    first = list(itertools.islice(it, n))
    return first, list(it)


def rest_of_zip(xs, x):
    it = zip(xs, xs)
    n = num(x)
    first = tuple(itertools.islice(it, n))
    return first, list(it)


def rest_of_enumerate(xs, x):
    it = enumerate(xs)
    n = num(x)
    first = [next(it), n]
    return first, dict(it)


def rest_of_map(xs, x):
    it = map(str, xs)
    n = num(x)
    first = [next(it) for _ in range(n)]
    return first, "".join(it)


def rest_of_generator_expression(xs, x):
    it = (y + 1 for y in xs)
    n = num(x)
    first = [next(it) for _ in range(n)]
    return first, sum(it)


def membership_consumes(xs, x):
    it = iter(xs)
    n = num(x)
    found = n in it
    return found, list(it)


def membership_consumes_filter(xs, x):
    it = filter(None, xs)
    n = num(x)
    found = n in it
    return found, sorted(it)


def zip_consumes_what_it_is_made_of(xs, x):
    it = itertools.chain(xs, xs)
    first = list(zip(it, range(num(x))))
    return first, max(it)


def unpacking_consumes(xs, x):
    it = iter(xs)
    n = num(x)
    head, *_ = itertools.islice(it, n)
    return head, list(it)


def star_arguments_consume(xs, x):
    it = iter(xs)
    n = num(x)
    biggest = max(*itertools.islice(it, n))
    return biggest, min(it)


def consumed_by_helper(xs, x):
    it = iter(xs)
    first = _take(it, num(x))
    return first, _take(it, 2)


def _take(it, n):
    return list(itertools.islice(it, n))


def iterator_of_an_iterator(xs, x):
    it = iter(xs)
    again = iter(it)
    n = num(x)
    first = [one for _, one in zip(range(n), again)]
    return first, list(it), again is it


def iterator_as_argument(it, x):
    n = num(x)
    return list(itertools.islice(it, n)), list(it)


def iterators_of_one_list_are_apart(xs):
    a, b = iter(xs), iter(xs)
    n = num(next(a) // 2)
    return [n, *a], list(b)


XS = list(range(1, 30))

PROGRAMS = [
    case(rest_of_reversed, (XS, 1)),
    case(rest_of_iter, (XS, 1)),
    case(rest_of_zip, (XS, 1)),
    case(rest_of_enumerate, (XS, 1)),
    case(rest_of_map, (XS, 1)),
    case(rest_of_generator_expression, (XS, 1)),
    case(membership_consumes, (XS, 1)),
    case(membership_consumes_filter, (XS, 1)),
    case(zip_consumes_what_it_is_made_of, (XS, 1)),
    case(unpacking_consumes, (XS, 1)),
    case(star_arguments_consume, (XS, 1)),
    case(consumed_by_helper, (XS, 1)),
    case(iterator_of_an_iterator, (XS, 1)),
    case(iterator_as_argument, lambda: (iter(XS), 1)),
    case(iterators_of_one_list_are_apart, (XS,)),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()
