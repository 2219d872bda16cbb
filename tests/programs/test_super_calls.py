"""Methods that call those of the classes behind them: looked into where the class of the object is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import LOG, ask
from observe import case


class Base:
    kind = "base"

    def __init__(self, name="n"):
        self.name = name
        self.seen = []

    def run(self, q):
        self.seen.append(q)
        return ask("base", self.name, q)

    def many(self, qs):
        return [self.run(q) for q in qs]

    @property
    def label(self):
        LOG.append("label")
        return f"label {self.name}"

    @staticmethod
    def fixed(q):
        return ask("fixed", q)


class Child(Base):
    def __init__(self, name, extra):
        super().__init__(name)
        self.extra = extra

    def run(self, q):
        return super().run(q), ask("child", self.extra, q)


class Left(Base):
    def run(self, q):
        LOG.append(("left", q))
        return "l", super().run(q)


class Right(Base):
    def run(self, q, times=2):
        LOG.append(("right", q))
        return [super(Right, self).run(q + i) for i in range(times)]


class Diamond(Left, Right):
    def run(self, q):
        return ask("diamond", q), super().run(q)


class Grand(Child):
    def run(self, q):
        first = ask("grand", q)
        return first, super().run(q)

    def many(self, qs):
        head = ask("head")
        return [head, *super().many(qs), ask("tail")]

    def labelled(self, q):
        return super().label, ask(q), super().fixed(q)

    def rebound(self, q, other):
        first = ask(q)
        self = other
        return first, super().run(q), self.name

    def inside(self, q):
        def call():
            return super(Grand, self).run(q)

        return call(), ask(q)

    def missing(self, q):
        first = ask(q)
        return first, super().nothing(ask(q))

    def evaluated(self, q):
        return super().run((LOG.append("argument"), q)[1]), ask("last")

    def in_try(self, q):
        try:
            return super().run(q), super().many(3)
        except TypeError as e:
            return str(e), ask("handled")


class Held(Base):
    def __init__(self):
        super().__init__("held")
        self.run = lambda q: ("own", q)

    def many(self, qs):
        return super().many(qs), [super(Held, self).run(q) for q in qs], ask("held")

    def again(self, q):
        return super().run(q), self.run(q), ask("again")


def many(k, qs):
    return k.many(qs), k.seen


def own_many(qs):
    k = Grand("n", "e")
    return k.many(qs), k.seen


def run(k, q):
    return k.run(q)


def labelled(k, q):
    return k.labelled(q)


def rebound(k, q, other):
    return k.rebound(q, other)


def inside(k, q):
    return k.inside(q)


def missing(k, q):
    return k.missing(q)


def evaluated(k, q):
    return k.evaluated(q)


def in_try(k, q):
    return k.in_try(q)


def again(k, q):
    return k.again(q)


def patch():
    Base.run = lambda self, q: ask("patched", q)


def patched(k, q):
    before = k.run(q)
    patch()
    return before, k.run(q)


FIRST = Base.run


def reset() -> None:
    Base.run = FIRST


PROGRAMS = [
    case(many, lambda: (Grand("n", "e"), [1, 2]), overlap=3),
    case(own_many, ([1, 2],), overlap=3),
    case(many, lambda: (Child("n", "e"), [1, 2]), overlap=2, name="many_child"),
    case(run, lambda: (Grand("n", "e"), 1), overlap=3),
    case(run, lambda: (Diamond("n"), 1), name="run_diamond"),
    case(labelled, lambda: (Grand("n", "e"), 1)),
    case(rebound, lambda: (Grand("n", "e"), 1, Base("o")), raises="TypeError"),
    case(rebound, lambda: (Grand("n", "e"), 1, Grand("o", "x")), name="rebound_to_another"),
    case(inside, lambda: (Grand("n", "e"), 1)),
    case(missing, lambda: (Grand("n", "e"), 1), raises="AttributeError"),
    case(evaluated, lambda: (Grand("n", "e"), 1)),
    case(in_try, lambda: (Grand("n", "e"), 1)),
    case(many, lambda: (Held(), [1, 2]), name="many_held"),
    case(again, lambda: (Held(), 1)),
    case(patched, lambda: (Grand("n", "e"), 1), setup=reset, staged=False),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
