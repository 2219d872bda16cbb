"""Expressions and targets of every kind with calls inside: `:=`, slices, stars, displays, places, formats."""

# ruff: noqa: B008, B905, C408, F821, PIE800, PIE804, RUF005, RUF021, SIM201 - as people write them

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from leaves import ask, echo, fetch, flaky, many, note, num
from observe import case

TOTAL = 0


def reset():
    global TOTAL
    TOTAL = 1


def total():
    return TOTAL


def seen(x):
    note(f"seen {x}")
    return num(x)


class Box:
    def __init__(self, v: Any) -> None:
        self.v = v


def box(x):
    note(f"box {x}")
    num(x)
    return Box(x)


class Mapping:
    """Merging it is seen."""

    def keys(self) -> list[str]:
        note("keys")
        return ["a"]

    def __getitem__(self, key: str) -> int:
        note(f"item {key}")
        return 1


# ---------------------------------------------------------------- assignment expressions
def walrus_in_if(x):
    if (answer := ask(x)) and (size := num(x)) > 10:
        return answer, size
    return answer, ask(answer)


def walrus_not_reached(x):
    if x > 3 and (size := num(x)):
        note(size)
    return size


def walrus_in_while(x):
    found = []
    while (y := num(x)) > 10:
        found.append(ask(y))
        x -= 1
    return found, y


def walrus_rebinds(x):
    y = 1
    z = (y := num(x)) + y
    w = y + (y := 5) + y
    return y, z, w


def walrus_in_call(x):
    return ask(x, (x := num(x)), x), x


def walrus_plain_rebinds(x):
    y = 1
    z = [y, (y := 2), y, num(x)]
    return y, z


def walrus_in_comprehension(xs):
    last = None
    found = [last := num(x) for x in xs]
    kept = [y for x in xs if (y := num(x)) > 10]
    return found, last, kept, y


def walrus_in_nested_comprehension(xs):
    found = [[seen_last := num(x) + y for y in range(2)] for x in xs]
    return found, seen_last


def walrus_in_conditional(x):
    z = (y := num(x)) if x > 1 else (y := ask(x))
    return y, z


def walrus_of_tuple(x):
    if (pair := (num(x), ask(x)))[0] > 5:
        a, b = pair
        return a, b
    return pair


def walrus_global(x):
    global TOTAL
    note(TOTAL := num(x))
    return TOTAL


def walrus_in_augmented(x):
    n = 1
    n += (n := num(x))
    d = {0: 1, 10: 2}
    i = 0
    d[i] += (i := num(x))
    return n, d, i


def walrus_in_default(x):
    f = lambda a, b=(y := num(x)): a + b
    return f(1), f(2), y


# ---------------------------------------------------------------- slices, stars, displays
def slices(xs):
    return xs[num(0) : num(1)], xs[: num(0) + 2], xs[1 : num(1) : num(1) - 9], xs[-(num(0) + 1)]


def slice_before_a_call(xs):
    return xs[seen(0) : seen(1)] + [seen(2)], (xs[1:], ask(1), xs[seen(0) :])


def slice_assigned(xs):
    xs[seen(0) : 2] = [seen(1), seen(2), seen(3)]
    xs[num(0)] += num(1)
    xs[0:1] += [num(4)]
    return xs


def starred_arguments(x):
    return ask(*many(x), num(x)), ask(num(x), *many(x), *"ab", key=num(1), **{"k": num(2)})


def starred_argument_is_iterated_first(x):
    def numbers():
        note("start")
        yield 1
        note("end")

    return ask(*numbers(), seen(x))


def starred_argument_fails_first(x):
    return ask(*num(x), seen(x))


def starred_displays(x):
    return [*many(x), num(x), *many(1)], (*many(x), num(x)), {*many(x), num(x)}


def merged_dicts(x):
    return {**{"a": num(x)}, "b": num(2), **{"c": ask(x)}}, {**dict(a=num(x)), **dict(a=num(2))}


def merging_is_seen(x):
    return {**Mapping(), "b": seen(x)}, {"c": seen(2), **Mapping()}


def merging_fails_first(x):
    return {**echo(x), "b": seen(x)}


def dict_display_order(x):
    return {seen(1): seen(2), seen(3): seen(4)}, {num(x): ask(x), num(x + 1): ask(x)}


def set_display(x):
    return {num(x), num(2), num(x)}, {ask(x)}


def set_display_unhashable(x):
    return {seen(1), [seen(x)], seen(3)}


def nested_displays(x):
    return [(num(1), [num(2)], {"k": (num(3), {num(4)})}), num(5)]


# ---------------------------------------------------------------- formats, comparisons, conditions
def format_specs(x, width):
    return f"{num(x):>{width}}|{ask(x)!r:^{num(2)}}|{num(x)=}|{x!s:{'<'}{num(1)}}"


def format_fails(x):
    return f"{seen(x):{'bad'}} {seen(2)}"


def chained(x):
    return num(x) < num(2) < num(3), num(5) < seen(x) < seen(100), 1 < num(x) != ask(x)


def identity(x):
    y = num(x)
    return num(x) is None, echo(y) is y, not num(0), num(x) is not None, not ask(x) == ask(x)


def membership(xs):
    return num(1) in xs, ask(1) not in [ask(1), ask(2)], "a" in ask("abc"), num(0) in {num(0): 1}


def conditional_nest(x):
    return num(1) if num(x) > 10 else ask(x) if num(x) > 5 else (fetch(x) if x else None)


def and_or(x):
    return num(0) or num(x) and ask(x), num(x) and num(0) and ask("never"), num(0) or None or seen(x)


def lambda_defaults(x):
    add = lambda a, b=seen(x): a + b
    note("made")
    return add(1), add(2), [add(y) for y in range(3)]


# ---------------------------------------------------------------- targets
def store_with_calls(x):
    d, e = {}, {}
    d[ask(x)] = ask(2)
    d[num(x)], e[num(2)] = ask(3), ask(4)
    return d, e


def store_order(x):
    d = {}
    d[seen(1)], (d[seen(2)], *d[seen(3)].v), e = seen(4), (seen(5), seen(6)), seen(7)
    return d, e


def store_order_flat(x):
    d = {}
    d[seen(1)], b, d[seen(2)] = seen(4), seen(5), seen(6)
    a = d[seen(7)] = c = seen(8)
    return d, a, b, c


def store_to_call(x):
    box(x).v = seen(2)
    box(x).v += seen(3)
    made = box(4)
    made.v += num(5)
    made.v, other = num(6), num(7)
    return made.v, other


def augmented_places(x):
    d = {10: 1, "l": [1]}
    d[num(x)] += num(2)
    d["l"] += many(2)
    lists = [[1], [2]]
    lists[num(0)][0] += num(3)
    lists[num(0) + 1] += [num(4)]
    echo(lists)[0].append(num(5))
    return d, lists


def augmented_order(x):
    d = {10: 1}
    d[seen(x)] += seen(2)
    echo(d)[seen(x)] += seen(3)
    return d


def augmented_global(x):
    global TOTAL
    TOTAL += num(x)
    TOTAL -= seen(1)
    return TOTAL


def missing_key_before_the_value(x):
    d = {}
    d[num(x)] += seen(2)
    return d


def starred_targets(x):
    a, *b = many(3)
    (c, *d), e = (many(2), num(x))
    f, *g.v, h = [num(1), num(2), num(3), num(4)] if (g := Box(0)) else []
    return a, b, c, d, e, f, g.v, h


def unpacking_fails(x):
    d = {}
    d[seen(0)], d[seen(1)] = many(3)
    return d


def loop_over_attribute(xs):
    b = Box(0)
    found = []
    for b.v in xs:
        found.append(num(b.v))
    return found, b.v


def loop_over_item(xs):
    d = {}
    for d["k"] in xs:
        note(ask(d["k"]))
    for d[num(1)], y in zip(xs, xs):
        note(num(y))
    return d, y


def loop_over_starred(xs):
    found = []
    for first, *rest in [(x, num(x), x) for x in xs]:
        found.append((num(first), rest))
    return found


def deleted(x):
    d = {num(x): 1, "b": 2}
    del d[num(x)]
    y = ask(x)
    del y
    xs = [1, 2, 3]
    del xs[num(0)], xs[: num(0)]
    return d, xs


def deleted_and_read(x):
    y = ask(x)
    del y
    return y


def shared_target(xs):
    count = 0

    def add(x):
        nonlocal count
        count += num(x)
        return count

    found = [add(x) for x in xs]
    return found, count


# ---------------------------------------------------------------- assertions and imports
def assert_with_message(x):
    assert num(x) > 5, ask(f"bad {x}")
    return ask("fine")


def assert_with_seen_message(x):
    assert num(x) > 50, f"{seen(x)} is small"
    return "never"


def imports_inside(x):
    import math
    from math import floor, pi
    from os import path as p
    from string import ascii_letters as letters

    return ask(letters[:x]), floor(pi * num(x)), math.pi, p.basename("a/b")


def import_that_fails(x):
    note("before")
    from math import nothing_like_it  # type: ignore[attr-defined]

    return ask(nothing_like_it)


def operators(x):
    b = SimpleNamespace(n=num(x))
    return -num(x), ~num(x), +num(1), num(2) ** num(0), num(x) @ echo(1) if x > 5 else 0, b.n, [num(x)] * 2


def fails_between(xs):
    out = [flaky(x) for x in xs]
    note("not reached")
    return out


XS = [1, 2, 3]
PROGRAMS = [
    case(walrus_in_if, (2,), (1,)),
    case(walrus_not_reached, (4,)),
    case(walrus_not_reached, (1,), raises="UnboundLocalError", name="walrus_not_reached_at_all"),
    case(walrus_in_while, (4,)),
    case(walrus_rebinds, (2,)),
    case(walrus_in_call, (2,)),
    case(walrus_plain_rebinds, (2,)),
    case(walrus_in_comprehension, (XS,), overlap=3),
    case(walrus_in_nested_comprehension, (XS,)),
    case(walrus_in_conditional, (1,), (2,)),
    case(walrus_of_tuple, (1,), (0,), overlap=2),
    case(walrus_global, (1,), setup=reset, state=total),
    case(walrus_in_augmented, (1,)),
    case(walrus_in_default, (1,)),
    case(slices, (list(range(12)),), overlap=3),
    case(slice_before_a_call, (list(range(12)),)),
    case(slice_assigned, lambda: (list(range(12)),)),
    case(starred_arguments, (2,), overlap=3),
    case(starred_argument_is_iterated_first, (2,)),
    case(starred_argument_fails_first, (2,), raises="TypeError", more_calls=True),
    case(starred_displays, (2,), overlap=3),
    case(merged_dicts, (2,), overlap=3),
    case(merging_is_seen, (2,)),
    case(merging_fails_first, (2,), raises="TypeError"),
    case(dict_display_order, (2,)),
    case(set_display, (2,), overlap=2),
    case(set_display_unhashable, (2,), raises="TypeError"),
    case(nested_displays, (2,), overlap=5),
    case(format_specs, (2, 9)),
    case(format_fails, (2,), raises="ValueError"),
    case(chained, (2,)),
    case(identity, (2,), overlap=2),
    case(membership, ([10, 2],), overlap=2),
    case(conditional_nest, (0,), (1,), (2,)),
    case(and_or, (2,)),
    case(lambda_defaults, (2,)),
    case(store_with_calls, (2,), overlap=4),
    case(store_order, (2,), raises="KeyError"),
    case(store_order_flat, (2,)),
    case(store_to_call, (2,)),
    case(augmented_places, (1,)),
    case(augmented_order, (1,)),
    case(augmented_global, (1,), setup=reset, state=total),
    case(missing_key_before_the_value, (1,), raises="KeyError"),
    case(starred_targets, (1,)),
    case(unpacking_fails, (1,), raises="ValueError"),
    case(loop_over_attribute, (XS,)),
    case(loop_over_item, (XS,)),
    case(loop_over_starred, (XS,), overlap=3),
    case(deleted, (2,)),
    case(deleted_and_read, (2,), raises="UnboundLocalError"),
    case(shared_target, (XS,)),
    case(assert_with_message, (1,)),
    case(assert_with_message, (0,), raises="AssertionError", name="assert_with_message_fails", more_calls=True),
    case(assert_with_seen_message, (1,), raises="AssertionError"),
    case(imports_inside, (2,), overlap=2),
    case(import_that_fails, (2,), raises="ImportError"),
    case(operators, (2,), overlap=2),
    case(fails_between, (XS,), raises="ValueError"),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
