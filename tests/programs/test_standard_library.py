"""The standard library between calls: dates, exact numbers, paths, text in memory, getters, records, hashes."""

from __future__ import annotations

import collections
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import hashlib
import heapq
import io
import itertools
import json
import operator
import pathlib
import tempfile
import uuid
from collections.abc import Callable

import pytest
from leaves import ask, note, num, rate
from observe import case

START = datetime.datetime(2024, 5, 17, 12, 30)


def deadlines(names, start):
    out = []
    for i, name in enumerate(names):
        due = start + datetime.timedelta(days=num(i), hours=2)
        out.append(f"{ask(name)} {due:%Y-%m-%d} {(due - start).total_seconds():.0f} {due.date().isoformat()}")
    return out


def prices(texts):
    total = decimal.Decimal(0)
    for text in texts:
        total += decimal.Decimal(text) * num(1) / 3
    return total, -total, total.quantize(decimal.Decimal("0.01"))


def precision_changes_in_between(x):
    with decimal.localcontext():
        before = decimal.Decimal(num(x)) / 3
        decimal.getcontext().prec = 5
        after = decimal.Decimal(1) / 3
        later = decimal.Decimal(num(x + 1)) / 3
        decimal.getcontext().prec = 9
        return before, after, later, decimal.Decimal(1) / 7


def exact(xs):
    parts = [fractions.Fraction(num(x), 7) for x in xs]
    return sum(parts), max(parts).numerator, parts[0] < parts[-1]


def files(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "answers.txt"
        path.write_text(ask(text))
        first = path.read_text()
        path.with_suffix(".md").write_text(first + ask("more"))
        path.write_text("over")
        return (
            first,
            path.read_text(),
            path.with_suffix(".md").read_text(),
            sorted(p.name for p in path.parent.iterdir()),
        )


def lines_of_a_file(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "lines"
        path.write_text(f"{ask(text)}\nb\nc\nd")
        with path.open() as file:
            first = next(file)
            n = num(1)
            some = [line for line in itertools.islice(file, n % 7)]  # noqa: C416
            return first, some, [line.strip() for line in file]


def text_in_memory(xs):
    out = io.StringIO()
    for x in xs:
        out.write(ask(x))
        if rate(x) > 0.1:
            out.write("|")
    mark = out.tell()
    out.seek(0)
    return out.read(3), out.read(), mark, out.getvalue()


def text_in_memory_by_helpers(xs):
    out = io.StringIO()
    for x in xs:
        _tell(out, x)
    out.seek(0)
    return list(out), [row for row in csv.reader(io.StringIO(out.getvalue()))]  # noqa: C416


def _tell(out, x):
    out.write(f"{x},{ask(x)}\n")


def rows_from_text(text):
    reader = csv.reader(io.StringIO(text))
    header = next(reader)
    n = num(0)
    first = [row for _, row in zip(range(n + 1), reader, strict=False)]
    return header, first, list(reader), ask(first)


def table_from_answers(rows):
    scored = [{**row, "score": rate(row["name"])} for row in rows]
    best = sorted(scored, key=operator.itemgetter("score"), reverse=True)
    return [operator.itemgetter("name", "score")(row) for row in best]


@dataclasses.dataclass
class Draft:
    text: str
    score: float = 0.0
    tags: list = dataclasses.field(default_factory=list)


def drafts(texts):
    found = [dataclasses.replace(Draft(t), text=ask(t), score=rate(t)) for t in texts]
    top = max(found, key=operator.attrgetter("score"))
    kept = dataclasses.asdict(top)
    top.tags.append("best")
    other = dataclasses.replace(top, score=1.0)
    other.tags.append("shared")
    return kept, top, other


class Kind(enum.Enum):
    GOOD = "good"
    BAD = "bad"

    def label(self):
        note(self.name)
        return self.value.upper()


def kinds(text):
    return [(kind.name, ask(f"{text} {kind.value}"), kind.label()) for kind in Kind]


def groups(words):
    answers = sorted(ask(word) for word in words)
    return [(key, len(list(group))) for key, group in itertools.groupby(answers, key=len)]


def groups_that_outlive_the_next(words):
    kept = []
    for key, group in itertools.groupby(words, key=len):
        n = num(key)
        kept.append((n, list(group)))
    return kept


def running(xs):
    return list(itertools.accumulate([num(x) for x in xs])), list(itertools.accumulate(xs, lambda a, b: a + num(b)))


def taken(xs):
    return list(itertools.takewhile(lambda x: num(x) < 30, xs)), list(itertools.dropwhile(lambda x: x < 3, xs))


def queue_of_tasks(xs):
    heap = [(num(x), x) for x in xs]
    heapq.heapify(heap)
    out = []
    while heap:
        _, x = heapq.heappop(heap)
        out.append(ask(x))
        if x > 3:
            heapq.heappush(heap, (num(x - 3), x - 3))
    return out, heapq.nlargest(2, xs, key=lambda x: -x)


def digests(xs):
    whole = hashlib.sha256()
    for x in xs:
        whole.update(ask(x).encode())
    return whole.hexdigest(), [hashlib.md5(ask(x).encode()).hexdigest()[:4] for x in xs]


def ids(xs):
    return [uuid.uuid5(uuid.NAMESPACE_DNS, ask(x)).hex for x in xs]


def union_with_a_literal(xs):
    found = {num(x) for x in xs}.union("ab")
    return sorted(str(x) for x in found), ask("ab")


def counts(xs):
    found = collections.Counter(ask(x) for x in xs)
    return json.dumps(found, sort_keys=True), found.most_common(1)


PROGRAMS = [
    case(deadlines, lambda: (["a", "b"], START)),
    case(prices, (["1.50", "2.25"],)),
    case(precision_changes_in_between, (1,)),
    case(exact, ([1, 2, 3],)),
    case(files, ("a",)),
    case(lines_of_a_file, ("a",)),
    case(text_in_memory, (["a", "b", "c"],)),
    case(text_in_memory_by_helpers, (["a", "b"],)),
    case(rows_from_text, ("h,i\n1,2\n3,4\n5,6",)),
    case(table_from_answers, ([{"name": "a"}, {"name": "b"}, {"name": "c"}],), overlap=3),
    case(drafts, (["a", "b"],)),
    case(kinds, ("x",)),
    case(groups, (["a", "b", "cc"],)),
    case(groups_that_outlive_the_next, (["a", "b", "cc", "dd", "e"],)),
    case(running, ([1, 2, 3],)),
    case(taken, ([1, 2, 3, 4, 1],)),
    case(queue_of_tasks, ([4, 1, 7],)),
    case(digests, ([1, 2],)),
    case(ids, ([1, 2, 3],), overlap=3),
    case(union_with_a_literal, ([1, 2],)),
    case(counts, (["a", "b", "a"],)),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()
