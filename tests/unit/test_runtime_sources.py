"""Where elements come from: snapshots, containers that change, iterators with effects, and errors of iterating."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from plan_writing import EXTERNAL, EXTERNAL_READS, ORDERED, Recorder, call, plan_of
from virtual_pool import Script, VirtualPool

from xcs.runtime.dataflow import Scheduler
from xcs.runtime.elements import END, Elements
from xcs.runtime.plan import Block, Call, For, Instruction, LoopSource, Map, Slot
from xcs.runtime.prepared import CLEAN, GATE, RETIRED
from xcs.runtime.sequential import SequentialRun


@pytest.mark.parametrize(
    ("iterable", "mode", "may_write"),
    [
        ("abc", GATE, False),
        (b"abc", GATE, False),
        ((1, 2), GATE, False),
        (range(3), GATE, False),
        (frozenset({1}), GATE, False),
        ([1, 2], CLEAN, False),
        ({1: 2}, CLEAN, False),
        ({1: 2}.items(), CLEAN, False),
        ({1}, CLEAN, False),
        (deque([1, 2]), CLEAN, False),
        (iter([1, 2]), CLEAN, True),
        (enumerate([1, 2]), CLEAN, True),
        (zip("ab", [1, 2], strict=False), CLEAN, True),
        (reversed([1, 2]), CLEAN, True),
        (reversed((1, 2)), CLEAN, True),
        (enumerate(zip("ab", iter({1: 2}.values()), strict=False)), CLEAN, True),
        (enumerate(x for x in [1]), RETIRED, True),
        (map(str, [1]), RETIRED, True),
        ((x for x in [1]), RETIRED, True),
        (type("MyList", (list,), {})([1]), RETIRED, True),
    ],
)
def test_what_a_fetch_waits_for(iterable: Any, mode: int, may_write: bool) -> None:
    elements = Elements(iterable, LoopSource.STEPPED)
    assert (elements.mode, elements.may_write) == (mode, may_write)
    assert elements.fetch() is not END


def test_a_snapshot_waits_once() -> None:
    values = [1, 2]
    elements = Elements(values, LoopSource.SNAPSHOT)
    assert elements.mode == CLEAN
    assert elements.fetch() == 1
    assert elements.mode == GATE
    values.append(3)
    assert [elements.fetch(), elements.fetch()] == [2, END]


def loop_over(body: Block, source: LoopSource = LoopSource.STEPPED, *before: Instruction) -> Block:
    return Block(1, (*before, For("for", (), iterable=Slot(0), body=body, source=source)), (), 1)


def test_a_list_that_grows_while_iterated_gives_the_new_elements() -> None:
    values: list[int] = []

    def grow(element: int) -> None:
        if element < 3:
            values.append(element + 1)

    body = Block(1, (call(abs, Slot(0), behaviour=EXTERNAL), call(grow, Slot(0), behaviour=ORDERED)), (), 1)
    for number_of_run in range(2):
        values[:] = [0]
        plan = plan_of(loop_over(body))
        pool = VirtualPool(Script())
        outcome = SequentialRun(plan).run((values,)) if number_of_run else Scheduler(plan, pool).run((values,))
        assert outcome.failure is None
        assert values == [0, 1, 2, 3]


def test_a_dict_that_changes_while_iterated_fails_as_in_python() -> None:
    table = {0: None}

    def insert(key: int) -> None:
        table[key + 1] = None

    body = Block(1, (call(insert, Slot(0), behaviour=ORDERED),), (), 1)
    failure = Scheduler(plan_of(loop_over(body)), VirtualPool(Script())).run((table,)).failure
    assert failure is not None
    assert isinstance(failure.exception, RuntimeError)
    assert failure.node == "for"
    assert table == {0: None, 1: None}


def test_a_list_loop_waits_for_earlier_writers_of_the_list() -> None:
    values: list[int] = []
    seen: list[int] = []
    fill = call(values.extend, Slot(1), behaviour=ORDERED)
    fetch = call(lambda: [1, 2], to=1, behaviour=EXTERNAL)
    for source in (LoopSource.SNAPSHOT, LoopSource.STEPPED, LoopSource.LISTED):
        values.clear()
        seen.clear()
        body = Block(1, (call(seen.append, Slot(0), behaviour=ORDERED),), (), 1)
        loop = For("for", (), iterable=Slot(0), body=body, source=source)
        Scheduler(plan_of(Block(2, (fetch, fill, loop), (), 1)), VirtualPool(Script())).run((values,)).unwrap()
        assert seen == [1, 2]


def test_a_settled_container_waits_for_no_writer() -> None:
    # The outer iteration logs what the inner loop gives; the inner loop of the next one starts all the same.
    inner = Block(2, (call(abs, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    for source, peak in ((LoopSource.SNAPSHOT, 2), (LoopSource.SETTLED, 6)):
        rows = Map("map", (1,), iterable=Slot(0), body=inner, source=source)
        outer = Block(2, (rows, call(str, Slot(1), behaviour=ORDERED)), (), 1)
        pool = VirtualPool(Script())
        Scheduler(plan_of(loop_over(outer, LoopSource.SNAPSHOT)), pool).run(([[1, 2], [3, 4], [5, 6]],)).unwrap()
        assert pool.peak == peak


def test_settled_says_nothing_of_what_is_no_container() -> None:
    for iterable in (iter([1, 2]), map(abs, [1, 2])):
        settled, snapshot = (Elements(iterable, source) for source in (LoopSource.SETTLED, LoopSource.SNAPSHOT))
        assert (settled.mode, settled.may_write) == (snapshot.mode, snapshot.may_write)


def test_an_array_of_numpy_is_a_container() -> None:
    elements = Elements(np.arange(3), LoopSource.STEPPED)
    assert (elements.mode, elements.may_write, elements.size()) == (CLEAN, False, None)
    assert Elements(np.arange(3), LoopSource.SETTLED).mode == GATE
    assert Elements(np.ma.arange(3), LoopSource.STEPPED).mode == RETIRED  # a class of its own may do anything


def test_iterations_over_a_list_overlap_when_the_body_only_writes_late() -> None:
    # Each iteration calls a model and logs the answer; the next element waits until the log entry is written.
    body = Block(2, (call(abs, Slot(0), to=1, behaviour=EXTERNAL),), (), 1)
    pool = VirtualPool(Script())
    Scheduler(plan_of(loop_over(body)), pool).run(([1, 2, 3],)).unwrap()
    assert pool.peak == 3
    logging = Block(2, (*body.instructions, call(str, Slot(1), behaviour=ORDERED)), (), 1)
    pool = VirtualPool(Script())
    Scheduler(plan_of(loop_over(logging)), pool).run(([1, 2, 3],)).unwrap()
    assert pool.peak == 1
    pool = VirtualPool(Script())
    Scheduler(plan_of(loop_over(logging, LoopSource.SNAPSHOT)), pool).run(([1, 2, 3],)).unwrap()
    assert pool.peak == 3


def generator(world: Recorder) -> Iterator[int]:
    for number in range(2):
        world.events.append(f"next {number}")
        yield number
    world.events.append("end")


def test_a_generator_is_stepped_in_order_with_the_body() -> None:
    world = Recorder()
    body = Block(
        1,
        (
            call(world.leaf("model"), Slot(0), behaviour=EXTERNAL),
            call(world.leaf("log"), Slot(0), behaviour=ORDERED),
        ),
        (),
        1,
    )
    block = loop_over(body, LoopSource.STEPPED, call(world.leaf("before"), behaviour=EXTERNAL))
    Scheduler(plan_of(block), VirtualPool(Script())).run((generator(world),)).unwrap()
    once = ["next 0", "model", "log", "next 1", "model", "log", "end"]
    assert world.events == ["before", *once]


def test_a_read_after_a_generator_loop_waits_for_its_end() -> None:
    world = Recorder()
    body = Block(1, (call(world.leaf("model"), Slot(0), behaviour=EXTERNAL),), (), 1)
    loop = For("for", (), iterable=Slot(0), body=body)
    read = call(world.leaf("read"), behaviour=EXTERNAL_READS)
    Scheduler(plan_of(Block(1, (loop, read), (), 1)), VirtualPool(Script())).run((generator(world),)).unwrap()
    assert world.events[-2:] == ["end", "read"]


def test_two_loops_over_one_iterator_share_its_elements() -> None:
    body = Block(2, (call(abs, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    loops = (
        Map("first", (1,), iterable=Slot(0), body=body, window=1),
        Map("second", (2,), iterable=Slot(0), body=body, window=1),
    )
    block = Block(3, loops, (Slot(1), Slot(2)), 1)
    outcome = Scheduler(plan_of(block), VirtualPool(Script())).run((iter([1, 2, 3]),))
    assert outcome.values == ([1, 2, 3], [])


@pytest.mark.parametrize("iterable", [3, None])
def test_what_cannot_be_iterated_fails_at_the_loop_once_all_before_has_run(iterable: object) -> None:
    world = Recorder()
    body = Block(1, (), (), 1)
    before = call(world.leaf("before"), behaviour=EXTERNAL)
    failure = (
        Scheduler(plan_of(loop_over(body, LoopSource.STEPPED, before)), VirtualPool(Script())).run((iterable,)).failure
    )
    assert failure is not None
    assert isinstance(failure.exception, TypeError)
    assert world.events == ["before"]


def test_an_error_of_the_iterator_comes_after_the_iterations_before_it() -> None:
    world = Recorder()

    def broken() -> Iterator[int]:
        yield 1
        raise LookupError

    body = Block(1, (call(world.leaf("model"), Slot(0), behaviour=EXTERNAL),), (), 1)
    failure = Scheduler(plan_of(loop_over(body)), VirtualPool(Script())).run((broken(),)).failure
    assert failure is not None
    assert isinstance(failure.exception, LookupError)
    assert world.events == ["model"]


def test_starred_operands_are_unpacked_in_their_turn() -> None:
    world = Recorder()
    from xcs.diagnostics.effect import Behaviour, Effect
    from xcs.runtime.plan import Arguments, Literal

    collect = Call(
        "collect",
        (1,),
        callee=Literal(lambda *values: values),
        arguments=Arguments(((True, Slot(0)),)),
        behaviour=Behaviour(Effect.DYNAMIC),
    )
    block = Block(2, (call(world.leaf("before"), behaviour=EXTERNAL), collect), (Slot(1),), 1)
    outcome = Scheduler(plan_of(block), VirtualPool(Script())).run((generator(world),))
    assert outcome.values == ((0, 1),)
    assert world.events[0] == "before"
