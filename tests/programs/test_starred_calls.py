"""Calls of one's own functions with `*` of a length that nobody knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from leaves import LOG, ask, note, num, slow
from observe import case


def pair(first, second="none"):
    return slow(f"{first} {second}")


def many(first, second="none", *rest, end="."):
    return ask(first, second, *rest, end)


def passed_on(*args, **options):
    return many(*args, **options)


def changed(*lists):
    for one in lists:
        one.append("more")
    return ask(len(lists))


def noted(*args):
    note(args)
    return ask(*args)


class Bot:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    def ask(self, first, *rest):
        return ask(first, *rest)

    def count(self, *args):
        self.sizes.append(len(args))
        return ask(*args)


def windows(xs):
    return [ask(*xs[i : i + 2]) for i in range(len(xs) - 1)], [pair(*xs[i : i + 2]) for i in range(len(xs))]


def in_the_middle(xs):
    return [many(*xs[i : i + 3]) for i in range(len(xs))], [passed_on(*xs[: i + 1], end="!") for i in range(len(xs))]


def methods(xs):
    bot = Bot()
    return [bot.ask(*xs[i:]) for i in range(len(xs))], [bot.count(*xs[:i]) for i in range(len(xs))], bot.sizes


def groups(xs):
    found = defaultdict(list)
    for x in xs:
        found[num(x) % 20].append(x)
    return {key: ask(key, *members) for key, members in found.items()}


def lists_that_change(xs):
    lists = [[x] for x in xs]
    first = changed(*lists)
    return first, lists, ask(len(lists[0]))


def noted_calls(xs):
    return [noted(*xs[:i]) for i in range(len(xs))]


def too_many(xs):
    try:
        return pair(*xs)
    except TypeError as error:
        return str(error)


def too_few(xs):
    try:
        return pair(*xs[:0])
    except TypeError as error:
        return str(error)


def graph(nodes):
    done = {}
    for node, needs in nodes:
        done[node] = many(node, *[done[need] for need in needs])
    return done


def graph_with_a_gap(nodes):
    done = {}
    for node, needs in nodes:
        try:
            done[node] = many(node, *[done[need] for need in needs], end=ask("end"))
        except KeyError as error:
            done[node] = f"no {error}"
    return done


class Shown:
    def __init__(self, parts):
        self.parts = parts

    def __iter__(self):
        note("walked")
        return iter(self.parts)


def noted_then(x):
    note(x)
    return x


def walked_in_its_place(parts):
    return ask(*Shown(parts), noted_then("after")), ask(noted_then("before"), *Shown(parts), *[ask("x")])


XS = ([1, 2, 3, 4],)
NODES = ([("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"]), ("e", []), ("f", [])],)

PROGRAMS = [
    case(windows, XS, overlap=3),
    case(in_the_middle, XS, overlap=8),
    case(methods, XS, overlap=4),
    case(groups, XS, overlap=2),
    case(lists_that_change, XS),
    case(noted_calls, XS, setup=LOG.clear),
    case(too_many, XS),
    case(too_few, XS),
    case(graph, NODES, overlap=3),
    case(graph_with_a_gap, ([("a", []), ("b", ["x"]), ("c", ["a"])],), more_calls=True),
    case(walked_in_its_place, (["p", "q"],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
