"""Turns: a loop that never ends and comes later in program order doesn't hold up what comes earlier."""

from __future__ import annotations

import asyncio
import operator
import threading
from collections.abc import Callable
from typing import Any

import pytest
from plan_writing import EXTERNAL, ORDERED, call, plan_of
from virtual_pool import Script, VirtualPool

import xcs
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.event_loop import MAX_STEPS_AT_ONCE, LoopScheduler
from xcs.runtime.frame import Frame
from xcs.runtime.loop import ForRegion
from xcs.runtime.outcome import Outcome
from xcs.runtime.plan import Block, Call, For, Instruction, Literal, Plan, Slot, While
from xcs.runtime.plan_summary import summarise
from xcs.runtime.prepared import prepare
from xcs.runtime.turns import PLACES_IN_A_LOOK, STEPS_IN_A_TURN, sort_stack
from xcs.runtime.workers import ThreadPool

MANY_STEPS = 20 * MAX_STEPS_AT_ONCE
"""Where a loop of the tests gives up: far more than fairness needs."""


class Endless:
    """A loop that would never end, were its steps not counted."""

    def __init__(self, at_step: dict[int, Callable[[], Any]] | None = None) -> None:
        self.num_steps = 0
        self._at_step = at_step or {}

    def goes_on(self, *_: Any) -> bool:
        self.num_steps += 1
        self._at_step.get(self.num_steps, int)()
        assert self.num_steps < MANY_STEPS, "the loop has starved what comes earlier"
        return True

    def loop(self, initial: Any, to: int) -> While:
        condition = Block(2, (call(self.goes_on, Slot(0), to=1),), (Slot(1),), 1)
        return While("endless", (to,), initial=(initial,), condition=condition, body=Block(1, (), (Slot(0),), 1))


def countdown(initial: Any, to: int) -> While:
    condition = Block(2, (call(operator.gt, Slot(0), 0, to=1),), (Slot(1),), 1)
    body = Block(2, (call(operator.sub, Slot(0), 1, to=1),), (Slot(1),), 1)
    return While("countdown", (to,), initial=(initial,), condition=condition, body=body)


def check(outcome: Outcome, endless: Endless, kind: type[BaseException] = KeyError) -> None:
    assert outcome.failure is not None
    assert isinstance(outcome.failure.exception, kind)
    assert endless.num_steps < MANY_STEPS / 2


def fail(*_: Any) -> None:
    raise KeyError("first")


def test_an_earlier_loop_and_what_follows_it_go_on() -> None:
    endless = Endless()
    number = call(lambda: 4 * STEPS_IN_A_TURN, to=0, behaviour=EXTERNAL)
    # The endless loop gets its number last, so it is on top of the stack.
    later = (call(abs, Slot(0), to=3), endless.loop(Slot(3), 4))
    block = Block(5, (number, countdown(Slot(0), 1), call(fail, Slot(1), to=2), *later), (Slot(4),))
    check(Scheduler(plan_of(block), VirtualPool(Script())).run(()), endless)


def test_a_call_that_ends_meanwhile_is_seen() -> None:
    may_end, ends = threading.Event(), threading.Event()

    def first() -> None:
        may_end.wait()
        ends.set()
        fail()

    endless = Endless({STEPS_IN_A_TURN: may_end.set, STEPS_IN_A_TURN + 1: ends.wait})
    block = Block(2, (call(first, to=0, behaviour=EXTERNAL), endless.loop(Literal(0), 1)), (Slot(1),))
    check(Scheduler(plan_of(block), ThreadPool(2)).run(()), endless)


def test_a_call_that_no_worker_takes_is_run() -> None:
    # The only worker waits for the program, which has a call of its own that no worker takes.
    pool, endless = ThreadPool(1), Endless()
    inner = plan_of(Block(2, (call(fail, to=0, behaviour=EXTERNAL), endless.loop(Literal(0), 1)), (Slot(1),)))
    outer = Block(1, (call(lambda: Scheduler(inner, pool).run(()), to=0, behaviour=EXTERNAL),), (Slot(0),))
    (outcome,) = Scheduler(plan_of(outer), pool).run(()).values
    check(outcome, endless)


def test_an_ordered_call_runs_when_its_turn_has_come() -> None:
    # The read of the number completes in the pump, so nothing but a look at the cursors lets the ordered call go.
    endless = Endless()
    number = call(lambda: 2 * STEPS_IN_A_TURN, to=0, behaviour=EXTERNAL)
    later = (call(fail, Slot(1), to=2, behaviour=ORDERED), call(abs, Slot(0), to=3), endless.loop(Slot(3), 4))
    block = Block(5, (number, countdown(Slot(0), 1), *later), (Slot(4),))
    check(Scheduler(plan_of(block), VirtualPool(Script())).run(()), endless)


def on_a_loop(*instructions: Instruction, num_slots: int) -> Outcome:
    plan = Plan(summarise({"main": Block(num_slots, instructions, ())}), "main", lambda *_: ORDERED, is_async=True)

    async def main() -> Outcome:
        return await LoopScheduler(plan).run_async(())

    return asyncio.run(main())


@pytest.mark.parametrize("behaviour", [EXTERNAL, ORDERED])
def test_the_event_loop_has_turns(behaviour: Any) -> None:
    async def first() -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        fail()

    endless = Endless()
    awaited = Call("first", (0,), callee=Literal(first), behaviour=behaviour, is_async=True)
    check(on_a_loop(awaited, endless.loop(Literal(0), 1), num_slots=2), endless)


def test_a_cancellation_reaches_an_awaited_call() -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def first() -> None:
            started.set()
            await asyncio.Event().wait()

        endless = Endless()
        awaited = Call("first", (0,), callee=Literal(first), behaviour=EXTERNAL, is_async=True)
        block = Block(2, (awaited, endless.loop(Literal(0), 1)), ())
        plan = Plan(summarise({"main": block}), "main", lambda *_: ORDERED, is_async=True)
        task = asyncio.create_task(LoopScheduler(plan).run_async(()))
        await started.wait()
        task.cancel()
        outcome = await task
        check(outcome, endless, asyncio.CancelledError)

    asyncio.run(main())


@pytest.mark.parametrize("num_frames", [2, PLACES_IN_A_LOOK, 5 * PLACES_IN_A_LOOK])
def test_the_earliest_work_comes_to_the_top(num_frames: int) -> None:
    body = Block(1, (call(fail, to=0),), (), 1)
    plan = plan_of(Block(1, (For("for", (), iterable=Literal(()), body=body),), ()))
    root = Frame(prepare(plan, plan.functions["main"]), None, 0, 0)
    region = ForRegion(root, 0)
    stack: list[Any] = [Frame(prepare(plan, body), region, sequence, 0) for sequence in range(num_frames)]
    frames = stack.copy()
    for look in range(2 + num_frames // PLACES_IN_A_LOOK):
        assert 0 < sort_stack(stack, look) <= 3 * (PLACES_IN_A_LOOK + 2) * 2
    assert stack[-1] is frames[0]
    assert sorted(map(id, stack)) == sorted(map(id, frames))
    assert num_frames >= PLACES_IN_A_LOOK or stack == frames[::-1]


def test_a_program_that_raises_ends_although_a_later_iteration_would_not() -> None:
    def program(numbers: list[int]) -> None:
        for limit in range(2):
            number = answer(numbers[limit])
            left = number
            while left > 0:
                left = left - 1
            if number > 1:
                raise KeyError(limit)
            while number == 1:
                left = left + 1

    arrived = threading.Barrier(2)

    @xcs.op(effect="unordered")
    def answer(number: int) -> int:
        arrived.wait()
        return number

    with pytest.raises(KeyError):
        xcs.jit(stage="all")(program)([2 * STEPS_IN_A_TURN, 1])


def test_a_long_loop_leaves_nothing_on_the_stack() -> None:
    longest = 0

    def look() -> None:
        nonlocal longest
        longest = max(longest, len(scheduler.stack))

    condition = Block(3, (call(look, to=1), call(operator.lt, Slot(0), 1000, to=2)), (Slot(2),), 1)
    body = Block(2, (call(operator.add, Slot(0), 1, to=1),), (Slot(1),), 1)
    loop = While("while", (0,), initial=(Literal(0),), condition=condition, body=body)
    scheduler = Scheduler(plan_of(Block(1, (loop,), (Slot(0),))), VirtualPool(Script()))
    assert scheduler.run(()).values == (1000,)
    assert longest < 10
