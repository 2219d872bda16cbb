"""Early exits, loops with `else`, `break`, `continue`, nested branches, `while`, `match`."""

# ruff: noqa: B007, RET504 - the programs are written as people write them, mistakes included

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, flaky, note, num, rate
from observe import case


def early_return(x):
    if num(x) > 10:
        return ask("big")
    note("small")
    return ask("small")


def early_returns_in_a_row(x):
    y = num(x)
    if y < 10:
        return "tiny"
    if y < 20:
        return ask("small")
    if y < 30:
        note("medium")
        return None
    z = ask("large")
    if len(z) > 100:
        return "never"
    return z + ask(z)


def return_in_loop(xs):
    for x in xs:
        if num(x) > 10:
            return ask(x)
    return None


def return_in_nested_loops(xss):
    for i, xs in enumerate(xss):
        for x in xs:
            if num(x) == 20:
                return i, x
        note(i)
    return "none"


def return_in_while(n):
    while n > 0:
        n = num(n) // 10 - 1
        if n == 1:
            return ask("one")
    return ask("zero")


def continue_in_loop(xs):
    out = []
    for x in xs:
        if x % 2:
            continue
        out.append(ask(x))
        if num(x) > 30:
            continue
        note(x)
    return out


def continue_on_answer(xs):
    kept = []
    for x in xs:
        reply = rate(x)
        if reply > 0.4:
            continue
        kept.append(ask(reply))
    return kept


def break_in_loop(xs):
    out = []
    for x in xs:
        if num(x) > 20:
            break
        out.append(ask(x))
    return out, x


def for_else(xs):
    for x in xs:
        if num(x) == 20:
            found = ask(x)
            break
    else:
        found = ask("not found")
    return found


def while_else(n):
    while n:
        n -= 1
        if num(n) == 20:
            break
    else:
        note("exhausted")
    return n


def else_runs_after_continue(xs):
    for x in xs:
        if num(x):
            continue
    else:
        return ask("else")
    return "never"


def nested_break_and_continue(xss):
    out = []
    for xs in xss:
        for x in xs:
            if x < 0:
                break
            if x == 0:
                continue
            out.append(num(x))
        else:
            out.append("whole")
            continue
        out.append(ask("broken"))
    return out


def while_true(n):
    out = []
    while True:
        out.append(ask(n))
        n -= 1
        if n == 0:
            break
    return out


def while_with_answer_in_condition(x):
    steps = 0
    while num(x) < 50:
        x += 1
        steps += 1
    return x, steps


def while_with_compound_condition(x, budget):
    spent = []
    while budget > 0 and (y := num(x)) < 100:
        spent.append(y)
        x, budget = x * 2, budget - 1
    return spent, x, budget


def if_elif_else_chain(xs):
    out = []
    for x in xs:
        y = num(x)
        if y < 10:
            out.append("none")
        elif y < 20:
            out.append(ask("few"))
        elif ask(y) == "<20>":
            out.append("twenty")
        else:
            out += [ask("many"), y]
    return out


def nested_ifs_with_assignments(x):
    a, b = 0, []
    if num(x) > 10:
        a = 1
        if num(a) > 5:
            b.append(ask("in"))
            c = "inner"
        else:
            c = "other"
        a += 1
    else:
        c = ask("c")
    return a, b, c


def branch_assigns_different_types(x):
    if num(x) > 10:
        y = [ask(x)]
    else:
        y = "text"
    y += "z"
    return y


def branch_with_only_pass(x):
    if num(x) > 10:
        pass
    else:
        note("else")
    return x


def condition_with_container(xs):
    out = [ask(x) for x in xs]
    if out:
        return out[0]
    return ask("empty")


def loop_over_string_and_dict(text, d):
    out = []
    for c in text:
        out.append(ask(c))
    for k in d:
        out.append(ask(k))
    for k, v in d.items():
        out.append(num(v))
    for v in d.values():
        out.append(v)
    return out


def loop_over_none(x):
    for _ in x:
        ask(x)


def loop_over_iterator(xs):
    it = iter(xs)
    out = [ask(next(it))]
    for x in it:
        out.append(num(x))
    return out, next(it, "done")


def iterator_advanced_in_body(xs):
    it = iter(xs)
    out = []
    for x in it:
        out.append((num(x), next(it, None)))
    return out


def loop_over_reversed_zip_enumerate(xs, ys):
    out = []
    for x in reversed(xs):
        out.append(num(x))
    for x, y in zip(xs, ys):  # noqa: B905
        out.append(ask(f"{x}{y}"))
    for i, x in enumerate(xs, start=5):
        out.append((i, num(x)))
    return out


def zip_strict(xs, ys):
    return [ask(f"{x}{y}") for x, y in zip(xs, ys, strict=True)]


def loop_over_map_and_filter(xs):
    out = []
    for y in map(num, filter(None, xs)):
        out.append(ask(y))
    return out


def map_of_lambda(xs):
    return list(map(lambda x, y: ask(f"{x}-{y}"), xs, xs[::-1]))


def sorted_with_key_that_calls(xs):
    return sorted(xs, key=lambda x: -num(x)), max(xs, key=num), min(xs, key=lambda x: ask(x))


def any_and_all(xs):
    return any(num(x) == 20 for x in xs), all(num(x) < 20 for x in xs)


def next_of_generator(xs):
    return next((ask(x) for x in xs if num(x) > 10), "none")


def sum_of_generator(xs):
    return sum(num(x) for x in xs)


def join_of_generator(xs):
    return ", ".join(ask(x) for x in xs)


def generator_in_for(xs):
    out = []
    for y in (num(x) for x in xs):
        note(y)
        out.append(y)
    return out


def loop_modifies_its_variable(xs):
    out = []
    for x in xs:
        x = num(x)
        x += 1
        out.append(x)
    return out, x


def range_with_changed_bound(n):
    out = []
    for i in range(n):
        n += 1
        out.append(num(i))
    return out, n


def loop_carried_dependence(xs):
    total = 0
    for x in xs:
        total = num(total + x)
    return total


def two_loop_carried_values(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, num(a + b)
    return a, b


def previous_and_current(xs):
    previous = None
    out = []
    for x in xs:
        y = rate(x)
        if previous is not None:
            out.append(y - previous)
        previous = y
    return out


def running_maximum(xs):
    best, winner = -1, None
    for x in xs:
        score = rate(x)
        if score > best:
            best, winner = score, x
    return best, winner


def long_loop(n):
    out = []
    for i in range(n):
        out.append(num(i))
    return sum(out)


def empty_program():
    pass


def only_docstring():
    """Nothing to do."""


def returns_constant(x):
    return 7


def call_as_statement(x):
    ask(x)
    num(x)


def result_not_used_in_branch(x):
    if ask(x):
        ask("inner")
    ask("after")


def branch_beside_a_call(x):
    if x:
        unused = [ask(x)]  # noqa: F841
    y = ask(x + 1)
    return y


def code_after_return(x):
    return ask(x)
    note("never")


def unreachable_branch(x):
    if False:
        ask("never")
    while False:
        ask("never")
    return num(x)


def match_on_values(x):
    match num(x):
        case 10:
            return ask("ten")
        case 20 | 30:
            return ask("some")
        case _:
            return ask("other")


def match_on_structure(value):
    match value:
        case {"kind": "pair", "items": [a, b]}:
            out = ask(a) + ask(b)
        case [first, *rest] if num(len(rest)) > 10:
            out = ask(first)
        case str(text):
            out = ask(text)
        case (_, _):
            out = "two"
        case _:
            out = None
    return out


def match_without_case(x):
    match num(x):
        case 11:
            y = 1
    return y


def ten_ways_out(x):
    y = num(x)
    if y == 0:
        return 0
    if y == 10:
        note(1)
        y += 1
    if y == 20:
        return ask(2)
    if y == 30:
        note(3)
    if y == 40:
        return ask(4)
    if y == 50:
        y = num(y)
    if y == 60:
        return ask(6)
    if y == 70:
        raise ValueError("seven")
    if y == 80:
        return 8
    return ask(y)


def retry_loop(x):
    for attempt in range(4):
        try:
            return flaky(x + attempt), attempt
        except ValueError:
            note(attempt)
    return None


def poll_until_done(xs):
    tries = 0
    pending = list(xs)
    while pending:
        tries += 1
        still = []
        for x in pending:
            if num(x) // 10 > tries:
                still.append(x)
        pending = still
    return tries


PROGRAMS = [
    case(early_return, (1,), (2,)),
    case(early_returns_in_a_row, (0,), (1,), (2,), (3,)),
    case(return_in_loop, ([1, 2, 3],), ([1],), ([],)),
    case(return_in_nested_loops, ([[1], [2], [3]],), ([[1]],)),
    case(return_in_while, (3,), (2,), (0,)),
    case(continue_in_loop, ([1, 2, 4],)),
    case(continue_on_answer, (["1", "2", "3", "z"],), overlap=3),
    case(break_in_loop, ([1, 2, 3, 4],)),
    case(for_else, ([1, 2, 3],), ([1],), ([],)),
    case(while_else, (4,), (2,)),
    case(else_runs_after_continue, ([1, 0],)),
    case(nested_break_and_continue, ([[1, 0, 2], [3, -1, 4], []],)),
    case(while_true, (3,)),
    case(while_with_answer_in_condition, (2,)),
    case(while_with_compound_condition, (3, 4), (3, 1)),
    case(if_elif_else_chain, ([0, 1, 2, 3],)),
    case(nested_ifs_with_assignments, (1,), (2,)),
    case(branch_assigns_different_types, (1,), (2,)),
    case(branch_with_only_pass, (1,), (2,)),
    case(condition_with_container, ([1],), ([],)),
    case(loop_over_string_and_dict, ("ab", {"k": 1, "l": 2})),
    case(loop_over_none, (None,), raises="TypeError"),
    case(loop_over_iterator, ([1, 2, 3],)),
    case(iterator_advanced_in_body, ([1, 2, 3, 4, 5],)),
    case(loop_over_reversed_zip_enumerate, ([1, 2], ["a", "b", "c"])),
    case(zip_strict, ([1, 2], [3]), ([1], [2])),
    case(loop_over_map_and_filter, ([0, 1, 2],)),
    case(map_of_lambda, ([1, 2],)),
    case(sorted_with_key_that_calls, ([2, 3, 1],)),
    case(any_and_all, ([1, 2, 3],)),
    case(next_of_generator, ([1, 2, 3],), ([],)),
    case(sum_of_generator, ([1, 2, 3],), overlap=3),
    case(join_of_generator, ([1, 2, 3],), overlap=3),
    case(generator_in_for, ([1, 2],)),
    case(loop_modifies_its_variable, ([1, 2],)),
    case(range_with_changed_bound, (3,)),
    case(loop_carried_dependence, ([1, 2, 3],)),
    case(two_loop_carried_values, (4,)),
    case(previous_and_current, (["1", "3", "2"],), overlap=3),
    case(running_maximum, (["1", "3", "2"],), overlap=3),
    case(long_loop, (300,), overlap=16),
    case(empty_program),
    case(only_docstring),
    case(returns_constant, (1,)),
    case(call_as_statement, (1,), overlap=2),
    case(result_not_used_in_branch, (1,)),
    case(branch_beside_a_call, (1,), (0,)),
    case(code_after_return, (1,)),
    case(unreachable_branch, (1,)),
    case(match_on_values, (1,), (2,), (4,)),
    case(match_on_structure, ({"kind": "pair", "items": [1, 2]},), ([1, 2, 3],), ("s",), ([1, 2],), (5,)),
    case(match_without_case, (1,), raises="UnboundLocalError"),
    case(ten_ways_out, *((i,) for i in range(10))),
    case(retry_loop, (2,), (1,)),
    case(poll_until_done, ([1, 3, 2],)),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()
