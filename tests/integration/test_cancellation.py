"""However a program ends, nothing hangs and nothing is left: interrupts, errors, the end of the interpreter, forks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

import xcs

pytestmark = pytest.mark.usefixtures("leaves_nothing")
SCRIPT = Path(__file__).with_name("interrupted_program.py")
PATIENCE_S = 30.0
NUM_ROUNDS = 20
NUM_TEXTS = 12  # of the interrupted program


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_interrupts_at_twenty_random_moments(mode: str) -> None:
    command = [sys.executable, str(SCRIPT), mode, str(NUM_ROUNDS), "11"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    rounds = [json.loads(line) for line in run.stdout.splitlines()]
    assert sum(one["struck"] for one in rounds) == NUM_ROUNDS
    assert all(one["again"] for one in rounds), "an interrupt has broken something"
    assert all(one["left"] == 0 for one in rounds), "a permit was lost"
    assert max(one["late"] for one in rounds) <= NUM_TEXTS  # those that had a thread already
    assert max(one["threads"] for one in rounds) <= 2 * NUM_TEXTS + 2


PROLOGUE = """
    import asyncio, os, signal, sys, threading, time
    import xcs
    started = threading.Semaphore(0)
    @xcs.op(effect="unordered")
    def hang(text):
        started.release()
        threading.Event().wait()
    @xcs.op(effect="unordered", max_concurrency=1)
    def limited(text):
        started.release()
        threading.Event().wait()
    @xcs.op(effect="unordered", timeout_s=3600)
    def timed(text):
        started.release()
        threading.Event().wait()
    @xcs.op(effect="unordered")
    async def wait(text):
        started.release()
        try:
            await asyncio.Event().wait()
        finally:
            print("cancelled", text)
    def when_started(count, then):
        def watch():
            for _ in range(count):
                started.acquire()
            then()
        threading.Thread(target=watch, daemon=True).start()
    def strike():
        os.kill(os.getpid(), signal.SIGINT)
    hangs = xcs.jit(lambda texts: [(hang(text), limited(text), timed(text)) for text in texts])
    async def main(texts):
        return [await wait(text) for text in texts]
    waits = xcs.jit(main)
"""


def run_script(text: str, prologue: str = PROLOGUE) -> subprocess.CompletedProcess[str]:
    """A process of its own; one that hangs at its end fails."""
    source = textwrap.dedent(prologue) + textwrap.dedent(text)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(source)
        return subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE_S)


def test_an_interrupt_ends_the_process_as_python_does() -> None:
    run = run_script("""
        when_started(5, strike)
        try:
            hangs(["a", "b"])
        finally:
            print("closed")
    """)
    assert run.returncode == -signal.SIGINT
    assert run.stdout == "closed\n"
    assert run.stderr.rstrip().endswith("KeyboardInterrupt")


def test_an_interrupt_of_an_event_loop_cancels_its_calls() -> None:
    run = run_script("""
        async def top():
            loop = asyncio.get_running_loop()
            # The loop may be just about to wait, where CPython notices a signal when something else wakes it.
            when_started(2, lambda: (strike(), loop.call_soon_threadsafe(int)))
            await waits(["a", "b"])
        asyncio.run(top())
    """)
    assert run.returncode == -signal.SIGINT
    assert run.stdout == "cancelled a\ncancelled b\n"
    assert run.stderr.rstrip().endswith("KeyboardInterrupt")


def test_an_error_is_on_top_and_the_process_ends() -> None:
    run = run_script("""
        @xcs.op(effect="unordered")
        def fail(text):
            for _ in range(5):
                started.acquire()
            raise ValueError("the user's own")
        xcs.jit(lambda: (fail("x"), [(hang(one), limited(one), timed(one)) for one in "ab"]))()
    """)
    assert run.returncode == 1
    assert "\nValueError: the user's own\n" in run.stderr.rpartition("Traceback")[2]


@pytest.mark.parametrize("target", ["hangs(['a', 'b'])", "asyncio.run(waits(['a', 'b', 'c', 'd', 'e']))"])
def test_the_interpreter_ends_while_calls_run_elsewhere(target: str) -> None:
    run = run_script(f"""
        threading.Thread(target=lambda: {target}, daemon=True).start()
        for _ in range(5):
            started.acquire()
        print("end")
    """)
    assert (run.returncode, run.stdout, run.stderr) == (0, "end\n", "")


def test_the_time_of_a_whole_call_is_up() -> None:
    run = run_script("""
        program = xcs.jit(lambda: [(hang(one), limited(one), timed(one)) for one in "ab"], timeout_s=0.2)
        try:
            program()
        except TimeoutError as error:
            print(error)
        asyncio.run(xcs.jit(main, timeout_s=0.2)(["a"]))
    """)
    assert run.returncode == 1
    assert "took longer than `0.2` s\ncancelled a\n" in run.stdout
    assert "\nTimeoutError: `main` took longer than `0.2` s\n" in run.stderr


def test_a_synchronous_program_inside_of_a_loop() -> None:
    """As in notebooks: the loop waits, and goes on once the program is interrupted."""
    run = run_script("""
        async def cell():
            when_started(5, strike)
            try:
                hangs(["a", "b"])
            except KeyboardInterrupt:
                print("interrupted")
            await asyncio.sleep(0)
            return xcs.jit(lambda: [one.upper() for one in "ab"])()
        print(asyncio.new_event_loop().run_until_complete(cell()))
    """)
    assert (run.returncode, run.stdout) == (0, "interrupted\n['A', 'B']\n"), run.stderr


def test_programs_in_threads_end_with_their_own_errors() -> None:
    barrier = threading.Barrier(8)

    @xcs.op(effect="unordered", max_concurrency=3)
    def ask(text: str) -> str:
        if text.endswith("2"):
            raise ValueError(text)
        return text

    program = xcs.jit(lambda texts: [ask(text) for text in texts])
    ends: dict[int, object] = {}

    def drive(number: int) -> None:
        barrier.wait(PATIENCE_S)
        try:
            ends[number] = program([f"{number} {digit}" for digit in range(number % 4)])
        except ValueError as error:
            ends[number] = str(error)

    threads = [threading.Thread(target=drive, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert ends == {n: f"{n} 2" if n % 4 == 3 else [f"{n} {digit}" for digit in range(n % 4)] for n in range(8)}


def test_a_cancelled_task_cancels_its_calls_and_no_others() -> None:
    ended: list[str] = []

    @xcs.op(effect="unordered")
    async def wait(text: str, event: asyncio.Event) -> str:
        try:
            await event.wait()
            return text
        finally:
            ended.append(text)

    @xcs.jit
    async def program(texts: list[str], event: asyncio.Event) -> list[str]:
        return [await wait(text, event) for text in texts]

    async def main() -> list[str]:
        event = asyncio.Event()
        first = asyncio.create_task(program(["a", "b"], event))
        second = asyncio.create_task(program(["c", "d"], event))
        for _ in range(10):
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert sorted(ended) == ["a", "b"]
        event.set()
        answers = await second
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return answers

    assert asyncio.run(main()) == ["c", "d"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("how", ["os.fork", "multiprocessing"])
def test_a_forked_worker_has_a_fresh_pool_and_fresh_limits(how: str) -> None:
    """The parent's calls hold every limit while it forks."""
    run = run_script(f"""
        import multiprocessing, warnings
        warnings.simplefilter("ignore")
        @xcs.op(effect="unordered", max_concurrency=1)
        def ask(text):
            if text == "hang":
                started.release()
                threading.Event().wait()
            return text.upper()
        program = xcs.jit(lambda texts: [ask(text) for text in texts])
        assert program(["a"]) == ["A"]
        threading.Thread(target=lambda: program(["hang", "b", "c"]), daemon=True).start()
        started.acquire()
        def child(_=None):
            return program(["x", "y"]) + asyncio.run(xcs.jit(late)())
        async def late():
            return [await soon(one) for one in "pq"]
        @xcs.op(effect="unordered", max_concurrency=1)
        async def soon(text):
            return text
        if {how!r} == "os.fork":
            pid = os.fork()
            if pid == 0:
                print(child(), flush=True)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        else:
            with multiprocessing.get_context("fork").Pool(1) as pool:
                print(pool.map(child, [1])[0], flush=True)
    """)
    assert (run.returncode, run.stdout) == (0, "['X', 'Y', 'p', 'q']\n"), run.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_inside_of_a_call_does_not_deadlock() -> None:
    run = run_script("""
        import warnings
        warnings.simplefilter("ignore")
        @xcs.op(effect="unordered", max_concurrency=2)
        def forks(text):
            pid = os.fork()
            if pid == 0:
                answer = xcs.jit(lambda: [inner(one) for one in "ab"])()
                os._exit(0 if answer == ["a", "b"] else 1)
            return os.waitpid(pid, 0)[1]
        @xcs.op(effect="unordered", max_concurrency=1)
        def inner(text):
            return text
        print(xcs.jit(lambda: [forks(one) for one in "abc"])())
    """)
    assert (run.returncode, run.stdout) == (0, "[0, 0, 0]\n"), run.stderr


def test_no_thread_of_a_finished_program_is_more_than_idle() -> None:
    """Workers wait for the next program and are daemons; they end by themselves."""
    program = xcs.jit(lambda texts: [slow(text) for text in texts])
    assert program(["a", "b"]) == ["A", "B"]
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("xcs")]
    assert threads
    assert all(thread.daemon for thread in threads)


@xcs.op(effect="unordered")
def slow(text: str) -> str:
    time.sleep(0)
    return text.upper()
