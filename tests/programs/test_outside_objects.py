"""Objects of a module that a program calls methods of: looked into as arguments are, and again at each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import pytest
from leaves import ask, flaky, note
from observe import case

import xcs


class Agent:
    def __init__(self, role: Any) -> None:
        self.role = role
        self.seen: list[Any] = []
        self.turns = 0

    def answer(self, question):
        reply = ask(self.role, question)
        self.seen.append(reply)
        self.turns += 1
        return reply

    def remember(self, question):
        reply = ask(self.role, len(self.seen), question)
        self.seen.append(reply)
        return reply

    def become(self, role):
        self.role = role

    def tried(self, x):
        try:
            self.seen.append(flaky(x))
        except ValueError:
            self.seen.append("failed")
        return len(self.seen)

    def __call__(self, question):
        return self.answer(question)


class Encoder:
    def __init__(self) -> None:
        self.weight = jnp.eye(3) * 2
        self.offset = jnp.ones(3)

    def encode(self, x):
        return jnp.tanh(self.weight @ x) + self.offset


AGENT = Agent("critic")
OTHER = Agent("fan")
ENCODER = Encoder()
KNOWN = [AGENT]


def reset() -> None:
    global AGENT, OTHER
    AGENT, OTHER = Agent("critic"), Agent("fan")
    KNOWN[:] = [AGENT]


def state() -> Any:
    return [(one.role, one.seen, one.turns, one is AGENT) for one in (AGENT, OTHER, *KNOWN)]


def answers(questions):
    return [AGENT.answer(question) for question in questions]


def answers_called(questions):
    return [AGENT(question) for question in questions]


def remembers(questions):
    return [AGENT.remember(question) for question in questions]


def two_agents(questions):
    return [(AGENT.answer(question), OTHER.answer(question)) for question in questions]


def tries(xs):
    return [AGENT.tried(x) for x in xs]


def becomes(questions):
    replies = []
    for question in questions:
        replies.append(AGENT.answer(question))
        AGENT.become(question)
    return replies


def bound_anew(questions):
    global AGENT
    first = AGENT.answer("first")
    AGENT = Agent("new")
    return first, [AGENT.answer(question) for question in questions]


def bound_in_a_function(questions):
    first = AGENT.answer("first")
    bind_anew()
    return first, [AGENT.answer(question) for question in questions]


def bind_anew():
    global AGENT
    AGENT = Agent("new")


def method_hidden(questions):
    first = AGENT.answer("first")
    AGENT.answer = lambda question: note(("hidden", question))  # type: ignore[method-assign]
    return first, [AGENT.answer(question) for question in questions]


def role_in_between(questions):
    replies = []
    for question in questions:
        replies.append(AGENT.answer(question))
        KNOWN[0].role = question
    return replies


def also_the_argument(agent, questions):
    replies = []
    for question in questions:
        replies.append(AGENT.answer(question))
        agent.role = question
    return replies


def encodes(xs):
    return [ENCODER.encode(x).sum() for x in xs]


QUESTIONS = (["x", "y", "z"],)
FRESH: dict[str, Any] = {"setup": reset, "state": state}

PROGRAMS = [
    case(answers, QUESTIONS, overlap=3, **FRESH),
    case(answers_called, QUESTIONS, overlap=3, **FRESH),
    case(remembers, QUESTIONS, **FRESH),
    case(two_agents, QUESTIONS, overlap=6, **FRESH),
    case(tries, ([1, 2, 3],), more_calls=True, **FRESH),
    case(becomes, QUESTIONS, **FRESH),
    case(bound_anew, QUESTIONS, **FRESH),
    case(bound_in_a_function, QUESTIONS, **FRESH),
    case(method_hidden, QUESTIONS, **FRESH),
    case(role_in_between, QUESTIONS, **FRESH),
    case(also_the_argument, lambda: (AGENT, ["x", "y"]), name="argument_is_the_object", **FRESH),
    case(also_the_argument, lambda: (OTHER, ["x", "y"]), name="argument_is_another", **FRESH),
    case(encodes, lambda: ([jnp.arange(3.0), jnp.ones(3)],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()


def heard(question: Any) -> Any:
    return "heard", question


def test_a_method_hidden_between_calls_is_not_called() -> None:
    reset()
    program = xcs.jit(answers)
    program(["x"])
    AGENT.answer = heard  # type: ignore[method-assign]
    assert program(["x", "y"]) == [("heard", "x"), ("heard", "y")]
    del AGENT.answer  # type: ignore[attr-defined]
    assert program(["x"]) == [ask("critic", "x")]


def test_an_object_bound_anew_between_calls_is_the_one_that_is_called() -> None:
    reset()
    program = xcs.jit(answers)
    program(["x"])
    bind_anew()
    assert program(["x"]) == [ask("new", "x")]
    assert AGENT.seen == [ask("new", "x")]


def test_attributes_that_become_something_else_between_calls_are_looked_at_again() -> None:
    reset()
    program = xcs.jit(answers)
    program(["x"])
    AGENT.role = ["a", "list"]
    AGENT.turns = 0.5  # type: ignore[assignment]
    assert program(["x"]) == [ask(["a", "list"], "x")]
    assert AGENT.turns == 1.5


def test_a_growing_memory_is_looked_at_without_compiling_again() -> None:
    reset()
    program = xcs.jit(answers)
    for number in range(6):
        program([str(number)])
    assert AGENT.turns == 6
    assert program.stats["traces"] <= 2


def test_arrays_of_an_object_are_in_one_kernel() -> None:
    program = xcs.jit(lambda x: ENCODER.encode(x).sum())
    x = jnp.arange(3.0)
    assert jnp.allclose(program(x), ENCODER.encode(x).sum())
    ENCODER.weight = ENCODER.weight * 2
    try:
        assert jnp.allclose(program(x), ENCODER.encode(x).sum())
    finally:
        ENCODER.weight = ENCODER.weight / 2
    assert "xcs.tensor" in program.lower(x).as_text()
