"""Objects that methods and functions change as their own: what comes next waits for what reads or changes them there,
and for nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, flaky
from observe import case


class Log:
    def __init__(self):
        self.lines = []
        self.n = 0

    def add(self, x):
        self.lines.append(x)
        self.n += 1
        return self


class Bot:
    def __init__(self, name):
        self.name = name
        self.seen = []
        self.log = Log()
        self.count = 0

    def late(self, t):
        self.seen.append(t)
        a = ask(t)
        return a, len(self.seen), list(self.seen)

    def cond(self, t):
        a = ask(t)
        if "x" in a:
            self.seen.append(a)
        else:
            self.count += 1
        b = ask(t, self.count)
        return b, len(self.seen), self.count

    def loop(self, ts):
        out = []
        for t in ts:
            self.seen.append(t)
            out.append((ask(t), len(self.seen)))
        return out

    def nested(self, t):
        self.log.add(t)
        r = self.late(t)
        self.log.add(r[1])
        return r, self.log.n

    def both(self, other, t):
        self.seen.append(t)
        other.seen.append(ask(t))
        return len(other.seen), other.seen[-1]

    def tried(self, t):
        try:
            self.seen.append(t)
            return flaky(t)
        except ValueError as e:
            self.seen.append("err")
            return str(e), len(self.seen)
        finally:
            self.count += 1

    def early(self, t):
        if self.count > 1:
            return "enough", self.count
        self.count += 1
        return ask(t), self.count

    def gen(self, ts):
        return [ask(t, len(self.seen)) for t in ts], self.seen.append(len(ts))


def read_after_the_answer(ts):
    b = Bot("n")
    r = [b.late(t) for t in ts]
    return r, b.seen


def own_write_between(ts):
    b = Bot("n")
    x = b.late("1")
    y = b.late("2")
    b.seen.append("own")
    z = b.late("3")
    return x, y, z, b.seen


def written_on_one_side(ts):
    b = Bot("n")
    return [b.cond(t) for t in ts], b.seen, b.count


def written_in_a_loop(ts):
    b = Bot("n")
    return b.loop(ts), b.loop(ts), b.seen


def lent_on(ts):
    b = Bot("n")
    return [b.nested(t) for t in ts], b.log.lines, b.seen


def two_lent(ts):
    a, b = Bot("a"), Bot("b")
    return [(a.both(b, t), b.both(a, t)) for t in ts], a.seen, b.seen


def lent_twice(ts):
    a = Bot("a")
    return [a.both(a, t) for t in ts], a.seen


def written_in_a_try(ts):
    b = Bot("n")
    return [b.tried(t) for t in [1, 2, 3]], b.seen, b.count


def left_early(ts):
    b = Bot("n")
    return [b.early(t) for t in ts], b.count


def written_at_the_end(ts):
    b = Bot("n")
    return b.gen(ts), b.gen(ts), b.seen


def handler_sees_the_object(ts):
    b = Bot("n")
    try:
        for t in [1, 2, 3]:
            b.seen.append(flaky(t))
            b.late(t)
    except ValueError as e:
        return str(e), b.seen


def elements_in_rounds(ts):
    bots = [Bot(t) for t in ts]
    for _ in range(2):
        for b in bots:
            b.late(b.name)
            b.cond(b.name)
    return [(b.seen, b.count) for b in bots]


def condition_that_reads(ts):
    b = Bot("n")
    out = []
    while len(b.seen) < 4:
        out.append(b.late(str(len(b.seen))))
    return out


def second_name(ts):
    b = Bot("n")
    c = b
    return b.late("1"), c.late("2"), b.seen is c.seen, c.seen


def read_between(ts):
    b = Bot("n")
    out = []
    for t in ts:
        n = len(b.seen)
        r = b.late(t)
        out.append((n, r, len(b.seen), b.seen[:]))
    return out


def lent_to_a_local_function(ts):
    def use(bot, t):
        bot.seen.append(t)
        return ask(t), ask(t, len(bot.seen))

    b = Bot("n")
    return use(b, "1"), use(b, "2"), b.seen


TEXTS = (["x", "y", "w"],)

PROGRAMS = [
    case(read_after_the_answer, TEXTS, overlap=3),
    case(own_write_between, TEXTS),
    case(written_on_one_side, TEXTS),
    case(written_in_a_loop, TEXTS, overlap=3),
    case(lent_on, TEXTS, overlap=3),
    case(two_lent, TEXTS),
    case(lent_twice, TEXTS),
    case(written_in_a_try, TEXTS, more_calls=True),
    case(left_early, TEXTS),
    case(written_at_the_end, TEXTS),
    case(handler_sees_the_object, TEXTS, more_calls=True),
    case(elements_in_rounds, TEXTS),
    case(condition_that_reads, TEXTS),
    case(second_name, TEXTS),
    case(read_between, TEXTS, overlap=3),
    case(lent_to_a_local_function, TEXTS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
