"""Draws functions defined inside of the program: closures, generators, recursion, decorators, defaults."""

from __future__ import annotations

from program_replies import Replies


class Definitions(Replies):
    """Statements with definitions of functions."""

    def definition(self) -> list[str]:
        """A function defined here, and called."""
        return self.any_of(self.function_with_body, self.function_with_body, self.closure, self.functions, self.class_)

    def function_with_body(self) -> list[str]:
        """A function of a few statements, with parameters of some kind."""
        f = self.fresh("f")
        outer = self.names()
        head, call = self.any_of(
            lambda: ("i1000", "{i}"),
            lambda: ("i1000", "{i}"),
            lambda: (f"i1000, i1001={self.int_(1)}", "{i}"),
            lambda: ("i1000, *l1000, i1001=3", "{i}, *{l}[:2]"),
            lambda: ("i1000=4, **d1000", "z={i}"),
            lambda: ("l1000, i1000=1", "{l}"),
        )
        for name in ("i1000", "i1001", "d1000", "l1000"):
            if name in head and not (name == "l1000" and "*l" in head):
                self.bind(name)
        depth, self.depth, loop, self.in_loop = self.depth, 2, self.in_loop, 0
        body = [line for line in self.nested(2) if "global G" not in line]
        body.append(f"    return {self.int_(1)}")
        self.depth, self.in_loop = depth, loop
        self.bound = outer
        decorator = [f"@{self.one(['loud', 'counted'])}"] if self.chance(15) else []
        lines = [*decorator, f"def {f}({head}):", *body]
        argument = call.format(i=self.int_(1), l=self.name("l"))
        if "l1000, " not in head[:7] and self.chance(50):
            self.bind(f)
        if call == "{i}" and self.chance(40):
            name = self.bind(self.new_name("l"))
            return [*lines, f"{name} = [{f}(x) for x in {self.name('l')}[:3]]"]
        name = self.bind(self.new_name("i"))
        return [*lines, f"{name} = {f}({argument})"]

    def closure(self) -> list[str]:
        """A function that rebinds or changes what belongs to the one around it, called a few times."""
        f = self.fresh("f")
        shared, kept = self.name("i"), self.name("l")
        if not shared.startswith("i"):
            shared = "i0"
        inside, wrap = self.one(
            [
                ([f"nonlocal {shared}", f"{shared} += num(p)", f"return {shared}"], ""),
                ([f"{kept}.append(num(p))", f"return len({kept})"], ""),
                ([f"return num(p + {shared})"], ""),
                (["yield num(p)", "note(p)", "yield p"], "sum"),
                ([f"for x in {kept}[:2]:", "    yield x + num(p)"], "sum"),
                ([f"yield from lazy({kept}[:p % 3])"], "sum"),
                ([f"return [num(p + k) for k in {kept}[:3]]"], "sum"),
                ([f"return p if p <= 0 else {f}(p % 5 - 1) + num(p)"], ""),
                (["global G", "G += num(p)", "return G"], ""),
                ([f"if p > {self.int_(0)}:", "    raise ValueError(p)", "return num(p)"], ""),
            ]
        )
        name = self.new_name("i")
        calls = self.one(
            [
                f"{wrap}({f}({self.int_(1)} % 4))",
                f"{wrap}({f}(1)) + {wrap}({f}(2))",
                f"sum({wrap}({f}(k)) for k in range(3))",
                f"sum(map(lambda k: {wrap}({f}(k)), {self.name('l')}[:2]))",
            ]
        )
        lines = [f"def {f}(p):", *("    " + line for line in inside)]
        if not wrap:
            self.bind(f)
        if self.chance(25):
            lines.append(f"{shared} = {self.int_(1)}")
            self.bind(shared)
        lines.append(f"{name} = {calls}")
        self.bind(name)
        return lines

    def functions(self) -> list[str]:
        """Functions as values: in names, in lists, chosen, partly applied."""
        f = self.bind(self.new_name("f"))
        k = self.fresh("i")
        return self.any_of(
            lambda: [f"{f} = {self.function()}"],
            lambda: [f"{f} = lambda x, y={self.int_(1)}: {self.element('x')} + y"],
            lambda: [f"{f} = partial({self.one(['add', 'keyword'])}, {self.int_(1)})"],
            lambda: [
                f"{f} = [lambda x, k=k: num(x + k) for k in {self.iterable(1)}[:3] or [0]][{self.one(['0', '-1'])}]"
            ],
            lambda: [f"{f} = [lambda x: num(x + k) for k in {self.iterable(1)}[:3] or [0]][0]"],
            lambda: [f"{f} = {{'a': num, 'b': lambda x: {self.element('x')}}}[{self.one(['s0[:1]', repr('b')])}]"],
            lambda: [f"{k} = {self.int_(1)}", f"{f} = lambda x: num(x + {k})", f"{k} += 1", f"note({f}({k}))"],
            lambda: [f"{f} = loud({self.function()})", f"note({f}({self.int_(1)}))"],
            lambda: [f"note([g(1) for g in ({self.function()}, {self.function()})])"],
        )

    def class_(self) -> list[str]:
        """A class defined here, rarely; or a method taken off its object."""
        f = self.bind(self.new_name("f"))
        if self.chance(70):
            return [f"{f} = {self.name('b')}.{self.one(['add', '__call__'])}", f"note({f}({self.int_(1)}))"]
        return [
            "class Inner(Box):",
            "    def peek(self):",
            f"        return num({self.name('i')})",
            f"{f} = Inner(1).add",
        ]
