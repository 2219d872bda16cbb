"""The real pool: sizes, nested programs, interrupts, forks and the end of the interpreter."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from plan_writing import EXTERNAL, ORDERED, Recorder, call, plan_of

from xcs.diagnostics.errors import XCSError
from xcs.runtime import workers
from xcs.runtime.executor import SequentialExecutor, ThreadsExecutor
from xcs.runtime.plan import Block, Map, Plan, Slot
from xcs.runtime.workers import ThreadPool, process_pool

PATIENCE_S = 60.0
"""Long enough that only a hang reaches it."""


def mapped(leaf: Callable[[Any], Any]) -> Plan:
    body = Block(2, (call(leaf, Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
    return plan_of(Block(2, (Map("map", (1,), iterable=Slot(0), body=body),), (Slot(1),), 1))


def in_time(function: Callable[[], Any]) -> Any:
    """The result of `function`, run on a thread of its own so that a hang fails the test."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert results, "no result in time"
    return results[0]


def test_calls_run_at_once_up_to_the_size_of_the_pool() -> None:
    barrier = threading.Barrier(3)
    pool = ThreadPool(3)
    plan = mapped(lambda value: barrier.wait(PATIENCE_S) >= 0 and value)
    assert ThreadsExecutor(pool).run(plan, ((1, 2, 3),)).unwrap() == ([1, 2, 3],)


def test_no_more_threads_than_the_size_of_the_pool() -> None:
    threads: set[int] = set()
    plan = mapped(lambda value: threads.add(threading.get_ident()))
    ThreadsExecutor(ThreadPool(2)).run(plan, (range(50),)).unwrap()
    assert 1 <= len(threads) <= 2


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("depth", [1, 3])
def test_leaves_that_run_programs_of_their_own_never_wait_for_ever(size: int, depth: int) -> None:
    executor = ThreadsExecutor(ThreadPool(size))
    plan = mapped(operator.neg)
    for _ in range(depth):
        inner = plan
        plan = mapped(lambda value, inner=inner: sum(flat(executor.run(inner, ((value, 1),)).unwrap())))
    expected = SequentialExecutor().run(plan, (range(12),)).unwrap()
    assert in_time(lambda: executor.run(plan, (range(12),)).unwrap()) == expected


def flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from flat(value)
        else:
            yield value


def test_a_leaf_that_waits_for_a_thread_with_a_program_of_its_own() -> None:
    # That thread is no worker, but its program finds the only worker taken.
    executor = ThreadsExecutor(ThreadPool(1))
    inner = mapped(operator.neg)
    plan = mapped(lambda value: in_time(lambda: executor.run(inner, ((value,),)).unwrap()))
    assert in_time(lambda: executor.run(plan, ((1, 2),)).unwrap()) == ([([-1],), ([-2],)],)


def test_many_threads_may_run_one_plan() -> None:
    executor = ThreadsExecutor(ThreadPool(3))
    plan = mapped(operator.neg)
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(executor.run(plan, (range(30),)).unwrap()), daemon=True)
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert results == [([-value for value in range(30)],)] * 6


def test_a_claimed_call_runs_exactly_once() -> None:
    lock = threading.Lock()
    runs: list[int] = []

    def leaf(value: int) -> None:
        with lock:
            runs.append(value)

    executor = ThreadsExecutor(ThreadPool(1))
    inner = mapped(leaf)
    outer = mapped(lambda base: executor.run(inner, (range(base, base + 100),)).unwrap())
    in_time(lambda: executor.run(outer, ((0, 100, 200),)).unwrap())
    assert sorted(runs) == list(range(300))


def test_an_interrupt_while_waiting_cancels_what_has_not_started_and_returns() -> None:
    started = threading.Event()
    release = threading.Event()
    runs: list[int] = []

    def leaf(value: int) -> None:
        runs.append(value)
        started.set()
        release.wait(PATIENCE_S)

    def interrupt() -> None:
        started.wait(PATIENCE_S)
        os.kill(os.getpid(), signal.SIGINT)

    pool = ThreadPool(1)
    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        ThreadsExecutor(pool).run(mapped(leaf), (range(5),))
    thread.join(PATIENCE_S)
    release.set()
    # The pool has outlived the run, and its one worker is free once the detached call ends.
    assert ThreadsExecutor(pool).run(mapped(operator.neg), ((1,),)).unwrap() == ([-1],)
    assert runs == [0]


def test_an_interrupt_of_an_inline_call_passes_at_once() -> None:
    world = Recorder()
    release = threading.Event()
    block = Block(
        0,
        (
            call(release.wait, PATIENCE_S, behaviour=EXTERNAL),
            call(world.leaf("inline", error=KeyboardInterrupt())),
            call(world.leaf("later"), behaviour=ORDERED),
        ),
        (),
    )
    with pytest.raises(KeyboardInterrupt):
        ThreadsExecutor(ThreadPool(1)).run(plan_of(block), ())
    release.set()
    assert world.events == ["inline"]


def test_idle_workers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "IDLE_S", 0.001)
    pool = ThreadPool(4)
    threads: list[threading.Thread] = []
    ThreadsExecutor(pool).run(mapped(lambda value: threads.append(threading.current_thread())), (range(4),)).unwrap()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert ThreadsExecutor(pool).run(mapped(operator.neg), ((1,),)).unwrap() == ([-1],)


def test_a_smaller_pool_lets_workers_go() -> None:
    pool = ThreadPool(3)
    barrier = threading.Barrier(3)
    executor = ThreadsExecutor(pool)
    executor.run(mapped(lambda value: barrier.wait(PATIENCE_S)), (range(3),)).unwrap()
    pool.resize(1)
    assert pool.max_workers == 1
    threads: set[int] = set()

    def leaf(value: int) -> None:
        threads.add(threading.get_ident())

    for _ in range(3):
        executor.run(mapped(leaf), (range(10),)).unwrap()
    threads.clear()
    executor.run(mapped(leaf), (range(20),)).unwrap()
    assert len(threads) == 1


def test_sizes_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(XCSError, match="at least 1 worker, found `0`"):
        ThreadPool(0)
    with pytest.raises(XCSError, match="at least 1 worker, found `-1`"):
        ThreadPool(2).resize(-1)
    with pytest.raises(XCSError, match="window of at least 1 iteration"):
        ThreadsExecutor(window=0)
    monkeypatch.setattr(workers, "_pool", None)
    monkeypatch.setenv("XCS_MAX_WORKERS", "many")
    with pytest.raises(XCSError, match="expected `XCS_MAX_WORKERS` to be a positive integer, found `many`"):
        process_pool()
    monkeypatch.setenv("XCS_MAX_WORKERS", "7")
    assert process_pool().max_workers == 7
    workers.set_max_workers(9)
    assert process_pool().max_workers == 9


def test_leaving_the_interpreter_waits_for_no_worker() -> None:
    program = """
        import threading
        from xcs.diagnostics.effect import Behaviour, Effect
        from xcs.runtime.executor import ThreadsExecutor
        from xcs.runtime.plan import Arguments, Block, Call, Literal, Plan
        started = threading.Event()
        def hang():
            started.set()
            threading.Event().wait()
        def fail():
            started.wait()
            raise ValueError
        external = Behaviour(Effect.UNORDERED, external=True)
        calls = tuple(Call(f.__name__, (), callee=Literal(f), behaviour=external) for f in (fail, hang))
        outcome = ThreadsExecutor().run(Plan({"main": Block(0, calls, ())}, "main", None), ())
        print(type(outcome.failure.exception).__name__)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert done.stdout == "ValueError\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*fork.*:RuntimeWarning")  # JAX's, where another test has loaded it
@pytest.mark.parametrize("pool", [None, ThreadPool(2)], ids=["process", "own"])
def test_a_forked_child_starts_with_no_threads_of_its_parent(pool: ThreadPool | None) -> None:
    executor = ThreadsExecutor(pool)
    plan = mapped(operator.neg)
    assert executor.run(plan, ((1, 2),)).unwrap() == ([-1, -2],)
    child = os.fork()
    if child == 0:
        os._exit(0 if executor.run(plan, ((3, 4),)).unwrap() == ([-3, -4],) else 1)
    deadline = time.monotonic() + PATIENCE_S
    done = (0, 0)
    while done[0] == 0 and time.monotonic() < deadline:
        done = os.waitpid(child, os.WNOHANG)
    assert done == (child, 0)
