"""Faults of endpoints and of journals' files: what they end with is clear, and they leave no thread, task or socket."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess, endpoint_process

import xcs

openai = pytest.importorskip("openai")
pytest.importorskip("tenacity")

PATIENCE_S = 30.0
SOON = xcs.Retry(1, first_wait_s=0.01)
FAULTS = ["500", "400", "429:0.01", "reset", "truncated", "malformed", "empty", "hang", "drip"]
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what the process has open")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointProcess]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with endpoint_process(tmp_path) as running:
        yield running


def num_sockets() -> int:
    """Sockets that this process has open."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except FileNotFoundError:  # the listing's own
            continue
    return found


def num_busy() -> int:
    """Threads that run an attempt of their own."""
    return sum(thread.name == "xcs-timed-call" for thread in threading.enumerate())


def settled(measure: Callable[[], int], most: int) -> int:
    """What is measured once it has come down to `most`, or doesn't any more."""
    deadline_s = time.monotonic() + PATIENCE_S
    while (found := measure()) > most and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return found


@needs_proc
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_no_thread_and_no_socket(server: EndpointProcess, fault: str) -> None:
    """At the first, a middle and the last item of a map; again and again, with some of them handled."""
    options: dict[str, Any] = {"base_url": server.base_url, "api_key": "k", "max_retries": 0, "retries": SOON}
    model, patient = (xcs.bind("openai:m", timeout_s=timeout_s, **options) for timeout_s in (0.3, PATIENCE_S))

    @xcs.jit
    def program(prompts: list[str]) -> list[str]:
        return [model(prompt) for prompt in prompts]

    def turn(number: int) -> None:
        place = (0, 2, 4)[number % 3]
        prompts = [f"q{number} {i}" + (f"|{fault}" * 3 if i == place else "") for i in range(5)]
        with pytest.raises((openai.OpenAIError, TimeoutError, ValueError)):
            program(prompts)
        assert patient(f"well {number}") == f"echo well {number}"

    for number in range(3):
        turn(number)
    assert settled(num_busy, 0) == 0
    sockets, threads = num_sockets(), threading.active_count()
    for number in range(3, 6):
        turn(number)
    assert settled(num_busy, 0) == 0

    def after_another_call() -> int:
        """The client closes connections that have been idle for a while when it is used."""
        with suppress(TimeoutError, openai.OpenAIError):  # on a busy machine
            program(["again"])
        return num_sockets()

    assert settled(after_another_call, sockets + 5) <= sockets + 5  # as many as calls at once stay open for the next
    assert settled(threading.active_count, threads + 5) <= threads + 5


@needs_proc
@pytest.mark.parametrize("fault", ["500", "reset", "malformed", "hang"])
def test_a_fault_on_an_event_loop_leaves_no_task_and_no_socket(server: EndpointProcess, fault: str) -> None:
    model = xcs.bind("openai:m", base_url=server.base_url, api_key="k", max_retries=0, timeout_s=0.3)

    @xcs.jit
    async def program(prompts: list[str]) -> list[str]:
        return [await model.acall(prompt) for prompt in prompts]

    async def main() -> tuple[list[int], int]:
        sockets = []
        for number in range(6):
            prompts = [f"q{number} {i}" + (f"|{fault}" if i == 2 else "") for i in range(5)]
            with pytest.raises((openai.OpenAIError, TimeoutError, ValueError)):
                await program(prompts)
            sockets.append(num_sockets())
        return sockets, len(asyncio.all_tasks())

    sockets, tasks = asyncio.run(main())
    assert tasks == 1
    assert sockets[-1] <= max(sockets[:2]) + 5


JOURNALLED = """
    import resource, signal, sys, warnings
    import xcs
    @xcs.op(effect="unordered")
    def large(number):
        return str(number) * 20_000
    @xcs.jit
    def program(count):
        return sum([len(large(number)) for number in range(count)])
"""


def run_script(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(textwrap.dedent(JOURNALLED) + textwrap.dedent(text))
    return subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE_S, cwd=folder, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_file_that_can_grow_no_more(tmp_path: Path) -> None:
    """The operating system itself refuses to write: the run goes on, and says once that nothing more is recorded."""
    run = run_script(
        """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with xcs.journal("run.db"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
            print(program(40) == plain if (plain := sum(len(str(n)) * 20_000 for n in range(40))) else 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        """,
        tmp_path,
    )
    assert (run.returncode, run.stdout) == (0, "True\n"), run.stderr
    assert run.stderr.count("records nothing from here on") == 1


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="gives up its rights")
def test_a_journal_that_may_not_be_written(tmp_path: Path) -> None:
    """Whoever may do everything becomes nobody first, with all that is needed loaded before."""
    run = run_script(
        """
        import os, pathlib, shutil, tempfile
        folder = pathlib.Path(tempfile.mkdtemp())
        with xcs.journal(folder / "run.db"):
            assert program(3) == 60_000
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        child = os.fork()
        if child == 0:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            status = 1
            try:
                with xcs.journal(folder / "run.db"):
                    print("ran", program(4), flush=True)
            except xcs.XCSError as error:
                print(error, flush=True)
                status = 0
            os._exit(status)
        status = os.waitpid(child, 0)[1]
        folder.chmod(0o755)
        shutil.rmtree(folder)
        sys.exit(status >> 8)
        """,
        tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ran" not in run.stdout
    assert "run.db" in run.stdout


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a journal that was closed."""
    folder = tmp_path_factory.mktemp("journal")
    made = run_script("with xcs.journal('run.db'): print(program(3))", folder)
    assert made.returncode == 0, made.stderr
    return (folder / "run.db").read_bytes()


@pytest.mark.parametrize("damage", ["text", "cut", "zeros"])
def test_a_journal_that_is_no_database_any_more(journal: bytes, tmp_path: Path, damage: str) -> None:
    size = len(journal)
    damaged = {"text": b"no database", "cut": journal[: size // 3], "zeros": journal[:100] + bytes(size - 100)}
    (tmp_path / "run.db").write_bytes(damaged[damage])
    run = run_script("with xcs.journal('run.db'): print(program(3))", tmp_path)
    assert run.returncode == 1
    assert "XCSError" in run.stderr.splitlines()[-1] or "xcs.diagnostics.errors.XCSError" in run.stderr
    assert "run.db" in run.stderr.rpartition("XCSError")[2]
    assert "Traceback" in run.stderr
