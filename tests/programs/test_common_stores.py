"""`try` statements of which all ways end with one store: it stands behind them, where that can't be noticed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note
from observe import case

SHARED: dict[Any, Any] = {}


def memo(numbers):
    known = {}
    for number in numbers:
        if number not in known:
            try:
                known[number] = flaky(number)
            except ValueError:
                known[number] = "failed"
    return known


def found_or_not(numbers):
    found = []
    for number in numbers:
        try:
            found.append(flaky(number))
        except ValueError as error:
            found.append(f"failed: {error}")
        if len(found) > 3:
            break
    return found


def some_handlers(numbers):
    known = {}
    for number in numbers:
        if number in known:
            continue
        try:
            text = ask(number)
            known[number] = flaky(len(text) + number)
        except KeyError:
            raise
        except ValueError as error:
            note(str(error))
            known[number] = None
        except TypeError:
            known[number] = -1
    return known


def constant_key(number):
    state = {"number": number}
    try:
        state["result"] = flaky(number)
    except ValueError:
        state["result"] = "failed"
    state["other"] = ask(state["number"])
    return state


OVERLAPPING = [
    case(memo, ([1, 3, 1, 4],), overlap=3),
    case(found_or_not, ([1, 3, 4, 6, 7],), overlap=3),
    case(constant_key, (1,), overlap=2),
]


def other_keys(number):
    known = {}
    try:
        known["good"] = flaky(number)
    except ValueError:
        known["bad"] = number
    return known


def key_bound_inside(numbers):
    known = {}
    for number in numbers:
        key = number
        try:
            key = flaky(number)
            known[key] = ask(key)
        except ValueError:
            known[key] = "failed"
    return known


def container_bound_inside(numbers):
    known = {}
    for number in numbers:
        try:
            known[number] = flaky(number)
        except ValueError:
            known = {"failed": number}
            known[number] = 0
    return known


def container_in_its_value(numbers):
    known, kept = {}, []
    for number in numbers:
        try:
            known[number] = flaky(number) + len(known)
        except ValueError:
            known[number] = list(known)
        try:
            kept.append(flaky(len(kept)))
        except ValueError:
            kept.append(len(kept) + len(known))
    return known, kept


class Picky:
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        if self.name == "b":
            raise ValueError("no hash")
        return hash(self.name)

    def __eq__(self, other):
        return self.name == other.name


def key_that_fails(names):
    known = {}
    for name in names:
        key = Picky(name)
        try:
            known[key] = ask(name)
        except ValueError:
            note(name)
            known[key] = "failed"
    return len(known)


def keys_of_any_type(keys):
    known = {}
    for key in keys:
        try:
            known[key] = ask(str(key))
        except TypeError:
            note(str(key))
            known[str(key)] = "unhashable"
    return known


def same_key_of_any_type(keys):
    known = {}
    for key in keys:
        try:
            known[key] = ask(str(key))
        except TypeError:
            known[key] = "unhashable"
    return known


class Loud(dict):
    def __setitem__(self, key, value):
        note((key, value))
        super().__setitem__(key, value)


def stores_of_its_own(numbers):
    known = Loud()
    for number in numbers:
        try:
            known[number] = flaky(number)
        except ValueError:
            known[number] = "failed"
    return dict(known)


def by_default(numbers):
    known = defaultdict(list)
    for number in numbers:
        try:
            known["good"].append(flaky(number))
        except ValueError:
            known["bad"].append(number)
    return dict(known)


def shared(numbers):
    for number in numbers:
        try:
            SHARED[number] = flaky(number)
        except ValueError:
            SHARED[number] = "failed"
        note(len(SHARED))
    return len(SHARED)


def finally_sees_it(number):
    known = {}
    try:
        known["a"] = flaky(number)
    except ValueError:
        known["a"] = "failed"
    finally:
        note(dict(known))
    return known


def else_sees_it(number):
    known = {}
    try:
        known["a"] = flaky(number)
    except ValueError:
        known["a"] = "failed"
    else:
        known["b"] = len(known)
    return known


def handler_sees_what_is_there(numbers):
    known = {"last": 0}
    for number in numbers:
        try:
            known["last"] = flaky(number)
        except ValueError:
            known["last"] = known["last"] + 1
        note(known["last"])
    return known


def around_another(numbers):
    known = {}
    try:
        for number in numbers:
            try:
                known[number] = flaky(number)
            except KeyError:
                known[number] = "missing"
    except ValueError:
        note(known)
    return known


def only_one_goes_on(numbers):
    known = {}
    for number in numbers:
        try:
            known[number] = flaky(number)
        except ValueError:
            note(number)
    return known


def failing_in_the_handler(numbers):
    known = {}
    try:
        try:
            known["a"] = flaky(numbers[0])
        except ValueError:
            known["a"] = flaky(numbers[1])
    except ValueError as error:
        note((str(error), str(error.__context__), known))
    return known


def named_error(number):
    known = {}
    try:
        known["a"] = flaky(number)
    except ValueError as error:
        known["a"] = error
    return str(known["a"])


SAME = [
    case(memo, ([1, 2, 1, 2, 3],), name="memo_failing", more_calls=True),
    case(found_or_not, ([1, 2, 3, 5, 7],), name="found_failing", more_calls=True),
    case(some_handlers, ([1, 2, 3, 1],), more_calls=True),
    case(constant_key, (2,), name="constant_key_failing"),
    case(other_keys, (1,), (2,)),
    case(key_bound_inside, ([1, 2, 3],), more_calls=True),
    case(container_bound_inside, ([1, 2, 3],), more_calls=True),
    case(container_in_its_value, ([1, 2, 3],), more_calls=True),
    case(key_that_fails, (["a", "b"],), raises="ValueError"),
    case(keys_of_any_type, ([1, "a", [2]],)),
    case(same_key_of_any_type, ([1, "a", [2]],), raises="TypeError"),
    case(stores_of_its_own, ([1, 2, 3],), more_calls=True),
    case(by_default, ([1, 2, 3],), more_calls=True),
    case(shared, ([1, 2, 3],), setup=SHARED.clear, state=lambda: SHARED, more_calls=True),
    case(finally_sees_it, (1,), (2,)),
    case(else_sees_it, (1,), (2,)),
    case(handler_sees_what_is_there, ([1, 2, 3, 5],), more_calls=True),
    case(around_another, ([1, 2, 3],), more_calls=True),
    case(only_one_goes_on, ([1, 2, 3],), more_calls=True),
    case(failing_in_the_handler, ([2, 5],), ([2, 1],), more_calls=True),
    case(named_error, (1,), (2,)),
]


@pytest.mark.parametrize("program", OVERLAPPING)
def test_overlaps(program: Callable[[], None]) -> None:
    program()


@pytest.mark.parametrize("program", SAME)
def test_same(program: Callable[[], None]) -> None:
    program()
