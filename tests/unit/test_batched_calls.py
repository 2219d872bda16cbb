"""Calls that go out together: which, when, and what becomes of one that fails."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from plan_writing import EXTERNAL, EXTERNAL_READS, ORDERED, Recorder, call, plan_of
from virtual_pool import Script, VirtualPool

from xcs.diagnostics.effect import PURE, Behaviour
from xcs.diagnostics.errors import XCSError
from xcs.runtime import batched_calls
from xcs.runtime.batch_form import BatchForm, batch_form_of
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.event_loop import LoopScheduler
from xcs.runtime.instrument import Instrument
from xcs.runtime.outcome import Outcome
from xcs.runtime.plan import Arguments, Block, Call, Literal, LoopSource, Map, Plan, Slot, Try


class Service:
    """Answers items in upper case, one by one or together, and remembers what it was asked."""

    __name__ = "ask"

    def __init__(self, max_batch: int = 4, **form: Any) -> None:
        self.asked: list[Any] = []
        self.wrong: set[str] = set()
        self.refuses_batches: BaseException | None = None
        self.form = BatchForm("ask", self.many, max_batch, **form)

    def __call__(self, item: str, **options: Any) -> str:
        self.asked.append(item)
        if item in self.wrong:
            raise LookupError(item)
        return item.upper()

    def many(self, items: list[str], **options: Any) -> Any:
        self.asked.append(tuple(items))
        if self.refuses_batches is not None:
            raise self.refuses_batches
        if self.wrong & set(items):
            raise LookupError("together")
        return [item.upper() for item in items]

    def call(self, *operands: Any, to: int, behaviour: Behaviour = EXTERNAL, name: str = "ask") -> Call:
        return replace(call(self, *operands, to=to, behaviour=behaviour), batch=self.form, name=name)


def mapped(body: Block, source: LoopSource = LoopSource.SNAPSHOT) -> Plan:
    return plan_of(Block(2, (Map("map", (1,), iterable=Slot(0), body=body, source=source),), (Slot(1),), 1))


def asking(service: Service, behaviour: Behaviour = EXTERNAL) -> Plan:
    return mapped(Block(2, (service.call(Slot(0), to=1, behaviour=behaviour),), (Slot(1),), 1))


def run(plan: Plan, *arguments: Any, pool: VirtualPool | None = None, **options: Any) -> Outcome:
    return Scheduler(replace(plan, is_batched=True), pool or VirtualPool(lambda _: 0), **options).run(arguments)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, only what the tests say takes long."""
    monkeypatch.setattr(batched_calls, "LONG_NS", float("inf"))
    monkeypatch.setattr(batched_calls, "MAX_DELAY_NS", float("inf"))


@pytest.mark.parametrize("behaviour", [EXTERNAL, EXTERNAL_READS, PURE])
@pytest.mark.parametrize("num_items", [0, 1, 2, 4, 9])
def test_items_of_a_map_go_out_together(behaviour: Behaviour, num_items: int) -> None:
    service = Service()
    items = [chr(97 + index) for index in range(num_items)]
    outcome = run(asking(service, behaviour), items)
    assert outcome.unwrap() == ([item.upper() for item in items],)
    groups = [tuple(items[start : start + 4]) for start in range(0, num_items, 4)]
    assert service.asked == [group if len(group) > 1 else group[0] for group in groups]


def test_totals_and_spans_say_how_many_went_out_together() -> None:
    service, instrument = Service(), Instrument()
    outcome = run(asking(service), list("abcdefghi"), instrument=instrument)
    totals = outcome.totals
    assert (totals.num_calls, totals.num_batches, totals.num_batched) == (3, 2, 8)
    assert [(span.path, span.num_calls) for span in instrument.in_program_order()] == [
        ((0, 0, 0), 4),
        ((0, 4, 0), 4),
        ((0, 8, 0), 1),
    ]


def test_independent_calls_of_different_places_go_out_together() -> None:
    service = Service()
    inner = Block(2, (service.call(Slot(0), to=1),), (Slot(1),), 1)
    first, last = service.call(Slot(0), to=1), service.call(Literal("z"), to=3)
    block = Block(4, (first, Map("map", (2,), iterable=Slot(0), body=inner), last), (Slot(1), Slot(2), Slot(3)), 1)
    assert run(plan_of(block), "ab").unwrap() == ("AB", ["A", "B"], "Z")
    assert service.asked == [("ab", "a", "b", "z")]


@pytest.mark.parametrize(
    ("left", "right", "together"),
    [
        (1, 1, True),
        (1, True, False),
        (1, 2, False),
        ("x", "x", True),
        (float("1.5"), float("1.5"), False),
        ([1], [1], False),
    ],
)
def test_other_arguments_are_the_same(left: Any, right: Any, together: bool) -> None:
    service = Service()
    calls = [
        replace(
            service.call(Literal("a"), to=index),
            arguments=Arguments(((False, Literal("a")),), (("k", Literal(other)),)),
        )
        for index, other in enumerate((left, right))
    ]
    assert run(plan_of(Block(2, tuple(calls), (Slot(0), Slot(1))))).unwrap() == ("A", "A")
    assert service.asked == ([("a", "a")] if together else ["a", "a"])


def test_the_item_may_be_passed_by_name_or_unpacked() -> None:
    service = Service(keyword="item", list_keyword="items")
    named = replace(service.call(to=1), arguments=Arguments((), (("item", Slot(0)),)))
    starred = replace(service.call(to=1), arguments=Arguments(((True, Slot(0)),)))
    nameless = replace(service.call(to=1), arguments=Arguments((), (("other", Slot(0)),)))
    for one, given, asked in [(named, "ab", [("a", "b")]), (starred, ["x", "y"], [("x", "y")])]:
        service.asked.clear()
        assert run(mapped(Block(2, (one,), (Slot(1),), 1)), given).unwrap() == ([item.upper() for item in given],)
        assert service.asked == asked
    second = BatchForm("ask", service.many, 4, position=1, keyword="item", list_keyword="items")
    service.asked.clear()
    assert run(mapped(Block(2, (replace(named, batch=second),), (Slot(1),), 1)), "ab").unwrap() == (["A", "B"],)
    assert service.asked == [("a", "b")]
    with pytest.raises(TypeError):
        run(mapped(Block(2, (nameless,), (Slot(1),), 1)), "ab").unwrap()


def test_unpacking_that_runs_code_is_left_to_the_call() -> None:
    class Unpacked:
        def __iter__(self) -> Iterator[str]:
            seen.append("iterated")
            return iter("q")

    seen: list[str] = []
    service = Service()
    starred = replace(service.call(to=1), arguments=Arguments(((True, Slot(0)),)))
    assert run(mapped(Block(2, (starred,), (Slot(1),), 1)), [Unpacked(), Unpacked()]).unwrap() == (["Q", "Q"],)
    assert (service.asked, seen) == (["q", "q"], ["iterated"] * 2)


def test_no_call_waits_for_one_that_is_not_ready() -> None:
    """`slow` comes back last: what is ready meanwhile goes out, and what needs it goes out by itself."""
    service, recorder = Service(), Recorder()
    late = call(recorder.leaf("slow", "s"), to=1, behaviour=EXTERNAL)
    calls = (late, service.call(Slot(1), to=2), service.call(Slot(0), to=3), service.call(Literal("b"), to=4))
    pool = VirtualPool(Script("ask", "slow", "ask"))
    assert run(plan_of(Block(5, calls, (Slot(2), Slot(3), Slot(4)), 1)), "a", pool=pool).unwrap() == ("S", "A", "B")
    assert service.asked == [("a", "b"), "s"]
    assert recorder.events == ["slow"]


def test_collected_calls_go_out_before_an_ordered_one_runs() -> None:
    service, recorder = Service(), Recorder()
    pool = VirtualPool(Script("first"))
    ordered = recorder.leaf("ordered", lambda value: recorder.events.append(f"submitted {pool.submitted}"))
    calls = (
        call(recorder.leaf("first", "x"), to=0, behaviour=EXTERNAL),
        service.call(Slot(0), to=1),
        call(ordered, Slot(0), to=2, behaviour=ORDERED),
    )
    block = Block(3, (calls[0], calls[2], replace(calls[1], results=(1,))), (Slot(1),))
    assert run(plan_of(block), pool=pool).unwrap() == ("X",)
    assert recorder.events[:2] == ["first", "ordered"]


@pytest.mark.parametrize(("long_ns", "asked"), [(float("inf"), ["a", ("b", "c", "d")]), (-1, ["a", "b", "c", "d"])])
def test_code_of_the_user_puts_nothing_off(monkeypatch: pytest.MonkeyPatch, long_ns: float, asked: list[Any]) -> None:
    """Unknown code is taken to be long, and so is what has taken long each time; other code goes between."""
    monkeypatch.setattr(batched_calls, "LONG_NS", long_ns)
    service = Service()
    body = Block(3, (service.call(Slot(0), to=1), call(lambda item: item * 2, Slot(0), to=2)), (Slot(1), Slot(2)), 1)
    block = Block(3, (Map("map", (1, 2), iterable=Slot(0), body=body),), (Slot(1), Slot(2)), 1)
    assert run(plan_of(block), "abcd").unwrap() == (["A", "B", "C", "D"], ["aa", "bb", "cc", "dd"])
    assert service.asked == asked


def test_builtins_and_short_code_before_a_call_are_no_reason_to_leave() -> None:
    service = Service()
    steps = (
        call(str.strip, Slot(0), to=1),
        call(lambda item: item + "!", Slot(1), to=2),
        service.call(Slot(2), to=3),
        call(len, Slot(0), to=4),
    )
    assert run(mapped(Block(5, steps, (Slot(3),), 1)), ["a ", "b", " c"]).unwrap() == (["A!", "B!", "C!"],)
    assert service.asked == [("a!", "b!", "c!")]


def test_collected_calls_are_put_off_for_a_short_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batched_calls, "MAX_DELAY_NS", -1)
    service = Service()
    steps = (call(lambda item: item, Slot(0), to=1), service.call(Slot(1), to=2))
    assert run(mapped(Block(3, steps, (Slot(2),), 1)), "abc").unwrap() == (["A", "B", "C"],)
    assert service.asked == ["a", "b", "c"]


def test_a_batch_that_fails_is_made_one_by_one() -> None:
    service = Service()
    service.refuses_batches = RuntimeError("no batches today")
    assert run(asking(service), list("abc")).unwrap() == (["A", "B", "C"],)
    assert service.asked == [("a", "b", "c"), "a", "b", "c"]


def test_the_first_exception_in_program_order_is_that_of_its_own_call() -> None:
    service = Service(max_batch=3)
    service.wrong = {"b", "e"}
    outcome = run(asking(service), list("abcdef"))
    assert outcome.failure is not None
    assert type(outcome.failure.exception) is LookupError
    assert outcome.failure.exception.args == ("b",)
    assert outcome.failure.node == "ask"


def test_calls_after_a_failure_are_taken_back_from_a_batch_that_has_not_started() -> None:
    """With one worker, the batch is queued while the call between its calls fails."""
    service, recorder = Service(), Recorder()
    calls = (
        call(recorder.leaf("busy", "x"), to=0, behaviour=EXTERNAL),
        service.call(Literal("a"), to=1),
        call(recorder.leaf("fails", error=LookupError("here")), to=2, behaviour=EXTERNAL),
        service.call(Literal("b"), to=3),
        service.call(Literal("c"), to=4),
        call(recorder.leaf("started"), to=5, behaviour=EXTERNAL),
    )
    pool = VirtualPool(lambda _: 0, num_workers=1)
    outcome = run(plan_of(Block(6, calls, (Slot(1), Slot(3)))), pool=pool)
    assert outcome.failure is not None
    assert outcome.failure.exception.args == ("here",)
    assert service.asked == ["a"]
    assert recorder.events == ["busy", "fails", "started"]


@pytest.mark.parametrize(
    ("results", "found"),
    [
        (["A"], "found 1"),
        (["A"] * 3, "found 3"),
        ({"a": 1, "b": 2}, "in a list, found a `dict`"),
        ("AB", "in a list, found a `str`"),
        (None, "in a list, found a `NoneType`"),
        (7, "in a list, found a `int`"),
    ],
)
def test_a_batch_form_that_loses_count_is_an_error(results: Any, found: str) -> None:
    service = Service()
    form = replace(service.form, function=lambda items: results)
    body = Block(2, (replace(service.call(Slot(0), to=1), batch=form),), (Slot(1),), 1)
    with pytest.raises(XCSError, match=f"expected the batch form of `ask` to give 2 results.*{found}"):
        run(mapped(body), "ab").unwrap()
    assert service.asked == []


def test_a_handler_gets_the_exception_of_its_own_call() -> None:
    service = Service()
    service.wrong = {"b", "d"}
    handler = Block(2, (call(lambda error: error.args, Slot(0), to=1),), (Slot(1),), 1)
    body = Block(2, (service.call(Slot(1), to=0),), (Slot(0),), 0, ((0, 1),))
    tried = Block(2, (Try("try", (1,), body=body, handler=handler),), (Slot(1),), 1)
    assert run(mapped(tried), list("abcd")).unwrap() == (["A", ("b",), "C", ("d",)],)


def test_calls_of_a_handler_see_what_it_handles() -> None:
    service, handled = Service(), list[Any]()
    many = service.many

    def watched(items: list[str]) -> Any:
        exception = sys.exception()
        assert exception is not None
        handled.append(exception.args)
        return many(items)

    form = replace(service.form, function=watched)
    asks = tuple(replace(service.call(Literal(item), to=1 + index), batch=form) for index, item in enumerate("ab"))
    handler = Block(3, asks, (Slot(2),), 1)
    fails = call(Recorder().leaf("fails", error=LookupError("x")), to=0)
    tried = Block(1, (Try("try", (0,), body=Block(1, (fails,), (Slot(0),)), handler=handler),), (Slot(0),))
    assert run(plan_of(tried)).unwrap() == ("B",)
    assert (service.asked, handled) == ([("a", "b")], [("x",)])


def test_what_is_no_exception_of_a_program_is_not_tried_again() -> None:
    service = Service()
    service.refuses_batches = SystemExit(3)
    outcome = run(asking(service), "ab")
    assert outcome.failure is not None
    assert type(outcome.failure.exception) is SystemExit
    assert service.asked == [("a", "b")]


def test_on_an_event_loop_plain_calls_go_out_together_too() -> None:
    service = Service()

    async def main() -> Outcome:
        return await LoopScheduler(asking(service)).run_async((list("abcde"),))

    assert asyncio.run(main()).unwrap() == (["A", "B", "C", "D", "E"],)
    assert service.asked == [("a", "b", "c", "d"), "e"]


def test_a_wrapper_has_no_batch_form_of_what_it_wraps() -> None:
    def ask(item: str) -> str:
        return item

    ask.__xcs_batch__ = Service().form  # type: ignore[attr-defined]

    @functools.wraps(ask)
    def wrapper(item: str) -> str:
        return ask(item) * 2

    assert batch_form_of(ask) is not None
    assert batch_form_of(wrapper) is None
    assert batch_form_of(len) is None


def test_a_batch_form_may_be_any_function_on_the_callable() -> None:
    def ask(item: str) -> str:
        return item

    def many(items: list[str]) -> list[str]:
        return items

    ask.__xcs_batch__ = many  # type: ignore[attr-defined]
    form = batch_form_of(ask)
    assert form is not None
    assert form.call([(("a",), {}), (("b",), {})]) == ["a", "b"]
