"""Programs as people write them: rows filled in place, tables of tables, callables kept as data, generators, retries.

Beside each that must overlap stand those that look alike and must not: one row twice, a list in itself, a shared key.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from leaves import ask, flaky, note, num, rate
from observe import case


@dataclass
class Row:
    title: str
    score: float = 0.0
    tags: list[str] = field(default_factory=list)


class QuotaError(Exception):
    def __init__(self, used: int, limit: int = 50) -> None:
        super().__init__(f"{used} of {limit}")
        self.used = used


class NotedError(ValueError):
    def __init__(self, what: str) -> None:
        note(f"made {what}")
        super().__init__(what)


class Router:
    def __init__(self) -> None:
        self.handlers = {"number": self.number, "text": self.text}

    def number(self, question: str) -> str:
        return ask("number " + question)

    def text(self, question: str) -> str:
        return ask("text " + question).upper()

    def route(self, question: str) -> str:
        return self.handlers["number" if question.isdigit() else "text"](question)


class Counting:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def ask(self, question: str) -> str:
        self.seen.append(question)
        return ask(question + str(len(self.seen)))


class Pipeline:
    def __init__(self, *stages: Callable[[Any], Any]) -> None:
        self.stages = stages

    def __call__(self, value: Any) -> Any:
        for stage in self.stages:
            value = stage(value)
        return value


# ---------------------------------------------------------------- rows and objects filled in place
def fill_rows(rows):
    for row in rows:
        row["score"] = rate(row["text"])
        row["summary"] = ask(row["text"])
    return sorted(row["score"] for row in rows)


def fill_objects(rows):
    for row in rows:
        row.score = rate(row.title)
        row.tags.append(ask(row.title))
    return max(rows, key=lambda row: row.score).title


def append_in_rows(rows):
    for row in rows:
        row["log"].append(ask(row["text"]))
    return len(rows)


def next_from_last(rows):
    for row in rows:
        row["text"] = ask(row["text"])
    return rows


def chained_keys(rows):
    for row in rows:
        row["b"] = ask(row["a"])
        row["a"] = ask(row["b"])
    return rows


def whole_row_read(rows):
    return [(row.setdefault("n", num(1)), len(row), ask(sorted(row))) for row in rows]


def computed_key(rows, key):
    for row in rows:
        row[key] = ask(row["text"])
    return rows


def deleted_key(rows):
    for row in rows:
        del row["text"]
        row["text"] = ask(len(row))
    return rows


def text_becomes_list(rows):
    for row in rows:
        row["log"] = [ask(row["text"])]
    return [entry + "!" for row in rows for entry in row["log"]]


def updated_rows(rows, other):
    for row in rows:
        row.update(other)
        row["n"] = ask(row["text"])
    return rows


def grow_while_iterated(rows):
    for row in rows:
        ask(row["text"])
        if len(row["all"]) < 5:
            row["all"].append({"text": "new", "all": []})
    return len(rows)


def rows_of(*texts: str) -> list[dict[str, Any]]:
    return [{"text": text, "log": []} for text in texts]


def same_row_twice() -> list[dict[str, Any]]:
    row = {"text": "a", "a": "x", "b": "y", "log": []}
    return [row, row]


def same_object_twice() -> list[Row]:
    row = Row("a")
    return [row, row]


def shared_log() -> list[dict[str, Any]]:
    log: list[str] = []
    return [{"text": text, "log": log} for text in "abc"]


def list_in_itself() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"text": "a"}, {"text": "b"}]
    for row in rows:
        row["all"] = rows
    return rows


# ---------------------------------------------------------------- tables of tables
def table_of_tables(texts, languages):
    table: dict[str, dict[str, str]] = {}
    for language in languages:
        table[language] = {}
        for text in texts:
            table[language][text] = ask(language, text)
    return table


def matrix(a, b):
    grid = [[0.0] * len(b) for _ in a]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            grid[i][j] = rate(x + y)
    return grid


def aliased_matrix(a, b):
    grid = [[0.0] * len(b)] * len(a)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            grid[i][j] = rate(x + y)
    return grid


def matrix_in_itself(a):
    grid: list[Any] = [[ask(x)] for x in a]
    grid[0].append(grid)
    grid[0][1][1].append(ask("last"))
    return len(grid[1]), len(grid[0])


def row_with_a_name(a):
    grid = [[ask(x)] for x in a]
    first = grid[0]
    grid[0].append(ask("more"))
    return first, grid


# ---------------------------------------------------------------- callables kept as data
def routed(router, questions):
    return [router.route(question) for question in questions]


def partials(question):
    callers = [functools.partial(ask, question, t=t) for t in (0.0, 0.5, 1.0)]
    return [caller() for caller in callers]


def partials_of_methods(bots):
    callers = [functools.partial(bot.ask, "q") for bot in bots]
    return [caller() for caller in callers], [bot.seen for bot in bots]


def methods_kept(bots):
    steps = {str(index): bot.ask for index, bot in enumerate(bots)}
    return {name: step("q") for name, step in steps.items()}, [bot.seen for bot in bots]


def pipelines(texts):
    clean = Pipeline(str.strip, str.lower, ask, lambda text: text[1:-1])
    score = Pipeline(rate, lambda rating: round(rating, 2))
    return [(clean(text), score(text)) for text in texts]


def loud_pipeline(texts):
    both = Pipeline(ask, str.upper, _noted, len)
    return [both(text) for text in texts]


def _noted(text: str) -> str:
    note(text)
    return text


def keywords_in_a_dict(question):
    options = {"t": 0.5}
    return [_asked(question, **options), _asked(question, **{**options, "t": 1.0})]


def _asked(question: str, t: float = 0.0) -> str:
    return ask(question, t)


# ---------------------------------------------------------------- functions made in comprehensions
def with_retry(function, times=3):
    for attempt in range(times):
        try:
            return function()
        except ValueError:
            if attempt == times - 1:
                raise
    return None


def retried(xs):
    return [with_retry(lambda: flaky(x)) for x in xs]  # noqa: B023


def late_binding(xs):
    return [function() for function in [lambda: ask(x) for x in xs]]  # noqa: B023


def kept_by_a_list(xs):
    kept: list[Callable[[], Any]] = []
    counts = [len(kept) for x in xs if kept.append(lambda: num(x)) is None]  # noqa: B023
    return counts, [function() for function in kept]


def kept_by_a_walrus(xs):
    return [(last := lambda: num(x))() for x in xs], last()  # noqa: B023


# ---------------------------------------------------------------- generators and itertools
def chunks(xs, size):
    for start in range(0, len(xs), size):
        yield xs[start : start + size]


def endless():
    number = 0
    while True:
        yield number
        number += 1


def broken(xs):
    for x in xs:
        if x == 3:
            raise ValueError("three")
        yield x


def told(xs):
    for x in xs:
        note(f"step {x}")
        yield x


def in_chunks(xs):
    out = []
    for chunk in chunks(xs, 2):
        out.extend([ask(x) for x in chunk])
    return out


def numbered(xs):
    out = []
    for number in endless():
        if number == len(xs):
            break
        out.append(ask(xs[number]))
    return out


def until_broken(xs):
    for x in broken(xs):
        ask(x)
        note(x)


def loud_steps(xs):
    return [ask(x) for x in told(xs)]


def growing_source(xs):
    out = []
    for chunk in chunks(xs, 2):
        out.append(ask(chunk))
        if len(xs) < 7:
            xs.append(len(xs))
    return out


def shared_generator(xs):
    source = chunks(xs, 1)
    first = []
    for chunk in source:
        first.append(ask(chunk))
        if len(first) == 2:
            break
    return first, [ask(chunk) for chunk in source]


def all_pairs(xs):
    scores = {}
    for a, b in itertools.combinations(xs, 2):
        scores[a, b] = rate(a + b)
    return max(scores, key=scores.get)


def shared_pairs(xs):
    pairs = itertools.combinations(xs, 2)
    first = [ask(a, b) for a, b in itertools.islice(pairs, 2)]
    return first, [ask(a, b) for a, b in pairs]


def side_by_side(a, b):
    return [rate(x) - rate(y) for x, y in itertools.zip_longest(a, b, fillvalue="-")]


def side_by_side_growing(a, b):
    out = []
    for x, y in itertools.zip_longest(a, b):
        out.append(ask(x, y))
        if len(b) < 5:
            b.append(len(b))
    return out


def lazily(xs) -> Iterator[Any]:
    yield from xs


def type_of_elements_changes(xs):
    source = lazily(xs)
    xs.append("text")
    return [x if isinstance(x, str) else num(x) for x in source]


# ---------------------------------------------------------------- named tuples, counters, class attributes
class Finding(NamedTuple):
    text: str
    level: int = 1

    def label(self) -> str:
        return f"{self.text}:{self.level}"


Pair = namedtuple("Pair", "left right")


class Loud(namedtuple("Loud", "a b")):
    def __new__(cls, a: str, b: int = 2) -> Loud:
        note("loud")
        return super().__new__(cls, a, b)


class Reversed(NamedTuple):
    first: str
    second: str

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        note("iterated")
        return iter((self[1], self[0]))


class Tally:
    calls = 0
    limit = 3

    def __init__(self) -> None:
        self.total = 0.0

    def add(self, amount: float) -> None:
        self.total += amount
        Tally.calls += 1


class OwnTally(Tally):
    calls = 10


def findings(texts):
    found = [Finding(text, len(text)) for text in texts]
    return [ask(one.label()) for one in found], [ask(text) for text, _ in found], found[0].level


def pairs(texts):
    found = []
    for text in texts:
        found.append(Pair(left=ask(text), right=rate(text)))
    return [left + str(right) for left, right in found], found[0][1], found[0]._replace(left="x")


def loud_pairs(texts):
    return [Loud(ask(text)) for text in texts]


def own_iteration(texts):
    made = [Reversed(text, ask(text)) for text in texts]
    return [first for first, _ in made], made[0][0]


def wrong_fields(texts):
    return [Pair(ask(text), 1, 2) for text in texts]


def counted(texts):
    counts = Counter()
    for text in texts:
        counts[ask(text)[1]] += 1
        counts.update(text)
    return counts


def counted_mappings(texts):
    counts = Counter()
    for text in texts:
        counts.update({ask(text)[1]: 0.5})
        counts.update(a=1)
    return counts


def class_counter(texts):
    tally = Tally()
    for text in texts:
        tally.add(rate(text))
    return round(tally.total, 6), Tally.calls, tally.calls, OwnTally.calls


def class_counter_decides(texts):
    out = []
    for text in texts:
        out.append(ask(text) if Tally.calls < Tally.limit else "limit")
        Tally.calls += 2
    return out


def class_counter_changes_its_type(texts):
    for text in texts:
        Tally.calls = Tally.calls + num(1) if text != "b" else "text"
        if isinstance(Tally.calls, str):
            break
    return Tally.calls


def reset_tally() -> None:
    Tally.calls = 0


# ---------------------------------------------------------------- sorting in place
def sort_by_rating(texts):
    texts.sort(key=rate, reverse=True)
    return texts


def sort_rows(rows):
    rows.sort(key=lambda row: (rate(row["text"]), row["text"]))


def sort_own(texts):
    answers = [ask(text) for text in texts]
    answers.sort(key=lambda answer: rate(answer))
    return answers


def sort_by_what_is_left(texts):
    texts.sort(key=lambda text: len(texts) * num(1) - len(text))
    return texts


def sort_unordered(texts):
    texts.sort(key=lambda text: num(1) if len(text) > 1 else "a")


def sort_with_failing_key(xs):
    xs.sort(key=lambda x: -flaky(x))
    return xs


def sort_with_side_effects(texts):
    texts.sort(key=lambda text: note(text) or rate(text))
    return texts


def sort_alias(texts, others):
    texts.sort(key=lambda text: len(others) * 100 * num(1) + len(text) * num(1))
    return texts


# ---------------------------------------------------------------- exceptions with state
def until_quota(xs):
    total = 0
    for x in xs:
        total += num(x)
        if total > 50:
            raise QuotaError(total)
        note(total)
    return total


def quota_caught(xs):
    try:
        return until_quota(xs)
    except QuotaError as error:
        return error.used, str(error), error.args


def noted_errors(xs):
    out = []
    for x in xs:
        try:
            if num(x) > 10:
                raise NotedError(str(x))
            out.append(x)
        except NotedError as error:
            out.append(str(error))
    return out


PROGRAMS = [
    case(fill_rows, lambda: (rows_of("a", "b", "c"),), overlap=6),
    case(fill_rows, lambda: (same_row_twice(),), name="fill_same_row"),
    case(fill_objects, lambda: ([Row("a"), Row("b"), Row("c")],), overlap=6),
    case(fill_objects, lambda: (same_object_twice(),), name="fill_same_object"),
    case(append_in_rows, lambda: (rows_of("a", "b", "c"),), overlap=3),
    case(append_in_rows, lambda: (shared_log(),), name="append_in_shared_log"),
    case(next_from_last, lambda: (rows_of("a", "b"),)),
    case(next_from_last, lambda: (same_row_twice(),), name="next_from_last_same_row"),
    case(chained_keys, lambda: ([{"a": "x", "b": 1}, {"a": "y", "b": 2}],)),
    case(chained_keys, lambda: (same_row_twice(),), name="chained_keys_same_row"),
    case(whole_row_read, lambda: (rows_of("a", "b"),)),
    case(whole_row_read, lambda: (same_row_twice(),), name="whole_row_read_twice"),
    case(computed_key, lambda: (rows_of("a", "b"), "text")),
    case(computed_key, lambda: (same_row_twice(), "text"), name="computed_key_same_row"),
    case(deleted_key, lambda: (rows_of("a", "b"),)),
    case(text_becomes_list, lambda: (rows_of("a", "b"),)),
    case(updated_rows, lambda: (rows_of("a", "b"), {"text": 1})),
    case(updated_rows, lambda: (same_row_twice(), {"text": ["x"]}), name="updated_same_row"),
    case(grow_while_iterated, lambda: (list_in_itself(),)),
    case(grow_while_iterated, lambda: ([{"text": "a", "all": []}, {"text": "b", "all": [1]}],), name="grow_others"),
    case(table_of_tables, lambda: (["a", "b"], ["de", "fr"]), overlap=4),
    case(matrix, lambda: (["a", "b"], ["c", "d"]), overlap=4),
    case(aliased_matrix, lambda: (["a", "b"], ["c", "d"])),
    case(matrix_in_itself, lambda: (["a", "b"],)),
    case(row_with_a_name, lambda: (["a", "b"],)),
    case(routed, lambda: (Router(), ["1", "two", "3"]), overlap=3),
    case(partials, lambda: ("q",), overlap=3),
    case(partials_of_methods, lambda: ([Counting(), Counting()],)),
    case(methods_kept, lambda: ([Counting(), Counting()],)),
    case(methods_kept, lambda: ([one := Counting(), one],), name="methods_of_one_kept"),
    case(pipelines, lambda: ([" A ", "b"],), overlap=4),
    case(loud_pipeline, lambda: (["a", "b"],)),
    case(keywords_in_a_dict, lambda: ("q",), overlap=2),
    case(retried, lambda: ([0, 1, 3],), overlap=3),
    case(retried, lambda: ([0, 2, 3],), name="retried_in_vain", raises="ValueError", more_calls=True),
    case(late_binding, lambda: (["a", "b"],)),
    case(kept_by_a_list, lambda: ([1, 2],)),
    case(kept_by_a_walrus, lambda: ([1, 2],)),
    case(in_chunks, lambda: (["a", "b", "c"],), overlap=3),
    case(numbered, lambda: (["a", "b", "c"],)),
    case(until_broken, lambda: ([1, 2, 3, 4],), raises="ValueError"),
    case(loud_steps, lambda: (["a", "b"],)),
    case(growing_source, lambda: ([1, 2, 3],)),
    case(shared_generator, lambda: (["a", "b", "c", "d"],)),
    case(all_pairs, lambda: (["a", "b", "c"],), overlap=3),
    case(shared_pairs, lambda: (["a", "b", "c"],)),
    case(side_by_side, lambda: (["a", "b", "c"], ["d"]), overlap=6),
    case(side_by_side_growing, lambda: ([1, 2, 3], [4])),
    case(type_of_elements_changes, lambda: ([1, 2],)),
    case(findings, lambda: (["a", "bb"],), overlap=4),
    case(pairs, lambda: (["a", "b"],), overlap=4),
    case(loud_pairs, lambda: (["a", "b"],)),
    case(own_iteration, lambda: (["a", "b"],)),
    case(wrong_fields, lambda: (["a", "b"],), raises="TypeError", more_calls=True),
    case(counted, lambda: (["ab", "bc", "c"],), overlap=3),
    case(counted_mappings, lambda: (["ab", "bc"],)),
    case(class_counter, lambda: (["a", "b", "c"],), overlap=3, setup=reset_tally, state=lambda: Tally.calls),
    case(class_counter_decides, lambda: (["a", "b", "c"],), setup=reset_tally, state=lambda: Tally.calls),
    case(class_counter_changes_its_type, lambda: (["a", "b"],), setup=reset_tally, state=lambda: Tally.calls),
    case(sort_by_rating, lambda: (["pear", "fig", "kiwi"],), overlap=3),
    case(sort_rows, lambda: (rows_of("pear", "fig", "kiwi"),), overlap=3),
    case(sort_own, lambda: (["pear", "fig", "kiwi"],), overlap=3),
    case(sort_by_what_is_left, lambda: (["pear", "fig", "kiwi"],)),
    case(sort_unordered, lambda: (["pear", "f", "kiwi"],), raises="TypeError"),
    case(sort_with_failing_key, lambda: ([1, 3, 4],), overlap=3),
    case(sort_with_failing_key, lambda: ([1, 2, 4],), name="sort_fails", raises="ValueError", more_calls=True),
    case(sort_with_side_effects, lambda: (["pear", "fig", "kiwi"],)),
    case(sort_alias, lambda: (["pear", "fig", "kiwi"], [1])),
    case(sort_alias, lambda: ((xs := ["pear", "fig", "kiwi"]), xs), name="sort_looks_at_itself"),
    case(until_quota, lambda: ([1, 2, 3, 4],), raises="QuotaError", overlap=4, more_calls=True),
    case(quota_caught, lambda: ([1, 2, 3, 4],), more_calls=True),
    case(noted_errors, lambda: ([1, 2, 3],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
