"""`kill -9` and Ctrl-C at random moments lose the calls in flight and no others; the answer is that of a whole run."""

from __future__ import annotations

import ast
import importlib.util
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xcs.runtime.journal.store import Store, unseal
from xcs.runtime.journal.values import decode

PROGRAM = Path(__file__).with_name("killed_program.py")
ENDS = ((signal.SIGKILL, 50), (signal.SIGINT, 20))
"""What ends a process, and how often."""
FRESH_KILLS = (21, 4, 4)
"""Events after which interpreters of their own, with hash values of their own, are killed; the others are forks of one
that has loaded everything. At most 10 calls are in flight, so 21 starts and ends are not without a recorded call."""


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("killed_program", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["killed_program"] = module
    spec.loader.exec_module(module)
    return module


def recorded(journal: Path) -> dict[tuple[str, tuple[int, ...]], dict[str, Any]]:
    """What the journal holds, by what each call was given."""
    if not journal.exists():
        return {}
    store = Store(journal, "rwc")
    try:
        rows = [row for run in store.runs() for row in store.calls(run.id)]
        results = [decode(unseal(row.run, row.path, row.inputs, row.raised, row.value)) for row in rows]
    finally:
        store.close()
    by_input = {(result["tag"], result["given"]): result for result in results}
    assert len(by_input) == len(results)
    return by_input


def lines(log: Path) -> list[tuple[str, str, tuple[int, ...]]]:
    """What the calls wrote, a kill in the middle of a line excepted."""
    if not log.exists():
        return []
    parts = [line.split(" ") for line in log.read_text().splitlines()]
    return [(kind, tag, tuple(map(int, filter(None, given)))) for kind, tag, *given in parts]


def check_round(journal: Path, log: Path, before: set[tuple[str, tuple[int, ...]]], num_before: int) -> None:
    """What is recorded wasn't made again, and what calls were given was recorded before they were."""
    started = [(tag, given) for kind, tag, given in lines(log)[num_before:] if kind == "start"]
    assert before.isdisjoint(started)
    assert len(set(started)) == len(started)
    values = {result["value"] for result in recorded(journal).values()} | {0}
    for _, given in started:
        assert values.issuperset(given)


def check_answer(program: ModuleType, journal: Path, log: Path) -> None:
    """The answer is what plain Python makes of the recorded results."""
    held = recorded(journal)

    def known(tag: str, given: tuple[int, ...]) -> dict[str, Any]:
        if tag == "fail":
            raise ValueError(tag)
        return held[tag, given]

    assert ast.literal_eval(log.with_suffix(".answer").read_text()) == program.answer_with(known)


FORKING = """
import os, sys
sys.path.insert(0, sys.argv[1])
import killed_program
for line in sys.stdin:
    events, journal, log = line.split()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.close(reading)
        killed_program.main(journal, log, "record")
        os._exit(0)
    os.close(writing)
    left = int(events)
    while left and os.read(reading, 1):
        left -= 1
    if not left:
        os.kill(child, int(sys.argv[2]))
    os.close(reading)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of a process")
@pytest.mark.parametrize(("ends_by", "num_ends"), ENDS, ids=lambda one: getattr(one, "name", ""))
def test_a_run_that_is_ended_again_and_again(
    program: ModuleType, tmp_path: Path, ends_by: signal.Signals, num_ends: int
) -> None:
    chosen = random.Random(7)
    command = [sys.executable, "-c", FORKING, str(PROGRAM.parent), str(int(ends_by))]
    killer = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert killer.stdin is not None
    assert killer.stdout is not None
    num_kills = num_finished = 0
    with killer:
        while num_kills < num_ends:
            journal, log = tmp_path / f"{num_finished}.db", tmp_path / f"{num_finished}.log"
            is_done = False
            while not is_done:
                before, num_before = set(recorded(journal)), len(lines(log))
                killer.stdin.write(f"{chosen.randrange(1, 25)} {journal} {log}\n")
                killer.stdin.flush()
                status = int(killer.stdout.readline())
                assert status in (0, -ends_by)
                num_kills += status != 0
                is_done = status == 0
                check_round(journal, log, before, num_before)
            check_answer(program, journal, log)
            num_finished += 1
        killer.stdin.close()
    assert num_finished >= 2


def test_kills_of_fresh_interpreters(program: ModuleType, tmp_path: Path) -> None:
    journal, log = tmp_path / "run.db", tmp_path / "run.log"
    command = [sys.executable, str(PROGRAM), str(journal), str(log)]
    for num_events in (*FRESH_KILLS, None):
        before, num_before = set(recorded(journal)), len(lines(log))
        run = subprocess.Popen([*command, "record"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert run.stdout is not None
        with run:
            if num_events is not None:
                assert len(run.stdout.read(num_events)) == num_events
                run.kill()
            run.stdout.read()
        check_round(journal, log, before, num_before)
        assert recorded(journal)
    check_answer(program, journal, log)
    answer, num_before = log.with_suffix(".answer").read_text(), len(lines(log))
    subprocess.run([*command, "record"], check=True, capture_output=True)
    assert log.with_suffix(".answer").read_text() == answer
    assert [line for line in lines(log)[num_before:] if line[1] != "fail"] == []
