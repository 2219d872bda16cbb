"""Fences, dynamic effects, recursion of plans, and the context that calls see."""

from __future__ import annotations

import contextvars
import operator
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from plan_writing import (
    DYNAMIC,
    EXTERNAL,
    EXTERNAL_READS,
    FENCE,
    ORDERED,
    READS,
    Recorder,
    call,
    plan_of,
)
from virtual_pool import Script, VirtualPool

from xcs.diagnostics.effect import PURE, Behaviour, Effect
from xcs.diagnostics.errors import InternalError
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.executor import ThreadsExecutor
from xcs.runtime.plan import Block, Call, For, If, Invoke, Map, Plan, Slot
from xcs.runtime.sequential import SequentialRun
from xcs.runtime.workers import ThreadPool


def test_nothing_later_is_issued_before_a_fence_has_completed() -> None:
    world = Recorder()
    block = Block(
        0,
        (
            call(world.leaf("earlier"), behaviour=EXTERNAL),
            call(world.leaf("clock"), behaviour=FENCE),
            call(world.leaf("later"), behaviour=EXTERNAL),
            call(world.leaf("pure"), behaviour=PURE),
        ),
        (),
    )
    _, pool = run(plan_of(block))
    assert pool.peak == 1
    assert world.events == ["earlier", "clock", "pure", "later"]


def test_a_fence_in_a_loop_separates_its_iterations() -> None:
    world = Recorder()
    body = Block(
        1,
        (call(world.leaf("model"), Slot(0), behaviour=EXTERNAL), call(world.leaf("sleep"), behaviour=FENCE)),
        (),
        1,
    )
    after = call(world.leaf("after"), behaviour=EXTERNAL)
    block = Block(1, (Map("map", (), iterable=Slot(0), body=body), after), (), 1)
    _, pool = run(plan_of(block), (1, 2))
    assert pool.peak == 1
    assert world.events == ["model", "sleep", "model", "sleep", "after"]


def test_a_fence_in_the_branch_not_taken_holds_nothing_back() -> None:
    world = Recorder()
    fenced = Block(0, (call(world.leaf("sleep"), behaviour=FENCE),), ())
    block = Block(
        1,
        (
            call(world.leaf("first"), behaviour=EXTERNAL),
            If("if", (), condition=Slot(0), then_block=fenced, else_block=Block(0, (), ())),
            call(world.leaf("second"), behaviour=EXTERNAL),
        ),
        (),
        1,
    )
    assert run(plan_of(block), False)[1].peak == 2
    assert run(plan_of(block), True)[1].peak == 1


def run(plan: Plan, *arguments: object, script: Script | None = None) -> tuple[Any, VirtualPool]:
    pool = VirtualPool(script or Script())
    return Scheduler(plan, pool).run(arguments).unwrap(), pool


def resolve_by_name(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Behaviour:
    return {"read": EXTERNAL_READS, "inline_read": READS, "write": ORDERED, "model": EXTERNAL}.get(
        getattr(function, "__name__", ""), PURE
    )


def dynamic(callee: Any, *operands: Any, to: int | None = None) -> Call:
    return call(callee, *operands, to=to, behaviour=DYNAMIC)


def test_a_dynamic_call_is_placed_by_what_it_turns_out_to_be() -> None:
    world = Recorder()
    block = Block(
        3,
        (
            call(world.leaf("slow", 1), to=1, behaviour=EXTERNAL),
            dynamic(world.leaf("model", 2), to=2),
            dynamic(world.leaf("pure")),
            dynamic(world.leaf("write")),
            dynamic(world.leaf("inline_read")),
            dynamic(Slot(0), -3),
        ),
        (),
        1,
    )
    _, pool = run(plan_of(block, resolve_by_name), world.leaf("read"), script=Script("model", "slow"))
    assert pool.peak == 2
    assert world.events == ["pure", "model", "slow", "write", "inline_read", "read"]


def test_an_unresolved_call_counts_as_a_writer() -> None:
    world = Recorder()
    for name, expected in (("model", ["fetch", "read", "model"]), ("write", ["fetch", "write", "read"])):
        world.events.clear()
        block = Block(
            1,
            (
                call(world.leaf("fetch", world.leaf), name, to=0, behaviour=EXTERNAL),
                dynamic(Slot(0)),
                call(world.leaf("read"), behaviour=EXTERNAL_READS),
            ),
            (),
        )
        pool = VirtualPool(Script("fetch", "read"))
        Scheduler(plan_of(block, resolve_by_name), pool).run(()).unwrap()
        assert world.events == expected


def test_resolving_to_dynamic_is_a_bug() -> None:
    block = Block(0, (dynamic(abs, 3),), ())
    with pytest.raises(InternalError, match="expected a definite effect"):
        run(plan_of(block, lambda function, args, kwargs: DYNAMIC))


def test_a_dynamic_call_that_cannot_be_built_fails_in_its_place() -> None:
    world = Recorder()
    block = Block(0, (call(world.leaf("before"), behaviour=EXTERNAL), dynamic(3)), ())
    outcome = Scheduler(plan_of(block), VirtualPool(Script())).run(())
    assert outcome.failure is not None
    assert isinstance(outcome.failure.exception, TypeError)
    assert world.events == ["before"]


def recursive_sum(behaviour: Behaviour = PURE) -> Plan:
    """f(n) = 0 if n <= 0 else n + f(n - 1)."""
    step = Block(
        4,
        (
            call(operator.sub, Slot(0), 1, to=1, behaviour=behaviour),
            Invoke("invoke", (2,), symbol="f", operands=(Slot(1),)),
            call(operator.add, Slot(0), Slot(2), to=3, behaviour=behaviour),
        ),
        (Slot(3),),
        captures=((0, 0),),
    )
    stop = Block(1, (), (Slot(0),), captures=((0, 0),))
    function = Block(
        3,
        (
            call(operator.le, Slot(0), 0, to=1),
            If("if", (2,), condition=Slot(1), then_block=stop, else_block=step),
        ),
        (Slot(2),),
        1,
    )
    entry = Block(2, (Invoke("invoke", (1,), symbol="f", operands=(Slot(0),)),), (Slot(1),), 1)
    return plan_of(entry, f=function)


@pytest.fixture
def recursion_limit() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(11_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("recursion_limit")
@pytest.mark.parametrize("behaviour", [PURE, ORDERED, EXTERNAL, READS])
def test_ten_thousand_nested_calls(behaviour: Behaviour) -> None:
    plan = recursive_sum(behaviour)
    assert run(plan, 10_000)[0] == (10_000 * 10_001 // 2,)
    assert SequentialRun(plan).run((10_000,)).values == (10_000 * 10_001 // 2,)


@pytest.mark.parametrize("behaviour", [PURE, EXTERNAL])
def test_deeper_than_the_recursion_limit_is_a_recursion_error(behaviour: Behaviour) -> None:
    plan = recursive_sum(behaviour)
    depth = sys.getrecursionlimit()
    for one in (Scheduler(plan, VirtualPool(Script())), SequentialRun(plan)):
        failure = one.run((depth,)).failure
        assert failure is not None
        assert isinstance(failure.exception, RecursionError)
    assert run(plan, depth - 10)[0] == ((depth - 10) * (depth - 9) // 2,)


def test_branches_of_a_recursion_overlap() -> None:
    # tree(n) = model(n) if n == 0 else tree(n - 1) + tree(n - 1)
    leaf = Block(2, (call(abs, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), captures=((0, 0),))
    fork = Block(
        5,
        (
            call(operator.sub, Slot(0), 1, to=1),
            Invoke("invoke", (2,), symbol="tree", operands=(Slot(1),)),
            Invoke("invoke", (3,), symbol="tree", operands=(Slot(1),)),
            call(lambda left, right: left + right + 1, Slot(2), Slot(3), to=4),
        ),
        (Slot(4),),
        captures=((0, 0),),
    )
    tree = Block(
        3,
        (call(operator.eq, Slot(0), 0, to=1), If("if", (2,), condition=Slot(1), then_block=leaf, else_block=fork)),
        (Slot(2),),
        1,
    )
    entry = Block(2, (Invoke("invoke", (1,), symbol="tree", operands=(Slot(0),)),), (Slot(1),), 1)
    values, pool = run(plan_of(entry, tree=tree), 4)
    assert values == (15,)
    assert pool.peak == 16


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def test_inline_calls_share_the_callers_context_and_workers_get_a_copy() -> None:
    def change() -> str:
        variable.set("changed by a worker")
        return variable.get()

    block = Block(
        4,
        (
            call(variable.get, to=0, behaviour=EXTERNAL),
            call(variable.set, "changed in order", behaviour=ORDERED),
            call(variable.get, to=1, behaviour=EXTERNAL_READS),
            call(change, to=2, behaviour=EXTERNAL),
            call(variable.get, to=3, behaviour=ORDERED),
        ),
        tuple(map(Slot, range(4))),
    )

    def with_context() -> None:
        variable.set("of the caller")
        values = ThreadsExecutor(ThreadPool(4)).run(plan_of(block), ()).unwrap()
        assert values == ("of the caller", "changed in order", "changed by a worker", "changed in order")
        assert variable.get() == "changed in order"

    contextvars.copy_context().run(with_context)


def test_ordered_and_inline_calls_run_on_the_calling_thread() -> None:
    here = threading.get_ident()
    behaviours = (PURE, ORDERED, READS, FENCE, Behaviour(Effect.ORDERED, external=True), EXTERNAL, EXTERNAL_READS)
    block = Block(
        len(behaviours),
        tuple(call(threading.get_ident, to=slot, behaviour=behaviour) for slot, behaviour in enumerate(behaviours)),
        tuple(map(Slot, range(len(behaviours)))),
    )
    values = ThreadsExecutor(ThreadPool(2)).run(plan_of(block), ()).unwrap()
    assert [value == here for value in values] == [True] * 5 + [False] * 2


def test_a_guard_in_an_iteration_holds_back_only_its_own_iteration() -> None:
    world = Recorder()
    ask = call(world.leaf("ask", lambda x: x > 0), Slot(0), to=1, behaviour=EXTERNAL)
    work = Block(1, (call(world.leaf("work"), Slot(0), behaviour=EXTERNAL),), (), captures=((0, 0),))
    guard = If("if", (), condition=Slot(1), then_block=work, else_block=Block(0, (), ()))
    body = Block(2, (ask, guard), (), 1)
    block = Block(1, (For("for", (), iterable=Slot(0), body=body),), (), 1)
    _, pool = run(plan_of(block), (0, 1, 2))
    assert pool.submitted[:3] == ["ask"] * 3
    assert world.events.count("work") == 2
