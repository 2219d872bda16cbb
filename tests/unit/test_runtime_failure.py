"""Precise exceptions: the first in program order wins, earlier calls still run, later ones do not start."""

from __future__ import annotations

import sys

import pytest
from plan_writing import EXTERNAL, ORDERED, READS, Recorder, args, call, plan_of
from virtual_pool import Script, VirtualPool

from xcs.diagnostics.location import Location
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.outcome import Failure
from xcs.runtime.plan import Block, Call, If, Literal, Plan, Raise, Slot, Try
from xcs.runtime.sequential import SequentialRun
from xcs.runtime.task import Task


def failure_of(plan: Plan, pool: VirtualPool, *arguments: object) -> Failure:
    failure = Scheduler(plan, pool).run(arguments).failure
    assert failure is not None
    return failure


def test_the_first_exception_in_program_order_wins() -> None:
    world = Recorder()
    block = Block(
        0,
        (
            call(world.leaf("early", error=KeyError("early")), behaviour=EXTERNAL, line=3),
            call(world.leaf("late", error=ValueError("late")), behaviour=EXTERNAL, line=4),
        ),
        (),
    )
    failure = failure_of(plan_of(block), VirtualPool(Script("late", "early")))
    assert isinstance(failure.exception, KeyError)
    assert (failure.node, failure.location) == ("early", Location("program.py", 3))
    assert world.events == ["late", "early"]


def test_an_ordered_call_after_a_failure_never_runs() -> None:
    world = Recorder()
    block = Block(
        1,
        (
            call(world.leaf("before"), behaviour=ORDERED),
            call(world.leaf("model", error=ValueError()), to=0, behaviour=EXTERNAL),
            call(world.leaf("save"), behaviour=ORDERED),
        ),
        (),
    )
    failure_of(plan_of(block), VirtualPool(Script()))
    assert world.events == ["before", "model"]


def test_later_calls_are_not_started_once_a_failure_is_known_and_earlier_ones_are() -> None:
    world = Recorder()
    block = Block(
        4,
        (
            call(world.leaf("source", 1), to=0, behaviour=EXTERNAL),
            call(world.leaf("earlier", 1), Slot(0), to=1, behaviour=EXTERNAL),
            call(world.leaf("failing", error=ValueError()), to=2, behaviour=EXTERNAL),
            call(world.leaf("later", 1), Slot(0), to=3, behaviour=EXTERNAL),
        ),
        (),
    )
    pool = VirtualPool(Script("failing", "source", "earlier"))
    failure_of(plan_of(block), pool)
    assert pool.submitted == ["source", "failing", "earlier"]


def test_queued_calls_after_a_failure_are_taken_back() -> None:
    world = Recorder()
    block = Block(
        0,
        (
            call(world.leaf("slow"), behaviour=EXTERNAL),
            call(world.leaf("failing", error=ValueError()), behaviour=EXTERNAL),
            *(call(world.leaf(f"later_{number}"), behaviour=EXTERNAL) for number in range(5)),
        ),
        (),
    )
    failure_of(plan_of(block), VirtualPool(Script("failing", "slow"), num_workers=2))
    assert world.events == ["failing", "slow"]


def test_dependents_of_a_failure_are_skipped() -> None:
    world = Recorder()
    block = Block(
        2,
        (
            call(world.leaf("failing", error=ValueError("own")), to=0),
            call(world.leaf("dependent"), Slot(0), to=1),
        ),
        (Slot(1),),
    )
    failure = failure_of(plan_of(block), VirtualPool(Script()))
    assert failure.exception.args == ("own",)
    assert world.events == ["failing"]


def test_the_traceback_starts_at_the_users_frames() -> None:
    def inner() -> None:
        raise ValueError

    for behaviour in (EXTERNAL, ORDERED):
        block = Block(0, (call(inner, behaviour=behaviour),), ())
        for failure in (
            failure_of(plan_of(block), VirtualPool(Script())),
            SequentialRun(plan_of(block)).run(()).failure,
        ):
            assert failure is not None
            traceback = failure.exception.__traceback__
            assert traceback is not None
            assert traceback.tb_frame.f_code is inner.__code__


def try_block(world: Recorder, error: BaseException) -> Block:
    body = Block(
        2,
        (
            call(world.leaf("first", 1), to=0, behaviour=EXTERNAL),
            call(world.leaf("failing", error=error), to=1, behaviour=EXTERNAL),
            call(world.leaf("write"), behaviour=ORDERED),
        ),
        (Slot(0),),
    )
    handler = Block(2, (call(world.leaf("handle", lambda caught: caught), Slot(0), to=1),), (Slot(1),), 1)
    return Block(
        2,
        (
            Try("try", (0,), body=body, handler=handler),
            call(world.leaf("after", lambda value: value), Slot(0), to=1, behaviour=ORDERED),
        ),
        (Slot(1),),
    )


def test_the_handler_starts_when_all_before_the_failure_is_settled() -> None:
    world = Recorder()
    error = ValueError("caught")
    outcome = Scheduler(plan_of(try_block(world, error)), VirtualPool(Script("failing", "first"))).run(())
    assert outcome.values == (error,)
    assert world.events == ["failing", "first", "handle", "after"]


def test_late_completions_of_a_discarded_body_are_ignored() -> None:
    world = Recorder()
    body = Block(
        1,
        (
            call(world.leaf("failing", error=ValueError()), behaviour=EXTERNAL),
            call(world.leaf("straggler", 1), to=0, behaviour=EXTERNAL),
        ),
        (Slot(0),),
    )
    handler = Block(2, (call(world.leaf("handle", 2), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    block = Block(
        2,
        (Try("try", (0,), body=body, handler=handler), call(world.leaf("after", abs), Slot(0), to=1)),
        (Slot(1),),
    )
    pool = VirtualPool(Script("failing", "straggler", "handle"))
    assert Scheduler(plan_of(block), pool).run(()).values == (2,)
    assert world.events == ["failing", "straggler", "handle", "after"]


def test_a_partial_result_of_a_failing_body_is_not_used() -> None:
    world = Recorder()
    body = Block(
        1,
        (call(world.leaf("early", 1), to=0), call(world.leaf("failing", error=ValueError()), behaviour=EXTERNAL)),
        (Slot(0),),
    )
    handler = Block(1, (), (Literal(2),), 1)
    user = call(world.leaf("user", lambda value: value), Slot(0), to=1, behaviour=EXTERNAL)
    block = Block(2, (Try("try", (0,), body=body, handler=handler), user), (Slot(1),))
    assert Scheduler(plan_of(block), VirtualPool(Script())).run(()).values == (2,)
    assert world.events.count("user") == 1


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), KeyboardInterrupt()])
def test_a_handler_gets_what_is_no_exception_too(error: BaseException) -> None:
    for executor in (SequentialRun, lambda plan: Scheduler(plan, VirtualPool(Script()))):
        world = Recorder()
        assert executor(plan_of(try_block(world, error))).run(()).values == (error,)
        assert world.events == ["first", "failing", "handle", "after"]


def test_reraising_keeps_the_exception_and_a_new_one_gets_its_context() -> None:
    error = ValueError("first")

    def fail() -> None:
        raise error

    def fail_again(caught: Exception) -> None:
        assert sys.exc_info()[1] is caught
        raise KeyError("second")

    body = Block(0, (call(fail, behaviour=EXTERNAL),), ())
    again = Block(1, (Raise("raise", (), exception=Slot(0)),), (), 1)
    for executor in (SequentialRun, lambda plan: Scheduler(plan, VirtualPool(Script()))):
        failure = executor(plan_of(Block(0, (Try("try", (), body=body, handler=again),), ()))).run(()).failure
        assert failure is not None
        assert failure.exception is error
        for behaviour in (EXTERNAL, ORDERED):
            handler = Block(1, (call(fail_again, Slot(0), behaviour=behaviour),), (), 1)
            failure = executor(plan_of(Block(0, (Try("try", (), body=body, handler=handler),), ()))).run(()).failure
            assert failure is not None
            assert isinstance(failure.exception, KeyError)
            assert failure.exception.__context__ is error
            assert error.__context__ is None


def test_raise_from_sets_the_cause_and_checks_its_operands() -> None:
    cause = KeyError("cause")
    raising = Raise("raise", (), exception=Literal(ValueError), cause=Literal(cause))
    failure = failure_of(plan_of(Block(0, (raising,), ())), VirtualPool(Script()))
    assert isinstance(failure.exception, ValueError)
    assert failure.exception.__cause__ is cause
    wrong = Block(0, (Raise("raise", (), exception=Literal(3)),), ())
    assert isinstance(failure_of(plan_of(wrong), VirtualPool(Script())).exception, TypeError)


def test_an_inner_failure_does_not_cancel_what_follows_its_try() -> None:
    world = Recorder()
    body = Block(
        0,
        (
            call(world.leaf("slow"), behaviour=EXTERNAL),
            call(world.leaf("failing", error=ValueError()), behaviour=EXTERNAL),
        ),
        (),
    )
    block = Block(
        0,
        (Try("try", (), body=body, handler=Block(1, (), (), 1)), call(world.leaf("after"), behaviour=EXTERNAL)),
        (),
    )
    run = Scheduler(plan_of(block), VirtualPool(Script("failing", "after", "slow"))).run(())
    assert run.failure is None


def test_a_failing_truth_is_a_failure_of_the_branch() -> None:
    class Undecided:
        def __bool__(self) -> bool:
            raise ValueError("undecided")

    empty = Block(0, (), ())
    block = Block(1, (If("if", (), condition=Slot(0), then_block=empty, else_block=empty),), (), 1)
    failure = failure_of(plan_of(block), VirtualPool(Script()), Undecided())
    assert (failure.node, failure.exception.args) == ("if", ("undecided",))


def test_a_leaf_may_raise_stop_iteration() -> None:
    block = Block(0, (call(next, iter(())),), ())
    assert isinstance(failure_of(plan_of(block), VirtualPool(Script())).exception, StopIteration)
    outcome = SequentialRun(plan_of(block)).run(())
    assert outcome.failure is not None
    assert isinstance(outcome.failure.exception, StopIteration)


def test_a_call_that_retires_waits_for_all_before_it_and_holds_back_no_reader() -> None:
    world = Recorder()
    block = Block(
        1,
        (
            call(world.leaf("slow", 1), to=0, behaviour=EXTERNAL),
            Call("note", (), callee=Literal(world.leaf("note")), retires=True),
            call(world.leaf("read"), behaviour=READS),
        ),
        (Slot(0),),
    )
    assert Scheduler(plan_of(block), VirtualPool(Script())).run(()).values == (1,)
    assert world.events == ["read", "slow", "note"]


def test_a_call_that_retires_is_not_made_after_a_failure() -> None:
    held = [0]
    body = Block(
        1,
        (
            Call("assign", (), callee=Literal(held.__setitem__), arguments=args(0, 1), retires=True),
            call(Recorder().leaf("failing", error=ValueError()), behaviour=EXTERNAL),
            Call("assign", (), callee=Literal(held.__setitem__), arguments=args(0, 2), retires=True),
        ),
        (Literal(None),),
    )
    handler = Block(2, (call(held.copy, to=1),), (Slot(1),), 1)
    plan = plan_of(Block(1, (Try("try", (0,), body=body, handler=handler),), (Slot(0),)))
    assert Scheduler(plan, VirtualPool(Script())).run(()).values == ([1],)


def test_an_interrupt_while_waiting_reaches_the_handler() -> None:
    class Interrupted(Script):
        """The first wait is interrupted."""

        is_fresh = True

        def __call__(self, running: list[Task]) -> int:
            if self.is_fresh:
                self.is_fresh = False
                raise KeyboardInterrupt
            return super().__call__(running)

    world = Recorder()
    plan = plan_of(try_block(world, ValueError()))
    (caught,) = Scheduler(plan, VirtualPool(Interrupted())).run(()).values
    assert isinstance(caught, KeyboardInterrupt)
    assert "handle" in world.events
    plain = plan_of(Block(0, (call(world.leaf("alone"), behaviour=EXTERNAL),), ()))
    with pytest.raises(KeyboardInterrupt):
        Scheduler(plain, VirtualPool(Interrupted())).run(())
