"""Attributes of own objects that stay what they were: reading them waits for nothing that is done to the object.

Beside them stand attributes that are bound anew, in every way there is: what is read then is what Python reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import ask, flaky, note
from observe import case


class Agent:
    limit = 3

    def __init__(self, role: Any, tone: Any = "kind") -> None:
        self.role = role
        self.tone = tone
        self.seen: list[Any] = []
        self.turns = 0

    def answer(self, question):
        reply = ask(f"{self.role}: {question}")
        self.seen.append(reply)
        self.turns += 1
        return reply

    def retold(self, question):
        reply = self.answer(question)
        if len(self.seen) > 1:
            self.role = reply
        return reply

    def become(self, role):
        self.role = role
        return self

    def counted(self, question):
        self.turns += 1
        reply = ask(self.role, question, self.turns)
        self.seen.append(reply)
        return reply

    def limited(self, question):
        if self.turns >= self.limit:
            return "enough"
        reply = ask(self.role, question)
        self.seen.append(reply)
        self.turns += 1
        return reply

    def ranked(self, words):
        best = sorted(words, key=lambda word: (len(word) - len(self.role), word))
        self.seen.append(ask(self.role, *best))
        return best

    def joined(self, words):
        self.seen.append(ask("-".join(self.role + word for word in words)))

    def delegated(self, other, question):
        first = other.answer(question)
        self.seen.append(ask(self.role, other.role, first))

    def failing(self, x):
        self.seen.append(flaky(x))
        self.role = "done"
        return self.role

    def __call__(self, question):
        self.seen.append(ask(self.role, question))
        return len(self.seen)


class Loud(Agent):
    def __init__(self, role: Any) -> None:
        super().__init__(role.upper())
        self.__volume = 11

    def answer(self, question):
        reply = ask(self.role, self.tone, self.__volume, question)
        self.seen.append(reply)
        return reply


class Sometimes:
    tone = "class"

    def __init__(self, role: Any) -> None:
        self.lines: list[Any] = []
        if role:
            self.tone = role
        if role == "stop":
            return
        self.role = role

    def answer(self, question):
        reply = ask(self.tone, question)
        self.lines.append(reply)
        return reply

    def spoken(self, question):
        reply = ask(self.role, question)
        self.lines.append(reply)
        return reply


class Slotted:
    __slots__ = ("lines", "role")

    def __init__(self, role: Any) -> None:
        self.role, self.lines = role, []

    def answer(self, question):
        self.lines.append(ask(self.role, question))


class Watched:
    def __init__(self, role: Any) -> None:
        self._role = role
        self.lines: list[Any] = []

    @property
    def role(self):
        note("role is read")
        return self._role

    @role.setter
    def role(self, value):
        self._role = value + "!"

    def answer(self, question):
        self.lines.append(ask(self.role, question))

    def plain(self, question):
        self.lines.append(ask(self._role, question))


@dataclass
class Report:
    title: str
    style: str = "short"
    lines: list[Any] = field(default_factory=list)
    count: int = field(default=0, init=False)

    def add(self, topic):
        self.lines.append(ask(self.title, self.style, topic))
        self.count += 1


def state_of(*agents):
    return [(agent.role, agent.tone, agent.seen, agent.turns) for agent in agents]


# ---------------------------------------------------------------- what stays
def in_a_loop(questions):
    agent = Agent("critic")
    return [agent.answer(question) for question in questions], state_of(agent)


def one_by_one(questions):
    agent = Agent("critic")
    first = agent.answer("first")
    second = agent.answer("second")
    return first, second, agent.turns, state_of(agent)


def in_statements(questions):
    agent = Agent("critic")
    lines = []
    for question in questions:
        lines.append((agent.role, agent.answer(question)))
    return lines, state_of(agent)


def several(questions):
    agents = [Agent(role) for role in ("critic", "fan")]
    return [[agent.answer(question) for question in questions] for agent in agents], state_of(*agents)


def named_by_a_call(questions):
    agent = Agent(ask("role"))
    return [agent.answer(question) for question in questions], state_of(agent)


def inherited(questions):
    agent = Loud("critic")
    return [agent.answer(question) for question in questions], state_of(agent)


def called(questions):
    agent = Agent("critic")
    return [agent(question) for question in questions], state_of(agent)


def in_slots(questions):
    agent = Slotted("critic")
    for question in questions:
        agent.answer(question)
    return agent.lines


def of_a_dataclass(questions):
    report = Report("title")
    for question in questions:
        report.add(question)
    return report


def through_a_generator(questions):
    agent = Agent("critic")
    for question in questions:
        agent.joined([question, "x"])
    return state_of(agent)


def between_two(questions):
    one, other = Agent("critic"), Agent("fan")
    for question in questions:
        one.delegated(other, question)
    return state_of(one, other)


def in_a_helper(questions):
    agent = Agent("critic")
    for question in questions:
        answer_twice(agent, question)
    return state_of(agent)


def answer_twice(agent, question):
    agent.answer(question)
    agent.seen.append(ask(agent.tone, question))


# ---------------------------------------------------------------- what is bound anew
def bound_anew_between(questions):
    agent = Agent("critic")
    first = agent.answer("first")
    agent.role = "fan"
    second = agent.answer("second")
    return first, second, state_of(agent)


def bound_to_a_reply(questions):
    agent = Agent("critic")
    for question in questions:
        agent.role = agent.answer(question)
    return state_of(agent)


def bound_by_a_method(questions):
    agent = Agent("critic")
    agent.answer("first")
    agent.become("fan").answer("second")
    agent.become(ask("third"))
    return agent.answer("last"), state_of(agent)


def bound_in_the_same_expression(questions):
    agent = Agent("critic")
    agent.answer("first")
    return ask(agent.become("fan").role + agent.role), ask(agent.role, agent.become("judge").role), state_of(agent)


def bound_after_it_is_read(questions):
    agent = Agent("critic")
    agent.answer("first")
    return [agent.role, agent.become("fan") is agent, agent.role], ask(agent.role)


def bound_sometimes(questions):
    agent = Agent("critic")
    for question in questions:
        reply = agent.answer(question)
        if question == "y":
            agent.role = reply
    return agent.answer("last"), state_of(agent)


def bound_in_a_branch(questions, flag):
    agent = Agent("critic")
    agent.answer("first")
    if ask(flag) == ask(True):
        agent.role = "fan"
    return agent.answer("last"), agent.role, state_of(agent)


def bound_deep_inside(questions):
    agent = Agent("critic")
    return [agent.retold(question) for question in questions], state_of(agent)


def bound_by_another_name(questions):
    agent = Agent("critic")
    other = agent
    agent.answer("first")
    other.role = "fan"
    return agent.answer("second"), other.answer("third"), state_of(agent)


def bound_by_a_function(questions):
    agent = Agent("critic")
    agent.answer("first")
    rename(agent, "fan")
    agent.answer("second")
    setattr(agent, "role", "judge")  # noqa: B010
    agent.answer("third")
    vars(agent)["role"] = "guest"
    return agent.answer("last"), state_of(agent)


def rename(agent, role):
    agent.role = role


def bound_by_a_closure(questions):
    agent = Agent("critic")

    def promote():
        agent.role += "+"

    agent.answer("first")
    promote()
    agent.answer("second")
    return agent.answer("third"), state_of(agent)


def bound_in_a_while(questions):
    agent = Agent("critic")
    while len(agent.seen) < 3:
        agent.answer("more")
        agent.tone = agent.tone + "r"
    return ask(agent.tone), state_of(agent)


def bound_in_a_try(xs):
    agent = Agent("critic")
    out = []
    for x in xs:
        try:
            out.append(agent.failing(x))
        except ValueError:
            out.append(agent.role)
            agent.role = "failed"
        out.append(ask(agent.role))
    return out, state_of(agent)


def bound_in_an_inner_loop(questions):
    agents = [Agent(role) for role in ("critic", "fan")]
    for agent in agents:
        for question in questions:
            agent.answer(question)
            agent.role += "!"
    return state_of(*agents)


def deleted(questions):
    agent = Agent("critic")
    agent.answer("first")
    del agent.role
    try:
        return agent.answer("second")
    except AttributeError as error:
        return str(error), agent.seen


def deleted_from_the_list(questions):
    agents = [Agent(role) for role in ("critic", "fan")]
    for agent in agents:
        agent.answer("first")
        del agent.tone
    try:
        return [ask(agent.tone) for agent in agents]
    except AttributeError as error:
        return str(error)


def never_there(role):
    agent = Sometimes(role)
    first = agent.answer("first")
    try:
        return first, agent.spoken("second"), agent.answer("third")
    except AttributeError as error:
        return first, str(error), agent.lines


def counted(questions):
    agent = Agent("critic")
    return [agent.counted(question) for question in questions], state_of(agent)


def limited(questions):
    agent = Agent("critic")
    return [agent.limited(question) for question in [*questions, "more"]], state_of(agent)


def limit_moved(questions):
    agent = Agent("critic")
    agent.limit = 1
    return [agent.limited(question) for question in questions], state_of(agent)


def with_a_key(questions):
    agent = Agent("critic")
    agent.ranked(questions)
    agent.role = ""
    return agent.ranked(questions), state_of(agent)


def kept_function(questions):
    agent = Agent("critic")
    tell = lambda: agent.role
    agent.answer("first")
    agent.role = "fan"
    return tell(), ask(tell()), state_of(agent)


def a_property(questions):
    agent = Watched("critic")
    agent.answer("first")
    agent.role = "fan"
    agent.answer("second")
    agent.plain("third")
    return agent.lines


def given_away(questions):
    agent = Agent("critic")
    agent.answer("first")
    KEPT.append(agent)
    change_kept("fan")
    return agent.answer("second"), state_of(agent)


KEPT: list[Any] = []


def change_kept(role):
    for one in KEPT:
        one.role = role


def swapped(questions):
    one, other = Agent("critic"), Agent("fan")
    for question in questions:
        one.answer(question)
        one.role, other.role = other.role, one.role
    return state_of(one, other)


QUESTIONS = (["x", "y", "z"],)

PROGRAMS = [
    case(in_a_loop, QUESTIONS, overlap=3),
    case(one_by_one, QUESTIONS, overlap=2),
    case(in_statements, QUESTIONS, overlap=3),
    case(several, QUESTIONS, overlap=6),
    case(named_by_a_call, QUESTIONS),
    case(inherited, QUESTIONS, overlap=3),
    case(called, QUESTIONS, overlap=3),
    case(in_slots, QUESTIONS, overlap=3),
    case(of_a_dataclass, QUESTIONS, overlap=3),
    case(through_a_generator, QUESTIONS, overlap=3),
    case(between_two, QUESTIONS, overlap=3),
    case(in_a_helper, QUESTIONS, overlap=6),
    case(bound_anew_between, QUESTIONS),
    case(bound_to_a_reply, QUESTIONS),
    case(bound_by_a_method, QUESTIONS),
    case(bound_in_the_same_expression, QUESTIONS),
    case(bound_after_it_is_read, QUESTIONS),
    case(bound_sometimes, QUESTIONS),
    case(bound_in_a_branch, (["x"], True)),
    case(bound_in_a_branch, (["x"], False), name="bound_in_no_branch"),
    case(bound_deep_inside, QUESTIONS),
    case(bound_by_another_name, QUESTIONS),
    case(bound_by_a_function, QUESTIONS),
    case(bound_by_a_closure, QUESTIONS),
    case(bound_in_a_while, QUESTIONS),
    case(bound_in_a_try, ([1, 2, 3],), more_calls=True),
    case(bound_in_an_inner_loop, QUESTIONS),
    case(deleted, QUESTIONS),
    case(deleted_from_the_list, QUESTIONS),
    case(never_there, ("",)),
    case(never_there, ("stop",), name="stopped_early"),
    case(never_there, ("go",), name="always_there"),
    case(counted, QUESTIONS),
    case(limited, QUESTIONS),
    case(limit_moved, QUESTIONS),
    case(with_a_key, QUESTIONS),
    case(kept_function, QUESTIONS),
    case(a_property, QUESTIONS),
    case(given_away, QUESTIONS, setup=KEPT.clear),
    case(swapped, QUESTIONS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
