"""Objects that a function makes: library containers, containers in containers, instances, objects that count."""

from __future__ import annotations

import collections
import copy
import enum
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from leaves import LOG, ask, fetch, flaky, note, num, rate
from observe import case

SHARED: list[Any] = []


def put_back() -> None:
    SHARED.clear()


def shared() -> list[Any]:
    return SHARED


# ---------------------------------------------------------------- containers of collections
def grouped(xs):
    groups = defaultdict(list)
    for x in xs:
        groups[ask(x)[-2]].append(x)
    return {k: ask(" ".join(map(str, v))) for k, v in sorted(groups.items())}


def grouped_answers(xs):
    groups = defaultdict(list)
    for x in xs:
        groups[x % 2].append(ask(x))
    return groups


def counted(xs):
    counts = Counter()
    for x in xs:
        counts[ask(x)[1]] += 1
    counts.update(["1", "1"])
    return counts.most_common(1), counts, counts["never"], counts.total()


def queue(xs):
    todo = deque()
    for x in xs:
        todo.append(ask(x))
    done = []
    while todo:
        done.append(ask(todo.popleft()))
    return done


def bounded_queue(xs):
    last = deque(maxlen=2)
    for x in xs:
        last.append(ask(x))
    last.appendleft("first")
    last.rotate(1)
    return last, last.maxlen, "first" in last, last.index("first")


def ordered_dict(xs):
    found = OrderedDict()
    for x in xs:
        found[x] = ask(x)
    found.move_to_end(xs[0])
    return found, list(found), found.popitem(last=False)


def set_filled(xs):
    seen = set()
    for x in xs:
        seen.add(ask(x))
    return sorted(seen)


def factory_is_a_lambda(xs):
    table = defaultdict(lambda: {"n": 0, "all": []})
    for x in xs:
        table[x % 2]["n"] += 1
        table[x % 2]["all"].append(ask(x))
    return dict(table)


def factory_in_factory(xs):
    table = defaultdict(lambda: defaultdict(int))
    for x in xs:
        table[x % 2][ask(x)] += 1
    return {key: dict(inner) for key, inner in table.items()}


def noisy_list():
    note("a list is made")
    return []


def factory_has_effects(xs):
    groups = defaultdict(noisy_list)
    for x in xs:
        groups[x % 2].append(ask(x))
        note(x)
    return groups


def failing_factory():
    raise KeyError("no more")


def factory_raises(xs):
    groups = defaultdict(failing_factory)
    groups[1] = [ask("first")]
    groups[xs[0]].append(num(xs[0]))
    groups[xs[1]].append(num(xs[1]))
    return groups


def factory_is_shared(xs):
    base: list[Any] = []
    groups = defaultdict(lambda: base)
    for x in xs:
        groups[x].append(ask(x))
    return groups, base, groups[xs[0]] is base


def factory_replaced(xs):
    groups = defaultdict(list)
    groups["a"].append(ask(xs[0]))
    groups.default_factory = dict
    groups["b"][ask(xs[1])] = 1
    groups.default_factory = None
    try:
        groups["c"].append(ask("never used"))
    except KeyError as error:
        note(str(error))
    return groups


def factory_is_global(xs):
    groups = defaultdict(lambda: SHARED)
    groups[1].append(ask(xs[0]))
    groups[2].append(len(SHARED))
    SHARED.append("direct")
    return [list(v) for v in groups.values()]


class Growing(dict):
    def __missing__(self, key):
        note(f"missing {key}")
        self[key] = value = [key]
        return value


def missing_method(xs):
    table = Growing()
    for x in xs:
        table[x % 2].append(ask(x))
    return dict(table)


class Loud(list):
    def append(self, value):
        note(f"append {value}")
        super().append(value)


def list_subclass(xs):
    out = Loud()
    for x in xs:
        out.append(ask(x))
    return list(out)


class Upper(defaultdict):
    def __getitem__(self, key):
        note(f"get {key}")
        return super().__getitem__(str(key).upper())


def defaultdict_subclass(xs):
    table = Upper(list)
    for x in xs:
        table["a"].append(ask(x))
    return dict(table)


def counter_arithmetic(xs):
    a, b = Counter(), Counter()
    for x in xs:
        a[ask(x)] += x
        b[ask(x)] += 1
    return a - b, a + b, a & b, a | b, a == b, sorted(a.elements())


def counter_of_arguments(counts, xs):
    for x in xs:
        counts[x] += num(x)
    return counts.most_common()


def groups_passed_on(xs):
    def size(groups):
        return sum(map(len, groups.values()))

    groups = defaultdict(list)
    for x in xs:
        groups[x % 2].append(ask(x))
    first = size(groups)
    groups[0].append("more")
    return first, size(groups), groups


def deque_stored(xs):
    todo = deque(xs)
    SHARED.append(todo)
    while todo:
        ask(todo.pop())
        note(len(SHARED[0]))
    return len(todo)


# ---------------------------------------------------------------- containers in containers
def nested_setdefault(xs):
    found = {}
    for x in xs:
        found.setdefault(x % 2, []).append(ask(x))
    return found


def dict_of_lists(xs):
    found = {"even": [], "odd": []}
    for x in xs:
        found["odd" if x % 2 else "even"].append(ask(x))
    return found


def list_of_dicts(xs):
    rows = []
    for x in xs:
        row = {"x": x}
        row["answer"] = ask(x)
        row["score"] = rate(row["answer"])
        rows.append(row)
    return rows


def part_is_named(xs):
    found = {"a": []}
    part = found["a"]
    found["a"].append(ask(xs[0]))
    part.append(num(xs[1]))
    found["a"].append(len(part))
    return found, part is found["a"]


def part_is_read_between(xs):
    found = {"a": [], "b": []}
    found["a"].append(ask(xs[0]))
    n = len(found["a"])
    found["b"].append(num(xs[0] + n))
    return found, n, found["b"][0]


def two_keys_one_list(xs):
    one = []
    found = {"a": one, "b": one}
    found["a"].append(ask(xs[0]))
    found["b"].append(num(xs[1]))
    return found, len(one), found["a"] is found["b"]


def shared_default(xs):
    empty = []
    found = {}
    for x in xs:
        found.setdefault(x, empty).append(ask(x))
    return found, len(empty)


def row_changed_after_append(xs):
    rows = []
    row = {}
    for x in xs:
        row["x"] = ask(x)
        rows.append(row)
    row["last"] = num(1)
    return rows, rows[0] is rows[-1]


def stored_in_each_other(xs):
    a, b = [], []
    a.insert(0, b)
    b.append(ask(xs[0]))
    n = len(a[0])
    b.append(num(xs[1]))
    return a, n, len(a[0]), a[0] is b


def cyclic(x):
    def make():
        made = []
        made.append(made)
        return made

    a = make()
    a[0].append(ask(x))
    return len(a), len(a[0]), a is a[0]


def escapes_midway(xs):
    found = {"a": []}
    found["a"].append(ask(xs[0]))
    SHARED.append(found)
    found["a"].append(ask(xs[1]))
    SHARED[0]["a"].append("direct")
    found["b"] = len(SHARED[0]["a"])
    return found


def part_escapes(xs):
    found = {"a": [], "b": []}
    SHARED.append(found["a"])
    found["a"].append(ask(xs[0]))
    SHARED[0].append(num(xs[1]))
    found["b"].append(len(SHARED[0]))
    return found


def escapes_on_one_path(xs):
    found = {"a": []}
    if num(xs[0]) > 5:
        SHARED.append(found["a"])
    found["a"].append(ask(xs[1]))
    for part in SHARED:
        part.append("seen")
    return found


def escapes_in_a_loop(xs):
    found = {"a": []}
    for x in xs:
        found["a"].append(ask(x))
        if x == 2:
            SHARED.append(found["a"])
    SHARED[0].append("end")
    return found


def missing_part(xs):
    found = {"a": []}
    for x in xs:
        found["b"].append(ask(x))
    return found


def missing_part_is_caught(xs):
    found = {"a": []}
    try:
        found["a"].append(ask(1))
        found["b"].append(ask(2))
    except KeyError as error:
        found["b"] = [str(error)]
    return found


def default_is_seen_by_the_handler(xs):
    found = {}
    try:
        for x in xs:
            found.setdefault(x, []).append(flaky(x))
    except ValueError:
        found["failed"] = sorted(map(str, found))
    return found


def argument_changes_the_receiver(xs):
    found = {"a": [1]}
    found["a"].append(ask(found.pop("a")))
    return found


def argument_reads_the_receiver(xs):
    found = {"a": []}
    for x in xs:
        found["a"].append(ask(f"{x} after {len(found['a'])}"))
    return found


def log_in_the_argument(xs):
    def logged(x):
        note(x)
        return ask(x)

    found = {"a": []}
    found["missing"].append(logged(xs[0]))
    return found


def outside_row(rows, xs):
    kept = {"rows": []}
    for row in rows:
        kept["rows"].append(row)
        row["seen"] = ask(row["x"])
    kept["rows"][0]["again"] = num(xs[0])
    return kept, rows[0]["again"]


def rows_by_name_and_by_place(xs):
    rows = [dict(x=x) for x in xs]
    for row in rows:
        row["a"] = ask(row["x"])
    n = len(rows[0]["a"])
    rows[0]["a"] = num(n)
    first, *rest = rows
    first["b"] = ask(first["a"])
    return rows, rows[0]["b"], rest


def parts_unpacked(xs):
    pairs = [[x] for x in xs]
    one, two = pairs
    one.append(ask(xs[0]))
    pairs[1].append(num(xs[1]))
    two.append(len(pairs[0]))
    return pairs, len(one), len(two)


def parts_in_a_comprehension(xs):
    rows = [dict(x=x) for x in xs]
    names = [row for row in rows]
    names[0]["y"] = ask(xs[0])
    rows[0]["z"] = num(rows[0]["x"])
    return names[0]["z"], rows[0]["y"], [ask(row["x"]) for row in rows]


def moved_between(xs):
    a, b = {"x": []}, {"x": []}
    a["x"].append(ask(xs[0]))
    b["y"] = a["x"]
    a["x"].append(num(xs[1]))
    b["y"].append("end")
    return a, b, a["x"] is b["y"]


def grid(xs):
    rows = [[0] * 2 for _ in xs]
    for i, x in enumerate(xs):
        rows[i][0] = ask(x)
    return rows


def grid_of_one_row(xs):
    rows = [[0] * 2] * 2
    rows[0][0] = ask(xs[0])
    rows[1][1] = num(xs[1])
    return rows, rows[0] is rows[1]


def json_like(xs):
    tree: dict[str, Any] = {"name": "root", "children": []}
    for x in xs:
        tree["children"].append({"name": ask(x), "children": []})
    tree["children"][0]["children"].append({"name": ask("leaf"), "children": []})
    return tree


def key_is_an_answer(xs):
    found = {}
    for x in xs:
        found[ask(x)] = x
    return found


def value_before_key(xs):
    found = {}
    for x in xs:
        found[ask(f"key {x}")] = num(x)
    return found


def counts_are_added(xs):
    totals = {"a": 0, "b": 0}
    for x in xs:
        totals["a" if x % 2 else "b"] += num(x)
    return totals


CONTAINERS = [
    case(grouped, ([1, 2, 3, 4],), overlap=4),
    case(grouped_answers, ([1, 2, 3, 4],), overlap=4),
    case(counted, ([1, 2, 3, 4],), overlap=4),
    case(queue, ([1, 2, 3, 4],), overlap=4),
    case(bounded_queue, ([1, 2, 3, 4],), overlap=4),
    case(ordered_dict, ([1, 2, 3, 4],), overlap=4),
    case(set_filled, ([1, 2, 3, 4],), overlap=4),
    case(factory_is_a_lambda, ([1, 2, 3, 4],), overlap=2),
    case(factory_in_factory, ([1, 2, 3, 4],)),
    case(factory_has_effects, ([1, 2, 3, 4],)),
    case(factory_raises, ([1, 2],), raises="KeyError"),
    case(factory_is_shared, ([1, 2, 3],)),
    case(factory_replaced, ([1, 2],), more_calls=True),
    case(factory_is_global, ([1, 2],), setup=put_back, state=shared),
    case(missing_method, ([1, 2, 3],)),
    case(list_subclass, ([1, 2, 3],)),
    case(defaultdict_subclass, ([1, 2, 3],)),
    case(counter_arithmetic, ([1, 2, 3],)),
    case(counter_of_arguments, lambda: (Counter({1: 5}), [1, 2, 3])),
    case(groups_passed_on, ([1, 2, 3],)),
    case(deque_stored, ([1, 2, 3],), setup=put_back, state=shared),
    case(nested_setdefault, ([1, 2, 3, 4],), overlap=4),
    case(dict_of_lists, ([1, 2, 3, 4],), overlap=4),
    case(list_of_dicts, ([1, 2, 3, 4],), overlap=4),
    case(part_is_named, ([1, 2],)),
    case(part_is_read_between, ([1, 2],)),
    case(two_keys_one_list, ([1, 2],)),
    case(shared_default, ([1, 2, 3],)),
    case(row_changed_after_append, ([1, 2, 3],)),
    case(stored_in_each_other, ([1, 2],)),
    case(cyclic, (1,)),
    case(escapes_midway, ([1, 2],), setup=put_back, state=shared),
    case(part_escapes, ([1, 2],), setup=put_back, state=shared),
    case(escapes_on_one_path, ([0, 2],), ([1, 2],), setup=put_back, state=shared),
    case(escapes_in_a_loop, ([1, 2, 3],), setup=put_back, state=shared),
    case(missing_part, ([1, 2],), raises="KeyError"),
    case(missing_part_is_caught, ([1, 2],), more_calls=True),
    case(default_is_seen_by_the_handler, ([1, 2, 3],), more_calls=True),
    case(argument_changes_the_receiver, ([1],)),
    case(argument_reads_the_receiver, ([1, 2, 3],)),
    case(log_in_the_argument, ([1],), raises="KeyError"),
    case(outside_row, lambda: ([{"x": 1}, {"x": 2}], [1])),
    case(rows_by_name_and_by_place, ([1, 2, 3],)),
    case(parts_unpacked, ([1, 2],)),
    case(parts_in_a_comprehension, ([1, 2],)),
    case(moved_between, ([1, 2],)),
    case(grid, ([1, 2, 3],)),
    case(grid_of_one_row, ([1, 2],)),
    case(json_like, ([1, 2, 3],)),
    case(key_is_an_answer, ([1, 2, 3],), overlap=3),
    case(value_before_key, ([1, 2, 3],), overlap=3),
    case(counts_are_added, ([1, 2, 3],), overlap=3),
]


@pytest.mark.parametrize("run", CONTAINERS)
def test_containers(run: Callable[[], None]) -> None:
    run()
