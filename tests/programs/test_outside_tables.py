"""Dicts and counters of a module that programs count in: updates in order, the calls around them side by side.

Beside each that must overlap stand those that look alike and must not: keys and values with methods of their own,
tables that change what they hold on the way, or between two calls.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from leaves import LOG, ask, flaky, num
from observe import check, jit

import xcs

COUNTS: dict[Any, Any] = {}
WORDS: Counter[str] = Counter()
GROUPS: defaultdict[str, list[Any]] = defaultdict(list)
NAMES: list[Any] = []


class LoudKey:
    """Equal to nothing, and others notice that it was asked; its hash is that of a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        LOG.append(("asked", self.text))
        NAMES.append("asked")
        return False


class LoudCount:
    """A number that others notice."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __add__(self, other: Any) -> LoudCount:
        LOG.append(("add", self.value))
        NAMES.append(self.value)
        return LoudCount(self.value + 1)


def empty() -> None:
    COUNTS.clear()
    WORDS.clear()
    GROUPS.clear()
    NAMES[:] = ["a", "b", "a"]


def filled() -> None:
    empty()
    COUNTS.update({"<a>": 3, "<z>": 1})
    WORDS.update(["<a>"])


def with_loud_key() -> None:
    empty()
    COUNTS[LoudKey("<a>")] = 1


def with_loud_count() -> None:
    empty()
    COUNTS["<a>"] = LoudCount(1)


def with_texts() -> None:
    empty()
    COUNTS["<a>"] = "text"


def state() -> Any:
    keys = [key.text if isinstance(key, LoudKey) else key for key in COUNTS]
    values = [one.value if isinstance(one, LoudCount) else one for one in COUNTS.values()]
    return keys, values, dict(WORDS), dict(GROUPS), list(NAMES)


# ---------------------------------------------------------------- natural
def count(xs):
    for x in xs:
        reply = ask(x)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
    return len(COUNTS)


def count_words(xs):
    for x in xs:
        WORDS[ask(x)] += 1
    return WORDS.most_common(1)


def counted_ask(x):
    WORDS[x] += 1
    return ask(x)


def count_calls(xs):
    return [counted_ask(x) for x in xs]


def count_before(xs):
    out = []
    for x in xs:
        COUNTS["calls"] = COUNTS.get("calls", 0) + 1
        out.append(ask(x))
    return out


def group(xs):
    for x in xs:
        GROUPS[x].append(ask(x))
    return len(GROUPS)


def number_of_each(xs):
    out = []
    for x in xs:
        WORDS[x] += 1
        out.append(ask(x, WORDS[x]))
    return out


# ---------------------------------------------------------------- what must keep its order
def names_of_module():
    for name in NAMES:
        reply = ask(name)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
    return len(NAMES)


def alone_makes_loud(xs):
    for x in xs:
        COUNTS["<a>"] = LoudCount(num(1))
        reply = ask(x)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
    return len(COUNTS)


def loud_after_a_while(xs, keys):
    for x in xs:
        reply = ask(x)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
        COUNTS[keys[0]] = 1
        NAMES.append(x)
    return [ask(name) for name in NAMES]


def by_second_name(xs, table):
    for x in xs:
        table["<a>"] = LoudCount(1)
        reply = ask(x)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
    return len(table)


def bound_anew(xs):
    global COUNTS
    COUNTS = {LoudKey("<a>"): 1}
    try:
        for x in xs:
            reply = ask(x)
            COUNTS[reply] = COUNTS.get(reply, 0) + 1
        return len(COUNTS)
    finally:
        COUNTS = {}


def fill_loud():
    COUNTS[LoudKey("<a>")] = 1


def by_helper(xs):
    fill_loud()
    for x in xs:
        reply = ask(x)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
    return len(COUNTS)


def decided_by_count(xs):
    out = []
    for x in xs:
        if COUNTS.get("calls", 0) < 2:
            out.append(ask(x))
        COUNTS["calls"] = COUNTS.get("calls", 0) + 1
    return out


def until_failure(xs):
    for x in xs:
        COUNTS[x] = COUNTS.get(x, 0) + 1
        flaky(x)
        WORDS["done"] += 1


def own_loud_names():
    return [name for name in NAMES if COUNTS.get(ask(name), 0) == 0]


XS = (["a", "b", "a"],)

PROGRAMS = [
    pytest.param(count, XS, empty, 3, id="count"),
    pytest.param(count, XS, filled, 3, id="count_on"),
    pytest.param(count, XS, with_loud_key, 1, id="count_beside_loud_key"),
    pytest.param(count, XS, with_loud_count, 1, id="count_loud"),
    pytest.param(count_words, XS, empty, 3, id="count_words"),
    pytest.param(count_words, XS, filled, 3, id="count_words_on"),
    pytest.param(count_calls, XS, empty, 3, id="count_calls"),
    pytest.param(count_calls, XS, filled, 3, id="count_calls_on"),
    pytest.param(count_before, XS, empty, 3, id="count_before"),
    pytest.param(group, XS, empty, 1, id="group"),
    pytest.param(number_of_each, XS, empty, 1, id="number_of_each"),
    pytest.param(names_of_module, (), empty, 1, id="names_of_module"),
    pytest.param(names_of_module, (), with_loud_key, 1, id="names_of_module_grow"),
    pytest.param(alone_makes_loud, XS, empty, 1, id="alone_makes_loud"),
    pytest.param(loud_after_a_while, lambda: (["a", "b"], [LoudKey("<b>")]), empty, 1, id="loud_after_a_while"),
    pytest.param(by_second_name, lambda: (["a", "b"], COUNTS), filled, 1, id="by_second_name"),
    pytest.param(by_second_name, lambda: (["a", "b"], {}), filled, 1, id="another_table"),
    pytest.param(bound_anew, XS, empty, 1, id="bound_anew"),
    pytest.param(by_helper, XS, empty, 1, id="by_helper"),
    pytest.param(decided_by_count, XS, empty, 1, id="decided_by_count"),
    pytest.param(own_loud_names, (), with_loud_key, 1, id="own_loud_names"),
]


@pytest.mark.parametrize(("program", "args", "setup", "overlap"), PROGRAMS)
def test_same(program: Callable[..., Any], args: Any, setup: Callable[[], None], overlap: int) -> None:
    check(program, args, setup=setup, state=state, overlap=overlap)


def test_same_until_failure() -> None:
    check(until_failure, ([1, 2, 3],), setup=empty, state=state, raises="ValueError", more_calls=True)


def test_what_a_table_holds_is_looked_at_in_each_call() -> None:
    """A program for plain counts isn't the one for a table with keys of a class of the user's."""
    jitted = jit(count)
    for setup in (filled, with_loud_key, with_texts, with_loud_count, empty, filled):
        outcomes = []
        for function in (count, jitted):
            setup()
            LOG.clear()
            try:
                function(["a", "b", "a"])
                raised = None
            except TypeError as error:
                raised = str(error)
            outcomes.append((raised, str(state()), list(LOG)))
        assert outcomes[0] == outcomes[1], setup.__name__
    assert xcs.get_jit_stats(jitted)["fallback"] is None
