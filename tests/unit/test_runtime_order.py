"""Issue out of order, retire in order: who waits for whom among straight-line calls."""

from __future__ import annotations

import operator

import pytest
from plan_writing import EXTERNAL, EXTERNAL_READS, ORDERED, READS, UNORDERED, Recorder, call, plan_of
from virtual_pool import Script, VirtualPool

from xcs.diagnostics.effect import Behaviour, Effect
from xcs.diagnostics.errors import InternalError
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.plan import Arguments, Block, Call, If, Literal, Raise, Slot


def run(block: Block, *arguments: object, script: Script | None = None) -> tuple[object, VirtualPool]:
    pool = VirtualPool(script or Script())
    return Scheduler(plan_of(block), pool).run(arguments).unwrap(), pool


def test_independent_external_calls_overlap_and_dependents_wait() -> None:
    world = Recorder()
    block = Block(
        3,
        (
            call(world.leaf("a", 1), to=0, behaviour=EXTERNAL),
            call(world.leaf("b", 2), to=1, behaviour=EXTERNAL),
            call(world.leaf("c", operator.add), Slot(0), Slot(1), to=2, behaviour=EXTERNAL),
        ),
        (Slot(2),),
    )
    values, pool = run(block, script=Script("b", "a", "c"))
    assert values == (3,)
    assert pool.peak == 2
    assert world.events == ["b", "a", "c"]


def test_ordered_calls_keep_program_order_and_wait_for_all_earlier() -> None:
    world = Recorder()
    block = Block(
        2,
        (
            call(world.leaf("first", 1), to=0, behaviour=EXTERNAL),
            call(world.leaf("write_1"), behaviour=ORDERED),
            call(world.leaf("second", 2), to=1, behaviour=EXTERNAL),
            call(world.leaf("write_2"), Slot(1), behaviour=ORDERED),
        ),
        (),
    )
    run(block, script=Script("second", "first"))
    assert world.events == ["second", "first", "write_1", "write_2"]


def test_ready_ordered_call_runs_before_later_calls_are_issued() -> None:
    world = Recorder()
    error = ValueError("refused")
    block = Block(
        1,
        (
            call(world.leaf("check", error=error), behaviour=ORDERED),
            call(world.leaf("model"), behaviour=EXTERNAL),
        ),
        (),
    )
    pool = VirtualPool(Script())
    outcome = Scheduler(plan_of(block), pool).run(())
    assert outcome.failure is not None
    assert outcome.failure.exception is error
    assert pool.submitted == []


def test_a_guard_on_ready_values_holds_back_later_calls() -> None:
    raising = Block(0, (Raise("raise", (), exception=Literal(ValueError("guard"))),), ())
    block = Block(
        2,
        (
            If("if", (), condition=Slot(0), then_block=raising, else_block=Block(0, (), ())),
            call(len, "abc", to=1, behaviour=EXTERNAL),
        ),
        (Slot(1),),
        1,
    )
    pool = VirtualPool(Script())
    scheduler = Scheduler(plan_of(block), pool)
    with pytest.raises(ValueError, match="guard"):
        scheduler.run((True,)).unwrap()
    assert pool.submitted == []
    assert run(block, False)[0] == (3,)


def test_a_read_waits_for_an_earlier_write_but_not_for_a_later_one() -> None:
    state = [0]

    def write(value: int) -> None:
        state[0] = value

    def look() -> int:
        return state[0]

    block = Block(
        4,
        (
            call(look, to=0, behaviour=EXTERNAL_READS),
            call(lambda: 5, to=1, behaviour=EXTERNAL),
            call(write, Slot(1), behaviour=ORDERED),
            call(look, to=2, behaviour=READS),
            call(write, 7, behaviour=ORDERED),
            call(look, to=3, behaviour=EXTERNAL_READS),
        ),
        (Slot(0), Slot(2), Slot(3)),
    )
    assert run(block, script=Script("<lambda>", "look"))[0] == (0, 5, 7)


def test_a_read_does_not_wait_for_earlier_calls_that_write_nothing() -> None:
    world = Recorder()
    block = Block(
        0,
        (
            call(world.leaf("slow"), behaviour=EXTERNAL),
            call(world.leaf("read"), behaviour=EXTERNAL_READS),
            call(world.leaf("inline_read"), behaviour=READS),
            call(world.leaf("careful"), behaviour=Behaviour(Effect.UNORDERED, sees_writes=True, external=True)),
        ),
        (),
    )
    _, pool = run(block, script=Script("careful", "read", "slow"))
    assert pool.peak == 3
    assert world.events[0] == "inline_read"


def test_unordered_calls_overtake_ordered_ones() -> None:
    world = Recorder()
    block = Block(
        1,
        (
            call(world.leaf("slow", 1), to=0, behaviour=EXTERNAL),
            call(world.leaf("log"), Slot(0), behaviour=ORDERED),
            call(world.leaf("inline"), behaviour=UNORDERED),
            call(world.leaf("model"), behaviour=EXTERNAL),
        ),
        (),
    )
    run(block, script=Script("model", "slow"))
    assert world.events == ["inline", "model", "slow", "log"]


def test_after_edges_hold_a_call_back() -> None:
    world = Recorder()
    block = Block(
        0,
        (
            call(world.leaf("read_version"), behaviour=EXTERNAL),
            call(world.leaf("update"), behaviour=EXTERNAL, after=(0,)),
        ),
        (),
    )
    _, pool = run(block)
    assert pool.peak == 1
    assert world.events == ["read_version", "update"]


def test_every_call_is_made_exactly_once_whatever_completes_first() -> None:
    names = [f"call_{number}" for number in range(6)]
    for first in names:
        world = Recorder()
        block = Block(
            7,
            (
                *(call(world.leaf(name, 1), to=slot, behaviour=EXTERNAL) for slot, name in enumerate(names)),
                call(world.leaf("sum", lambda *values: sum(values)), *map(Slot, range(6)), to=6),
            ),
            (Slot(6),),
        )
        assert run(block, script=Script(first))[0] == (6,)
        assert sorted(world.events) == sorted([*names, "sum"])


def test_arguments_are_passed_as_written() -> None:
    def show(*args: object, **kwargs: object) -> object:
        return args, kwargs

    arguments = Arguments(
        ((False, Slot(0)), (True, Slot(1)), (False, Literal("z"))),
        (("key", Slot(0)), (None, Slot(2)), ("last", Literal(None))),
    )
    block = Block(4, (Call("show", (3,), callee=Literal(show), arguments=arguments),), (Slot(3),), 3)
    expected = ((1, 2, 3, "z"), {"key": 1, "more": 4, "last": None})
    assert run(block, 1, [2, 3], {"more": 4})[0] == (expected,)


def test_further_results_are_the_mutated_operands() -> None:
    def push(values: list[int], value: int) -> None:
        values.append(value)

    block = Block(
        4,
        (Call("push", (2, 3), callee=Literal(push), arguments=call(push, Slot(0), Slot(1)).arguments, mutates=(0,)),),
        (Slot(3), Slot(2)),
        2,
    )
    values = [1]
    result, _ = run(block, values, 2)
    assert result == ([1, 2], None)
    assert result[0] is values  # pyright: ignore[reportIndexIssue]


def test_literal_and_parameter_outputs() -> None:
    assert run(Block(1, (), (Literal(3), Slot(0), Slot(0)), 1), 4)[0] == (3, 4, 4)
    assert run(Block(0, (), ()))[0] == ()


def test_a_plan_that_waits_for_itself_is_reported() -> None:
    block = Block(1, (call(abs, Slot(0), to=0), call(abs, 3)), (Slot(0),))
    with pytest.raises(InternalError, match=r"0: abs \(program.py:0\) lacks 1 inputs"):
        run(block)


def test_totals_count_calls() -> None:
    block = Block(2, (call(abs, -1, to=0), call(abs, Slot(0), to=1, behaviour=EXTERNAL)), (Slot(1),))
    outcome = Scheduler(plan_of(block), VirtualPool(Script())).run(())
    assert outcome.totals.num_calls == 2
    assert 0 < outcome.totals.external_ns <= outcome.totals.wall_ns
