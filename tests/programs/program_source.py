"""Draws programs as source text: statements over a few variables of each kind, calls of leaves among them.

Variables are typed by name (`i*` integers, `s*` strings, `l*` lists of integers, `d*` dicts from strings to integers,
`n*` lists of lists, `m*` dicts of lists, `o*` anything), so that most programs run far before they raise; now and then
a name is used that may be unbound, an index that may be out of range or an operand of another type.
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
        self.budget = self.number(8, 20)
        self.num_names = 0
        self.bound = {"i": ["i0"], "s": ["s0"], "l": ["l0"], "d": ["d0"], "o": [], "n": [], "m": []}
        self.has_nested = False

    def program(self) -> str:
        body = self.block(self.number(3, 7))
        names = sorted({n for kind in self.bound.values() for n in kind if self.chance(60)})
        body.append(f"return {', '.join([*names, 'l0']) or 'None'}")
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
            return {"o": "None", "n": "[l0]", "m": "{s0: l0}"}.get(kind, "i0")
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
        sub = lambda: self.int_(depth - 1)
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
        sub = lambda: self.str_(depth - 1)
        return self.one(
            [
                lambda: f"ask({self.one([self.int_, self.str_])(depth - 1)})",
                lambda: f"ask({sub()}, k={self.int_(depth - 1)})",
                lambda: f"fetch({self.int_(depth - 1)})",
                lambda: f"({sub()} + {sub()})[:20]",
                lambda: f"{sub()}.upper()",
                lambda: f"{sub()}[:{self.number(1, 5)}]",
                lambda: (
                    f"f'{{{self.int_(depth - 1)}}}-{{{self.int_(0)}:>3}}'".replace("'a'", '"a"').replace("'b'", '"b"')
                    if "'" not in (e := self.int_(0))
                    else e
                ),
                lambda: f"str({self.int_(depth - 1)})",
                lambda: f"'-'.join(ask(x) for x in {self.list_(depth - 1)})",
                lambda: f"slow({sub()})",
                lambda: f"echo({sub()})",
            ]
        )()

    def list_(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(30):
            return self.name("l")
        sub = lambda: self.list_(depth - 1)
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
        simple = [self.assign] * 5 + [
            *(self.augmented, self.mutate, self.mutate, self.effect, self.effect, self.object_),
            *(self.alias, self.alias, self.nest, self.nest, self.short_circuit),
        ]
        compound = [self.if_, self.if_, self.for_, self.for_, self.while_, self.try_, self.with_function, self.closure]
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
                lambda: (
                    [f"{self.name('l')}.pop()"] if self.chance(30) else [f"{self.name('l')}.insert(0, {self.int_()})"]
                ),
                lambda: [f"SHARED.append({self.one([self.int_, self.list_])()})"],
                lambda: [f"{self.name('l')}[0:1] = {self.list_(1)}[:2]"],
                lambda: [f"{self.name('l')}.{self.one(['sort()', 'reverse()', 'clear()'])}"],
                lambda: [
                    f"while {self.name('l')}:",
                    f"    note(num({self.name('l')}.pop()))",
                    "    if len(l0) < 2:",
                    "        break",
                ],
                lambda: [f"del {self.name('l')}[:1]"],
                lambda: [f"grow({self.name('l')}, {self.int_()})"],
            ]
        )()

    def alias(self) -> list[str]:
        """Another name for a list or a dict, maybe by way of a condition, a tuple or a call."""
        kind = self.one(["l", "l", "d", "n"])
        a, b = self.name(kind), self.name(kind)
        value = self.one(
            [
                a,
                f"{a} if {self.cond()} else {b}",
                f"echo({a})",
                f"({a}, {b})[{self.int_(1)} % 2]",
                f"({a} or {b})",
                f"[{a}, {b}][{self.number(0, 1)}]",
            ]
        )
        if self.chance(20) and kind != "n":
            c, d = self.one(self.bound[kind]), self.one(self.bound[kind])
            return [f"{c}, {d} = {b}, {value}"]
        name = self.new_name(kind)
        self.bind(name)
        return [f"{name} = {value}"]

    def nest(self) -> list[str]:
        """Lists and dicts of lists: made, and changed through any of their names."""
        if not self.bound["n"] or self.chance(25):
            name = self.new_name("n")
            self.bind(name)
            made = self.one(
                [
                    lambda: f"[{self.name('l')}, {self.list_()}]",
                    lambda: f"[{self.name('l')}] * 2",
                    lambda: f"[[x, num(x)] for x in {self.list_(1)}[:3]]",
                    lambda: f"[{self.name('l')} for x in range(2)]",
                ]
            )()
            return [f"{name} = {made}"]
        if not self.bound["m"] or self.chance(15):
            name = self.new_name("m")
            self.bind(name)
            return [f"{name} = {self.one(['{}', '{s0: l0}', '{str(x): [x] for x in l0[:2]}'])}"]
        n, m = self.name("n"), self.name("m")
        self.num_names += 1
        q = f"l{self.num_names}"
        return self.one(
            [
                lambda: [f"{n}[{self.int_(1)} % 2].append({self.int_()})"],
                lambda: [f"for {q} in {n}[:3]:", f"    {q}.append({self.int_()})"],
                lambda: [f"for {q} in {n}[:3]:", f"    {q} += {self.list_(1)}[:2]", f"    note(str({q}))"],
                lambda: [f"{n}.append({self.list_(1)})"],
                lambda: [f"{n}[0] = {self.list_(1)}"],
                lambda: [f"{m}.setdefault({self.str_(1)}, []).append({self.int_()})"],
                lambda: [f"{m}[{self.str_(1)}] = {self.name('l')}"],
                lambda: [f"note(str({n}))"],
                lambda: [f"{self.name('l')}.append(sum(map(len, {n})))"],
                lambda: [f"for {q} in list({m}.values()):", f"    {q}.append({self.int_()})"],
                lambda: [f"{n}[0], {n}[-1] = {n}[-1], {n}[0]"],
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
            value = self.one(
                [f"Box({self.int_(1)})", f"Model({self.str_(0)})", "Meter()", self.name("l"), self.name("d")]
            )
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

    def closure(self) -> list[str]:
        """A function that rebinds or changes what belongs to the one around it, called a few times."""
        self.num_names += 1
        f = f"f{self.num_names}"
        shared, kept = self.name("i"), self.name("l")
        inside = self.one(
            [
                [f"nonlocal {shared}", f"{shared} += num(p)", f"return {shared}"],
                [f"{kept}.append(num(p))", f"return len({kept})"],
                [f"return num(p + {shared})"],
                ["yield num(p)", "note(p)", "yield p"],
                [f"return [num(p + k) for k in {kept}[:3]]"],
                [f"return p if p <= 0 else {f}(p - 1) + num(p)"],
            ]
        )
        is_generator = inside[0].startswith("yield")
        wrap = "sum" if is_generator or inside[0].startswith("return [") else ""
        name = self.new_name("i")
        calls = self.one(
            [
                f"{wrap}({f}({self.int_(1)} % 4))",
                f"{wrap}({f}(1)) + {wrap}({f}(2))",
                f"sum({wrap}({f}(k)) for k in range(3))",
                f"sum(map(lambda k: {wrap}({f}(k)), {self.name('l')}[:2]))",
            ]
        )
        lines = [f"def {f}(p):", *("    " + line for line in inside), f"{name} = {calls}"]
        self.bind(name)
        if self.chance(30):
            lines.append(f"{shared} = {self.int_(1)}")
            lines.append(f"note({wrap}({f}(1)))")
        return lines

    def short_circuit(self) -> list[str]:
        """Consumers that stop early, and text."""
        name = self.new_name("i")
        value = self.one(
            [
                lambda: f"int(any(num(x) > {self.int_(1)} for x in {self.list_(1)}))",
                lambda: f"int(all(num(x) < {self.int_(1)} for x in {self.list_(1)}))",
                lambda: f"next((num(x) for x in {self.list_(1)} if num(x) > 10), {self.int_(1)})",
                lambda: f"len({{num(x) % 20 for x in {self.list_(1)}}})",
                lambda: f"max([num(x) for x in {self.list_(1)}], default={self.int_(1)})",
                lambda: f"sum(a * num(b) for a, b in zip({self.list_(1)}, {self.list_(1)}))",
                lambda: f"sum(i * num(x) for i, x in enumerate({self.list_(1)}))",
                lambda: f'len(ask(f"{{{self.name("s")}}}:{{num({self.name("i")}):>4}}"))',
                lambda: f"(lambda a, b=num({self.name('i')}): a + b)(num({self.name('i')}))",
                lambda: f"sorted({self.list_(1)} or [0], key=lambda v: -num(v))[0]",
                lambda: f"int(ask({self.name('s')}) == ask({self.name('s')}) != {self.name('s')})",
            ]
        )()
        self.bind(name)
        return [f"{name} = {value}"]

    def leave(self) -> list[str]:
        choices = [f"return {self.int_(1)}", "raise KeyError(s0)"]
        if self.in_loop:
            choices += ["continue", "break", "continue"]
        return [f"if {self.cond(0)}:", f"    {self.one(choices)}"]
