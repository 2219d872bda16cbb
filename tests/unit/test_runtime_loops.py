"""Loops of each kind: results, overlap of iterations, windows, breaks, memory."""

from __future__ import annotations

import gc
import operator
import weakref

import pytest
from plan_writing import DYNAMIC, EXTERNAL, ORDERED, Recorder, call, plan_of
from virtual_pool import Script, VirtualPool

from xcs.diagnostics.effect import Behaviour
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.plan import Block, For, If, Literal, LoopSource, Map, Slot, While
from xcs.runtime.sequential import SequentialRun

SNAPSHOT = LoopSource.SNAPSHOT
STEPPED = LoopSource.STEPPED


def mapping(body: Block, source: LoopSource = STEPPED, window: int | None = None) -> Block:
    return Block(2, (Map("map", (1,), iterable=Slot(0), body=body, source=source, window=window),), (Slot(1),), 1)


def test_map_keeps_the_order_of_its_elements() -> None:
    body = Block(2, (call(operator.neg, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    pool = VirtualPool(lambda running: len(running) - 1)
    outcome = Scheduler(plan_of(mapping(body)), pool).run(([1, 2, 3, 4],))
    assert outcome.values == ([-1, -2, -3, -4],)
    assert pool.peak == 4


def test_map_with_several_outputs_and_with_none() -> None:
    body = Block(2, (call(operator.neg, Slot(0), to=1),), (Slot(1), Slot(0), Literal("x")), 1)
    block = Block(4, (Map("map", (1, 2, 3), iterable=Slot(0), body=body),), (Slot(1), Slot(2), Slot(3)), 1)
    for run in (SequentialRun(plan_of(block)), Scheduler(plan_of(block), VirtualPool(Script()))):
        assert run.run(((1, 2),)).values == ([-1, -2], [1, 2], ["x", "x"])
    world = Recorder()
    effect_only = Block(1, (call(world.leaf("effect"), Slot(0), behaviour=ORDERED),), (), 1)
    block = Block(1, (Map("map", (), iterable=Slot(0), body=effect_only),), (), 1)
    assert Scheduler(plan_of(block), VirtualPool(Script())).run(("abc",)).values == ()
    assert world.events == ["effect"] * 3


def test_loops_over_nothing_give_what_they_started_with() -> None:
    body = Block(3, (call(operator.add, Slot(0), Slot(1), to=2),), (Slot(2),), 2)
    loop = For("for", (2,), iterable=Slot(0), initial=(Slot(1),), body=body)
    constant = For("for", (3,), iterable=Slot(0), initial=(Literal(8),), body=body)
    mapped = Map("map", (4,), iterable=Slot(0), body=Block(1, (), (Slot(0),), 1))
    block = Block(5, (loop, constant, mapped), (Slot(2), Slot(3), Slot(4)), 2)
    assert Scheduler(plan_of(block), VirtualPool(Script())).run(((), 7)).values == (7, 8, [])


def test_carried_values_are_forwarded_and_independent_calls_overlap() -> None:
    # total = total + fetch(x): the fetches overlap, the sums run in order.
    world = Recorder()
    body = Block(
        4,
        (
            call(world.leaf("fetch", lambda x: x * 10), Slot(0), to=2, behaviour=EXTERNAL),
            call(world.leaf("add", operator.add), Slot(1), Slot(2), to=3, behaviour=EXTERNAL),
        ),
        (Slot(3),),
        2,
    )
    block = Block(2, (For("for", (1,), iterable=Slot(0), initial=(Literal(0),), body=body),), (Slot(1),), 1)
    pool = VirtualPool(lambda running: len(running) - 1)
    assert Scheduler(plan_of(block), pool).run(([1, 2, 3],)).values == (60,)
    assert pool.peak == 3
    assert pool.submitted[:3] == ["fetch"] * 3


def test_two_while_loops_interleave() -> None:
    def agent(name: str) -> While:
        step = Block(2, (call(world.leaf(name, lambda n: n + 1), Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
        below = Block(2, (call(operator.lt, Slot(0), 2, to=1),), (Slot(1),), 1)
        return While(name, (int(name),), initial=(Literal(0),), condition=below, body=step)

    world = Recorder()
    block = Block(2, (agent("0"), agent("1")), (Slot(0), Slot(1)))
    pool = VirtualPool(Script("1", "0", "0", "1"))
    assert Scheduler(plan_of(block), pool).run(()).values == (2, 2)
    assert world.events == ["1", "0", "0", "1"]
    assert pool.peak == 2


def test_a_counter_runs_ahead_of_the_calls_of_a_while_body() -> None:
    below = Block(2, (call(operator.lt, Slot(0), 3, to=1),), (Slot(1),), 1)
    body = Block(3, (call(operator.add, Slot(0), 1, to=1), call(abs, Slot(0), to=2, behaviour=EXTERNAL)), (Slot(1),), 1)
    loop = While("while", (0,), initial=(Literal(0),), condition=below, body=body)
    pool = VirtualPool(Script())
    assert Scheduler(plan_of(Block(1, (loop,), (Slot(0),))), pool).run(()).values == (3,)
    assert pool.peak == 3


def test_a_while_body_does_not_start_before_its_condition_is_known() -> None:
    world = Recorder()
    ask = Block(2, (call(world.leaf("ask", lambda n: n < 2), Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    body = Block(2, (call(operator.add, Slot(0), 1, to=1), call(world.leaf("work"), behaviour=EXTERNAL)), (Slot(1),), 1)
    loop = While("while", (0,), initial=(Literal(0),), condition=ask, body=body)
    pool = VirtualPool(lambda running: len(running) - 1)
    assert Scheduler(plan_of(Block(1, (loop,), (Slot(0),))), pool).run(()).values == (2,)
    assert world.events.count("ask") == 3
    assert world.events.count("work") == 2


@pytest.mark.parametrize("window", [1, 3])
def test_a_window_bounds_the_iterations_in_flight(window: int) -> None:
    body = Block(2, (call(operator.neg, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    for plan, default in ((plan_of(mapping(body, window=window)), 50), (plan_of(mapping(body)), window)):
        pool = VirtualPool(Script())
        outcome = Scheduler(plan, pool, default).run((range(10),))
        assert outcome.values == ([-x for x in range(10)],)
        assert pool.peak == window


def test_nested_loops_share_one_budget_of_frames() -> None:
    inner_body = Block(2, (call(operator.neg, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    outer_body = Block(3, (Map("inner", (2,), iterable=Slot(1), body=inner_body),), (Slot(2),), 1, ((0, 1),))
    pool = VirtualPool(Script())
    scheduler = Scheduler(plan_of(mapping(outer_body)), pool, max_live_frames=20)
    assert scheduler.run((range(10),)).values == ([[-x for x in range(10)]] * 10,)
    assert 10 <= pool.peak <= 22


@pytest.mark.parametrize("late", [False, True])
def test_breaks_ends_the_loop_and_starts_nothing_after_it(late: bool) -> None:
    world = Recorder()
    found = call(world.leaf("is_found", lambda x: x == 2), Slot(0), to=2, behaviour=EXTERNAL)
    kept = call(operator.add, Slot(0), Slot(1), to=3)
    body = Block(4, (found, kept), (Slot(2), Slot(3)), 2)
    loop = For("for", (1,), iterable=Slot(0), initial=(Literal(0),), body=body, breaks=True)
    block = Block(2, (loop,), (Slot(1),), 1)
    elements = [1, 2, 3, 4] if not late else [1, 3, 4]
    for run in (SequentialRun(plan_of(block)), Scheduler(plan_of(block), VirtualPool(Script()))):
        world.events.clear()
        assert run.run((elements,)).values == ((3,) if not late else (8,))
        assert len(world.events) == (2 if not late else 3)


def test_truth_of_unknown_values_is_resolved_and_kept_in_order() -> None:
    world = Recorder()

    class Noisy:
        def __bool__(self) -> bool:
            world.events.append("bool")
            return True

    def resolve(function: object, args: tuple[object, ...], kwargs: dict[str, object]) -> Behaviour:
        assert function is bool
        return ORDERED

    branch = If("if", (), condition=Slot(0), then_block=Block(0, (), ()), else_block=Block(0, (), ()), truth=DYNAMIC)
    block = Block(1, (call(world.leaf("model"), behaviour=EXTERNAL), branch), (), 1)
    Scheduler(plan_of(block, resolve), VirtualPool(Script())).run((Noisy(),)).unwrap()
    assert world.events == ["model", "bool"]


def test_a_long_map_holds_only_its_window() -> None:
    live = 0
    peak = 0

    class Value:
        def __init__(self) -> None:
            nonlocal live, peak
            live += 1
            peak = max(peak, live)

        def __del__(self) -> None:
            nonlocal live
            live -= 1

    body = Block(
        3, (call(lambda _: Value(), Slot(0), to=1, behaviour=EXTERNAL), call(id, Slot(1), to=2)), (Slot(2),), 1
    )
    gc.collect()
    gc.disable()
    try:
        scheduler = Scheduler(plan_of(mapping(body)), VirtualPool(Script()), 16)
        outcome = scheduler.run((range(3000),))
    finally:
        gc.enable()
    assert len(outcome.values[0]) == 3000
    assert peak <= 17
    assert live == 0


def test_a_run_leaves_no_cycle_that_holds_the_users_objects() -> None:
    class Value:
        pass

    references: list[weakref.ref[Value]] = []

    def make() -> Value:
        value = Value()
        references.append(weakref.ref(value))
        return value

    inner = Block(1, (call(make, to=0),), (Slot(0),))
    taken = If("if", (0,), condition=Literal(True), then_block=inner, else_block=inner)
    block = Block(2, (taken, call(id, Slot(0), to=1)), (Slot(1),))
    gc.collect()
    gc.disable()
    try:
        Scheduler(plan_of(block), VirtualPool(Script())).run(())
        assert references[0]() is None
    finally:
        gc.enable()


def test_what_comes_later_for_all_elements_fails_before_a_later_iteration() -> None:
    def check(values: list[int]) -> None:
        for value in values:
            if value < 0:
                raise LookupError(value)

    def ask(x: int) -> int:
        if x == 9:
            raise KeyError(x)
        return x

    body = Block(2, (call(ask, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    for elements, wanted in (([1, -2, 9, -3], LookupError), ([1, 9, -2], KeyError), ([9, -1], KeyError)):
        mapped = Map("map", (1,), iterable=Slot(0), body=body, source=SNAPSHOT, before_failure=Literal(check))
        block = Block(2, (mapped,), (Slot(1),), 1)
        for last_first in (False, True):
            pool = VirtualPool(lambda running, last=last_first: len(running) - 1 if last else 0)
            for run in (SequentialRun(plan_of(block)), Scheduler(plan_of(block), pool)):
                failure = run.run((elements,)).failure
                assert failure is not None
                assert type(failure.exception) is wanted
                assert failure.node == ("map" if wanted is LookupError else "ask")
