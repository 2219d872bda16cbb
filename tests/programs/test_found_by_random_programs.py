"""Small programs that random programs came down to, each of which was wrong once."""

# ruff: noqa: B008, B023, F821 - written as people write, mistakes included

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from leaves import ask, echo, flaky, note, num
from observe import case

import xcs

UNBOUND_INSIDE = "UnboundLocalError" if sys.version_info >= (3, 12) else "NameError"  # a comprehension is inlined there


def flatten(tree):
    if not isinstance(tree, list):
        return [num(tree)]
    return [leaf for branch in tree for leaf in flatten(branch)]


def else_of_a_condition_that_binds(n):
    answer, found = 7, []
    while answer := n - 1 + 0 * num(n):
        n = answer
        found.append(answer)
    else:
        found.append("else")
    return answer, found


def calls_after_the_else_of_a_condition_that_binds(n):
    while (answer := num(n)) < 40:
        n += 1
    else:
        note(answer)
    while num(n) > 20:
        n -= 1
    note(num(n))


def ways_out_of_a_condition_that_binds(n):
    found = []
    while (answer := n - 1 + 0 * num(n)) >= 0:
        n = answer
        if n == 3:
            continue
        if n == 2:
            return "early", found
        if n == 1:
            break
        found.append(num(answer))
    else:
        found.append("else")
        if n == 0:
            return "in else", found, answer
    return answer, found


def recursion_in_a_comprehension(tree):
    return flatten(tree), sum(x for x in flatten([tree, 1]))


def default_of_a_lambda(items):
    add = lambda x, y=items.pop(): x + y
    return add(num(1)), add(num(2)), items


def default_of_a_lambda_that_calls(items):
    add = lambda x, y=num(3): x + y
    note("between")
    return [add(item) for item in items], ask(items)


def argument_after_a_lambda_with_a_default(items):
    return echo((lambda x=items.pop(): x, num(len(items))))[1], items


def names_of_functions(items):
    def inner():
        return items

    made = [lambda: item for item in items]
    return echo(inner).__qualname__, [f.__qualname__ for f in made], ask(items)


def test_stored_functions_are_named_as_where_they_are_written() -> None:
    def program(x):
        return [lambda: y for y in x], num(1)

    name = f"{program.__qualname__}.<locals>.<listcomp>.<lambda>"
    assert program([1])[0][0].__qualname__ in (name, name.replace(".<listcomp>", ""))  # inlined since Python 3.12
    assert xcs.jit(program)([1])[0][0].__qualname__ == program([1])[0][0].__qualname__


class Counter:
    def __init__(self, start):
        self.value = start

    def __call__(self, x):
        note(x)
        return num(x) + self.value


def object_called_where_it_is_made(x):
    return Counter(x)(x), Counter(num(x))(x)


def class_made_inside(x):
    class Inner:
        def method(self):
            return x

    return echo(Inner).__qualname__, Inner.method.__qualname__, num(x)


def name_deleted_in_a_loop(x):
    rounds = 0
    while rounds < 3:
        rounds += 1
        note(num(rounds))
        del x
    return rounds


def name_deleted_in_a_for_loop(x):
    for y in echo([1, 2]):
        note(num(y))
        del x


def name_deleted_by_an_inner_function(x):
    def inner(y):
        del x
        return num(y)

    return inner(1)


COUNT = 0


def reset():
    global COUNT
    COUNT = 1


def global_counted_in_a_loop_of_a_handler(items):
    global COUNT
    try:
        flaky(items[0])
    except ValueError:
        for item in items:
            COUNT += num(item)
    seen = [COUNT, num(COUNT)]
    COUNT += 1
    for place, item in enumerate(map(num if num(COUNT) else echo, items), COUNT):
        seen.append((place, item, COUNT))
    return seen, COUNT


def name_deleted_after_its_loop(items):
    for item in items:
        last = num(item)
    else:
        note("all")
    del last
    return items


class Counting:
    def __init__(self, value):
        self.value = value

    def add(self, x):
        self.value += num(x)
        return self.value


def method_looked_up_once(items):
    return list(map(Counting(1).add, (1 for item in items))), list(
        zip(items, map(Counting(2).add, items), strict=False)
    )


def unbound_in_a_function_inside(x):
    del x

    def read(y, z=1):
        x

    x = read(num(1))


def unbound_in_a_comprehension(xs, missing):
    if xs:
        del missing
    return [num(x) + missing for x in xs]


def unbound_in_a_generator(xs, missing):
    del missing
    return any(num(x) > missing for x in xs)


def hands_on_what_it_hands_on_unchanged(first, n):
    while n:
        n -= 1
        while n > 5:
            last
        else:
            _, first = (num(1), first)
        _, last = (num(2), first)
    return first, last


def changed_unbound_in_a_function_inside(x):
    del x

    def change():
        nonlocal x
        x += num(1)

    change()


def pop_last(xs):
    return xs.pop()


def own_list_popped_by_a_helper_while_iterated(items):
    (*items,) = items
    for _ in items:
        note(pop_last(items))
    return items


def deleted_name_of_an_inner_function(x):
    x = 1

    def reads():
        return x

    def deletes(y):
        del x
        return note(y)

    deletes(num(1))
    return reads()


def own_list_named_again_in_a_loop(xs):
    own = [ask(x) for x in xs]
    chosen = None
    for x in xs:
        if num(x) > 10:
            chosen = own
    own.append("last")
    return chosen, chosen is own


def return_called_off_by_a_finally(xs):
    for _ in xs:
        try:
            return num(1)
        finally:
            continue  # noqa: B012


def break_called_off_by_an_exception(xs):
    for x in xs:
        try:
            try:
                break
            finally:
                raise ValueError(x)
        except ValueError:
            note(x)
    else:
        return num(2)
    return None


def break_beside_a_caught_exception(xs):
    for _ in xs:
        try:
            break
        finally:
            try:
                int("x")
            except ValueError:
                note("caught")
    else:
        return num(2)
    return None


def name_of_a_manager_deleted(xs):
    for x in xs:
        with nullcontext(num(x)) as held:
            del held
    return 1


def name_of_a_pattern_deleted(xs):
    for x in xs:
        match num(x):
            case held:
                del held
    return 1


def list_looked_at_before_the_generator(xs):
    for x in xs:
        if num(x) < 0:
            source, found = list, xs
        else:
            found.extend(num(y) for y in source)


CASES = [
    case(return_called_off_by_a_finally, ([1, 2],), ([],)),
    case(break_called_off_by_an_exception, ([1, 2],)),
    case(break_beside_a_caught_exception, ([1, 2],)),
    case(name_of_a_manager_deleted, ([1, 2],)),
    case(name_of_a_pattern_deleted, ([1, 2],)),
    case(list_looked_at_before_the_generator, ([1, 2],), raises="UnboundLocalError"),
    case(own_list_named_again_in_a_loop, ([1, 2, 3],), ([1],), staged=True),
    case(own_list_popped_by_a_helper_while_iterated, ([1, 2, 3],)),
    case(deleted_name_of_an_inner_function, (1,), raises="UnboundLocalError"),
    case(hands_on_what_it_hands_on_unchanged, (1, 3), (1, 0)),
    case(changed_unbound_in_a_function_inside, (1,), raises="NameError"),
    case(unbound_in_a_comprehension, ([1], 2), raises=UNBOUND_INSIDE),
    case(unbound_in_a_comprehension, ([], 2), name="bound_in_a_comprehension"),
    case(unbound_in_a_generator, ([1], 2), raises="NameError"),
    case(method_looked_up_once, ([1, 2],), ([],)),
    case(unbound_in_a_function_inside, (1,), raises="NameError"),
    case(name_deleted_after_its_loop, ([1, 2],)),
    case(
        global_counted_in_a_loop_of_a_handler, ([1, 2],), ([2, 3],), setup=reset, state=lambda: COUNT, more_calls=True
    ),
    case(name_deleted_in_a_loop, (1,), raises="UnboundLocalError"),
    case(name_deleted_in_a_for_loop, (1,), raises="UnboundLocalError"),
    case(name_deleted_by_an_inner_function, (1,), raises="UnboundLocalError"),
    case(object_called_where_it_is_made, (1,)),
    case(class_made_inside, (1,)),
    *(case(else_of_a_condition_that_binds, (n,)) for n in (1, 2, 5)),
    *(case(calls_after_the_else_of_a_condition_that_binds, (n,)) for n in (1, 2, 5)),
    *(case(ways_out_of_a_condition_that_binds, (n,)) for n in (0, 1, 2, 3, 5)),
    case(recursion_in_a_comprehension, ([1, [2, [3]], []],)),
    case(default_of_a_lambda, ([1, 2],)),
    case(default_of_a_lambda_that_calls, ([1, 2],)),
    case(argument_after_a_lambda_with_a_default, ([1, 2],)),
    case(names_of_functions, ([1, 2],)),
]


@pytest.mark.parametrize("run", CASES)
@pytest.mark.parametrize("stage", ["gains", "all"])
def test_same(run: Callable[[], Any], stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCS_STAGE", stage)
    run()
