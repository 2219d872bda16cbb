"""Views and iterators of containers: what is changed while they are walked, or between making and taking them."""

# ruff: noqa: B007, B905 - written as people write, mistakes included

from __future__ import annotations

import pytest
from leaves import ask, note, num
from observe import case


def deletes_while_items_are_walked(d):
    for key, value in d.items():
        ask(key)
        del d["b"]
    return 1


def deletes_while_enumerated(xs):
    for index, x in enumerate(xs):
        ask(x)
        del xs[:1]
    return xs


def own_list_deleted_from_while_enumerated(n):
    xs = [num(k) for k in range(n)]
    for index, x in enumerate(xs):
        ask((index, x))
        del xs[:1]
    return xs


def stores_ahead_while_items_are_walked(d):
    out = []
    for key, value in d.items():
        out.append((value, ask(key)))
        d["z"] = key
    return out


def stores_elsewhere_while_items_are_walked(d, other):
    out = []
    for key, value in d.items():
        out.append((value, ask(key)))
        other[key] = key
    return out


def both_ends_at_once(xs):
    out = []
    for first, last in zip(xs, reversed(xs)):
        out.append((first, ask(last)))
        xs[-1] = first
    return out


def view_taken_after_a_write(d):
    view = d.items()
    d["x"] = ask(1)
    return list(view)


def own_views_see_what_comes_later():
    d = {"a": 1}
    view = d.items()
    d["x"] = ask(1)
    first = list(view)
    d["y"] = ask(2)
    return first, list(view)


def own_values_filled_in_a_loop(xs):
    d = {}
    values = d.values()
    for x in xs:
        d[x] = ask(x)
    return list(values), len(values)


def iterator_made_before_an_append(xs):
    pairs = enumerate(xs)
    xs.append(ask(1))
    return list(pairs), ask(2)


def reversed_before_a_store(xs):
    backwards = reversed(xs)
    xs[0] = ask(1)
    return [ask(x) for x in backwards]


def keys_with_a_count(d):
    view = d.keys()
    d["n"] = num(2)
    return ask(len(view)), list(view)


def zip_of_a_list_with_itself(xs):
    pairs = zip(xs, xs)
    xs[1] = ask("z")
    return dict(pairs)


def items_of_an_own_dict(xs):
    scores = {x: num(x) for x in xs}
    return [ask((key, value)) for key, value in scores.items()]


def items_of_an_own_dict_then_a_store(xs):
    scores = {x: num(x) for x in xs}
    out = [ask((key, value)) for key, value in scores.items()]
    scores["total"] = len(out)
    note("stored")
    return out, scores


def enumerate_without_end(xs):
    def count():
        k = 0
        while True:
            k += 1
            yield k

    for index, k in enumerate(count()):
        if num(k) > 30:
            return index, ask(k)
    return xs


PROGRAMS = [
    case(deletes_while_items_are_walked, ({"b": 3},), raises="RuntimeError"),
    case(deletes_while_enumerated, ([4, 4, 0, 2],), ([],)),
    case(own_list_deleted_from_while_enumerated, (4,)),
    case(stores_ahead_while_items_are_walked, ({"b": 3, "z": 1},)),
    case(stores_elsewhere_while_items_are_walked, ({"b": 3, "z": 1}, {}), overlap=2),
    case(both_ends_at_once, ([1, 2, 3],)),
    case(view_taken_after_a_write, ({"b": 3},)),
    case(own_views_see_what_comes_later),
    case(own_values_filled_in_a_loop, ([1, 2, 3],)),
    case(iterator_made_before_an_append, ([1],)),
    case(reversed_before_a_store, ([1, 2],)),
    case(keys_with_a_count, ({"a": 1},)),
    case(zip_of_a_list_with_itself, ([1, 2],)),
    case(items_of_an_own_dict, ([1, 2, 3],), overlap=3),
    case(items_of_an_own_dict_then_a_store, ([1, 2, 3],), overlap=3),
    case(enumerate_without_end, ([1],)),
]


@pytest.mark.parametrize("run", PROGRAMS)
@pytest.mark.parametrize("stage", ["gains", "all"])
def test_same(run, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCS_STAGE", stage)
    run()
