"""Draws statements: assignments and changes of every kind, and all that branches, loops, guards and leaves."""

from __future__ import annotations

from program_choices import Number
from program_expressions import Expressions

ERRORS = ("ValueError", "ValueError", "Exception", "(KeyError, IndexError)", "Oops", "ZeroDivisionError", "TypeError")
RAISED = ("KeyError(s0)", "ValueError(i0, s0)", "Oops(s0, i0)", "StopIteration(i0)", "IndexError", "RuntimeError('r')")
MAKERS = {
    "i": "int_",
    "s": "str_",
    "l": "list_",
    "d": "dict_",
    "q": "set_",
    "u": "object_with_operators",
    "f": "function",
}


class Statements(Expressions):
    """Statements without definitions of functions."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.depth = 0
        self.in_loop = 0
        self.budget = 10

    def block(self, size: int) -> list[str]:
        """Some statements."""
        lines: list[str] = []
        for _ in range(size):
            if self.budget <= 0:
                break
            self.budget -= 1
            lines += self.statement()
        return lines or ["pass"]

    def nested(self, size: int = 3) -> list[str]:
        """An indented block."""
        self.depth += 1
        lines = self.block(self.number(1, size))
        self.depth -= 1
        return ["    " + line for line in lines]

    def scoped(self, size: int = 3) -> list[str]:
        """An indented block whose new names mostly stay its own."""
        saved = self.names()
        lines = self.nested(size)
        if self.chance(85):
            self.bound = saved
        return lines

    def statement(self) -> list[str]:
        """Any statement."""
        simple = [self.assign] * 5 + [self.augmented, self.mutate, self.mutate, self.effect, self.alias, self.nest]
        simple += [self.unpack, self.object_, self.object_, self.delete, self.check, self.pupils]
        compound = [self.if_, self.if_, self.for_, self.for_, self.for_, self.while_, self.try_, self.try_, self.with_]
        compound += [self.match, self.definition, self.definition, self.class_of_pupils]
        choices = simple * 2 + (compound * 3 if self.depth < 3 else []) + [self.leave] * (2 if self.depth else 0)
        return self.one(choices)()

    def definition(self) -> list[str]:
        """A function defined here."""
        raise NotImplementedError

    def value(self, kind: str, depth: int = 2) -> str:
        """An expression of a kind."""
        return getattr(self, MAKERS[kind])(depth) if kind != "f" else self.function()

    def assign(self) -> list[str]:
        """A name gets a value."""
        kind = self.one("iiiisslldqu")
        value = self.value(kind)
        if self.chance(12):
            value = f"({value}, {self.value(kind, 1)})[{self.int_(0)} % 2]"
        name = self.bind(self.new_name(kind))
        return [f"{name}: int = {value}" if kind == "i" and self.chance(5) else f"{name} = {value}"]

    def unpack(self) -> list[str]:
        """Several names get values."""
        a, b = self.new_name("i"), self.new_name("i")
        lines = self.any_of(
            lambda: [f"{a}, {b} = {self.int_()}, {self.int_()}"],
            lambda: [f"{a}, *{self.bind(self.new_name('l'))} = {self.list_(1)}"],
            lambda: [
                f"*{self.bind(self.new_name('l'))}, {b} = {self.list_(1)}, {self.int_(1)}".replace("= ", "= *", 1)
            ],
            lambda: [f"({a}, {b}), {self.bind(self.new_name('s'))} = ({self.int_(1)}, {self.int_(1)}), {self.str_(1)}"],
            lambda: [f"{a}, {self.bind(self.new_name('l'))} = {self.name('t')}"],
            lambda: [f"{a} = {b} = {self.int_()}"],
            lambda: [f"{a}, {self.name('l')}[0:1], {b} = {self.int_(1)}, {self.list_(1)}, {self.int_(1)}"],
            lambda: [f"{self.name('d')}[{self.str_(1)}], {a} = {self.int_(1)}, {self.int_(1)}"],
            lambda: [f"{a}, {b} = {self.name('i')}, {self.name('i')}"],
            lambda: [f"[{a}, {b}] = sorted(({self.int_(1)}, {self.int_(1)}))"],
            lambda: [f"{self.bind(self.new_name('t'))} = {self.int_(1)}, {self.name('l')}"],
            lambda: [f"{self.bind(self.new_name('t'))} = Pair({self.int_(1)}, {self.list_(1)})"],
        )
        for name in (a, b):
            if any(name in line.split(" = ")[0] for line in lines):
                self.bind(name)
        return lines

    def augmented(self) -> list[str]:
        """`+=` and the like, of everything that can be assigned."""
        return self.any_of(
            lambda: [f"{self.name('i')} {self.one(['+', '-', '%', '//', '|'])}= {self.int_()}"],
            lambda: [f"{self.name('s')} += {self.str_()}[:9]"],
            lambda: [f"{self.name('l')} += {self.list_()}[:3]"],
            lambda: ["global G", f"G += {self.int_()}"],
            lambda: [f"{self.name('d')}[{self.str_(1)}] += {self.int_()}"],
            lambda: [f"{self.name('d')}[{self.str_(0)}] = {self.name('d')}.get({self.str_(0)}, 0) + {self.int_()}"],
            lambda: [f"{self.name('l')}[{self.int_(1)} % 2] += {self.int_()}"],
            lambda: [f"{self.name('b')}.v += {self.int_()}"],
            lambda: [f"{self.name('p')}.ys += {self.list_(1)}[:2]"],
            lambda: [f"{self.one(self.bound['u'] or ['i0'])} += {self.int_(1)}"],
            lambda: [f"{self.one(self.bound['q'])} |= {self.set_(1)}"] if self.bound["q"] else ["q0 = {i0}"],
            lambda: [f"{self.name('k')}[{self.str_(1)}] += {self.int_(1)}"],
            lambda: [f"{self.name('d')} |= {self.dict_(1)}"],
            self.tally,
        )

    def tally(self) -> list[str]:
        """A dict of the module is counted in, looked at, or walked."""
        key = self.str_(1)
        return self.any_of(
            lambda: [f"TALLY[{key}] = TALLY.get({key}, 0) + {self.int_(1)}"],
            lambda: [f"TALLY[{key}] = TALLY.get({key}, 0) + {self.int_(1)}"],
            lambda: [f"TALLY.setdefault({key}, {self.int_(1)})", f"TALLY[{key}] += {self.int_(1)}"],
            lambda: [f"note(TALLY.get({key}))"],
            lambda: [f"TALLY[{key}] = {self.one([self.object_with_operators, self.list_, self.str_])(1)}"],
            lambda: [f"TALLY[{self.object_with_operators(1)}] = {self.int_(1)}"],
            lambda: ["for s, x in TALLY.items():", f"    TALLY[s] = {self.int_(1)}"],
            lambda: [f"for s in {self.name('d')}:", f"    {self.name('d')}[s] = num({self.name('d')}[s])"],
            lambda: [f"for x, i in enumerate({self.name('l')}):", f"    {self.name('l')}[x] = num(i)"],
            lambda: [f"for x in range(len({self.name('l')})):", f"    {self.name('l')}[x] = num({self.name('l')}[x])"],
        )

    def mutate(self) -> list[str]:
        """A container is changed."""
        items, table = self.name("l"), self.name("d")
        return self.any_of(
            lambda: [f"{items}.append({self.int_()})"],
            lambda: [f"{items}.append({self.int_()})"],
            lambda: [f"{items}.extend({self.list_(1)}[:3])"],
            lambda: [f"{items}.extend({self.element('x')} for x in {self.iterable(1)}[:3])"],
            lambda: [f"{table}[{self.str_(1)}] = {self.int_()}"],
            lambda: [f"{table}.update({self.dict_(1)})"],
            lambda: [f"{table}.setdefault({self.str_(1)}, {self.int_(1)})"],
            lambda: [f"{items}.pop()"] if self.chance(30) else [f"{items}.insert(0, {self.int_()})"],
            lambda: [f"SHARED.append({self.one([self.int_, self.list_])()})"],
            lambda: [f"{items}[0:1] = {self.list_(1)}[:2]"],
            lambda: [f"{items}.{self.one(['sort()', 'reverse()', 'clear()', 'sort(key=lambda x: num(-x))'])}"],
            lambda: [f"grow({items}, {self.int_()})"],
            lambda: [f"{self.name('q')}.{self.one(['add', 'discard', 'add'])}({self.int_()})"],
            lambda: [f"{self.name('k')}.update({self.str_(1)})"],
            lambda: [f"{self.name('p')}.ys.append({self.int_()})"],
            lambda: [f"{self.name('b')}.items = {items}"],
            lambda: [f"{self.name('b')}.v = {self.int_()}"],
            lambda: [f"{self.name('b')}.{self.one(['add', 'peek'])} = {self.function()}"],
        )

    def delete(self) -> list[str]:
        """`del` of an item, or of a name."""
        lines = self.any_of(
            lambda: [f"del {self.name('l')}[:1]"],
            lambda: [f"del {self.name('d')}[{self.str_(0)}]"],
            lambda: [f"{self.name('d')}.pop({self.str_(1)}, {self.int_(1)})"],
            lambda: [f"del {self.name('l')}[{self.int_(1)} % 3]"],
            lambda: [f"del {self.name('b')}.items"],
            lambda: [f"del {self.name('i')}"],
        )
        if lines[0].startswith("del i") and lines[0][4:] in self.bound["i"] and len(self.bound["i"]) > 1:
            self.bound["i"].remove(lines[0][4:])
        return lines

    def check(self) -> list[str]:
        """`assert`, `raise`, imports, and statements that do nothing."""
        return self.any_of(
            lambda: [f"assert {self.cond()}, {self.str_(1)}"],
            lambda: ["import math", f"{self.bind(self.new_name('i'))} = math.gcd({self.int_(1)}, {self.int_(1)})"],
            lambda: [f"if {self.cond()}:", f"    raise {self.error()}{self.cause()}"],
            lambda: ["'text'", f"{self.fresh('i')}: int"],
            lambda: [f"{self.bind(self.new_name('e'))} = {self.error()}"],
            lambda: [f"note({self.name('e')}.args)"] if self.bound["e"] else ["..."],
            lambda: [f"if {self.name('e')}:", f"    raise {self.name('e')}"] if self.bound["e"] else ["pass"],
        )

    def error(self) -> str:
        """An exception to raise, or what raises one."""
        return self.any_of(
            lambda: self.one(RAISED),
            lambda: self.one(RAISED),
            lambda: f"raising({self.one(RAISED)})",
            lambda: f"ValueError({self.int_()})",
            lambda: f"Oops({self.str_()})",
        )

    def cause(self) -> str:
        """Maybe `from` something."""
        return f" from {self.one(['None', self.name('e'), 'KeyError(i0)'])}" if self.chance(30) else ""

    def alias(self) -> list[str]:
        """Another name for an object, maybe by way of a condition, a tuple or a call."""
        kind = self.one("lllddnbpq")
        a, b = self.name(kind), self.name(kind)
        value = self.any_of(
            lambda: a,
            lambda: f"{a} if {self.cond()} else {b}",
            lambda: f"echo({a})",
            lambda: f"({a}, {b})[{self.int_(1)} % 2]",
            lambda: f"({a} or {b})",
            lambda: f"[{a}, {b}][{self.number(0, 1)}]",
            lambda: f"{{'a': {a}}}['a']",
            lambda: f"(lambda: {a})()",
        )
        if self.chance(20) and len(self.bound[kind]) > 1:
            c, d = self.one(self.bound[kind]), self.one(self.bound[kind])
            return [f"{c}, {d} = {b}, {value}"]
        if self.chance(15):
            return [f"{self.bind(self.fresh('l'))} = {self.bind(self.fresh('o'))} = {self.one(['[]', self.list_(1)])}"]
        return [f"{self.bind(self.new_name(kind))} = {value}"]

    def nest(self) -> list[str]:
        """Lists and dicts of lists: made, and changed through any of their names."""
        if not self.bound["n"] or self.chance(25):
            made = self.any_of(
                lambda: f"[{self.name('l')}, {self.list_()}]",
                lambda: f"[{self.name('l')}] * 2",
                lambda: f"[[x, num(x)] for x in {self.iterable(1)}[:3]]",
                lambda: f"[{self.name('l')} for x in range(2)]",
            )
            return [f"{self.bind(self.new_name('n'))} = {made}"]
        if not self.bound["m"] or self.chance(15):
            made = self.one(["{}", "{s0: l0}", "{str(x): [x] for x in l0[:2]}", "defaultdict(list)", "OrderedDict()"])
            return [f"{self.bind(self.new_name('m'))} = {made}"]
        n, m, q = self.name("n"), self.name("m"), self.fresh("l")
        return self.any_of(
            lambda: [f"{n}[{self.int_(1)} % 2].append({self.int_()})"],
            lambda: [f"for {q} in {n}[:3]:", f"    {q}.append({self.int_()})"],
            lambda: [f"for {q} in {n}[:3]:", f"    {q} += {self.list_(1)}[:2]", f"    note(str({q}))"],
            lambda: [f"{n}.append({self.list_(1)})"],
            lambda: [f"{n}[0] = {self.list_(1)}"],
            lambda: [f"{m}.setdefault({self.str_(1)}, []).append({self.int_()})"],
            lambda: [f"{m}[{self.str_(1)}] = {self.name('l')}"],
            lambda: [f"{m}[{self.str_(1)}].append({self.int_()})"],
            lambda: [f"note(str({n}))"],
            lambda: [f"{self.name('l')}.append(sum(map(len, {n})))"],
            lambda: [f"for {q} in list({m}.values()):", f"    {q}.append({self.int_()})"],
            lambda: [f"{n}[0], {n}[-1] = {n}[-1], {n}[0]"],
        )

    def effect(self) -> list[str]:
        """Something that others notice."""
        return self.any_of(
            lambda: [f"note({self.one([self.int_, self.str_])()})"],
            lambda: [f"say({self.name('s')}, {self.int_(1)})"],
            lambda: [f"print({self.int_(1)})"],
            lambda: [f"ask({self.int_(1)})"],
            lambda: [f"note(str({self.name('l')}))"],
            lambda: [f"put({self.str_(1)}, {self.int_(1)})"],
            lambda: [f"note({self.object_with_operators(1)} == {self.name('u')})"],
        )

    def object_(self) -> list[str]:
        """An object is made, or used."""
        kind = self.one("bbpukoo")
        if not self.bound[kind] or self.chance(35):
            value = {
                "b": f"Box({self.int_(1)})",
                "p": f"Point({self.int_(1)}{self.one(['', ', ' + self.name('l')])})",
                "u": f"Sum({self.int_(1)})",
                "k": self.one([f"Counter({self.str_(1)})", "defaultdict(int)", "Counter()"]),
                "o": self.any_of(
                    lambda: self.name("l"),
                    lambda: self.name("b"),
                    lambda: f"Model({self.str_(0)})",
                    lambda: "Meter()",
                    lambda: f"Basket(*{self.list_(1)})",
                    lambda: f"deque({self.list_(1)})",
                    lambda: f"Pair({self.int_(1)}, {self.name('l')})",
                    lambda: self.int_(1),
                    lambda: f"lazy({self.list_(1)})",
                    lambda: f"iter({self.list_(1)})",
                ),
            }[kind]
            return [f"{self.bind(self.new_name(kind))} = {value}"]
        o = self.name(kind)
        return self.any_of(
            lambda: [f"if isinstance({o}, Box):", f"    note({o}.add({self.int_(1)}))"],
            lambda: [f"if isinstance({o}, Box):", f"    {o}.v += {self.int_(1)}", f"    note({o}.peek())"],
            lambda: [f"if callable({o}):", f"    note({o}({self.int_(1)}))"],
            lambda: [f"if isinstance({o}, (list, Basket)):", f"    {o}[:1] = {self.list_(1)}"],
            lambda: [f"note(getattr({o}, {self.one(['v', 'x', 'nothing'])!r}, {self.int_(1)}))"],
            lambda: [f"note(str(type({o}).__name__))"],
            lambda: [f"if hasattr({o}, '__iter__'):", f"    note([str(x) for x in {o}])"],
            lambda: [f"if hasattr({o}, '__next__'):", f"    note(next({o}, {self.int_(1)}))"],
        )

    def pupils(self) -> list[str]:
        """Objects in lists and dicts: made, named, put in, let go."""
        a, c, r = self.name("a"), self.name("c"), self.name("r")
        if not self.bound["a"] or self.chance(25):
            made = self.any_of(
                lambda: f"[Pupil(x) for x in {self.iterable(1)}[:3]]",
                lambda: f"[Pupil(x) for x in {self.iterable(1)}[:3]]",
                lambda: f"[Pupil({self.element('x')}) for x in {self.iterable(1)}[:3]]",
                lambda: f"[Pupil(x, {self.name('l')}) for x in {self.iterable(1)}[:3]]",
                lambda: f"[Pupil({self.int_(1)}), Pupil({self.int_(1)})]",
                lambda: f"[Pupil({self.int_(1)})] * 2",
                lambda: f"[{c}, Pupil({self.int_(1)})]",
                lambda: f"list({r}.values())",
                lambda: "[]",
            )
            return [f"{self.bind(self.new_name('a'))} = {made}"]
        return self.any_of(
            lambda: [f"{a}.append(Pupil({self.int_(1)}))"],
            lambda: [f"{a}.append({c})"],
            lambda: [f"{self.bind(self.new_name('c'))} = Pupil({self.int_(1)})"],
            lambda: [f"{self.bind(self.new_name('c'))} = {a}[{self.int_(1)} % 2]"],
            lambda: [f"{self.bind(self.new_name('l'))} = [c.test({self.int_(1)}) for c in {a}]"],
            lambda: [f"{self.bind(self.new_name('l'))} = [len(c.book) for c in {a} if c.learn({self.int_(1)})]"],
            lambda: [f"{self.bind(self.new_name('r'))} = {{str(x): Pupil(x) for x in {self.iterable(1)}[:3]}}"],
            lambda: [f"{r}[{self.str_(1)}] = {self.one([c, f'Pupil({self.int_(1)})'])}"],
            lambda: [f"{self.bind(self.new_name('d'))} = {{s: c.learn(1) for s, c in {r}.items()}}"],
            lambda: self.lesson(c),
            lambda: self.lesson(f"{a}[{self.int_(1)} % 2]"),
        )

    def lesson(self, c: str) -> list[str]:
        """Something that an object does or has done to it."""
        return self.any_of(
            lambda: [f"{c}.learn({self.int_(1)})"],
            lambda: [f"{c}.learn({self.int_(1)})"],
            lambda: [f"{self.name('l')}.append({c}.test({self.int_(1)}))"],
            lambda: [f"{c}.test({self.int_(1)})"],
            lambda: [f"{c}.risk({self.int_(1)})"],
            lambda: [f"{c}.chain({self.int_(1)}).chain({self.int_(1)})"],
            lambda: [f"{c}.tell({self.name('c')})"],
            lambda: [f"{self.name('c')}.tell({c})"],
            lambda: [f"{c}.show()"],
            lambda: [f"note(len({c}.book))"],
            lambda: [f"{c}.book.append({self.int_(1)})"],
            lambda: [f"{c}.book = {self.name('l')}"],
            lambda: [f"{c}.name += {self.int_(1)}"],
            lambda: [f"SHARED.append({c}.{self.one(['book', 'name'])})"],
            lambda: [f"{self.name('a')}.append({c})"] if self.chance(30) else ["pass"],
            lambda: [f"if {self.cond()}:", f"    {c}.test({self.int_(1)})"],
            lambda: ["try:", f"    {c}.risk({self.int_(1)})", "except ValueError:", f"    note(str({c}.book))"],
        )

    def class_of_pupils(self) -> list[str]:
        """A loop over objects, each of which does something."""
        a, r, c, i = self.name("a"), self.name("r"), self.fresh("c"), self.fresh("i")
        target, over = self.any_of(
            lambda: (c, a),
            lambda: (c, a),
            lambda: (f"{i}, {c}", f"enumerate({a})"),
            lambda: (f"{i}, {c}", f"zip({self.name('l')}, {a})"),
            lambda: (c, f"{r}.values()"),
            lambda: (f"{self.fresh('s')}, {c}", f"{r}.items()"),
        )
        saved = self.names()
        for name in target.split(", "):
            self.bind(name)
        self.in_loop += 1
        lines = [line for _ in range(self.number(1, 3)) for line in self.lesson(c)]
        if self.chance(25):
            self.depth += 1
            lines += self.block(1)
            self.depth -= 1
        if self.chance(15):
            lines += self.leave()
        self.in_loop -= 1
        if self.chance(75):
            self.bound = saved
        body = [f"for {target} in {over}:", *("    " + line for line in lines)]
        if over.isidentifier():  # it may grow while it is walked
            body[1:1] = [f"    if len({over}) > 5:", "        break"]
        return body

    def if_(self) -> list[str]:
        """`if` with any number of sides."""
        lines = [f"if {self.cond()}:", *self.scoped()]
        if self.chance(25):
            lines += [f"elif {self.cond()}:", *self.scoped(2)]
        if self.chance(45):
            lines += ["else:", *self.scoped()]
        return lines

    def for_(self) -> list[str]:
        """`for` over anything, with everything that can be in it."""
        target, over = self.any_of(
            lambda: (self.fresh("i"), self.list_(1)),
            lambda: (self.fresh("i"), self.list_(1)),
            lambda: (self.one([self.fresh("i"), self.name("i")]), self.list_(1)),
            lambda: (self.fresh("i"), f"range({self.one([str(self.number(0, 4)), self.name('i') + ' % 4'])})"),
            lambda: (self.fresh("i"), f"{self.name('l')}[:3]"),
            lambda: (f"{self.fresh('i')}, {self.fresh('i')}", f"enumerate({self.list_(1)}, {self.int_(0)})"),
            lambda: (f"{self.fresh('i')}, {self.fresh('i')}", f"zip({self.list_(1)}, {self.list_(1)})"),
            lambda: (f"{self.fresh('s')}, {self.fresh('i')}", f"{self.dict_(1)}.items()"),
            lambda: (self.fresh("s"), self.one([self.dict_, self.str_])(1)),
            lambda: (self.fresh("i"), f"({self.int_(1)}, {self.int_(1)})"),
            lambda: (self.fresh("i"), f"lazy({self.list_(1)})"),
            lambda: (self.fresh("i"), f"sorted({self.list_(1)})"),
            lambda: (self.fresh("i"), f"({self.element('x')} for x in {self.iterable(1)})"),
            lambda: (self.fresh("i"), f"Basket(*{self.list_(1)})"),
            lambda: (self.fresh("i"), f"reversed({self.list_(1)})"),
        )
        saved = self.names()
        for name in target.split(", "):
            self.bind(name)
        self.in_loop += 1
        body = self.nested(4)
        self.in_loop -= 1
        if self.chance(75):
            self.bound = saved
        lines = [f"for {target} in {over}:", *body]
        if over.isidentifier():  # it may grow while it is iterated
            lines[1:1] = [f"    if len({over}) > 8:", "        break"]
        if self.chance(15):
            lines += ["else:", *self.scoped(1)]
        return lines

    def while_(self) -> list[str]:
        """`while` with a counter that nothing else changes."""
        self.num_names += 1
        w = f"w{self.num_names}"
        condition = self.one(["{w} < 3", "num({w}) < 25", "{w} < 2 or {w} < i0 % 3", "True", "(i9 := num({w})) < 21"])
        self.in_loop += 1
        body = self.scoped()
        self.in_loop -= 1
        if condition == "True":
            body = [f"    if {w} > {self.one(['1', '2', 'i0 % 3'])}:", "        break", *body]
        lines = [f"{w} = 0", f"while {condition.format(w=w)}:", f"    {w} += 1", *body]
        if self.chance(15):
            lines += ["else:", *self.scoped(1)]
        return lines

    def try_(self) -> list[str]:
        """`try` with handlers of every kind."""
        lines = ["try:", *self.scoped()]
        is_caught = self.chance(85)
        if is_caught:
            lines += self._handler(self.one(ERRORS))
            if self.chance(20):
                lines += self._handler(self.one(["Exception", *ERRORS]))
            if self.chance(20):
                lines += ["else:", *self.scoped(2)]
        if not is_caught or self.chance(25):
            lines += ["finally:", *(self.scoped(2) if self.chance(50) else [f"    note({self.int_(1)})"])]
        return lines

    def _handler(self, error: str) -> list[str]:
        saved = self.names()
        name = self.fresh("e") if self.chance(50) else ""
        if name:
            self.bind(name)
        body = self.nested(2)
        last = self.any_of(
            list,
            list,
            list,
            lambda: ["raise"],
            lambda: [f"raise {self.one(RAISED)}" + (f" from {name}" if name and self.chance(60) else "")],
            lambda: [f"note(str({name}))"] if name else [],
            lambda: [f"{self.fresh('e')} = {name}"] if name else [],
        )
        kept = last[0].partition(" = ")[0] if last and " = " in last[0] else ""
        self.bound = saved
        if kept:
            self.bind(kept)
        return [f"except {error} as {name}:" if name else f"except {error}:", *body, *("    " + one for one in last)]

    def with_(self) -> list[str]:
        """`with` one or two managers."""
        tag = self.int_(1)
        manager = self.any_of(
            lambda: f"Door({tag})",
            lambda: f"Door({tag}) as {self.bind(self.new_name('o'))}",
            lambda: f"Door({tag}, {self.one(['ValueError', 'Exception', '(KeyError, Oops)'])})",
            lambda: f"session({tag}) as {self.bind(self.new_name('s'))}",
            lambda: f"session({tag}), Door({self.int_(0)})",
            lambda: f"nullcontext({self.int_(1)}) as {self.bind(self.new_name('i'))}",
            lambda: f"suppress({self.one(['ValueError', 'KeyError, IndexError'])})",
        )
        saved = self.names()
        lines = [f"with {manager}:", *self.nested()]
        if "suppress" in manager or ", " in manager:
            self.bound = saved
        return lines

    def match(self) -> list[str]:
        """`match` over values, sequences, mappings and classes."""
        x, y = self.bind(self.fresh("i")), self.fresh("i")
        subject, cases = self.any_of(
            lambda: (f"{self.int_()} % 4", ["0", "1 | 2", f"{x} if {x} > {self.int_(0)}", "_"]),
            lambda: (self.list_(), ["[]", f"[{x}]", f"[{x}, *_]", "_"]),
            lambda: (self.dict_(), [f"{{'a': {x}}}", f"{{'z': {x}, **o9}}", "_"]),
            lambda: (self.name("p"), [f"Point(x=0 | 1 as {x})", f"Point({x}, [{y}, *_])", f"Point(x={x})"]),
            lambda: (self.name("t"), [f"({x}, [])", f"(int({x}), list(_))", f"Pair(a={x})", "_"]),
            lambda: (self.name("o"), ["None", f"int({x}) | [{x}, *_]", f"Box(v={x})", "str()", "_"]),
            lambda: (f"{self.int_(1)}, {self.str_(1)}", [f"({x}, 'a')", f"(1 as {x}, _)", "_"]),
        )
        lines = [f"match {subject}:"]
        for case in cases if self.chance(60) else cases[: self.number(1, len(cases))]:
            lines += [f"    case {case}:", *("    " + line for line in self.scoped(2))]
        if self.chance(60) and x in self.bound["i"]:
            self.bound["i"].remove(x)
        return lines

    def leave(self) -> list[str]:
        """A way out."""
        choices = [
            f"return {self.int_(1)}",
            f"return {self.name('l')}, {self.int_(1)}",
            f"raise {self.error()}{self.cause()}",
        ]
        if self.in_loop:
            choices += ["continue", "break", "continue", "break"]
        return [f"if {self.cond()}:", f"    {self.one(choices)}"]
