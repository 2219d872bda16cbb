"""Aliases, containers reached twice, containers changed while they are used, augmented assignment."""

# ruff: noqa: B007, RUF005 - the programs are written as people write them, mistakes included

from __future__ import annotations

import copy
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable

import pytest
from leaves import ask, echo, many, note, num
from observe import case


def two_names_for_one_list(x):
    a = b = []
    a.append(ask(x))
    b.append(num(x))
    return a, b, a is b


def alias_through_tuple(x):
    a = []
    pair = (a, a)
    pair[0].append(ask(x))
    pair[1].append(num(x))
    return pair, a


def alias_through_dict(x):
    a = []
    d = {"k": a}
    d["k"].append(ask(x))
    a.append(num(x))
    return d, a, d["k"] is a


def alias_through_list(x):
    a = []
    outer = [a]
    outer.append(a)
    for inner in outer:
        inner.append(ask(x))
    return outer, a


def multiplied_rows_are_one_row(x):
    rows = [[]] * 3
    rows[0].append(ask(x))
    return rows


def copied_rows_are_many(x):
    rows = [[] for _ in range(3)]
    for i, row in enumerate(rows):
        row.append(ask(x + i))
    return rows


def slice_is_a_copy(x):
    a = [ask(x), ask(x + 1)]
    b = a[:]
    b.append(num(x))
    return a, b


def shallow_and_deep_copies(x):
    a = [[ask(x)]]
    b, c, d = list(a), a.copy(), copy.deepcopy(a)
    a[0].append(num(x))
    b.append("b")
    return a, b, c, d


def list_appended_while_iterated(x):
    items = [x]
    out = []
    for item in items:
        out.append(num(item))
        if len(items) < 4:
            items.append(item + 1)
    return items, out


def argument_appended_while_iterated(items):
    for item in items:
        reply = num(item)
        if len(items) < 5:
            items.append(reply)
    return len(items)


def list_shortened_while_iterated(items):
    out = []
    for item in items:
        out.append(ask(item))
        items.remove(item)
    return out, items


def dict_changed_while_iterated(d):
    for key in d:
        d[key + "!"] = ask(key)
    return d


def dict_values_changed_while_iterated(d):
    for key in d:
        d[key] = ask(d[key])
    return d


def dict_items_list_changed(d):
    for key, value in list(d.items()):
        if num(value) > 10:
            del d[key]
    return d


def plus_equals_on_list_is_seen_by_alias(x):
    a = [x]
    b = a
    a += [ask(x)]
    return a, b, a is b


def plus_on_list_is_not(x):
    a = [x]
    b = a
    a = a + [ask(x)]
    return a, b, a is b


def plus_equals_on_tuple_and_str(x):
    t, s = (x,), "s"
    u, r = t, s
    t += (ask(x),)
    s += ask(x)
    return t, u, s, r


def plus_equals_with_string_on_list(x):
    a = []
    a += ask(x)
    return a


def plus_equals_on_argument(a, x):
    a += [ask(x)]
    return a


def plus_equals_in_loop(xs):
    out = []
    alias = out
    for x in xs:
        out += [ask(x)]
    return out, alias is out


def plus_equals_on_string_in_loop(xs):
    text = ""
    for x in xs:
        text += ask(x)
    return text


def plus_equals_on_attribute_in_loop(bag, xs):
    for x in xs:
        bag.total += num(x)
        bag.items += [ask(x)]
    return bag


class Bag:
    def __init__(self) -> None:
        self.total = 0
        self.items: list[str] = []


def plus_equals_on_item_in_loop(d, xs):
    for x in xs:
        d["sum"] += num(x)
        d["all"] += [x]
    return d


def plus_equals_nested_item(grid, x):
    grid[0][1] += num(x)
    grid[grid[1][0]][0] += num(x + 1)
    return grid


def plus_equals_missing_key(d, x):
    d[x] += num(x)
    return d


def multiply_equals_on_list(x):
    a = [ask(x)]
    b = a
    a *= 2
    return a, b, a is b


def or_equals_on_dict_and_set(x):
    d, s = {"a": 1}, {1}
    e, t = d, s
    d |= {"b": ask(x)}
    s |= {num(x)}
    return d, e is d, sorted(s), t is s


def extend_with_itself(x):
    a = [ask(x)]
    a.extend(a)
    a += a
    return a


def list_containing_itself(x):
    a = [ask(x)]
    a.append(a)
    return a


def insert_pop_reverse_sort(xs):
    out = []
    for x in xs:
        out.insert(0, num(x))
    last = out.pop()
    out.reverse()
    out.sort(key=lambda v: -v)
    out[0] = ask(last)
    del out[-1]
    return out, last


def slice_store(xs):
    out = [0, 0, 0, 0]
    out[1:3] = [num(x) for x in xs]
    out[::2] = ["a"] * len(out[::2])
    return out


def negative_index(xs):
    out = [ask(x) for x in xs]
    out[-1] = out[0]
    return out, out[-2:]


def index_out_of_range(xs):
    out = [ask(x) for x in xs]
    return out[5]


def nested_dict_of_lists(pairs):
    groups = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(ask(value))
    return groups


def defaultdict_of_lists(pairs):
    groups = defaultdict(list)
    for key, value in pairs:
        groups[ask(key)].append(num(value))
    missing = groups["missing"]
    missing.append(1)
    return groups, groups["missing"] is missing


def counter_of_answers(xs):
    counts = Counter()
    for x in xs:
        counts[ask(x % 2)] += 1
    return counts, counts.most_common(1)


def deque_and_ordered_dict(xs):
    queue, order = deque(maxlen=2), OrderedDict()
    for x in xs:
        queue.append(ask(x))
        order[x] = len(queue)
    order.move_to_end(xs[0])
    return queue, order


def set_of_answers(xs):
    seen = set()
    out = []
    for x in xs:
        a = ask(x % 2)
        if a in seen:
            continue
        seen.add(a)
        out.append(a)
    return out, sorted(seen)


def set_comprehension(xs):
    return sorted({ask(x % 2) for x in xs})


def dict_comprehension_with_repeated_keys(xs):
    return {num(x % 2): ask(x) for x in xs}


def returned_list_is_the_argument(items, x):
    items.append(ask(x))
    return items


def returned_twice(x):
    made = [ask(x)]
    return made, made, {"again": made}


def result_of_a_call_kept_twice(n):
    items = many(n)
    other = items
    other.append("more")
    return items, other is items


def the_same_object_comes_back(box):
    again = echo(box)
    again.append(num(1))
    return again is box, box


def two_arguments_one_list(a, b):
    a.append(num(1))
    b.append(num(2))
    return a, b, a is b


def one_list() -> tuple[list[int], list[int]]:
    shared: list[int] = []
    return shared, shared


def helper_mutates_argument(x):
    def fill(target, n):
        for i in range(n):
            target.append(ask(i))

    out = []
    fill(out, 2)
    fill(out, 1)
    return out


def helper_returns_its_argument(x):
    out = [ask(x)]
    same = _tagged(out)
    same.append("after")
    return out, same is out


def _tagged(items):
    items.append(num(len(items)))
    note("tagged")
    return items


def helper_keeps_its_argument(x):
    keep = []
    out = [ask(x)]
    _keep(keep, out)
    out.append(num(x))
    return keep


def _keep(keep, items):
    keep.append(items)
    keep.append(num(0))


def list_passed_then_changed(x):
    items = [x]
    first = ask(items)
    items.append(first)
    second = ask(items)
    items.clear()
    return first, second, items


def dict_passed_then_changed(xs):
    context = {"n": 0}
    out = []
    for x in xs:
        context["n"] += 1
        out.append(ask(context))
    return out, context


def list_built_before_and_after_branch(x):
    out = [1]
    if num(x) > 10:
        out.append(ask("big"))
    else:
        out = [ask("small")]
    out.append(num(2))
    return out


def alias_made_in_branch(x):
    a, b = [1], [2]
    c = a if num(x) > 10 else b
    c.append(ask(x))
    return a, b, c, c is a, c is b


def alias_rebound_in_loop(xs):
    current = []
    rows = [current]
    for x in xs:
        if num(x) % 20 == 0:
            current = []
            rows.append(current)
        current.append(ask(x))
    return rows, rows[-1] is current


def swap_lists_in_loop(xs):
    a, b = [], []
    for x in xs:
        a.append(ask(x))
        a, b = b, a
    return a, b


def list_of_lists_grown_in_loop(xs):
    rows = []
    for x in xs:
        row = [ask(x)]
        rows.append(row)
        row.append(num(x))
    return rows


def loop_variable_is_mutated(rows):
    for row in rows:
        row.append(ask(row[0]))
    return rows


def same_row_twice(x):
    row = [x]
    rows = [row, row]
    for r in rows:
        r.append(num(len(r)))
    return rows


def matrix_updated_in_nested_loops(n):
    grid = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            grid[i][j] = num(i * n + j)
    return grid


def prefix_sums_in_place(xs):
    for i in range(1, len(xs)):
        xs[i] = xs[i - 1] + num(xs[i])
    return xs


def store_at_computed_index(xs):
    out = [None] * len(xs)
    for i, x in enumerate(xs):
        out[len(xs) - 1 - i] = ask(x)
    return out


def tuple_with_list_inside(x):
    t = ([], ask(x))
    t[0].append(num(x))
    try:
        t[0] += [1]
    except TypeError as error:
        return t, str(error)


def unpack_wrong_number(n):
    a, b = many(n)
    return a, b


def dict_get_default_is_not_stored(d, x):
    d.get("missing", []).append(ask(x))
    return d, "missing" in d


def dict_pop_update_merge(d, x):
    a = d.pop("a", None)
    d.update(b=ask(x), c=num(x))
    merged = {**d, "b": a}
    return d, merged, merged | {"e": ask("e")}


def clear_and_reuse(xs):
    batch, out = [], []
    for x in xs:
        batch.append(x)
        if len(batch) == 2:
            out.append(ask(batch))
            batch.clear()
    return out, batch


def rebind_and_reuse(xs):
    batch, out = [], []
    for x in xs:
        batch.append(x)
        if len(batch) == 2:
            out.append((batch, ask(batch)))
            batch = []
    return out, batch


def memo_table(xs):
    memo = {}
    out = []
    for x in xs:
        if x not in memo:
            memo[x] = ask(x)
        out.append(memo[x])
    return out, memo


def fibonacci_table(n):
    table = {0: 0, 1: 1}
    for i in range(2, n):
        table[i] = table[i - 1] + table[i - 2] + num(0)
    return table


def list_is_compared_with_is(x):
    a = [ask(x)]
    b = [ask(x)]
    return a == b, a is b, a is not b, [a] == [b], a in [b]


def list_in_while(x):
    todo = [x]
    done = []
    while todo:
        item = todo.pop()
        done.append(ask(item))
        if item > 0:
            todo.append(item - 1)
            todo.append(item - 2)
    return done


def breadth_first(graph, start):
    frontier, seen = [start], {start}
    order = []
    while frontier:
        following = []
        for node in frontier:
            order.append(ask(node))
            for other in graph[node]:
                if other not in seen:
                    seen.add(other)
                    following.append(other)
        frontier = following
    return order


GRAPH = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}


def sorted_set_filled_in_loop(xs):
    seen = set()
    for x in xs:
        seen.add(ask(x))
    return sorted(seen)


def looked_at_after_it_is_filled(d, items, xs):
    for x in xs:
        d[ask(x)] = num(x)
        items.append(num(-x))
    return (
        sorted(d),
        max(d.values()),
        sum(items),
        sorted(items),
        f"{items} {d}",
        items == sorted(items),
        [*map(str, items)],
    )


def object_filled_by_calls(bag, xs):
    for x in xs:
        bag.items.append(num(x))
        setattr(bag, f"a{x}", ask(x))
    return sum(bag.items), max(bag.items), sorted(vars(bag)), bag.a1 + "!", len(bag.items) + bag.total


def filled_in_a_branch(items, x):
    if num(x) > 5:
        items.append(ask(x))
    if ask(x):
        items += [num(x)]
    return items[-1], sorted(map(str, items)), str(items)


PROGRAMS = [
    case(sorted_set_filled_in_loop, ([1, 2, 1],)),
    case(looked_at_after_it_is_filled, ({}, [], [1, 2, 1])),
    case(object_filled_by_calls, lambda: (Bag(), [1, 2])),
    case(filled_in_a_branch, ([], 1)),
    case(two_names_for_one_list, (1,)),
    case(alias_through_tuple, (1,)),
    case(alias_through_dict, (1,)),
    case(alias_through_list, (1,)),
    case(multiplied_rows_are_one_row, (1,)),
    case(copied_rows_are_many, (1,)),
    case(slice_is_a_copy, (1,)),
    case(shallow_and_deep_copies, (1,)),
    case(list_appended_while_iterated, (1,)),
    case(argument_appended_while_iterated, ([1, 2],)),
    case(list_shortened_while_iterated, ([1, 2, 3, 4],)),
    case(dict_changed_while_iterated, ({"a": 1},), raises="RuntimeError"),
    case(dict_values_changed_while_iterated, ({"a": 1, "b": 2},)),
    case(dict_items_list_changed, ({"a": 1, "b": 2},)),
    case(plus_equals_on_list_is_seen_by_alias, (1,)),
    case(plus_on_list_is_not, (1,)),
    case(plus_equals_on_tuple_and_str, (1,)),
    case(plus_equals_with_string_on_list, (1,)),
    case(plus_equals_on_argument, ([1], 1), ((1,), 1)),
    case(plus_equals_in_loop, ([1, 2],)),
    case(plus_equals_on_string_in_loop, (["a", "b"],)),
    case(plus_equals_on_attribute_in_loop, lambda: (Bag(), [1, 2])),
    case(plus_equals_on_item_in_loop, ({"sum": 0, "all": []}, [1, 2])),
    case(plus_equals_nested_item, ([[0, 1], [0, 2]], 3)),
    case(plus_equals_missing_key, ({}, 3), raises="KeyError"),
    case(multiply_equals_on_list, (1,)),
    case(or_equals_on_dict_and_set, (1,)),
    case(extend_with_itself, (1,)),
    case(list_containing_itself, (1,)),
    case(insert_pop_reverse_sort, ([1, 2, 3, 4],)),
    case(slice_store, ([1, 2],), ([1, 2, 3],)),
    case(negative_index, ([1, 2],)),
    case(index_out_of_range, ([1, 2],), raises="IndexError"),
    case(nested_dict_of_lists, ([("a", 1), ("b", 2), ("a", 3)],)),
    case(defaultdict_of_lists, ([("a", 1), ("b", 2), ("a", 3)],)),
    case(counter_of_answers, ([1, 2, 3],)),
    case(deque_and_ordered_dict, ([1, 2, 3],)),
    case(set_of_answers, ([1, 2, 3],)),
    case(set_comprehension, ([1, 2, 3],)),
    case(dict_comprehension_with_repeated_keys, ([1, 2, 3],)),
    case(returned_list_is_the_argument, ([1], 2)),
    case(returned_twice, (1,)),
    case(result_of_a_call_kept_twice, (2,)),
    case(the_same_object_comes_back, ([1],)),
    case(two_arguments_one_list, one_list),
    case(helper_mutates_argument, (1,)),
    case(helper_returns_its_argument, (1,)),
    case(helper_keeps_its_argument, (1,)),
    case(list_passed_then_changed, (1,)),
    case(dict_passed_then_changed, ([1, 2],)),
    case(list_built_before_and_after_branch, (1,), (3,)),
    case(alias_made_in_branch, (1,), (3,)),
    case(alias_rebound_in_loop, ([1, 2, 3, 4],)),
    case(swap_lists_in_loop, ([1, 2, 3],)),
    case(list_of_lists_grown_in_loop, ([1, 2],)),
    case(loop_variable_is_mutated, ([[1], [2]],)),
    case(same_row_twice, (1,)),
    case(matrix_updated_in_nested_loops, (2,)),
    case(prefix_sums_in_place, ([1, 2, 3],)),
    case(store_at_computed_index, ([1, 2, 3],)),
    case(tuple_with_list_inside, (1,)),
    case(unpack_wrong_number, (3,), (1,), (2,)),
    case(dict_get_default_is_not_stored, ({}, 1)),
    case(dict_pop_update_merge, ({"a": 1, "b": 2}, 1)),
    case(clear_and_reuse, ([1, 2, 3],)),
    case(rebind_and_reuse, ([1, 2, 3, 4, 5],)),
    case(memo_table, ([1, 2, 1],)),
    case(fibonacci_table, (6,)),
    case(list_is_compared_with_is, (1,)),
    case(list_in_while, (3,)),
    case(breadth_first, (GRAPH, "a")),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()
