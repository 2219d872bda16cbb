"""What is looked up in a container that is still being filled: keys and lengths are known before values are.

Beside memos, graphs and histories stand programs that look alike and in which what is found depends on the values.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaves import ask, flaky, note, num
from observe import case

SHARED: list[Any] = []
GRAPH = {"a": [], "b": [], "c": ["a", "b"], "d": ["a"], "e": ["c", "d"]}
STEPS = [{"id": name, "deps": deps} for name, deps in GRAPH.items()]


def memo(questions):
    known = {}
    answers = []
    for question in questions:
        if question not in known:
            known[question] = ask(question)
        answers.append(known[question])
    return answers


def memo_in_a_closure(questions):
    known = {}

    def answer(question):
        if question in known:
            return known[question]
        known[question] = ask(question)
        return known[question]

    return [answer(question) for question in questions]


def memo_passed_on(questions):
    known = {}
    return [recall(known, question) for question in questions], known


def recall(known, question):
    if question not in known:
        known[question] = ask(question)
    return known[question]


def memo_of_pairs(names):
    compared = {}
    for a in names:
        for b in names:
            if a != b and (b, a) not in compared:
                compared[a, b] = ask(a, b)
    return compared


def memo_by_parts(rows):
    known = {}
    for row in rows:
        if row["id"] not in known:
            known[row["id"]] = ask(row["text"])
    return known


def skipping(texts):
    seen = {}
    for text in texts:
        key = text.lower().strip()
        if key in seen:
            continue
        seen[key] = ask(text)
    return list(seen.values())


class Store:
    def __init__(self):
        self.held = {}
        self.log = []
        self.hits = 0
        self.last = None

    def get(self, question):
        if question in self.held:
            self.hits += 1
            return self.held[question]
        value = ask(question)
        self.held[question] = value
        return value

    def act(self, task):
        reply = ask(task, len(self.log))
        self.log.append(reply)
        self.last = reply
        return reply


def memo_of_an_object(questions):
    store = Store()
    return [store.get(question) for question in questions], store.hits, store.held


def length_of_an_attribute(tasks):
    store = Store()
    return [store.act(task) for task in tasks], store.log


def graph(steps):
    done = {}
    for step in steps:
        done[step["id"]] = ask(step["id"], [done[one] for one in step["deps"]])
    return done


def graph_of_texts(steps):
    done = {}
    for step in steps:
        context = "\n".join(f"{one}: {done[one]}" for one in step["deps"])
        done[step["id"]] = ask(f"{step['id']} after {context}")
    return done["e"]


def graph_in_rounds(needs):
    done = {}
    waiting = list(needs)
    while waiting:
        ready = [name for name in waiting if all(one in done for one in needs[name])]
        for name in ready:
            done[name] = ask(name, [done[one] for one in needs[name]])
        waiting = [name for name in waiting if name not in done]
    return done


@dataclass
class Step:
    name: str
    needs: list[str] = field(default_factory=list)


def graph_of_objects(needs):
    steps = [Step(name, list(others)) for name, others in needs.items()]
    done = {}
    for step in steps:
        done[step.name] = ask(step.name, [done[one] for one in step.needs])
    return done


def until_enough(questions):
    kept = []
    for question in questions:
        kept.append(ask(question))
        if len(kept) == 3:
            break
    return kept


def while_short(limit):
    kept = []
    while len(kept) < limit:
        kept.append(ask(len(kept)))
    return kept


def two_back(questions):
    turns = []
    for question in questions:
        before = turns[-2] if len(turns) > 1 else "nothing"
        turns.append(ask(before, question))
    return turns


def first_of_many(questions):
    answers = [ask(question) for question in questions]
    return ask(answers[0], len(answers)), ask(answers[-1])


def first_then_more(questions):
    answers = [ask(question) for question in questions]
    answers.append(ask("more", len(answers)))
    return ask(answers[-1]), answers


def found_by_get(questions, words):
    known = {question: ask(question) for question in questions}
    return [ask(known.get(word, "nothing")) for word in words]


def memo_of_the_caller(questions, known):
    answers = []
    for question in questions:
        if question not in known:
            known[question] = ask(question)
        answers.append(known[question])
    return answers


def graph_of_the_caller(steps, done):
    for step in steps:
        name = step["id"]
        done[name] = ask(name, [done[one] for one in step["deps"]])


def history_of_the_caller(questions, turns):
    for question in questions:
        if len(turns) > 3:
            break
        turns.append(ask(question, len(turns)))


def store_of_the_caller(store, questions):
    return [store.get(question) for question in questions]


OVERLAPPING = [
    case(memo, (["a", "b", "a", "c", "b"],), overlap=3),
    case(memo_in_a_closure, (["a", "b", "a", "c"],), overlap=3),
    case(memo_passed_on, (["a", "b", "a", "c"],), overlap=3),
    case(memo_of_pairs, (["a", "b", "c"],), overlap=3),
    case(memo_by_parts, ([{"id": 1, "text": "a"}, {"id": 2, "text": "b"}, {"id": 1, "text": "c"}],), overlap=2),
    case(skipping, (["A", "a ", "b", "B"],), overlap=2),
    case(memo_of_an_object, (["a", "b", "a", "c"],), overlap=3),
    case(length_of_an_attribute, (["a", "b", "a", "c"],), overlap=4),
    case(graph, (STEPS,), overlap=2),
    case(graph_of_texts, (STEPS,), overlap=2),
    case(graph_in_rounds, (GRAPH,), overlap=2),
    case(graph_of_objects, (GRAPH,), overlap=2),
    case(until_enough, (["a", "b", "c", "d"],), overlap=3),
    case(while_short, (4,), overlap=4),
    case(two_back, (["a", "b", "c", "d"],), overlap=2),
    case(memo_of_the_caller, (["a", "b", "a", "c"], {"c": "known"}), overlap=2),
    case(graph_of_the_caller, (STEPS, {}), overlap=2),
    case(history_of_the_caller, (["a", "b", "c"], ["first"]), overlap=3),
    case(store_of_the_caller, lambda: (Store(), ["a", "b", "a", "c"]), overlap=3),
    case(first_of_many, (["a", "b", "c"],), overlap=3),
    case(first_then_more, (["a", "b", "c"],), overlap=4),
    case(found_by_get, (["a", "b"], ["b", "c", "a"]), overlap=2),
]


def fibonacci(n):
    known = {}

    def value(k):
        if k not in known:
            known[k] = num(k) if k < 2 else num(value(k - 1) + value(k - 2))
        return known[k]

    return value(n), known


def failing_for_the_caller(numbers, known, kept):
    for number in numbers:
        if number not in known:
            known[number] = flaky(number)
        kept.append(len(known))
        if len(kept) > 4:
            break
    return known


def caller_of_a_failure(numbers):
    known, kept = {}, [0]
    try:
        failing_for_the_caller(numbers, known, kept)
    except ValueError:
        note((known, kept))
    return known, kept


def decided_by_values(questions):
    known = {}
    for question in questions:
        if known.get(question) is None:
            known[question] = None if question == "b" else ask(question)
    return known


def keys_of_answers(questions):
    found = {}
    for question in questions:
        answer = ask(question)
        if answer not in found:
            found[answer] = ask(answer)
    return found


def changed_inside(questions):
    groups = {}
    for question in questions:
        if question not in groups:
            groups[question] = [ask(question)]
        groups[question].append(ask(question, len(groups[question])))
    return groups


def changed_by_another_name(questions):
    groups = {}
    for question in questions:
        mine = [ask(question)]
        groups[question] = mine
        mine.append(len(groups[question]))
        note(groups[question])
    return groups


def taken_out(questions):
    known = {}
    for question in questions:
        if question in known:
            note(known.pop(question))
        else:
            known[question] = ask(question)
    return known


def counted(questions):
    known = {"total": 0}
    for question in questions:
        known["total"] += num(1)
        known[question] = ask(question, known["total"])
    return known


def missing_key(steps):
    done = {}
    for step in steps:
        done[step["id"]] = ask(step["id"], done["nobody"])
    return done


def missing_index(questions):
    turns = []
    for question in questions:
        turns.append(ask(turns[3], question))
    return turns


def missing_index_later(questions):
    turns = []
    for question in questions:
        turns.append(ask(question))
    return turns[len(questions)]


def failing(questions):
    known = {}
    for question in questions:
        if question not in known:
            known[question] = flaky(question)
        note(len(known))
    return known


def failing_inside(questions):
    known = {}
    for question in questions:
        if question not in known:
            try:
                known[question] = flaky(question)
            except ValueError:
                known[question] = "failed"
        note(known[question])
    return known


def left_by_a_failure(questions):
    known = {}
    try:
        for question in questions:
            if question not in known:
                known[question] = flaky(question)
    except ValueError:
        note(known)
    known["after"] = ask(len(known))
    return known


def unhashable(questions):
    known = {}
    for question in questions:
        if question not in known:
            known[question] = ask(question)
    return known


class Key:
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        note(("hash", self.name))
        return hash(self.name)

    def __eq__(self, other):
        note(("equal", self.name))
        return self.name == other.name

    def __repr__(self):
        return f"Key({self.name})"


def keys_that_act(names):
    known = {}
    for name in names:
        key = Key(name)
        if key not in known:
            known[key] = ask(name)
        note(known[key])
    return len(known)


def equal_keys(numbers):
    known = {}
    for number in numbers:
        if number not in known:
            known[number] = ask(number)
    return known


def not_a_number():
    odd = float("nan")
    known = {}
    for number in [odd, odd, float("nan")]:
        if number not in known:
            known[number] = ask(len(known))
    return len(known), known[odd]


def by_default(questions):
    known = defaultdict(list)
    for question in questions:
        known[question].append(ask(question, len(known[question])))
    return dict(known), len(known)


def ordered(questions):
    known = OrderedDict()
    for question in questions:
        if question in known:
            known.move_to_end(question)
        else:
            known[question] = ask(question)
    return list(known.items())


class Loud(dict):
    def __contains__(self, key):
        note(("asked", key))
        return super().__contains__(key)


def subclass(questions):
    known = Loud()
    for question in questions:
        if question not in known:
            known[question] = ask(question)
    return dict(known)


def shared(questions):
    known = {}
    SHARED.append(known)
    for question in questions:
        if question not in known:
            known[question] = ask(question)
            note(len(SHARED[0]))
    return known


def passed_as_a_whole(questions):
    known = {}
    for question in questions:
        if question not in known:
            known[question] = ask(question, str(known))
    return known


def kept_as_it_was(questions):
    known, before = {}, []
    for question in questions:
        before.append(dict(known))
        if question not in known:
            known[question] = ask(question)
    return known, before


def replaced(questions):
    known = {}
    for number, question in enumerate(questions):
        if number == 2:
            known = {"new": ask("new")}
        if question not in known:
            known[question] = ask(question)
    return known, len(known)


def sorted_between(questions):
    answers = []
    for question in questions:
        answers.append(ask(question))
        answers.sort(reverse=True)
        note(answers[0])
    return answers


def set_by_index(questions):
    answers = [ask(question) for question in questions]
    answers[0] = ask(answers[1])
    answers.append(ask(answers[0]))
    return answers[0], answers[-1], len(answers)


def inserted(questions):
    answers = []
    for question in questions:
        answers.append(ask(question))
        answers.insert(0, ask(question, len(answers)))
    return answers[0], answers[-1]


def list_in_a_list(questions):
    rows = []
    for question in questions:
        rows.append([ask(question)])
        rows[-1].append(len(rows))
        note(rows[0])
    return rows


def elements_changed(questions):
    rows = []
    for question in questions:
        rows.append({"text": ask(question)})
        for row in rows:
            row["seen"] = len(rows)
        note(rows[0])
    return rows


class Careful:
    def __init__(self):
        self.__held = {}
        self.__count = 0

    def get(self, question):
        if question not in self.__held:
            self.__count += 1
            self.__held[question] = ask(question, self.__count)
        return self.__held[question], self.__count


def private_attributes(questions):
    careful = Careful()
    return [careful.get(question) for question in questions]


class Measured:
    def __init__(self):
        self.held = {}

    @property
    def size(self):
        return len(self.held)

    def add(self, question):
        self.held[question] = ask(question, self.size)
        return self.size


def property_of_a_length(questions):
    measured = Measured()
    return [measured.add(question) for question in questions]


class Slotted:
    __slots__ = ("count", "held")

    def __init__(self):
        self.held = {}
        self.count = 0


def slots(questions):
    slotted = Slotted()
    for question in questions:
        if question not in slotted.held:
            slotted.count += 1
            slotted.held[question] = ask(question, slotted.count)
    return slotted.held, slotted.count


class Watched:
    def __init__(self):
        self.held = {}
        self.last = ""

    def __setattr__(self, name, value):
        note((name, str(value)))
        super().__setattr__(name, value)


def watched(questions):
    store = Watched()
    for question in questions:
        if question not in store.held:
            store.held[question] = ask(question)
            store.last = question
    return store.held


def attribute_replaced(questions):
    store = Store()
    for question in questions:
        store.get(question)
        if store.hits:
            store.held = {"fresh": ask("fresh")}
            store.hits = 0
        note(len(store.held))
    return store.held


def attribute_as_a_whole(questions):
    store = Store()
    seen = []
    for question in questions:
        store.get(question)
        seen.append(store.held)
    return seen, store.held


def last_reply(tasks):
    store = Store()
    for task in tasks:
        store.act(task)
        note(store.last)
        note(store.log[-1])
    return store.log


class Guarded:
    def __init__(self):
        self.held = {}
        self._last = "none"

    @property
    def last(self):
        return self._last

    @last.setter
    def last(self, value):
        self._last = f"set to {value}"


def set_by_a_property(questions):
    guarded = Guarded()
    seen = []
    for question in questions:
        if question not in guarded.held:
            guarded.held[question] = ask(question)
            guarded.last = question
        seen.append((guarded._last, len(guarded.held)))
    return seen


class Upper:
    def __set__(self, owner, value):
        owner.__dict__["name"] = value.upper()


class Named:
    name = Upper()

    def __init__(self):
        self.held = {}
        self.name = "none"


def set_by_a_descriptor(questions):
    named = Named()
    seen = []
    for question in questions:
        if question not in named.held:
            named.held[question] = ask(question)
            named.name = question
        seen.append((named.name, len(named.held)))
    return seen


def many_looked_at(numbers):
    turns = []
    for number in numbers:
        turns.append(num(number))
    return [num(turns[k] + turns[-1 - k]) for k in range(len(turns))]


SAME = [
    case(fibonacci, (5,)),
    case(
        failing_for_the_caller,
        ([1, 3, 1, 4], {4: 0}, []),
    ),
    case(
        failing_for_the_caller,
        ([1, 3, 1, 2, 4], {4: 0}, []),
        name="failing_for_the_caller_early",
        raises="ValueError",
        more_calls=True,
    ),
    case(caller_of_a_failure, ([1, 3, 2, 4],), more_calls=True),
    case(decided_by_values, (["a", "b", "a", "b"],)),
    case(keys_of_answers, (["a", "b", "a"],)),
    case(changed_inside, (["a", "b", "a"],)),
    case(changed_by_another_name, (["a", "b", "a"],)),
    case(taken_out, (["a", "b", "a", "a"],)),
    case(counted, (["a", "b", "a"],)),
    case(missing_key, (STEPS,), raises="KeyError"),
    case(missing_index, (["a", "b"],), raises="IndexError"),
    case(missing_index_later, (["a", "b"],), raises="IndexError"),
    case(failing, ([1, 3, 1],)),
    case(failing, ([1, 2, 1, 3],), name="failing_early", raises="ValueError", more_calls=True),
    case(failing_inside, ([1, 2, 1, 2, 3],), more_calls=True),
    case(left_by_a_failure, ([1, 3, 2, 4],), more_calls=True),
    case(left_by_a_failure, ([1, 3, 1],), name="left_by_none"),
    case(unhashable, ([["a"]],), raises="TypeError"),
    case(keys_that_act, (["a", "b", "a"],)),
    case(equal_keys, ([1, 1.0, True, 2],)),
    case(not_a_number),
    case(by_default, (["a", "b", "a"],)),
    case(ordered, (["a", "b", "a"],)),
    case(subclass, (["a", "b", "a"],)),
    case(shared, (["a", "b", "a"],), setup=SHARED.clear),
    case(passed_as_a_whole, (["a", "b", "a"],)),
    case(kept_as_it_was, (["a", "b", "a"],)),
    case(replaced, (["a", "b", "a", "new"],)),
    case(sorted_between, (["a", "c", "b"],)),
    case(set_by_index, (["a", "b", "c"],)),
    case(inserted, (["a", "b"],)),
    case(list_in_a_list, (["a", "b"],)),
    case(elements_changed, (["a", "b"],)),
    case(private_attributes, (["a", "b", "a"],)),
    case(property_of_a_length, (["a", "b", "a"],)),
    case(slots, (["a", "b", "a"],)),
    case(watched, (["a", "b", "a"],)),
    case(attribute_replaced, (["a", "b", "a", "c"],)),
    case(attribute_as_a_whole, (["a", "b", "a"],)),
    case(last_reply, (["a", "b"],)),
    case(set_by_a_property, (["a", "b", "a"],)),
    case(set_by_a_descriptor, (["a", "b", "a"],)),
    case(many_looked_at, (list(range(40)),)),
]


@pytest.mark.parametrize("program", OVERLAPPING)
def test_overlaps(program: Callable[[], None]) -> None:
    program()


@pytest.mark.parametrize("program", SAME)
def test_same(program: Callable[[], None]) -> None:
    program()
