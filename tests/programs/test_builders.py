"""Methods that return their object: a chain of them is one object, and what it is given is asked side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note
from observe import case

KEPT: list[Any] = []


class Report:
    def __init__(self, title: Any) -> None:
        self.title = title
        self.lines: list[Any] = []
        self.other: Any = None

    def add(self, line):
        self.lines.append(line)
        return self

    def titled(self, title):
        self.title = title
        return self

    def kept(self):
        KEPT.append(self)
        return self

    def if_any(self, line):
        self.lines.append(line)
        return self if len(self.lines) < 3 else None

    def copied(self):
        fresh = Report(self.title)
        fresh.lines = list(self.lines)
        return fresh

    def last_or_self(self):
        return self.lines[-1] if self.lines else self

    def told(self, line):
        self.lines.append(line)
        return note(line)


class Loud(Report):
    def add(self, line):
        super().add(line)
        self.lines.append("!")
        return self


def shown(*reports):
    return [(one.title, one.lines) for one in reports]


def in_one_line(topics):
    report = Report("all")
    report.add(ask("first")).add(ask("second")).add(ask("third"))
    return shown(report)


def one_for_each(topics):
    reports = []
    for topic in topics:
        report = Report(topic)
        report.add(ask(topic)).add(ask(topic, "more"))
        reports.append(report)
    return shown(*reports)


def made_in_the_chain(topics):
    return shown(*[Report(topic).add(ask(topic)).titled(ask("title", topic)) for topic in topics])


def under_a_second_name(topics):
    report = Report("all")
    same = report.add(ask("first"))
    same.add(ask("second"))
    report.add(ask("third"))
    return same is report, shown(report, same)


def the_class_says_more(topics):
    report = Loud("all")
    report.add(ask("first")).add(ask("second"))
    return shown(report)


def argument_looks_at_it(topics):
    report = Report("all")
    report.add(ask("first")).add(ask(len(report.lines))).add(ask(report.title, list(report.lines)))
    return shown(report)


def title_changes_on_the_way(topics):
    report = Report("all")
    report.add(ask(report.title)).titled(ask("new")).add(ask(report.title))
    return shown(report)


def kept_on_the_way(topics):
    report = Report("all")
    report.add(ask("first")).kept().add(ask(len(KEPT[0].lines)))
    KEPT[0].add(ask("last"))
    return shown(report), KEPT[0] is report


def none_at_the_end(topics):
    report = Report("all")
    try:
        report.if_any(ask("first")).if_any(ask("second")).if_any(ask("third")).if_any(ask("fourth"))
    except AttributeError as error:
        return str(error), shown(report)
    return shown(report)


def a_copy(topics):
    report = Report("all")
    other = report.add(ask("first")).copied().add(ask("second"))
    report.add(ask("third"))
    return shown(report, other), other is report


def last_or_self(topics):
    report = Report("all")
    first = report.last_or_self()
    report.add(ask("first"))
    second = report.last_or_self()
    return first is report, second, shown(report, first)


def given_to_another(topics):
    report, other = Report("all"), Report("other")
    other.other = report.add(ask("first"))
    other.other.add(ask("second"))
    report.add(ask(len(other.other.lines)))
    return shown(report, other, other.other)


def told_on_the_way(topics):
    report = Report("all")
    return report.add(ask("first")).told(ask("second")), shown(report)


def fails_on_the_way(x):
    report = Report("all")
    try:
        report.add(flaky(1)).add(flaky(x)).add(flaky(3))
    except ValueError:
        report.add("failed")
    return shown(report)


def in_rounds(topics):
    report = Report("all")
    for topic in topics:
        report = report.add(ask(topic))
    return shown(report)


class Told:
    def __init__(self) -> None:
        self.lines: list[Any] = []

    def mark(self, items, item):
        items.append(item)
        return self.add(len(items))

    def add(self, line):
        self.lines.append(line)
        return self

    def given(self, function, x):
        return self.add(function(x)) if function else self


def a_function_at_the_end(topics):
    Told().mark(topics, "m").add(1).given(lambda x: ask(), 1)
    return topics


def reset() -> None:
    KEPT.clear()


TOPICS = (["x", "y", "z"],)

PROGRAMS = [
    case(in_one_line, TOPICS, overlap=3),
    case(one_for_each, TOPICS, overlap=6),
    case(made_in_the_chain, TOPICS, overlap=6),
    case(under_a_second_name, TOPICS, overlap=3),
    case(the_class_says_more, TOPICS, overlap=2),
    case(argument_looks_at_it, TOPICS),
    case(title_changes_on_the_way, TOPICS, overlap=2),
    case(kept_on_the_way, TOPICS, setup=reset),
    case(none_at_the_end, TOPICS, more_calls=True),
    case(a_copy, TOPICS),
    case(last_or_self, TOPICS),
    case(given_to_another, TOPICS),
    case(told_on_the_way, TOPICS),
    case(fails_on_the_way, (1,), more_calls=True),
    case(fails_on_the_way, (2,), name="one_fails", more_calls=True),
    case(in_rounds, TOPICS),
    case(a_function_at_the_end, TOPICS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
