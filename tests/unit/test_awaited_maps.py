"""Maps of awaited calls: tasks without frames, few wake-ups, places in program order once somebody asks for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from plan_writing import EXTERNAL, ORDERED, args, call

from xcs.runtime import awaited_map
from xcs.runtime.event_loop import LoopScheduler
from xcs.runtime.executor import SequentialExecutor, ThreadsExecutor
from xcs.runtime.frame import Frame
from xcs.runtime.plan import Block, Call, Instruction, Literal, LoopSource, Map, Plan, Slot, Try
from xcs.runtime.plan_summary import summarise

EXECUTORS = [SequentialExecutor(), ThreadsExecutor()]


def awaited(function: Any, *operands: Any, to: int) -> Call:
    return Call("ask", (to,), callee=Literal(function), arguments=args(*operands), behaviour=EXTERNAL, is_async=True)


def mapped(function: Any, *prepared: Instruction, to: int = 1, over: int = 0) -> Map:
    """A map of one awaited call, with what comes before it in the body in slots 1 and so on."""
    end = 1 + len(prepared)
    body = Block(end + 1, (*prepared, awaited(function, Slot(len(prepared)), to=end)), (Slot(end),), 1)
    return Map("map", (to,), iterable=Slot(over), body=body, source=LoopSource.SNAPSHOT)


def plan_of(*instructions: Instruction, num_slots: int = 2, output: int = 1) -> Plan:
    block = Block(num_slots, instructions, (Slot(output),), 1)
    return Plan(summarise({"main": block}), "main", lambda *_: ORDERED, is_async=True)


def run(plan: Plan, values: Any, executor: Any = EXECUTORS[1]) -> Any:
    return asyncio.run(executor.run_async(plan, (values,)))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_results_keep_their_order(executor: Any) -> None:
    async def ask(x: int) -> int:
        await turns(7 - x)
        return 10 * x

    assert run(plan_of(mapped(ask, call(abs, Slot(0), to=1))), (-3, 1, -2), executor).values == ([30, 10, 20],)


def test_calls_that_nobody_asks_for_have_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"frames": 0, "pumps": 0}
    make, pump = Frame.__init__, LoopScheduler._pump

    def counted_frame(self: Frame, *values: Any) -> None:
        counts["frames"] += 1
        make(self, *values)

    def counted_pump(self: LoopScheduler) -> bool:
        counts["pumps"] += 1
        return pump(self)

    monkeypatch.setattr(Frame, "__init__", counted_frame)
    monkeypatch.setattr(LoopScheduler, "_pump", counted_pump)
    gate: list[asyncio.Event] = []

    async def ask(x: int) -> int:
        if not gate:
            gate.append(asyncio.Event())
        if x == 199:
            gate[0].set()
        await gate[0].wait()
        return x

    outcome = run(plan_of(mapped(ask)), tuple(range(200)))
    assert outcome.values == (list(range(200)),)
    assert outcome.totals.num_calls == 200
    assert counts["frames"] <= 3
    assert counts["pumps"] <= 5


@pytest.mark.parametrize("executor", EXECUTORS)
def test_the_first_failure_in_program_order_counts(executor: Any) -> None:
    ended: list[int] = []

    async def ask(x: int) -> int:
        await turns(12 - 3 * x)
        if x in (1, 2):
            raise ValueError(x)
        ended.append(x)
        return x

    error = run(plan_of(mapped(ask)), (0, 1, 2, 3), executor).failure.exception
    assert error.args == (1,)
    assert 0 in ended


def test_a_failure_elsewhere_cancels_the_calls_and_waits_for_them() -> None:
    events: list[str] = []

    async def hang(x: int) -> int:
        events.append(f"start {x}")
        try:
            await asyncio.Event().wait()
        finally:
            events.append(f"end {x}")
        return x

    async def fail(xs: Any) -> None:
        while len(events) < 3:
            await asyncio.sleep(0)
        raise KeyError("fail")

    plan = plan_of(awaited(fail, Slot(0), to=1), mapped(hang, to=2), num_slots=3, output=2)
    assert isinstance(run(plan, (0, 1, 2)).failure.exception, KeyError)
    assert sorted(events) == ["end 0", "end 1", "end 2", "start 0", "start 1", "start 2"]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_what_comes_before_the_call_may_raise(executor: Any) -> None:
    asked: list[int] = []

    async def ask(x: int) -> int:
        await turns(2)
        asked.append(x)
        return x

    def checked(x: int) -> int:
        if x == 2:
            raise ValueError(x)
        return x

    outcome = run(plan_of(mapped(ask, call(checked, Slot(0), to=1))), (0, 1, 2, 3), executor)
    assert outcome.failure.exception.args == (2,)
    assert asked == [0, 1]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_handler_takes_what_a_call_raises(executor: Any) -> None:
    async def ask(x: int) -> int:
        await turns(x)
        if x == 1:
            raise ValueError(x)
        return x

    body = Block(2, (mapped(ask),), (Slot(1),), 0, captures=((0, 0),))
    handler = Block(1, (), (Literal("handled"),), 1)
    plan = plan_of(Try("try", (1,), body=body, handler=handler))
    assert run(plan, (0, 1, 2), executor).values == ("handled",)
    assert run(plan, (0, 2), executor).values == ([0, 2],)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_what_is_captured_may_come_late(executor: Any) -> None:
    async def late(xs: Any) -> int:
        await turns(3)
        return 100

    async def ask(x: int, y: int) -> int:
        await asyncio.sleep(0)
        return x + y

    body = Block(3, (awaited(ask, Slot(0), Slot(1), to=2),), (Slot(2),), 1, captures=((1, 1),))
    loop = Map("map", (2,), iterable=Slot(0), body=body, source=LoopSource.SNAPSHOT)
    plan = plan_of(awaited(late, Slot(0), to=1), loop, num_slots=3, output=2)
    assert run(plan, (1, 2, 3), executor).values == ([101, 102, 103],)


def test_a_loop_over_the_results_starts_with_the_first_of_them() -> None:
    second_asked = asyncio.Event()

    async def ask(x: int) -> int:
        if x == 1:
            await second_asked.wait()
        return x

    async def ask_again(x: int) -> int:
        second_asked.set()
        return x + 10

    plan = plan_of(mapped(ask), mapped(ask_again, to=2, over=1), num_slots=3, output=2)
    assert run(plan, (0, 1, 2)).values == ([10, 11, 12],)


def test_what_is_awaited_need_not_be_a_coroutine() -> None:
    def ask(x: int) -> Any:
        return asyncio.ensure_future(asyncio.sleep(0, x + 1))

    assert run(plan_of(mapped(ask)), (1, 2)).values == ([2, 3],)


@pytest.mark.parametrize("window", [1, 3])
def test_a_window_bounds_what_is_in_flight(window: int) -> None:
    in_flight = peak = 0

    async def ask(x: int) -> int:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        await turns(1 + x % 3)
        in_flight -= 1
        return x

    assert run(plan_of(mapped(ask)), tuple(range(20)), ThreadsExecutor(window=window)).values == (list(range(20)),)
    assert peak == window


def test_a_cancellation_goes_to_the_call_that_python_would_be_awaiting() -> None:
    async def ask(x: int) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            if x == 0:
                return f"kept {error.args[0]}"
            raise
        return "never"

    async def main() -> Any:
        task = asyncio.ensure_future(EXECUTORS[1].run_async(plan_of(mapped(ask)), ((0, 1, 2),)))
        await turns(5)
        task.cancel("first")
        await turns(5)
        assert not task.done()  # the first call has gone on
        task.cancel("second")
        outcome = await task
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return outcome.failure.exception

    error = asyncio.run(main())
    assert isinstance(error, asyncio.CancelledError)
    assert error.args == ("second",)


def test_each_call_is_a_task_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    begin = awaited_map.AwaitedMapRegion._begin

    def counted(self: awaited_map.AwaitedMapRegion, sequence: int, element: Any) -> bool:
        begun.append(sequence)
        return begin(self, sequence, element)

    monkeypatch.setattr(awaited_map.AwaitedMapRegion, "_begin", counted)

    async def ask(x: int) -> Any:
        await asyncio.sleep(0)
        return asyncio.current_task()

    [tasks] = run(plan_of(mapped(ask)), (1, 2, 3)).values
    assert len(set(tasks)) == 3
    assert begun == [0, 1, 2]
