"""Operands are evaluated in Python's order, each once, and not at all where Python doesn't."""

# ruff: noqa: B008, PIE804, RET504 - the programs are written as people write them, mistakes included

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note, note_and_return, num, say
from observe import case


class Loud:
    """Every operation on it is seen."""

    def __init__(self, name: Any) -> None:
        self.name = name

    def __getitem__(self, key: Any) -> Any:
        note(f"get {self.name}[{key}]")
        return Loud(f"{self.name}.{key}")

    def __setitem__(self, key: Any, value: Any) -> None:
        note(f"set {self.name}[{key}]={value}")

    def __delitem__(self, key: Any) -> None:
        note(f"del {self.name}[{key}]")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        note(f"getattr {name}")
        return 1

    def __iadd__(self, other: Any) -> Any:
        note(f"iadd {other}")
        return self

    def __add__(self, other: Any) -> Any:
        note(f"add {other}")
        return f"{self.name}+{other}"

    def __radd__(self, other: Any) -> Any:
        note(f"radd {other}")
        return f"{other}+{self.name}"

    def __eq__(self, other: object) -> Any:
        note("eq")
        return True

    def __lt__(self, other: Any) -> Any:
        note("lt")
        return Loud(self.name)

    def __bool__(self) -> bool:
        note(f"bool {self.name}")
        return self.name != "false"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        note(f"call {len(args)} {list(kwargs)}")
        return ask(args)

    def __format__(self, spec: str) -> str:
        note(f"format {spec}")
        return f"loud{spec}"

    def __str__(self) -> str:
        note("str")
        return "loud"

    def __len__(self) -> int:
        note("len")
        return 2

    def __contains__(self, item: Any) -> bool:
        note(f"contains {item}")
        return True

    def __iter__(self) -> Any:
        note("iter")
        return iter([1, 2])

    def __enter__(self) -> Any:
        note("enter")
        return self

    def __exit__(self, *failure: Any) -> None:
        note(f"exit {failure[0]}")

    __hash__ = None  # type: ignore[assignment]


def key(x):
    note(f"key {x}")
    return num(x)


def value(x):
    note(f"value {x}")
    return ask(x)


def store_evaluates_value_first(x):
    d = {}
    d[key(x)] = value(x)
    return d


def store_into_two_targets(x):
    d, e = {}, {}
    d[key(x)] = e[key(x + 1)] = value(x)
    return d, e


def augmented_store_evaluates_target_first(x):
    d = {10: 1}
    d[key(x)] += len(value(x))
    return d


def augmented_store_on_loud(x):
    loud = Loud("a")
    loud[key(x)] += value(x)
    loud[ask(x)][num(x)] = value(2)
    return x


def augmented_attribute(x):
    class Box:
        n = 0

    box = Box()
    box.n += num(x)
    box.n += box.n + num(x)
    return box.n, Box.n


def old_value_is_read_before_the_call(d):
    def change():
        d["n"] = 100
        return num(1)

    d["n"] += change()
    return d


def name_is_read_before_the_call(x):
    n = x

    def change():
        nonlocal n
        n = 100
        return num(1)

    n += change()
    return n


def operand_is_read_before_the_call(items):
    def change():
        items.append(num(1))
        return items

    return len(items) + len(change()), [*items, ask(len(change()))]


def arguments_left_to_right(x):
    return ask(value(x), key(x), flag=value(x + 1), other=key(2))


def callee_before_arguments(x):
    def pick():
        note("pick")
        return num

    return pick()(key(x))


def callee_is_missing(x):
    return missing_of_nobody(key(x))  # noqa: F821


def method_is_missing(x):
    items = [1]
    return items.missing(key(x))


def method_on_none(x):
    none = None
    return none.get(key(x), value(x))


def callee_is_not_callable(x):
    three = 3
    return three(key(x))


def starred_arguments(x):
    first, second = [value(1), value(2)], {"flag": value(3)}
    return ask(*first, *(value(4),), key(5), **second, other=value(6))


def starred_argument_is_not_iterable(x):
    return ask(value(1), *num(x), key(2))


def keyword_given_twice(x):
    return ask("p", flag=value(1), **{"flag": value(2)})


def wrong_arguments(x):
    return num(value(x), value(x + 1))


def chained_comparison(x):
    return key(x) < key(x + 1) < key(0) < key(5)


def chained_comparison_on_loud(x):
    return Loud("a") < Loud(key(x)) < key(2), Loud("false") < Loud(key(x)) < key(2)


def comparison_evaluates_middle_once(x):
    return 0 < key(x) <= 10 != key(3)


def and_or_short_circuit(x):
    a = key(0) and value(1)
    b = key(x) and value(2)
    c = key(0) or value(3)
    d = key(x) or value(4)
    e = key(0) or "" or (value(5) and key(6))
    return a, b, c, d, e


def and_or_on_loud(x):
    return (Loud("false") and value(1)) is None, Loud("true") or value(2), not Loud("x")


def ternaries(x):
    a = value(1) if key(x) > 10 else value(2)
    b = value(3) if not key(0) else value(4) if key(1) else value(5)
    return a, b, [value(i) if i % 2 else key(i) for i in range(3)]


def condition_of_if_is_loud(x):
    if Loud("cond") == key(x):
        return value(x)
    return None


def f_strings(x):
    w = 8
    return f"{value(x):>{num(1)}}|{key(x)!r:{w}}|{x=}|{value('q')}|{{}}|{Loud('f'):04d}|{value(2)!s}"


def f_string_with_nested_calls(x):
    return f"{ask(f'{ask(x)} {num(x)}')}" + f"{'a' if num(x) > 5 else 'b'}"


def percent_and_format(x):
    return "%s-%05d" % (value(x), key(x)), "{0}{k:>6}".format(value(x), k=value(2)), "{.name}".format(Loud("n"))  # noqa: UP031, UP032


def displays(x):
    a = [key(1), *[value(2), key(3)], value(4)]
    b = {value(1): key(1), "m": value(2), "n": key(2)}
    c = (key(1), *(value(i) for i in range(2)))
    d = {key(1), key(1)}
    return a, b, c, sorted(d)


def slices(x):
    items = list(range(20))
    return items[key(0) : num(1) : len(value(x))], items[slice(key(0), num(1))], items[key(1)]


def subscript_of_call(x):
    return {"k": value(x)}["k"], [key(1), key(2)][num(0)], ask(x)[num(0)]


def attribute_of_call(x):
    return value(x).upper().strip("<>"), Loud(value(x)).width + key(x)


def operators_on_loud(x):
    loud = Loud("l")
    a = loud + key(x)
    b = key(x) + loud
    loud += key(2)
    c = num(3) in loud
    d = len(loud), [*loud], loud[num(1)].name
    del loud[key(4)]
    e, f = loud
    return a, b, c, d, e, f, loud(num(5), k=num(6)), str(loud) + f"{loud!s:>6}"


def with_on_loud(x):
    with Loud("a") as a, Loud(value(1)):
        note(ask(x))
        y = a + num(x)
    return y


def decorator_order(x):
    def decorate(name):
        note(f"make {name}")

        def apply(f):
            note(f"apply {name}")
            return lambda v: ask(f"{name}{f(v)}")

        return apply

    @decorate(value(1))
    @decorate(value(2))
    def inner(v=key(9)):
        return num(v)

    return inner(x)


def dict_comprehension_order(xs):
    return {key(x): value(x) for x in xs if note_and_return(x)}


def nested_calls(x):
    return ask(ask(num(x)), ask(num(x + 1), flag=num(2)))


def assert_with_message(x):
    assert key(x) > 5, value("not evaluated")
    assert key(0) > 5, value("evaluated")
    return "never"


def return_tuple_order(x):
    return note_and_return(num(1)), say("between"), num(2), note_and_return(3)


def effects_between_calls(x):
    note("start")
    a = ask(x)
    note("middle")
    b = ask(a)
    note(b)
    return say(a, b)


def unpacking_order(x):
    d = {}
    d[note_and_return("a")], d[note_and_return("b")] = note_and_return(num(1)), note_and_return(num(2))
    return d


def unpacking_a_store_that_reads_earlier(x):
    i, items = 0, [9, 9, 9]
    i, items[i] = num(x) // 5, ask(x)
    return i, items


def loud_in_loop(n):
    loud = Loud("l")
    for i in range(n):
        loud[ask(i)] = num(i)
        if loud[i] == i:
            loud += i
    return n


def raising_operand_stops_the_rest(x):
    return [value(1), flaky(2), value(3)]


def raising_operand_in_call(x):
    return ask(note_and_return(flaky(1)), note_and_return(flaky(2)), note_and_return(flaky(3)))


def division_between_calls(x):
    note("before")
    a = num(x) / (x - x)
    note("after")
    return ask(a)


PROGRAMS = [
    case(store_evaluates_value_first, (1,)),
    case(store_into_two_targets, (1,)),
    case(augmented_store_evaluates_target_first, (1,)),
    case(augmented_store_on_loud, (1,)),
    case(augmented_attribute, (1,)),
    case(old_value_is_read_before_the_call, ({"n": 1},)),
    case(name_is_read_before_the_call, (1,)),
    case(operand_is_read_before_the_call, ([1],)),
    case(arguments_left_to_right, (1,)),
    case(callee_before_arguments, (1,)),
    case(callee_is_missing, (1,), raises="NameError"),
    case(method_is_missing, (1,), raises="AttributeError"),
    case(method_on_none, (1,), raises="AttributeError"),
    case(callee_is_not_callable, (1,), raises="TypeError"),
    case(starred_arguments, (1,)),
    case(starred_argument_is_not_iterable, (1,), raises="TypeError"),
    case(keyword_given_twice, (1,), raises="TypeError"),
    case(wrong_arguments, (1,), raises="TypeError"),
    case(chained_comparison, (1,), (-1,)),
    case(chained_comparison_on_loud, (1,)),
    case(comparison_evaluates_middle_once, (1,), (2,)),
    case(and_or_short_circuit, (1,)),
    case(and_or_on_loud, (1,)),
    case(ternaries, (1,), (2,)),
    case(condition_of_if_is_loud, (1,)),
    case(f_strings, (1,)),
    case(f_string_with_nested_calls, (1,)),
    case(percent_and_format, (1,)),
    case(displays, (1,)),
    case(slices, (1,)),
    case(subscript_of_call, (1,)),
    case(attribute_of_call, (1,)),
    case(operators_on_loud, (1,)),
    case(with_on_loud, (1,)),
    case(decorator_order, (1,)),
    case(dict_comprehension_order, ([0, 1, 2],)),
    case(nested_calls, (1,), overlap=2),
    case(assert_with_message, (1,), raises="AssertionError"),
    case(return_tuple_order, (1,)),
    case(effects_between_calls, (1,)),
    case(unpacking_order, (1,)),
    case(unpacking_a_store_that_reads_earlier, (1,)),
    case(loud_in_loop, (2,)),
    case(raising_operand_stops_the_rest, (1,), raises="ValueError"),
    case(raising_operand_in_call, (1,), raises="ValueError"),
    case(division_between_calls, (1,), raises="ZeroDivisionError"),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()
