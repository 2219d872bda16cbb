"""Dicts under literal keys and objects with attributes, filled part by part: reading one part waits for no other one.

Beside them stand records that are changed, shared and renamed in every way: what is read then is what Python reads.
"""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import ask, flaky, note, num
from observe import case

SHARED: list[Any] = []


@dataclass
class State:
    topic: str
    plan: Any = None
    facts: list[Any] = field(default_factory=list)
    draft: Any = None
    turns: int = 0


def plan_of(state):
    return {**state, "plan": ask("plan", state["topic"])}


def facts_of(state):
    return state | {"facts": ask("facts", state["topic"])}


def draft_of(state):
    return dict(state, draft=ask(state["plan"], state["facts"]))


def only_plan(state):
    return {"plan": ask("plan", state["topic"])}


def only_facts(state):
    return {"facts": ask("facts", state["topic"])}


def set_plan(state):
    state["plan"] = ask("plan", state["topic"])


def set_facts(state):
    state["facts"] = [ask("fact", i, state["topic"]) for i in range(2)]


def set_draft(state):
    state["draft"] = ask(state["plan"], *state["facts"])


def make_plan(state):
    state.plan = ask("plan", state.topic)
    return state


def gather(state):
    state.facts = [ask("fact", i, state.topic) for i in range(2)]
    state.turns += 1
    return state


def write(state):
    state.draft = ask(state.plan, *state.facts)
    return state


class Flow:
    def __init__(self, topic: Any) -> None:
        self.topic = topic
        self.plan: Any = None
        self.facts: Any = None
        self.tags: list[Any] = []

    def make_plan(self):
        self.plan = ask("plan", self.topic)

    def gather(self):
        self.facts = ask("facts", self.topic)

    def run(self):
        self.make_plan()
        self.gather()
        return ask(self.plan, self.facts)


class Loud:
    def __init__(self, topic: Any) -> None:
        self.topic = topic
        self._plan: Any = None

    @property
    def plan(self):
        note("plan is read")
        return self._plan

    @plan.setter
    def plan(self, value):
        note("plan is bound")
        self._plan = [value]


class Upper:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return getattr(instance, self.name).upper()

    def __set__(self, instance, value):
        setattr(instance, self.name, value)


class Shouted:
    topic = Upper()

    def __init__(self, topic: Any) -> None:
        self.topic = topic


# ---------------------------------------------------------------- what overlaps
def items(topic):
    state = {"topic": topic}
    state["plan"] = ask("plan", state["topic"])
    state["facts"] = ask("facts", state["topic"])
    state["draft"] = ask(state["plan"], state["facts"])
    return state


def items_got(topic):
    state = {"topic": topic, "lang": "en"}
    state["plan"] = ask("plan", state.get("topic"), state.get("lang", "de"))
    state["facts"] = ask(f"facts {state['topic']} {state.get('lang')}")
    return state.get("plan"), state.get("facts"), state.get("draft"), state.get("none", 1)


def other_dicts(topic):
    ordered, missing = OrderedDict(topic=topic), defaultdict(list, topic=topic)
    ordered["plan"] = ask("plan", ordered["topic"])
    missing["plan"] = ask("other", missing["topic"], missing["tags"])
    return ordered, missing


def made_anew(topic):
    state = {"topic": topic}
    state = {**state, "plan": ask("plan", state["topic"])}
    state = state | {"facts": ask("facts", state["topic"])}
    state = dict(state, tone="kind")
    other = state.copy()
    other["draft"] = ask(other["plan"], other["facts"], other["tone"])
    return state, other


def by_functions(topic):
    state = {"topic": topic}
    for step in (plan_of, facts_of, draft_of):
        state = step(state)
    return state


def in_place(topic):
    state = {"topic": topic}
    set_plan(state)
    set_facts(state)
    set_draft(state)
    return state


def attributes(topic):
    state = State(topic)
    state.plan = ask("plan", state.topic)
    state.facts = [ask("fact", i, state.topic) for i in range(2)]
    state.turns += 1
    state.draft = ask(state.plan, *state.facts, state.turns)
    return state


def attributes_by_functions(topic):
    state = State(topic)
    for step in (make_plan, gather, write):
        state = step(state)
    return state


def methods(topic):
    return Flow(topic).run()


def many_methods(topics):
    flows = [Flow(topic) for topic in topics]
    for flow in flows:
        flow.run()
    return [(flow.plan, flow.facts) for flow in flows]


def argument(state):
    state.plan = ask("plan", state.topic)
    state.facts = [ask("fact", i, state.topic) for i in range(2)]
    state.turns = num(state.turns)
    return state


def nested_list(question):
    trace = {"question": question, "steps": []}
    for i in range(3):
        step = {"i": i, "thought": ask(question, i)}
        step["rating"] = num(i)
        trace["steps"].append(step)
    trace["final"] = ask(str(trace["steps"]))
    return trace


def added(topic):
    state = {"topic": topic}
    for step in (only_plan, only_facts):
        state.update(step(state))
    state.update(tone=ask("tone", state["topic"]), mood={"of": topic})
    return ask(state["plan"], state["facts"]), state


OVERLAPPING = [
    case(items, ("t",), overlap=2),
    case(items_got, ("t",), overlap=2),
    case(made_anew, ("t",), overlap=2),
    case(by_functions, ("t",), overlap=2),
    case(added, ("t",), overlap=3),
    case(in_place, ("t",), overlap=3),
    case(attributes, ("t",), overlap=3),
    case(attributes_by_functions, ("t",), overlap=3),
    case(methods, ("t",), overlap=2),
    case(many_methods, (["a", "b"],), overlap=4),
    case(argument, lambda: (State("t"),), overlap=3),
    case(nested_list, ("why",), overlap=6),
]


# ---------------------------------------------------------------- what is read is what is there
def bound_anew(topic):
    state = {"topic": topic, "n": 1}
    first = ask(state["topic"])
    state["topic"] = ask("other")
    state["n"] += num(2)
    state["n"] *= 2
    return first, ask(state["topic"]), state["n"], state


def by_another_name(topic):
    state = {"topic": topic}
    other = state
    other["topic"] = ask("other")
    return ask(state["topic"]), state is other


def computed_key(topic):
    state = {"topic": topic, "tone": "kind"}
    state[ask("x")[:0] + "topic"] = 3
    return ask(state["topic"]), state["tone"]


def computed_display(topic):
    key = "topic"
    state = {"topic": topic, key: ask("new"), "tone": 1}
    return ask(state["topic"], state["tone"])


def twice_in_a_display(topic):
    state = {"topic": topic, **{"topic": ask("inner")}, "topic": ask("last")}  # noqa: F601, PIE800
    return ask(state["topic"]), list(state)


def spread_over(topic):
    base = {"topic": ask("base"), "tone": "kind"}
    state = {"topic": topic, **base}
    other = {**base, "topic": topic}
    return ask(state["topic"]), ask(other["topic"]), ask(other["tone"])


def spread_unknown(topic, more):
    state = {"topic": topic, "tone": "kind", **more}
    state["plan"] = ask(state["topic"], state["tone"])
    joined = {"topic": topic} | more
    return state, joined, ask(joined["topic"])


def removed(topic):
    state = {"topic": topic, "plan": ask("plan")}
    del state["topic"]
    plan = state.pop("plan")
    return plan, state.get("topic", "gone"), state.get("plan"), "plan" in state


def missing(topic):
    state = {"topic": topic}
    state["plan"] = ask("plan")
    state.clear()
    return state["topic"]


def missing_early(topic):
    state = {"topic": topic}
    state["plan"] = ask(state["topics"])
    return state


def updated(topic):
    state = {"topic": topic, "tone": "kind"}
    state.update(topic=ask("first"))
    state.update({"tone": ask(state["topic"])})
    state |= {"topic": ask(state["tone"])}
    state.setdefault("plan", ask("plan"))
    return ask(state["topic"], state["tone"], state["plan"]), state


def updated_with_more(topic, more):
    state = {"topic": topic, "tone": "kind"}
    other = {"tone": ask("tone"), **more}
    state.update(other)
    state.update(more, plan=ask(state["topic"], state["tone"]))
    last = {"tone": "last"}
    last["topic"] = ask("topic")
    state.update(last)
    return ask(state["topic"], state["tone"]), state


def other_keys(topic):
    state = {"topic": topic}
    state.update({1: ask("one"), None: ask("none")})
    state.update({"tone": "kind", 2: ask("two")})
    return state, state.get("1"), state.get("None"), state.get("2"), state["1"]


def kept_outside(topic):
    state = {"topic": topic, "plan": ask("plan")}
    SHARED.append(state)
    SHARED[0]["topic"] = "changed"
    state["tone"] = ask("tone")
    return ask(state["topic"], state["plan"]), SHARED


def kept_inside(topic):
    inner = {"topic": topic}
    outer = {"inner": inner, "plan": ask("plan")}
    outer["inner"]["topic"] = "changed"
    return ask(inner["topic"]), outer["inner"] is inner


def changed_by_a_callee(topic):
    def change(held):
        held["topic"] = "changed"
        return ask(held["topic"])

    state = {"topic": topic}
    answer = change(state)
    return answer, ask(state["topic"])


def kept_by_a_callee(topic):
    def keep(held):
        SHARED.append(held)
        return ask(held["topic"])

    state = {"topic": topic}
    answer = keep(state)
    SHARED[-1]["topic"] = "changed"
    return answer, ask(state["topic"])


def given_back(topic):
    def same(held):
        note(held["topic"])
        return held

    state = {"topic": topic}
    other = same(state)
    other["topic"] = ask("other")
    return ask(state["topic"]), state is other


def result_kept(topic):
    def made(held):
        found = {"topic": held, "plan": ask("plan")}
        SHARED.append(found)
        return found

    state = made(topic)
    SHARED[0]["topic"] = "changed"
    return ask(state["topic"]), state["plan"]


def read_late(topic):
    """What a callee reads of what it gives is read before its caller changes that."""

    def made(held):
        found = {"topic": held, "n": [1]}
        SHARED.append(f"{found} {ask('slow')}")
        return found

    state = made(topic)
    state["topic"] = "changed"
    state["n"].append(2)
    return state, SHARED


def in_branches(topic, flag):
    state = {"topic": topic, "plan": "none"}
    if flag:
        state["plan"] = ask(state["topic"])
    else:
        state["topic"] = "other"
    return ask(state["topic"], state["plan"])


def in_loops(topic, words):
    state = {"topic": topic, "text": ""}
    for word in words:
        state["text"] = ask(state["text"], word, state["topic"])
    while len(state["text"]) < 40:
        state["text"] += ask(state["topic"])
        if len(state["text"]) > 30:
            state["topic"] = "end"
    return state


def in_a_try(numbers):
    state = {"n": 0, "plan": "none"}
    for number in numbers:
        try:
            state["n"] = number
            state["plan"] = flaky(number)
            state["n"] = num(number)
        except ValueError:
            note(state["n"])
            note(state["plan"])
    return state


def halfway(number):
    state = {"n": 0}
    try:
        state["n"] = 1
        state["n"] = flaky(number)
        state["n"] = 2
    finally:
        note(state["n"])
    return state


def deep_copied(topic):
    state = {"topic": topic, "steps": [{"n": 1}]}
    other = copy.deepcopy(state)
    state["topic"] = ask("first")
    other["steps"][0]["n"] = num(2)
    return state, other, ask(other["topic"])


def with_lists(topic):
    tags = [topic]
    state = {"tags": tags, "plan": ask("plan")}
    tags.append("late")
    state["tags"].append("later")
    return ask(*state["tags"]), tags, state


def list_stored(topic):
    state = {"topic": topic}
    facts = [ask("fact", i) for i in range(2)]
    state["facts"] = facts
    facts.append("late")
    return ask(*state["facts"]), state


def private_names(topic):
    class Hidden:
        def __init__(self, topic):
            self.__topic = topic

        def tell(self):
            self.__topic = ask(self.__topic)
            return ask(self.__topic)

    hidden = Hidden(topic)
    return hidden.tell(), vars(hidden)


def properties(topic):
    loud = Loud(topic)
    loud.plan = ask("plan", loud.topic)
    first = loud.plan
    loud.plan = ask("again", loud.topic)
    return first, loud.plan


def descriptors(topic):
    shouted = Shouted(topic)
    shouted.topic = ask("new")
    return ask(shouted.topic)


def deleted_attribute(topic):
    state = State(topic)
    state.plan = ask("plan")
    del state.plan
    return state.plan, ask(state.topic)


def set_otherwise(topic):
    state = State(topic)
    state.plan = ask("plan")
    setattr(state, "plan", "set")  # noqa: B010
    state.__dict__["topic"] = "other"
    return ask(state.plan, state.topic)


def absorbed_after_reading(names):
    """An object that is put into a list has been read, by its own name, before an element of that list changes."""
    one = Flow("one")
    text = f"{one.tags} {ask('slow')}"
    flows = [Flow(name) for name in names]
    flows.append(one)
    for flow in flows:
        flow.tags.append(ask(flow.topic))
    return text, [flow.tags for flow in flows]


def handed_over_after_reading(topic):
    trace = {"steps": []}
    step = {"topic": topic, "tags": ["a"]}
    text = f"{step} {ask('slow')}"
    trace["steps"].append(step)
    trace["steps"][0]["tags"].append("b")
    trace["steps"][0]["topic"] = "changed"
    return text, trace


def handed_over_again(topic):
    trace = {"steps": []}
    for i in range(2):
        step = {"topic": topic, "n": num(i)}
        trace["steps"].append(step)
        step["late"] = ask(i)
    return trace


def recursive(topic, depth):
    node = {"topic": topic, "children": []}
    node["title"] = ask(topic)
    if depth:
        for i in range(2):
            node["children"].append(recursive(f"{topic}{i}", depth - 1))
    return node


def missing_under_a_change(numbers):
    state = {}
    state["tags"].append(grow(numbers))
    return state


def grow(numbers):
    numbers.append(num(len(numbers)))
    return numbers


def kept_list(topic):
    tags = []
    tags.append(topic)
    tags.append(topic + "!")
    trace = {"steps": []}
    trace["steps"].append(tags)
    return [ask(tag) for step in trace["steps"] for tag in step], trace


def grown_before_a_try(numbers):
    kept = []
    kept.append(num(1))
    kept.append(num(2))
    try:
        for flow in [Flow(number) for number in kept]:
            flow.tags.append(ask(flow.topic))
            kept.append(flaky(len(flow.tags)))
            flow.tags.append(ask(len(flow.tags)))
    except ValueError:
        note(kept)
    return kept


def subclass(topic):
    class Noting(dict):
        def __getitem__(self, key):
            note(key)
            return super().__getitem__(key)

    state = Noting(topic=topic)
    state["plan"] = ask(state["topic"])
    return state["plan"], dict(state)


SAME = [
    case(other_dicts, ("t",)),
    case(bound_anew, ("t",)),
    case(by_another_name, ("t",)),
    case(computed_key, ("t",)),
    case(computed_display, ("t",)),
    case(twice_in_a_display, ("t",)),
    case(spread_over, ("t",)),
    case(spread_unknown, ("t", {"topic": "more"}), ("t", {})),
    case(removed, ("t",)),
    case(missing, ("t",), raises="KeyError"),
    case(missing_early, ("t",), raises="KeyError"),
    case(updated, ("t",)),
    case(other_keys, ("t",), raises="KeyError"),
    case(updated_with_more, ("t", {"topic": "more"}), ("t", {})),
    case(kept_outside, ("t",), setup=SHARED.clear),
    case(kept_inside, ("t",)),
    case(changed_by_a_callee, ("t",)),
    case(kept_by_a_callee, ("t",), setup=SHARED.clear),
    case(given_back, ("t",)),
    case(result_kept, ("t",), setup=SHARED.clear),
    case(read_late, ("t",), setup=SHARED.clear),
    case(in_branches, ("t", True), ("t", False)),
    case(in_loops, ("t", ["a", "b"])),
    case(in_a_try, ([1, 2, 3],), more_calls=True),
    case(halfway, (1,)),
    case(halfway, (2,), name="halfway_failed", raises="ValueError"),
    case(deep_copied, ("t",)),
    case(with_lists, ("t",)),
    case(list_stored, ("t",)),
    case(private_names, ("t",), staged=False),
    case(properties, ("t",)),
    case(descriptors, ("t",)),
    case(deleted_attribute, ("t",)),
    case(set_otherwise, ("t",)),
    case(absorbed_after_reading, (["a", "b"],)),
    case(handed_over_after_reading, ("t",)),
    case(handed_over_again, ("t",)),
    case(recursive, ("t", 2)),
    case(subclass, ("t",)),
    case(missing_under_a_change, ([1],), raises="KeyError"),
    case(kept_list, ("t",)),
    case(grown_before_a_try, ([1],), more_calls=True),
]


@pytest.mark.parametrize("program", OVERLAPPING)
def test_overlaps(program: Callable[[], None]) -> None:
    program()


@pytest.mark.parametrize("program", SAME)
def test_same(program: Callable[[], None]) -> None:
    program()
