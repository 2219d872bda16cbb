"""`jit(timeout_s=)` bounds a whole call: `TimeoutError` from the call that Python would be making."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import xcs
from xcs.runtime.journal.store import Store

SHORT_S = 0.05
PATIENCE_S = 30.0


class Gate:
    """Holds calls until the test is over, and notes which were made."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.made: list[str] = []


GATE = Gate()


@pytest.fixture(autouse=True)
def gate(leaves_nothing: None) -> Iterator[Gate]:
    GATE.is_open, GATE.made = threading.Event(), []
    yield GATE
    GATE.is_open.set()


@xcs.op(effect="unordered")
def ask(text: str) -> str:
    GATE.made.append(text)
    if text.startswith("hang"):
        GATE.is_open.wait(PATIENCE_S)
    return text


@xcs.op(effect="ordered")
def save(text: str) -> str:
    GATE.made.append(text)
    if text.startswith("slow"):
        GATE.is_open.wait(4 * SHORT_S)
    return text


def test_the_error_says_which_call_was_waited_for() -> None:
    @xcs.jit(timeout_s=SHORT_S)
    def program(texts: list[str]) -> list[str]:
        return [ask(text) for text in texts]

    assert program(["a", "b"]) == ["a", "b"]
    with pytest.raises(TimeoutError, match=r"`.*program` took longer than `0.05` s") as caught:
        program(["a", "hang"])
    assert isinstance(caught.value, xcs.XCSExecutionError)
    assert "ask" in caught.value.node
    assert program(["a", "b"]) == ["a", "b"]


def test_what_cleans_up_does_and_what_catches_errors_does_not_take_it(gate: Gate) -> None:
    @xcs.jit(timeout_s=SHORT_S)
    def program(text: str) -> list[str]:
        try:
            try:
                return [ask("first"), ask(text)]
            except Exception:
                return [ask("caught")]
        finally:
            save("closed")

    with pytest.raises(TimeoutError):
        program("hang")
    assert sorted(gate.made) == ["closed", "first", "hang"]


def test_calls_that_have_not_started_are_taken_back(gate: Gate) -> None:
    pool_size = xcs.runtime.workers.process_pool().max_workers
    xcs.set_max_workers(2)
    try:
        program = xcs.jit(lambda texts: [ask(text) for text in texts], timeout_s=SHORT_S)
        with pytest.raises(TimeoutError):
            program([f"hang{number}" for number in range(20)])
        gate.is_open.set()
        assert xcs.jit(lambda: [ask("after")])() == ["after"]
    finally:
        xcs.set_max_workers(pool_size)
    assert len([text for text in gate.made if text.startswith("hang")]) <= 3


def test_a_call_without_a_worker_is_cut_off_too(gate: Gate) -> None:
    """All workers are busy with another program: a thread stands in for the calling one, which watches the time."""
    pool = xcs.runtime.workers.process_pool()
    pool_size = pool.max_workers
    xcs.set_max_workers(1)
    other = threading.Thread(target=xcs.jit(lambda: [ask("hang on the worker"), ask("beside")]))
    names: list[str] = []

    @xcs.op(effect="unordered")
    def named(text: str) -> str:
        names.append(threading.current_thread().name)
        return ask(text)

    try:
        other.start()
        while "hang on the worker" not in gate.made:
            pass
        program = xcs.jit(lambda texts: [named(text) for text in texts], timeout_s=SHORT_S)
        with pytest.raises(TimeoutError):
            program(["hang", "next"])
        assert gate.made.count("next") == 0  # one at a time: the bound on workers holds
        patient = xcs.jit(lambda texts: [named(text) for text in texts], timeout_s=PATIENCE_S)
        assert patient(["a", "b", "c"]) == ["a", "b", "c"]
        assert set(names) == {"xcs-stand-in"}
    finally:
        gate.is_open.set()
        other.join(PATIENCE_S)
        xcs.set_max_workers(pool_size)


def test_external_calls_run_on_no_calling_thread(gate: Gate) -> None:
    """Also those that are fast, chains, and those whose callee is known only when they are made."""
    threads: set[int] = set()

    @xcs.op(effect="unordered")
    def here(text: str) -> str:
        threads.add(threading.get_ident())
        return text

    @xcs.jit(timeout_s=PATIENCE_S)
    def program(text: str) -> list[str]:
        functions = [here]
        chain = here(here(text))
        return [chain, *[function(text) for function in functions], *sorted([text], key=here)]

    for _ in range(60):
        assert program("a") == ["a"] * 3
    assert threads
    assert threading.get_ident() not in threads


def test_ordered_calls_are_not_cut_off_but_none_follows(gate: Gate) -> None:
    @xcs.jit(timeout_s=SHORT_S, stage="all")
    def program(texts: list[str]) -> list[str]:
        drafts = [ask(text) for text in texts]
        return [save(text) for text in drafts]

    with pytest.raises(TimeoutError):
        program(["slow", "b", "c"])
    assert [text for text in gate.made if text == "slow"] == ["slow"] * 2
    assert gate.made.count("b") == gate.made.count("c") == 1  # asked, not saved


def test_an_inner_function_keeps_a_time_of_its_own(gate: Gate) -> None:
    @xcs.jit(timeout_s=SHORT_S)
    def inner(text: str) -> list[str]:
        return [ask(text), ask("beside")]

    @xcs.jit
    def outer(texts: list[str]) -> list[list[str]]:
        answers = []
        for text in texts:
            try:
                answers.append(inner(text))
            except TimeoutError:
                answers.append(["late"])
        return answers

    assert outer(["a", "hang", "b"]) == [["a", "beside"], ["late"], ["b", "beside"]]


def test_async_calls_are_cancelled() -> None:
    ended: list[str] = []

    @xcs.op(effect="unordered")
    async def wait(text: str) -> str:
        try:
            if text == "hang":
                await asyncio.Event().wait()
            return text
        finally:
            ended.append(text)

    @xcs.jit(timeout_s=SHORT_S)
    async def program(texts: list[str]) -> list[str]:
        return [await wait(text) for text in texts]

    async def main() -> None:
        assert await program(["a", "b"]) == ["a", "b"]
        with pytest.raises(TimeoutError, match="took longer than `0.05` s"):
            await program(["a", "hang", "b"])
        assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        task = asyncio.create_task(xcs.jit(program, timeout_s=PATIENCE_S)(["hang"]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert sorted(ended) == ["a", "a", "b", "b", "hang", "hang"]


def test_with_a_journal(tmp_path: Path, gate: Gate) -> None:
    program = xcs.jit(lambda texts: [ask(text) for text in texts], timeout_s=SHORT_S, journal=tmp_path / "run.db")
    with pytest.raises(TimeoutError):
        program(["a", "b", "hang"])
    store = Store(tmp_path / "run.db", "ro")
    try:
        recorded = [row for run in store.runs() for row in store.calls(run.id)]
    finally:
        store.close()
    assert sorted(gate.made) == ["a", "b", "hang"]
    assert len(recorded) == 2


@pytest.mark.parametrize("timeout_s", [0, -1.0, "1", True])
def test_the_time_is_checked(timeout_s: Any) -> None:
    with pytest.raises(xcs.XCSError, match="expected `timeout_s` in seconds above 0, found"):
        xcs.jit(timeout_s=timeout_s)


def test_what_nothing_bounds_is_refused() -> None:
    with pytest.raises(xcs.XCSError, match="expected no `timeout_s` with the strategy `sequential`"):
        xcs.jit(strategy="sequential", timeout_s=1)

    def reads_itself(text: str) -> Callable[[], Any]:
        return locals()["text"] + ask(text)

    with pytest.warns(xcs.XCSWarning), pytest.raises(xcs.XCSError, match="expected `.*reads_itself` to be compiled"):
        xcs.jit(reads_itself, timeout_s=1)("a")
