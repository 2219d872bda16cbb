"""What attributes of owned objects hold, as values of their own: for as long as nobody binds them anew.

    class Agent:                                    %0 = call @Agent("critic")
        def answer(self, question):                 %1 = call pure total @self.role(%0)
            reply = ask(self.role + question)
            self.seen.append(reply)                 what an answer does makes the next version of %0, and leaves %1

An object's attributes that can't change but by being bound anew are read once, when it is made or a loop gives it; a
function that it is lent to gets them beside it. So code that reads nothing else of an object waits for none of what is
done to it: the next question is asked while the one before has no reply yet.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from xdsl.ir import SSAValue

from ....diagnostics.effect import Effect
from ....dialect.operation import hint_name
from ...effects.abstract_type import AbstractType, InstanceType
from ...effects.lattice import is_data, is_immutable
from ...effects.scope import spelled_in
from ...effects.summary import CodeSummary, Summary
from ...syntax_parts import parts_of_syntax, syntax_inside
from ..source.class_attributes import assigned_at_first, names_in_methods, names_in_reach
from ..source.segment import Segment
from ..source.syntax import load_name
from ..values import Owned, Value, containers_in
from .leaf_ops import LeafStager


class AttributeStager(LeafStager):
    """The layer of what attributes hold."""

    # A layer above provides this.
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
            self.read_attributes(made)
        return made

    def read_attributes(self, owned: Owned) -> None:
        """Called where an object is made, or comes from: what its attributes hold that can't change."""
        known = self.state.type_of(owned)
        if not isinstance(known, InstanceType) or not self.is_sealed(owned):
            return
        used = (self._attribute_names | names_in_methods(known.cls)) & assigned_at_first(known.cls)
        lasting = ((name, part) for name, part in known.attributes if name in used and is_immutable(part))
        held = {name: self._read(owned, name, part) for name, part in lasting}
        if held:
            self.state.update(owned, attributes=held)

    def _read(self, owned: Owned, name: str, known: AbstractType) -> Value:
        read = ast.Attribute(ast.Name("self", ast.Load()), name, ast.Load())
        made = Segment(ast.fix_missing_locations(read), ("self",), (), self.scope)
        segment = self.program.loads.setdefault((id(self.scope), made.name, made.inputs, ()), made)
        summary = Summary(Effect.PURE, result=known)
        ssa = self.emit_leaf(segment, made.name, [owned], (), summary, {"source": made.name}, total=True)
        hint_name(ssa, name)
        return super().value_of(ssa, summary)

    def attribute_held(self, base: ast.expr, name: str) -> Value | None:
        """What an attribute of an object of ours holds, if that is known as a value."""
        owned = self.state.names.get(base.id) if isinstance(base, ast.Name) else None
        if not isinstance(owned, Owned) or not self.is_owned(owned):
            return None
        return self.state.heap[owned].attributes.get(spelled_in(self.scope.class_name, name))

    def with_attributes_held(self, node: ast.expr) -> ast.expr:
        """An expression that has no other use for an object, with names for such values in the place of attributes."""
        names = self.program.names([node])
        read = {name: self.state.names[name] for name in names.read - names.bound if name in self.state.names}
        found: dict[tuple[str, str], Value] = {}
        for name, owned in read.items():
            if not isinstance(owned, Owned) or not self.is_owned(owned) or not self.state.heap[owned].attributes:
                continue
            if any(one is owned for other, held in read.items() if other != name for one in containers_in(held)):
                continue
            known = self.state.heap[owned].attributes
            used = {one: known.get(spelled_in(self.scope.class_name, one)) for one in _uses(node, name)}
            if None not in used.values():
                found.update({(name, attribute): held for attribute, held in used.items() if held is not None})
        if not found or not self._is_evaluated_at_once(node):
            return node
        return _Replaced({place: self.temporary(held) for place, held in found.items()}).visit(copy.deepcopy(node))

    def _is_evaluated_at_once(self, node: ast.expr) -> bool:
        """Whether functions and generators in an expression are gone once it has its value."""
        if not any(isinstance(inner, (ast.Lambda, ast.GeneratorExp)) for inner in syntax_inside(node)):
            return True
        return keeps_no_function(self.describe(node).summary)


def keeps_no_function(summary: Summary) -> bool:
    """Whether functions and generators that a piece of code makes are gone once it has run."""
    return not (summary.unknown_types or summary.writes or summary.mutates) and is_data(summary.result)


class _Replaced(ast.NodeTransformer):
    """Reads names where attributes were read."""

    def __init__(self, names: Mapping[tuple[str, str], str]) -> None:
        self.names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`owner.attribute`."""
        found = self.names.get((node.value.id, node.attr)) if isinstance(node.value, ast.Name) else None
        if found is not None:
            return load_name(found, node)
        self.generic_visit(node)
        return node


def _uses(node: ast.AST, name: str) -> Iterator[str]:
    """The attributes that are read of a name; an empty one for any other use of it."""
    pending = [node]
    while pending:
        inner = pending.pop()
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == name:
            yield inner.attr if isinstance(inner.ctx, ast.Load) else ""
        elif isinstance(inner, ast.Name) and inner.id == name:
            yield ""
        else:
            pending += parts_of_syntax(inner)
