"""Draws statements that look something up in what is still being filled: memos, histories, stores of answers."""

from __future__ import annotations

from program_choices import Number
from program_records import Records


class Memos(Records):
    """Statements over memos `w`, which map integers to integers, and stores `x`, objects that hold one and a log."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.remembered = [self.memo, self.memo, self.recall, self.history, self.store, self.store]

    def statement(self) -> list[str]:
        """Any statement, these ones among them."""
        return self.one(self.remembered)() if self.chance(15) else super().statement()

    def stored(self) -> str:
        """What is put under a key."""
        return self.any_of(
            lambda: f"num({self.int_(1)})", lambda: f"flaky({self.int_(0)})", lambda: self.int_(1), lambda: "num(k)"
        )

    def memo(self) -> list[str]:
        """A memo that a loop fills, by one of the ways to ask whether there is something."""
        w = self.bind(self.new_name("w"))
        source, other = self.iterable(1), self.list_(1)
        value, kept = self.stored().replace("num(k)", "num(x)"), self.new_name("l")
        made = [f"{w} = {{}}"] if self.chance(70) or w not in self.bound["w"][:-1] else []
        return self.any_of(
            lambda: [*made, f"for x in {source}[:4]:", f"    if x not in {w}:", f"        {w}[x] = {value}"],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    if x in {w}:",
                "        continue",
                f"    {w}[x] = {value}",
            ],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    {w}[x] = num(sum({w}[y] for y in {other}[:3] if y in {w}))",
            ],
            lambda: [*made, f"{self.bind(kept)} = [recalled({w}, x) for x in {source}[:4]]"],
            lambda: [*made, f"for x in {source}[:4]:", f"    {w}[x, len({w})] = {value}"],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    y = {w}.get(x)",
                "    if y is None:",
                f"        y = {w}[x] = {value}",
                "    note(y)",
            ],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    if x not in {w}:",
                "        try:",
                f"            {w}[x] = flaky(x)",
                "        except ValueError:",
                f"            {w}[x] = -1",
            ],
            lambda: [*made, f"for x in {source}[:4]:", f"    {w}[x] = {w}.get(x, 0) + num(x)"],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    if len({w}) > 2:",
                "        break",
                f"    {w}[x] = {value}",
            ],
            lambda: [f"{w} = {{x: num(x) for x in {source}[:4]}}"],
        )

    def recall(self) -> list[str]:
        """Something is looked up in a memo, changed in it, or is gone."""
        w, k = self.name("w"), self.int_(1)
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('i'))} = {w}.get({k}, 0) + len({w})"],
            lambda: [f"note({w}[{k}])"],
            lambda: [f"note({k} in {w}, not {w}, len({w}))"],
            lambda: [f"{self.bind(self.new_name('l'))} = [{w}[k] for k in {self.list_(1)}[:3] if k in {w}]"],
            lambda: [f"{self.bind(self.new_name('s'))} = ', '.join(str({w}[k]) for k in {w})"],
            lambda: [f"note(sorted({w}))"],
            lambda: [f"note({w})"],
            lambda: [f"{w}[{k}] = {self.stored().replace('num(k)', 'num(2)')}"],
            lambda: [f"{w}[{k}] += 1"],
            lambda: [f"{w}.pop({k}, None)"],
            lambda: [f"del {w}[{k}]"],
            lambda: [f"{w}.update({{{k}: num({k})}})"],
            lambda: [f"SHARED.append({w})"],
            lambda: [f"if {w}:", f"    {w}[{k}] = {w}[{self.int_(0)}]"],
            lambda: [f"for k in list({w})[:3]:", f"    {w}[k] = num({w}[k])"],
            lambda: [f"for k, v in {w}.items():", "    note(k, v)"],
            lambda: [f"while len({w}) < 3:", f"    {w}[len({w})] = num(len({w}))"],
            lambda: [f"{w} = {{**{w}, {k}: num(1)}}"],
        )

    def history(self) -> list[str]:
        """A list that is looked at while it grows."""
        kept, source = self.new_name("l"), self.iterable(1)
        made = [f"{self.bind(kept)} = []"] if self.chance(70) or kept not in self.bound["l"] else []
        return self.any_of(
            lambda: [*made, f"for x in {source}[:4]:", f"    {kept}.append(num(x + len({kept})))"],
            lambda: [*made, f"for x in {source}[:4]:", f"    {kept}.append(num({kept}[-1] if {kept} else x))"],
            lambda: [*made, f"for x in {source}[:4]:", f"    {kept}.append(num(sum({kept}[-2:])))"],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    {kept}.append(flaky(x))",
                f"    if len({kept}) >= 3:",
                "        break",
            ],
            lambda: [*made, f"while len({kept}) < 4:", f"    {kept}.append(num(len({kept})))"],
            lambda: [
                f"{self.bind(kept)} = [num(x) for x in {source}[:4]]",
                f"note({kept}[0] if {kept} else None)",
                f"{kept}.append(num(len({kept})))",
                f"note({kept}[-1])",
            ],
            lambda: [*made, f"for x in {source}[:4]:", f"    {kept}.append(num(x))", f"    {kept}[0] = len({kept})"],
            lambda: [
                *made,
                f"for x in {source}[:4]:",
                f"    if {kept} and {kept}[-1] > 3:",
                f"        note({kept}.pop())",
                f"    {kept}.append(num(x))",
            ],
        )

    def store(self) -> list[str]:
        """An object that remembers."""
        x, k, source = self.name("x"), self.int_(1), self.iterable(1)
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('x'))} = Store()"],
            lambda: [f"{self.bind(self.new_name('l'))} = [{x}.get(p) for p in {source}[:4]]", f"note({x}.hits)"],
            lambda: [f"for p in {source}[:4]:", f"    {x}.add(p)", f"note({x}.log)"],
            lambda: [f"for p in {source}[:4]:", f"    note({x}.risk(p))"],
            lambda: [f"for p in {source}[:4]:", f"    if p not in {x}.held:", f"        {x}.held[p] = num(p)"],
            lambda: [f"note({x}.held.get({k}), len({x}.log), {x}.last)"],
            lambda: [f"{x}.hits += {self.one(['1', k])}"],
            lambda: [f"{x}.last = {self.stored().replace('num(k)', 'num(3)')}", f"note({x}.last)"],
            lambda: [f"{x}.held = {{{k}: num({k})}}"],
            lambda: [f"{x}.log = {x}.log + [num({k})]", f"note({x}.log[-1])"],
            lambda: [f"SHARED.append({self.one([x, f'{x}.held', f'{x}.log'])})"],
            lambda: [f"note({x}.held, {x}.hits)"],
            lambda: [f"{self.bind(self.new_name('i'))} = {x}.get({k}) + {x}.add({k})"],
            lambda: [f"{x}.held.pop({k}, None)", f"note({k} in {x}.held)"],
        )
