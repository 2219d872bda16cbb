"""What the effect sanitizer sees, what it lets pass, and how it says it."""

from __future__ import annotations

import contextvars
import datetime
import functools
import gc
import io
import logging
import os
import random
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import numpy
import numpy.random
import pytest

import xcs
from xcs.diagnostics.effect import Effect
from xcs.frontend.check_effects import check_effects
from xcs.frontend.sanitizer.object_states import ObjectStates
from xcs.frontend.sanitizer.watch import Licence, Watch

LOG: list[Any] = []
COUNT = 0
LOGGER = logging.getLogger("xcs.tests.sanitizer")
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("variable")


def seen(function: Callable[..., Any], *args: Any) -> list[tuple[str, Effect]]:
    """Everything that a pure call may not do."""
    with Watch(Licence("function", Effect.PURE, declared=False)) as watch:
        function(*args)
    return [(sight.what, sight.needs) for _, sight in watch.excess]


def strongest(function: Callable[..., Any], *args: Any) -> Effect:
    return max((needs for _, needs in seen(function, *args)), default=Effect.PURE)


def write_a_file(path):
    with open(path, "w") as file:
        file.write("text")


def read_a_file(path):
    with open(path) as file:
        return file.read()


def append_by_descriptor(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))


def connect(path):
    with socket.socket() as one:
        one.connect_ex(("127.0.0.1", 9))


def start_a_thread(path):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def warn(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("careful", stacklevel=1)


def set_and_unset(path):
    os.environ["XCS_TEST_SANITIZER"] = "1"
    del os.environ["XCS_TEST_SANITIZER"]


SIGHTS = [
    (read_a_file, Effect.READS),
    (write_a_file, Effect.ORDERED),
    (append_by_descriptor, Effect.ORDERED),
    (lambda path: os.listdir(os.path.dirname(path)), Effect.READS),
    (lambda path: os.path.exists(path), Effect.READS),
    (lambda path: os.utime(path), Effect.ORDERED),
    (lambda path: os.environ.get("HOME"), Effect.READS),
    (set_and_unset, Effect.ORDERED),
    (lambda path: subprocess.run([sys.executable, "-c", ""], check=True), Effect.ORDERED),
    (lambda path: sqlite3.connect(":memory:").close(), Effect.ORDERED),
    (connect, Effect.READS),
    (lambda path: print("x"), Effect.ORDERED),
    (lambda path: sys.stdout.write("x"), Effect.ORDERED),
    (lambda path: LOGGER.error("x"), Effect.ORDERED),
    (warn, Effect.ORDERED),
    (lambda path: time.perf_counter(), Effect.FENCE),
    (lambda path: datetime.datetime.now(), Effect.FENCE),
    (lambda path: time.sleep(0), Effect.UNORDERED),
    (lambda path: random.random(), Effect.ORDERED),
    (lambda path: random.choice([1, 2]), Effect.ORDERED),
    (lambda path: os.urandom(1), Effect.UNORDERED),
    (lambda path: VARIABLE.set(1), Effect.ORDERED),
    (start_a_thread, Effect.ORDERED),
]


@pytest.mark.parametrize(("function", "needs"), SIGHTS, ids=range(len(SIGHTS)))
def test_what_is_done_to_the_world_is_seen(function, needs, tmp_path):
    path = tmp_path / "file"
    path.write_text("text")
    assert strongest(function, str(path)) is needs


@pytest.mark.parametrize(
    "function",
    [
        lambda: "a b".split(),
        lambda: sorted([3, 1], key=str),
        lambda: re.sub("a", "b", "aaa"),
        lambda: random.Random(3).random(),
        lambda: io.StringIO().write("x"),
        lambda: datetime.datetime(2020, 1, 1).isoformat(),
        lambda: __import__("json").dumps({"a": 1}),
    ],
    ids=range(7),
)
def test_plain_work_leaves_no_trace(function):
    assert seen(function) == []


def test_nothing_is_seen_after_the_watch():
    with Watch(Licence("f", Effect.PURE, declared=False)) as watch:
        pass
    os.listdir(".")
    assert watch.excess == []
    assert sys.getprofile() is None


def test_what_a_client_does_inside_is_its_own_affair():
    """Only the user's own code is held against an effect that was inferred."""
    unordered = Licence("f", Effect.UNORDERED, declared=False)
    assert unordered.allows(Effect.ORDERED, is_in_library=True)
    assert not unordered.allows(Effect.ORDERED, is_in_library=False)
    assert Licence("f", Effect.UNORDERED, declared=True).allows(Effect.FENCE, is_in_library=False)


class Holder:
    def __init__(self, held):
        self.held = held


class Slotted:
    __slots__ = ("held", "other")

    def __init__(self, held):
        self.held = held


def made_counter():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    return step


def append_to_log():
    LOG.append(1)


def rebind_global():
    global COUNT
    COUNT += 1


def remember(x, found=[]):  # noqa: B006
    found.append(x)


def set_class_attribute():
    Holder.shared = COUNT  # type: ignore[attr-defined]


WRITES = [
    ([[1, 2]], lambda xs: xs[0].append(3)),
    ([{"a": [1]}], lambda xs: xs[0]["a"].append(3)),
    ([{"a": 1}], lambda xs: xs[0].update(a=2)),
    ([{1}], lambda xs: xs[0].add(2)),
    ([bytearray(b"a")], lambda xs: xs[0].append(3)),
    ([deque([1])], lambda xs: xs[0].rotate(3) or xs[0].append(1)),
    ([Counter("a")], lambda xs: xs[0].update("b")),
    ([Holder([1])], lambda xs: setattr(xs[0], "held", 2)),
    ([Holder([1])], lambda xs: xs[0].held.append(2)),
    ([Slotted([1])], lambda xs: setattr(xs[0], "held", 2)),
    ([Slotted(1)], lambda xs: setattr(xs[0], "other", 2)),
    ([([1],)], lambda xs: xs[0][0].append(2)),
    ([iter([1, 2])], lambda xs: next(xs[0])),
    ([(x for x in "ab")], lambda xs: next(xs[0])),
    ([random.Random(1)], lambda xs: xs[0].random()),
    ([io.StringIO()], lambda xs: xs[0].write("a")),
    ([numpy.zeros(3)], lambda xs: xs[0].fill(1)),
    ([made_counter()], lambda xs: xs[0]()),
    ([append_to_log], lambda xs: xs[0]()),
    ([rebind_global], lambda xs: xs[0]()),
    ([remember], lambda xs: xs[0](1)),
    ([set_class_attribute], lambda xs: xs[0]()),
    ([functools.partial(append_to_log)], lambda xs: xs[0]()),
    ([Holder([]).held.append], lambda xs: xs[0](1)),
]


@pytest.mark.parametrize(("roots", "write"), WRITES, ids=range(len(WRITES)))
def test_a_write_is_seen(roots, write):
    states = ObjectStates(roots)
    assert states.changed() == []
    write(roots)
    assert len(states.changed()) == 1


def test_equal_contents_that_are_another_object_are_a_write():
    holder = [[1]]
    states = ObjectStates(holder)
    ObjectStates([holder])
    holder[0][0] = 1  # the same object
    assert states.changed() == []
    outer = ObjectStates([holder])
    holder[0] = [1]
    assert outer.changed() == [holder]


@xcs.op(effect="pure")
def pure_that_writes(path):
    with open(path, "w") as file:
        file.write("x")
    return path


@xcs.op(effect="reads")
def reads_that_prints(x):
    print(x)
    return x


@xcs.op(effect="pure")
def pure_that_draws(x):
    return x + random.random()


@xcs.op(effect="pure")
def pure_that_draws_from_numpy(x):
    return x + float(numpy.random.rand())


@xcs.op(effect="reads")
def reads_that_remembers(x):
    LOG.append(x)
    return x


@xcs.op(effect="unordered")
def unordered_that_extends(messages):
    messages.append("more")
    return "answer"


class Client:
    def __init__(self) -> None:
        self.calls = 0

    @xcs.op(effect="unordered")
    def ask(self, prompt):
        self.calls += 1
        LOG.append(prompt)
        return prompt


@xcs.op(effect="ordered")
def ordered_that_does_all(path):
    print(path)
    LOG.append(path)
    with open(path, "a") as file:
        file.write("x")
    return time.time()


def once(function):
    @xcs.jit
    def program(x):
        return function(x)

    return program


BROKEN = [
    (pure_that_writes, "`pure_that_writes` is declared `pure` but opened `{path}` for writing at {here}:"),
    (pure_that_writes, 'help: declare `@xcs.op(effect="ordered")`'),
    (reads_that_prints, "`reads_that_prints` is declared `reads` but printed at {here}:"),
    (reads_that_remembers, "`reads_that_remembers` is declared `reads` but wrote to a `list` in global `LOG` at"),
]


@pytest.mark.parametrize(("function", "text"), BROKEN)
def test_a_declaration_that_is_not_true_is_named(function, text, tmp_path):
    path = str(tmp_path / "file")
    with check_effects(), pytest.raises(xcs.XCSError) as caught:
        xcs.jit(lambda x: function(x))(path)
    assert text.format(path=path, here=__file__) in str(caught.value)


@pytest.mark.parametrize(("function", "number"), [(pure_that_draws, 1), (pure_that_draws_from_numpy, 1.5)])
def test_random_numbers_are_not_pure(function, number):
    with check_effects(), pytest.raises(xcs.XCSError, match="is declared `pure` but drew from"):
        once(function)(number)


def test_arguments_of_what_commutes_are_for_others_to_see():
    with check_effects(), pytest.raises(xcs.XCSError, match="wrote to its argument, a `list`"):
        once(unordered_that_extends)(["hello"])


def test_books_of_what_commutes_are_its_own():
    client = Client()
    program = xcs.jit(lambda client, x: client.ask(x) + client.ask(x))
    with check_effects():
        assert program(client, "a") == "aa"
    assert client.calls == 2


def test_what_is_ordered_may_do_all(tmp_path):
    with check_effects():
        assert once(ordered_that_does_all)(str(tmp_path / "file")) > 0


def calls_a_broken_declaration(x):
    return reads_that_prints(x) + 1


def test_the_innermost_declaration_is_named():
    with check_effects(), pytest.raises(xcs.XCSError) as caught:
        once(calls_a_broken_declaration)(1)
    assert "`reads_that_prints` is declared `reads` but printed" in str(caught.value)
    assert "calls_a_broken_declaration" not in str(caught.value)


def fails_after_printing(x):
    reads_that_prints(x)
    raise ValueError(x)


def test_the_programs_own_failure_is_the_cause():
    with check_effects(), pytest.raises(xcs.XCSError, match="printed") as caught:
        xcs.jit(lambda x: fails_after_printing(x))(1)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_true_program_gives_its_result_and_its_own_failure():
    program = xcs.jit(lambda xs: [Client().ask(x) for x in xs])
    with check_effects():
        assert program(["a", "b"]) == ["a", "b"]
        with pytest.raises(ZeroDivisionError):
            xcs.jit(lambda x: Client().ask(x) / 0 if x else 1 / 0)(0)


def test_outside_nothing_is_checked():
    program = once(reads_that_prints)
    with check_effects():
        pass
    assert program(1) == 1


def test_the_environment_switches_it_on(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        'import xcs\n\n@xcs.op(effect="pure")\ndef f(x):\n    print(x)\n    return x\n\n\n'
        "@xcs.jit\ndef program(x):\n    return f(x) + f(x + 1)\n\n\nprogram(1)\n"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    environment = {**os.environ, "XCS_CHECK_EFFECTS": "1", "PYTHONPATH": root}
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 1
    assert f"`f` is declared `pure` but printed at {script}:5" in run.stderr


def test_what_the_garbage_collector_calls_back_is_nobodys_effect() -> None:
    def notice(phase: str, info: dict[str, int]) -> None:
        noticed.append(time.perf_counter())

    noticed: list[float] = []
    gc.callbacks.append(notice)
    try:
        assert seen(gc.collect) == []
        assert noticed
        assert seen(lambda: notice("start", {})) == []
    finally:
        gc.callbacks.remove(notice)
    assert seen(lambda: notice("start", {})) == [("read the clock", Effect.FENCE)]


def test_what_numpy_sets_and_sets_back_is_nobodys_effect() -> None:
    assert seen(lambda: str(numpy.linalg.norm(numpy.eye(2)))) == []
    with pytest.raises(numpy.linalg.LinAlgError):
        numpy.linalg.inv(numpy.zeros((2, 2)))
    assert seen(lambda: numpy.linalg.inv(numpy.eye(2)).round(1).tolist()) == []
