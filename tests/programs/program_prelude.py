"""What random programs are made of: classes and helpers of every construct, over the leaves of `leaves.py`.

Each helper has source, so that it is staged where everything is; what it does outside shows in `LOG`, in `state()` or
in the calls of the world. `reset()` puts everything back before a run.
"""

from __future__ import annotations

import enum
import functools
import random
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any, NamedTuple

import leaves
from leaves import (
    LOG,
    Meter,
    Model,
    ask,
    echo,
    fetch,
    flaky,
    many,
    note,
    note_and_return,
    num,
    raising,
    rate,
    say,
    slow,
    wait,
)

import xcs

__all__ = [
    "LOG",
    "SHELF",
    "Basket",
    "Box",
    "Card",
    "Counter",
    "Door",
    "Draft",
    "Mate",
    "Meter",
    "Mode",
    "Model",
    "Notes",
    "Oops",
    "OrderedDict",
    "Pair",
    "Point",
    "Pupil",
    "Strict",
    "Sum",
    "add",
    "answered",
    "ask",
    "asked",
    "bump",
    "cached",
    "chatty",
    "checked",
    "counted",
    "defaultdict",
    "deque",
    "down",
    "drafted",
    "each",
    "echo",
    "even",
    "fetch",
    "flaky",
    "flatten",
    "graded",
    "grow",
    "hired",
    "keyword",
    "lazy",
    "loner",
    "look",
    "loud",
    "many",
    "measure",
    "note",
    "note_and_return",
    "nullcontext",
    "num",
    "odd",
    "optional",
    "partial",
    "pick",
    "planned",
    "pop_or",
    "put",
    "raising",
    "rate",
    "reduce",
    "renamed",
    "replied",
    "roll",
    "say",
    "scored",
    "session",
    "slow",
    "suppress",
    "total",
    "try_it",
    "tune",
    "twice",
    "wait",
]

SHELF: dict[str, Any] = {}
_dice = random.Random(1)
_count = 0


def reset() -> None:
    """Everything as it was before the first run."""
    global _count
    _count = 0
    SHELF.clear()
    _dice.seed(1)
    Box.made = 0
    cached.cache_clear()
    loud.log.clear()


def state() -> Any:
    """What runs may have changed."""
    return _count, Box.made, SHELF, cached.cache_info()[:2], loud.log


# ---------------------------------------------------------------- leaves with state
@xcs.op(effect="ordered")
def put(key: Any, value: Any) -> Any:
    """Writes the state that `look` reads."""
    leaves._here(f"put {key}")
    SHELF[str(key)] = value
    return value


@xcs.op(effect="reads")
def look(key: Any) -> Any:
    """Sees all that was put before, and nothing later."""
    with leaves.CURRENT.world.call("look", key):
        return SHELF.get(str(key), 0)


def optional(
    items: list[Any], done: Callable[[Any], Any] | None = None, key: Callable[[Any], Any] | None = None
) -> list[Any]:
    """Numbers, which a caller may want to hear of, or to choose."""
    found = []
    key = key or (lambda x: x)
    for item in items:
        answer = num(key(item))
        if done is not None:
            done(answer)
        found.append(answer)
    return found


def bump(by: int) -> int:
    """Writes a global of its own module."""
    global _count
    _count += by
    return _count


def roll(sides: int) -> int:
    """The next random number: ordered, though nobody says so."""
    return _dice.randrange(1, abs(sides) % 9 + 2)


# ---------------------------------------------------------------- classes
class Mode(enum.Enum):
    """How something is done."""

    ONE = 1
    TWO = 2
    SAME = "same"


class Notes:
    """Keeps what it is told, and gives itself."""

    def __init__(self, title: Any) -> None:
        self.title = title
        self.lines: list[Any] = []
        self.count = 0

    def add(self, line: Any) -> Any:
        """Told something."""
        self.lines.append(line)
        self.count += 1
        return self

    def ask(self, what: Any) -> Any:
        """Told what the world says."""
        answer = ask(what, k=self.count)
        return self.add(answer)

    def mark(self, items: list[Any], item: Any) -> Any:
        """Told how many there are in a list, which grows."""
        items.append(item)
        return self.add(len(items))

    def given(self, function: Callable[[Any], Any] | None, x: Any) -> Any:
        """Told what a function says, if there is one."""
        return self.add(function(x)) if function else self

    @property
    def last(self) -> Any:
        """The last thing told."""
        return self.lines[-1] if self.lines else self.title


class Draft:
    """Written step by step."""

    def __init__(self, topic: Any) -> None:
        self.topic = topic
        self.plan: Any = None
        self.facts: list[Any] = []
        self.score = 0
        self.text = ""

    def make_plan(self) -> None:
        """The first step."""
        self.plan = ask(self.topic)

    def gather(self, number: Any) -> None:
        """What the plan needn't be there for."""
        self.facts = [num(number), num(self.topic)]
        self.score += 1

    def write(self) -> Any:
        """What needs both."""
        self.text = ask(f"{self.plan} {self.facts}")
        return self.text

    def run(self) -> Any:
        """All steps."""
        self.make_plan()
        self.gather(self.score)
        return self.write()


class Store:
    """Answers by key, each asked for once."""

    def __init__(self) -> None:
        self.held: dict[Any, Any] = {}
        self.log: list[Any] = []
        self.hits = 0
        self.last: Any = None

    def get(self, key: Any) -> Any:
        """The answer, from before where there is one."""
        if key in self.held:
            self.hits += 1
            return self.held[key]
        self.held[key] = num(key)
        self.log.append(key)
        return self.held[key]

    def add(self, number: Any) -> int:
        """One more answer in the log."""
        self.log.append(num(number + len(self.log)))
        self.last = number
        return len(self.log)

    def risk(self, key: Any) -> Any:
        """An answer that may fail."""
        if key not in self.held:
            try:
                self.held[key] = flaky(key)
            except ValueError:
                self.held[key] = -1
                self.hits -= 1
        return self.held[key]


class Mate:
    """Keeps what it says, and holds what others have, too."""

    def __init__(self, name: Any, items: list[Any], friend: Any = None) -> None:
        self.name = name
        self.items = items
        self.friend = friend
        self.log: list[Any] = []
        self.count = 0

    def say(self, what: Any) -> Any:
        """An answer for its log."""
        answer = num(what)
        self.log.append(answer)
        self.count += 1
        return answer

    def tell(self, what: Any) -> Any:
        """An answer for all."""
        answer = num(what)
        self.items.append(answer)
        return answer

    def look(self, what: Any) -> Any:
        """An answer to what all have said, and the mate."""
        answer = num(what + len(self.items) + len(self.log))
        self.log.append(answer)
        return answer

    def risk(self, what: Any) -> Any:
        """An answer that may fail, counted before."""
        self.count += 1
        answer = flaky(what)
        self.log.append(answer)
        return answer

    def walk(self) -> list[Any]:
        """An answer for each."""
        return [self.say(x) for x in self.items[:3]]

    def take(self, items: list[Any]) -> int:
        """Holds another list."""
        self.items = items
        return len(self.items)

    def give(self) -> list[Any]:
        """Lets others have the log."""
        self.friend = self.log
        return self.log


def hired(name: Any, items: list[Any]) -> Mate:
    """A function's mate."""
    made = Mate(name, items)
    made.log.append(num(name))
    return made


def loner(name: Any) -> Mate:
    """A mate that has one list in two places."""
    made = Mate(name, [])
    made.items = made.log
    return made


def asked(mate: Mate) -> Any:
    """A function's use of a mate."""
    return mate.say(len(mate.items)) if mate.count < 9 else mate.tell(mate.count)


def recalled(memo: dict[Any, Any], key: Any) -> Any:
    """A function's use of a memo."""
    if key not in memo:
        memo[key] = num(key)
    return memo[key]


def drafted(draft: Any) -> Any:
    """A function's step of a draft."""
    draft.plan = ask(draft.topic, k=draft.score)
    draft.score += num(1)
    return draft


def planned(record: dict[str, Any]) -> None:
    """A record with one item more."""
    record["plan"] = ask(record["id"])
    record["num"] = num(record["id"])


def scored(record: dict[str, Any]) -> dict[str, Any]:
    """A record like another one, with an item more."""
    return {**record, "score": num(record["id"])}


def renamed(record: dict[str, Any]) -> dict[str, Any]:
    """The same with another text."""
    return dict(record, text=ask(record.get("text")))


def answered(record: dict[str, Any]) -> dict[str, Any]:
    """What is new about a record."""
    return {"answer": ask(record["id"]), "id": num(record["id"])}


class Strict(Notes):
    """Notes that are told twice."""

    def __init__(self, title: Any) -> None:
        super().__init__(title)
        self.count = 10

    def add(self, line: Any) -> Any:
        """Told something, and how much was there before."""
        before = len(self.lines)
        return super().add(line) if before % 2 else super().add((line, before))

    def ask(self, what: Any) -> Any:
        """Told what the world says, asked once more."""
        super().ask(what)
        return super().ask(str(self.last))


class Oops(Exception):
    """An error with a member."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class Box:
    """Counts, keeps, and calls."""

    made = 0

    def __init__(self, v: Any) -> None:
        self.v = v
        self.items: list[Any] = []

    def add(self, x: Any) -> Any:
        self.v += num(x)
        self.items.append(x)
        return self.v

    def peek(self) -> Any:
        return self.v

    @property
    def double(self) -> Any:
        return self.v * 2

    @property
    def asked(self) -> str:
        return ask(self.v)

    @staticmethod
    def of(x: Any) -> Box:
        return Box(num(x))

    @classmethod
    def count(cls) -> int:
        cls.made += 1
        note(cls.made > 0)
        return 1

    def __call__(self, x: Any) -> Any:
        note(x)
        return num(x) + self.v

    def __len__(self) -> int:
        return len(self.items)


@dataclass
class Point:
    """Data with a list in it."""

    x: Any
    ys: list[Any] = field(default_factory=list)

    def moved(self, by: Any) -> Point:
        return Point(self.x + num(by), [*self.ys, by])

    def extend(self, by: Any) -> int:
        self.ys.append(by)
        self.x += 1
        return len(self.ys)


class Pair(NamedTuple):
    """A tuple with names."""

    a: Any
    b: Any

    def swapped(self) -> Pair:
        return Pair(self.b, self.a)


class Sum:
    """Operators of the user's own, with effects of every kind."""

    def __init__(self, v: Any) -> None:
        self.v = v

    def __add__(self, other: Any) -> Sum:
        note("add")
        return Sum(self.v + (other.v if isinstance(other, Sum) else num(other)))

    def __radd__(self, other: Any) -> Sum:
        return Sum(num(other) + self.v)

    def __iadd__(self, other: Any) -> Sum:
        self.v += num(other) if not isinstance(other, Sum) else other.v
        return self

    def __mul__(self, other: Any) -> Sum:
        return Sum(self.v * other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and num(self.v) == num(other.v)

    def __hash__(self) -> int:
        return 7

    def __lt__(self, other: Any) -> bool:
        note("lt")
        return self.v < other.v

    def __bool__(self) -> bool:
        note("bool")
        return self.v % 2 == 0

    def __getitem__(self, index: Any) -> Any:
        return num(self.v + index)

    def __contains__(self, one: Any) -> bool:
        return num(one) > self.v

    def __str__(self) -> str:
        return f"Sum({ask(self.v)})"

    def __format__(self, spec: str) -> str:
        return f"{self.v:{spec or '>2'}}"

    def __int__(self) -> int:
        return self.v


class Pupil:
    """Remembers, and is made by the dozen."""

    def __init__(self, name: Any, book: list[Any] | None = None) -> None:
        self.name = name
        self.book: list[Any] = [] if book is None else book
        self.marks: dict[str, Any] = {}

    def learn(self, x: Any) -> int:
        self.book.append(num(x))
        return len(self.book)

    def test(self, x: Any) -> Any:
        self.book.append(x)
        mark = num(x + len(self.book))
        self.marks[str(x)] = mark
        return mark + num(len(self.marks))

    def risk(self, x: Any) -> int:
        self.book.append(x)
        self.book.append(flaky(x))
        self.book.append(flaky(x + 1))
        return len(self.book)

    def chain(self, x: Any) -> Pupil:
        self.book.append(num(x))
        self.book.append(num(len(self.book)))
        return self

    def tell(self, other: Pupil) -> Any:
        other.book.append(num(len(self.book)))
        self.book.append(num(len(other.book)))
        return self.book

    def show(self) -> int:
        note(str(self.book))
        self.book.append(num(1))
        return num(2)


class Basket:
    """A container of the user's own."""

    def __init__(self, *things: Any) -> None:
        self.things = list(things)

    def __iter__(self) -> Iterator[Any]:
        for thing in self.things:
            note(("next", thing))
            yield thing

    def __len__(self) -> int:
        return len(self.things)

    def __getitem__(self, index: Any) -> Any:
        return self.things[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        note("set")
        self.things[index] = value

    def __delitem__(self, index: Any) -> None:
        del self.things[index]


class Door:
    """A context manager, which may swallow and may fail."""

    def __init__(self, tag: Any, swallows: Any = ()) -> None:
        self.tag = tag
        self.swallows = swallows

    def __enter__(self) -> Door:
        note(("enter", self.tag))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        note(("exit", self.tag, None if kind is None else kind.__name__))
        return kind is not None and issubclass(kind, self.swallows)


@contextmanager
def session(tag: Any) -> Iterator[str]:
    """A context manager written as a generator, with a call on each side."""
    note(("open", tag))
    try:
        yield ask(tag)
    except KeyError as error:
        note(("caught", str(error)))
    finally:
        note(("close", tag))


# ---------------------------------------------------------------- functions about functions
def loud(f: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that logs."""

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        loud.log.append(f.__name__)  # type: ignore[attr-defined]
        return f(*args, **kwargs)

    return wrapper


loud.log = []  # type: ignore[attr-defined]


def counted(f: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that keeps a count in a cell."""
    count = 0

    @functools.wraps(f)
    def wrapper(*args: Any) -> Any:
        nonlocal count
        count += 1
        return f(*args) + count

    return wrapper


@loud
def tune(x: Any) -> Any:
    return num(x) + 1


@functools.cache
def cached(x: Any) -> Any:
    wait("cached", x)
    return x * 3


twice = partial(reduce, lambda a, b: a + num(b))


# ---------------------------------------------------------------- helpers
def add(a: Any, b: Any) -> Any:
    return a + b


def measure(s: Any) -> int:
    wait("measure", s)
    return len(s) * 3


def grow(items: list[Any], x: Any) -> int:
    items.append(num(x))
    return len(items)


def pop_or(items: list[Any], default: Any) -> Any:
    if items:
        return items.pop()
    return default


def pick(x: Any) -> Any:
    if x > 2:
        return measure(str(x))
    note(x)
    return x + num(x)


def down(n: int) -> Any:
    if n <= 0:
        return num(1)
    return down(n - 1) + measure("n" * min(n, 3))


def even(n: int) -> int:
    if n <= 0:
        return num(1)
    return odd(n - 1)


def odd(n: int) -> int:
    if n <= 0:
        return 0
    note(n)
    return even(n - 1) + 1


def flatten(tree: Any) -> list[Any]:
    if not isinstance(tree, list):
        return [num(tree)]
    return [leaf for branch in tree for leaf in flatten(branch)]


def total(tree: Any) -> Any:
    found = 0
    for one in tree:
        if isinstance(one, list):
            found += total(one)
        else:
            found += one
    return found


def try_it(x: Any) -> Any:
    try:
        return flaky(x)
    except ValueError:
        return -1


def keyword(a: Any, /, b: Any = 2, *rest: Any, c: Any = 3, **others: Any) -> Any:
    note(sorted(others))
    return a + num(b) + c + sum(rest) + sum(others.values())


@dataclass
class Card:
    """A record that is made of replies."""

    size: Any = 0
    items: list[Any] = field(default_factory=list)
    mode: Mode = Mode.ONE

    def __post_init__(self) -> None:
        if self.size == 3:
            raise ValueError("three")


def replied(x: Any) -> dict[str, Any]:
    """What a service answers, put together."""
    return {"size": num(x), "items": [x, x + 1]}


def graded(x: Any) -> dict[str, Any]:
    """An answer of two kinds."""
    size = rate(x)
    return {"size": size, "items": ["low"]} if size < 1 else {"size": x, "items": [], "extra": ask(x)}


def checked(x: Any) -> Any:
    """A helper that may refuse what it has asked for."""
    y = num(x)
    if y > 10:
        raise ValueError(f"too large: {y}")
    return y


def chatty(x: Any) -> Any:
    """Several effects in a row."""
    say("chatty", x)
    a, b = num(x), ask(x)
    note(b)
    return a


def each(items: Any, f: Callable[[Any], Any]) -> list[Any]:
    found = []
    for item in items:
        found.append(f(item))
    return found


def lazy(items: Any) -> Iterator[Any]:
    """A generator with a call and an effect for each element."""
    for item in items:
        note(("yield", item))
        yield num(item)
