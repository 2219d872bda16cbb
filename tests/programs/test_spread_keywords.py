"""`**` of keys that aren't known: `Record(**json.loads(reply))`, `tool.run(**call["args"])`, two of them in one call.

Beside each that must overlap stand those whose values, defaults or factories do something that others see.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from leaves import LOG, ask, note
from observe import case


@dataclass
class Record:
    topic: str
    size: int = 0
    tags: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.size > 9:
            raise ValueError(f"too long: {self.size}")


@dataclass
class Counted:
    topic: str
    number: int = field(default_factory=lambda: LOG.append("made") or len(LOG))


class Answer:
    def __init__(self, topic, *, size=0):
        self.title = topic.title()
        self.size = size

    @classmethod
    def parse(cls, text):
        return cls(**json.loads(text))


class Kept:
    all: ClassVar[list[Any]] = []

    def __init__(self, topic, size=0):
        self.all.append(topic)
        self.size = size


class Tool:
    def __init__(self, name):
        self.name = name

    def run(self, topic, size=1):
        return ask(f"{self.name} {topic * size}")


class Loud:
    def __init__(self, number):
        self.number = number

    def __str__(self):
        note(f"shown {self.number}")
        return f"loud {self.number}"


def reply(x, **more):
    return json.dumps({"topic": ask(x), **more})


def shown(x=None, y=None):
    return f"{x}{y}"


def records(xs):
    good, bad = [], {}
    for x in xs:
        try:
            good.append(Record(**json.loads(reply(x, size=x * 3))))
        except (ValueError, TypeError) as error:
            bad[x] = str(error)
    return good, bad


def answers(xs):
    return [Answer.parse(reply(x, size=x)).title for x in xs]


def of_another_name(xs):
    found = []
    for x in xs:
        try:
            found.append(Answer(**json.loads(reply(x, other=x))).title)
        except TypeError:
            found.append("wrong")
    return found


def tools(xs):
    tool = Tool("t")
    return [tool.run(**json.loads(f'{{"topic": "{x}"}}')) for x in xs]


def counted(xs):
    found = []
    for x in xs:
        found.append(Counted(**json.loads(reply(x))))
        note(x)
    return [one.number for one in found]


def kept(xs):
    for x in xs:
        Kept(**json.loads(reply(x)))
        note(x)
    return len(Kept.all)


def two_spread(first, second):
    answer = ask("one")
    note(answer)
    text = shown(**first, **second)
    return answer, text, shown(**second, x=answer)


def default_that_shows(row):
    answer = ask("one")
    note(answer)

    def inner(x, y=Loud(7)):  # noqa: B008
        return f"{x}{y}"

    return inner(**row), answer


def positional_or_named(first, options):
    answer = ask("one")
    note(answer)
    return shown(*first, **options), answer


def with_others(prompt, *context, temperature=0.0, **meta):
    return ask(prompt, *context, temperature, *(f"{name}={meta[name]}" for name in sorted(meta)))


def others(prompts, defaults):
    found = []
    for index, prompt in enumerate(prompts):
        options = {**defaults, "temperature": index}
        found.append(with_others(prompt, *[f"c{n}" for n in range(index)], "end", **options))
    return found


def others_that_show(prompts, defaults):
    return [(with_others(prompt, **defaults), note(prompt)) for prompt in prompts]


LOUD = Loud(9)


def shows_first(a=LOUD, b=None):
    return f"{a}"


def popped(**options):
    options.pop("a")
    return shows_first(**options)


def deleted(**options):
    del options["a"]
    return shows_first(**options)


def replaced(**options):
    options["a"] = options["b"]
    return shows_first(**options)


def merged(**options):
    options |= {"a": options["b"]}
    return shows_first(**options)


def replaced_in_a_loop(**options):
    found = []
    for _ in range(2):
        found.append(shows_first(**options))
        options["a"] = options["b"]
    return found


def replaced_inside(**options):
    def replace():
        options["a"] = options["b"]

    replace()
    return shows_first(**options)


def changed_before_they_go_on(x):
    answer = ask("one")
    note(answer)
    return [
        popped(a=1, b=x),
        deleted(a=1, b=x),
        replaced(a=1, b=x),
        merged(a=1, b=x),
        replaced_in_a_loop(a=1, b=x),
        replaced_inside(a=1, b=x),
    ]


def look_up(topic):
    return ask(f"look up {topic}")


def count(topic, times=2):
    return ask(topic * times)


TOOLS = {"look_up": look_up, "count": count}


def chat(messages):
    wanted = ["look_up", "count"][len(messages) % 2]
    answer = ask(str(messages))
    calls = [{"name": wanted, "args": {"topic": messages[0]["content"]}}] if len(messages) < 4 else []
    return {"content": answer, "calls": calls}


def tool_loop(question):
    messages = [{"role": "user", "content": question}]
    while True:
        reply = chat(messages)
        messages.append({"role": "assistant", "content": f"{reply['content']}"})
        if not reply["calls"]:
            return reply["content"]
        for call in reply["calls"]:
            try:
                result = TOOLS[call["name"]](**call["args"])
            except KeyError as error:
                result = f"no {error}"
            messages.append({"role": "tool", "content": result})


def tool_loops(questions):
    return {question: tool_loop(question) for question in questions}


XS = ([1, 2, 4, 3],)

PROGRAMS = [
    case(records, XS, overlap=4, more_calls=True),
    case(answers, XS, overlap=4),
    case(of_another_name, XS, overlap=4, more_calls=True),
    case(tools, XS, overlap=4),
    case(counted, XS),
    case(kept, XS, setup=Kept.all.clear, state=lambda: list(Kept.all)),
    case(two_spread, lambda: ({"x": 1}, {"y": Loud(2)}), lambda: ({"y": Loud(3)}, {})),
    case(default_that_shows, ({"x": 1},)),
    case(positional_or_named, lambda: ([1], {"y": Loud(4)}), lambda: ([], {"x": Loud(5)}), lambda: ([1, Loud(6)], {})),
    case(changed_before_they_go_on, lambda: (Loud(2),)),
    case(others, (["p", "q", "r"], {"user": "u", "lang": "en"}), overlap=3),
    case(others_that_show, lambda: (["p", "q"], {"user": Loud(8)}), lambda: (["p"], {"temperature": Loud(9)})),
    case(tool_loops, (["alpha", "beta", "gamma"],), overlap=3),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
