"""What parts of owned objects hold, as values of their own: attributes of objects, items of dicts under texts.

    class Agent:                                    %0 = call @Agent("critic")
        def answer(self, question):                 %1 = call pure total @self.role(%0)
            reply = ask(self.role + question)
            self.last = reply                       what an answer does makes the next version of %0, and leaves %1
            self.seen.append(reply)

    note = {"topic": topic}                         %3 = call @{"topic": topic}(%2)
    note["plan"] = ask(note["topic"])               %4 = call @ask(%2), and the next version of %3 when it is there
    note["facts"] = ask(note["topic"] + "?")        waits for %2 alone

Attributes that can't change but by being bound anew, or hold what others see anyway, are read once, when an object is
made or a loop gives it; an item is known from the display that makes its dict; both from what is stored there. A
function that the object is lent to gets them beside it, and gives those that it binds anew. So code that reads nothing
else of an object waits for none of what is done to it: the next question is asked while the one before has no reply.
"""

from __future__ import annotations

import ast
import copy
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from xdsl.ir import SSAValue

from ....diagnostics.effect import Effect
from ....dialect.operation import hint_name
from ...effects.abstract_type import AbstractType, InstanceType, StaticType
from ...effects.classes import has_plain_attributes
from ...effects.lattice import is_data, is_immutable
from ...effects.scope import spelled_in
from ...effects.seal import SealedBut, is_open
from ...effects.summary import CodeSummary, Summary
from ...syntax_parts import parts_of_syntax, syntax_inside
from ..source.class_attributes import assigned_at_first, is_stored_by_itself, names_in_methods, names_in_reach
from ..source.segment import Segment
from ..source.syntax import load_name
from ..values import Owned, Static, Tracer, Value, containers_in
from .leaf_ops import LeafStager

DICTS = (dict, OrderedDict, defaultdict)


class PartStager(LeafStager):
    """The layer of what parts hold."""

    # Layers above provide these.
    def static_of(self, node: ast.expr) -> object:
        """The object a name or attribute chain is known to mean, else None."""
        raise NotImplementedError

    def describe(self, node: ast.expr | ast.stmt) -> CodeSummary:
        """Effect and types of a piece of code, with what is known here."""
        raise NotImplementedError

    function: Any  # that is being staged

    @cached_property
    def _attribute_names(self) -> frozenset[str]:
        """Names of attributes, among others, that the function uses, and those that it calls."""
        return names_in_reach(self.function)

    def value_of(self, ssa: SSAValue, summary: Summary) -> Value:
        """What a name is bound to that gets the result of the call emitted last."""
        made = super().value_of(ssa, summary)
        if isinstance(made, Owned):
            self.read_parts(made)
        return made

    def read_parts(self, owned: Owned) -> None:
        """Called where an object is made, or comes from: what its attributes hold that can't change, or others have."""
        known = self.state.type_of(owned)
        seal = self.seal_of(owned)
        if not isinstance(known, InstanceType) or seal is None:
            return
        used = (self._attribute_names | names_in_methods(known.cls)) & assigned_at_first(known.cls)
        found = [(name, part) for name, part in known.attributes if name in used]
        lasting = ((name, part) for name, part in found if _lasts(part) or is_open(known.cls, name, seal))
        held = {name: self._read(owned, name, part, seal) for name, part in lasting}
        if held:
            self.state.update(owned, parts=held)

    def _read(self, owned: Owned, name: str, known: AbstractType, seal: SealedBut) -> Value:
        read = ast.Attribute(ast.Name("self", ast.Load()), name, ast.Load())
        made = Segment(ast.fix_missing_locations(read), ("self",), (), self.scope)
        segment = self.program.loads.setdefault((id(self.scope), made.name, made.inputs, ()), made)
        summary = Summary(Effect.PURE, result=known)
        ssa = self.emit_leaf(segment, made.name, [owned], (), summary, {"source": made.name}, total=True)
        hint_name(ssa, name)
        return Tracer(ssa, known, seal.places)

    def keep_items(self, made: Owned, node: ast.expr) -> None:
        """Called where an expression has made a dict: what its items hold."""
        items: dict[str, Value] = {}
        self._merge(items, [None], [node])
        held = {key: value for key, value in items.items() if self._may_be_part(made, key, value)}
        if held:
            keys = [key.value for key in getattr(node, "keys", ()) if isinstance(key, ast.Constant)]
            is_all = isinstance(node, ast.Dict) and len(held) == len(node.keys) and held.keys() == set(keys)
            self.state.update(made, parts=AllParts(held) if is_all else held)

    def items_added(self, call: ast.Call) -> tuple[Owned, Mapping[str, Value | None]] | None:
        """The dict of ours that `d.update(...)` changes, with all items that it binds; None if it may bind others."""
        match call.func:
            case ast.Attribute(value=ast.Name() as base, attr="update") if (owned := self._own_dict(base)) is not None:
                pass
            case _:
                return None
        added: dict[str, Value | None] = {}
        for given in call.args:
            other = self._own_dict(given)
            if isinstance(given, ast.Dict) and None not in (keys := [_text(key) for key in given.keys]):
                added |= dict(zip(keys, map(self.plain_value, given.values), strict=True))  # type: ignore[arg-type]
            elif other is not None and isinstance(parts := self.state.heap[other].parts, AllParts):
                added |= parts
            else:
                return None
        if any(one.arg is None for one in call.keywords):
            return None
        return owned, {**added, **{str(one.arg): self.plain_value(one.value) for one in call.keywords}}

    def keep_added(self, owned: Owned, before: Mapping[str, Value], added: Mapping[str, Value | None]) -> None:
        """Called where these parts have been bound, to values that are known or not; `before`: the parts then."""
        if self.is_owned(owned):
            held = {part: value for part, value in before.items() if part not in added}
            new = {
                part: value
                for part, value in added.items()
                if value is not None and self._may_be_part(owned, part, value)
            }
            self.state.update(owned, parts={**held, **new})

    def _merge(self, held: dict[str, Value], keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> None:
        """Add items as a display does, in which a missing key spreads a dict: later ones hide earlier ones."""
        for key, node in zip(keys, values, strict=True):
            if key is None:
                self._spread(held, node)
            elif not isinstance(key, ast.Constant):
                held.clear()  # it may be equal to any of the others
            elif isinstance(key.value, str):
                held.pop(key.value, None)
                if (value := self.plain_value(node)) is not None:
                    held[key.value] = value

    def _spread(self, held: dict[str, Value], node: ast.expr) -> None:
        match node:
            case ast.Dict(keys=keys, values=values):
                self._merge(held, keys, values)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                self._merge(held, [None, None], [left, right])
            case ast.Call(func=ast.Attribute(value=ast.Name() as base, attr="copy"), args=[], keywords=[]):
                self._spread(held, base)
            case ast.Call(args=given, keywords=added) if (cls := self._class_of_dict(node.func)) is not None:
                given = given[1:] if cls is defaultdict else given
                self._merge(held, [None] * len(given), given)
                names = [None if one.arg is None else ast.Constant(one.arg) for one in added]
                self._merge(held, names, [one.value for one in added])
            case _:
                owned = self._own_dict(node)
                held.clear()  # it may have any other keys
                held.update({} if owned is None else self.state.heap[owned].parts)

    def _class_of_dict(self, node: ast.expr) -> type | None:
        cls = self.static_of(node)
        return next((one for one in DICTS if one is cls), None)

    def _own_dict(self, node: ast.expr) -> Owned | None:
        value = self.state.names.get(node.id) if isinstance(node, ast.Name) else None
        return value if isinstance(value, Owned) and value.cls in DICTS and self.is_owned(value) else None

    def plain_value(self, node: ast.expr) -> Value | None:
        """The value of a name or literal that stands for a part."""
        return self.literal(node) if isinstance(node, ast.Constant) else self.state.names.get(getattr(node, "id", ""))

    def _may_be_part(self, owned: Owned, part: str, value: Value) -> bool:
        """Whether a value can stand for a part: what nobody else sees is led to by its owner alone."""
        if not isinstance(value, (Static, Tracer)):
            return False
        return self.is_inert(value) or is_open(owned.cls, part, self.seal_of(owned))

    def part_stored(self, target: ast.expr) -> tuple[Owned, str] | None:
        """The owned object and its part that an assignment binds, and nothing else with it."""
        match target:
            case ast.Attribute(value=ast.Name(id=name), attr=part):
                owned = self.state.names.get(name)
                if not isinstance(owned, Owned) or not self.is_owned(owned):
                    return None
                known = self.state.type_of(owned)
                part = spelled_in(self.scope.class_name, part)
                is_plain = isinstance(known, InstanceType) and has_plain_attributes(known.cls)
                if not is_plain or not is_stored_by_itself(known.cls, part):  # type: ignore[union-attr]
                    return None
                self.program.rely_on_class(known.cls, part)  # type: ignore[union-attr]
                return owned, part
            case ast.Subscript(value=ast.Name() as base, slice=ast.Constant(value=str() as key)):
                owned = self._own_dict(base)
                return None if owned is None else (owned, key)
            case _:
                return None

    def part_held(self, node: ast.expr) -> Value | None:
        """What an expression gives, if it reads a part of an object of ours that is known as a value."""
        if (read := part_read(node)) is None:
            return None
        return self._held(self.state.names.get(read.name), read)

    def _held(self, owned: Value | None, read: PartRead) -> Value | None:
        if not isinstance(owned, Owned) or not self.is_owned(owned) or read.is_item != (owned.cls in DICTS):
            return None
        parts = self.state.heap[owned].parts
        return parts.get(read.part if read.is_item else spelled_in(self.scope.class_name, read.part))

    def with_parts_held(self, node: ast.expr) -> ast.expr:
        """An expression that has no other use for an object, with names for such values in the place of its parts."""
        names = self.program.names([node])
        read = {name: self.state.names[name] for name in names.read - names.bound if name in self.state.names}
        found: dict[tuple[str, str], Value] = {}
        for name, owned in read.items():
            if not isinstance(owned, Owned) or not self.is_owned(owned) or not self.state.heap[owned].parts:
                continue
            if any(one is owned for other, held in read.items() if other != name for one in containers_in(held)):
                continue
            uses = list(_uses(node, name, owned.cls in DICTS))
            known = {one.part: self._held(owned, one) for one in uses if one is not None}
            if None not in uses and None not in known.values():
                found.update({(name, part): held for part, held in known.items() if held is not None})
        if not found or not self._is_evaluated_at_once(node):
            return node
        return _Replaced({place: self.temporary(held) for place, held in found.items()}).visit(copy.deepcopy(node))

    def _is_evaluated_at_once(self, node: ast.expr) -> bool:
        """Whether functions and generators in an expression are gone once it has its value."""
        if not any(isinstance(inner, (ast.Lambda, ast.GeneratorExp)) for inner in syntax_inside(node)):
            return True
        return keeps_no_function(self.describe(node).summary)


def _lasts(part: AbstractType) -> bool:
    """Whether what an attribute holds stays as it is until the attribute is bound anew; functions and classes do."""
    return isinstance(part, StaticType) or is_immutable(part)


def keeps_no_function(summary: Summary) -> bool:
    """Whether functions and generators that a piece of code makes are gone once it has run."""
    return not (summary.unknown_types or summary.writes or summary.mutates) and is_data(summary.result)


class AllParts(dict[str, Value]):
    """What all items of a dict hold."""


def _text(key: ast.expr | None) -> str | None:
    """A key that is written as text; None for any other one."""
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


class PartRead(NamedTuple):
    """An expression that reads a part of what a name is bound to: an attribute, or an item under a text."""

    name: str
    part: str
    is_item: bool


def part_read(node: ast.AST) -> PartRead | None:
    """What part of what an expression reads; None for any other expression."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=part, ctx=ast.Load()):
            return PartRead(name, part, False)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as part), ctx=ast.Load()):
            return PartRead(name, part, True)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="get"),
            args=[ast.Constant(value=str() as part)] | [ast.Constant(value=str() as part), ast.Constant()],
            keywords=[],
        ):
            return PartRead(name, part, True)
        case _:
            return None


class _Replaced(ast.NodeTransformer):
    """Reads names where parts were read."""

    def __init__(self, names: Mapping[tuple[str, str], str]) -> None:
        self.names = names

    def visit(self, node: ast.AST) -> Any:
        """Any syntax."""
        read = part_read(node)
        found = None if read is None else self.names.get((read.name, read.part))
        return load_name(found, node) if found is not None else self.generic_visit(node)


def _uses(node: ast.AST, name: str, is_dict: bool) -> Iterator[PartRead | None]:
    """The parts that are read of a name; None for any other use of it."""
    pending = [node]
    while pending:
        inner = pending.pop()
        read = part_read(inner)
        if read is not None and read.name == name and read.is_item == is_dict:
            yield read
        elif isinstance(inner, ast.Name) and inner.id == name:
            yield None
        else:
            pending += parts_of_syntax(inner)
