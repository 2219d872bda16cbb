"""What is in flight grows with the window, and not with the number of elements; long plans take linear work."""

from __future__ import annotations

import asyncio
import gc
import operator
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from plan_writing import EXTERNAL, ORDERED, UNORDERED, args, call, plan_of
from virtual_pool import VirtualPool

import xcs
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.event_loop import LoopScheduler
from xcs.runtime.executor import ThreadsExecutor
from xcs.runtime.frame import Frame
from xcs.runtime.plan import Block, Call, For, If, Invoke, Literal, LoopSource, Map, Plan, Slot, Try, While
from xcs.runtime.plan_summary import summarise
from xcs.runtime.prepared import prepare

WINDOW = 16


def newest(running: list[Any]) -> int:
    """The schedule under which the oldest call is held up longest."""
    return len(running) - 1


def only_call(behaviour: Any, source: LoopSource = LoopSource.SNAPSHOT) -> Block:
    body = Block(2, (call(operator.neg, Slot(0), to=1, behaviour=behaviour),), (Slot(1),), 1)
    return Block(2, (Map("map", (1,), iterable=Slot(0), body=body, source=source),), (Slot(1),), 1)


def carrying(behaviour: Any) -> Block:
    steps = (call(operator.neg, Slot(0), to=2, behaviour=behaviour), call(operator.add, Slot(1), Slot(2), to=3))
    body = Block(4, steps, (Slot(3),), 2)
    return Block(2, (For("for", (1,), iterable=Slot(0), initial=(Literal(0),), body=body),), (Slot(1),), 1)


def trying(behaviour: Any) -> Block:
    body = Block(2, (call(operator.floordiv, 1, Slot(0), to=1, behaviour=behaviour),), (Slot(1),), 0, ((0, 0),))
    handler = Block(1, (), (Literal(0),), 1)
    each = Block(2, (Try("try", (1,), body=body, handler=handler),), (Slot(1),), 1)
    return Block(2, (Map("map", (1,), iterable=Slot(0), body=each),), (Slot(1),), 1)


def branching(behaviour: Any) -> Block:
    inner = Block(2, (call(operator.neg, Slot(0), to=1, behaviour=behaviour),), (Slot(1),), 0, ((0, 0),))
    steps = (
        call(operator.mod, Slot(0), 2, to=1),
        If("if", (2,), condition=Slot(1), then_block=inner, else_block=Block(1, (), (Literal(0),))),
    )
    each = Block(3, steps, (Slot(2),), 1)
    return Block(2, (Map("map", (1,), iterable=Slot(0), body=each),), (Slot(1),), 1)


def counting(behaviour: Any) -> Block:
    condition = Block(2, (call(operator.gt, Slot(0), 0, to=1),), (Slot(1),), 1)
    steps = (call(operator.sub, Slot(0), 1, to=1), call(operator.neg, Slot(0), to=2, behaviour=behaviour))
    body = Block(3, steps, (Slot(1),), 1)
    length = call(len, Slot(0), to=1)
    return Block(3, (length, While("while", (2,), initial=(Slot(1),), condition=condition, body=body)), (Slot(2),), 1)


SHAPES: list[Callable[[Any], Block]] = [only_call, carrying, trying, branching, counting]


class CountedScheduler(Scheduler):
    """Notes how much there was at once."""

    peak_live = 0
    peak_lists = 0

    def advance(self) -> bool:
        self.note()
        return super().advance()

    def launch(self, frame: Frame) -> None:
        super().launch(frame)
        self.note()

    def note(self) -> None:
        lists = (self.stack, self.ready, self._deliveries, self._completed, self._crowded, self._queued)
        num_listed = sum(map(len, lists)) + len(self.to_look_at) + len(self.failures.scopes)
        self.peak_live = max(self.peak_live, self.num_live)
        self.peak_lists = max(self.peak_lists, num_listed)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("behaviour", [EXTERNAL, UNORDERED, ORDERED])
def test_frames_in_flight_grow_with_the_window_only(shape: Callable[[Any], Block], behaviour: Any) -> None:
    peaks = []
    for count in (20 * WINDOW, 80 * WINDOW):
        pool = VirtualPool(newest)
        scheduler = CountedScheduler(plan_of(shape(behaviour)), pool, WINDOW)
        outcome = scheduler.run((range(count),))
        assert outcome.failure is None
        assert pool.peak <= WINDOW
        # An iteration has its own frame and one inside; a `while` has a condition beside each body.
        assert scheduler.peak_live <= 2 * WINDOW + 2
        peaks.append(scheduler.peak_lists)
    assert max(peaks) <= 4 * WINDOW


def peak_bytes(run: Callable[[], Any]) -> int:
    """How much was allocated at once, results included."""
    gc.collect()
    tracemalloc.start()
    try:
        result = run()
        _, peak = tracemalloc.get_traced_memory()
        del result
    finally:
        tracemalloc.stop()
    return peak


LIST_BYTES = 8 * 9 // 8 + 1  # an element of a list that has grown by appending


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_beyond_the_results_does_not_grow_with_the_elements(shape: Callable[[Any], Block]) -> None:
    plan = plan_of(shape(EXTERNAL))
    few, many = 2_000, 10_000

    def run(count: int) -> Any:
        # Values that need no memory of their own, so that what remains is the machine's.
        return Scheduler(plan, VirtualPool(newest), 64).run(([1] * count,)).unwrap()

    run(few)
    inputs = 8 * (many - few)
    results = 3 * LIST_BYTES * (many - few)  # as a list grows, there is the old one beside the new one
    grown = peak_bytes(lambda: run(many)) - peak_bytes(lambda: run(few))
    assert grown <= inputs + results + 64 * 1024


def test_an_async_map_has_no_more_than_a_window_in_flight() -> None:
    in_flight = peak = 0

    async def leaf(value: int) -> int:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        await asyncio.sleep(0)
        in_flight -= 1
        return value

    step = Call("leaf", (1,), callee=Literal(leaf), arguments=args(Slot(0)), behaviour=EXTERNAL, is_async=True)
    body = Block(2, (step,), (Slot(1),), 1)
    block = Block(2, (Map("map", (1,), iterable=Slot(0), body=body),), (Slot(1),), 1)
    plan = Plan(summarise({"main": block}), "main", lambda *_: ORDERED, is_async=True)

    async def run(count: int) -> Any:
        return (await LoopScheduler(plan, 64).run_async(([1] * count,))).unwrap()

    few, many = 2_000, 10_000
    asyncio.run(run(few))
    grown = peak_bytes(lambda: asyncio.run(run(many))) - peak_bytes(lambda: asyncio.run(run(few)))
    assert peak == 64
    assert grown <= (8 + 3 * LIST_BYTES) * (many - few) + 64 * 1024


def steps_of(plan: Plan, *arguments: Any) -> int:
    """Bytecode-free measure of work: how often instructions are looked at and values travel."""
    looks = 0

    class Looked(Scheduler):
        def fire(self, frame: Frame, index: int) -> None:
            nonlocal looks
            looks += 1
            super().fire(frame, index)

        def advance(self) -> bool:
            nonlocal looks
            looks += 1
            return super().advance()

    assert Looked(plan, VirtualPool(newest)).run(arguments).failure is None
    return looks


@pytest.mark.parametrize("is_chain", [True, False])
@pytest.mark.parametrize("behaviour", [UNORDERED, ORDERED, EXTERNAL])
def test_long_blocks_take_linear_work(is_chain: bool, behaviour: Any) -> None:
    def plan(count: int) -> Plan:
        calls = tuple(
            call(operator.neg, Slot(index if is_chain else 0), to=index + 1, behaviour=behaviour)
            for index in range(count)
        )
        return plan_of(Block(count + 1, calls, (Slot(count),), 1))

    short, long = steps_of(plan(500), 1), steps_of(plan(4_000), 1)
    assert long <= 8 * short + 8


def tree(num_children: int) -> Plan:
    """`f(n) = 1 if n is 0 else 1 + the sum of f(n - 1)` over so many children."""
    below = Block(
        2 + 2 * num_children,
        (
            call(operator.sub, Slot(0), 1, to=1),
            *(Invoke("f", (2 + child,), symbol="f", operands=(Slot(1),)) for child in range(num_children)),
            call(lambda *sizes: 1 + sum(sizes), *map(Slot, range(2, 2 + num_children)), to=2 + num_children),
        ),
        (Slot(2 + num_children),),
        0,
        ((0, 0),),
    )
    leaf = Block(2, (call(abs, 1, to=1, behaviour=EXTERNAL),), (Slot(1),))
    choice = If("if", (1,), condition=Slot(0), then_block=below, else_block=leaf)
    start = Invoke("f", (1,), symbol="f", operands=(Slot(0),))
    return plan_of(Block(2, (start,), (Slot(1),), 1), f=Block(2, (choice,), (Slot(1),), 1))


def test_wide_recursion() -> None:
    # 9,841 calls, 6,561 of which are in flight together.
    pool = VirtualPool(newest)
    assert Scheduler(tree(3), pool).run((8,)).values == (9_841,)
    assert pool.peak == 3**8


def test_deep_recursion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.getrecursionlimit", lambda: 10_002)
    assert Scheduler(tree(1), VirtualPool(newest)).run((10_000,)).values == (10_001,)
    outcome = Scheduler(tree(1), VirtualPool(newest)).run((10_002,))
    assert outcome.failure is not None
    assert isinstance(outcome.failure.exception, RecursionError)


@xcs.op(effect="unordered")
def ask(value: int) -> int:
    return value


def test_a_program_keeps_nothing_for_each_element() -> None:
    def collect(values: list[int]) -> list[int]:
        found = []
        for value in values:
            try:
                found.append(ask(value))
            except ValueError:
                found.append(0)
        return found

    jitted = xcs.jit(window=32)(collect)
    few, many = 1_000, 5_000
    assert jitted([1] * few) == [1] * few
    jitted([1] * few)
    grown = peak_bytes(lambda: jitted([1] * many)) - peak_bytes(lambda: jitted([1] * few))
    assert grown <= (8 + 3 * LIST_BYTES) * (many - few) + 128 * 1024
    assert jitted.stats["calls"] is not None


def test_a_window_may_be_wider_than_the_usual_number_of_frames() -> None:
    assert ThreadsExecutor(window=100_000)
    assert Scheduler(plan_of(only_call(EXTERNAL)), VirtualPool(newest), 100_000).max_live_frames == 200_000


@pytest.mark.parametrize("is_enabled", [True, False])
def test_garbage_is_looked_for_where_code_of_the_users_runs(is_enabled: bool) -> None:
    seen: list[bool] = []
    collections = 0

    async def leaf(value: int) -> int:
        seen.append(gc.isenabled())
        return value

    def count(phase: str, _: Any) -> None:
        nonlocal collections
        collections += phase == "start"

    step = Call("leaf", (1,), callee=Literal(leaf), arguments=args(Slot(0)), behaviour=EXTERNAL, is_async=True)
    body = Block(2, (step,), (Slot(1),), 1)
    block = Block(2, (Map("map", (1,), iterable=Slot(0), body=body),), (Slot(1),), 1)
    plan = Plan(summarise({"main": block}), "main", lambda *_: ORDERED, is_async=True)

    async def main() -> Any:
        return (await LoopScheduler(plan).run_async((range(5_000),))).unwrap()

    (gc.enable if is_enabled else gc.disable)()
    gc.callbacks.append(count)
    try:
        assert asyncio.run(main()) == (list(range(5_000)),)
        assert gc.isenabled() is is_enabled
        assert set(seen) == {is_enabled}
        # Starting them makes some 40,000 objects that stay, which would be a collection for each 700.
        assert collections <= 30
    finally:
        gc.callbacks.remove(count)
        gc.enable()


def test_nothing_looks_for_garbage_while_a_block_is_prepared() -> None:
    steps = tuple(call(operator.neg, Slot(index), to=index + 1) for index in range(5_000))
    plan = plan_of(Block(5_001, steps, (Slot(5_000),), 1))
    looks: list[str] = []

    def watch(phase: str, _: object) -> None:
        looks.append(phase)

    gc.callbacks.append(watch)
    try:
        prepare(plan, plan.functions[plan.entry])
        during = list(looks)
    finally:
        gc.callbacks.remove(watch)
    assert during.count("start") <= 1  # once it is over
    assert gc.isenabled()
