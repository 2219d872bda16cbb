"""Methods of a receiver of one of several classes: in each class the method is looked into as if there were no other.

    for grader in graders:              (grader.grade(essay) if type(grader) is Strict
        grader.grade(essay)                 else grader.grade(essay))

where each side knows the class. Looking a method up that stands in all of these classes runs no code.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...effects.abstract_type import InstanceType, UnionType
from ...effects.summary import Summary
from ..expressions.calls import class_function
from ..expressions.leaf_ops import is_ownable
from ..source.syntax import call_node, load_name, placed
from ..values import Static, Tracer, Value
from .conditions import ConditionStager

MAX_CLASSES = 4  # more would make programs long


class ReceiverClassStager(ConditionStager):
    """The layer of methods that stand in several classes."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """Calls of such methods; everything else from below."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                receiver = self.state.names.get(name)
                if isinstance(receiver, Tracer) and (found := self._classes(receiver, method, node)):
                    return self._by_class(node, receiver, found)
        return super().stage_control(node)

    def _classes(self, receiver: Tracer, method: str, node: ast.Call) -> Sequence[InstanceType]:
        """The classes of a receiver, if there are several, all have the method, and looking into one may gain."""
        known = self.type_of(receiver)
        if not isinstance(known, UnionType) or len(known.members) > MAX_CLASSES:
            return ()
        found = [one for one in known.members if isinstance(one, InstanceType) and is_ownable(one.cls)]
        functions = [class_function(one.cls, method) for one in found if method not in dict(one.attributes)]
        if len(functions) < len(known.members) or any(isinstance(one, ast.Starred) for one in node.args):
            return ()
        if self.program.names([node]).bound:  # `grader.grade(grader := other)` is to ask the class of the first
            return ()
        summary: Summary = self.describe(node).summary
        if any(one is None or not self.program.gains_as_function(one, summary) for one in functions):
            return ()
        for one in found:
            self.program.rely_on_class(one.cls, method)
        return sorted(found, key=str)

    def _by_class(self, node: ast.Call, receiver: Tracer, classes: Sequence[InstanceType]) -> Value:
        """The call for each class on a side of its own."""
        assert isinstance(node.func, ast.Attribute)
        args = [one if self.is_trivial(one) else self.compute(one) for one in node.args]
        keywords = [
            ast.keyword(one.arg, one.value if self.is_trivial(one.value) else self.compute(one.value))
            for one in node.keywords
        ]

        def call(known: InstanceType) -> ast.expr:
            named = load_name(self.temporary(Tracer(receiver.ssa, known, receiver.places)), node)
            function = placed(ast.Attribute(named, node.func.attr, ast.Load()), node)  # type: ignore[attr-defined]
            return placed(ast.Call(function, args, keywords), node)

        first, *others = classes
        if not others:
            return self.stage_expression(call(first))
        cls = call_node(load_name(self.temporary(Static(type)), node), [node.func.value])
        test = placed(ast.Compare(cls, [ast.Is()], [load_name(self.temporary(Static(first.cls)), node)]), node)
        rest = placed(ast.Call(node.func, args, keywords), node)
        return self.choose(
            self.stage_expression(test),
            lambda: call(first),
            lambda: rest,
            lambda one: self._by_class(rest, receiver, others) if one is rest else self.stage_expression(one),
        )
