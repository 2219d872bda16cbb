"""Programs that go over all lanes stage by stage: each lane goes on as soon as its own answer is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import xcs

LANES = ["slow", "fast", "quick"]


class Lanes:
    """A model: the first call of the slow lane ends when all calls of the other ones have been made."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked: list[str] = []
        self.num_others = 0
        self.others_are_done = threading.Event()

    def expect(self, num_others: int) -> None:
        self.num_others = num_others

    def ask(self, text: str) -> str:
        with self.lock:
            self.asked.append(text)
            if sum("slow" not in one for one in self.asked) == self.num_others:
                self.others_are_done.set()
        if text == "slow":
            assert self.others_are_done.wait(20), "the other lanes wait for the slow one"
        if "fails" in text:
            raise LookupError(text)
        return text + "."


lanes = Lanes()


@pytest.fixture(autouse=True)
def _fresh_lanes() -> Iterator[None]:
    lanes.__init__()
    yield
    lanes.others_are_done.set()


@xcs.op(effect="unordered")
def ask(text: str) -> str:
    return str(lanes.ask(text))


def in_a_loop(texts: list[str], num_stages: int) -> list[str]:
    for _ in range(num_stages):
        texts = [ask(text) for text in texts]
    return texts


def line_after_line(texts: list[str], num_stages: int) -> list[str]:
    drafts = [ask(text) for text in texts]
    reviews = [ask(draft) for draft in drafts]
    return [ask(review) for review in reviews]


def appended(texts: list[str], num_stages: int) -> list[str]:
    drafts = []
    for text in texts:
        drafts.append(ask(text))
    reviews = []
    for draft in drafts:
        review = ask(draft)
        reviews.append(ask(review))
    return reviews


def one_stage(texts: list[str]) -> list[str]:
    return [ask(text) for text in texts]


def by_a_helper(texts: list[str], num_stages: int) -> list[str]:
    for _ in range(num_stages):
        texts = one_stage(texts)
    return texts


def numbered(texts: list[str], num_stages: int) -> list[str]:
    drafts = [ask(text) for text in texts]
    reviews = [f"{number}{ask(draft)}" for number, draft in enumerate(drafts)]
    return [ask(review) for review in reviews]


def side_by_side(texts: list[str], num_stages: int) -> list[tuple[str, str]]:
    drafts = [ask(text) for text in texts]
    reviews = [ask(draft) for draft in drafts]
    found = []
    for number, (text, draft, review) in enumerate(zip(texts, drafts, reviews, strict=False), 1):
        found.append((f"{number} {text}", ask(draft + review)))
    return found


def with_a_condition(texts: list[str], num_stages: int) -> list[str]:
    drafts = [ask(text) for text in texts]
    reviews = [ask(draft) if len(draft) > 2 else draft for draft in drafts]
    return [ask(review) for review in reviews]


def in_a_table(texts: list[str], num_stages: int) -> list[list[str]]:
    table = [[ask(text), ask(text + "-")] for text in texts]
    return [[ask(cell) for cell in row] for row in table]


def in_dicts(texts: list[str], num_stages: int) -> dict[str, str]:
    drafts = {text: ask(text) for text in texts}
    reviews = {name: ask(draft) for name, draft in drafts.items()}
    return {name: ask(review) for name, review in reviews.items()}


def in_values_of_dicts(texts: list[str], num_stages: int) -> list[str]:
    drafts = {len(text): ask(text) for text in texts}
    reviews = [ask(draft) for draft in drafts.values()]
    return [ask(review) for review in reviews]


def named(texts: list[str]) -> dict[str, str]:
    return {text[:2]: ask(text) for text in texts}


def in_dicts_of_a_helper(texts: list[str], num_stages: int) -> list[str]:
    return [name + ask(ask(draft)) for name, draft in named(texts).items()]


class Writer:
    def __init__(self, name: str) -> None:
        self.draft = ask(name)

    def write(self) -> str:
        self.draft = ask(self.draft)
        return ask(self.draft)


def by_numbered_writers(texts: list[str], num_stages: int) -> list[str]:
    writers = [Writer(text) for text in texts]
    found = []
    for number, writer in enumerate(writers):
        found.append(f"{number} {writer.write()}")
    return found


PROGRAMS = [
    in_a_loop,
    line_after_line,
    appended,
    by_a_helper,
    numbered,
    side_by_side,
    with_a_condition,
    in_dicts,
    in_values_of_dicts,
    in_dicts_of_a_helper,
    by_numbered_writers,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_lanes_do_not_wait_for_each_other(program: Callable[..., Any]) -> None:
    lanes.others_are_done.set()
    expected = program(list(LANES), 3)
    asked = sorted(lanes.asked)
    lanes.__init__()
    lanes.expect(6)
    overlapping = xcs.jit(strategy="hybrid")(program)  # calls that have always been fast are not made in place
    assert overlapping(list(LANES), 3) == expected
    assert sorted(lanes.asked) == asked


def test_the_first_failure_is_that_of_the_earlier_stage() -> None:
    lanes.expect(1)  # the second call of the lane that is not slow, which fails

    @xcs.op(effect="unordered")
    def slow_failure(text: str) -> str:
        if text == "slow":
            assert lanes.others_are_done.wait(20)
            raise ValueError(text)
        return text

    @xcs.jit(strategy="hybrid")
    def program(texts: list[str]) -> list[str]:
        drafts = [slow_failure(text) for text in texts]
        return [ask(draft) for draft in drafts]

    with pytest.raises(ValueError, match="slow"):
        program(["slow", "fails"])
    assert lanes.asked == ["fails"]


def test_prints_come_stage_by_stage(capsys: pytest.CaptureFixture[str]) -> None:
    lanes.others_are_done.set()

    def program(texts: list[str]) -> list[str]:
        drafts = []
        for text in texts:
            drafts.append(ask(text))
            print("draft", text)
        reviews = []
        for draft in drafts:
            print("review", draft)
            reviews.append(ask(draft))
        return reviews

    expected = program(list(LANES))
    printed = capsys.readouterr().out
    assert xcs.jit(program)(list(LANES)) == expected
    assert capsys.readouterr().out == printed


def changed_between(texts: list[str]) -> list[str]:
    drafts = [ask(text) for text in texts]
    drafts.append("one more")
    drafts.reverse()
    return [ask(draft) for draft in drafts]


def changed_in_the_loop(texts: list[str]) -> list[str]:
    drafts = [ask(text) for text in texts]
    found = []
    for draft in drafts:
        if len(drafts) < 5:
            drafts.append(draft + "+")
        found.append(ask(draft))
    return found + drafts


def changed_after_the_loop(texts: list[str]) -> tuple[list[str], list[str]]:
    drafts = [ask(text) for text in texts]
    reviews = [ask(draft) for draft in drafts]
    drafts.clear()
    return drafts, reviews


def kept_by_somebody_else(texts: list[str]) -> list[str]:
    drafts = [ask(text) for text in texts]
    keep(drafts)
    return [ask(draft) for draft in drafts]


def keep(drafts: list[str]) -> None:
    drafts[0] = "kept"


def ended_by_a_break(texts: list[str]) -> list[str]:
    found = []
    for draft in [ask(text) for text in texts]:
        if draft.startswith("fast"):
            break
        found.append(ask(draft))
    return found


def zipped_with_itself(texts: list[str]) -> list[str]:
    drafts = [ask(text) for text in texts]
    return [ask(a + b) for a, b in zip(drafts, [*drafts[1:], ""], strict=False)]


def zipped_and_changed(texts: list[str]) -> list[str]:
    drafts = [ask(text) for text in texts]
    found = []
    for text, draft in zip(texts, drafts, strict=False):
        texts.append(draft)
        found.append(ask(text + draft))
    return found + texts


def an_entry_changed_between(texts: list[str]) -> dict[str, str]:
    drafts = {text: ask(text) for text in texts}
    drafts["fast"] = "changed"
    drafts["more"] = "added"
    return {name: ask(draft) for name, draft in drafts.items()}


def an_entry_deleted_between(texts: list[str]) -> list[str]:
    drafts = {text: ask(text) for text in texts}
    del drafts["slow"]
    return [ask(draft) for draft in drafts.values()]


def a_dict_kept_by_somebody_else(texts: list[str]) -> list[str]:
    drafts = {text: ask(text) for text in texts}
    keep_dict(drafts)
    return [ask(draft) for draft in drafts.values()]


def keep_dict(drafts: dict[str, str]) -> None:
    drafts["quick"] = "kept"


def a_dict_changed_in_the_loop(texts: list[str]) -> dict[str, str]:
    drafts = {text: ask(text) for text in texts}
    for name, draft in drafts.items():
        drafts[name] = ask(draft)
    return drafts


def a_dict_that_grows_in_the_loop(texts: list[str]) -> str:
    drafts = {text: ask(text) for text in texts}
    try:
        for name, draft in drafts.items():
            drafts[name + "+"] = ask(draft)
    except RuntimeError as error:
        return f"{error} {list(drafts)}"
    return "no error"


def a_dict_changed_after_the_loop(texts: list[str]) -> tuple[dict[str, str], list[str]]:
    drafts = {text: ask(text) for text in texts}
    reviews = [ask(draft) for draft in drafts.values()]
    drafts.clear()
    return drafts, reviews


def the_same_key_again(texts: list[str]) -> dict[str, str]:
    drafts = {text[-1]: ask(text) for text in [*texts, *texts, "beast"]}
    return {name: ask(draft) for name, draft in drafts.items()}


@pytest.mark.parametrize(
    "program",
    [
        an_entry_changed_between,
        an_entry_deleted_between,
        a_dict_kept_by_somebody_else,
        a_dict_changed_in_the_loop,
        a_dict_that_grows_in_the_loop,
        a_dict_changed_after_the_loop,
        the_same_key_again,
        changed_between,
        changed_in_the_loop,
        changed_after_the_loop,
        kept_by_somebody_else,
        ended_by_a_break,
        zipped_with_itself,
        zipped_and_changed,
        in_a_table,
    ],
    ids=lambda program: program.__name__,
)
def test_lists_that_change_are_seen_as_they_are(program: Callable[..., Any]) -> None:
    lanes.others_are_done.set()
    arguments = (3,) if program is in_a_table else ()
    expected = program(list(LANES), *arguments)
    asked = sorted(lanes.asked)
    lanes.asked.clear()
    jitted = xcs.jit(program)
    for _ in range(2):
        assert jitted(list(LANES), *arguments) == expected
    assert sorted(lanes.asked) == sorted(2 * asked)
