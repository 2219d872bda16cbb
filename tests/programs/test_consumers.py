"""What consumes iterables: generators handed to builtins, `map` and `filter`, sets, short-circuiting, keys."""

# ruff: noqa: B023, B905, UP033, C400, C401, C402, C416, C417 - as people write them

from __future__ import annotations

import collections
import functools
import heapq
import itertools
import math
import operator
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import Model, ask, flaky, note, num, raising, rate
from observe import case


class Loud:
    """Hashing, comparing and adding it are seen."""

    def __init__(self, name: Any) -> None:
        self.name = name

    def __hash__(self) -> int:
        note(f"hash {self.name}")
        return 1

    def __eq__(self, other: object) -> bool:
        note(f"eq {self.name}")
        return isinstance(other, Loud) and self.name == other.name

    def __lt__(self, other: Any) -> bool:
        note(f"lt {self.name} {other.name}")
        return bool(self.name < other.name)

    def __gt__(self, other: Any) -> bool:
        note(f"gt {self.name} {other.name}")
        return bool(self.name > other.name)

    def __radd__(self, other: Any) -> Any:
        note(f"radd {self.name}")
        return self.name + other

    def __bool__(self) -> bool:
        note(f"bool {self.name}")
        return bool(self.name)

    def __repr__(self) -> str:
        return f"Loud({self.name})"


def seen(x):
    """An element with an ordered effect and an external call."""
    note(f"seen {x}")
    return num(x)


def word(x):
    note(f"word {x}")
    return ask(x)


# ---------------------------------------------------------------- set comprehensions
def set_of_answers(xs):
    return {ask(x) for x in xs}


def set_with_conditions(xs):
    return {num(x) % 40 for x in xs if num(x) > 10 if x != 3}


def set_of_loud(xs):
    return len({Loud(num(x)) for x in xs})


def set_with_unhashable(xs):
    note("before")
    return {[seen(x)] if x == 2 else seen(x) for x in xs}


def set_in_a_loop(xs):
    found = []
    for x in xs:
        found.append({ask(y) for y in range(x)})
    return found


def nested_comprehensions(xs):
    return {x: {ask(y) for y in range(x)} for x in xs}, [[num(y) for y in range(x)] for x in xs]


def two_generators_with_conditions(xs):
    return {num(x) + num(y) for x in xs if num(x) > 10 for y in range(x) if y % 2}


def set_is_changed_later(xs):
    found = {num(x) for x in xs}
    found.add(1)
    other = found
    other.discard(10)
    return sorted(found), len(other)


def dict_comprehension_with_loud_keys(xs):
    return len({Loud(num(x) % 20): seen(x) for x in xs})


def dict_comprehension_with_unhashable(xs):
    return {(x if x < 3 else [x]): seen(x) for x in xs}


def functions_made_in_a_comprehension(xs):
    pairs = [(num(x), lambda: x) for x in xs]
    return [(a, f()) for a, f in pairs]


# ---------------------------------------------------------------- generators consumed whole
def sum_of_generator(xs):
    return sum(num(x) for x in xs)


def sum_with_start(xs):
    return sum((num(x) for x in xs), 100)


def sum_of_floats(xs):
    return sum(num(x) / 7 for x in xs), math.fsum(num(x) / 7 for x in xs)


def sum_of_strings_fails_at_once(xs):
    return sum(word(x) for x in xs)


def sum_of_mixed_fails_midway(xs):
    return sum(seen(x) if x < 3 else word(x) for x in xs)


def sum_of_loud(xs):
    return sum(Loud(seen(x)) for x in xs)


def max_of_mixed_fails_midway(xs):
    return max(seen(x) if x < 2 else word(x) for x in xs)


def max_of_loud(xs):
    return max(Loud(seen(x)) for x in xs)


def min_and_max(xs):
    return min(num(x) for x in xs), max((num(x) for x in xs), default=3), max((num(x) for x in []), default=4)


def max_of_nothing(xs):
    return max(num(x) for x in xs if x > 100)


def max_with_key(xs):
    return max((ask(x) for x in xs), key=len), min((num(x) for x in xs), key=lambda v: -v)


def sorted_generator(xs):
    return sorted(ask(x) for x in xs), sorted((num(x) for x in xs), reverse=True), sorted(seen(-x) for x in xs)


def sorted_of_mixed(xs):
    return sorted(seen(x) if x < 3 else word(x) for x in xs)


def list_and_tuple(xs):
    return list(ask(x) for x in xs), tuple(seen(x) for x in xs)


def set_and_frozenset(xs):
    return set(ask(x) for x in xs), frozenset(num(x) % 20 for x in xs)


def frozenset_of_loud(xs):
    return len(frozenset(Loud(seen(x) % 20) for x in xs))


def set_of_unhashable_midway(xs):
    return set([seen(x)] if x == 2 else seen(x) for x in xs)


def dict_of_pairs(xs):
    return dict((x, ask(x)) for x in xs), dict(((ask(x), num(x)) for x in xs), extra=1)


def dict_of_bad_pair_midway(xs):
    return dict((x, seen(x)) if x < 3 else seen(x) for x in xs)


def joined(xs, sep):
    return ", ".join(ask(x) for x in xs), sep.join(word(x) for x in xs if x != 2)


def joined_with_number(xs):
    return "-".join(word(x) if x < 2 else seen(x) for x in xs)


def collections_of_generators(xs):
    counted = collections.Counter(num(x) % 20 for x in xs)
    last = collections.deque((ask(x) for x in xs), maxlen=2)
    ordered = collections.OrderedDict((ask(x), x) for x in xs)
    return counted.most_common(), list(last), list(ordered.items()), math.prod(num(x) for x in xs)


def extended(xs):
    found = [1]
    found.extend(num(x) for x in xs)
    known = {1}
    known.update(num(x) for x in xs)
    table = {"a": 1}
    table.update((ask(x), x) for x in xs)
    return found, known, table


def extended_until_it_fails(xs):
    found = [1]
    try:
        found.extend(flaky(x) for x in xs)
    except ValueError as error:
        note(str(error))
    return found


def a_generator_that_is_kept(xs):
    lazy = (ask(x) for x in xs)
    note("made")
    first = next(lazy)
    note(first)
    return [first, *lazy]


def a_generator_passed_on(xs):
    return collect(num(x) for x in xs)


def collect(numbers):
    note("collect")
    found = []
    for n in numbers:
        note(n)
        found.append(n)
    return found


def default_is_computed_before_elements(xs):
    return max((seen(x) for x in xs), default=seen(100))


def key_is_made_before_elements(xs):
    def make(k):
        note("make")
        return lambda v: k * v

    return sorted((seen(x) for x in xs), key=make(-1))


def shadowed_names(xs):
    x = "outer"
    total = sum(num(x) for x in xs)
    return x, total, [x for x in (num(x) for x in xs)]


def shadowed_builtin(xs):
    sum = lambda g: [note("own sum"), *g]
    return sum(num(x) for x in xs)


def changed_between_elements(xs):
    seen_so_far = []
    return sum(len(seen_so_far.append(num(x)) or seen_so_far) for x in xs), seen_so_far


# ---------------------------------------------------------------- map, filter, zip
def mapped(xs):
    return list(map(ask, xs)), sum(map(num, xs)), sorted(map(lambda x: num(-x), xs))


def mapped_over_two(xs):
    return list(map(lambda x, y: ask(f"{x}-{y}"), xs, [*xs, 9])), tuple(map(ask, xs, reversed(xs)))


def mapped_ordered(xs):
    return list(map(seen, xs)), ", ".join(map(word, xs))


def mapped_method(model, xs):
    return list(map(model.complete, xs)), list(map(model, xs))


def mapped_partial(xs):
    ask_twice = functools.partial(ask, "again")
    return list(map(ask_twice, xs)), [ask_twice(x) for x in xs]


def filtered(xs):
    return list(filter(lambda x: num(x) > 20, xs)), list(filter(None, map(lambda x: num(x) - 10, xs)))


def starmapped(xs):
    return list(itertools.starmap(ask, [(x, x + 1) for x in xs]))


def zipped_with_generator(xs):
    return dict(zip(xs, (ask(x) for x in xs))), list(zip("abc", (num(x) for x in xs)))


def zip_stops_at_the_shorter(xs):
    return list(zip([1, 2], (seen(x) for x in xs))), list(zip((seen(x) for x in xs), [1, 2]))


def enumerated(xs):
    return dict(enumerate(ask(x) for x in xs)), list(enumerate((num(x) for x in xs), 1))


def a_map_that_is_kept(xs):
    lazy = map(word, xs)
    note("made")
    return [next(lazy), list(lazy)]


def fails_in_map(xs):
    note("before")
    out = list(map(flaky, xs))
    note("after")
    return out


def accumulated(xs):
    return list(itertools.accumulate(map(num, xs))), list(itertools.chain(map(num, xs), (seen(x) for x in xs)))


def sliced(xs):
    return list(itertools.islice((seen(x) for x in xs), 2)), list(itertools.takewhile(lambda v: v < 20, map(seen, xs)))


def grouped(xs):
    return [(k, list(g)) for k, g in itertools.groupby(xs, key=lambda x: num(x) > 20)]


def producted(xs):
    return [num(a + b) for a, b in itertools.product(xs, xs)]


# ---------------------------------------------------------------- keys and folds
def sorted_by_key(xs):
    return sorted(xs, key=num), sorted(xs, key=lambda x: -num(x)), sorted(xs, key=ask, reverse=True)


def sorted_by_loud_key(xs):
    return sorted(xs, key=lambda x: Loud(seen(-x)))


def sorted_by_mixed_key(xs):
    return sorted(xs, key=lambda x: seen(x) if x < 3 else word(x))


def extreme_by_key(xs):
    return max(xs, key=num), min(xs, key=lambda x: num(x) % 30), max([], key=num, default="none")


def extreme_by_loud_key(xs):
    return max(xs, key=lambda x: Loud(seen(x)))


def extreme_by_mixed_key(xs):
    return max(xs, key=lambda x: seen(x) if x < 2 else word(x))


def extreme_of_nothing_by_key(xs):
    return max([x for x in xs if x > 100], key=num)


def extreme_by_key_of_effects(xs):
    return max((seen(x) for x in xs), key=lambda v: note(v) or num(v)), sorted((seen(x) for x in xs), key=seen)


def sort_in_place(xs):
    xs.sort(key=lambda x: -num(x))
    own = [3, 1, 2]
    own.sort(key=num)
    return own


def sort_in_place_fails(xs):
    try:
        xs.sort(key=flaky)
    except ValueError:
        note("failed")
    return xs


def averages(xs):
    return statistics.fmean(num(x) for x in xs), statistics.median(num(x + 1) for x in xs if ask(x))


def average_of_nothing(xs):
    return statistics.mean(num(x) for x in xs if x > 100)


def average_in_order(xs):
    return statistics.mean(note(x) or ask(x) for x in xs)


def chosen(xs, k):
    return heapq.nlargest(k, xs, key=num), heapq.nsmallest(k, xs, key=lambda x: -num(x))


def chosen_by_loud_key(xs, k):
    return heapq.nlargest(k, xs, key=lambda x: Loud(num(x)))


def chosen_of_generator(xs):
    return heapq.nlargest(2, (num(x) for x in xs)), heapq.nsmallest(0, (num(x) for x in xs))


@dataclass(order=True)
class Rated:
    score: Any
    text: Any = field(compare=False, default="")


def mapped_with_partial(xs):
    return list(map(functools.partial(ask, "hello"), xs)), sum(map(functools.partial(num), xs))


def mapped_with_wrong_partial(xs):
    return list(map(functools.partial(flaky, wrong=1), xs))


def best_records(xs):
    rated = [Rated(rate(x), ask(x)) for x in xs]
    return [ask(one.text) for one in heapq.nlargest(4, rated)], max(rated).text, sorted(rated)[0].text


def best_loud_records(xs):
    rated = [Rated(Loud(num(x))) for x in xs]
    return [num(x) for x in xs], max(rated).score.name, [one.score.name for one in sorted(rated)]


def reduced(xs):
    merged = functools.reduce(lambda a, b: ask(f"{a}{b}"), xs, "start")
    return merged, functools.reduce(operator.add, (num(x) for x in xs))


def reduced_in_order(xs):
    return functools.reduce(lambda a, b: seen(a % 7 + b), (seen(x) for x in xs))


def with_operators(xs):
    pairs = [(x, ask(x)) for x in xs]
    return list(map(operator.itemgetter(1), pairs)), max(pairs, key=operator.itemgetter(0)), sum(map(len, map(ask, xs)))


@functools.lru_cache(maxsize=None)
def cached(x):
    return num(x)


def through_a_cache(xs):
    cached.cache_clear()
    return [cached(x % 2) for x in xs], cached.cache_info().misses


# ---------------------------------------------------------------- short circuits
def any_of(xs):
    return any(num(x) > 20 for x in xs), any(num(x) > 1000 for x in xs)


def all_of(xs):
    return all(num(x) < 30 for x in xs), all(num(x) < 1000 for x in xs)


def any_of_each(xss):
    return [any(num(x) > 20 for x in xs) for xs in xss]


def any_with_conditions(xs):
    return any(seen(x) > 10 and x for x in xs if seen(x) != 20)


def any_over_two(xs):
    return any(num(x) == num(y) for x in xs for y in range(x))


def any_of_loud(xs):
    return any(Loud(seen(x) > 20) for x in xs), all(Loud(seen(x) < 20) for x in xs)


def next_of(xs):
    return next(ask(x) for x in xs if num(x) > 10), next((ask(x) for x in xs if num(x) > 1000), "none")


def next_of_nothing(xs):
    note("before")
    return next(ask(x) for x in xs if num(x) > 1000)


def next_with_computed_default(xs):
    return next((seen(x) for x in xs if x > 2), seen(100)), next((seen(x) for x in xs if x > 100), seen(50))


def next_in_a_loop(xs):
    return [next((y for y in range(5) if num(y) > x), None) for x in xs]


def member_of_generator(xs):
    return 20 in (seen(x) for x in xs), "no" not in (word(x) for x in xs)


def any_of_map(xs):
    return any(map(lambda x: seen(x) > 10, xs)), all(map(seen, xs))


def any_stops_before_a_failure(xs):
    return any(flaky(x) >= 10 for x in xs)


def any_over_an_endless_iterator(xs):
    return any(num(x) > 30 for x in itertools.count())


def hit_of_any(xs):
    if any((hit := num(x)) > 10 for x in xs):
        return hit
    return None


def all_or_none(xs):
    if not all(seen(x) < 20 for x in xs):
        return "too big"
    return ask("fine")


# ---------------------------------------------------------------- StopIteration
def stop_in_sum(x):
    return sum(raising(StopIteration(7)) for _ in range(x))


def stop_in_list(x):
    try:
        return list(raising(StopIteration("gen")) for _ in range(x))
    except RuntimeError as error:
        return str(error), repr(error.__cause__)


def stop_in_any(x):
    try:
        return any(raising(StopIteration("gen")) for _ in range(x))
    except RuntimeError as error:
        return str(error), repr(error.__cause__)


def stop_in_map(x):
    return list(map(lambda _: raising(StopIteration("map")), range(x)))


def next_in_map(xs):
    rows = [iter(xs), iter([9])]
    return list(map(lambda i: num(next(rows[i])), [0, 1, 0, 1, 0])), "end"


def method_is_looked_up_by_map(xs):
    note("before")
    return list(map(xs.missing, []))


def stop_in_set_comprehension(x):
    return {raising(StopIteration("set")) for _ in range(x)}


def other_failure_in_generator(x):
    try:
        return sum(raising(ValueError("plain")) for _ in range(x))
    except ValueError as error:
        note(str(error))
        raise


XS = [1, 2, 3, 4]
PROGRAMS = [
    case(set_of_answers, (XS,), overlap=4),
    case(set_with_conditions, (XS,), overlap=4),
    case(set_of_loud, (XS,)),
    case(set_with_unhashable, (XS,), raises="TypeError"),
    case(set_in_a_loop, (XS,), overlap=8),
    case(nested_comprehensions, (XS,), overlap=8),
    case(two_generators_with_conditions, (XS,)),
    case(set_is_changed_later, (XS,), overlap=4),
    case(dict_comprehension_with_loud_keys, (XS,)),
    case(dict_comprehension_with_unhashable, (XS,), raises="TypeError"),
    case(functions_made_in_a_comprehension, (XS,)),
    case(sum_of_generator, (XS,), overlap=4),
    case(sum_with_start, (XS,), overlap=4),
    case(sum_of_floats, (XS,)),
    case(sum_of_strings_fails_at_once, (XS,), raises="TypeError"),
    case(sum_of_mixed_fails_midway, (XS,), raises="TypeError"),
    case(sum_of_loud, (XS,)),
    case(max_of_mixed_fails_midway, (XS,), raises="TypeError"),
    case(max_of_loud, (XS,)),
    case(min_and_max, (XS,), overlap=4),
    case(max_of_nothing, (XS,), raises="ValueError"),
    case(max_with_key, (XS,), overlap=4),
    case(sorted_generator, (XS,), overlap=4),
    case(sorted_of_mixed, (XS,), raises="TypeError"),
    case(list_and_tuple, (XS,), overlap=4),
    case(set_and_frozenset, (XS,), overlap=4),
    case(frozenset_of_loud, (XS,)),
    case(set_of_unhashable_midway, (XS,), raises="TypeError"),
    case(dict_of_pairs, (XS,), overlap=4),
    case(dict_of_bad_pair_midway, (XS,), raises="TypeError"),
    case(joined, (XS, "+"), overlap=4),
    case(joined_with_number, (XS,), raises="TypeError"),
    case(collections_of_generators, (XS,), overlap=4),
    case(extended, (XS,), overlap=4),
    case(extended_until_it_fails, (XS,), more_calls=True),
    case(a_generator_that_is_kept, (XS,)),
    case(a_generator_passed_on, (XS,)),
    case(default_is_computed_before_elements, (XS,)),
    case(key_is_made_before_elements, (XS,)),
    case(shadowed_names, (XS,), overlap=4),
    case(shadowed_builtin, (XS,)),
    case(changed_between_elements, (XS,)),
    case(mapped, (XS,), overlap=4),
    case(mapped_over_two, (XS,), overlap=4),
    case(mapped_ordered, (XS,)),
    case(mapped_method, lambda: (Model(), [1, 2, 3, 4]), overlap=4),
    case(mapped_partial, (XS,)),
    case(filtered, (XS,), overlap=4),
    case(starmapped, (XS,)),
    case(zipped_with_generator, (XS,), overlap=4),
    case(zip_stops_at_the_shorter, (XS,)),
    case(enumerated, (XS,), overlap=4),
    case(a_map_that_is_kept, (XS,)),
    case(fails_in_map, (XS,), raises="ValueError", more_calls=True),
    case(accumulated, (XS,)),
    case(sliced, (XS,)),
    case(grouped, (XS,)),
    case(producted, (XS,)),
    case(sorted_by_key, (XS,), overlap=4),
    case(sorted_by_loud_key, (XS,)),
    case(sorted_by_mixed_key, (XS,), raises="TypeError"),
    case(extreme_by_key, (XS,), overlap=4),
    case(extreme_by_loud_key, (XS,)),
    case(extreme_by_mixed_key, (XS,), raises="TypeError"),
    case(extreme_of_nothing_by_key, (XS,), raises="ValueError"),
    case(extreme_by_key_of_effects, (XS,)),
    case(sort_in_place, lambda: ([1, 2, 3, 4],)),
    case(sort_in_place_fails, lambda: ([1, 2, 3, 4],), more_calls=True),
    case(averages, (XS,), overlap=4),
    case(average_of_nothing, (XS,), raises="StatisticsError"),
    case(average_in_order, (XS,), raises="TypeError"),
    case(chosen, (XS, 2), overlap=4),
    case(chosen, (XS, 0), (XS, -1), (XS, 9), name="chosen_none_or_all"),
    case(chosen, (XS, "two"), raises="TypeError", name="chosen_wrong"),
    case(chosen_by_loud_key, (XS, 2)),
    case(chosen_of_generator, (XS,)),
    case(mapped_with_partial, (XS,), overlap=4),
    case(mapped_with_partial, ([],), name="mapped_with_partial_nothing"),
    case(mapped_with_wrong_partial, (XS,), raises="TypeError"),
    case(best_records, (XS,), overlap=4),
    case(best_loud_records, (XS,)),
    case(reduced, (XS,)),
    case(reduced_in_order, (XS,)),
    case(with_operators, (XS,), overlap=4),
    case(through_a_cache, (XS,)),
    case(any_of, (XS,)),
    case(all_of, (XS,)),
    case(any_of_each, ([[1, 2, 3], [4], [5, 1], [1, 1]],), overlap=4),
    case(any_with_conditions, (XS,)),
    case(any_over_two, (XS,)),
    case(any_of_loud, (XS,)),
    case(next_of, (XS,)),
    case(next_of_nothing, (XS,), raises="StopIteration"),
    case(next_with_computed_default, (XS,)),
    case(next_in_a_loop, (XS,)),
    case(member_of_generator, (XS,)),
    case(any_of_map, (XS,)),
    case(any_stops_before_a_failure, (XS,)),
    case(any_over_an_endless_iterator, (XS,)),
    case(hit_of_any, (XS,), ([0, 1],), ([],)),
    case(all_or_none, (XS,), ([1],)),
    case(stop_in_sum, (2,), raises="RuntimeError"),
    case(stop_in_list, (2,), more_calls=True),
    case(stop_in_any, (2,), more_calls=True),
    case(stop_in_map, (2,)),
    case(next_in_map, (XS,)),
    case(method_is_looked_up_by_map, (XS,), raises="AttributeError"),
    case(stop_in_set_comprehension, (2,), raises="StopIteration"),
    case(other_failure_in_generator, (2,), raises="ValueError", more_calls=True),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
