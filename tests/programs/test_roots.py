"""Loops that write something else than what they iterate: they overlap, unless the two are one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import LOG, ask, flaky, num, rate, wait
from observe import case, check, jit

import xcs

SEEN: list[Any] = []
COUNTS: dict[str, int] = {}
QUEUE: list[Any] = []
TABLE: dict[str, list[Any]] = {}


def reset() -> None:
    SEEN.clear()
    COUNTS.clear()
    QUEUE[:] = [1, 2, 3]
    TABLE.clear()


def state() -> Any:
    return list(SEEN), dict(COUNTS), list(QUEUE), dict(TABLE)


LIST_INSIDE = "a list inside of a global dict may be the list that is iterated"


class Loud:
    """Arithmetic that others notice."""

    def __mod__(self, other: Any) -> int:
        LOG.append("mod")
        return 1

    def __mul__(self, other: Any) -> int:
        LOG.append("mul")
        return 2

    def __add__(self, other: Any) -> int:
        LOG.append("add")
        return 3

    def __str__(self) -> str:
        LOG.append("str")
        return "loud"


class Agent:
    def __init__(self, *items: Any) -> None:
        self.history: list[Any] = []
        self.items = list(items)
        self.calls = 0
        self.totals: dict[str, int] = {}

    def run(self, xs):
        out = []
        for x in xs:
            reply = ask(x)
            self.history.append(reply)
            self.calls += 1
            out.append(reply)
        return out

    def run_own(self):
        for item in self.items:
            reply = ask(item)
            self.history.append(reply)
        return len(self.history)

    def run_both(self):
        for item in self.items:
            self.history.append(item)
            ask(item)
        return self.history

    def adopt(self, xs):
        self.history = xs
        for x in xs:
            ask(x)
            if len(self.history) < 6:
                self.history.append(x + 1)
        return self.history

    def count(self, xs):
        for x in xs:
            reply = ask(x)
            self.totals[reply] = self.totals.get(reply, 0) + 1
        return self.totals


class Sneaky:
    """Its attribute is what it was given."""

    def __init__(self, xs: list[Any]) -> None:
        self._xs = xs

    @property
    def history(self) -> list[Any]:
        return self._xs


class Field:
    """A descriptor that keeps its value under its own name, and gives another."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else QUEUE

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value


class Described:
    history = Field()

    def __init__(self) -> None:
        self.history = []


class Shared:
    history: list[Any] = []  # noqa: RUF012 - one list for all instances


class Growing(list):
    """A list that does more than lists do."""

    def __iadd__(self, other: Any) -> Growing:
        LOG.append("iadd")
        super().extend(other)
        super().append("more")
        return self


# ---------------------------------------------------------------- natural


def log_as_you_go(xs):
    out = []
    for x in xs:
        SEEN.append(f"asking {x}")
        out.append(ask(x))
        SEEN.append(f"asked {len(out)}")
    return out


def save_results(xs):
    for x in xs:
        SEEN.append(ask(x))
    return len(SEEN)


def count_in_dict(xs):
    for x in xs:
        reply = ask(x)
        COUNTS[reply] = COUNTS.get(reply, 0) + 1
    return sorted(COUNTS.items())


def update_argument(stock, orders):
    for item, count in orders:
        reply = ask(f"{item} {count}")
        stock[item] = stock.get(item, 0) - count
        if stock[item] < 0:
            stock.setdefault("short", []).append(reply)
    return stock


def fill_argument(results, xs):
    for x in xs:
        results.append(ask(x))
    return results


def log_items_of_dicts(rows):
    out = []
    for row in rows:
        SEEN.append(row["name"])
        out.append(ask(row["text"]))
    return out


def nested_with_log(docs):
    out = []
    for doc in docs:
        for part in doc:
            SEEN.append(part)
            out.append(ask(part))
    return out


def log_with_index(xs):
    out = []
    for i, x in enumerate(xs):
        SEEN.append(f"{i}: {x}")
        out.append(ask(x))
    return out


def log_of_items(table):
    for key, value in table.items():
        SEEN.append(key)
        ask(value)
    return SEEN


def note_in_helper(text):
    SEEN.append(text)


def log_in_helper(xs):
    out = []
    for x in xs:
        note_in_helper(f"now {x}")
        out.append(ask(x))
    return out


def inner_loop(xs, sink):
    for x in xs:
        sink.append(num(x))
        sink.append(num(x + 1))


def loop_in_helper(xs, sink):
    inner_loop(xs, sink)
    return sink


def group(xs):
    for x in xs:
        TABLE.setdefault(ask(x), []).append(x)
    return TABLE


def agent_runs(agent, xs):
    return agent.run(xs), agent.history, agent.calls


def agent_runs_own(agent):
    return agent.run_own(), agent.history


def agent_counts(agent, xs):
    return agent.count(xs)


def types_survive(xs):
    for x in xs:
        SEEN.append(str(x))
        wait("step", x % 3)
    return [num(x % 2) for x in xs]


@pytest.mark.parametrize(
    "run",
    [
        case(log_as_you_go, ([1, 2, 3],), setup=reset, state=state, overlap=3),
        case(save_results, ([1, 2, 3],), setup=reset, state=state, overlap=3),
        case(count_in_dict, ([1, 2, 3],), setup=reset, state=state, overlap=3),
        case(
            update_argument,
            lambda: ({"a": 1}, [("a", 1), ("b", 1), ("a", 2)]),
            setup=reset,
            state=state,
            overlap=3,
        ),
        case(fill_argument, lambda: ([], [1, 2, 3]), setup=reset, state=state, overlap=3),
        case(
            log_items_of_dicts,
            lambda: ([{"name": "a", "text": "x"}, {"name": "b", "text": "y"}],),
            setup=reset,
            state=state,
            overlap=2,
        ),
        case(nested_with_log, lambda: ([["a", "b"], ["c"]],), setup=reset, state=state),
        case(log_with_index, (["a", "b", "c"],), setup=reset, state=state, overlap=3),
        case(log_of_items, ({"a": 1, "b": 2},), setup=reset, state=state, overlap=2),
        case(log_in_helper, (["a", "b", "c"],), setup=reset, state=state, overlap=3),
        case(loop_in_helper, lambda: ([1, 2], []), setup=reset, state=state, overlap=4),
        case(group, ([1, 2, 1],), setup=reset, state=state, overlap=3, xfail=LIST_INSIDE),
        case(agent_runs, lambda: (Agent(), [1, 2, 3]), setup=reset, state=state, overlap=3),
        case(agent_runs_own, lambda: (Agent(1, 2, 3),), setup=reset, state=state, overlap=3),
        case(agent_counts, lambda: (Agent(), [1, 2, 3]), setup=reset, state=state, overlap=3),
        case(types_survive, ([1, 2, 3],), setup=reset, state=state, overlap=3),
    ],
)
def test_what_writes_elsewhere_overlaps(run: Callable[[], None]) -> None:
    run()


# ---------------------------------------------------------------- one object in two places


def append_while_short(xs):
    for x in xs:
        ask(x)
        if len(SEEN) < 5:
            SEEN.append(x)
    return len(SEEN)


def pop_other(xs, ys):
    out = []
    for x in xs:
        out.append(ask(x))
        if ys:
            ys.pop()
    return out


def grow_other(xs, ys):
    out = []
    for x in xs:
        out.append(num(x))
        if len(ys) < 5:
            ys.append(x + 1)
    return out


def store_loud(xs, ys):
    ys.append(Loud())
    return [num(1 if x % 2 else 0) for x in xs]


def store_loud_in_global(xs):
    SEEN.append(Loud())
    return [num(x % 2) for x in xs]


def store_loud_in_loop(xs):
    out = []
    for x in list(xs):
        out.append(num(x % 2))
        if len(SEEN) < 4:
            SEEN.append(Loud())
    out.append(xs[-1] % 2)
    return out


def put_loud(x):
    SEEN.append(x)


def store_loud_by_helper(xs, one):
    put_loud(one)
    return [num(x % 2) for x in xs]


def rows_and_log(rows):
    out = []
    for row in rows:
        for cell in row:
            out.append(num(cell))
            if len(SEEN) < 4:
                SEEN.append(cell + 1)
    return out


def delete_from_other(table, other):
    out = []
    for key in table:
        out.append(ask(key))
        other.pop("b", None)
    return out


def write_through_agent(agent, xs):
    for x in xs:
        ask(x)
        if len(agent.history) < 5:
            agent.history.append(x)
    return agent.history


def write_through_two(first, second):
    for x in first.history:
        num(x)
        if len(second.history) < 4:
            second.history.append(x)
    return first.history


def adopt(agent, xs):
    return agent.adopt(xs)


def alias_by_append(xs, box):
    box.append(xs)
    for x in xs:
        ask(x)
        if len(box[0]) < 5:
            box[0].append(x)
    return xs


def alias_by_global_list(xs):
    TABLE["xs"] = xs
    for x in xs:
        ask(x)
        if len(xs) < 5:
            TABLE["xs"].append(x)
    return xs


def alias_by_attribute(agent, xs):
    agent.history = xs
    for x in xs:
        ask(x)
        if len(agent.history) < 5:
            agent.history.append(x)
    return xs


def alias_in_loop(agent, xs):
    for x in xs:
        ask(x)
        agent.history = xs
        if len(agent.history) < 5:
            agent.history.append(x)
    return xs


def alias_by_setattr(agent, xs):
    setattr(agent, "history", xs)  # noqa: B010 - as people write it
    for x in xs:
        ask(x)
        if len(agent.history) < 5:
            agent.history.append(x)
    return xs


def alias_by_computed_setattr(agent, name, xs):
    setattr(agent, name, xs)
    for x in xs:
        ask(x)
        if len(agent.history) < 5:
            agent.history.append(x)
    return xs


def alias_by_dict(agent, xs):
    agent.__dict__["history"] = xs
    for x in xs:
        ask(x)
        if len(agent.history) < 5:
            agent.history.append(x)
    return xs


def adopt_in_helper(agent, xs):
    agent.history = xs


def alias_by_helper(agent, xs):
    for x in xs:
        ask(x)
        adopt_in_helper(agent, xs)
        if len(agent.history) < 5:
            agent.history.append(x)
    return xs


def rebind_global(xs):
    global QUEUE
    old = QUEUE
    try:
        QUEUE = xs
        for x in xs:
            ask(x)
            if len(QUEUE) < 5:
                QUEUE.append(x)
        return xs
    finally:
        QUEUE = old


def rebind_global_in_loop(xs):
    global QUEUE
    old = QUEUE
    for x in xs:
        ask(x)
        if len(QUEUE) < 6:
            QUEUE.append(x)
        QUEUE = xs
    QUEUE = old
    return xs


def rebinder(xs):
    global QUEUE
    QUEUE = xs


def rebind_in_callee(xs):
    old = QUEUE
    for x in xs:
        ask(x)
        if len(QUEUE) < 6:
            QUEUE.append(x)
        rebinder(xs)
    rebinder(old)
    return xs


def rebind_by_globals(xs):
    old = QUEUE
    for x in xs:
        ask(x)
        if len(QUEUE) < 6:
            QUEUE.append(x)
        globals()["QUEUE"] = xs
    globals()["QUEUE"] = old
    return xs


def rebind_before_by_globals(xs):
    globals()["SEEN"] = xs
    try:
        for x in xs:
            ask(x)
            if len(SEEN) < 5:
                SEEN.append(x)
        return xs
    finally:
        globals()["SEEN"] = []


def slice_is_a_copy(xs, ys):
    for x in xs[:]:
        ask(x)
        ys.append(x)
    return xs, ys


def slice_assignment(xs, ys):
    out = []
    for x in xs:
        out.append(ask(x))
        ys[:] = ys[:1]
    return out


def in_place_add(xs, ys):
    out = []
    for x in xs:
        out.append(ask(x))
        if len(ys) < 4:
            ys += [x]
    return out


def weird_in_place_add(xs, ys):
    out = []
    for x in xs:
        out.append(ask(x))
        if len(ys) < 4:
            ys += [x]
    return out, list(ys)


def loop_over_subclass(xs):
    out = []
    for x in xs:
        out.append(ask(x))
        if len(SEEN) < 4:
            SEEN.append(x)
    return out


def dict_of_lists(table, xs):
    for x in xs:
        ask(x)
        if len(table["a"]) < 5:
            table["a"].append(x)
    return xs


def nested_root(box, xs):
    for x in xs:
        ask(x)
        if len(box[0][0]) < 5:
            box[0][0].append(x)
    return xs


def element_becomes_other(rows, xs):
    rows[0] = xs
    for x in xs:
        num(x)
        if len(rows[0]) < 5:
            rows[0].append(x)
    return xs


def element_kept_in_two(rows, others):
    made = [1]
    rows.append(made)
    others.append(made)
    total = []
    for row in rows:
        for cell in row:
            total.append(num(cell))
            if len(others[-1]) < 4:
                others[-1].append(cell)
    return total


def loud_through_shared_element(rows, others):
    made = [1]
    rows.append(made)
    others.append(made)
    others[-1].append(Loud())
    return [num(cell % 2) for cell in rows[-1]]


def view_of_other(table, other):
    out = []
    try:
        for key, value in table.items():
            out.append(ask(value))
            other["new"] = key
    except RuntimeError as error:
        out.append(str(error))
    return out


def enumerate_other(xs, ys):
    out = []
    for i, x in enumerate(xs):
        out.append(num(i))
        if len(ys) < 4:
            ys.append(x)
    return out


def zip_others(xs, ys, zs):
    out = []
    for x, y in zip(xs, ys, strict=False):
        out.append(num(x + y))
        if len(zs) < 4:
            zs.append(1)
    return out


def read_after_write(xs, ys):
    before = len(xs)
    ys.append(4)
    return num(before), num(len(xs)), num(xs[-1])


def read_in_call(xs, ys):
    first = ask(len(xs))
    ys.append(0)
    second = ask(len(xs))
    ys.clear()
    return first, second, ask(len(xs))


def total_of(xs):
    wait("total", len(xs))
    return sum(xs)


def read_in_leaf(xs, ys):
    one = total_of(xs)
    ys.append(5)
    return one, total_of(xs)


def class_attribute(obj, xs):
    for x in xs:
        ask(x)
        if len(obj.history) < 5:
            obj.history.append(x)
    return list(obj.history)


def shared_list() -> Any:
    xs = [1, 2]
    return xs, xs


def shared_history() -> Any:
    agent = Agent()
    agent.history = [1, 2]
    return agent, agent.history


def shared_own() -> Any:
    agent = Agent()
    agent.items = agent.history = [1, 2]
    return agent


def two_agents_one_history() -> Any:
    first, second = Agent(), Agent()
    first.history = second.history = [1, 2]
    return first, second


def cap(agent):
    for item in agent.items:
        ask(item)
        if len(agent.history) < 5:
            agent.history.append(item)
    return agent.items


def table_of_itself() -> Any:
    xs = [1, 2]
    return {"a": xs}, xs


def nested_of_itself() -> Any:
    xs = [1, 2]
    return [[xs]], xs


def as_global() -> Any:
    SEEN[:] = [1, 2]
    return SEEN


def shared_class_list() -> Any:
    Shared.history[:] = [1]
    return Shared(), Shared.history


SAME = {"setup": reset, "state": state}


@pytest.mark.parametrize(
    "run",
    [
        case(append_while_short, lambda: (as_global(),), **SAME),
        case(append_while_short, ([1, 2],), lambda: (as_global(),), ([3],), name="append_both_ways", **SAME),
        case(pop_other, shared_list, lambda: ([1, 2], [1, 2]), shared_list, **SAME),
        case(grow_other, shared_list, lambda: ([1, 2], []), shared_list, **SAME),
        case(store_loud, shared_list, lambda: ([1, 2], []), **SAME),
        case(store_loud_in_global, lambda: (as_global(),), ([1, 2],), **SAME),
        case(store_loud_in_loop, lambda: (as_global(),), ([1, 2],), **SAME),
        case(store_loud_by_helper, lambda: (as_global(), Loud()), lambda: ([1, 2], Loud()), **SAME),
        case(rows_and_log, lambda: ([[1], as_global()],), lambda: ([[1], [2]],), **SAME),
        case(delete_from_other, lambda: ((d := {"a": 1, "b": 2}), {**d}), **SAME),
        case(
            delete_from_other,
            lambda: ((d := {"a": 1, "b": 2}), d),
            raises="RuntimeError",
            more_calls=True,
            name="delete_from_itself",
            **SAME,
        ),
        case(write_through_agent, shared_history, lambda: (Agent(), [1, 2]), shared_history, **SAME),
        case(write_through_two, two_agents_one_history, lambda: (Agent(), Agent()), **SAME),
        case(write_through_two, lambda: ((a := shared_history()[0]), a), name="one_agent_twice", **SAME),
        case(adopt, lambda: (Agent(), [1, 2]), **SAME),
        case(alias_by_append, lambda: ([1, 2], []), **SAME),
        case(alias_by_global_list, lambda: ([1, 2],), **SAME),
        case(alias_by_attribute, lambda: (Agent(), [1, 2]), **SAME),
        case(alias_in_loop, lambda: (Agent(), [1, 2]), **SAME),
        case(alias_by_setattr, lambda: (Agent(), [1, 2]), **SAME),
        case(alias_by_computed_setattr, lambda: (Agent(), "history", [1, 2]), **SAME),
        case(alias_by_dict, lambda: (Agent(), [1, 2]), **SAME),
        case(alias_by_helper, lambda: (Agent(), [1, 2]), **SAME),
        case(rebind_global, lambda: ([1, 2],), **SAME),
        case(rebind_global_in_loop, lambda: ([1, 2],), **SAME),
        case(rebind_in_callee, lambda: ([1, 2],), **SAME),
        case(rebind_by_globals, lambda: ([1, 2],), **SAME),
        case(rebind_before_by_globals, lambda: ([1, 2],), **SAME),
        case(slice_is_a_copy, shared_list, lambda: ([1, 2], []), **SAME),
        case(slice_assignment, shared_list, lambda: ([1, 2], [3, 4]), **SAME),
        case(in_place_add, shared_list, lambda: ([1, 2], []), **SAME),
        case(weird_in_place_add, lambda: ((xs := Growing([1, 2])), xs), lambda: ([1, 2], Growing()), **SAME),
        case(loop_over_subclass, lambda: (Growing([1, 2]),), **SAME),
        case(dict_of_lists, table_of_itself, lambda: ({"a": []}, [1, 2]), table_of_itself, **SAME),
        case(nested_root, nested_of_itself, lambda: ([[[]]], [1, 2]), nested_of_itself, **SAME),
        case(element_becomes_other, lambda: ([[0]], [1, 2]), **SAME),
        case(element_kept_in_two, lambda: ([[1]], [[2]]), shared_list, **SAME),
        case(loud_through_shared_element, lambda: ([[1]], [[2]]), **SAME),
        case(view_of_other, lambda: ((d := {"a": 1}), d), lambda: ({"a": 1}, {}), more_calls=True, **SAME),
        case(enumerate_other, shared_list, lambda: ([1, 2], []), **SAME),
        case(zip_others, lambda: ((xs := [1, 2]), [3, 4, 5], xs), lambda: ([1, 2], [3, 4], []), **SAME),
        case(read_after_write, shared_list, lambda: ([1, 2], []), **SAME),
        case(read_in_call, shared_list, lambda: ([1, 2], []), **SAME),
        case(read_in_leaf, shared_list, lambda: ([1, 2], []), **SAME),
        case(class_attribute, lambda: ((xs := [1, 2]) and Sneaky(xs), xs), name="property", **SAME),
        case(class_attribute, lambda: (Described(), QUEUE), name="descriptor", **SAME),
        case(class_attribute, shared_class_list, lambda: (Shared(), [1, 2]), name="class_list", **SAME),
        case(cap, lambda: (shared_own(),), lambda: (Agent(1, 2),), lambda: (shared_own(),), **SAME),
    ],
)
def test_what_may_be_one_object_is_one(run: Callable[[], None]) -> None:
    run()


# ---------------------------------------------------------------- which program runs


def test_arguments_that_are_one_object_get_a_program_of_their_own() -> None:
    jitted = jit(fill_argument)
    assert jitted([], [1, 2]) == ["<1>", "<2>"]
    assert len(jitted._xcs_programs.variants) == 1
    xs: list[Any] = []
    assert jitted(xs, xs) == []
    assert len(jitted._xcs_programs.variants) == 2
    assert jitted([], [3]) == ["<3>"]
    assert jitted.stats["traces"] == len(jitted._xcs_programs.variants)


def test_a_compiled_program_refuses_one_object_in_two_places() -> None:
    compiled = jit(fill_argument).compile([0], [1, 2])
    assert compiled([5], [1]) == [5, "<1>"]
    xs = [1]
    with pytest.raises(xcs.XCSError, match="expected arguments that are different objects"):
        compiled(xs, xs)


def test_explain_says_why_a_loop_goes_step_by_step() -> None:
    jitted = jit(lambda_free_unknown)
    reset()
    jitted([1, 2], note_in_helper)
    text = xcs.explain(jitted)
    assert "the loop over `x` goes on step by step" in text
    assert "iterate over a copy" in text


def lambda_free_unknown(xs, hook):
    for x in xs:
        ask(x)
        UNKNOWN[0].append(x)
    return hook


UNKNOWN: list[Any] = [[]]


def test_flaky_calls_stop_the_saving() -> None:
    check(save_flaky, ([0, 1, 2, 3],), setup=reset, state=state, raises="ValueError", overlap=2)


def save_flaky(xs):
    for x in xs:
        SEEN.append(flaky(x))
    return rate(len(SEEN))
