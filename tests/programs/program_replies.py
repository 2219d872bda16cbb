"""Draws statements over what helpers reply with: dicts read by item, rows spread into calls, attempts that go wrong."""

from __future__ import annotations

from program_choices import Number
from program_mates import Mates


class Replies(Mates):
    """Statements over the dicts that `replied` and `graded` give, `Card(**row)`, and loops of attempts."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.replying = [self.reply, self.spread, self.attempts, self.records_in_stages]

    def statement(self) -> list[str]:
        """Any statement, these ones among them."""
        return self.one(self.replying)() if self.chance(15) else super().statement()

    def row(self) -> str:
        """A dict whose keys are names of parameters, mostly."""
        return self.any_of(
            lambda: f"replied({self.int_(1)})",
            lambda: f"graded({self.int_(1)})",
            lambda: f"{{'size': {self.int_(1)}, 'items': {self.list_(1)}}}",
            lambda: f"{{**replied({self.int_(0)}), 'size': num({self.int_(0)})}}",
            lambda: self.dict_(1),
        )

    def reply(self) -> list[str]:
        """A reply is read item by item, and sometimes written before."""
        row, i, kept = self.row(), self.int_(1), self.bind(self.new_name("o"))
        return self.any_of(
            lambda: [f"{kept} = {row}", f"for x in {kept}['items'][:3]:", "    note(num(x))"],
            lambda: [f"{kept} = {row}", f"{kept}['size'] = {self.name('o')}", f"say({kept}['size'], num({i}))"],
            lambda: [f"{kept} = [num(y) for x in {self.name('l')}[:3] for y in replied(x)['items']]"],
            lambda: [
                f"{kept} = {row}",
                f"if {kept}['size'] > {i} or not {kept}['items']:",
                f"    {kept}.pop('size')",
                "else:",
                f"    {kept}['items'].append({i})",
                f"note({kept})",
            ],
            lambda: [
                f"match {row}:",
                f"    case {{'size': int(x), 'items': [y, *_], **{kept}}} if x > {i}:",
                "        note(num(y))",
                f"    case {{'size': {kept}}}:",
                f"        note({kept})",
            ],
            lambda: [f"{kept} = sorted([(num(x), [x]) for x in {self.name('l')}[:3]], key=lambda p: p[0])[:2]"],
        )

    def spread(self) -> list[str]:
        """A call that takes its arguments from a list or a dict."""
        o = self.bind(self.new_name("o"))
        rows = f"{self.name('l')}[:3]"
        return self.any_of(
            lambda: [f"{o} = Card(**{self.row()})"],
            lambda: [f"{o} = [Card(**replied(x)).size for x in {rows}]"],
            lambda: [f"{o} = keyword({self.int_(1)}, **{self.row()})"],
            lambda: [f"{o} = keyword(*{self.list_(1)}, **{{'c': num({self.int_(0)})}})"],
            lambda: [f"{o} = {{}}", f"for x in {rows}:", f"    {o}[x] = keyword(x, *[{o}[y] for y in {o} if y < x])"],
            lambda: [f"{o} = dict(more={self.int_(1)}, **{self.row()})"],
            lambda: [f"{o} = Card(**{self.row()}, **{{'mode': Mode.TWO}})"],
        )

    def attempts(self) -> list[str]:
        """Attempts one after the other, each with a way to go on."""
        o, i = self.bind(self.new_name("o")), self.int_(0)
        return [
            f"{o} = []",
            f"for x in {self.iterable(1)}[:4]:",
            "    try:",
            f"        y = {self.one(['num(x)', 'flaky(x)', 'checked(x)'])}",
            *self.one([[], ["        note(x)"], [f"        {o}.append(y)"], ["        y = num(y)"]]),
            f"        if y > {i}:",
            f"            raise {self.one(['KeyError(y)', 'ValueError(x)', 'ValueError'])}",
            "    except ValueError as error:",
            f"        y = {self.one(['ask(x)', 'ask(str(error))', 'y', '-1'])}",
            *self.one([[], ["    except KeyError:", "        y = num(-2)"], ["    finally:", "        note('done')"]]),
            f"    {o}.append({self.one(['y', 'num(x)', 'ask(y)'])})",
        ]

    def records_in_stages(self) -> list[str]:
        """A record that is filled in tries, one after the other."""
        o = self.bind(self.new_name("o"))
        row = self.one(["{}", "{'x': x, 'errors': []}", "replied(x)"])
        first = self.one(["flaky(x)", "num(x)", "checked(x)"])
        second = self.one(["len(row)", "num(row['a'])", "ask(row.get('x'))"])
        failed = self.one(["str(error)", "ask(len(row))", "row.get('a')"])
        again = ["    try:", "        row['c'] = ask(row['a'])", "    except KeyError:", "        note(len(row))"]
        return [
            f"{o} = []",
            f"for x in {self.iterable(1)}[:3]:",
            f"    row = {row}",
            "    try:",
            f"        row['a'] = {first}",
            f"        row['b'] = {second}",
            f"    except {self.one(['ValueError', 'Exception'])} as error:",
            f"        row['failed'] = {failed}",
            *self.one([[], again]),
            f"    {o}.append(row)",
        ]
