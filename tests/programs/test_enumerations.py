"""Members of enumerations: compared, hashed, shown, looked up and walked without delaying anything else.

Beside each that must overlap stand classes with methods of their own, whose effects keep their order.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from leaves import LOG, ask
from observe import case


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2

    @property
    def label(self):
        return f"{self.name.lower()}!"

    def ask(self, x):
        return ask(self.value, x)


class Color(str, enum.Enum):  # noqa: UP042 - as many still write it
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    MID = 2
    HIGH = 3
    TOP = 4
    MOST = 5


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Loud(enum.Enum):
    A = 1
    B = 2

    def __eq__(self, other):
        LOG.append(("eq", self.name))
        return self is other

    def __hash__(self):
        LOG.append(("hash", self.name))
        return 7

    def __str__(self):
        LOG.append(("str", self.name))
        return "loud"

    @classmethod
    def _missing_(cls, value):
        LOG.append(("missing", value))
        return cls.A


class Shadow(enum.Enum):
    A = "a"

    @property
    def value(self):
        LOG.append("value")
        return "shadowed"


class Item:
    def __repr__(self):
        LOG.append("repr")
        return "item"


class Held(enum.Enum):
    ITEM = Item()


def by_mode(mode, x):
    if mode == Mode.FAST:
        return ask(x)
    return ask(x, mode.label) if mode in (Mode.SLOW,) else None


def modes(xs):
    return [by_mode(Mode.FAST if x % 2 else Mode.SLOW, x) for x in xs]


def looked_up(xs):
    return [(mode := Mode(len(str(ask(x))) % 2 + 1), ask(mode.name, x)) for x in xs]


def wrong_value(xs):
    return [Mode(ask(x)) for x in xs]


def all_colors(x):
    return {color: ask(f"{color.value} {x}") for color in Color}


def all_levels(x):
    return [ask(f"{level.name} {level > Level.LOW} {x}") for level in Level]


def counted(xs):
    counts = {mode: len(mode.name) for mode in Mode}
    for x in xs:
        counts[Mode.FAST if "1" in str(ask(x)) else Mode.SLOW] += 1
    return {mode.name: count for mode, count in counts.items()}


def machine(x):
    state, found = Mode.FAST, []
    while len(found) < 4:
        match state:
            case Mode.FAST:
                found.append(ask("fast", x))
                state = Mode.SLOW
            case Mode.SLOW:
                found.append(ask("slow", x))
                state = Mode.FAST
    return found


def machines(xs):
    return [machine(x) for x in xs]


def own_method(xs):
    return [Mode(x % 2 + 1).ask(x) for x in xs]


def loud(xs):
    found = {}
    for x in xs:
        a = ask(x)
        key = Loud.A if x == 1 else Loud.B
        found[key] = a
        LOG.append((f"{key}", key == Loud.A, Loud(9)))
    return found


def shadowed(xs):
    return [(ask(x), Shadow.A.value, [one.value for one in Shadow]) for x in xs]


def held(xs):
    return [(ask(x), f"{Held.ITEM!r}", Held(Held.ITEM.value)) for x in xs]


@dataclass
class Ticket:
    title: str
    mode: Mode = Mode.FAST
    level: Level = Level.LOW
    trail: list[str] = field(default_factory=list)


@dataclass
class Pass:
    title: str
    rights: Rights = Rights.READ


def advance(ticket):
    while ticket.mode is not Mode.SLOW:
        ticket.trail.append(ask(ticket.title))
        ticket.level = Level.MOST if len(ticket.trail) > 1 else Level.MID
        ticket.mode = Mode.SLOW
    return ticket


def tickets(xs):
    return [advance(Ticket(f"{x}")) for x in xs]


def rights(xs):
    found = []
    for x in xs:
        ticket = Pass(f"{x}", Rights(x)) if x > 1 else Pass(f"{x}")
        answer = ask(x)
        if ticket.rights is Rights.READ:
            found.append((answer, "read"))
        elif ticket.rights is Rights.WRITE:
            found.append((answer, "write"))
        else:
            found.append((answer, ticket.rights.value))
    return found


def marked(xs):
    found = []
    for x in xs:
        ticket = Ticket(f"{x}")
        ticket.mode.seen = x
        found.append((ask(ticket.title), Mode.FAST.seen))
    return found


XS = ([1, 2, 3],)

PROGRAMS = [
    case(modes, XS, overlap=3),
    case(looked_up, XS, overlap=3),
    case(wrong_value, XS, raises="ValueError"),
    case(all_colors, (1,), overlap=2),
    case(all_levels, (1,), overlap=5),
    case(counted, XS, overlap=3),
    case(machines, XS, overlap=3),
    case(own_method, XS, overlap=3),
    case(loud, XS),
    case(shadowed, XS),
    case(held, XS),
    case(tickets, XS, overlap=3),
    case(rights, XS, overlap=3),
    case(marked, XS),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
