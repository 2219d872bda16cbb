"""Expressions of which only a part may be evaluated: conditional ones, `and`, `or`, chained comparisons."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ....diagnostics.effect import Effect
from ...effects.lattice import is_immutable
from ..source.syntax import load_name, placed
from ..values import Unstageable, Value
from .branches import BranchStager, Completion


class ConditionStager(BranchStager):
    """The layer of conditional expressions."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """Ternaries, `and`, `or`, chained comparisons."""
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.choose(self.stage_condition(test), lambda: body, lambda: orelse)
            case ast.BoolOp(op=op, values=values):
                return self._stage_bool(isinstance(op, ast.And), values)
            case ast.Compare(left=left, ops=ops, comparators=comparators) if len(ops) > 1:
                return self._stage_chain(left, ops, comparators)
            case ast.NamedExpr(target=target, value=value):
                held = self.stage_expression(value)
                self.bind(target.id, held)
                return held
            case _:
                return None

    def stage_condition(self, node: ast.expr) -> Value:
        """A value that is as true as an expression; operands of `and` and `or` are asked once each, as Python does."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.BoolOp):
            held = load_name(self.temporary(self.stage_condition(node.operand)), node)
            return self.stage_expression(placed(ast.UnaryOp(node.op, held), node))
        node = self.chosen(node)
        if not isinstance(node, ast.BoolOp):
            return self.stage_expression(node)
        if (told := self.stage_repeated(node)) is not None:
            return told
        start = self.mark()
        try:
            if self.has_gain(node):
                return self._stage_bool(isinstance(node.op, ast.And), node.values, is_condition=True)
            if not is_immutable(self.describe(node).summary.result):
                yes, no = (placed(ast.Constant(value), node) for value in (True, False))
                return self.stage_native_expression(placed(ast.IfExp(node, yes, no), node))
        except Unstageable:
            self.go_back(start)
        return self.stage_expression(node)

    def choose(
        self,
        condition: Value,
        then: Callable[[], ast.expr],
        orelse: Callable[[], ast.expr],
        stage: Callable[[ast.expr], Value] | None = None,
    ) -> Value:
        """One of two expressions."""
        stage = stage or self.stage_expression
        known = self.truth(condition)
        if known is not None:
            return stage(then() if known else orelse())
        live = set(self.state.names) | self.function_names.bound

        def side(make: Callable[[], ast.expr]) -> Callable[[], Completion]:
            return lambda: Completion("falls", stage(make()))

        result = self.branch(condition, side(then), side(orelse), live)
        assert result.value is not None
        return result.value

    def _stage_bool(self, is_and: bool, values: list[ast.expr], is_condition: bool = False) -> Value:
        stage = self.stage_condition if is_condition else self.stage_expression
        first = stage(values[0])
        if len(values) == 1:
            return first
        held: ast.expr = load_name(self.temporary(first), values[0])
        if is_condition and self.truth_effect(first).effect is not Effect.PURE:
            held = placed(ast.Constant(not is_and), values[0])  # what has been asked isn't asked again
        rest: ast.expr = values[1]
        if len(values) > 2:
            rest = placed(ast.BoolOp(ast.And() if is_and else ast.Or(), values[1:]), values[1])
        return self.choose(first, lambda: rest if is_and else held, lambda: held if is_and else rest, stage)

    def _stage_chain(self, left: ast.expr, ops: list[ast.cmpop], comparators: list[ast.expr]) -> Value:
        a = self.compute(left)
        b = self.compute(comparators[0])
        first = self.compute(placed(ast.Compare(a, ops[:1], [b]), left))
        rest = placed(ast.Compare(b, ops[1:], comparators[1:]), left)
        return self.choose(self.stage_expression(first), lambda: rest, lambda: first)
