"""Results that are kept where others see them: in an object's list beside records from outside, by callbacks, under a
second name. What they are kept in is told from what is walked and asked; where it is the same, order stays."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import ask, note, num, rate
from observe import case


@dataclass(frozen=True)
class Example:
    question: str
    group: str = "all"


@dataclass
class Result:
    example: Any
    reply: str
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.scores.values()) if self.scores else 0.0


class Harness:
    def __init__(self, rubric: Any) -> None:
        self.rubric = rubric
        self.results: list[Result] = []
        self.seen: Any = None

    def evaluate(self, example: Example) -> Result:
        reply = ask(example.question)
        scores = {}
        for criterion in self.rubric:
            scores[criterion] = rate(criterion + reply)
        return Result(example, reply, scores)

    def run(self, examples: list[Example]) -> Any:
        groups = defaultdict(list)
        for example in examples:
            result = self.evaluate(example)
            self.results.append(result)
            groups[example.group].append(sum(weight * result.scores[name] for name, weight in self.rubric.items()))
        best = max(self.results, key=lambda one: one.mean)
        means = {name: round(statistics.fmean(found), 3) for name, found in sorted(groups.items())}
        return means, statistics.fmean(one.mean for one in self.results), best.example.question

    def grow_rubric(self, examples: list[Example]) -> int:
        for example in examples:
            result = self.evaluate(example)
            self.results.append(result)
            self.rubric[result.reply] = 1
        return len(self.rubric)

    def walk_what_is_kept(self, examples: list[Example]) -> list[int]:
        out = []
        for example in examples:
            self.seen = self.results
            for one in self.seen:
                out.append(num(len(one.reply)))
            self.results.append(self.evaluate(example))
        return out

    def change_what_is_kept(self, rows: list[dict[str, Any]]) -> list[Any]:
        for row in rows:
            self.results.append(Result(row, ask(row["text"])))
            self.results[0].example["text"] += "!"
        return [row["text"] for row in rows]


def evaluated(harness, examples):
    return harness.run(examples)


def rubric_grows(harness, examples):
    return harness.grow_rubric(examples)


def kept_is_walked(harness, examples):
    return harness.walk_what_is_kept(examples)


def kept_is_changed(harness, rows):
    return harness.change_what_is_kept(rows)


def tell(texts, on_done):
    replies = []
    for text in texts:
        reply = ask(text)
        on_done(reply)
        replies.append(reply)
    return replies


def by_callbacks(texts):
    got, lengths = [], []

    def done(reply):
        got.append(reply)
        lengths.append(len(got))

    return tell(texts, done), got, lengths


def callback_adds_to_what_is_walked(texts):
    def done(reply):
        if len(texts) < 5:
            texts.append(reply)

    return tell(texts, done), texts


def own_list_is_walked_by_another_name(texts):
    mine = list(texts)

    def done(reply):
        if len(mine) < 5:
            mine.append(reply)

    return tell(mine, done), mine


def own_list_is_put_into_what_is_walked(rows):
    found: list[Any] = []
    rows.append({"found": found, "text": "mine"})

    def done(reply):
        found.append(reply)

    for row in rows:
        done(ask(row["text"] + str(len(row.get("found", [])))))
    return rows


class Keeper:
    def __init__(self) -> None:
        self.items: list[Any] = []

    def keep(self, x: Any) -> Any:
        self.items.append(x)
        return ask(f"{len(self.items)} {x}")


class Teller:
    def keep(self, x: Any) -> Any:
        return ask(x), rate(x)


def one_by_one(texts):
    keepers = [Keeper(), Teller()]
    return [[keeper.keep(text) for keeper in keepers] for text in texts], keepers[0].items


def second_name(rows):
    keepers = [Keeper(), Teller()]
    others = keepers
    return [others[0].keep(row["text"]) for row in rows], keepers[0].items


def rows_kept(rows):
    shelf = {"keeper": Keeper()}
    keeper = shelf["keeper"]
    out = []
    for row in rows:
        out.append(keeper.keep(row))
        keeper.items[0]["text"] += "!"
    return out, [row["text"] for row in rows]


def list_kept(rows):
    shelf = {"keeper": Keeper()}
    keeper = shelf["keeper"]
    keeper.items = rows
    out = []
    for row in rows:
        if len(rows) < 5:
            keeper.keep({"text": "new"})
        out.append(ask(row["text"]))
    return out, len(rows)


def noted_by_callback(texts):
    def done(reply):
        note(reply)

    return tell(texts, done)


EXAMPLES = [Example("a"), Example("bb", "few"), Example("ccc")]


def harness(**rubric: int) -> Harness:
    return Harness(rubric)


def kept_as_rubric() -> tuple[Any, ...]:
    made = Harness([])
    made.rubric = made.results
    return made, EXAMPLES


def rows() -> list[dict[str, Any]]:
    return [{"text": "a"}, {"text": "b"}, {"text": "c"}]


PROGRAMS = [
    case(evaluated, lambda: (harness(x=1, yy=2), EXAMPLES), overlap=3),
    case(rubric_grows, lambda: (harness(x=1), EXAMPLES)),
    case(kept_is_walked, lambda: (harness(x=1), EXAMPLES)),
    case(kept_is_walked, kept_as_rubric, raises="TypeError", name="kept_is_the_rubric"),
    case(kept_is_changed, lambda: (harness(), rows())),
    case(by_callbacks, (["a", "b", "c"],), overlap=3),
    case(callback_adds_to_what_is_walked, lambda: (["a", "b"],)),
    case(own_list_is_walked_by_another_name, (["a", "b"],)),
    case(own_list_is_put_into_what_is_walked, lambda: (rows(),)),
    case(one_by_one, (["a", "b", "c"],), overlap=6),
    case(second_name, lambda: (rows(),)),
    case(rows_kept, lambda: (rows(),)),
    case(list_kept, lambda: (rows(),)),
    case(noted_by_callback, (["a", "b", "c"],), overlap=3),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
