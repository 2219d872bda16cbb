"""The scheduler on an event loop: cancellation, errors, contexts, loops and threads."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from plan_writing import EXTERNAL, ORDERED, Recorder, args, operand

import xcs
from xcs.diagnostics.effect import Behaviour
from xcs.runtime.event_loop import MAX_STEPS_AT_ONCE
from xcs.runtime.executor import SequentialExecutor, ThreadsExecutor
from xcs.runtime.plan import Block, Call, For, LoopSource, Map, Plan, Slot
from xcs.runtime.plan_summary import summarise

EXECUTORS = [SequentialExecutor(), ThreadsExecutor()]
NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME", default="none")


def awaited(function: Any, *operands: Any, to: int, behaviour: Behaviour = EXTERNAL) -> Call:
    """An `async` call."""
    made = args(*operands)
    return Call(function.__name__, (to,), callee=operand(function), arguments=made, behaviour=behaviour, is_async=True)


def plan_of(*instructions: Any, num_slots: int, outputs: tuple[Any, ...], num_params: int = 0) -> Plan:
    block = Block(num_slots, instructions, outputs, num_params)
    return Plan(summarise({"main": block}), "main", lambda *_: ORDERED, is_async=True)


class Leaves:
    """Coroutine functions that note what happens to them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.started = asyncio.Event()

    def leaf(self, name: str, *, until: str | None = None, error: BaseException | None = None) -> Any:
        """One that notes its start, waits until `until` was noted (`never`: for ever), and notes how it ends."""

        async def function(*_: Any) -> str:
            self.note(name)
            try:
                while until is not None and until not in self.events:
                    await asyncio.sleep(0)
            except asyncio.CancelledError:
                self.note(f"{name} cancelled")
                raise
            if error is not None:
                self.note(f"{name} failed")
                raise error
            self.note(f"{name} done")
            return name

        function.__name__ = name
        return function

    def note(self, event: str) -> None:
        self.events.append(event)


def run(plan: Plan, executor: Any = EXECUTORS[1], arguments: tuple[Any, ...] = ()) -> Any:
    return asyncio.run(executor.run_async(plan, arguments))


@pytest.mark.parametrize("executor", EXECUTORS)
def test_values_come_back(executor: Any) -> None:
    leaves = Leaves()
    plan = plan_of(
        awaited(leaves.leaf("a"), to=0),
        awaited(leaves.leaf("b"), Slot(0), to=1),
        num_slots=2,
        outputs=(Slot(0), Slot(1)),
    )
    assert run(plan, executor).values == ("a", "b")


def test_calls_overlap() -> None:
    leaves = Leaves()
    plan = plan_of(
        awaited(leaves.leaf("a", until="b done"), to=0),
        awaited(leaves.leaf("b"), to=1),
        num_slots=2,
        outputs=(Slot(0),),
    )
    assert run(plan).values == ("a",)
    assert leaves.events == ["a", "b", "b done", "a done"]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_plan_that_awaits_needs_a_loop(executor: Any) -> None:
    plan = plan_of(awaited(Leaves().leaf("a"), to=0), num_slots=1, outputs=())
    with pytest.raises(xcs.XCSError, match="event loop"):
        executor.run(plan, ())


def test_an_ordered_call_runs_in_the_task_and_context_of_the_caller() -> None:
    async def names() -> Any:
        NAME.set("inner")
        await asyncio.sleep(0)
        return asyncio.current_task()

    async def main() -> None:
        outcome = await EXECUTORS[1].run_async(plan, ())
        assert outcome.values == (asyncio.current_task(),)
        assert NAME.get() == "inner"

    plan = plan_of(awaited(names, to=0, behaviour=ORDERED), num_slots=1, outputs=(Slot(0),))
    asyncio.run(main())


def test_what_does_not_wait_for_an_ordered_call_goes_on_meanwhile() -> None:
    leaves = Leaves()
    plan = plan_of(
        awaited(leaves.leaf("slow", until="c done"), to=0, behaviour=ORDERED),
        awaited(leaves.leaf("b"), to=1),
        awaited(leaves.leaf("c"), Slot(1), to=2),
        num_slots=3,
        outputs=(Slot(0), Slot(2)),
    )
    assert run(plan).values == ("slow", "c")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_the_first_failure_in_program_order_counts(executor: Any) -> None:
    leaves, early, late = Leaves(), ValueError("early"), KeyError("late")
    until = None if executor is EXECUTORS[0] else "b failed"
    plan = plan_of(
        awaited(leaves.leaf("a", until=until, error=early), to=0),
        awaited(leaves.leaf("b", error=late), to=1),
        num_slots=2,
        outputs=(),
    )
    assert run(plan, executor).failure.exception is early


def test_a_failure_cancels_what_is_later_and_waits_for_it() -> None:
    leaves = Leaves()
    plan = plan_of(
        awaited(leaves.leaf("a", until="b failed"), to=0),
        awaited(leaves.leaf("b", until="c", error=ValueError()), to=1),
        awaited(leaves.leaf("c", until="never"), to=2),
        num_slots=3,
        outputs=(),
    )
    assert isinstance(run(plan).failure.exception, ValueError)
    assert leaves.events == ["a", "b", "c", "b failed", "a done", "c cancelled"] or sorted(leaves.events) == sorted(
        ["a", "b", "c", "b failed", "a done", "c cancelled"]
    )


def cancelled_during(plan: Plan, is_time: Callable[[], bool], message: str | None = None) -> BaseException | None:
    """Runs a plan in a task and cancels that when it is time; what the run ends with."""

    async def main() -> BaseException | None:
        task = asyncio.ensure_future(EXECUTORS[1].run_async(plan, ()))
        while not is_time():
            await asyncio.sleep(0)
        task.cancel(message)
        await asyncio.wait([task])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        if task.cancelled():
            return asyncio.CancelledError()
        return None if task.result().failure is None else task.result().failure.exception

    return asyncio.run(main())


def test_cancelling_the_caller_cancels_every_call() -> None:
    leaves = Leaves()
    plan = plan_of(
        *(awaited(leaves.leaf(name, until="never"), to=index) for index, name in enumerate("abc")),
        num_slots=3,
        outputs=(),
    )
    error = cancelled_during(plan, lambda: "c" in leaves.events, "enough")
    assert isinstance(error, asyncio.CancelledError)
    assert error.args == ("enough",)
    assert sorted(leaves.events) == ["a", "a cancelled", "b", "b cancelled", "c", "c cancelled"]


def test_a_call_that_withstands_a_cancellation_goes_on_as_in_python() -> None:
    leaves = Leaves()

    async def stubborn() -> str:
        leaves.note("stubborn")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "kept"
        return "never"

    plan = plan_of(
        awaited(stubborn, to=0), awaited(leaves.leaf("b", until="b done"), to=1), num_slots=2, outputs=(Slot(0),)
    )
    assert cancelled_during(plan, lambda: "b" in leaves.events and leaves.events.append("b done") is None) is None


def test_a_second_cancellation_waits_for_the_cleaning_up_of_the_first() -> None:
    events: list[str] = []
    release = threading.Event()

    async def cleans_up() -> None:
        events.append("started")
        try:
            await asyncio.Event().wait()
        finally:
            while not release.is_set():
                await asyncio.sleep(0)
            events.append("clean")

    async def fails() -> None:
        while "started" not in events:
            await asyncio.sleep(0)
        raise ValueError

    async def main() -> None:
        task = asyncio.ensure_future(EXECUTORS[1].run_async(plan, ()))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(20):
            await asyncio.sleep(0)
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    plan = plan_of(awaited(fails, to=0), awaited(cleans_up, to=1), num_slots=2, outputs=())
    asyncio.run(main())
    assert events == ["started", "clean"]


def test_loops_have_more_calls_in_flight_than_there_are_workers() -> None:
    count = 2 * MAX_STEPS_AT_ONCE
    arrived = 0

    async def leaf(x: int) -> int:
        nonlocal arrived
        arrived += 1
        while arrived < count:
            await asyncio.sleep(0)
        return x

    body = Block(2, (awaited(leaf, Slot(0), to=1),), (Slot(1),), 1)
    mapped = Map("map", (1,), iterable=Slot(0), body=body, source=LoopSource.SNAPSHOT)
    plan = plan_of(mapped, num_slots=2, outputs=(Slot(1),), num_params=1)
    assert run(plan, arguments=(tuple(range(count)),)).values == (list(range(count)),)


def test_a_window_bounds_what_is_in_flight() -> None:
    leaves = Recorder()
    in_flight = peak = 0

    async def leaf(x: int) -> int:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        await asyncio.sleep(0)
        in_flight -= 1
        return x

    body = Block(3, (awaited(leaf, Slot(0), to=2),), (Slot(2),), 2)
    loop = For("for", (2,), iterable=Slot(0), initial=(Slot(1),), body=body, source=LoopSource.SNAPSHOT)
    plan = plan_of(loop, num_slots=3, outputs=(Slot(2),), num_params=2)
    assert run(plan, ThreadsExecutor(window=3), (tuple(range(20)), None)).values == (19,)
    assert peak <= 3
    assert leaves.events == []


@xcs.op(effect="unordered", result=str)
async def ask(x: Any) -> str:
    await asyncio.sleep(0)
    return f"<{x}>"


@xcs.op(effect="unordered", result=str)
async def hang(x: Any) -> str:
    await asyncio.Event().wait()
    return str(x)


@xcs.op(effect="unordered", result=str)
async def name_of(x: Any) -> str:
    await asyncio.sleep(0)
    return f"{NAME.get()} {x}"


@xcs.jit
async def answer(xs):
    first = await ask("first")
    return [first, *[await ask(x) for x in xs]]


@xcs.jit
async def outer(xs):
    a = await answer(xs)
    b = await answer(xs)
    return a + b


@xcs.jit
async def hangs(xs):
    return [await hang(x) for x in xs]


@xcs.jit
async def names(xs):
    return [await name_of(x) for x in xs]


@xcs.jit
def makes_a_coroutine(x):
    return ask(x)


ANSWER = ["<first>", "<1>", "<2>"]


def test_a_jitted_coroutine_function_is_one() -> None:
    assert inspect.iscoroutinefunction(answer)
    assert asyncio.iscoroutinefunction(answer)
    assert not inspect.iscoroutinefunction(makes_a_coroutine)
    assert answer.__name__ == "answer"


def test_calling_runs_nothing() -> None:
    traces = xcs.get_jit_stats(answer)["traces"]
    coroutine = answer(["never", "seen", "before", 1])
    assert inspect.iscoroutine(coroutine)
    assert xcs.get_jit_stats(answer)["traces"] == traces
    coroutine.close()


def test_a_coroutine_that_is_never_awaited_warns() -> None:
    with pytest.warns(RuntimeWarning, match="coroutine 'answer' was never awaited"):
        answer([1])


def test_wrong_arguments_raise_when_called() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'xs'"):
        answer()


def test_a_synchronous_function_gives_the_coroutine() -> None:
    coroutine = makes_a_coroutine(1)
    assert inspect.iscoroutine(coroutine)
    assert asyncio.run(coroutine) == "<1>"


def test_jitted_functions_nest() -> None:
    assert asyncio.run(outer([1, 2])) == ANSWER * 2


def test_many_runs_share_one_loop() -> None:
    async def main() -> list[Any]:
        return await asyncio.gather(*[answer([1, 2]) for _ in range(50)])

    assert asyncio.run(main()) == [ANSWER] * 50


def test_loops_in_several_threads() -> None:
    results: list[Any] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        results.append(asyncio.run(answer([1, 2])))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [ANSWER] * 4


def test_each_caller_has_its_own_context() -> None:
    async def caller(name: str) -> Any:
        NAME.set(name)
        return await names([1, 2])

    async def main() -> Any:
        return await asyncio.gather(caller("a"), caller("b"))

    assert asyncio.run(main()) == [["a 1", "a 2"], ["b 1", "b 2"]]


def test_a_timeout_around_a_jitted_call() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await hangs([1, 2, 3])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]

    asyncio.run(main())


def test_a_coroutine_that_is_thrown_away_while_it_waits_leaves_nothing_running() -> None:
    async def main() -> None:
        coroutine = hangs([1, 2])
        task = asyncio.ensure_future(coroutine)
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_without_an_event_loop_it_is_plain_python() -> None:
    @xcs.jit
    async def plain(x):
        return x + 1

    coroutine = plain(1)
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    assert end.value.value == 2


def test_disabled() -> None:
    with xcs.disable_jit():
        assert asyncio.run(answer([1, 2])) == ANSWER


def test_background_work_runs_as_plain_python_with_a_warning() -> None:
    @xcs.jit
    async def starts(x):
        task = asyncio.create_task(ask(x))
        return await task

    with pytest.warns(xcs.XCSWarning, match="`create_task` starts work in the background"):
        assert asyncio.run(starts(1)) == "<1>"


def test_reports(tmp_path: Any) -> None:
    with xcs.timeline(tmp_path / "run.json") as instrument:
        asyncio.run(answer([1, 2]))
    assert len({span.thread_id for span in instrument.spans if "ask" in span.name}) > 1
    stats = xcs.get_jit_stats(answer)
    assert stats["orchestration_ops"] == 2
    assert stats["external_time_s"] > 0
    assert "as a task" in xcs.explain(answer)
    assert "call async unordered external @ask" in answer.trace([1]).as_text()
    assert "await unordered external ask" in answer.compile([1]).as_text()


def test_a_module_that_awaits_is_run_by_awaiting() -> None:
    lowered = answer.lower([1, 2])
    result = xcs.run(lowered.as_text(), [1, 2], callables=lowered.objects)
    assert asyncio.run(result) == ANSWER


def test_nobody_complains_about_exceptions_that_were_not_retrieved() -> None:
    complaints: list[Any] = []

    @xcs.op(effect="unordered")
    async def fail(x):
        await asyncio.sleep(0)
        raise ValueError(x)

    @xcs.jit
    async def program(xs):
        return [await fail(x) for x in xs]

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        with pytest.raises(ValueError, match="0"):
            await program(tuple(range(5)))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())
        gc.collect()
    assert complaints == []
