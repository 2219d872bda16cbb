"""Expressions whose value is known while staging: arithmetic on literals, and whether what is an array is None."""

from __future__ import annotations

import ast
import operator
import types
from collections.abc import Mapping
from typing import Any

from ....diagnostics.secrets import is_secret
from ...effects.abstract_type import ANY, NONE
from ...effects.array_results import is_array
from ..source.syntax import placed
from ..values import Closure, LocalFunction, Static, Tracer, Value
from .native import NativeStager

FOLDABLE: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
MAX_FOLDED_INT = 2**63  # beyond that folding could cost more than it saves


class FoldingStager(NativeStager):
    """The layer of values known while staging."""

    def folded(self, node: ast.expr) -> Value | None:
        """The value of arithmetic on literals (loop counters, recursion depths), and of `x is None` for an array."""
        match node:
            case ast.Compare(left=a, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
                is_none = self._is_none(a)
                return None if is_none is None else Static(is_none is isinstance(op, ast.Is))
            case ast.BinOp(left=a, op=op, right=b) | ast.Compare(left=a, ops=[op], comparators=[b]):
                left, right = self._literal(a), self._literal(b)
                apply = FOLDABLE.get(type(op))
                if left is None or right is None or apply is None:
                    return None
                try:
                    result = apply(left.value, right.value)
                except Exception:  # the program raises it when it runs
                    return None
                is_big = isinstance(result, int) and abs(result) >= MAX_FOLDED_INT
                return Static(result) if type(result) in (int, float, bool) and not is_big else None
            case ast.UnaryOp(op=ast.Not(), operand=a):
                is_true = self._is_true(a)
                return None if is_true is None else Static(not is_true)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                value = self._literal(a)
                return Static(-value.value) if value is not None else None
            case _:
                return None

    def chosen(self, node: ast.expr) -> ast.expr:
        """What is left of a ternary, an `and` or an `or` that asks first for a function, or whether a name is None."""
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                is_true = self._is_true(test)
                return node if is_true is None else self.chosen(body if is_true else orelse)
            case ast.BoolOp(op=op, values=[first, *rest]):
                is_true = self._is_true(first)
                if is_true is None:
                    return node
                if is_true is isinstance(op, ast.Or):
                    return first
                return self.chosen(rest[0] if len(rest) == 1 else placed(ast.BoolOp(op, rest), rest[0]))
        return node

    def _is_true(self, node: ast.expr) -> bool | None:
        """Whether a name of a function or of None, or a question whether it is None, is true; None: it isn't one."""
        match node:
            case ast.Name(id=name):
                value = self.state.names.get(name)
                if isinstance(value, Static):
                    is_function = type(value.value) in (types.FunctionType, types.BuiltinFunctionType)
                    return True if is_function else False if value.value is None else None
                return True if isinstance(value, (LocalFunction, Closure)) else None
            case ast.Compare(left=ast.Name() as asked, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]):
                is_none = self._is_none(asked) if isinstance(right, ast.Constant) and right.value is None else None
                return None if is_none is None else is_none is isinstance(op, ast.Is)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                is_true = self._is_true(inner)
                return None if is_true is None else not is_true
        return None

    def _is_none(self, node: ast.expr) -> bool | None:
        """Whether an array, or a local name without a value, is None; None where only running tells."""
        value = self.state.names.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(value, (Static, LocalFunction, Closure)):
            return isinstance(value, Static) and value.value is None
        known = self.type_of(value) if isinstance(value, Tracer) else ANY
        return True if known == NONE else False if is_array(known) else None

    def note_secrets(self, bound: Mapping[str, Value]) -> None:
        """Of what parameters are given, or have by default, what is secret by their names stays so."""
        for name, value in bound.items():
            if isinstance(value, Static) and type(value.value) is str and is_secret(value.value, name):
                self.program.symbols.note_secret(value.value)

    def _literal(self, node: ast.expr) -> Static | None:
        if isinstance(node, ast.Constant):
            value: Value | None = Static(node.value)
        elif isinstance(node, ast.Name):
            value = self.state.names.get(node.id)
        elif isinstance(node, (ast.BinOp, ast.UnaryOp)):
            value = self.folded(node)
        else:
            return None
        return value if isinstance(value, Static) and type(value.value) in (int, float, bool) else None
