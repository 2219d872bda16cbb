"""Closures, scopes, unbound names."""

# ruff: noqa: B023, F821, F841, RET504 - the programs are written as people write them, mistakes included

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import LOG, ask, echo, flaky, note, num, rate
from observe import case


def late_binding(n):
    functions = []
    for i in range(n):
        functions.append(lambda: ask(i))
    return [f() for f in functions]


def late_binding_with_default(n):
    functions = [lambda i=i: ask(i) for i in range(n)]
    return [f() for f in functions]


def closure_over_a_name_rebound_later(x):
    def later():
        return ask(y)

    y = ask(x)
    first = later()
    y = ask(first)
    return first, later()


def nonlocal_counter(xs):
    count = 0

    def bump(x):
        nonlocal count
        count += 1
        return ask(f"{count}:{x}")

    out = [bump(x) for x in xs]
    return out, count


def nonlocal_in_two_levels(x):
    total = [0]
    seen = 0

    def outer(v):
        def inner(w):
            nonlocal seen
            seen += w
            total[0] += w
            return num(w)

        return inner(v) + inner(v + 1)

    return outer(x) + outer(num(x)), seen, total


def closure_sees_parameter_rebound(x):
    def show():
        return x

    a = show()
    x = ask(x)
    return a, show(), ask(show())


def comprehension_does_not_leak(xs):
    x = "outer"
    out = [ask(x) for x in xs]
    return x, out


def comprehension_first_iterable_reads_outer(x):
    x = [x, x + 1]
    return [num(x) for x in x], x


def nested_comprehension_reads_outer(xss):
    return [[num(x + len(xs)) for x in xs] for xs in xss]


def nested_for_in_comprehension(xss):
    return [num(x) for xs in xss for x in xs if x % 2]


def comprehension_with_names_of_builtins(xs):
    return [ask(str) + repr(len) for len, str in enumerate(xs)]


def parameter_named_like_a_leaf(ask):
    return [num(ask) for ask in (ask, ask + 1)]


def local_named_like_a_builtin(xs):
    len = ask("len")
    list = [rate(x) for x in xs]
    return len, list


def local_named_like_a_global(x):
    rate = ask(x)
    return rate + ask(rate)


def walrus_in_condition(x):
    if (y := num(x)) > 10:
        return ask(y)
    return y, ask("small")


def walrus_in_comprehension(xs):
    out = [last := ask(x) for x in xs]
    return out, last


def walrus_in_filter(xs):
    return [(x, y) for x in xs if (y := num(x)) > 10]


def walrus_in_call_argument(x):
    return ask(y := num(x)), y


def walrus_in_while(n):
    out = []
    while (n := num(n) // 10 - 1) > 0:
        out.append(ask(n))
    return out, n


def unbound_in_else(x):
    if num(x) > 100:
        y = ask("big")
    return y


def unbound_after_empty_loop(xs):
    for x in xs:
        last = ask(x)
    return last


def loop_variable_after_loop(xs):
    for x in xs:
        y = num(x)
    return x, y


def loop_variable_augmented_after_loop(xs):
    for x in xs:
        ask(x)
    x -= 1
    for y in xs:
        z = num(y)
    z += num(y)
    for w in xs:
        ask(w)
    w = w + 1
    return x, z, w


def loop_variable_augmented_in_outer_loop(xs):
    out = []
    for _ in xs:
        for x in xs:
            s = ask(x)
        s += "!"
        out.append(s)
    return out


def loop_variable_rebound_on_a_condition(xs):
    for x in xs:
        ask(x)
    if x > 1:
        x = 0
    return x


def unbound_in_helper(x):
    def helper(v):
        if v > 10:
            found = ask(v)
        return found

    return helper(num(x)), helper(x)


def deleted_name(x):
    y = ask(x)
    z = y + "!"
    del y
    try:
        return y
    except UnboundLocalError as error:
        return z, str(error)


def deleted_then_bound_again(x):
    y = ask(x)
    del y
    y = ask(x + 1)
    return y


def delete_item_and_slice(x):
    d = {"a": ask(x), "b": ask(x + 1)}
    items = [num(i) for i in range(5)]
    del d["a"], items[1:3]
    return d, items


def read_before_assignment(x):
    first = ask(x)
    second = first + later
    later = ask("never")
    return second, later


def exception_name_is_unbound_after(x):
    e = "before"
    try:
        flaky(x)
    except ValueError as e:
        text = str(e)
    try:
        return e, text
    except UnboundLocalError:
        return "unbound"


def name_bound_in_one_branch_used_in_it_only(x):
    if num(x) > 10:
        note("big")
        z = ask("z")
        w = z + ask(z)
    else:
        w = ask("w")
    return w


def undefined_global(x):
    a = ask(x)
    return a + undefined_name_of_nobody(a)


def undefined_global_in_untaken_branch(x):
    if num(x) < 0:
        return undefined_name_of_nobody(x)
    return ask(x)


def default_argument_is_shared(x, seen=[]):  # noqa: B006
    seen.append(ask(x))
    return list(seen)


def helper_with_mutable_default(x):
    def collect(item, into=[]):  # noqa: B006
        into.append(ask(item))
        return into

    a = collect(x)
    b = collect(x + 1)
    return a, b, a is b


def default_evaluated_at_definition(x):
    y = num(x)

    def helper(v=y):
        return ask(v)

    y = 0
    return helper(), helper(y)


def lambda_in_a_dict(x):
    table = {"a": lambda v: ask(v), "b": lambda v: num(v)}
    return [table[k](x) for k in ("a", "b", "a")]


def function_returning_function(x):
    def make(prefix):
        def call(v):
            return ask(f"{prefix}{v}")

        return call

    first, second = make("a"), make("b")
    return first(x), second(x), first(second(x))


def recursion_of_a_local_function(x):
    def down(n):
        if n <= 0:
            return [ask("zero")]
        return [ask(n), *down(n - 1)]

    return down(x)


def mutual_recursion_of_local_functions(x):
    def even(n):
        return ask("even") if n == 0 else odd(n - 1)

    def odd(n):
        return ask("odd") if n == 0 else even(n - 1)

    return even(x), odd(x)


def outer_variable_captured_by_generator(xs):
    factor = 2
    gen = (num(x) * factor for x in xs)
    factor = 3
    return list(gen)


def class_body_in_function(x):
    class Local:
        value = ask(x)

        def get(self):
            return self.value

    return Local().get(), Local.value


COUNT = 0
STATE: dict[str, Any] = {}


def reset() -> None:
    global COUNT
    COUNT = 0
    STATE.clear()
    default_argument_is_shared.__defaults__[0].clear()


def shown() -> Any:
    return COUNT, STATE


def global_statement(xs):
    global COUNT
    for x in xs:
        COUNT += num(x)
    return COUNT


def global_read_between_writes(x):
    global COUNT
    COUNT = 1
    a = COUNT + num(x)
    COUNT = a
    b = ask(COUNT)
    return b, COUNT


def helper_writes_global(x):
    _set_count(num(x))
    a = COUNT
    _set_count(COUNT + num(a))
    return a, COUNT


def _set_count(value):
    global COUNT
    COUNT = value


def global_dict(xs):
    for x in xs:
        STATE[x] = ask(x)
        STATE.setdefault("n", []).append(x)
    return len(STATE)


def globals_function(x):
    a = ask(x)
    globals()["COUNT"] = a
    return COUNT


def locals_function(x):
    a = ask(x)
    b = ask(a)
    return sorted(locals()), b


def eval_of_a_local(x):
    a = num(x)
    b = num(a)
    return eval("a + b + x")


def exec_of_a_store(x):
    space = {"a": num(x)}
    exec("b = a + 1", space)
    return space["b"], ask(space["b"])


TABLE = {1: "a", "n": [2]}


def global_dict_as_argument(x):
    return ask(TABLE), len(echo(TABLE)), ask(x)


def frame_inspection(x):
    import inspect

    a = ask(x)
    return inspect.currentframe().f_code.co_name, a


def import_inside(x):
    import json as js
    from math import floor

    return js.dumps([ask(x), floor(rate(x))])


def shadowed_in_nested_function(x):
    y = ask(x)

    def inner(y):
        z = y + 1
        return num(z)

    return inner(x), y


def star_targets(xs):
    first, *rest, last = [ask(x) for x in xs]
    (a, b), c = (num(1), num(2)), num(3)
    return first, rest, last, a, b, c


def for_with_tuple_target(pairs):
    out = []
    for i, (a, b) in enumerate(pairs):
        out.append((i, num(a), ask(b)))
    return out, i, a, b


def for_with_subscript_target(xs):
    slot = [None]
    seen = []
    for slot[0] in xs:
        seen.append(ask(slot[0]))
    return slot, seen


def swap_and_chain(x):
    a = b = ask(x)
    c, d = num(x), num(x + 1)
    c, d = d, c
    a += "!"
    return a, b, c, d


def make_closed_over(start: int) -> tuple[Callable[..., Any], Callable[[], None], Callable[[], Any]]:
    total = start
    history: list[Any] = []

    def program(xs):
        nonlocal total
        for x in xs:
            total += num(x)
            history.append(total)
        return total

    def put_back() -> None:
        nonlocal total
        total = start
        history.clear()

    return program, put_back, lambda: (total, history)


_program, _put_back, _shown = make_closed_over(5)

PROGRAMS = [
    case(late_binding, (3,)),
    case(late_binding_with_default, (3,)),
    case(closure_over_a_name_rebound_later, (1,)),
    case(nonlocal_counter, ([1, 2, 3],)),
    case(nonlocal_in_two_levels, (1,)),
    case(closure_sees_parameter_rebound, ("p",)),
    case(comprehension_does_not_leak, ([1, 2],), ([],)),
    case(comprehension_first_iterable_reads_outer, (1,)),
    case(nested_comprehension_reads_outer, ([[1, 2], [], [3]],), overlap=3),
    case(nested_for_in_comprehension, ([[1, 2], [3], []],), overlap=2),
    case(comprehension_with_names_of_builtins, (["a", "b"],)),
    case(parameter_named_like_a_leaf, (3,)),
    case(local_named_like_a_builtin, (["a", "b"],)),
    case(local_named_like_a_global, (1,)),
    case(walrus_in_condition, (1,), (2,)),
    case(walrus_in_comprehension, ([1, 2],)),
    case(walrus_in_comprehension, ([],), raises="UnboundLocalError", name="walrus_in_empty_comprehension"),
    case(walrus_in_filter, ([1, 2, 3],)),
    case(walrus_in_call_argument, (1,)),
    case(walrus_in_while, (4,)),
    case(unbound_in_else, (1,), (11,), raises="UnboundLocalError"),
    case(unbound_after_empty_loop, ([],), ([1],)),
    case(loop_variable_after_loop, ([1, 2],), ([],)),
    case(loop_variable_augmented_after_loop, ([1, 2],), ([],)),
    case(loop_variable_augmented_in_outer_loop, ([1, 2],), ([],)),
    case(loop_variable_rebound_on_a_condition, ([1, 2],), ([1],), ([],)),
    case(unbound_in_helper, (2,), raises="UnboundLocalError"),
    case(deleted_name, (1,)),
    case(deleted_then_bound_again, (1,)),
    case(delete_item_and_slice, (1,)),
    case(read_before_assignment, (1,), raises="UnboundLocalError"),
    case(exception_name_is_unbound_after, (2,), (1,)),
    case(name_bound_in_one_branch_used_in_it_only, (1,), (3,)),
    case(undefined_global, (1,), raises="NameError"),
    case(undefined_global_in_untaken_branch, (1,), (-1,)),
    case(default_argument_is_shared, (1,), (2,), setup=reset),
    case(helper_with_mutable_default, (1,)),
    case(default_evaluated_at_definition, (1,)),
    case(lambda_in_a_dict, (1,)),
    case(function_returning_function, (1,)),
    case(recursion_of_a_local_function, (3,)),
    case(mutual_recursion_of_local_functions, (3,)),
    case(outer_variable_captured_by_generator, ([1, 2],)),
    case(class_body_in_function, (1,)),
    case(global_statement, ([1, 2],), setup=reset, state=shown),
    case(global_read_between_writes, (1,), setup=reset, state=shown),
    case(helper_writes_global, (1,), setup=reset, state=shown),
    case(global_dict, ([1, 2, 1],), setup=reset, state=shown),
    case(globals_function, (1,), setup=reset, state=shown),
    case(locals_function, (1,)),
    case(eval_of_a_local, (1,)),
    case(exec_of_a_store, (1,)),
    case(global_dict_as_argument, (1,)),
    case(frame_inspection, (1,)),
    case(import_inside, ("x",)),
    case(shadowed_in_nested_function, (1,)),
    case(star_targets, ([1, 2, 3, 4],), ([1],)),
    case(for_with_tuple_target, ([(1, "a"), (2, "b")],), ([],)),
    case(for_with_subscript_target, ([1, 2],)),
    case(swap_and_chain, (1,)),
    case(_program, ([1, 2],), name="cell_shared_with_other_functions", setup=_put_back, state=_shown),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


_ = LOG
