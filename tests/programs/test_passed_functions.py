"""Functions that take functions of their caller, and decorators that pass on whatever they get: both are looked into.

Beside each that must overlap stand those that look alike: what is kept, what counts, what is shared.
"""

# ruff: noqa: B023 - written as people write

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from leaves import ask, flaky, note, num
from observe import case


def gather(*calls):
    return tuple(call() for call in calls)


def each(items, function):
    found = []
    for item in items:
        found.append(function(item))
    return found


def named(**calls):
    return {name: call() for name, call in calls.items()}


def retry(function, times=2, on=(ValueError,)):
    last = None
    for attempt in range(times):
        try:
            return function(attempt)
        except on as error:
            last = error
    raise RuntimeError("gave up") from last


def keeps(function, kept):
    kept.append(function)
    return function("now")


def over_tree(tree, function):
    return function(tree) if isinstance(tree, str) else [over_tree(part, function) for part in tree]


def changes_first(function, items):
    items.append("z")
    return function()


def loud(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        note("in")
        result = function(*args, **kwargs)
        note("out")
        return result

    return wrapper


def quiet(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@quiet
def both(a, b="b", *, c="c"):
    return ask(a), ask(b), ask(c)


@loud
def loud_both(a, b="b"):
    return ask(a), ask(b)


def options(question, **chosen):
    chosen.setdefault("style", "plain")
    return ask(question, **chosen), sorted(chosen)


def answers_to(**questions):
    return [ask(question) for question in questions.values()], list(questions)


def changed_keywords(**questions):
    for name, question in questions.items():
        questions[name] = ask(question)
    return questions


# ---------------------------------------------------------------- programs
def side_by_side(q):
    return gather(lambda: ask(q), lambda: ask(q + "b"), lambda: num(1))


def with_effects(q):
    return gather(lambda: ask(q), lambda: note(q), lambda: ask(q))


def for_each(xs, suffix):
    return each(xs, lambda x: ask(x + suffix))


def by_name(q):
    return named(facts=lambda: ask(q), tone=lambda: num(2), vector=lambda: ask("v")), named()


def in_a_comprehension(xs):
    return [gather(lambda: ask(x), lambda: ask(x, x)) for x in xs]


def in_a_loop(xs):
    found = []
    for x in xs:
        found += gather(lambda: ask(x), lambda: note(x))
    return found


def nested(q):
    return gather(lambda: ask(q), lambda: gather(lambda: ask("i"), lambda: ask("j")))


def through_recursion(tree):
    return over_tree(tree, lambda leaf: ask(leaf))


def appends_to_own(xs):
    history = []

    def add(x):
        history.append(ask(x))
        return len(history)

    return each(xs, add), history


def counts(xs):
    count = 0

    def number(x):
        nonlocal count
        count += 1
        return ask(x, count)

    return each(xs, number), count


def sees_later_value(q):
    held = q

    def look():
        return ask(held)

    before = gather(look, look)
    held = "second"
    return before, gather(look)


def kept_by_the_helper(q):
    kept = []
    now = keeps(lambda text: (ask(text + q), ask("t")), kept)
    q = "later"
    return now, kept[0]("again")


def helper_writes_what_it_reads(q):
    items = [q]
    return changes_first(lambda: (ask(items[-1]), ask(len(items))), items), items


def retried(xs):
    return [retry(lambda attempt: flaky(x + attempt)) for x in xs]


def retried_in_vain(q):
    def fails(attempt):
        raise ValueError(ask(q, attempt))

    return retry(fails)


def chosen(xs, is_short):
    function = (lambda x: ask(x)) if is_short else (lambda x: "none")
    return each(xs, function)


def sorted_by(xs):
    return sorted(xs, key=lambda x: ask(x)), each(xs, functools.partial(ask, "p"))


def with_defaults(xs):
    return each(xs, lambda x, y="y": ask(x, y)), each(xs, lambda *all_of: ask(*all_of))


class Agent:
    def __init__(self):
        self.seen = []

    def each(self, xs, function):
        return [self.one(x, function) for x in xs]

    def one(self, x, function):
        self.seen.append(x)
        return function(x)

    def run(self, xs):
        return self.each(xs, lambda x: (ask(x), len(self.seen)))


def methods(xs):
    agent = Agent()
    return agent.run(xs), agent.seen


def decorated(q):
    return both(q), both(q, c="d"), both(b="e", a=q)


def decorated_loudly(xs):
    return [loud_both(x) for x in xs]


def decorated_wrongly(q):
    return both(q, z=1)


def given_options(q):
    return options(q), options(q, style="rich")


def given_answers():
    return answers_to(a="1", b="2"), answers_to()


def given_changed():
    return changed_keywords(a="1", b="2")


PROGRAMS = [
    case(side_by_side, ("q",), overlap=3),
    case(with_effects, ("q",), overlap=2),
    case(for_each, (["a", "b", "c"], "!"), overlap=3),
    case(by_name, ("q",), overlap=3),
    case(in_a_comprehension, (["a", "b"],), overlap=4),
    case(in_a_loop, (["a", "b"],)),
    case(nested, ("q",), overlap=3),
    case(through_recursion, (["a", ["b", "c"]],)),
    case(appends_to_own, (["a", "b"],)),
    case(counts, (["a", "b"],)),
    case(sees_later_value, ("q",)),
    case(kept_by_the_helper, ("q",)),
    case(helper_writes_what_it_reads, ("q",)),
    case(retried, ([0, 1, 3],), ([0, 2, 3],), overlap=3),
    case(retried, ([0, 1, 2],), name="retried_once"),
    case(retried_in_vain, ("q",), raises="RuntimeError"),
    case(chosen, (["a", "b"], True), (["a", "b"], False)),
    case(sorted_by, (["b", "a"],)),
    case(with_defaults, (["a", "b"],), overlap=2),
    case(methods, (["a", "b"],)),
    case(decorated, ("q",), overlap=9),
    case(decorated_loudly, (["a", "b"],), overlap=2),
    case(decorated_wrongly, ("q",), raises="TypeError"),
    case(given_options, ("q",)),
    case(given_answers, (), overlap=2),
    case(given_changed, ()),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
