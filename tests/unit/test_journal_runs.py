"""Runs with a journal: what is made once, what is made again, what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xcs
from xcs.diagnostics.errors import XCSError, XCSWarning

made: list[tuple[Any, ...]] = []
numbers = itertools.count()
is_down = [True]


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    made.clear()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


@xcs.op(effect="unordered")
def ask(*given: Any) -> tuple[Any, ...]:
    made.append(given)
    return *given, next(numbers)


@xcs.op(effect="unordered")
async def ask_later(*given: Any) -> tuple[Any, ...]:
    await asyncio.sleep(0)
    return ask(*given)


@xcs.op(effect="unordered")
def fail(*given: Any) -> None:
    made.append(given)
    raise ValueError(*given)


def recursive(number: int) -> Any:
    if number == 0:
        return ask("bottom")
    return ask(number, recursive(number - 1))


def mapped(count: int) -> Any:
    return [ask(number) for number in range(count)]


def carried(count: int) -> Any:
    state: Any = ()
    for _ in range(count):
        state = ask(state)
    while len(state) < 2:
        state = ask(state, "more")
    return state


def caught(count: int) -> Any:
    found = []
    for number in range(count):
        try:
            first = ask("try", number)
            if number == 1:
                fail(first)
            found.append(first)
        except ValueError:
            found.append(ask("recover", number))
    return found


def same_inputs(count: int) -> Any:
    return [ask("same") for _ in range(count)] + [ask("same")]


PROGRAMS = [recursive, mapped, carried, caught, same_inputs]
STRATEGIES = ["adaptive", "sequential"]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_run_is_repeated_without_a_call(program: Callable[[int], Any], strategy: str, path: Path) -> None:
    jitted = xcs.jit(strategy=strategy)(program)
    with xcs.journal(path):
        answer = jitted(4)
    num_made = len(made)
    assert num_made >= 4
    with xcs.journal(path):
        assert jitted(4) == answer
    assert len(made) - num_made == (program is caught)  # the call that fails


def test_strategies_share_a_journal_where_their_plans_are_of_one_shape(path: Path) -> None:
    with xcs.journal(path):
        answer = xcs.jit(recursive)(3)
    with xcs.journal(path, mode="replay"):
        assert xcs.jit(strategy="sequential")(recursive)(3) == answer


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_async_programs(strategy: str, path: Path) -> None:
    @xcs.jit(strategy=strategy)
    async def program(count: int) -> Any:
        drafts = [await ask_later(number) for number in range(count)]
        state: Any = ()
        for draft in drafts:
            state = await ask_later(state, draft)
        return state

    with xcs.journal(path):
        answer = asyncio.run(program(3))
    assert len(made) == 6
    with xcs.journal(path):
        assert asyncio.run(program(3)) == answer
    assert len(made) == 6


def test_runs_are_told_apart_by_arguments_and_number(path: Path) -> None:
    jitted = xcs.jit(mapped)
    with xcs.journal(path):
        answers = jitted(2), jitted(3), jitted(2)
    assert len(made) == 7
    assert answers[0] != answers[2]
    with xcs.journal(path):
        assert (jitted(2), jitted(3), jitted(2)) == answers
        assert len(made) == 7
        jitted(2)
    assert len(made) == 9


def test_what_failed_is_made_again_and_what_completed_is_not(path: Path) -> None:
    @xcs.op(effect="unordered")
    def flaky(given: Any) -> str:
        made.append(("flaky",))
        if is_down[0]:
            raise ConnectionError("down")
        return "up"

    @xcs.jit
    def program() -> Any:
        first = ask("first")
        return first, flaky(first)

    is_down[0] = True
    with pytest.raises(ConnectionError), xcs.journal(path):
        program()
    is_down[0] = False
    with xcs.journal(path):
        assert program()[1] == "up"
    assert [given[0] for given in made] == ["first", "flaky", "flaky"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_exceptions_are_recorded_where_asked_for(strategy: str, path: Path) -> None:
    jitted = xcs.jit(strategy=strategy)(caught)
    with xcs.journal(path, exceptions=True):
        answer = jitted(3)
    num_made = len(made)
    with xcs.journal(path, mode="replay", exceptions=True):
        assert jitted(3) == answer
    assert len(made) == num_made

    @xcs.jit(strategy=strategy)
    def program() -> None:
        fail("down", 3)

    for _ in range(2):
        with pytest.raises(ValueError, match="down") as raised, xcs.journal(path, exceptions=True):
            program()
        assert raised.value.args == ("down", 3)
    assert len(made) == num_made + 1


def test_ordered_effects_run_again(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    @xcs.jit
    def program() -> Any:
        answer = ask("x")
        print("asked")
        return answer

    for _ in range(2):
        with xcs.journal(path):
            program()
    assert capsys.readouterr().out == "asked\nasked\n"
    assert len(made) == 1


def test_two_threads_share_a_journal(path: Path) -> None:
    jitted = xcs.jit(mapped)
    barrier = threading.Barrier(2)
    answers: dict[str, list[Any]] = {"first": [], "second": []}

    def work(kind: str) -> None:
        barrier.wait()
        with xcs.journal(path):
            barrier.wait()
            answers[kind].append(jitted(20))
            barrier.wait()

    for kind in answers:
        threads = [threading.Thread(target=work, args=(kind,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(made) == 40
    assert sorted(answers["first"]) == sorted(answers["second"])


def test_a_program_inside_a_call_is_recorded_as_part_of_it(path: Path) -> None:
    inner = xcs.jit(mapped)

    @xcs.op(effect="unordered")
    def nested(name: str) -> Any:
        answer = inner(2)
        if name == "fails" and is_down[0]:
            raise ConnectionError("down")
        return answer

    @xcs.jit
    def program() -> Any:
        return nested("works"), nested("fails")

    is_down[0] = True
    with pytest.raises(ConnectionError), xcs.journal(path):
        program()
    num_made = len(made)
    is_down[0] = False
    with xcs.journal(path):
        works, fails = program()
    assert works != fails
    assert len(made) == num_made == 4


def test_the_option_of_jit(path: Path) -> None:
    jitted = xcs.jit(journal=path)(mapped)
    answer = jitted(2)
    with xcs.journal(path):
        pass
    assert len(made) == 2
    assert jitted(2) != answer  # the second run of this process
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (4,)
    connection.close()


def test_replay_refuses_what_is_not_recorded(path: Path) -> None:
    jitted = xcs.jit(mapped)
    with xcs.journal(path):
        jitted(2)
    made.clear()

    @xcs.jit
    def guarded(count: int) -> Any:
        try:
            return ask(count)
        except Exception:
            return "swallowed"

    with xcs.journal(path, mode="replay"):
        with pytest.raises(XCSError, match=r"expected `xcs.call @ask` at .*:\d+ in journal .* it isn't recorded"):
            jitted(3)
        with pytest.raises(XCSError, match="replay makes no call"):
            guarded(1)
        with xcs.disable_jit(), pytest.raises(XCSError, match="runs as plain Python: `disable_jit`"):
            jitted(2)
    assert made == []
    with pytest.raises(XCSError, match="can't be opened"), xcs.journal(path.with_name("other.db"), mode="replay"):
        pass


def test_replay_writes_nothing(path: Path) -> None:
    jitted = xcs.jit(mapped)
    with xcs.journal(path):
        jitted(2)
    held = path.read_bytes()
    with xcs.journal(path, mode="replay"):
        jitted(2)
    assert path.read_bytes() == held


@xcs.op(effect="unordered")
def connect(name: str) -> Any:
    made.append((name,))
    return threading.Lock()


@xcs.op(effect="unordered")
def same(given: list[int]) -> list[int]:
    made.append(("same",))
    return given


@xcs.op(effect="unordered")
def grow(given: list[int]) -> int:
    made.append(("grow",))
    given.append(1)
    return len(given)


@pytest.mark.parametrize(
    ("call", "argument", "reason"),
    [
        (connect, "x", "no form for a `_thread.lock`"),
        (same, [1], "holds a `list` that the call was given"),
        (grow, [1], "it changes what it is given"),
        (ask, threading.Lock(), "a `_thread.lock` is told by nothing that lasts"),
    ],
)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_has_no_form_is_made_again(strategy: str, call: Any, argument: Any, reason: str, path: Path) -> None:
    @xcs.jit(strategy=strategy)
    def program(argument: Any) -> int:
        for _ in range(2):
            call(argument)
        return 1

    for times in (1, 2):
        message = rf"journal `.*`: `.*` at .*:\d+ isn't recorded: .*{reason}"
        with pytest.warns(XCSWarning, match=message) as told, xcs.journal(path):
            assert program(argument) == 1
        assert len(told) == 1
        assert len(made) == 2 * times


def version_of(body: str) -> Any:
    """A program with a helper of this body, both of which have source."""
    import linecache

    source = f"def helper(x):\n    {body}\n\ndef program(x):\n    return helper(ask(x))\n"
    name = f"<version {next(numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    space = {"ask": ask, "__name__": "versions"}
    exec(compile(source, name, "exec"), space)
    return xcs.jit(space["program"])


def test_a_changed_program_is_refused(path: Path) -> None:
    with xcs.journal(path):
        answer = version_of("return ['a', x]")(1)
    with xcs.journal(path):
        assert version_of("return ['a', x]")(1) == answer
    message = r"of this program `versions.program`.*the code of `versions.helper` has changed"
    with pytest.raises(XCSError, match=message), xcs.journal(path):
        version_of("return ['b', x]")(1)
    assert len(made) == 1
    with pytest.raises(XCSError, match="has changed"), xcs.journal(path, mode="replay"):
        version_of("return ['b', x]")(1)
    with xcs.journal(path, on_mismatch="discard"):
        assert version_of("return ['b', x]")(1)[0] == "b"
    assert len(made) == 2
    with pytest.raises(XCSError, match="has changed"), xcs.journal(path):
        version_of("return ['a', x]")(1)


def test_another_python_is_named(path: Path) -> None:
    with xcs.journal(path):
        version_of("return x")(1)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("""UPDATE programs SET code = replace(code, '"(Python)": "3.', '"(Python)": "2.')""")
    with pytest.raises(XCSError, match=r"recorded with Python 2\.\d+, this is 3\.\d+"), xcs.journal(path):
        version_of("return x")(1)


def test_globals_that_a_program_reads_are_inputs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = xcs.jit(mapped)
    with xcs.journal(path):
        first = jitted(1)
    monkeypatch.setattr(f"{__name__}.TEMPLATE", "other", raising=False)

    with xcs.journal(path):
        assert jitted(1) == first

    @xcs.jit
    def program(x: Any) -> Any:
        return ask(x, len(TEMPLATE))

    with xcs.journal(path):
        second = program(1)
    monkeypatch.setattr(f"{__name__}.TEMPLATE", "again")
    with xcs.journal(path):
        assert program(1) != second


TEMPLATE = "one"


def recorded_once(path: Path) -> Any:
    jitted = xcs.jit(mapped)
    with xcs.journal(path):
        jitted(2)
    return jitted


def test_what_is_no_journal_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(XCSError, match="can't be opened: file is not a database"), xcs.journal(path):
        pass
    other = path.with_name("other.db")
    with contextlib.closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE calls (x)")
    with pytest.raises(XCSError, match="expected a journal of XCS, found another database"), xcs.journal(other):
        pass
    with pytest.raises(XCSError, match="can't be opened"), xcs.journal(path.parent):
        pass


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("PRAGMA user_version = 99", "expected a journal of format 2, found format 99"),
        ("CREATE TRIGGER t AFTER INSERT ON calls BEGIN DELETE FROM calls; END", "expected the tables of a journal"),
        ("ALTER TABLE calls ADD COLUMN more", "expected the tables of a journal"),
    ],
)
def test_altered_journals_are_refused(statement: str, reason: str, path: Path) -> None:
    recorded_once(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    with pytest.raises(XCSError, match=reason), xcs.journal(path):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE calls SET value = x'4e'",
        "UPDATE calls SET value = 'text'",
        "UPDATE calls SET value = NULL || x'00' WHERE 0 OR value = ''",
        "UPDATE calls SET value = substr(value, 1, length(value) - 1) || x'00'",
        "UPDATE calls SET raised = 1",
        "UPDATE calls SET path = path || '.x' WHERE 0",
    ],
)
def test_damaged_rows_are_made_again(statement: str, path: Path) -> None:
    jitted = recorded_once(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        changed = connection.execute(statement).rowcount
    told = pytest.warns(XCSWarning, match="is made again: .* it is damaged") if changed else contextlib.nullcontext()
    with told, xcs.journal(path):
        assert [answer[0] for answer in jitted(2)] == [0, 1]
    assert len(made) == 2 + changed
    with xcs.journal(path, mode="replay"):
        jitted(2)


def test_values_can_not_be_exchanged(path: Path) -> None:
    jitted = recorded_once(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows = connection.execute("SELECT path, value FROM calls ORDER BY path").fetchall()
        for (at, _), (_, value) in zip(rows, reversed(rows), strict=True):
            connection.execute("UPDATE calls SET value = ? WHERE path = ?", (value, at))
    with xcs.journal(path, mode="replay"), pytest.raises(XCSError, match="it is damaged"):
        jitted(2)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_full_disk_ends_the_recording_and_not_the_run(
    strategy: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xcs.runtime.journal.store import Store

    begin = Store.begin_run

    def begin_and_fill(self: Store, *arguments: Any) -> bool:
        answer = begin(self, *arguments)
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        self._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        return answer

    monkeypatch.setattr(Store, "begin_run", begin_and_fill)

    @xcs.op(effect="unordered")
    def large(number: int) -> bytes:
        made.append((number,))
        return bytes(2000)

    @xcs.jit(strategy=strategy)
    def program(count: int) -> int:
        return sum([len(large(number)) for number in range(count)])

    told = pytest.warns(XCSWarning, match="database or disk is full; the run goes on, and records nothing from here on")
    with told as warnings, xcs.journal(path):
        assert program(20) == 40_000
    assert len(warnings) == 1
    assert len(made) == 20


def test_only_the_first_thread_that_cannot_write_tells_of_it(path: Path) -> None:
    """Others may be on their way to the file when it breaks: theirs is the same failure, not another."""
    from xcs.runtime.journal.store import CallRecord, Store

    record = CallRecord(b"run", "/0", b"inputs", "large", "program.py:1:1", False, bytes(100_000), 0.0, 0)
    store = Store(path)
    try:
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(XCSError, match="database or disk is full"):
            store.add(record)
        store.add(record)
        assert store.is_broken
        assert not store.calls(b"run")
    finally:
        store.close()


def test_a_locked_journal_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded_once(path)
    monkeypatch.setattr("xcs.runtime.journal.store.BUSY_S", 0.05)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(XCSError, match="can't be written: database is locked"), xcs.journal(path):
            xcs.jit(mapped)(5)
        connection.execute("ROLLBACK")
    assert len(made) == 2


@pytest.mark.parametrize("options", [{"mode": "reply"}, {"on_mismatch": "ignore"}])
def test_unknown_options_are_refused(options: dict[str, str], path: Path) -> None:
    with pytest.raises(XCSError, match="expected one of"), xcs.journal(path, **options):
        pass
    assert not path.exists()


def test_one_file_has_one_set_of_options(path: Path) -> None:
    message = "used with the options it is open with"
    with xcs.journal(path), pytest.raises(XCSError, match=message), xcs.journal(path, exceptions=True):
        pass


def test_models_count_by_name_and_options(path: Path) -> None:
    @xcs.jit
    def program(model: Any, questions: list[str]) -> Any:
        return [model(question) for question in questions]

    model = xcs.embedded()
    with xcs.journal(path):
        answers = program(model, ["Why?", "How?"])
    with xcs.journal(path, mode="replay"):
        assert program(xcs.embedded(), ["Why?", "How?"]) == answers
        with pytest.raises(XCSError, match="it isn't recorded"):
            program(model.with_options(temperature=0.5), ["Why?", "How?"])
