"""Recursion: of staged functions, of leaves, mutual, through data; as deep as Python goes, and no deeper."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import LOG, ask, note, num, rate, wait
from observe import case, jit


def better(a, b):
    """A model's judgement: which of two is better."""
    wait("better", a, b)
    return a > b


def quicksort(xs):
    if len(xs) <= 1:
        return xs
    pivot, *rest = xs
    verdicts = [better(x, pivot) for x in rest]
    low = [x for x, is_better in zip(rest, verdicts, strict=True) if not is_better]
    high = [x for x, is_better in zip(rest, verdicts, strict=True) if is_better]
    return [*quicksort(low), pivot, *quicksort(high)]


def merge_sort(xs):
    if len(xs) < 2:
        return list(xs)
    middle = len(xs) // 2
    left, right = merge_sort(xs[:middle]), merge_sort(xs[middle:])
    return merged(left, right)


def merged(left, right):
    out = []
    while left and right:
        if better(left[0], right[0]):
            out.append(right[0])
            right = right[1:]
        else:
            out.append(left[0])
            left = left[1:]
    return out + left + right


def tree_of_thoughts(thought, depth):
    """Every thought has three children; the best leaf wins."""
    if depth == 0:
        return rate(thought), thought
    children = [ask(f"{thought}.{i}") for i in range(3)]
    return max([tree_of_thoughts(child, depth - 1) for child in children])


@dataclass
class Node:
    text: str
    children: list[Node] = field(default_factory=list)


def summarise_tree(node):
    parts = [summarise_tree(child) for child in node.children]
    return ask(" ".join([node.text, *parts]))


def tree():
    return Node("root", [Node("a", [Node("aa"), Node("ab")]), Node("b", [Node("ba")]), Node("c")])


def divide(question, depth):
    if depth == 0:
        return ask(question)
    return divide(question + "l", depth - 1) + divide(question + "r", depth - 1)


def propose(topic, rounds):
    """Two speakers who answer each other."""
    if rounds == 0:
        return [topic]
    return [topic, *oppose(ask(topic), rounds - 1)]


def oppose(topic, rounds):
    if rounds == 0:
        return [topic]
    return [topic, *propose(ask(topic), rounds - 1)]


def fork(n):
    return num(n) if n < 2 else fork_other(n - 1) + fork_other(n - 2)


def fork_other(n):
    return num(n) if n < 2 else fork(n - 1) + fork(n - 2)


def hanoi(n, source, target, spare):
    if n == 0:
        return 0
    before = hanoi(n - 1, source, spare, target)
    note((n, source, target))
    num(n)
    return before + 1 + hanoi(n - 1, spare, target, source)


def nested_lists(xs):
    return [nested_lists(x) if isinstance(x, list) else num(x) for x in xs]


class Agent:
    def __init__(self, name, helpers=()):
        self.name = name
        self.helpers = list(helpers)

    def solve(self, task):
        found = [helper.solve(f"{task}/{helper.name}") for helper in self.helpers]
        return ask(f"{self.name}:{task}:{len(found)}"), found


def agents():
    return Agent("boss", [Agent("a", [Agent("x"), Agent("y")]), Agent("b")])


def solve_all(agent, task):
    return agent.solve(task)


def inner_recursion(xs):
    def walk(rest):
        if not rest:
            return []
        return [num(rest[0]), *walk(rest[1:])]

    return walk(xs)


def through_data(step, n):
    """The callable comes as data and calls back."""
    return num(0) if n == 0 else step(step, n - 1) + num(n)


def memoised(n, known):
    if n not in known:
        known[n] = num(n) if n < 2 else memoised(n - 1, known) + memoised(n - 2, known)
    return known[n]


PROGRAMS = [
    case(quicksort, ([3, 1, 4, 1, 5, 9, 2, 6],), overlap=7),
    case(quicksort, ([],), ([1],), ([2, 1],), name="quicksort_short"),
    case(merge_sort, ([3, 1, 4, 1, 5, 9, 2, 6],), overlap=4),
    case(tree_of_thoughts, ("t", 2), overlap=3),
    case(summarise_tree, lambda: (tree(),), overlap=4),
    case(divide, ("q", 3), overlap=8),
    case(propose, ("start", 5)),
    case(fork, (6,), overlap=8),
    case(hanoi, (3, "a", "b", "c")),
    case(nested_lists, ([1, [2, [3, 4]], 5],), overlap=5),
    case(solve_all, lambda: (agents(), "task")),
    case(inner_recursion, ([1, 2, 3],)),
    case(through_data, lambda: (through_data, 3)),
    case(memoised, lambda: (6, {})),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


def count_down(n):
    """Not in tail position, with a call at each level."""
    if n == 0:
        return num(0)
    return count_down(n - 1) + num(n)


def ping(n):
    return num(0) if n == 0 else pong(n - 1) + num(1)


def pong(n):
    return num(0) if n == 0 else ping(n - 1) + num(1)


def leaf_depth(n):
    return 0 if n == 0 else 1 + leaf_depth(n - 1)


def in_a_leaf(n):
    return num(leaf_depth(n))


def deep_through_data(n):
    return through_data(through_data, n)


DEEP = [count_down, ping, in_a_leaf, deep_through_data]


@pytest.fixture(autouse=True)
def room() -> Any:
    """Tests run below some frames of pytest's own: the depths below are counted from here."""
    before = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(before)


def used() -> int:
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


@pytest.mark.parametrize("function", DEEP, ids=lambda one: one.__name__)
def test_deep_but_legal(function):
    sys.setrecursionlimit(1000 + used())
    assert jit(function)(900) == function(900)


@pytest.mark.parametrize("function", DEEP, ids=lambda one: one.__name__)
def test_too_deep_fails_as_in_python(function):
    sys.setrecursionlimit(1000 + used())
    with pytest.raises(RecursionError) as plain:
        function(3000)
    with pytest.raises(RecursionError) as jitted:
        jit(function)(3000)
    assert str(jitted.value).startswith("maximum recursion depth exceeded")
    assert str(plain.value).startswith("maximum recursion depth exceeded")


@pytest.mark.parametrize("function", DEEP, ids=lambda one: one.__name__)
def test_a_higher_limit_is_respected(function):
    sys.setrecursionlimit(6000 + used())
    assert jit(function)(3000) == function(3000)


@pytest.mark.parametrize("function", DEEP, ids=lambda one: one.__name__)
def test_a_lower_limit_is_respected(function):
    sys.setrecursionlimit(300 + used())
    with pytest.raises(RecursionError):
        jit(function)(900)


def endless(n):
    note(n)
    num(n)
    return endless(n + 1)


def caught(n):
    try:
        return endless(n)
    except RecursionError as error:
        return str(error)[:32], ask("too deep")


@pytest.mark.parametrize("strategy", ["sequential", "adaptive"])
def test_endless_recursion_ends_with_all_effects_before_it(strategy):
    sys.setrecursionlimit(400 + used())
    LOG.clear()
    plain = caught(0)
    depth_in_python = len(LOG)
    assert [x for _, x in LOG] == list(range(depth_in_python))
    LOG.clear()
    jitted = jit(caught, strategy)(0)
    assert jitted == plain
    assert [x for _, x in LOG] == list(range(len(LOG)))
    assert depth_in_python / 3 < len(LOG) < depth_in_python * 3
