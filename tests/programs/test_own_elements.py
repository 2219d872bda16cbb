"""Lists and dicts of objects made in the function: each object's calls in order, different objects side by side.

Beside each that must overlap stand those that look alike and must not: shared memories, second names, partial states.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note
from observe import case

KEPT: list[Any] = []
REPLIES: list[Any] = []


class Memory:
    def __init__(self) -> None:
        self.lines: list[Any] = []

    def add(self, line: Any) -> Memory:
        self.lines.append(line)
        return self


class Agent:
    shared: list[Any] = []  # noqa: RUF012 - one list for all of them

    def __init__(self, name: Any, history: list[Any] | None = None) -> None:
        self.name = name
        self.history: list[Any] = [] if history is None else history
        self.calls = 0

    def run(self, task):
        reply = ask(self.name, task, len(self.history))
        self.history.append(reply)
        return reply

    def plan_and_do(self, task):
        self.calls += 1
        plan = ask("plan", self.name, task, self.calls)
        self.history.append(plan)
        check = ask("check", self.name, task)
        done = ask("do", plan, len(self.history))
        self.history.append(done)
        return done + check

    def try_it(self, x):
        self.history.append(x)
        reply = flaky(x)
        self.history.append(reply)
        return reply

    def try_twice(self, x):
        self.history.append(x)
        first = flaky(x)
        self.history.append(first)
        self.history.append(flaky(x + first))
        return first

    def hear(self, others):
        self.history.append(ask(self.name, *others))

    def tell_all(self, task):
        self.shared.append(ask(self.name, task, len(self.shared)))

    def kept(self, task):
        KEPT.append(self)
        return ask(self.name, task) + ask(task)

    def asked(self, task):
        self.history.append(ask(task, len(self.history)))
        return self

    def planned(self, task):
        self.history.append(ask(task, len(self.history)))
        self.history.append(ask("then", task))
        return self

    def log(self, task):
        self.history.append(ask(self.name, task) + ask(task))
        return self.history

    def noted(self, task):
        self.history.append(ask(self.name, task))
        note((self.name, len(self.history)))
        return ask(task)

    def down(self, depth):
        self.history.append(ask(self.name, depth))
        if depth:
            self.down(depth - 1)
        return ask(depth)

    def replies(self, task):
        REPLIES.append(ask(self.name, task))
        self.history.append(ask(task, len(REPLIES)))


class Defaulting:
    def __init__(self, name: Any, history: list[Any] = []) -> None:  # noqa: B006 - one list for all of them
        self.name = name
        self.history = history

    def run(self, task):
        self.history.append(ask(self.name, task, len(self.history)))


class Remembering:
    def __init__(self, name: Any) -> None:
        self.name = name
        self.memory = Memory()

    def run(self, task):
        self.memory.add(task)
        self.memory.add(ask(self.name, task, len(self.memory.lines)))
        return ask(self.name, self.memory.lines[-1])

    def run_chained(self, task):
        self.memory.add(task).add(ask(self.name, task, len(self.memory.lines)))


class Registered(Agent):
    def __init__(self, name: Any) -> None:
        super().__init__(name)
        KEPT.append(self)


def reset() -> None:
    KEPT.clear()
    REPLIES.clear()
    Agent.shared.clear()
    Defaulting.__init__.__defaults__[0].clear()  # type: ignore[index]


def state() -> Any:
    return [agent.history for agent in KEPT], list(Agent.shared), list(REPLIES)


def histories(agents: Any) -> Any:
    return [agent.history for agent in agents]


# ---------------------------------------------------------------- natural
def each_runs(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.run("task")
    return histories(agents)


def each_replies(names):
    agents = [Agent(name) for name in names]
    return [agent.plan_and_do("task") for agent in agents], histories(agents)


def by_name(names):
    agents = {name: Agent(name) for name in names}
    replies = {}
    for name, agent in agents.items():
        replies[name] = agent.plan_and_do(name)
    return replies, {name: agent.history for name, agent in agents.items()}


def values_of(names):
    agents = {name: Agent(name) for name in names}
    for agent in agents.values():
        agent.run("task")
    return [agents[name].history for name in names]


def in_rounds(names):
    agents = [Agent(name) for name in names]
    for turn in range(3):
        for index, agent in enumerate(agents):
            agent.run(turn + index)
    return histories(agents)


def each_its_task(names, tasks):
    agents = [Agent(name) for name in names]
    for agent, task in zip(agents, tasks):  # noqa: B905
        agent.plan_and_do(task)
    return histories(agents)


def with_names(names):
    agents = [(name, Agent(name)) for name in names]
    for name, agent in agents:
        agent.run(name)
    return [agent.history for _, agent in agents]


def named_by_calls(names):
    agents = [Agent(ask(name)) for name in names]
    for agent in agents:
        agent.run("task")
    return histories(agents)


def listed(task):
    agents = [Agent("a"), Agent("b"), Agent("c")]
    for agent in agents:
        agent.run(task)
    return histories(agents)


def appended(names):
    agents = []
    for name in names:
        agents.append(Agent(ask(name)))
    return [agent.run("task") for agent in agents], histories(agents)


def filled(names):
    agents = []
    for name in names:
        agents.append(Agent(name))
    for agent in agents:
        agent.run("task")
    return histories(agents)


def filled_by_name(names):
    agents = []
    for name in names:
        agent = Agent(name)
        agent.history.append("new")
        agents.append(agent)
    return [agent.plan_and_do("task") for agent in agents], histories(agents)


def named_first(task):
    planner, critic = Agent("planner"), Agent("critic")
    writer = Agent("writer")
    agents = [planner, critic, writer]
    for agent in agents:
        agent.run(task)
    return histories(agents)


def chat(texts):
    history = []
    for text in texts:
        history.append(ask(text))
        history.append(ask("and", history[-1]))
    return history


def chat_with_state(texts):
    talk = []
    for text in texts:
        talk.append(ask(text))
        if len(text) > 1:
            talk.append(ask(talk[-1], len(talk)))
        talk.append(talk[-1] + talk[0])
    return talk


def rows_made(texts):
    rows = [{"text": text} for text in texts]
    for row in rows:
        row["answer"] = ask(row["text"])
        row["score"] = ask(row["text"], len(row["answer"]))
    return rows


def rows_with_logs(texts):
    rows = [{"text": text, "log": []} for text in texts]
    for row in rows:
        row["log"].append(ask(row["text"]))
        row["score"] = ask(row["text"], len(row["log"]))
    return rows


def nested_parts(names):
    agents = [Remembering(name) for name in names]
    for agent in agents:
        agent.run("one")
        agent.run("two")
    return [agent.memory.lines for agent in agents]


def nested_chains(names):
    agents = [Remembering(name) for name in names]
    for agent in agents:
        agent.run_chained("one")
    return [agent.memory.lines for agent in agents]


class Lines:
    def __init__(self):
        self.lines = []

    def add(self, line):
        self.lines.append(line)
        return self


def argument_that_looks_at_the_chain(name):
    own = Lines()
    own.add("first").add(ask(name, len(own.lines)))
    return own.lines


def argument_that_looks_by_another_name(name):
    own = Lines()
    other = own
    count = lambda: len(own.lines)
    own.add("first").add(ask(name, len(other.lines))).add(ask(name, count()))
    return own.lines


def argument_that_looks_at_the_dict(name):
    own = {}
    own.setdefault(name, []).append(ask(name, len(own)))
    return own


def two_agents(task):
    planner, critic = Agent("planner"), Agent("critic")
    first = planner.plan_and_do(task)
    other = critic.plan_and_do(task)
    second = planner.plan_and_do(first)
    return first, other, second, planner.history, critic.history


def in_a_helper(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        work_with(agent, "task")
    return histories(agents)


def work_with(agent, task):
    agent.history.append(ask(task))
    agent.history.append(ask(agent.name, task))


def chained(task):
    agent = Agent("a")
    agent.asked(task).asked("more")
    return agent.history


def chained_plans(task):
    agent = Agent("a")
    agent.planned(task).planned("more").asked("last")
    return agent.history


def only_some(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        if agent.name != "b":
            agent.run("task")
        else:
            continue
        agent.run("again")
    return histories(agents)


def reads_between(names):
    agents = [Agent(name) for name in names]
    before = [len(agent.history) for agent in agents]
    for agent in agents:
        agent.plan_and_do("task")
    between = [len(agent.history) for agent in agents]
    for agent in agents:
        agent.plan_and_do("task")
    return before, between, [len(agent.history) for agent in agents]


# ---------------------------------------------------------------- what must keep its order
def named_and_read(task):
    planner, critic = Agent("planner"), Agent("critic")
    agents = [planner, critic]
    for agent in agents:
        agent.run(task)
        planner.run("again")
    return histories(agents)


def named_twice(task):
    planner = Agent("planner")
    same = planner
    agents = [planner, same]
    for agent in agents:
        agent.run(task)
    return histories(agents)


def filled_with_one(names):
    agents = []
    agent = Agent("one")
    for name in names:
        agents.append(agent)
        agents.append(Agent(name))
    for agent in agents:
        agent.run("task")
    return histories(agents)


def filled_with_the_one_before(names):
    agents = []
    before = Agent("one")
    for name in names:
        agent = Agent(name)
        agents.append(before)
        before = agent
        agents.append(agent)
    for agent in agents:
        agent.run("task")
    return histories(agents), before.history


def filled_and_kept(names):
    agents, kept = [], []
    for name in names:
        agent = Agent(name)
        agents.append(agent)
        kept.append(agent)
    for agent in agents:
        agent.run("task")
        kept[0].run("again")
    return histories(kept)


def filled_with_sharing(names):
    agents, log = [], []
    for name in names:
        agents.append(Agent(name, log))
    for agent in agents:
        agent.run("task")
    return log


def filled_in_a_try(xs):
    agents = []
    agent = Agent("first")
    try:
        for x in xs:
            agents.append(agent)
            agent = Agent(flaky(x))
    except ValueError:
        agent.run("failed")
    for one in agents:
        one.run("task")
        agent.run("again")
    return histories(agents), agent.history


def last_changes(texts):
    talk = []
    for text in texts:
        talk.append(ask(text))
        talk[-1] = ask("changed", text)
        talk.append(ask(talk[-1]))
        talk.insert(0, text)
        talk.append(ask(talk[-1]))
        talk.sort()
        talk.append(ask(talk[-1]))
    return talk


def last_by_another_name(texts):
    talk = []
    same = talk
    for text in texts:
        talk.append(ask(text))
        same.append(ask("same", text))
        talk.append(ask(talk[-1]))
    return talk


def one_memory(names):
    memory: list[Any] = []
    agents = [Agent(name, memory) for name in names]
    for agent in agents:
        agent.run("task")
    return memory


def one_memory_made_inside(names):
    agents = [Agent(name, memory) for memory in [[]] for name in names]
    for agent in agents:
        agent.run("task")
    return histories(agents)


def one_object_many_times(task):
    agents = [Agent("a")] * 3
    for agent in agents:
        agent.run(task)
    return histories(agents)


def second_name(names):
    agents = [Agent(name) for name in names]
    first = agents[0]
    for agent in agents:
        agent.run("task")
        first.run("again")
    return histories(agents)


def put_in_twice(names):
    agents = [Agent(name) for name in names]
    agents.append(agents[0])
    for agent in agents:
        agent.run("task")
    return histories(agents)


def named_and_appended(names):
    agents = []
    for name in names:
        agent = Agent(ask(name))
        agents.append(agent)
        agents.append(agent)
    for agent in agents:
        agent.run("task")
    return histories(agents)


def looks_at_others(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.hear([len(other.history) for other in agents])
    return histories(agents)


def looks_at_the_first(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.hear(agents[0].history)
    return histories(agents)


def everyone_to_everyone(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        for other in agents:
            other.hear([agent.name, len(agent.history)])
    return histories(agents)


def linked(names):
    agents = [Agent(name) for name in names]
    agents[0].history = agents[1].history
    for agent in agents:
        agent.run("task")
    return histories(agents)


def handed_on(names):
    agents = [Agent(name) for name in names]
    before = Agent("before")
    for agent in agents:
        agent.hear(before.history)
        before.history.append(agent.name)
        before = agent
    return histories(agents), before.history


def last_one_again(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.run("task")
    agent.run("again")
    return histories(agents)


def first_that_fits(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.run("task")
        if agent.name == "b":
            return agent.history
    return None


def stops_at(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        if agent.name == "c":
            break
        agent.run("task")
    return histories(agents)


def let_go(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        KEPT.append(agent)
        agent.run("task")
        KEPT[0].run("again")
    return len(KEPT)


def let_go_by_method(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.kept("task")
        agent.run("task")
    return len(KEPT)


def registered(names):
    agents = [Registered(name) for name in names]
    for agent in agents:
        agent.run("task")
        KEPT[0].run("again")
    return histories(agents)


def class_list(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.tell_all("task")
    return list(Agent.shared)


def default_list(names):
    agents = [Defaulting(name) for name in names]
    for agent in agents:
        agent.run("task")
    return agents[0].history


def side_by_side_with_itself(names):
    agents = [Agent(name) for name in names]
    for agent, same in zip(agents, agents):  # noqa: B905
        agent.run("task")
        same.run("again")
    return histories(agents)


def side_by_side_with_the_next(names):
    agents = [Agent(name) for name in names]
    for agent, other in zip(agents, agents[1:]):  # noqa: B905, RUF007
        agent.run("task")
        other.hear(agent.history)
    return histories(agents)


def tasks_that_grow(names, tasks):
    agents = [Agent(name) for name in names]
    for agent, task in zip(agents, tasks):  # noqa: B905
        agent.run(task)
        if len(tasks) < 3:
            tasks.append(len(tasks))
    return histories(agents), tasks


def keys_are_values(names):
    agents = {agent: agent for agent in [Agent(name) for name in names]}
    for key, agent in agents.items():
        agent.run("task")
        key.run("again")
    return histories(agents)


def replaced_while_walked(names):
    agents = {name: Agent(name) for name in names}
    for name, agent in agents.items():
        agents[name] = Agent(name.upper())
        agent.run("task")
        agents[name].run("task")
    return histories(agents.values())


def grown_while_walked(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.run("task")
        if len(agents) < 4:
            agents.append(Agent("new"))
    return histories(agents)


def collected(names):
    agents = [Agent(name) for name in names]
    done = []
    for agent in agents:
        agent.run("task")
        done.append(agent)
        done[0].run("again")
    return histories(done)


def bound_anew(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        if agent.name == "b":
            agent = Agent("other")
        agent.run("task")
    return histories(agents)


def kept_reply(names):
    agents = [Agent(name) for name in names]
    logs = []
    for agent in agents:
        logs.append(agent.log("task"))
        logs[0].append(ask(len(logs[0])))
    return logs, histories(agents)


def notes_in_order(names):
    agents = [Agent(name) for name in names]
    return [agent.noted("task") for agent in agents], histories(agents)


def replies_in_order(names):
    agents = [Agent(name) for name in names]
    for agent in agents:
        agent.replies("task")
    return histories(agents)


# ---------------------------------------------------------------- exceptions on the way
def fails_on_the_way(xs):
    agents = [Agent(x) for x in xs]
    for agent in agents:
        agent.try_it(agent.name)
    return histories(agents)


def handler_sees_what_was_done(xs):
    agents = [Agent(x) for x in xs]
    try:
        for agent in agents:
            agent.try_twice(agent.name)
    except ValueError:
        return "failed", histories(agents)
    return histories(agents)


def each_tried(xs):
    agents = [Agent(x) for x in xs]
    failed = []
    for agent in agents:
        try:
            agent.try_it(agent.name)
        except ValueError:
            failed.append(len(agent.history))
    return failed, histories(agents)


def each_tried_twice(xs):
    agents = [Agent(x) for x in xs]
    for agent in agents:
        try:
            agent.try_twice(agent.name)
        except ValueError as error:
            agent.history.append(str(error))
        finally:
            agent.history.append("done")
    return histories(agents)


def one_agent_tried(x):
    agent = Agent(x)
    try:
        agent.try_twice(x)
    except ValueError:
        agent.history.append("failed")
    agent.plan_and_do("after")
    return agent.history


# ---------------------------------------------------------------- objects that callees get
def merged(task):
    one, other = Agent("one"), Agent("other")
    join_logs(one, other, task)
    other.run(task)
    one.hear(one.history[-1])
    return one.history, other.history


def join_logs(one, other, task):
    one.history.append(ask(one.name, task))
    one.history.append(other.history)
    other.history.append(ask(other.name, task))


def same_one_twice(task):
    one = Agent("one")
    join_logs(one, one, task)
    return len(one.history)


def what_is_given(task):
    one = Agent("one")
    log = one.log(task)
    one.run(task)
    log.append(ask(len(log)))
    return one.history


def goes_down(task):
    one, other = Agent("one"), Agent("other")
    return one.down(2), other.down(1), one.history, other.history, task


def chosen(task, flag):
    one, other = Agent("one"), Agent("other")
    agent = one if flag else other
    agent.plan_and_do(task)
    one.plan_and_do(task)
    return one.history, other.history


def in_a_closure(task):
    one = Agent("one")

    def more(text):
        one.history.append(ask(text, len(one.history)))
        return one.plan_and_do(text)

    return more(task), more("again"), one.history


NAMES = (["a", "b", "c"],)

PROGRAMS = [
    case(each_runs, NAMES, overlap=3),
    case(each_replies, NAMES, overlap=3),
    case(by_name, NAMES, overlap=3),
    case(values_of, NAMES, overlap=3),
    case(in_rounds, NAMES, overlap=3),
    case(each_its_task, (["a", "b", "c"], ["x", "y", "z"]), overlap=3),
    case(each_its_task, (["a", "b", "c"], ["x"]), name="fewer_tasks"),
    case(with_names, NAMES, overlap=3),
    case(named_by_calls, NAMES, overlap=3),
    case(listed, ("task",), overlap=3),
    case(appended, NAMES, overlap=3),
    case(filled, NAMES, overlap=3),
    case(filled_by_name, NAMES, overlap=3),
    case(named_first, ("task",), overlap=3),
    case(chat, NAMES, overlap=3),
    case(chat_with_state, (["a", "bb", "c"],), overlap=3),
    case(named_and_read, ("task",)),
    case(named_twice, ("task",)),
    case(filled_with_one, NAMES),
    case(filled_with_the_one_before, NAMES),
    case(filled_and_kept, NAMES),
    case(filled_with_sharing, NAMES),
    case(filled_in_a_try, ([1, 3, 5],)),
    case(filled_in_a_try, ([1, 2, 3],), name="filling_fails", more_calls=True),
    case(last_changes, NAMES),
    case(last_by_another_name, NAMES),
    case(rows_made, NAMES, overlap=3),
    case(rows_with_logs, NAMES),
    case(nested_parts, NAMES, overlap=3),
    case(nested_chains, NAMES),
    case(argument_that_looks_at_the_chain, ("a",)),
    case(argument_that_looks_by_another_name, ("a",)),
    case(argument_that_looks_at_the_dict, ("a",)),
    case(two_agents, ("task",), overlap=2),
    case(in_a_helper, NAMES, overlap=3),
    case(chained, ("task",)),
    case(chained_plans, ("task",), overlap=2),
    case(only_some, NAMES, overlap=2),
    case(reads_between, NAMES, overlap=3),
    case(one_memory, NAMES),
    case(one_memory_made_inside, NAMES),
    case(one_object_many_times, ("task",)),
    case(second_name, NAMES),
    case(put_in_twice, NAMES),
    case(named_and_appended, NAMES),
    case(looks_at_others, NAMES),
    case(looks_at_the_first, NAMES),
    case(everyone_to_everyone, NAMES),
    case(linked, NAMES),
    case(handed_on, NAMES),
    case(last_one_again, NAMES),
    case(first_that_fits, NAMES),
    case(stops_at, NAMES),
    case(let_go, NAMES, setup=reset, state=state),
    case(let_go_by_method, NAMES, setup=reset, state=state),
    case(registered, NAMES, setup=reset, state=state),
    case(class_list, NAMES, setup=reset, state=state),
    case(default_list, NAMES, setup=reset, state=state),
    case(side_by_side_with_itself, NAMES),
    case(side_by_side_with_the_next, NAMES),
    case(tasks_that_grow, lambda: (["a", "b", "c"], ["x"])),
    case(keys_are_values, NAMES),
    case(replaced_while_walked, NAMES),
    case(grown_while_walked, NAMES),
    case(collected, NAMES),
    case(bound_anew, NAMES),
    case(kept_reply, NAMES),
    case(notes_in_order, NAMES),
    case(replies_in_order, NAMES, setup=reset, state=state),
    case(fails_on_the_way, ([1, 2, 3, 4],), raises="ValueError", more_calls=True),
    case(fails_on_the_way, ([1, 3, 4],), name="none_fails", overlap=3),
    case(handler_sees_what_was_done, ([1, 3, 2, 4],), more_calls=True),
    case(each_tried, ([1, 2, 3, 4],), more_calls=True),
    case(each_tried_twice, ([1, 2, 3, 4],), more_calls=True),
    case(one_agent_tried, (1,), more_calls=True),
    case(one_agent_tried, (2,), name="one_agent_fails", more_calls=True),
    case(merged, ("task",)),
    case(same_one_twice, ("task",)),
    case(what_is_given, ("task",)),
    case(goes_down, ("task",)),
    case(chosen, ("task", True)),
    case(chosen, ("task", False), name="other_chosen"),
    case(in_a_closure, ("task",)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
