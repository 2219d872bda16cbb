"""Draws programs as source text: statements over a few variables of each kind, calls of leaves among them.

Variables are typed by name (`i*` integers, `s*` strings, `l*` lists of integers, `d*` dicts from strings to integers,
`o*` anything), so that most programs run far before they raise; now and then a name is used that may be unbound, an
index that may be out of range or an operand of another type.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

HEADER = '''"""A random program."""

from leaves import LOG, Meter, Model, ask, echo, fetch, flaky, note, note_and_return, num, rate, say, slow, wait

G = 0
SHARED = []


def reset():
    global G
    G = 1
    SHARED.clear()


def state():
    return G, SHARED


class Box:
    def __init__(self, v):
        self.v = v
        self.items = []

    def add(self, x):
        self.v += num(x)
        self.items.append(x)
        return self.v

    def peek(self):
        return self.v


def measure(s):
    wait("measure", s)
    return len(s) * 3


def grow(items, x):
    items.append(num(x))
    return len(items)


def pick(x):
    if x > 2:
        return measure(str(x))
    note(x)
    return x + num(x)


def down(n):
    if n <= 0:
        return num(1)
    return down(n - 1) + measure("n" * min(n, 3))


def try_it(x):
    try:
        return flaky(x)
    except ValueError:
        return -1


'''


class Source:
    """One program, drawn from Hypothesis data."""

    def __init__(self, data: Any) -> None:
        self.draw = data.draw
        self.depth = 0
        self.in_loop = 0
        self.budget = 14
        self.num_names = 0
        self.bound = {"i": ["i0"], "s": ["s0"], "l": ["l0"], "d": ["d0"], "o": []}
        self.has_nested = False

    def program(self) -> str:
        body = self.block(self.number(3, 7))
        names = sorted({n for kind in self.bound.values() for n in kind if self.chance(60)})
        body.append(f"return {', '.join(names) or 'None'}{',' if len(names) == 1 else ''}")
        lines = ["def program(i0, s0, l0, d0):"]
        if any("global" in line for line in body):
            body = [line for line in body if line.strip() != "global G"]
            lines.append("    global G")
        return HEADER + "\n".join([*lines, *("    " + line for line in body)]) + "\n"

    # ---- choices

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) < percent

    def one(self, choices: list[Any]) -> Any:
        return choices[self.number(0, len(choices) - 1)]

    def name(self, kind: str) -> str:
        known = self.bound[kind]
        if not known:
            return {"o": "None"}.get(kind, "i0")
        return self.one(known)

    def new_name(self, kind: str) -> str:
        if self.bound[kind] and self.chance(45):
            return self.one(self.bound[kind])
        self.num_names += 1
        return f"{kind}{self.num_names}"

    def bind(self, name: str) -> None:
        if name not in self.bound[name[0]]:
            self.bound[name[0]].append(name)

    # ---- expressions

    def int_(self, depth: int = 2) -> str:
        if depth == 0 or self.chance(25):
            return self.one([self.name("i"), self.name("i"), str(self.number(0, 4)), "G"])
        sub = lambda: self.int_(depth - 1)  # noqa: E731
        return self.one(
            [
                lambda: f"num({sub()})",
                lambda: f"num({sub()})",
                lambda: f"measure({self.str_(depth - 1)})",
                lambda: f"({sub()} {self.one(['+', '-', '*'])} {sub()}) % 97",
                lambda: f"({sub()} % {self.number(2, 9)})",
                lambda: f"len({self.one([self.list_, self.str_, self.dict_])(depth - 1)})",
                lambda: f"{self.name('l')}[{sub()} % 3]" if self.chance(30) else f"sum({self.list_(depth - 1)})",
                lambda: f"{self.name('d')}.get({self.str_(depth - 1)}, {sub()})",
                lambda: f"({sub()} if {self.cond(depth - 1)} else {sub()})",
                lambda: f"flaky({sub()})" if self.chance(40) else f"try_it({sub()})",
                lambda: f"pick({sub()})",
                lambda: f"down({sub()} % 3)",
                lambda: f"note_and_return({sub()})",
                lambda: f"grow({self.name('l')}, {sub()})",
                lambda: f"max({sub()}, {sub()})",
                lambda: f"({sub()} and {sub()})",
                lambda: f"({sub()} or {sub()})",
                lambda: f"sum(num(x) for x in {self.list_(depth - 1)})",
                lambda: f"(lambda q: q + {self.one(['1', 'num(q)'])})({sub()})",
            ]
        )()

    def str_(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(25):
            return self.one([self.name("s"), self.name("s"), "'a'", "'b'"])
        sub = lambda: self.str_(depth - 1)  # noqa: E731
        return self.one(
            [
                lambda: f"ask({self.one([self.int_, self.str_])(depth - 1)})",
                lambda: f"ask({sub()}, k={self.int_(depth - 1)})",
                lambda: f"fetch({self.int_(depth - 1)})",
                lambda: f"({sub()} + {sub()})[:20]",
                lambda: f"{sub()}.upper()",
                lambda: f"{sub()}[:{self.number(1, 5)}]",
                lambda: f"f'{{{self.int_(depth - 1)}}}-{{{self.int_(0)}:>3}}'".replace("'a'", '"a"').replace("'b'", '"b"')
                if "'" not in (e := self.int_(0))
                else e,
                lambda: f"str({self.int_(depth - 1)})",
                lambda: f"'-'.join(ask(x) for x in {self.list_(depth - 1)})",
                lambda: f"slow({sub()})",
                lambda: f"echo({sub()})",
            ]
        )()

    def list_(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(30):
            return self.name("l")
        sub = lambda: self.list_(depth - 1)  # noqa: E731
        return self.one(
            [
                lambda: f"[{self.int_(depth - 1)}, {self.int_(depth - 1)}]",
                lambda: f"[num(x) for x in {sub()}]",
                lambda: f"[x + {self.int_(depth - 1)} for x in {sub()}[:4] if {self.one(['x > 1', 'num(x) > 10'])}]",
                lambda: f"sorted({sub()})",
                lambda: f"({sub()} + {sub()})[:6]",
                lambda: f"{sub()}[1:]",
                lambda: f"list({sub()})",
                lambda: f"list({self.dict_(depth - 1)}.values())",
                lambda: f"list(map({self.one(['num', 'flaky', 'pick'])}, {sub()}))",
                lambda: f"[y for x in {sub()} for y in (x, num(x))][:6]",
            ]
        )()

    def dict_(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(40):
            return self.name("d")
        return self.one(
            [
                lambda: f"{{{self.str_(depth - 1)}: {self.int_(depth - 1)}}}",
                lambda: f"{{str(x): num(x) for x in {self.list_(depth - 1)}}}",
                lambda: f"{{**{self.dict_(depth - 1)}, {self.str_(depth - 1)}: {self.int_(depth - 1)}}}",
                lambda: f"dict({self.dict_(depth - 1)})",
            ]
        )()

    def cond(self, depth: int = 1) -> str:
        return self.one(
            [
                lambda: f"{self.int_(depth)} > {self.int_(0)}",
                lambda: f"num({self.int_(0)}) % 20 == {self.one(['0', '10'])}",
                lambda: f"rate({self.str_(0)}) > 0.5",
                lambda: f"{self.name('l')}",
                lambda: f"{self.str_(0)} in {self.name('d')}",
                lambda: f"not {self.int_(depth)}",
                lambda: f"{self.int_(0)} < {self.int_(depth)} <= {self.int_(0)}",
                lambda: f"{self.int_(0)} in {self.name('l')} or {self.int_(depth)}",
            ]
        )()

    # ---- statements

    def block(self, size: int) -> list[str]:
        lines: list[str] = []
        for _ in range(size):
            if self.budget <= 0:
                break
            self.budget -= 1
            lines += self.statement()
        return lines or ["pass"]

    def nested(self, size: int = 3) -> list[str]:
        self.depth += 1
        lines = self.block(self.number(1, size))
        self.depth -= 1
        return ["    " + line for line in lines]

    def scoped(self, size: int = 3) -> list[str]:
        """A nested block whose new names mostly stay its own."""
        saved = {kind: list(names) for kind, names in self.bound.items()}
        lines = self.nested(size)
        if self.chance(85):
            self.bound = saved
        return lines

    def statement(self) -> list[str]:
        simple = [self.assign] * 5 + [self.augmented, self.mutate, self.mutate, self.effect, self.effect, self.object_]
        compound = [self.if_, self.if_, self.for_, self.for_, self.while_, self.try_, self.with_function]
        leaving = [self.leave]
        choices = simple * 2 + (compound * 2 if self.depth < 3 else []) + (leaving if self.depth else [])
        return self.one(choices)()

    def assign(self) -> list[str]:
        kind = self.one(["i", "i", "s", "l", "d"])
        value = {"i": self.int_, "s": self.str_, "l": self.list_, "d": self.dict_}[kind]()
        if kind in "is" and self.chance(15):
            other = {"i": self.int_, "s": self.str_}[kind]()
            a, b = self.new_name(kind), self.new_name(kind)
            self.bind(a), self.bind(b)
            return [f"{a}, {b} = {value}, {other}"]
        name = self.new_name(kind)
        self.bind(name)
        return [f"{name} = {value}"]

    def augmented(self) -> list[str]:
        return self.one(
            [
                lambda: [f"{self.name('i')} {self.one(['+', '-', '%'])}= {self.int_()}"],
                lambda: [f"{self.name('s')} += {self.str_()}[:9]"],
                lambda: [f"{self.name('l')} += {self.list_()}[:3]"],
                lambda: ["global G", f"G += {self.int_()}"],
                lambda: [f"{self.name('d')}[{self.str_(0)}] = {self.name('d')}.get({self.str_(0)}, 0) + {self.int_()}"],
            ]
        )()

    def mutate(self) -> list[str]:
        return self.one(
            [
                lambda: [f"{self.name('l')}.append({self.int_()})"],
                lambda: [f"{self.name('l')}.append({self.int_()})"],
                lambda: [f"{self.name('l')}.extend({self.list_(1)}[:3])"],
                lambda: [f"{self.name('d')}[{self.str_(1)}] = {self.int_()}"],
                lambda: [f"{self.name('d')}.update({self.dict_(1)})"],
                lambda: [f"{self.name('l')}.pop()"] if self.chance(30) else [f"{self.name('l')}.insert(0, {self.int_()})"],
                lambda: [f"SHARED.append({self.one([self.int_, self.list_])()})"],
                lambda: [f"{self.name('l')}[0:1] = {self.list_(1)}[:2]"],
                lambda: [f"{self.name('l')}.sort()"],
                lambda: [f"grow({self.name('l')}, {self.int_()})"],
            ]
        )()

    def effect(self) -> list[str]:
        return self.one(
            [
                lambda: [f"note({self.one([self.int_, self.str_])()})"],
                lambda: [f"say({self.name('s')}, {self.int_(1)})"],
                lambda: [f"print({self.int_(1)})"],
                lambda: [f"ask({self.int_(1)})"],
                lambda: [f"note(str({self.name('l')}))"],
            ]
        )()

    def object_(self) -> list[str]:
        if not self.bound["o"] or self.chance(40):
            value = self.one([f"Box({self.int_(1)})", f"Model({self.str_(0)})", "Meter()", self.name("l"), self.name("d")])
            name = self.new_name("o")
            self.bind(name)
            return [f"{name} = {value}"]
        o = self.name("o")
        return self.one(
            [
                lambda: [f"if isinstance({o}, Box):", f"    note({o}.add({self.int_(1)}))"],
                lambda: [f"if isinstance({o}, Box):", f"    {o}.v += {self.int_(1)}", f"    note({o}.peek())"],
                lambda: [f"if callable({o}):", f"    note({o}({self.str_(1)}))"],
                lambda: [f"if isinstance({o}, list):", f"    {o}.append({self.int_(1)})"],
            ]
        )()

    def if_(self) -> list[str]:
        lines = [f"if {self.cond()}:", *self.scoped()]
        if self.chance(25):
            lines += [f"elif {self.cond()}:", *self.scoped(2)]
        if self.chance(45):
            lines += ["else:", *self.scoped()]
        return lines

    def for_(self) -> list[str]:
        self.num_names += 1
        name = f"i{self.num_names}"
        over = self.one(
            [
                lambda: self.list_(1),
                lambda: self.list_(1),
                lambda: f"range({self.one([str(self.number(0, 4)), self.name('i') + ' % 4'])})",
                lambda: f"list({self.name('d')}.values())",
                lambda: f"{self.list_(0)}[:3]",
            ]
        )()
        saved = {kind: list(names) for kind, names in self.bound.items()}
        self.bind(name)
        head = f"for {name} in {over}:"
        if self.chance(15):
            head = f"for j, {name} in enumerate({over}):"
        self.in_loop += 1
        body = self.nested(4)
        self.in_loop -= 1
        if self.chance(80):
            self.bound = saved
        lines = [head, *body]
        if over.isidentifier():  # it may grow while it is iterated
            lines[1:1] = [f"    if len({over}) > 8:", "        break"]
        if self.chance(8):
            lines += ["else:", "    note('else')"]
        return lines

    def while_(self) -> list[str]:
        self.num_names += 1
        name = f"w{self.num_names}"
        condition = self.one(["{n} < 3", "num({n}) < 25", "{n} < 2 or {n} < i0 % 3"]).format(n=name)
        self.in_loop += 1
        body = self.scoped()
        self.in_loop -= 1
        return [f"{name} = 0", f"while {condition}:", f"    {name} += 1", *body]

    def try_(self) -> list[str]:
        error = self.one(["ValueError", "ValueError", "(KeyError, IndexError)", "Exception"])
        lines = ["try:", *self.scoped(), f"except {error}" + (" as e:" if self.chance(30) else ":"), *self.scoped(2)]
        if self.chance(15):
            lines += ["else:", *self.scoped(1)]
        if self.chance(20):
            lines += ["finally:", f"    note({self.int_(1)})"]
        return lines

    def with_function(self) -> list[str]:
        self.num_names += 1
        f = f"f{self.num_names}"
        outer = {kind: list(names) for kind, names in self.bound.items()}
        self.bound["i"] = [*outer["i"], "p"]
        depth, self.depth, loop, self.in_loop = self.depth, 2, self.in_loop, 0
        value = self.int_()
        inner = []
        for _ in range(self.number(0, 2)):
            inner += ["    " + line for line in self.one([self.effect, self.mutate])() if "global" not in line]
        self.depth, self.in_loop = depth, loop
        self.bound = outer
        name = self.new_name("i")
        call = f"{f}({self.int_(1)})" if self.chance(60) else f"[{f}(x) for x in {self.name('l')}[:3]]"
        lines = [f"def {f}(p):", *inner, f"    return {value}"]
        if call.startswith("["):
            name = "l" + name[1:]
        self.bind(name)
        return [*lines, f"{name} = {call}"]

    def leave(self) -> list[str]:
        choices = [f"return {self.int_(1)}", "raise KeyError(s0)"]
        if self.in_loop:
            choices += ["continue", "break", "continue"]
        return [f"if {self.cond(0)}:", f"    {self.one(choices)}"]
