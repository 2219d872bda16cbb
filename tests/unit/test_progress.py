"""Progress bars: one for each loop of the text, told of every iteration, out of the way of output, gone when off."""

from __future__ import annotations

import asyncio
import io
import sys
import types
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

import xcs
from xcs.runtime.progress import Progress, watching


class Drawn:
    """Stands for `tqdm`: keeps what it is told."""

    made: ClassVar[list[Drawn]] = []

    def __init__(self, desc: str, total: int | None, leave: bool, file: Any, disable: bool, **options: Any) -> None:
        self.desc, self.total, self.leave, self.disable = desc, total, leave, disable
        self.delay = options["delay"]
        self.file = file
        self.n = 0
        self.start_t = self.last_print_t = 0.0
        self.is_open = True
        Drawn.made.append(self)

    def update(self) -> None:
        assert self.is_open
        self.n += 1
        self.say("update")

    def refresh(self) -> None:
        self.say("refresh")

    def clear(self) -> None:
        self.say("clear")

    def close(self) -> None:
        assert self.is_open
        self.is_open = False

    def say(self, what: str) -> None:
        if self.file is not None and not self.disable:
            self.file.write(f"{what}\n")


@pytest.fixture(autouse=True)
def bars(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Drawn]]:
    auto = types.ModuleType("tqdm.auto")
    auto.__dict__["tqdm"] = Drawn
    package = types.ModuleType("tqdm")
    package.__dict__["auto"] = auto
    monkeypatch.setitem(sys.modules, "tqdm", package)
    monkeypatch.setitem(sys.modules, "tqdm.auto", auto)
    Drawn.made.clear()
    yield Drawn.made
    assert not any(bar.is_open for bar in Drawn.made)


@xcs.op(effect="unordered")
def ask(question: Any) -> str:
    if question is None:
        raise ValueError("no question")
    return f"answer to {question}"


@xcs.op(effect="unordered")
async def ask_later(question: Any) -> str:
    await asyncio.sleep(0)
    return f"answer to {question}"


def each(questions: Any) -> list[str]:
    return [ask(question) for question in questions]


def nested(groups: Any) -> list[list[str]]:
    answers = []
    for group in groups:
        answers.append([ask(question) for question in group])
    return answers


def saying(questions: Any) -> None:
    for question in questions:
        answer = ask(question)
        print(answer)


def refined(questions: Any, draft: Any) -> Any:
    for question in questions:
        draft = ask(len(draft) + question)
    return draft


def turns(groups: Any) -> int:
    count = 0
    while count < len(groups):
        count += len([ask(question) for question in groups[count]]) > 0
    return count


def numbers(size: int) -> list[int]:
    return list(range(size))


@pytest.mark.parametrize("strategy", ["adaptive", "sequential"])
def test_a_map_has_a_bar(bars: list[Drawn], strategy: str) -> None:
    program = xcs.jit(strategy=strategy, progress=True)(each)
    assert program(numbers(70)) == each(numbers(70))
    (bar,) = bars
    assert (bar.n, bar.total, bar.leave) == (70, 70, True)
    assert bar.desc.startswith("test_progress.py:")


@pytest.mark.parametrize("strategy", ["adaptive", "sequential"])
def test_inner_loops_share_a_bar(bars: list[Drawn], strategy: str) -> None:
    groups = [numbers(size) for size in (20, 30, 50)] * 10
    assert xcs.jit(strategy=strategy, progress=True)(nested)(groups) == nested(groups)
    assert [(bar.n, bar.total, bar.leave) for bar in bars] == [(30, 30, True), (1000, 1000, False)]


@pytest.mark.parametrize("strategy", ["adaptive", "sequential"])
def test_a_loop_inside_a_while_shares_a_bar(bars: list[Drawn], strategy: str) -> None:
    groups = [numbers(20)] * 5
    assert xcs.jit(strategy=strategy, progress=True, stage="all")(turns)(groups) == 5
    assert [(bar.n, bar.total, bar.leave) for bar in bars] == [(100, 100, False)]


@pytest.mark.parametrize("strategy", ["adaptive", "sequential"])
def test_a_loop_with_carried_values_has_a_bar(bars: list[Drawn], strategy: str) -> None:
    assert xcs.jit(strategy=strategy, progress=True)(refined)(numbers(40), "") == refined(numbers(40), "")
    assert [(bar.n, bar.total) for bar in bars] == [(40, 40)]


@pytest.mark.parametrize(
    ("questions", "total"),
    [
        (enumerate([1, 2, 3]), 3),
        (zip([1, 2, 3], "ab", strict=False), 2),
        (iter([1, 2]), 2),
        ({"a": 1}.items(), 1),
        ((question for question in "abc"), None),
        (reversed([1, 2, 3, 4]), 4),
    ],
)
def test_totals_are_known_where_no_code_of_anybodys_has_to_run(
    bars: list[Drawn], questions: Any, total: int | None
) -> None:
    xcs.jit(progress=True)(each)(questions)
    assert [bar.total for bar in bars] == [total]


def test_nothing_asks_an_object_of_the_program_for_its_length(bars: list[Drawn]) -> None:
    class Questions(list):  # type: ignore[type-arg]
        def __len__(self) -> int:
            raise AssertionError

    assert xcs.jit(progress=True)(each)(Questions("ab")) == each("ab")
    assert [bar.total for bar in bars] == [None]


def test_async_programs(bars: list[Drawn]) -> None:
    @xcs.jit(progress=True)
    async def program(questions: list[int]) -> list[str]:
        return [await ask_later(question) for question in questions]

    assert asyncio.run(program(numbers(70))) == each(numbers(70))
    assert [(bar.n, bar.total) for bar in bars] == [(70, 70)]


def test_programs_inside_of_others_share_bars(bars: list[Drawn]) -> None:
    inner = xcs.jit(each)

    @xcs.op(effect="unordered")
    def answered(group: list[int]) -> list[str]:
        return inner(group)

    def program(groups: list[list[int]]) -> list[list[str]]:
        return [answered(group) for group in groups]

    groups = [numbers(10)] * 12
    assert xcs.jit(progress=True)(program)(groups) == program(groups)
    assert [(bar.n, bar.total, bar.leave) for bar in bars] == [(12, 12, True), (120, 120, False)]


def test_a_failure_closes_the_bars(bars: list[Drawn]) -> None:
    with pytest.raises(ValueError, match="no question"):
        xcs.jit(progress=True)(nested)([numbers(3), [1, None, 2]])
    assert bars


def test_output_has_room(bars: list[Drawn], monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with xcs.progress(file=stream, delay_s=0.0):
        xcs.jit(saying)(numbers(3))
    screen = ""
    for line in stream.getvalue().splitlines():
        assert not (line.startswith("answer") and screen == "drawn")
        screen = "empty" if line == "clear" else "drawn" if line in ("update", "refresh") else screen
    assert stream.getvalue().count("answer") == 3
    assert [bar.n for bar in bars] == [3]


def test_what_is_no_terminal_stays_clean(bars: list[Drawn], capfd: pytest.CaptureFixture[str]) -> None:
    xcs.jit(progress=True)(each)(numbers(3))
    assert [bar.disable for bar in bars] == [True]
    assert capfd.readouterr() == ("", "")


def test_a_stream_that_breaks_ends_the_bar_only(bars: list[Drawn]) -> None:
    stream = io.StringIO()
    stream.close()
    with xcs.progress(file=stream, delay_s=0.0):
        assert xcs.jit(each)(numbers(3)) == each(numbers(3))
    assert [bar.disable for bar in bars] == [True]


def test_off_by_default(bars: list[Drawn]) -> None:
    xcs.jit(each)(numbers(70))
    with xcs.progress():
        pass
    xcs.jit(each)(numbers(70))
    assert not bars


def test_a_program_shows_itself_where_the_caller_shows_all(bars: list[Drawn]) -> None:
    with xcs.progress():
        shown = watching.get()
        xcs.jit(progress=True)(each)(numbers(3))
        assert watching.get() is shown
    assert watching.get() is None
    assert len(bars) == 1


def test_runs_one_after_the_other_have_a_bar_each(bars: list[Drawn]) -> None:
    program = xcs.jit(each)
    with xcs.progress():
        program(numbers(3))
        program(numbers(4))
    assert [(bar.n, bar.total, bar.leave) for bar in bars] == [(3, 3, True), (4, 4, True)]


def test_the_real_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tqdm")
    monkeypatch.delitem(sys.modules, "tqdm.auto")
    pytest.importorskip("tqdm.auto", reason="the extra `progress` is not installed")
    stream = io.StringIO()
    with xcs.progress(file=stream, delay_s=0.0):
        xcs.jit(nested)([numbers(20)] * 3)
    assert "3/3" in stream.getvalue()
    assert "it/s" in stream.getvalue()
    assert "60/60" not in stream.getvalue().splitlines()[-1]


def test_a_notebook_keeps_output_apart() -> None:
    class Widget(Drawn):
        __module__ = "tqdm.notebook"

    sys.modules["tqdm.auto"].__dict__["tqdm"] = Widget
    progress = Progress(delay_s=0.0)
    token = watching.set(progress)
    try:
        xcs.jit(saying)(numbers(3))
    finally:
        watching.reset(token)
    assert [bar.disable for bar in Drawn.made] == [False]
