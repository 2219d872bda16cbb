"""Methods, properties, descriptors, operators, dataclasses, attributes that shadow methods, classes that change."""

# ruff: noqa: RUF012 - the programs are written as people write them, mistakes included

from __future__ import annotations

import abc
import collections
import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pytest
from leaves import LOG, Model, ask, many, note, num, rate, wait
from observe import case, jit

import xcs


class Agent:
    kind = "agent"
    made = 0

    def __init__(self, name: str, temperature: float = 0.0) -> None:
        self.name = name
        self.temperature = temperature
        self.memory: list[Any] = []
        Agent.made += 1

    def __call__(self, question: Any) -> str:
        return self.think(question)

    def think(self, question: Any) -> str:
        wait("think", self.name, question)
        return f"{self.name}:{question}"

    def remember(self, what: Any) -> Agent:
        self.memory.append(what)
        return self

    @property
    def size(self) -> int:
        return len(self.memory)

    @classmethod
    def default(cls) -> Agent:
        return cls(f"default {cls.kind}")

    @staticmethod
    def shout(text: str) -> str:
        return ask(text.upper())

    def __private(self, x: Any) -> str:
        return ask(f"private {x}")

    def uses_private(self, x: Any) -> str:
        return self.__private(x) + self.__private(x)


class Careful(Agent):
    kind = "careful"

    def think(self, question: Any) -> str:
        first = super().think(question)
        return super().think(first)


def method_calls(agent, x):
    a = agent.think(x)
    b = agent(x)
    agent.remember(a).remember(b)
    return agent.size, agent.memory, agent.shout("s"), Agent.think(agent, x)


def list_of_agents(agents, x):
    return [a(x) for a in agents], [a.think(x) for a in agents]


def agents_made_inside(names, x):
    agents = [Agent(n) for n in names]
    for a in agents:
        a.remember(a.think(x))
    return agents, Agent.made


def agents_of_two_classes(x):
    agents = [Agent("a"), Careful("c"), Agent.default(), Careful.default()]
    return [a(x) for a in agents], [type(a).__name__ for a in agents], agents[1].kind


def name_mangling(x):
    return Agent("m").uses_private(x)


def bound_method_as_value(agent, x):
    think = agent.think
    agent.name = "renamed"
    return think(x), [f(x) for f in (think, agent.remember)], agent


def method_from_class_dict(x):
    return Agent.__dict__["think"](Agent("d"), x), getattr(Agent("g"), "think")(x)  # noqa: B009


def instance_attribute_shadows_method(agent, x):
    a = agent.think(x)
    agent.think = lambda q: ask(f"shadow {q}")
    b = agent.think(x)
    del agent.think
    c = agent.think(x)
    return a, b, c


def shadowed_before(x):
    agent = Agent("s")
    agent.think = num
    return agent.think(x)


def call_dunder_is_looked_up_on_the_class(x):
    agent = Agent("d")
    agent.__call__ = num
    return agent(x)


def class_attribute_changed_between_calls(agent, x):
    a = agent.kind, ask(agent.kind)
    Agent.kind = "changed"
    b = agent.kind, ask(agent.kind)
    agent.kind = "own"
    return a, b, agent.kind, Agent.kind


def put_back() -> None:
    Agent.kind, Agent.made = "agent", 0
    Registry.entries.clear()


def method_replaced_on_class(agent, x):
    a = agent.think(x)
    original = Agent.think
    Agent.think = lambda self, q: ask(f"patched {q}")
    try:
        b = agent.think(x)
    finally:
        Agent.think = original
    return a, b, agent.think(x)


def class_counter(xs):
    return [Agent(x).think(x) for x in xs], Agent.made


class Registry:
    entries: dict[str, Any] = {}

    def register(self, name: str, value: Any) -> None:
        self.entries[name] = value


def shared_class_dict(x):
    Registry().register("a", ask(x))
    Registry().register("b", num(x))
    return list(Registry.entries.items()), Registry.entries is Registry().entries


@dataclass
class Answer:
    text: str
    score: float = 0.0
    tags: list[str] = field(default_factory=list)

    def better(self, other: Answer) -> Answer:
        return self if self.score >= other.score else other


@dataclass(frozen=True, order=True)
class Key:
    a: int
    b: str = "b"


@dataclass(slots=True, kw_only=True)
class Compact:
    x: int
    y: Any = None


def dataclasses_of_answers(xs):
    answers = [Answer(ask(x), rate(str(x))) for x in xs]
    answers[0].tags.append("first")
    best = answers[0]
    for a in answers[1:]:
        best = best.better(a)
    return answers, best in answers, any(best is a for a in answers), [a.tags for a in answers]


def frozen_keys(xs):
    table = {Key(x): ask(x) for x in xs}
    again = replace(Key(xs[0]), b="c")
    return table[Key(xs[-1])], sorted(table), again, again in table


def frozen_is_frozen(x):
    k = Key(num(x))
    k.a = 3
    return k


def compact(x):
    c = Compact(x=num(x))
    c.y = ask(c.x)
    d = Compact(x=1, y=c)
    d.y.x += 1
    return c, d


def no_such_slot(x):
    c = Compact(x=x)
    c.z = ask(x)
    return c


class Point(NamedTuple):
    x: Any
    y: Any = 0

    def norm(self) -> Any:
        return num(self.x)


def named_tuples(x):
    p = Point(num(x))
    q = p._replace(y=ask(x))
    a, b = q
    return p, q, a, b, p.norm(), p < q if isinstance(q.y, int) else None


class Color(enum.Enum):
    RED = 1
    BLUE = 2

    def ask(self) -> str:
        return ask(self.name)


class Level(enum.IntFlag):
    LOW = 1
    HIGH = 2


def enums(c, x):
    level = Level.LOW | Level.HIGH
    match c:
        case Color.RED:
            a = c.ask()
        case _:
            a = num(c.value)
    return a, Color(2) is Color.BLUE, Color["RED"].ask(), level, num(level), {c: ask(x)}


class Vector:
    """Operators that write."""

    added = 0

    def __init__(self, *xs: Any) -> None:
        self.xs = list(xs)
        self.reads = 0

    def __add__(self, other: Vector) -> Vector:
        Vector.added += 1
        LOG.append(("added", Vector.added))
        return Vector(*(a + b for a, b in zip(self.xs, other.xs, strict=True)))

    def __iadd__(self, other: Vector) -> Vector:
        self.xs = [a + b for a, b in zip(self.xs, other.xs, strict=True)]
        return self

    def __getitem__(self, i: int) -> Any:
        self.reads += 1
        return self.xs[i]

    def __setitem__(self, i: int, value: Any) -> None:
        self.xs[i] = num(value)

    def __len__(self) -> int:
        return len(self.xs)

    def __lt__(self, other: Vector) -> bool:
        self.reads += 100
        return self.xs < other.xs


def reset_vector() -> None:
    Vector.added = 0


def operators_that_write(x):
    a, b = Vector(num(x), 2), Vector(3, num(x))
    c = a + b
    alias = a
    a += b
    a[0] = a[1] + c[0]
    return a, b, c, alias is a, a < b, sorted([b, a])[0] is a, a.reads


def getitem_that_counts(v):
    out = []
    for i in range(len(v)):
        out.append(ask(v[i]))
    return out, v.reads


def getitem_protocol_iterates(v):
    return [ask(x) for x in v], v.reads


class Descriptor:
    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"_{name}"

    def __get__(self, instance: Any, owner: type) -> Any:
        note(f"get {self.name}")
        return self if instance is None else getattr(instance, self.name, None)

    def __set__(self, instance: Any, value: Any) -> None:
        note(f"set {self.name}")
        setattr(instance, self.name, value)


class Described:
    value = Descriptor()

    def __init__(self) -> None:
        self.value = 1

    @property
    def answer(self) -> str:
        return ask(self.value)

    @answer.setter
    def answer(self, text: str) -> None:
        note(f"answer {text}")
        self.value = text


def descriptors(x):
    d = Described()
    d.value += num(x)
    a = d.answer
    d.answer = a
    return a, d.value, d.answer


class Magic:
    def __init__(self) -> None:
        object.__setattr__(self, "store", {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        note(f"miss {name}")
        return ask(name)

    def __setattr__(self, name: str, value: Any) -> None:
        note(f"set {name}")
        self.store[name] = value


def magic_attributes(x):
    m = Magic()
    m.a = num(x)
    return m.a, m.b, m.store


class Template(abc.ABC):
    def run(self, x: Any) -> Any:
        note("start")
        y = self.step(x)
        note("end")
        return y

    @abc.abstractmethod
    def step(self, x: Any) -> Any: ...


class First(Template):
    def step(self, x: Any) -> Any:
        return ask(x)


class Second(First):
    def step(self, x: Any) -> Any:
        return [super().step(x), super().step(x)]


def template_methods(steps, x):
    return [s.run(x) for s in steps]


def abstract_is_abstract(x):
    note(ask(x))
    return Template()


class Mixin:
    def greet(self, x: Any) -> str:
        return f"mixin {super().greet(x)}"


class Base:
    def greet(self, x: Any) -> str:
        return ask(x)


class Both(Mixin, Base):
    pass


def cooperative_inheritance(x):
    return Both().greet(x)


class Lazy:
    def __init__(self) -> None:
        self._value: Any = None

    @property
    def value(self) -> Any:
        if self._value is None:
            self._value = ask("lazy")
        return self._value


def lazy_property(x):
    lazy = Lazy()
    return lazy.value, lazy.value, lazy._value


class Chain:
    """A fluent interface."""

    def __init__(self, steps: tuple[Any, ...] = ()) -> None:
        self.steps = steps

    def then(self, f: Callable[[Any], Any]) -> Chain:
        return Chain((*self.steps, f))

    def run(self, x: Any) -> Any:
        for step in self.steps:
            x = step(x)
        return x


def fluent(x):
    return Chain().then(num).then(ask).then(lambda s: s + "!").run(x)


class Panel:
    def __init__(self, names: list[str]) -> None:
        self.experts = [Model(n) for n in names]
        self.asked = 0

    def forward(self, question: Any) -> Any:
        opinions = [e(question) for e in self.experts]
        self.asked += 1
        return ask(" + ".join(opinions))


def panel_twice(panel, x):
    return panel.forward(x), panel.forward(x), panel.asked


class Conversation:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.messages: list[dict[str, Any]] = []

    def send(self, text: str) -> str:
        self.messages.append({"role": "user", "content": text})
        reply = self.model(repr(self.messages))
        self.messages.append({"role": "assistant", "content": reply})
        return reply


def conversations(texts):
    model = Model("c")
    talks = [Conversation(model) for _ in range(2)]
    for t in texts:
        for talk in talks:
            talk.send(t)
    return talks


def one_conversation(texts):
    talk = Conversation(Model("c"))
    return [talk.send(t) for t in texts], len(talk.messages)


def node_graph(x):
    a, b = Node("a"), Node("b")
    a.next, b.next = b, a
    node = a
    for _ in range(3):
        node.value = num(x)
        x += 1
        node = node.next
    return a


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.value: Any = None
        self.next: Any = None


def linked_list(xs):
    head = None
    for x in xs:
        node = Node(ask(x))
        node.next = head
        head = node
    out = []
    while head is not None:
        out.append(head.name)
        head = head.next
    return out


def subclass_of_builtins(xs):
    out = Stack()
    for x in xs:
        out.append(ask(x))
    out.push(num(1))
    table = Table(a=1)
    table["b"] = ask("b")
    return out, len(out), out.pushed, table["missing"], table, Text(ask("t")).shout()


class Stack(list):  # type: ignore[type-arg]
    pushed = 0

    def push(self, x: Any) -> None:
        self.pushed += 1
        super().append(x)

    def append(self, x: Any) -> None:
        note(f"append {x}")
        super().append(x)


class Table(dict):  # type: ignore[type-arg]
    def __missing__(self, key: Any) -> Any:
        note(f"missing {key}")
        return ask(key)


class Text(str):
    __slots__ = ()

    def shout(self) -> str:
        return ask(self.upper())


def isinstance_dispatch(things):
    out = []
    for t in things:
        if isinstance(t, Agent):
            out.append(t(1))
        elif isinstance(t, (int, float)) and not isinstance(t, bool):
            out.append(num(t))
        elif callable(t):
            out.append(t(2))
        else:
            out.append(type(t).__name__)
    return out


def user_list(xs):
    held = collections.UserList(xs)
    held.append(ask(1))
    return held.data, [ask(h) for h in held]


def repr_and_eq_of_answers(xs):
    a = [Answer(ask(x)) for x in xs]
    b = [Answer(ask(x)) for x in xs]
    return a == b, a[0] is b[0], repr(a[0]), many(1) == many(1)


PROGRAMS = [
    case(method_calls, lambda: (Agent("a"), 1)),
    case(method_calls, lambda: (Careful("a"), 1), name="method_calls_of_subclass"),
    case(list_of_agents, lambda: ([Agent("a"), Agent("b"), Agent("c")], 1), overlap=3),
    case(list_of_agents, lambda: ([Agent("a"), Careful("b"), Model("c")][:2], 1), name="list_of_mixed_agents"),
    case(agents_made_inside, (["a", "b"], 1), setup=put_back),
    case(agents_of_two_classes, (1,), setup=put_back),
    case(name_mangling, (1,)),
    case(bound_method_as_value, lambda: (Agent("a"), 1)),
    case(method_from_class_dict, (1,)),
    case(instance_attribute_shadows_method, lambda: (Agent("a"), 1)),
    case(shadowed_before, (1,)),
    case(call_dunder_is_looked_up_on_the_class, (1,)),
    case(class_attribute_changed_between_calls, lambda: (Agent("a"), 1), setup=put_back),
    case(method_replaced_on_class, lambda: (Agent("a"), 1)),
    case(class_counter, (["a", "b"],), setup=put_back),
    case(shared_class_dict, (1,), setup=put_back),
    case(dataclasses_of_answers, ([1, 2, 3],)),
    case(frozen_keys, ([1, 2],)),
    case(frozen_is_frozen, (1,), raises="FrozenInstanceError"),
    case(compact, (1,)),
    case(no_such_slot, (1,), raises="AttributeError"),
    case(named_tuples, (1,)),
    case(enums, (Color.RED, 1), (Color.BLUE, 1)),
    case(operators_that_write, (1,), setup=reset_vector),
    case(getitem_that_counts, lambda: (Vector(1, 2),)),
    case(getitem_protocol_iterates, lambda: (Vector(1, 2),)),
    case(descriptors, (1,)),
    case(magic_attributes, (1,)),
    case(template_methods, lambda: ([First(), Second()], 1)),
    case(abstract_is_abstract, (1,), raises="TypeError"),
    case(cooperative_inheritance, (1,)),
    case(lazy_property, (1,)),
    case(fluent, (1,)),
    case(panel_twice, lambda: (Panel(["a", "b"]), 1)),
    case(conversations, (["x", "y"],)),
    case(one_conversation, (["x", "y"],)),
    case(node_graph, (1,)),
    case(linked_list, ([1, 2],)),
    case(subclass_of_builtins, ([1, 2],)),
    case(isinstance_dispatch, lambda: ([Agent("a"), 1, 2.5, True, num, "s"],)),
    case(user_list, ([1, 2],)),
    case(repr_and_eq_of_answers, ([1, 2],)),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


def test_a_jitted_class_is_the_class() -> None:
    @xcs.jit
    class Expert(xcs.Operator):
        def __init__(self, name: str) -> None:
            self.name = name

        def forward(self, x: Any) -> Any:
            return [ask(f"{self.name}{x}"), num(x)]

    a, b = Expert("a"), Expert("b")
    assert (a(1), b(1), a.forward(2)) == (["<a1>", 10], ["<b1>", 10], ["<a2>", 20])
    assert isinstance(a, Expert)
    assert xcs.get_jit_stats(Expert)["calls"] == 3


def test_jitting_a_subclass_leaves_its_base_alone() -> None:
    class Parent:
        def forward(self, x: Any) -> Any:
            return ask(x)

    @xcs.jit
    class Child(Parent):
        pass

    assert Child().forward(1) == "<1>"
    assert not hasattr(Parent.forward, "__xcs_wrapped__")


def test_a_jitted_instance_keeps_its_state() -> None:
    panel = Panel(["a", "b"])
    jitted = xcs.jit(panel)
    assert jitted("q") == Panel(["a", "b"]).forward("q")
    assert panel.asked == 1


def test_a_jitted_bound_method() -> None:
    agent = Agent("bound")
    jitted = xcs.jit(agent.think)
    assert jitted("q") == "bound:q"


def test_a_jitted_method_in_a_class_body() -> None:
    class Worker:
        def __init__(self, name: str) -> None:
            self.name = name

        @xcs.jit
        def work(self, x: Any, *, loud: bool = False) -> Any:
            replies = [ask(f"{self.name}{i}") for i in range(x)]
            return [r.upper() for r in replies] if loud else replies

        @staticmethod
        @xcs.jit
        def free(x: Any) -> Any:
            return num(x)

        @classmethod
        @xcs.jit
        def create(cls, x: Any) -> Any:
            return cls(ask(x))

        @property
        @xcs.jit
        def shown(self) -> str:
            return ask(self.name)

    w = Worker("w")
    assert w.work(2) == ["<w0>", "<w1>"]
    assert w.work(1, loud=True) == ["<W0>"]
    assert Worker.work(w, 1) == ["<w0>"]
    assert (Worker.free(1), w.free(2)) == (10, 20)
    assert Worker.create(5).name == "<5>"
    assert w.shown == "<w>"


@pytest.mark.filterwarnings("ignore::xcs.XCSWarning")
def test_super_inside_a_jitted_method() -> None:
    class Low:
        def run(self, x: Any) -> Any:
            return ask(x)

    class High(Low):
        @xcs.jit
        def run(self, x: Any) -> Any:
            return super().run(x) + super().run(x + 1)

    assert High().run(1) == "<1><2>"


def test_jit_is_quiet_about_it() -> None:
    assert jit(fluent)(2) == "<20>!"
