"""Local names that inner functions rebind, or see later values of: counters, late binding, recursion, contexts."""

# ruff: noqa: B023, C416 - written as people write, mistakes included

from __future__ import annotations

import pytest
from leaves import ask, note, num
from observe import case


def counts_calls(xs):
    calls = 0

    def call(x):
        nonlocal calls
        calls += 1
        return ask(x)

    return [call(x) for x in xs], calls


def context_is_settled_before(xs, is_long):
    text = "context"
    if is_long:
        text = ask(text)

    def answer(question):
        return ask(text + question)

    return [answer(x) for x in xs]


def context_changes_after(x):
    text = "first"

    def answer(question):
        return ask(text + question)

    before = answer(x)
    text = "second"
    return before, answer(x)


def functions_made_in_a_loop(xs):
    made = []
    for x in xs:
        made.append(lambda: ask(x))
    return [function() for function in made]


def functions_with_defaults(xs):
    made = []
    for x in xs:
        made.append(lambda x=x: ask(x))
    return [function() for function in made]


def mutual_recursion(n):
    def even(k):
        return True if k == 0 else odd(k - 1)

    def odd(k):
        return False if k == 0 else even(k - 1)

    return even(n), ask("x"), ask("y")


def recursion(n):
    def go(k):
        if k == 0:
            return ask("base")
        return ask(go(k - 1))

    return go(n), ask("other")


def generator_sees_the_later_value(xs):
    factor = 2
    products = (x * factor for x in xs)
    factor = 3
    return list(products), ask(factor), ask("z")


def parameter_is_rebound(x):
    def bump():
        nonlocal x
        x += 1

    bump()
    first = ask(x)
    bump()
    second = ask(x)
    return first, second, x


def deleted_behind_a_closure(x):
    kept = [1]

    def read():
        return kept

    first = read()
    del kept
    kept = [2, ask(x)]
    return first, read()


def shadowed_inside(x):
    value = 1

    def outer():
        value = 5

        def inner():
            nonlocal value
            value += 1
            return value

        return inner() + inner()

    total = outer()
    value = value + total
    return value, ask(value), (lambda value: value)(x), [value for value in range(x)]


def accumulates(xs):
    total, seen = 0, []

    def add(x):
        nonlocal total
        total += x
        seen.append(total)

    for x in xs:
        add(num(x))
        note(total)
    return total, seen


def walrus_on_a_shared_name(x):
    last = None

    def show():
        return last

    if (last := ask(x)) and show():
        return show(), last
    return None


def closure_escapes(x):
    count = 0

    def tick():
        nonlocal count
        count += 1
        return count

    tick()
    first = ask(x)
    tick()
    return first, tick, count


def runs_escaped(x):
    first, tick, count = closure_escapes(x)
    return first, count, tick(), tick()


def inner_binds_before_outer_reads(flag):
    def prepare():
        nonlocal answer
        answer = ask(flag)

    if flag:
        prepare()
    else:
        answer = "plain"
    return answer


def deleted_twice(x):
    def read():
        return x

    first = ask(read())
    while first:
        del x
    return x


def tree_of_calls(problem):
    def propose(node):
        return [ask(node + c) for c in "ab"]

    def expand(node, depth):
        if depth == 0:
            return [node]
        return [leaf for child in propose(node) for leaf in expand(child, depth - 1)]

    return expand(problem, 2)


def helper_with_two_calls(xs, style):
    def work(x, *, loud=False):
        first = ask(x + style)
        second = ask(style + x)
        return first + second + ("!" if loud else "")

    return [work(x) for x in xs], work("z", loud=True)


def helper_that_fills(xs):
    out = []

    def add(x):
        out.append(ask(x))
        return ask(len(out))

    return [add(x) for x in xs], out


def lambda_with_two_calls(xs):
    pair = lambda x, y="k": (ask(x), ask(y))
    return [pair(x) for x in xs]


def helper_is_passed_and_called(xs):
    def both(x):
        return ask(x), ask(str(x) + "2")

    return list(map(both, xs)), both("q")


def helpers_call_each_other(xs, tone):
    def prefix(x):
        return ask(tone + x)

    def whole(x):
        return prefix(x), prefix(x + x)

    return [whole(x) for x in xs]


PROGRAMS = [
    case(deleted_twice, (1,), raises="UnboundLocalError"),
    case(tree_of_calls, ("p",), overlap=2),
    case(helper_with_two_calls, (["a", "b"], "s"), overlap=4),
    case(helper_that_fills, ([1, 2],)),
    case(lambda_with_two_calls, (["a", "b"],), overlap=4),
    case(helper_is_passed_and_called, (["a", "b"],), overlap=2),
    case(helpers_call_each_other, (["a", "b"], "t"), overlap=4),
    case(counts_calls, ([1, 2, 3],), ([],)),
    case(context_is_settled_before, (["a", "b"], 1), (["a"], 0)),
    case(context_is_settled_before, (["a", "b", "c"], 0), name="closures_overlap", overlap=3),
    case(context_changes_after, ("x",)),
    case(functions_made_in_a_loop, ([1, 2],), ([],)),
    case(functions_with_defaults, ([1, 2],)),
    case(mutual_recursion, (3,), overlap=2),
    case(recursion, (2,)),
    case(generator_sees_the_later_value, ([1, 2],), overlap=2),
    case(parameter_is_rebound, (1,)),
    case(deleted_behind_a_closure, (1,)),
    case(shadowed_inside, (2,)),
    case(accumulates, ([1, 2],)),
    case(walrus_on_a_shared_name, (1,)),
    case(runs_escaped, (1,)),
    case(inner_binds_before_outer_reads, (1,), (0,)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program) -> None:
    program()
