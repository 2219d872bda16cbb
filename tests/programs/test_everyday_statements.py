"""Statements of everyday programs that act in place: `+=`, `update`, `setdefault`, text in memory, handlers."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from leaves import LOG, ask, flaky, note, num
from observe import case


@dataclass(frozen=True)
class Parsed:
    """A frozen record that computes a field where it is made."""

    title: str
    words: int = 0

    def __post_init__(self):
        object.__setattr__(self, "words", len(self.title))

    def renamed(self, title):
        object.__setattr__(self, "title", title)


class Mapping:
    """What `dict.update` asks for its keys."""

    def keys(self):
        note("keys")
        return ["k"]

    def __getitem__(self, key):
        note(key)
        return 5


class Collector:
    """Lists that grow: its own, one of its class, one that a property stores."""

    shared: list[Any] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.own: list[Any] = []
        self.kept: list[Any] = []
        self.sets = 0

    @property
    def copied(self):
        return self.kept

    @copied.setter
    def copied(self, value):
        self.sets += 1
        self.kept = list(value)

    def add(self, x):
        self.own += [ask(x)]
        return self


class Loud(Exception):
    def __str__(self):
        note("text")
        return "loud"


# ---------------------------------------------------------------- containers
def added_lists(xs):
    out = []
    for x in xs:
        out += [x, ask(x)]
        out += (x,)
    return out


def added_in_a_helper(xs):
    def collect(into, x):
        into += [ask(x)]

    out: list[Any] = []
    for x in xs:
        collect(out, x)
    return out


def added_to_a_second_name(xs):
    out = []
    other = out
    for x in xs:
        out += [ask(x, len(other))]
    return out, other is out


def added_to_one_of_two(xs):
    first, second = [], []
    for x in xs:
        chosen = first if x % 2 else second
        chosen += [ask(x)]
    return first, second


def added_to_parts(xs):
    rows: list[list[Any]] = [[] for _ in xs]
    found: dict[str, list[Any]] = {"all": []}
    for number, x in enumerate(xs):
        rows[number] += [ask(x)]
        found["all"] += [x, ask(x, "all")]
    return rows, found


def added_to_an_object(xs):
    collector = Collector()
    for x in xs:
        collector.add(x)
        collector.own += [x]
    return collector.own


def added_otherwise(xs):
    collector = Collector()
    for x in xs:
        collector.copied += [ask(x)]
        collector.shared += [ask(x, "shared")]
    held = list(collector.shared)
    Collector.shared.clear()
    return collector.kept, collector.sets, held


def added_to_a_part_with_a_name(xs):
    found: dict[str, list[Any]] = {"all": []}
    part = found["all"]
    for x in xs:
        found["all"] += [ask(x, len(part))]
    return found, part is found["all"]


def added_by_halves(xs):
    rows: list[Any] = [[] for _ in xs]
    try:
        for number, x in enumerate(xs):
            rows[number] += ask(x)
            rows[number] += x
    except TypeError as error:
        return rows, str(error)
    return rows, None


def united_sets(xs):
    out = set()
    for x in xs:
        out |= {ask(x)}
    return sorted(out)


def updated_dicts(xs):
    out: dict[Any, Any] = {}
    for x in xs:
        one: dict[Any, Any] = {}
        one.update(name=x, reply=ask(x))
        out.update({x: one})
    out.update([("last", 1)])
    return out


def updated_by_code(xs):
    out: dict[Any, Any] = {}
    for x in xs:
        out.update(Mapping())
        out[x] = ask(x, len(out))
    return out


def updated_by_halves(xs):
    out: dict[Any, Any] = {}
    try:
        out.update([*((x, ask(x)) for x in xs), (1, 2, 3)])  # type: ignore[call-overload]
    except ValueError as error:
        return out, str(error)
    return out, None


def grouped_by_replies(xs):
    groups: dict[Any, list[Any]] = {}
    for x in xs:
        groups.setdefault(num(x) % 20, []).append(ask(x))
    return groups


def grouped_twice(xs):
    groups: dict[Any, Any] = {}
    for x in xs:
        groups.setdefault("all", {}).setdefault(num(x) % 20, set()).add(ask(x))
    return {key: sorted(held) for key, held in groups["all"].items()}


def grouped_in_defaults(xs):
    groups = defaultdict(list)
    for x in xs:
        groups[num(x) % 20].append(ask(x))
    return groups


def grouped_by_looking(xs):
    groups: dict[Any, list[Any]] = {}
    for x in xs:
        groups.setdefault(num(x) % 20, []).append(ask(len(groups)))
    return groups


# ---------------------------------------------------------------- text
def written_to_memory(xs):
    buffer = io.StringIO()
    for x in xs:
        buffer.write(ask(x) + "\n")
        print(x, ask(x, "again"), file=buffer)
    buffer.writelines(["the", "end"])
    return buffer.getvalue()


def written_and_read(xs):
    buffer = io.StringIO()
    out = []
    for x in xs:
        print(ask(x), file=buffer, end="")
        out.append(ask(buffer.getvalue()))
    return out


# ---------------------------------------------------------------- handlers
def names_of_classes(xs):
    out, kinds = {}, Counter()
    for x in xs:
        try:
            out[x] = flaky(x)
        except Exception as error:
            kinds[type(error).__name__] += 1
            out[x] = f"{error.__class__.__qualname__}: {error}"
    return out, kinds


def classes_of_ours(xs):
    out = []
    for x in xs:
        try:
            raise Loud(ask(x))
        except Loud as error:
            kind = type(error)
            out.append((kind.__name__, kind is Loud, kind.__module__ == __name__))
    return out


def else_asks_again(xs):
    out, good, done = [], 0, 0
    for x in xs:
        try:
            reply = flaky(x)
        except ValueError:
            out.append(None)
        else:
            good += 1
            out.append(ask(reply))
        finally:
            done += 1
    return out, good, done


def else_asks_of_what_is_there(xs):
    out: list[Any] = []
    for x in xs:
        try:
            reply = flaky(x)
        except ValueError:
            out.append(len(out))
        else:
            out.append(ask(reply, len(out)))
    return out


def raises_from_else(xs):
    out: list[Any] = []
    try:
        for x in xs:
            try:
                reply = flaky(x)
            except ValueError:
                out.append(None)
            else:
                out.append(flaky(reply + 1))
    except ValueError as error:
        return out, str(error)
    return out, None


# ---------------------------------------------------------------- records
def frozen_records(xs):
    records = [Parsed(ask(x)) for x in xs]
    return [ask(record.title, record.words) for record in records]


def a_frozen_record_changes(xs):
    record = Parsed("a")
    out = []
    for x in xs:
        out.append(ask(record.title))
        record.renamed(ask(x))
    return out, record


def reset() -> None:
    LOG.clear()


XS = ([0, 1, 2, 3],)

PROGRAMS = [
    case(added_lists, XS, overlap=4),
    case(added_in_a_helper, XS),
    case(added_to_a_second_name, XS),
    case(added_to_one_of_two, XS),
    case(added_to_parts, XS, overlap=8),
    case(added_to_an_object, XS, overlap=4),
    case(added_otherwise, XS),
    case(added_to_a_part_with_a_name, XS),
    case(added_by_halves, XS, more_calls=True),
    case(united_sets, XS, overlap=4),
    case(updated_dicts, XS, overlap=4),
    case(updated_by_code, XS),
    case(updated_by_halves, XS),
    case(grouped_by_replies, XS, overlap=8),
    case(grouped_twice, XS, overlap=8),
    case(grouped_in_defaults, XS, overlap=8),
    case(grouped_by_looking, XS),
    case(written_to_memory, XS, overlap=8),
    case(written_and_read, XS),
    case(names_of_classes, XS, overlap=4, more_calls=True),
    case(classes_of_ours, XS, overlap=4, more_calls=True),
    case(else_asks_again, XS, overlap=4, more_calls=True),
    case(else_asks_again, ([0, 1, 3, 4],), name="else_asks_at_once", overlap=4, more_calls=True),
    case(else_asks_of_what_is_there, XS, overlap=4, more_calls=True),
    case(raises_from_else, ([0, 3, 2, 1],), overlap=4, more_calls=True),
    case(frozen_records, XS, overlap=4),
    case(a_frozen_record_changes, XS, overlap=4),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
