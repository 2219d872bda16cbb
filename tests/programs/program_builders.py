"""Draws statements over objects that keep what they are told: chains, dicts of lists, dicts of objects, constants."""

from __future__ import annotations

from program_choices import Number
from program_statements import Statements


class Builders(Statements):
    """Statements over `Notes`, dicts of them, dicts of lists, and the constants of a module."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.kept = [self.chain, self.groups, self.constants, self.modes, self.until, self.options]

    def statement(self) -> list[str]:
        """Any statement, these ones among them."""
        return self.one(self.kept)() if self.chance(22) else super().statement()

    def notes(self, depth: int = 1) -> str:
        """A `Notes`, or something it has been told."""
        g = self.name("g")
        return self.any_of(
            lambda: g,
            lambda: g,
            lambda: f"Notes({self.int_(depth)})",
            lambda: f"Strict({self.int_(depth)})",
            lambda: f"{self.name('h')}[{self.str_(0)}]",
            lambda: f"{g}.add({self.int_(depth)})",
        )

    def told(self, g: str) -> str:
        """What an object is told next: often something that looks at it."""
        return self.any_of(
            lambda: f".add({self.int_(1)})",
            lambda: f".add(ask(len({g}.lines)))",
            lambda: f".add({g}.count)",
            lambda: f".ask({self.str_(1)})",
            lambda: f".ask({g}.last)",
            lambda: f".mark({self.name('l')}, {self.int_(1)})",
            lambda: f".given({self.one(['None', 'num', self.function()])}, {self.int_(1)})",
        )

    def chain(self) -> list[str]:
        """An object is told several things in a row."""
        g = self.name("g")
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('g'))} = {self.notes()}"],
            lambda: [f"{g}{self.told(g)}{self.told(g)}"],
            lambda: [f"{g}{self.told(g)}{self.told(g)}{self.told(g)}"],
            lambda: [f"{self.bind(self.new_name('g'))} = {g}{self.told(g)}"],
            lambda: [f"{self.bind(self.new_name('s'))} = str({g}{self.told(g)}.last)"],
            lambda: [f"if {g}:", f"    note({g}.count)"],
            lambda: [f"for x in {self.iterable(1)}[:3]:", f"    {g}{self.told(g)}"],
            lambda: [f"SHARED.append({self.one([g, f'{g}.lines'])})"],
            lambda: [
                "try:",
                f"    {g}{self.told(g)}.ask(flaky({self.int_(1)}))",
                "except ValueError:",
                f"    note({g}.count)",
            ],
        )

    def groups(self) -> list[str]:
        """Dicts of lists and of objects, filled as one goes."""
        m, h, key = self.name("m"), self.name("h"), self.str_(1)
        g = self.fresh("g")
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('m'))} = {{}}"],
            lambda: [f"{self.bind(self.new_name('h'))} = {{s: Notes(len(s)) for s in ({key}, 'a', 'b')}}"],
            lambda: [f"{m}.setdefault({key}, []).append({self.int_(1)})"],
            lambda: [f"{m}.setdefault({key}, {self.name('l')}).append({self.int_(1)})"],
            lambda: [f"{m}.get({key}, []).append({self.int_(1)})"],
            lambda: [f"{m}[{key}] = {m}.get({key}, []) + [{self.int_(1)}]"],
            lambda: [f"for s in ({key}, {self.str_(1)}):", f"    {m}.setdefault(ask(s)[:1], []).append(s)"],
            lambda: [f"{self.bind(self.new_name('d'))} = {{s: num(len(x)) for s, x in {m}.items()}}"],
            lambda: [f"TALLY.setdefault({key}, []).append({self.int_(1)})"],
            lambda: [f"{h}.setdefault({key}, Notes(0)){self.told(self.name('g'))}"],
            lambda: [f"{h}[{key}] = {self.notes()}"],
            lambda: [f"for {g} in list({h}.values())[:3]:", f"    {g}{self.told(g)}", f"    {g}{self.told(g)}"],
            lambda: [f"for s, {g} in {h}.items():", f"    {g}{self.told(g)}"],
            lambda: [f"{self.bind(self.new_name('l'))} = [{g}.add(num(1)).count for {g} in {h}.values()]"],
        )

    def constants(self) -> list[str]:
        """What the module holds is walked, looked up, and sometimes changed."""
        key = self.str_(1)
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('d'))} = {{x: {self.element('y')} for x, y in WEIGHTS.items()}}"],
            lambda: [f"{self.bind(self.new_name('d'))} = {{x: num(len(x)) for x in WEIGHTS}}"],
            lambda: [f"{self.bind(self.new_name('l'))} = [{self.element('x')} for x in LEVELS]"],
            lambda: ["for x, y in WEIGHTS.items():", f"    {self.name('d')}[x] = num(y)"],
            lambda: ["for x, y in enumerate(LEVELS):", f"    note(num(x + y) + {self.int_(1)})"],
            lambda: [f"WEIGHTS[{key}] = {self.int_(1)}"],
            lambda: [f"WEIGHTS[{self.one([key, self.object_with_operators(1)])}] = {self.int_(1)}"],
            lambda: [f"LEVELS.append({self.one([self.int_, self.object_with_operators])(1)})"],
            lambda: [f"note(WEIGHTS.get({key}))"],
        )

    def modes(self) -> list[str]:
        """Members of enumerations: looked up, compared, counted with."""
        o = self.fresh("o")
        mode = self.one([f"Mode({self.int_(1)} % 4)", f"(Mode.ONE if {self.cond()} else Mode.TWO)", "Mode.TWO"])
        return self.any_of(
            lambda: [f"{self.bind(o)} = {mode}", f"note({o}.name)"],
            lambda: [f"{self.bind(self.new_name('i'))} = num({mode}.value)"],
            lambda: [f"if {mode} == Mode.ONE:", f"    note({self.int_(1)})"],
            lambda: [f"{self.bind(self.new_name('l'))} = [num(x.value) for x in Mode]"],
            lambda: [f"{self.bind(self.new_name('s'))} = f'{{{mode}}} {{{mode}!r}}'" if "'" not in mode else "pass"],
            lambda: [
                f"match {mode}:",
                "    case Mode.ONE:",
                f"        note({self.int_(1)})",
                "    case x:",
                "        say(x.name)",
            ],
            lambda: [
                f"{o} = {{x: 0 for x in Mode}}",
                f"{o}[{mode}] += {self.int_(1)}",
                f"note([x for x in {o}.values()])",
            ],
        )

    def until(self) -> list[str]:
        """`while` that names what it asks for, with `else`; loops over generators under `enumerate` and `zip`."""
        self.num_names += 1
        w, i, x = f"w{self.num_names}", self.fresh("i"), self.fresh("i")
        asked = self.one([f"num({w})", f"pop_or({self.name('l')}, 0)", f"tune({w})", f"len(ask({w}))"])
        over = self.one([f"enumerate(lazy({self.name('l')}[:4]))", f"zip(lazy({self.name('l')}[:4]), {self.list_(1)})"])
        self.in_loop += 1
        saved = self.names()
        self.bind(i)
        body = self.nested(2)
        self.bound = saved
        self.in_loop -= 1
        if self.chance(50):
            return [f"for {i}, {x} in {over}:", *body]
        lines = [f"{w} = 0", f"while ({i} := {asked}) < {self.int_(1)} + 20:", f"    {w} += 1"]
        lines += [f"    if {w} > 4:", "        break", *body, "else:", f"    note({self.int_(1)})"]
        return lines

    def options(self) -> list[str]:
        """Helpers whose functions may be left out, and methods that call those of their bases."""
        given = self.one(
            ["", "", ", done=note", f", done=lambda x: {self.name('l')}.append(x)", f", key={self.function()}"]
        )
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('l'))} = optional({self.iterable(1)}[:3]{given})"],
            lambda: [f"{self.bind(self.new_name('g'))} = Strict({self.int_(1)}).add({self.int_(1)})"],
            lambda: [f"note(Strict({self.int_(1)}).ask({self.str_(1)}).last)"],
        )
