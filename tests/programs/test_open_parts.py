"""Objects made in the program that hold what others see, too: a list of their maker's, a shared memory, a client.

Methods fill what is the object's own and only look at the rest, so calls overlap. Where the rest is written, or comes
to what is the object's own, by whatever way, order stays.
"""

# ruff: noqa: B905 - as people write them

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import ask, note, num, rate
from observe import case


@dataclass
class Plan:
    steps: list[str]
    done: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    def run(self) -> dict[str, str]:
        for step in self.steps:
            self.calls += 1
            self.done[step] = ask(step)
        return self.done

    def run_and_grow(self) -> dict[str, str]:
        for step in self.steps:
            self.done[step] = ask(step)
            if len(self.steps) < 5:
                self.steps.append(step + "+")
        return self.done

    def finish(self) -> int:
        self.steps.clear()
        return len(self.done)


class Memory:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def add(self, text: str) -> None:
        self.notes.append(text)

    def last(self) -> str:
        return self.notes[-1] if self.notes else "nothing"


class Store:
    def __init__(self, docs: list[str]) -> None:
        self.docs = docs
        self.asked: list[str] = []

    def search(self, query: str) -> list[str]:
        self.asked.append(query)
        return [doc for doc in self.docs if query[:1] in doc]


class Agent:
    def __init__(self, name: str, memory: Memory, tools: dict[str, Callable[..., Any]] | None = None) -> None:
        self.name = name
        self.memory = memory
        self.tools = tools or {}
        self.log: list[str] = []

    def act(self, task: str) -> str:
        reply = ask(f"{self.name}: {task}")
        self.log.append(reply)
        return reply

    def act_and_tell(self, task: str) -> str:
        reply = ask(f"{self.name}: {task}")
        self.memory.add(reply)
        return reply

    def act_on_memory(self, task: str) -> str:
        reply = ask(f"{self.name}: {task} after {self.memory.last()}")
        self.memory.add(reply)
        self.log.append(reply)
        return reply

    def use(self, name: str, text: str) -> Any:
        self.log.append(name)
        return self.tools[name](text)

    def share_log(self) -> None:
        self.memory.notes = self.log

    def take_notes(self) -> None:
        self.log = self.memory.notes

    def forget(self) -> None:
        self.memory = Memory()


class Rag:
    def __init__(self, docs: list[str]) -> None:
        self.docs = docs
        self.asked: list[str] = []
        self.answers: dict[str, str] = {}

    def retrieve(self, question: str) -> list[str]:
        return [doc for doc in self.docs if rate(doc + question) > 0]

    def answer(self, question: str) -> str:
        self.asked.append(question)
        found = [doc for doc in self.docs if question[0] in doc]
        self.answers[question] = ask(question + " ".join(found))
        return self.answers[question]


class Index:
    def __init__(self, docs: list[str]) -> None:
        self.docs, self.asked, self.hits = docs, [], {"all": 0}

    def ask(self, question: str) -> str:
        reply = ask(f"{question} of {len(self.docs)}")
        self.asked.append(question)
        self.hits["all"] += 1
        return reply


class Plain:
    def __init__(self, given: list[str]) -> None:
        self.given = given
        self.mine: list[str] = []


def merged(A: Plain, B: Plain) -> None:
    A.mine.extend(B.mine)
    A.given = B.mine
    B.mine.append("end")


def put_in(A: Plain, pair: tuple[Plain, int]) -> None:
    pair[0].mine.append("x")
    A.mine.append("y")
    A.given = pair


def aliased() -> Plain:
    made = Plain([])
    made.given = made.mine
    return made


class Crew:
    def __init__(self, members: list[Agent], memory: Memory) -> None:
        self.members = members
        self.memory = memory
        self.rounds = 0

    def work(self, tasks: list[str]) -> list[list[str]]:
        out = []
        for task in tasks:
            self.rounds += 1
            out.append([member.act(task) for member in self.members])
            self.memory.add(task)
        return out


class Node:
    def __init__(self, text: str, parent: Node | None) -> None:
        self.text = text
        self.parent = parent
        self.children: list[Node] = []
        if parent is not None:
            parent.children.append(self)


class Selfish:
    def __init__(self, given: list[str]) -> None:
        self.given = given
        self.me = self
        self.seen: list[str] = []

    def act(self, text: str) -> str:
        reply = ask(text)
        self.me.seen.append(reply)
        return reply + str(len(self.seen))


class Twice:
    def __init__(self, given: list[str]) -> None:
        self.given = given
        self.mine: list[str] = []
        self.pair = (self.mine, given)

    def act(self, text: str) -> str:
        reply = ask(text + str(len(self.mine)))
        self.pair[0].append(reply)
        return reply

    def swap(self) -> None:
        self.mine = self.given


# What overlaps.


def plan_of_given_steps(topics):
    steps = [topic + "?" for topic in topics]
    plan = Plan(steps)
    found = plan.run()
    return found, plan.calls, len(steps)


def plan_of_an_argument(steps):
    plan = Plan(steps)
    return plan.run(), plan.calls


def agents_with_one_memory(memory, tasks):
    agents = [Agent(name, memory) for name in ("a", "b", "c")]
    for agent, task in zip(agents, tasks):
        agent.act(task)
    return [agent.log for agent in agents]


def agents_tell_one_memory(memory, tasks):
    agents = [Agent(name, memory) for name in ("a", "b", "c")]
    replies = [agent.act_and_tell(task) for agent, task in zip(agents, tasks)]
    return replies, memory.notes


def one_agent_of_given_memory(memory, tasks):
    agent = Agent("a", memory)
    replies = [agent.act(task) for task in tasks]
    return replies, agent.log, agent.memory is memory


def rag_over_given_docs(docs, questions):
    rag = Rag(docs)
    return [rag.answer(question) for question in questions], rag.asked, rag.answers


def rag_rates_given_docs(docs, questions):
    rag = Rag(docs)
    return [rag.retrieve(question) for question in questions]


def crew(memory, tasks):
    agents = {name: Agent(name, memory) for name in ("x", "y")}
    out = []
    for task in tasks:
        out.append([agent.act(task) for agent in agents.values()])
    return out, [agent.log for agent in agents.values()]


def made_by_a_function(memory, tasks):
    def hire(name):
        agent = Agent(name, memory)
        agent.log.append("hired")
        return agent

    agents = [hire(name) for name in ("a", "b", "c")]
    replies = [agent.act(task) for agent, task in zip(agents, tasks, strict=False)]
    return replies, [agent.log for agent in agents]


def results_of_records(rows):
    results = []
    for row in rows:
        plan = Plan(row)
        plan.done["first"] = ask(row[0])
        results.append(plan)
    return [one.done for one in results], [len(one.steps) for one in results]


def kept_by_a_given_object(memory, tasks):
    kept = []
    for task in tasks:
        plan = Plan([task])
        plan.done[task] = ask(task)
        memory.add(plan)
        kept.append(plan.calls)
    return kept, len(memory.notes)


def memory_of_the_programs(tasks):
    memory = Memory()
    agents = []
    for name in ("a", "b", "c"):
        agents.append(Agent(name, memory))
    replies = [agent.act_and_tell(task) for agent, task in zip(agents, tasks)]
    return replies, memory.notes


def pages(docs, questions):
    rag = Rag(docs)
    found = {question: rag.answer(question) for question in questions}
    rag.docs = [*docs, "more"]
    return found, [rag.answer(question + "2") for question in questions], rag.docs


def stored_in_one_statement(docs, questions):
    index = Index(docs)
    return [index.ask(question) for question in questions], index.hits, index.asked, index.docs is docs


# What must stay in order.


def steps_change_meanwhile(steps):
    plan = Plan(steps)
    return plan.run_and_grow(), steps


def steps_are_cleared(steps):
    plan = Plan(steps)
    plan.run()
    return plan.finish(), steps, plan.run()


def steps_grow_by_their_own_name(steps):
    plan = Plan(steps)
    first = dict(plan.run())
    steps.append("late")
    return first, plan.run(), steps


def memory_is_asked_each_time(memory, tasks):
    agents = [Agent(name, memory) for name in ("a", "b")]
    out = []
    for task in tasks:
        for agent in agents:
            out.append(agent.act_on_memory(task))
    return out, memory.notes, [agent.log for agent in agents]


def memory_is_asked_between(memory, tasks):
    agent = Agent("a", memory)
    out = []
    for task in tasks:
        out.append(agent.act_and_tell(task) + memory.last())
    return out, agent.memory.notes


def log_becomes_the_memorys(memory, tasks):
    agent = Agent("a", memory)
    agent.act(tasks[0])
    agent.share_log()
    for task in tasks:
        memory.add(task)
        agent.act(task)
    return agent.log, memory.notes


def notes_become_the_log(memory, tasks):
    agent = Agent("a", memory)
    agent.act(tasks[0])
    agent.take_notes()
    for task in tasks:
        agent.act(task)
        memory.add(task)
    return agent.log, memory.notes


def one_shares_its_log_in_a_loop(memory, tasks):
    agents = [Agent(name, memory) for name in ("a", "b")]
    for task in tasks:
        for agent in agents:
            agent.act(task)
            if agent.name == "a":
                agent.share_log()
    memory.add("end")
    return [agent.log for agent in agents], memory.notes


def memory_is_left(memory, tasks):
    agent = Agent("a", memory)
    for task in tasks:
        agent.act_and_tell(task)
        agent.forget()
    memory.add("end")
    return memory.notes, agent.memory.notes


def tools_that_note(tasks):
    heard = []

    def shout(text):
        note(text)
        heard.append(text)
        return text.upper()

    agent = Agent("a", Memory(), {"shout": shout})
    out = [agent.use("shout", task) for task in tasks]
    return out, heard, agent.log


def store_of_an_agents(docs, queries):
    store = Store(docs)
    agent = Agent("a", store)
    out = []
    for query in queries:
        out.append(agent.memory.search(query))
        agent.act(query)
        docs.append(query + " new")
    return out, store.asked, agent.log


def children_know_their_parent(texts):
    root = Node("root", None)
    for text in texts:
        Node(ask(text), root)
    return [child.text for child in root.children], [child.parent is root for child in root.children]


def objects_that_hold_themselves(texts):
    one = Selfish(texts)
    return [one.act(text) for text in texts], one.seen


def held_by_itself():
    Agent_1 = Agent("a", Memory())  # before the names of temporaries in the order of the alphabet
    Agent_1.memory = Agent_1
    return Agent_1, Agent_1.memory is Agent_1


def held_by_itself_by_another_name():
    one = Agent("a", Memory())
    other = one
    one.memory = other
    other.log.append("x")
    return one, one.memory is other, one.log


def told_of_itself():
    A = Plain([])
    A.mine.append(ask("a"))
    A.mine.extend(A.mine)
    merged(A, A)
    merged(B=A, A=A)
    return A.mine, A.given


def told_of_itself_in_a_tuple():
    A = Plain([])
    A.mine.append(ask("a"))
    put_in(A, (A, 1))
    return A, A.given


def a_list_in_two_places(texts):
    one = Twice(texts)
    out = [one.act(text) for text in list(texts)]
    one.swap()
    one.mine.append("end")
    return out, one.mine, one.pair, texts


def failing_handler_sees_what_is_left(steps):
    plan = Plan(steps)
    try:
        for step in steps:
            plan.done[step] = ask(step)
            plan.calls += num(len(step))
            if len(plan.done) > 1:
                raise ValueError(step)
    except ValueError as error:
        steps.append(str(error))
        return plan.done, plan.calls, steps
    return None


def opened_in_a_branch(memory, tasks, flag):
    agent = Agent("a", Memory())
    if flag:
        agent.memory = memory
    for task in tasks:
        agent.act_and_tell(task)
        memory.add(task)
    return agent.memory.notes, memory.notes


def opened_in_a_try(memory, tasks):
    agent = Agent("a", Memory())
    try:
        agent.memory = memory
        ask(tasks[0])
        raise KeyError("x")
    except KeyError:
        agent.act_and_tell("handled")
        memory.add("late")
    return agent.memory.notes, memory.notes


def open_part_is_stored_anew_in_a_loop(memory, tasks):
    agent = Agent("a", Memory())
    for task in tasks:
        agent.act_and_tell(task)
        agent.memory = memory
    return agent.memory.notes, memory.notes


def same_memory_under_two_agents(tasks):
    memory = Memory()
    one, other = Agent("one", memory), Agent("other", memory)
    out = []
    for task in tasks:
        out.append(one.act_and_tell(task))
        out.append(other.memory.last())
        other.memory.notes.clear()
    return out, memory.notes


def open_parts_through_a_dict(memory, tasks):
    agents = {name: Agent(name, memory) for name in ("x", "y")}
    for task in tasks:
        for agent in agents.values():
            agent.act_on_memory(task)
    return memory.notes, [agent.log for agent in agents.values()]


def element_gets_a_name(memory, tasks):
    agents = [Agent(name, memory) for name in ("a", "b")]
    chief = agents[0]
    for agent in agents:
        agent.act(tasks[0])
    chief.log.append("chief")
    return [agent.log for agent in agents], chief.log


def crew_of_members(memory, tasks):
    crew = Crew([Agent(name, memory) for name in ("a", "b")], memory)
    return crew.work(tasks), memory.notes, [agent.log for agent in crew.members]


def crew_and_a_member(memory, tasks):
    agent = Agent("a", memory)
    crew = Crew([agent, Agent("b", memory)], memory)
    out = crew.work(tasks)
    agent.log.append("mine")
    return out, agent.log, [one.log for one in crew.members]


def memory_of_the_module(tasks):
    agent = Agent("a", MEMORY)
    out = [agent.act_on_memory(task) for task in tasks]
    MEMORY.notes.append("own")
    out.append(agent.act_on_memory("z"))
    MEMORY.notes.clear()
    return out, agent.log


def tells_the_tasks(memory, tasks):
    agents = [Agent(name, memory) for name in ("a", "b", "c")]
    replies = [agent.act_and_tell(task + str(len(tasks))) for agent, task in zip(agents, tasks)]
    return replies, memory.notes


def log_or_memory(memory, tasks, flag):
    agent = Agent("a", Memory())
    if flag:
        agent.memory.notes = agent.log
    else:
        agent.memory = memory
    out = []
    for task in tasks:
        agent.act_and_tell(task)
        out.append(len(agent.log))
        agent.log.append("own")
    return out, agent.log, memory.notes


def list_or_given(given, tasks, flag):
    one = Twice([])
    if flag:
        one.given = one.mine
    else:
        one.given = given
    out = []
    for task in tasks:
        one.given.append(ask(task))
        out.append(len(one.mine))
        one.mine.append("own")
    return out, one.mine, given


def elements_of_both_kinds(given, tasks):
    first = Twice([])
    first.given = first.mine
    objects = [first, Twice(given)]
    first = None
    out = []
    for task in tasks:
        objects[0].given.append(ask(task))
        out.append(len(objects[0].mine))
    return out, given, len(objects[0].mine)


def appended_elements_of_both_kinds(given, tasks):
    objects = []
    for index in range(2):
        one = Plain(given if index else [])
        if not index:
            one.given = one.mine
        objects.append(one)
    out = []
    for task in tasks:
        objects[0].given.append(ask(task))
        out.append(len(objects[0].mine))
    return out, given, len(objects[0].mine)


def opened_late_in_a_loop(given, tasks):
    one = Plain([])
    one.given = one.mine
    out = []
    for task in tasks:
        one.given.append(ask(task))
        out.append(len(one.mine))
        if len(out) == 2:
            one.given = given
    return out, one.mine, given


def opened_late_in_a_try(given, tasks):
    one = Plain([])
    one.given = one.mine
    out = []
    try:
        one.given.append(ask(tasks[0]))
        out.append(len(one.mine))
        one.given = given
        raise KeyError(tasks[0])
    except KeyError:
        one.given.append(ask(tasks[1]))
        out.append(len(one.mine))
    return out, one.mine, given


def made_in_either_way(given, tasks, flag):
    one = aliased() if flag else Plain(given)
    out = []
    for task in tasks:
        one.given.append(ask(task))
        out.append(len(one.mine))
    return out, given, one.mine


def walks_what_it_tells(memory):
    agent = Agent("a", memory)
    for text in memory.notes:
        if len(memory.notes) < 5:
            agent.act_and_tell(text)
    return memory.notes


def walks_the_log_it_shares(memory, tasks):
    agent = Agent("a", memory)
    agent.log = tasks
    for task in tasks:
        if len(tasks) < 6:
            agent.act(task)
    return tasks, agent.log


def kept_parts_of_other_objects(tasks):
    one, other = Agent("a", Memory()), Agent("b", Memory())
    other.memory = one
    one.memory = other
    for task in tasks:
        one.act(task)
        other.memory.log.append(task)
    return one.log, other.log


def passed_to_code_that_isnt_known(memory, tasks, act):
    agent = Agent("a", memory)
    out = []
    for task in tasks:
        out.append(agent.act(task))
        act(agent)
    return out, agent.log, memory.notes


def memory() -> Memory:
    made = Memory()
    made.notes.append("start")
    return made


MEMORY = Memory()


def kept_as_notes() -> tuple[Any, ...]:
    made, given = Memory(), tasks()
    made.notes = given
    return made, given


def shout_at(agent: Agent) -> None:
    agent.log.append("!")
    agent.memory.add(agent.name)


def tasks() -> list[str]:
    return ["a", "b", "c"]


DOCS = ("alpha", "beta", "gamma")

PROGRAMS = [
    case(plan_of_given_steps, (["a", "b", "c"],), overlap=3),
    case(plan_of_an_argument, lambda: (tasks(),), overlap=3),
    case(agents_with_one_memory, lambda: (memory(), tasks()), overlap=3),
    case(agents_tell_one_memory, lambda: (memory(), tasks()), overlap=3),
    case(one_agent_of_given_memory, lambda: (memory(), tasks()), overlap=3),
    case(rag_over_given_docs, lambda: (list(DOCS), tasks()), overlap=3),
    case(rag_rates_given_docs, lambda: (list(DOCS), tasks()), overlap=9),
    case(crew, lambda: (memory(), tasks()), overlap=2),
    case(made_by_a_function, lambda: (memory(), tasks()), overlap=3),
    case(results_of_records, lambda: ([["a"], ["b", "c"], ["d"]],), overlap=3),
    case(kept_by_a_given_object, lambda: (memory(), tasks()), overlap=3),
    case(steps_change_meanwhile, lambda: (tasks(),)),
    case(steps_are_cleared, lambda: (tasks(),)),
    case(steps_grow_by_their_own_name, lambda: (tasks(),)),
    case(memory_is_asked_each_time, lambda: (memory(), tasks())),
    case(memory_is_asked_between, lambda: (memory(), tasks())),
    case(log_becomes_the_memorys, lambda: (memory(), tasks())),
    case(notes_become_the_log, lambda: (memory(), tasks())),
    case(one_shares_its_log_in_a_loop, lambda: (memory(), tasks())),
    case(memory_is_left, lambda: (memory(), tasks())),
    case(tools_that_note, lambda: (tasks(),)),
    case(store_of_an_agents, lambda: (list(DOCS), tasks())),
    case(children_know_their_parent, lambda: (tasks(),)),
    case(objects_that_hold_themselves, lambda: (tasks(),)),
    case(held_by_itself, ()),
    case(held_by_itself_by_another_name, ()),
    case(told_of_itself, ()),
    case(told_of_itself_in_a_tuple, ()),
    case(a_list_in_two_places, lambda: (tasks(),)),
    case(failing_handler_sees_what_is_left, lambda: (tasks(),), more_calls=True),
    case(opened_in_a_branch, lambda: (memory(), tasks(), True)),
    case(opened_in_a_branch, lambda: (memory(), tasks(), False), name="not_opened_in_a_branch"),
    case(opened_in_a_try, lambda: (memory(), tasks())),
    case(open_part_is_stored_anew_in_a_loop, lambda: (memory(), tasks())),
    case(same_memory_under_two_agents, lambda: (tasks(),)),
    case(open_parts_through_a_dict, lambda: (memory(), tasks())),
    case(element_gets_a_name, lambda: (memory(), tasks())),
    case(memory_of_the_programs, lambda: (tasks(),), overlap=3),
    case(pages, lambda: (list(DOCS), tasks()), overlap=3),
    case(tells_the_tasks, kept_as_notes),
    case(one_agent_of_given_memory, kept_as_notes, name="tasks_are_the_one_memorys"),
    case(log_or_memory, lambda: (memory(), tasks(), True)),
    case(log_or_memory, lambda: (memory(), tasks(), False), name="memory_not_log"),
    case(list_or_given, lambda: (tasks(), tasks(), True)),
    case(list_or_given, lambda: (tasks(), tasks(), False), name="given_not_list"),
    case(elements_of_both_kinds, lambda: (tasks(), tasks())),
    case(appended_elements_of_both_kinds, lambda: (tasks(), tasks())),
    case(opened_late_in_a_loop, lambda: (tasks(), tasks())),
    case(opened_late_in_a_try, lambda: (tasks(), tasks())),
    case(made_in_either_way, lambda: (tasks(), tasks(), True)),
    case(made_in_either_way, lambda: (tasks(), tasks(), False), name="made_of_given"),
    case(stored_in_one_statement, lambda: (list(DOCS), tasks()), overlap=3),
    case(crew_of_members, lambda: (memory(), tasks())),
    case(crew_and_a_member, lambda: (memory(), tasks())),
    case(memory_of_the_module, lambda: (tasks(),)),
    case(walks_what_it_tells, lambda: (memory(),)),
    case(walks_the_log_it_shares, lambda: (memory(), tasks())),
    case(kept_parts_of_other_objects, lambda: (tasks(),)),
    case(passed_to_code_that_isnt_known, lambda: (memory(), tasks(), shout_at)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
