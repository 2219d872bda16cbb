"""Draws statements over objects that hold what others have, too: mates with one list, and a log of their own."""

from __future__ import annotations

from program_choices import Number
from program_memos import Memos


class Mates(Memos):
    """Statements over mates `M` and lists of mates `L`."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.shared = [self.mate, self.mate, self.mates, self.mates, self.others]

    def statement(self) -> list[str]:
        """Any statement, these ones among them."""
        return self.one(self.shared)() if self.chance(15) else super().statement()

    def made(self) -> str:
        """A mate that holds some list, which may have a name."""
        items = self.one([self.name("l"), self.name("l"), self.list_(1), f"{self.name('M')}.log", "SHARED"])
        return self.any_of(
            lambda: f"Mate({self.int_(0)}, {items})",
            lambda: f"Mate({self.int_(0)}, {items}, {self.name('x')})",
            lambda: f"hired({self.int_(0)}, {items})",
            lambda: f"Mate({self.int_(0)}, {items}, {self.name('M')})",
            lambda: f"loner({self.int_(0)})",
            lambda: f"(loner({self.int_(0)}) if {self.cond()} else Mate(1, {items}))",
        )

    def done(self, mate: str) -> str:
        """What a mate does."""
        x = self.int_(1)
        return self.any_of(
            lambda: f"{mate}.say({x})",
            lambda: f"{mate}.say({x})",
            lambda: f"{mate}.tell({x})",
            lambda: f"{mate}.look({x})",
            lambda: f"{mate}.risk({x})",
            lambda: f"{mate}.walk()",
            lambda: f"{mate}.log.append(num({x}))",
            lambda: f"{mate}.items.append({x})",
            lambda: f"{mate}.take({self.one([self.name('l'), self.list_(1)])})",
            lambda: f"{mate}.give()",
            lambda: f"{mate}.take({mate}.log)",
            lambda: f"note(len({mate}.log))",
            lambda: f"SHARED.append({mate}.log)",
        )

    def mate(self) -> list[str]:
        """One mate does something, after something else."""
        mate, held = self.name("M"), self.name("l")
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('M'))} = {self.made()}"],
            lambda: [f"{self.bind(self.new_name('M'))} = {self.made()}", f"note({self.done(self.name('M'))})"],
            lambda: [self.done(mate), self.done(mate)],
            lambda: [f"for x in {self.iterable(1)}[:3]:", f"    {self.done(mate)}", f"    {self.done(mate)}"],
            lambda: [f"{self.bind(self.new_name('l'))} = [{mate}.say(x) for x in {self.iterable(1)}[:3]]"],
            lambda: [self.done(mate), f"{held}.append({self.int_(1)})", self.done(mate)],
            lambda: [f"note({mate}.count)", f"note(len({mate}.items))"],
            lambda: [
                "try:",
                f"    {self.done(mate)}",
                f"    {mate}.risk({self.int_(1)})",
                "except ValueError:",
                f"    note(len({mate}.log))",
                f"    {self.done(mate)}",
            ],
            lambda: [f"if {self.cond()}:", f"    {mate}.items = {held}", self.done(mate)],
            lambda: [f"{mate}.log = {held}", self.done(mate)],
        )

    def mates(self) -> list[str]:
        """Several do, who hold one list."""
        source, mates, held = self.iterable(1), self.name("L"), self.name("l")
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('L'))} = [Mate(x, {held}) for x in {source}[:3]]"],
            lambda: [f"{self.bind(self.new_name('L'))} = [{self.made()}, {self.made()}]"],
            lambda: [f"for M1000 in {mates}:", f"    {self.done('M1000')}"],
            lambda: [f"for M1000 in {mates}:", f"    {self.done('M1000')}", f"    {self.done('M1000')}"],
            lambda: [f"{self.bind(self.new_name('l'))} = [x.count for x in {mates}]"],
            lambda: [f"note([{self.done('x')} for x in {mates}])"],
            lambda: [f"for x, M1000 in zip({source}[:3], {mates}):", f"    {self.done('M1000')}"],
            lambda: [f"{mates}.append({self.one([self.made(), self.name('M')])})", self.done(f"{mates}[0]")],
            lambda: [f"{self.bind(self.new_name('M'))} = {mates}[-1]", self.done(self.name("M"))],
            lambda: [f"note([x.log for x in {mates}])", f"note({held})"],
        )

    def others(self) -> list[str]:
        """Others come to what a mate holds."""
        mate = self.name("M")
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('l'))} = {mate}.items"],
            lambda: [f"{self.bind(self.new_name('l'))} = {mate}.log"],
            lambda: [f"SHARED.append({mate})"],
            lambda: [f"{self.name('M')}.friend = {mate}", f"note(len({self.name('M')}.friend.log))"],
            lambda: [f"{self.bind(self.new_name('M'))} = {mate}"],
            lambda: [f"note(asked({mate}))"],
            lambda: [f"{self.name('l')}.clear()", self.done(mate)],
        )
