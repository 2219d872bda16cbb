"""Draws expressions: every operator and every kind of call, over the names in scope."""

from __future__ import annotations

from program_choices import Choices, Number


class Expressions(Choices):
    """Expressions by the kind of their value; `depth` is how many operations may nest."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.in_text = False  # inside an f-string, whose quotes can't be used again
        self.can_walrus = True

    def int_(self, depth: int = 2) -> str:
        """An integer."""
        if depth <= 0 or self.chance(25):
            return self.one([self.name("i"), self.name("i"), str(self.number(0, 4)), "G"])
        if self.chance(45):
            return self._int_from_call(depth - 1)
        return self._int_from_operator(depth - 1) if self.chance(60) else self._int_from_container(depth - 1)

    def _int_from_call(self, depth: int) -> str:
        sub = lambda: self.int_(depth)
        return self.any_of(
            lambda: f"num({sub()})",
            lambda: f"num({sub()})",
            lambda: f"measure({self.str_(depth)})",
            lambda: f"flaky({sub()})" if self.chance(40) else f"try_it({sub()})",
            lambda: f"pick({sub()})",
            lambda: f"down({sub()} % 3)",
            lambda: f"even({sub()} % 4)",
            lambda: f"note_and_return({sub()})",
            lambda: f"grow({self.name('l')}, {sub()})",
            lambda: f"pop_or({self.name('l')}, {sub()})",
            lambda: f"bump({sub()})",
            lambda: f"roll({sub()})",
            lambda: f"put({self.str_(0)}, {sub()})",
            lambda: f"look({self.str_(0)})",
            lambda: f"tune({sub()})",
            lambda: f"cached({sub()} % 3)",
            lambda: f"chatty({sub()})",
            lambda: f"keyword({self._arguments(depth)})",
            lambda: f"{self.function()}({sub()})",
            lambda: f"{self.name('b')}.add({sub()})",
            lambda: f"{self.name('b')}({sub()})",
            lambda: f"Box.of({sub()}).{self.one(['v', 'peek()', 'double', 'count()'])}",
            lambda: f"{self.name('p')}.moved({sub()}).x",
            lambda: f"{self.name('p')}.extend({sub()})",
            lambda: f"int({self.object_with_operators(depth)})",
            lambda: f"reduce(lambda x, y: x + num(y), {self.list_(depth)}, {sub()})",
            lambda: f"total({self.name('n')})",
        )

    def _arguments(self, depth: int) -> str:
        sub = lambda: self.int_(depth)
        return self.any_of(
            sub,
            lambda: f"{sub()}, {sub()}, c={sub()}",
            lambda: f"{sub()}, *{self.list_(depth)}[:2]",
            lambda: f"{sub()}, b={sub()}, z={sub()}, **{{'y': {sub()}}}",
            lambda: f"*[{sub()}, {sub()}], {sub()}",
        )

    def _int_from_operator(self, depth: int) -> str:
        sub = lambda: self.int_(depth)
        return self.any_of(
            lambda: f"({sub()} {self.one(['+', '-', '*'])} {sub()}) % 97",
            lambda: f"({sub()} % {self.number(2, 9)})",
            lambda: f"({sub()} {self.one(['//', '%'])} {sub()})",
            lambda: f"({sub()} {self.one(['&', '|', '^'])} {sub()})",
            lambda: f"{self.one(['-', '~', '+'])}{sub()}",
            lambda: f"({sub()} if {self.cond(depth)} else {sub()})",
            lambda: f"({sub()} and {sub()})",
            lambda: f"({sub()} or {sub()})",
            lambda: f"int({self.cond(depth)})",
            lambda: f"({self.walrus('i')} := {sub()})" if self._may_walrus() else sub(),
            lambda: f"(lambda x: x + {self.one(['1', 'num(x)'])})({sub()})",
            lambda: f"(lambda x, y={sub()}: x + y)({sub()})",
            lambda: f"max({sub()}, {sub()})",
            lambda: f"abs({sub()})",
            lambda: f"divmod({sub()}, 7)[{self.number(0, 1)}]",
        )

    def _int_from_container(self, depth: int) -> str:
        sub = lambda: self.int_(depth)
        return self.any_of(
            lambda: f"len({self.one([self.list_, self.str_, self.dict_, self.set_])(depth)})",
            lambda: f"{self.name('l')}[{sub()} % 3]",
            lambda: f"sum({self.list_(depth)})",
            lambda: f"{self.name('d')}.get({self.str_(depth)}, {sub()})",
            lambda: f"{self.name('d')}[{self.str_(0)}]",
            lambda: f"{self.name('t')}[0]",
            lambda: f"{self.name('p')}.x",
            lambda: f"{self.name('b')}.{self.one(['v', 'double', 'peek()'])}",
            lambda: f"Pair({sub()}, {sub()}).{self.one(['a', 'b', 'swapped().a'])}",
            lambda: f"{self.name('k')}[{self.str_(0)}]",
            lambda: f"{self.name('u')}[{sub()}]",
            lambda: f"next(iter({self.list_(depth)}), {sub()})",
            lambda: f"({self.list_(depth)} or [{sub()}])[{self.one(['0', '-1'])}]",
            lambda: f"[*{self.list_(depth)}, {sub()}][-1]",
            lambda: self.consumed(depth),
            lambda: self.consumed(depth),
            lambda: f"deque({self.list_(depth)}, maxlen=2).{self.one(['pop', 'popleft'])}()",
            lambda: f"sum(Counter({self.str_(depth)}).values())",
            lambda: f"sum(x for x in flatten({self.name('n')}))",
        )

    def consumed(self, depth: int) -> str:
        """An integer out of a generator expression, or of an iterator, that somebody consumes."""
        sub, inner = self.int_(depth), self.element("x")
        over = self.iterable(depth)
        where = f" if {self.one(['x > 1', 'num(x) > 10', 'x % 2'])}" if self.chance(40) else ""
        each = f"for x in {over}{where}"
        return self.one(
            [
                f"sum({inner} {each})",
                f"int(any({inner} > {sub} {each}))",
                f"int(all({inner} < {sub} {each}))",
                f"next(({inner} {each}), {sub})",
                f"max(({inner} {each}), default={sub})",
                f"int({sub} in ({inner} {each}))",
                f"len({{{inner} {each}}})",
                f"len([{inner} {each}])",
                f"sum({{str(x): {inner} {each}}}.values())",
                f"sum(map({self.function()}, {over}))",
                f"sum(x * num(y) for x, y in zip({over}, {self.iterable(depth)}))",
                f"sum(y * {inner} for y, x in enumerate({over}))",
                f"sorted({over} or [0], key=lambda x: -{inner})[0]",
                f"sum(filter(lambda x: {inner} > 5, {over}))",
                f"sum(lazy({over}))",
                f"next(lazy({over}), {sub})",
                f"sum(1 for x in {over} for y in ({inner}, 1) if y > x)",
                f"min([{inner} {each}] or [{sub}])",
                f"sum(reversed({over}))",
                f"sum(Basket(*{over}))",
                f"len(dict((x, {inner}) {each}))",
                f"twice({over} or [1])",
            ]
        )

    def iterable(self, depth: int) -> str:
        """A list to iterate in a comprehension, where nothing can be assigned."""
        can_walrus, self.can_walrus = self.can_walrus, False
        found = self.list_(depth)
        self.can_walrus = can_walrus
        return found

    def element(self, x: str) -> str:
        """An integer expression over the variable of a comprehension or of a lambda."""
        return self.one([f"num({x})", f"num({x})", x, f"({x} + {self.name('i')})", f"pick({x})", f"flaky({x})"])

    def function(self) -> str:
        """Something that can be called with an integer."""
        return self.any_of(
            lambda: "num",
            lambda: self.name("f"),
            lambda: "pick",
            lambda: f"(lambda x: {self.element('x')})",
            lambda: f"partial(add, {self.int_(0)})",
            lambda: f"{self.name('b')}.add",
            lambda: "Box.of",
            lambda: f"(num if {self.cond(0)} else tune)",
            lambda: "cached",
        ).replace("Box.of", "try_it")

    def walrus(self, kind: str) -> str:
        """The target of an assignment expression."""
        return self.bind(self.new_name(kind))

    def _may_walrus(self) -> bool:
        return self.can_walrus and not self.in_text

    def str_(self, depth: int = 2) -> str:
        """A string."""
        if depth <= 0 or self.chance(25):
            return self.one([self.name("s"), self.name("s"), "'a'", "'b'"])
        depth -= 1
        sub = lambda: self.str_(depth)
        return self.any_of(
            lambda: f"ask({self.one([self.int_, self.str_])(depth)})",
            lambda: f"ask({sub()}, k={self.int_(depth)})",
            lambda: f"fetch({self.int_(depth)})",
            lambda: f"({sub()} + {sub()})[:20]",
            lambda: f"{sub()}.{self.one(['upper()', 'strip()', 'title()'])}",
            lambda: f"{sub()}[{self.one([':3', '1:', '::-1', '-2:'])}]",
            lambda: self.text(depth),
            lambda: self.text(depth),
            lambda: f"str({self.one([self.int_, self.list_])(depth)})",
            lambda: f"'-'.join(ask(x) for x in {self.iterable(depth)})",
            lambda: f"'-'.join([str({self.element('x')}) for x in {self.iterable(depth)}])",
            lambda: f"slow({sub()})",
            lambda: f"echo({sub()})",
            lambda: f"Model({sub()}).complete({self.int_(depth)})",
            lambda: f"Meter()({sub()})",
            lambda: f"{self.name('b')}.asked",
            lambda: f"({sub()} if {self.cond(depth)} else {sub()})",
            lambda: f"('%s:%d' % ({sub()}, {self.int_(depth)}))",
            lambda: f"''.join(sorted({sub()}, reverse=True))",
            lambda: f"{self.name('e')}.__class__.__name__" if self.bound["e"] else sub(),
        )

    def text(self, depth: int) -> str:
        """An f-string."""
        if self.in_text:
            return self.str_(0)
        self.in_text = True
        fields = [self._field(depth) for _ in range(self.number(1, 3))]
        self.in_text = False
        return f'f"{"-".join(fields)}"'

    def _field(self, depth: int) -> str:
        field = self.any_of(
            lambda: f"{self.int_(depth)}",
            lambda: f"{self.int_(depth)}:>4",
            lambda: f"{self.str_(depth)}!r",
            lambda: f"{self.str_(depth)}:<{{{self.int_(0)} % 5}}",
            lambda: f"{self.int_(depth)}:04d",
            lambda: f"{self.object_with_operators(0)}",
            lambda: f"{self.list_(depth)}",
        )
        return "{" + (f"({field})" if field.startswith(("lambda", "{")) else field) + "}"

    def list_(self, depth: int = 2) -> str:
        """A list of integers."""
        if depth <= 0 or self.chance(30):
            return self.name("l")
        depth -= 1
        sub = lambda: self.list_(depth)
        return self.any_of(
            lambda: f"[{self.int_(depth)}, {self.int_(depth)}]",
            lambda: f"[{self.element('x')} for x in {self.iterable(depth)}]",
            lambda: (
                f"[{self.element('x')} for x in {self.iterable(depth)}[:4] if {self.one(['x > 1', 'num(x) > 10'])}]"
            ),
            lambda: f"[{self.element('y')} for x in {self.iterable(depth)}[:3] if x for y in (x, num(x)) if y != 2]",
            lambda: f"[x for y in {self.name('n')} for x in y][:5]",
            lambda: f"sorted({sub()}{self.one(['', ', reverse=True', ', key=num', ', key=lambda x: num(-x)'])})",
            lambda: f"({sub()} + {sub()})[:6]",
            lambda: f"{sub()}[{self.one(['1:', ':2', '::-1', '-1:', f'{self.int_(0)}:'])}]",
            lambda: f"list({sub()})",
            lambda: f"list({self.dict_(depth)}.values())",
            lambda: f"list(map({self.function()}, {sub()}))",
            lambda: f"list(filter(lambda x: {self.element('x')} > 3, {sub()}))",
            lambda: f"[x for x, in zip({self.iterable(depth)})]",
            lambda: f"list(lazy({sub()}))",
            lambda: f"list({self.element('x')} for x in {self.iterable(depth)})",
            lambda: f"[*{sub()}, *{self.set_(0)}][:6]",
            lambda: f"sorted({self.set_(depth)})",
            lambda: f"({sub()} if {self.cond(depth)} else {sub()})",
            lambda: f"each({sub()}, {self.function()})",
            lambda: f"flatten({self.name('n')})[:6]",
            lambda: f"[len(x) for x in many({self.int_(0)} % 3)]",
            lambda: f"{self.name('p')}.ys",
            lambda: f"{self.name('b')}.items",
            lambda: f"echo({sub()})",
            lambda: f"([{self.name('i')}] * {self.number(0, 3)})",
            lambda: f"list(reversed({sub()}))",
            lambda: f"[(x := {self.int_(0)}), x]".replace("x", self.walrus("i")) if self._may_walrus() else sub(),
        )

    def dict_(self, depth: int = 2) -> str:
        """A dict from strings to integers."""
        if depth <= 0 or self.chance(40):
            return self.name("d")
        depth -= 1
        return self.any_of(
            lambda: f"{{{self.str_(depth)}: {self.int_(depth)}}}",
            lambda: f"{{str(x): {self.element('x')} for x in {self.iterable(depth)}}}",
            lambda: f"{{x: num(y) for x, y in {self.name('d')}.items() if y}}",
            lambda: f"{{**{self.dict_(depth)}, {self.str_(depth)}: {self.int_(depth)}}}",
            lambda: f"dict({self.dict_(depth)}, z={self.int_(depth)})",
            lambda: f"dict((str(x), {self.element('x')}) for x in {self.iterable(depth)})",
            lambda: f"({self.dict_(depth)} | {self.dict_(0)})",
            lambda: f"dict(zip({self.str_(0)}, {self.list_(depth)}))",
            lambda: f"{self.name('d')}.copy()",
        )

    def set_(self, depth: int = 2) -> str:
        """A set of integers."""
        if depth <= 0 or self.chance(40):
            return self.name("q")
        depth -= 1
        return self.any_of(
            lambda: f"{{{self.int_(depth)}, {self.int_(depth)}}}",
            lambda: f"{{{self.element('x')} for x in {self.iterable(depth)}}}",
            lambda: f"set({self.list_(depth)})",
            lambda: f"({self.set_(depth)} {self.one(['|', '&', '-'])} {self.set_(0)})",
        )

    def object_with_operators(self, depth: int) -> str:
        """A `Sum`."""
        if depth <= 0 or self.chance(40):
            return self.name("u")
        depth -= 1
        return self.any_of(
            lambda: f"Sum({self.int_(depth)})",
            lambda: f"({self.object_with_operators(depth)} + {self.int_(depth)})",
            lambda: f"({self.int_(depth)} + {self.object_with_operators(depth)})",
            lambda: f"({self.object_with_operators(depth)} * 2)",
            lambda: f"max({self.name('u')}, {self.object_with_operators(0)})",
        )

    def cond(self, depth: int = 1) -> str:
        """Something to branch on."""
        return self.any_of(
            lambda: f"{self.int_(depth)} > {self.int_(0)}",
            lambda: f"num({self.int_(0)}) % 20 == {self.one(['0', '10'])}",
            lambda: f"rate({self.str_(0)}) > 0.5",
            lambda: self.name(self.one("ldqobu")),
            lambda: f"{self.str_(0)} {self.one(['in', 'not in'])} {self.name('d')}",
            lambda: f"not {self.int_(depth)}",
            lambda: f"{self.int_(0)} < {self.int_(depth)} <= {self.int_(0)}",
            lambda: f"{self.int_(0)} == {self.int_(depth)} != {self.int_(0)}",
            lambda: f"{self.int_(0)} in {self.name('l')} or {self.int_(depth)}",
            lambda: f"({self.int_(0)} and {self.str_(depth)})",
            lambda: f"{self.name('u')} {self.one(['<', '=='])} {self.object_with_operators(depth)}",
            lambda: f"{self.int_(0)} in {self.name('u')}",
            lambda: f"{self.one(['any', 'all'])}({self.element('x')} > 9 for x in {self.iterable(depth)})",
            lambda: f"isinstance({self.name('o')}, {self.one(['list', 'Box', '(int, str)'])})",
            lambda: f"{self.name('o')} is {self.one(['None', 'not None'])}",
            lambda: f"{self.name('l')} is {self.name('l')}",
            lambda: (
                f"({self.walrus('i')} := {self.int_(depth)}) > {self.int_(0)}" if self._may_walrus() else self.name("l")
            ),
        )
