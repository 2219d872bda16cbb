"""Where calls run once it is known what they cost: fast ones where they stand, slow ones on workers."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from typing import Any

import pytest
from plan_writing import DYNAMIC, EXTERNAL, ORDERED, args, call, plan_of

from xcs.diagnostics.effect import Behaviour
from xcs.runtime.executor import ThreadsExecutor
from xcs.runtime.latency import FAST_NS, MIN_FAST, latency_of
from xcs.runtime.outcome import Outcome
from xcs.runtime.plan import Block, Call, For, Instruction, Literal, LoopSource, Map, Plan, Slot, Try
from xcs.runtime.workers import ThreadPool

FAST, SLOW = FAST_NS // 10, FAST_NS * 10


class Clock:
    """What the runtime takes for the time of calls: they take as long as the test says."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


class Leaf:
    """An external callable that takes as long as it is told, and notes on which threads it ran."""

    def __init__(self, clock: Clock, duration_ns: int) -> None:
        self.clock = clock
        self.duration_ns = duration_ns
        self.on_caller: list[bool] = []

    def __call__(self, *values: Any) -> Any:
        self.on_caller.append(threading.current_thread() is threading.main_thread())
        self.clock.now += self.duration_ns
        return values[0] if values else None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("time.perf_counter_ns", found)
    return found


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tasks that went to workers."""
    found: list[Any] = []
    submit = ThreadPool.submit

    def counted(self: ThreadPool, task: Any) -> bool:
        found.append(task)
        return submit(self, task)

    monkeypatch.setattr(ThreadPool, "submit", counted)
    return found


def known(leaf: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a callable known to be fast."""
    for _ in range(MIN_FAST):
        latency_of(leaf).note(FAST)
    return leaf


def block_of(*instructions: Instruction, num_params: int = 1) -> Block:
    last = instructions[-1].results[0]
    return Block(last + 1, instructions, (Slot(last),), num_params)


def run(plan: Plan, *values: Any) -> Outcome:
    return ThreadsExecutor().run(plan, values)


def side_by_side(leaf: Callable[..., Any], num: int, behaviour: Behaviour = EXTERNAL) -> Plan:
    """Independent calls of one callable, and the sum of their results."""
    calls = [call(leaf, Slot(0), to=1 + i, behaviour=behaviour) for i in range(num)]
    return plan_of(block_of(*calls, call(_sum, *(Slot(1 + i) for i in range(num)), to=num + 1)))


def _sum(*values: int) -> int:
    return sum(values)


def mapping(leaf: Callable[..., Any]) -> Plan:
    body = Block(2, (call(leaf, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    return plan_of(block_of(Map("map", (1,), iterable=Slot(0), body=body, source=LoopSource.LISTED)))


def test_unknown_calls_go_to_workers_and_fast_ones_come_back(clock: Clock, handed_over: list[Any]) -> None:
    leaf = Leaf(clock, FAST)
    plan = mapping(leaf)
    assert run(plan, list(range(5))).unwrap() == (list(range(5)),)
    assert len(handed_over) == 4  # the caller, who would only wait, runs one
    while not latency_of(leaf).is_fast:
        run(plan, list(range(5)))
    handed_over.clear()
    leaf.on_caller.clear()
    for _ in range(3):
        assert run(plan, list(range(5))).unwrap() == (list(range(5)),)
    assert not handed_over
    assert leaf.on_caller == [True] * 15


def test_fast_calls_run_where_they_stand_beside_slow_ones(clock: Clock, handed_over: list[Any]) -> None:
    fast, slow = Leaf(clock, FAST), Leaf(clock, SLOW)
    known(fast)
    instructions = [call(fast, Slot(0), to=1, behaviour=EXTERNAL), call(slow, Slot(1), to=2, behaviour=EXTERNAL)]
    instructions += [call(fast, Slot(0), to=3, behaviour=EXTERNAL), call(slow, Slot(3), to=4, behaviour=EXTERNAL)]
    plan = plan_of(block_of(*instructions, call(operator.add, Slot(2), Slot(4), to=5)))
    for _ in range(3):
        handed_over.clear()
        assert run(plan, 4).unwrap() == (8,)
        assert [task.index for task in handed_over] in ([3], [1])
    assert fast.on_caller == [True] * 6


def test_calls_that_become_slow_leave_the_straight_code_after_two(clock: Clock, handed_over: list[Any]) -> None:
    leaf = Leaf(clock, FAST)
    plan = side_by_side(leaf, 30)
    known(leaf)
    for _ in range(3):
        run(plan, 1)
    assert not handed_over
    leaf.on_caller.clear()
    leaf.duration_ns = SLOW
    assert run(plan, 1).unwrap() == (30,)
    # Looks at the clock come after call 1 and after call 3; what is left goes to workers, and one call to the caller.
    assert leaf.on_caller[:3] == [True] * 3
    assert len(handed_over) >= 30 - 3 - 1
    assert not latency_of(leaf).is_fast
    handed_over.clear()
    run(plan, 1)
    assert len(handed_over) >= 29


def test_calls_that_become_fast_again_are_trusted_later(clock: Clock, handed_over: list[Any]) -> None:
    leaf = Leaf(clock, SLOW)
    known(leaf)
    plan = mapping(leaf)
    for _ in range(4):
        run(plan, [1, 2])
    assert not latency_of(leaf).is_fast
    leaf.duration_ns = FAST
    for _ in range(2 * MIN_FAST):
        run(plan, [1, 2])
    handed_over.clear()
    run(plan, [1, 2])
    assert latency_of(leaf).is_fast
    assert not handed_over


def test_one_slow_call_changes_nothing(clock: Clock, handed_over: list[Any]) -> None:
    leaf = Leaf(clock, FAST)
    plan = mapping(leaf)
    known(leaf)
    for _ in range(3):
        run(plan, list(range(10)))
    number = 0

    def hiccup(*values: Any) -> Any:
        nonlocal number
        number += 1
        clock.now += SLOW * 100 if number == 4 else FAST
        return values[0]

    plan = mapping(known(hiccup))
    for _ in range(3):
        run(plan, list(range(10)))
    assert latency_of(hiccup).is_fast
    assert not handed_over


def test_a_new_callable_at_a_known_place_is_slow(clock: Clock, handed_over: list[Any]) -> None:
    body = Block(3, (Call("ask", (2,), callee=Slot(0), arguments=args(Slot(1)), behaviour=EXTERNAL),), (Slot(2),), 1)
    body = Block(3, body.instructions, body.outputs, 1, ((1, 1),))
    plan = plan_of(block_of(Map("map", (2,), iterable=Slot(0), body=body, source=LoopSource.LISTED), num_params=2))
    models = [known(Leaf(clock, FAST)) for _ in range(4)]
    for _ in range(3):
        assert run(plan, models, 7).unwrap() == ([7] * 4,)
    assert not handed_over
    new = [Leaf(clock, SLOW) for _ in range(4)]
    assert run(plan, models + new, 7).unwrap() == ([7] * 8,)
    assert len(handed_over) >= 3
    assert all(len(model.on_caller) == 1 for model in new)


def test_a_chain_never_leaves_the_caller(handed_over: list[Any]) -> None:
    first, second = threading.get_ident, lambda ident: [ident, threading.get_ident()]
    plan = plan_of(block_of(call(first, to=1, behaviour=EXTERNAL), call(second, Slot(1), to=2, behaviour=EXTERNAL)))
    assert run(plan, 0).unwrap() == ([threading.get_ident()] * 2,)
    assert not handed_over


def test_the_caller_stays_free_where_something_may_need_it(handed_over: list[Any]) -> None:
    """Two lanes: the second step of the one may be ready before the first of the other has ended."""
    entered, step_two = threading.Event(), threading.Event()

    def slow(value: int) -> int:
        assert step_two.wait(30)
        return value

    def quick(value: int) -> int:
        entered.set()
        return value

    def after_quick(value: int) -> int:
        step_two.set()
        return value

    instructions = [
        call(slow, Slot(0), to=1, behaviour=EXTERNAL),
        call(quick, Slot(0), to=2, behaviour=EXTERNAL),
        call(after_quick, Slot(2), to=3, behaviour=EXTERNAL),
        call(operator.add, Slot(1), Slot(3), to=4),
    ]
    assert run(plan_of(block_of(*instructions)), 2).unwrap() == (4,)
    assert entered.is_set()


def test_a_call_is_not_kept_back_while_the_caller_works(handed_over: list[Any]) -> None:
    started = threading.Event()

    def ask(value: int) -> int:
        started.set()
        return value

    def work(value: int) -> bool:
        return started.wait(30)

    plan = plan_of(block_of(call(ask, Slot(0), to=1, behaviour=EXTERNAL), call(work, Slot(0), to=2)))
    assert run(plan, 1).unwrap() == (True,)
    assert len(handed_over) == 1


def test_ordered_calls_between_wait_for_the_first_one_only(handed_over: list[Any]) -> None:
    """Of two calls with an ordered one between them, the later one may not be run by the caller first."""
    log: list[str] = []
    saved = threading.Event()

    def ask(value: int) -> int:
        log.append("ask")
        return value

    def save(value: int) -> None:
        log.append("save")
        saved.set()

    def ask_later(value: int) -> int:
        assert saved.wait(30)
        return value

    instructions = [
        call(ask, Slot(0), to=1, behaviour=EXTERNAL),
        call(save, Slot(0), to=2, behaviour=ORDERED),
        call(ask_later, Slot(0), to=3, behaviour=EXTERNAL),
    ]
    assert run(plan_of(block_of(*instructions)), 1).unwrap() == (1,)
    assert log == ["ask", "save"]


def test_an_exception_in_straight_code_is_the_first_one_and_says_where(handed_over: list[Any]) -> None:
    def fail(value: int) -> int:
        raise LookupError(value)

    body = Block(2, (call(fail, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    plan = plan_of(block_of(Map("map", (1,), iterable=Slot(0), body=body, source=LoopSource.LISTED)))
    known(fail)
    for _ in range(3):
        failure = run(plan, [3, 4]).failure
        assert failure is not None
        assert failure.exception.args == (3,)
        assert failure.node == body.instructions[0].name
        traceback = failure.exception.__traceback__
        assert traceback is not None
        assert traceback.tb_frame.f_code is fail.__code__


def test_a_handler_in_straight_code_sees_the_exception() -> None:
    import sys

    def fail(value: int) -> int:
        raise LookupError(value)

    def current(error: BaseException) -> bool:
        return sys.exc_info()[1] is error

    body = Block(2, (call(fail, Slot(0), to=1),), (Slot(1),), 0, ((0, 0),))
    handler = Block(2, (call(current, Slot(0), to=1),), (Slot(1),), 1)
    plan = plan_of(block_of(Try("try", (1,), body=body, handler=handler)))
    outcomes = [run(plan, 1) for _ in range(3)]
    assert [outcome.unwrap() for outcome in outcomes] == [(True,)] * 3
    assert {outcome.totals.num_calls for outcome in outcomes} == {2}


def test_calls_with_effects_known_late_run_straight_once_they_are_met(handed_over: list[Any]) -> None:
    made: list[Any] = []

    def resolve(function: Any, values: tuple[Any, ...], named: dict[str, Any]) -> Behaviour:
        made.append(function)
        return ORDERED

    dynamic = Call("strip", (2,), callee=Slot(1), arguments=args(), behaviour=DYNAMIC)
    block = block_of(call(getattr, Slot(0), "strip", to=1), dynamic)
    plan = plan_of(block)
    plan = Plan(plan.functions, plan.entry, resolve)
    for _ in range(4):
        assert run(plan, " a ").unwrap() == ("a",)
    assert len(made) == 1  # straight code asks for no effects


def test_a_plan_that_nests_too_deep_for_python_runs_in_frames() -> None:
    block = Block(2, (call(operator.neg, Slot(0), to=1),), (Slot(1),), 1)
    for _ in range(30):
        loop = For("for", (1,), iterable=Literal((1,)), initial=(Slot(0),), body=Block(3, *_shifted(block)))
        block = Block(2, (loop,), (Slot(1),), 1)
    plan = plan_of(block)
    for _ in range(3):
        assert run(plan, 3).unwrap() == (-3,)


def _shifted(block: Block) -> tuple[Any, ...]:
    """The block as a loop's body: the element comes first."""
    inner = block.instructions[0]
    if isinstance(inner, Call):
        return (call(operator.neg, Slot(1), to=2),), (Slot(2),), 2
    assert isinstance(inner, For)
    moved = For("for", (2,), iterable=inner.iterable, initial=(Slot(1),), body=inner.body)
    return (moved,), (Slot(2),), 2


def test_an_interrupt_in_straight_code_leaves_the_run() -> None:
    def interrupt(value: int) -> int:
        if value:
            raise KeyboardInterrupt
        return value

    plan = plan_of(block_of(call(interrupt, Slot(0), to=1)))
    run(plan, 0)
    run(plan, 0)
    with pytest.raises(KeyboardInterrupt):
        run(plan, 1)
