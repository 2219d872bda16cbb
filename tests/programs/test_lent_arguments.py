"""Arguments that the program changes as objects of its own: calls overlap, and whoever has called finds what plain
Python would have left. Objects that are met in two places, or that others write, keep all of their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note, num
from observe import case

LOG: list[Any] = []


class Bot:
    def __init__(self, name: str) -> None:
        self.name = name
        self.memory: list[str] = []
        self.turns = 0

    def say(self, text: str) -> str:
        reply = ask(f"{self.name} {len(self.memory)} {text}")
        self.memory.append(reply)
        self.turns += 1
        return reply

    def counted(self, x: int) -> int:
        self.turns += 1
        y = flaky(x)
        self.memory.append(str(y))
        return y

    def last(self) -> str:
        return self.memory[-1] if self.memory else "none"


class Loud:
    def __init__(self, text: str) -> None:
        self._text, self.reads = text, 0

    @property
    def text(self) -> str:
        self.reads += 1
        return self._text

    @text.setter
    def text(self, value: str) -> None:
        note(value)
        self._text = value


KNOWN = Bot("known")


def reset() -> None:
    LOG.clear()
    KNOWN.memory.clear()
    KNOWN.turns = 0


def one_each(bots, text):
    return [bot.say(text) for bot in bots]


def rounds(bots, texts):
    return [[bot.say(text) for bot in bots] for text in texts]


def by_name(bots, text):
    return {name: bot.say(text) for name, bot in bots.items()}


def two(a, b, text):
    return a.say(text), b.say(text), a.last(), b.last()


def rewritten(rows):
    for row in rows:
        row["text"] = ask(row["text"])
        row["length"] = len(row["text"])
    return [row["length"] for row in rows]


def attributes(bots):
    for bot in bots:
        bot.name = ask(bot.name)
        bot.turns = num(len(bot.name))
    return [bot.turns for bot in bots]


def cells(table):
    for row in table:
        for i, cell in enumerate(row):
            row[i] = ask(cell)
    return table


def in_a_helper(bots, texts):
    def ask_all(team, text):
        return [bot.say(text) for bot in team]

    return [ask_all(bots, text) for text in texts]


def ask_round(team, text):
    return [bot.say(text) for bot in team]


def made_for_a_helper(names, texts):
    team = [Bot(name) for name in names]
    return [ask_round(team, text) for text in texts], [bot.turns for bot in team]


def joined_round(team, text):
    replies = [bot.say(text) for bot in team]
    team[0].memory = team[1].memory
    return replies


def made_one_by_a_helper(names, texts):
    team = [Bot(name) for name in names]
    return [joined_round(team, text) for text in texts], [bot.memory for bot in team]


def counted(bots, xs):
    return [[bot.counted(x) for bot in bots] for x in xs]


def caught(bots, xs):
    out = []
    for bot in bots:
        for x in xs:
            try:
                out.append(bot.counted(x))
            except ValueError as error:
                out.append((str(error), bot.turns, list(bot.memory)))
    return out


def seen_at_the_end(a, b, x):
    try:
        return a.counted(1), b.counted(x)
    finally:
        note((len(a.memory), len(b.memory), a.turns, b.turns))
        b.memory.append("end")


def made_before_a_failure(groups, xs):
    for x in xs:
        groups.setdefault(x % 2, []).append(flaky(x))


def added_up(table, xs):
    for x in xs:
        table[x % 3] = table.get(x % 3, 0) + flaky(x)


def of_the_module(bot, text):
    return bot.say(text), KNOWN.say(text), bot.last(), KNOWN.memory[:]


def kept_by_the_module(bots, text):
    for bot in bots:
        LOG.append(bot)
        bot.say(text)
    for bot in LOG:
        bot.say("again")
    return [bot.memory[:] for bot in LOG]


def memory_is_shared_on_the_way(a, b):
    a.memory = b.memory
    return a.say("x"), b.say("y"), a.memory is b.memory


def under_another_name(a, b, text):
    chosen = a if ask(text) == "never" else b
    return chosen.say("c"), a.say("a"), b.say("b"), chosen.memory[:]


def by_index(bots, i):
    bot = bots[i]
    return bot.say("x"), bots[0].say("y"), bot.memory


def put_together(a, b):
    team = [a, b]
    for bot in team:
        bot.say("t")
    return a.say("u"), [bot.turns for bot in team]


def only_the_new_list_has_it(bot, x):
    box = {"bot": bot}
    del bot
    y = flaky(x)
    box["bot"].say("late")
    return y


def name_bound_again(bot, texts):
    for text in texts:
        bot.say(text)
        bot = Bot(f"after {text}")
    return bot.say("end")


def grows(bots):
    bots.append(Bot("new"))
    return [bot.say("x") for bot in bots], bots[-1].say("again")


def shrinks(bots):
    for bot in list(bots):
        if len(bot.say("x")) > 3:
            bots.remove(bot)
    return len(bots)


def window(texts, seen):
    for text in texts:
        seen.append(ask(f"{text} {len(seen)} {seen[0] if seen else ''}"))
    return list(seen)


def walked_while_written(xs, bot):
    for x in xs:
        if len(xs) < 5:
            bot.memory.append(x)
        ask(x)
    return xs


def parts_are_given(bot):
    memory = bot.memory
    bot.say("x")
    memory.append("from outside")
    return bot.say("y"), memory


def read_aloud(objects):
    for one in objects:
        one.text = ask(one.text)
    return [one.reads for one in objects]


def bots() -> list[Bot]:
    return [Bot("a"), Bot("b"), Bot("c")]


def sharing() -> list[Bot]:
    a, b = Bot("a"), Bot("b")
    b.memory = a.memory
    return [a, b]


def twice() -> list[Bot]:
    a = Bot("a")
    return [a, Bot("b"), a]


def same(one: Any, *others: Any) -> tuple[Any, ...]:
    return one, one, *others


def row(*texts: str) -> list[dict[str, Any]]:
    return [{"text": text} for text in texts]


def list_of_a_bot() -> tuple[Any, ...]:
    bot = Bot("a")
    bot.memory = ["1", "2"]
    return bot.memory, bot


MODULE: dict[str, Any] = {"setup": reset}

PROGRAMS = [
    case(one_each, lambda: (bots(), "x"), overlap=3),
    case(one_each, lambda: (twice(), "x"), name="one_each_twice"),
    case(one_each, lambda: (sharing(), "x"), name="one_each_sharing"),
    case(rounds, lambda: (bots(), ["x", "y"]), overlap=3),
    case(rounds, lambda: (twice(), ["x", "y"]), name="rounds_twice"),
    case(rounds, lambda: (sharing(), ["x", "y"]), name="rounds_sharing"),
    case(by_name, lambda: ({bot.name: bot for bot in bots()}, "x"), overlap=3),
    case(by_name, lambda: (dict.fromkeys("ab", Bot("a")), "x"), name="by_name_twice"),
    case(two, lambda: (Bot("a"), Bot("b"), "x"), overlap=2),
    case(two, lambda: same(Bot("a"), "x"), name="two_same"),
    case(two, lambda: (*sharing(), "x"), name="two_sharing"),
    case(rewritten, lambda: (row("a", "b", "c"),), overlap=3),
    case(rewritten, lambda: ([*same({"text": "a"}), {"text": "b"}],), name="rewritten_twice"),
    case(rewritten, lambda: ([{"text": "a"}, {}, {"text": "c"}],), name="rewritten_fails", raises="KeyError"),
    case(attributes, lambda: (bots(),), overlap=3),
    case(attributes, lambda: (twice(),), name="attributes_twice"),
    case(cells, lambda: ([["a", "b"], ["c", "d"]],), overlap=4),
    case(cells, lambda: ([*same(["a", "b"])],), name="cells_twice"),
    case(in_a_helper, lambda: (bots(), ["x", "y"]), overlap=3),
    case(in_a_helper, lambda: (twice(), ["x", "y"]), name="in_a_helper_twice"),
    case(made_for_a_helper, (["a", "b", "c"], ["x", "y"]), overlap=3),
    case(made_one_by_a_helper, (["a", "b", "c"], ["x", "y", "z"])),
    case(counted, lambda: (bots(), [1, 3]), lambda: (bots(), [1, 2, 3]), more_calls=True),
    case(caught, lambda: (bots(), [1, 2, 3]), lambda: (twice(), [1, 2]), more_calls=True),
    case(seen_at_the_end, lambda: (Bot("a"), Bot("b"), 2), lambda: (Bot("a"), Bot("b"), 1), more_calls=True),
    case(made_before_a_failure, lambda: ({}, [2, 4]), lambda: ({}, [4, 6, 5]), more_calls=True),
    case(added_up, lambda: ({0: 1}, [0, 4, 5, 7]), lambda: ({0: 1}, [0, 4, 3]), more_calls=True),
    case(of_the_module, lambda: (Bot("a"), "x"), **MODULE),
    case(of_the_module, lambda: (KNOWN, "x"), name="of_the_module_itself", **MODULE),
    case(kept_by_the_module, lambda: (bots(), "x"), **MODULE),
    case(memory_is_shared_on_the_way, lambda: (Bot("a"), Bot("b"))),
    case(under_another_name, lambda: (Bot("a"), Bot("b"), "x")),
    case(by_index, lambda: (bots(), 1), lambda: (bots(), 0)),
    case(put_together, lambda: (Bot("a"), Bot("b")), lambda: same(Bot("a"))),
    case(only_the_new_list_has_it, lambda: (Bot("a"), 2), lambda: (Bot("a"), 1)),
    case(name_bound_again, lambda: (Bot("a"), ["x", "y"])),
    case(grows, lambda: (bots(),)),
    case(shrinks, lambda: (bots(),)),
    case(window, lambda: (["x", "y"], deque(["q"], maxlen=2))),
    case(walked_while_written, lambda: (["1"], Bot("a")), list_of_a_bot),
    case(parts_are_given, lambda: (Bot("a"),)),
    case(read_aloud, lambda: ([Loud("a"), Loud("b")],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
