"""What `xcs.jit` may be put on, and that a jitted function is as good a function as the one it was made of."""

from __future__ import annotations

import copy
import functools
import inspect
import os
import pickle
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest

import xcs
from xcs.diagnostics.effect import Effect
from xcs.frontend.wrapped import Wrapped


@xcs.op(effect="unordered")
def ask(question: str, temperature: float = 0.0) -> str:
    """Stands for a model."""
    return f"<{question} {temperature}>"


@xcs.jit
def answer(question: str, *, temperature: float = 0.5) -> str:
    """Answers."""
    return ask(question, temperature)


def plain(question: str, temperature: float = 0.5) -> str:
    return ask(question, temperature)


class Agent:
    """Jitted methods of every kind."""

    def __init__(self, name: str) -> None:
        self.name = name

    @xcs.jit
    def think(self, question: str) -> str:
        return ask(f"{self.name} {question}")

    @staticmethod
    @xcs.jit
    def shared(question: str) -> str:
        return ask(question)

    @classmethod
    @xcs.jit
    def made(cls, question: str) -> str:
        return ask(f"{cls.__name__} {question}")

    @property
    @xcs.jit
    def motto(self) -> str:
        return ask(self.name)

    def say(self, question: str) -> str:
        return ask(f"{self.name} {question}")


class Callable:
    """An object that can be called."""

    def __call__(self, question: str) -> str:
        return ask(question)


@xcs.jit
class Panel:
    """A class whose `forward` is jitted, and `__call__` with it."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def __call__(self, question: str) -> list[str]:
        return self.forward(question)

    def forward(self, question: str) -> list[str]:
        return [ask(f"{name} {question}") for name in self.names]


def test_a_jitted_function_looks_like_the_function() -> None:
    assert (answer.__name__, answer.__qualname__, answer.__doc__, answer.__module__) == (
        "answer",
        "answer",
        "Answers.",
        __name__,
    )
    assert inspect.signature(answer) == inspect.signature(answer.__wrapped__)
    assert "answer" in repr(answer)
    assert {answer: 1}[answer] == 1
    answer.note = "kept"
    assert answer.note == "kept"


def test_copies_and_pickles_are_the_function_itself() -> None:
    assert copy.copy(answer) is answer
    assert copy.deepcopy({"f": answer})["f"] is answer
    assert pickle.loads(pickle.dumps(answer)) is answer
    assert pickle.loads(pickle.dumps(Agent.think)) is Agent.think
    assert pickle.loads(pickle.dumps(Agent("Ada").think))("why") == "<Ada why 0.0>"


def test_methods() -> None:
    agent = Agent("Ada")
    assert agent.think("why") == Agent.think(agent, "why") == "<Ada why 0.0>"
    assert agent.think.__self__ is agent
    assert isinstance(Agent.think, Wrapped)
    assert Agent.shared("why") == agent.shared("why") == "<why 0.0>"
    assert Agent.made("why") == agent.made("why") == "<Agent why 0.0>"
    assert agent.motto == "<Ada 0.0>"
    assert xcs.get_jit_stats(agent.think)["calls"] == xcs.get_jit_stats(Agent.think)["calls"] >= 2


def test_new_objects_of_one_class_are_no_new_program() -> None:
    program = xcs.jit(Agent.think.__wrapped__)
    assert [program(Agent(name), "why") for name in "abc"] == ["<a why 0.0>", "<b why 0.0>", "<c why 0.0>"]
    assert xcs.get_jit_stats(program)["traces"] == 1


def test_classes() -> None:
    panel = Panel(["a", "b"])
    assert isinstance(Panel, type)
    assert isinstance(panel, Panel)
    calls = xcs.get_jit_stats(Panel)["calls"]
    assert panel.forward("why") == panel("why") == ["<a why 0.0>", "<b why 0.0>"]
    assert xcs.get_jit_stats(Panel)["calls"] == xcs.get_jit_stats(panel)["calls"] == calls + 2


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (plain, "<why 0.5>"),
        (answer, "<why 0.5>"),
        (lambda question: ask(question), "<why 0.0>"),
        (Agent("Ada").say, "<Ada why 0.0>"),
        (Callable(), "<why 0.0>"),
        (functools.partial(plain, temperature=1.0), "<why 1.0>"),
        (functools.partial(functools.partial(plain), temperature=2.0), "<why 2.0>"),
        (functools.partial(Agent("Ada").say), "<Ada why 0.0>"),
    ],
    ids=["function", "jitted", "lambda", "bound", "object", "partial", "partial of partial", "partial of bound"],
)
def test_everything_written_in_python(target: Any, expected: str) -> None:
    program = xcs.jit(target)
    assert program("why") == program("why") == expected
    stats = xcs.get_jit_stats(program)
    assert (stats["calls"], stats["traces"], stats["fallback"]) == (2, 1, None)
    assert "@ask" in xcs.trace_function(target, "why").as_text()


@pytest.mark.parametrize("target", [len, str.upper, functools.partial(len), print, "x".join])
def test_c_code_stays_as_it_is(target: Any) -> None:
    program = xcs.jit(target)
    assert type(program) is type(target)
    with pytest.raises(xcs.XCSError, match="expected something made by `xcs.jit`"):
        xcs.get_jit_stats(program)
    with pytest.raises(xcs.XCSError, match="expected a Python function to trace"):
        xcs.trace_function(target, "x")


def test_trace_function_leaves_a_class_alone() -> None:
    class Untouched:
        def forward(self, question: str) -> str:
            return ask(question)

    with pytest.raises(xcs.XCSError, match="expected a Python function to trace, found `<class "):
        xcs.trace_function(Untouched, "why")
    assert isinstance(Untouched.forward, types.FunctionType)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (3, "expected a function, a class or a callable object, found `3`"),
        (None.__class__, "expected class `NoneType` to define `forward` or `__call__`"),
    ],
)
def test_what_cannot_be_called_is_refused(target: Any, message: str) -> None:
    with pytest.raises(xcs.XCSError) as caught:
        xcs.jit(target)
    assert str(caught.value) == message


def test_strategies_change_nothing_but_the_schedule() -> None:
    for strategy in ("sequential", "parallel", "vectorized", "hybrid", "adaptive"):
        assert xcs.jit(strategy=strategy)(plain)("why") == "<why 0.5>"
    assert xcs.jit(window=1)(Panel.forward)(Panel(["a", "b"]), "why") == ["<a why 0.0>", "<b why 0.0>"]
    with pytest.raises(xcs.XCSError, match="expected the strategy to be one of .*, found `fastest`"):
        xcs.jit(strategy="fastest")(plain)


def test_no_keyword_is_reserved() -> None:
    @xcs.jit
    def echo(self: int = 1, **function: int) -> str:
        return ask(f"{self} {function}")

    expected = "<2 {'args': 3, 'kwargs': 4, 'values': 5} 0.0>"
    assert echo(self=2, args=3, kwargs=4, values=5) == expected
    assert echo.trace(self=2, args=3).entry == echo.lower(self=2).entry == "echo"
    assert echo.compile(self=2, args=3, kwargs=4, values=5)(2, {"args": 3, "kwargs": 4, "values": 5}) == expected


def test_wrong_arguments_raise_what_python_raises() -> None:
    for args, kwargs in (((), {}), (("a", "b"), {}), (("a",), {"warmth": 1})):
        with pytest.raises(TypeError) as expected:
            answer.__wrapped__(*args, **kwargs)
        with pytest.raises(TypeError) as found:
            answer(*args, **kwargs)
        assert str(found.value) == str(expected.value)


def test_disable_jit_runs_plain_python() -> None:
    program = xcs.jit(plain)
    with xcs.disable_jit():
        assert program("why") == "<why 0.5>"
    assert xcs.get_jit_stats(program)["calls"] == 0
    assert program("why") == "<why 0.5>"
    assert xcs.get_jit_stats(program)["calls"] == 1


PROBE = """
import xcs

@xcs.jit
def program():
    return "called"

print(program(), xcs.get_jit_stats(program)["calls"])
"""


@pytest.mark.parametrize(("setting", "calls"), [("1", "0"), ("0", "1"), ("", "1")])
def test_the_environment_disables_jit(setting: str, calls: str, tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "XCS_DISABLE": setting, "PYTHONPATH": root}
    command = [sys.executable, str(tmp_path / "probe.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == (f"called {calls}\n", "")


def test_a_model_binding_is_an_orchestration_op() -> None:
    signature = xcs.OperationSignature.from_callable(xcs.embedded(["a document"]))
    assert (signature.is_orchestration_op, signature.is_tensor_op, signature.is_pure) == (True, False, False)
    assert signature.effect is Effect.UNORDERED


def test_a_jax_function_is_a_tensor_op() -> None:
    for function in (jnp.dot, jnp.tanh):
        signature = xcs.OperationSignature.from_callable(function)
        assert (signature.is_orchestration_op, signature.is_tensor_op, signature.is_pure) == (False, True, True)


def test_a_plain_function_is_what_its_source_does() -> None:
    def constant() -> int:
        return 3

    def say(text: str) -> None:
        print("said")

    of = xcs.OperationSignature.from_callable
    assert (of(constant).is_pure, of(constant).is_orchestration_op) == (True, False)
    assert (of(say).effect, of(say).reason) == (Effect.ORDERED, "calls print")
    assert (of(ask).effect, of(plain).is_orchestration_op) == (Effect.UNORDERED, True)
    assert of(Callable()).effect is Effect.UNORDERED


def test_parallelism_is_reachable() -> None:
    analysis = Panel.forward.lower(Panel(["a", "b"]), "why").parallelism
    assert analysis.orchestration_ops == 1
    assert analysis.execution_strategy
    assert inspect.isclass(xcs.ParallelismInfo)
