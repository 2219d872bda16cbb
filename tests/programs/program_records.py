"""Draws statements over records: dicts with texts for keys, drafts with attributes, and lists of both."""

from __future__ import annotations

from program_builders import Builders
from program_choices import Number

KEYS = ("id", "text", "id", "text", "tags", "more")


class Records(Builders):
    """Statements over dicts `v`, drafts `z`, and lists of records `j` and of drafts `y`."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.recorded = [self.record, self.item, self.item, self.part, self.drafts, self.drafts, self.rows]

    def statement(self) -> list[str]:
        """Any statement, these ones among them."""
        return self.one(self.recorded)() if self.chance(22) else super().statement()

    def fields(self) -> str:
        """The items of a new record."""
        text = self.any_of(lambda: self.str_(1), lambda: f"ask({self.str_(0)})")
        number = self.any_of(lambda: self.int_(1), lambda: f"num({self.int_(0)})", lambda: f"flaky({self.int_(0)})")
        tags = self.any_of(lambda: "[]", lambda: self.list_(1), lambda: self.name("l"))
        return self.one([f"'id': {number}, 'text': {text}, 'tags': {tags}", f"'id': {number}, 'text': {text}"])

    def record(self) -> list[str]:
        """A dict with known keys."""
        v, new = self.name("v"), self.new_name("v")
        value = self.any_of(
            lambda: f"{{{self.fields()}}}",
            lambda: f"{{{self.fields()}}}",
            lambda: f"dict(id={self.int_(1)}, text={self.str_(1)})",
            lambda: f"{{**{v}, 'more': num({v}['id'])}}",
            lambda: f"{v} | {{'text': ask({v}['text'])}}",
            lambda: f"dict({v}, id={self.int_(1)})",
            lambda: f"{v}.copy()",
            lambda: f"{self.one(['scored', 'renamed', 'answered'])}({v})",
            lambda: v,
        )
        return [f"{self.bind(new)} = {value}"]

    def item(self) -> list[str]:
        """One item of a record is read, bound, changed, or gone."""
        if not self.bound["v"]:
            return self.record()
        v, key = self.name("v"), self.one(KEYS)
        return self.any_of(
            lambda: [f"{v}['id'] = {self.int_(1)}"],
            lambda: [f"{v}['text'] = ask({v}['text'])"],
            lambda: [f"{v}['more'] = num({v}.get('id', 0))"],
            lambda: [f"{v}['id'] += {self.one(['1', self.int_(1)])}"],
            lambda: [f"{v}['tags'] = {self.list_(1)}"],
            lambda: [f"{v}['tags'].append({self.int_(1)})"],
            lambda: [f"{self.bind(self.new_name('i'))} = {v}['id']"],
            lambda: [f"{self.bind(self.new_name('s'))} = f\"{{{v}['text']}} {{{v}.get('id')}}\""],
            lambda: [f"{self.bind(self.new_name('s'))} = ask({v}['text'])"],
            lambda: [f"note({v}['{key}'])"],
            lambda: [f"note({v}.get('{key}'))"],
            lambda: [f"del {v}['{key}']"],
            lambda: [f"{v}.pop('{key}', None)"],
            lambda: [f"{v}[{self.str_(1)}] = {self.int_(1)}"],
            lambda: [f"{v}.setdefault('{key}', {self.int_(1)})"],
        )

    def part(self) -> list[str]:
        """Records as a whole: merged, shared, given to helpers, changed on some paths."""
        if not self.bound["v"]:
            return self.record()
        v = self.name("v")
        return self.any_of(
            lambda: [f"{v}.update(id={self.int_(1)}, text=ask({v}['text']))"],
            lambda: [f"{v}.update({{'more': num({v}['id'])}})"],
            lambda: [f"{v}.update(answered({v}))"],
            lambda: [f"{v} |= {self.name('v')}"],
            lambda: [f"planned({v})"],
            lambda: [f"note({v})"],
            lambda: [f"{self.bind(self.new_name('s'))} = ask(str({v}))"],
            lambda: [f"SHARED.append({v})"],
            lambda: [f"{v}['inner'] = {self.name('v')}"],
            lambda: [f"if {v}['id'] > {self.int_(1)}:", f"    {v}['text'] = {self.str_(1)}"],
            lambda: [f"if {self.cond()}:", f"    {v} = {{{self.fields()}}}"],
            lambda: [f"for x in {self.iterable(1)}[:3]:", f"    {v}['id'] = num({v}['id']) + x"],
            lambda: [f"for x in {self.iterable(1)}[:3]:", f"    {v}['tags'].append(num(x))"],
            lambda: [
                "try:",
                f"    {v}['id'] = flaky({v}['id'])",
                f"    {v}['text'] = ask({v}['id'])",
                "except ValueError:",
                f"    {v}['text'] = 'failed'",
                f"note({v})",
            ],
            lambda: [f"{v} = {self.one(['scored', 'renamed'])}({v})"],
        )

    def drafts(self) -> list[str]:
        """Objects whose attributes are bound anew, by name and by functions and methods."""
        z = self.name("z")
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('z'))} = Draft({self.int_(1)})"],
            lambda: [f"{self.bind(self.new_name('z'))} = Draft({self.int_(1)})", f"note({self.name('z')}.run())"],
            lambda: [f"{z}.plan = ask({z}.topic)"],
            lambda: [f"{z}.facts = [num(x) for x in {self.list_(1)}[:2]]"],
            lambda: [f"{z}.facts.append({self.int_(1)})"],
            lambda: [f"{z}.score += {self.int_(1)}"],
            lambda: [f"{z}.make_plan()", f"{z}.gather({self.int_(1)})"],
            lambda: [f"{z}.write()"],
            lambda: [f"drafted({z})"],
            lambda: [f"{self.bind(self.new_name('z'))} = drafted({z})"],
            lambda: [f"note({z}.{self.one(['plan', 'topic', 'facts', 'score', 'text'])})"],
            lambda: [f"{self.bind(self.new_name('s'))} = f'{{{z}.plan}} {{{z}.facts}}'"],
            lambda: [f"if {self.cond()}:", f"    {z}.plan = {self.str_(1)}"],
            lambda: [f"SHARED.append({self.one([z, f'{z}.facts'])})"],
            lambda: [f"for x in {self.iterable(1)}[:3]:", f"    {z}.score = num({z}.score) + x"],
            lambda: [
                "try:",
                f"    {z}.score = flaky({self.int_(1)})",
                f"    {z}.plan = ask({z}.score)",
                "except ValueError as e:",
                f"    {z}.plan = str(e)",
            ],
        )

    def rows(self) -> list[str]:
        """Lists of records and of drafts, gone over again and again."""
        j, y, v, z = self.name("j"), self.name("y"), self.fresh("v"), self.fresh("z")
        source = self.list_(1)
        return self.any_of(
            lambda: [f"{self.bind(self.new_name('j'))} = [{{'id': x, 'text': str(x)}} for x in {source}[:3]]"],
            lambda: [f"{self.bind(self.new_name('j'))} = [{{'id': num(x), 'tags': []}} for x in {source}[:3]]"],
            lambda: [f"{self.bind(self.new_name('y'))} = [Draft(x) for x in {source}[:3]]"],
            lambda: [f"for {v} in {j}:", f"    {v}['more'] = num({v}['id'])"],
            lambda: [f"for {v} in {j}:", f"    {v}['text'] = ask({v}['id'])"],
            lambda: [f"for {v} in {j}:", f"    {v}['id'] += 1", f"    note({v})"],
            lambda: [f"for {v} in {j}:", f"    {v}.setdefault('tags', []).append(num({v}['id']))"],
            lambda: [f"for i, {v} in enumerate({j}):", f"    {v}['id'] = i + num({v}['id'])"],
            lambda: [f"for {z} in {y}:", f"    {z}.make_plan()"],
            lambda: [f"for {z} in {y}:", f"    {z}.gather({self.int_(1)})", f"    {z}.write()"],
            lambda: [f"for {z} in {y}:", f"    {z}.score = num({z}.topic)"],
            lambda: [f"{j}.append({self.name('v')})"],
            lambda: [f"{y}.append({self.name('z')})"],
            lambda: [f"note([{v}.get('id') for {v} in {j}])"],
            lambda: [f"{self.bind(self.new_name('l'))} = [num({v}['id']) for {v} in {j}]"],
            lambda: [f"note([({z}.plan, {z}.score) for {z} in {y}])"],
            lambda: [f"{j}.sort(key=lambda x: x['id'])"],
            lambda: [f"{self.bind(z)} = max({y}, key=lambda x: x.score)", f"{z}.score += 1"],
            lambda: [f"if {j}:", f"    {j}[0]['id'] = {self.int_(1)}"],
        )
