"""Loops that store where they are: in the dict or list that they walk, under the key or index at which they are.

Beside each that must overlap stand those that look alike and must not: other keys, second names, keys that come or go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, num
from observe import case

SHARED: dict[str, Any] = {}


class Key:
    """A key that others notice: it is equal to what it is asked for first."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        SHARED.setdefault("asked", []).append(str(self.name))
        return self is other


def reset() -> None:
    SHARED.clear()
    SHARED.update(a=1, b=2)


def state() -> Any:
    return dict(SHARED)


# ---------------------------------------------------------------- natural
def answers_in_place(table):
    for name, text in table.items():
        table[name] = ask(text)
    return table


def answers_by_key(table):
    for name in table:
        table[name] = ask(name, table[name])
    return table


def answers_by_keys(table):
    for name in table.keys():  # noqa: SIM118
        table[name] = ask(table[name])
    return table


def answers_in_list(xs):
    for index, x in enumerate(xs):
        xs[index] = ask(x)
    return xs


def answers_by_index(xs):
    for index in range(len(xs)):
        if xs[index] != "skip":
            pass
        xs[index] = ask(xs[index]) + str(index)
    return xs


def two_steps(table):
    for name, text in table.items():
        draft = ask(text)
        table[name] = ask("better", draft)
    for name, text in table.items():
        table[name] = ask("best", text)
    return table


def own_table(texts):
    table = {text: text + "?" for text in texts}
    for name, text in table.items():
        table[name] = ask(text)
    return table


def own_list(texts):
    answers = [text + "?" for text in texts]
    for index in range(len(answers)):
        answers[index] = ask(answers[index])
    return answers


def some_of_them(table):
    for name, text in table.items():
        if text == "stop":
            break
        if text:
            table[name] = ask(text)
    return table


# ---------------------------------------------------------------- what must keep its order
def other_key(table):
    for name, text in table.items():
        table["a"] = ask(text)
        table[name] = ask(table["a"])
    return table


def next_key(table, following):
    for name in table:
        table[following[name]] = ask(table[name])
    return table


def next_index(xs):
    for index in range(len(xs) - 1):
        xs[index + 1] = ask(xs[index])
    return xs


def one_before(xs):
    for index in range(len(xs)):
        xs[index] = ask(xs[index - 1])
    return xs


def after_the_store(xs):
    for index in range(len(xs)):
        xs[index] = ask(xs[index])
        xs[index] = ask(xs[index])
    return xs


def new_keys(table):
    for name, text in table.items():
        table[name + "!"] = ask(text)
    return table


def key_bound_again(table):
    for name, text in table.items():
        name = "b"
        table[name] = ask(text)
    return table


def second_name(table, other):
    for name, text in table.items():
        other["b"] = ask("other", text)
        table[name] = ask(text)
    return table


def second_name_grows(xs, ys):
    for index, x in enumerate(xs):
        xs[index] = ask(x)
        if len(ys) < 5:
            ys.append(x)
    return xs


def second_own_name(texts):
    table = {text: text for text in texts}
    same = table
    for name, text in table.items():
        same["b"] = ask("same", text)
        table[name] = ask(text)
    return table


def taken_away(table):
    for name, text in table.items():
        table[name] = ask(text)
        table.pop("b", None)
    return table


def put_back(table):
    for name, text in list(table.items()):
        del table[name]
        table[name] = ask(text)
    return list(table)


def grown_by_a_call(xs):
    for index, x in enumerate(xs):
        xs[index] = grown(xs, x)
    return xs


def grown(xs, x):
    if len(xs) < 4:
        xs.append(x)
    return ask(x)


def shrinks(xs):
    for index in range(len(xs)):
        xs[index] = ask(xs[index])
        if len(xs) > 2:
            xs.pop()
    return xs


def added_to(table):
    for name in table:
        table[name] += num(table[name])
    return table


def shared_values(table):
    for name, words in table.items():
        words.append(ask(name))
        table[name] = [*words, ask(len(table["a"]))]
    return table


def loud_keys(table):
    for key, text in table.items():
        table[key] = ask(text)
    return list(table.values())


def global_table():
    for name, count in SHARED.items():
        SHARED[name] = num(count)
    return dict(SHARED)


def fails_halfway(table):
    for name, x in table.items():
        table[name] = flaky(x)
    return table


def seen_halfway(table):
    try:
        for name in table:
            table[name] = flaky(table[name])
    except ValueError:
        return "failed", table
    return table


def other_indexes(xs):
    for index in range(len(xs)):
        xs[index] = ask(xs[index], [xs[index] for index in range(2)])
    return xs


def last_of_them(xs):
    for index in range(len(xs)):
        xs[index] = ask(xs[index])
    return index, xs


TABLE = ({"a": "x", "b": "y", "c": "z"},)


def same_table_twice() -> Any:
    table = {"a": "x", "b": "y", "c": "z"}
    return table, table


def same_list_twice() -> Any:
    xs = [1, 2, 3]
    return xs, xs


def shared_words() -> Any:
    words = ["w"]
    return ({"a": words, "b": words},)


PROGRAMS = [
    case(answers_in_place, TABLE, overlap=3),
    case(answers_by_key, TABLE, overlap=3),
    case(answers_by_keys, TABLE, overlap=3),
    case(answers_in_list, (["a", "b", "c"],), overlap=3),
    case(answers_by_index, (["a", "skip", "c"],), overlap=3),
    case(two_steps, TABLE, overlap=3),
    case(own_table, (["a", "b", "c"],), overlap=3),
    case(own_list, (["a", "b", "c"],), overlap=3),
    case(some_of_them, ({"a": "x", "b": "", "c": "z", "d": "stop", "e": "v"},), overlap=2),
    case(other_key, TABLE),
    case(next_key, ({"a": "x", "b": "y", "c": "z"}, {"a": "b", "b": "c", "c": "a"})),
    case(next_index, (["a", "b", "c"],)),
    case(one_before, (["a", "b", "c"],)),
    case(after_the_store, (["a", "b", "c"],)),
    case(new_keys, TABLE, raises="RuntimeError", more_calls=True),
    case(new_keys, ({},), name="no_keys"),
    case(key_bound_again, TABLE),
    case(second_name, same_table_twice),
    case(second_name, lambda: ({"a": "x", "b": "y"}, {"b": "z"}), name="another_table"),
    case(second_name_grows, same_list_twice),
    case(second_name_grows, lambda: ([1, 2], [3]), name="another_grows"),
    case(second_own_name, (["a", "b", "c"],)),
    case(taken_away, TABLE, raises="RuntimeError", more_calls=True),
    case(put_back, TABLE),
    case(grown_by_a_call, (["a", "b"],)),
    case(shrinks, (["a", "b", "c", "d"],), raises="IndexError", more_calls=True),
    case(added_to, ({"a": 1, "b": 2},)),
    case(shared_values, shared_words),
    case(loud_keys, lambda: ({Key("a"): "x", Key("b"): "y"},), setup=reset, state=state),
    case(global_table, setup=reset, state=state),
    case(fails_halfway, ({"a": 1, "b": 2, "c": 3},), raises="ValueError", more_calls=True),
    case(seen_halfway, ({"a": 1, "b": 2, "c": 3},), more_calls=True),
    case(seen_halfway, ({"a": 1, "b": 3},), name="nothing_fails"),
    case(other_indexes, (["a", "b", "c"],)),
    case(last_of_them, (["a", "b", "c"],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
