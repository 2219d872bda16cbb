"""Array code: operators, items, attributes, methods and functions of arrays as ops that can fuse into one kernel.

Facts about arrays (`.shape`, `len`) and conversions to Python's numbers (`float`, `.tolist()`) stay native code.
"""

from __future__ import annotations

import ast
import operator
import types
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation

from ....diagnostics.effect import Effect
from ....lowering.array_access import ArrayAccess
from ...effects.abstract_type import StaticType
from ...effects.array_methods import FACTS
from ...effects.array_results import array_kind, is_array, is_array_data
from ...effects.infer import infer_call
from ...effects.known import known
from ...effects.lattice import members
from ...effects.scope import Found, find
from ...effects.staged_calls import follows_callbacks
from ...effects.summary import Summary
from ..source.syntax import load_name, placed
from ..values import Static, Tracer, TupleValue, Value
from .array_syntax import COMPUTED_ATTRIBUTES, OPERATORS, OUTSIDE_OF_KERNELS, index_text
from .native import ARRAY_FACT, looks_outside
from .repeated_calls import RepeatedCallStager


class ArrayStager(RepeatedCallStager):
    """The layer of arrays.

    What is to be done is decided before anything is emitted: what runs natively must not have been staged in part.
    """

    def emit_array(
        self, function: Any, kind: str, positional: Sequence[Value], keyword: Sequence[tuple[str, Value]]
    ) -> Value:
        """A call of a JAX or NumPy function."""
        args = [self.type_of(value) for value in positional]
        summary = infer_call(function, args, {name: self.type_of(value) for name, value in keyword})
        name = getattr(function, "__name__", type(function).__name__)
        hint = f"{'jnp' if kind == 'jax' else 'np'}.{name}"
        passed = [*positional, *(value for _, value in keyword)]
        is_followed = not any(map(_may_look_outside, passed)) or follows_callbacks(function)
        is_closed = is_followed and not looks_outside(summary)
        array = kind if is_closed and is_computation(summary) else None
        ssa = self.emit_leaf(function, hint, positional, keyword, summary, array=array)
        self.remember_array(function, positional, keyword, ssa, summary)
        return Tracer(ssa, summary.result)

    def stage_array_operation(self, node: ast.expr) -> Value:
        """An operator, item or attribute, with an array among its operands."""
        match node:
            case ast.BinOp(left=a, op=op, right=b) | ast.Compare(left=a, ops=[op], comparators=[b]):
                value = self._operator(node, OPERATORS.get(type(op)), [a, b])
            case ast.UnaryOp(op=op, operand=a):
                value = self._operator(node, OPERATORS.get(type(op)), [a])
            case ast.Subscript(value=array, slice=index):
                access = index_text(index)
                value = None if access is None else self._access(node, array, *access)
            case ast.Attribute(value=array, attr=name) if name in COMPUTED_ATTRIBUTES:
                value = self._access(node, array, f".{name}", [])
            case _:
                value = None
        return self.stage_native_expression(node) if value is None else value

    def stage_array_method(self, node: ast.Call) -> Value | None:
        """A call of a method of an array that gives an array; None if it isn't one. Looked up after its arguments."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr in OUTSIDE_OF_KERNELS:
            return None
        array, text, parts = node.func.value, f".{node.func.attr}", []
        match array:
            case ast.Subscript(value=ast.Attribute(value=updated, attr="at"), slice=index):
                access = index_text(index)
                if access is None:
                    return None
                array, text, parts = updated, f".at{access[0]}{text}", access[1]
        return self._access(node, array, text, parts)

    def stage_plain(self, node: ast.expr) -> Value:
        """An expression with nothing to gain; a fact about an array is marked as one, for the kernels that need it."""
        match node:
            case ast.Attribute(value=ast.Name() as array, attr=name) if name in FACTS:
                text = f".{name}"
            case ast.Subscript(value=ast.Attribute(value=ast.Name() as array, attr="shape"), slice=index):
                axis = index_text(index)
                text = f".shape{axis[0]}" if axis is not None and not axis[1] else ""
            case _:
                return self.stage_native_expression(node)
        kind = self._kind_of([array]) if text and array.id in self.state.names else None
        if kind is None:
            return self.stage_native_expression(node)
        function = ArrayAccess.of(text)
        value = self._emit(node, function, function.__name__, None, [array], [])
        if isinstance(value, Tracer) and isinstance(value.ssa.owner, Operation):
            value.ssa.owner.attributes[ARRAY_FACT] = StringAttr(self._kind_here(kind))
        return value

    def _operator(self, node: ast.expr, name: str | None, operands: Sequence[ast.expr]) -> Value | None:
        kind = None if name is None else self._kind_of(operands)
        if name is None or kind is None:
            return None
        return self._emit(node, getattr(operator, name), f"operator.{name}", kind, operands, [])

    def _access(self, node: ast.expr, array: ast.expr, text: str, parts: Sequence[ast.expr]) -> Value | None:
        arguments = node.args if isinstance(node, ast.Call) else []
        keywords = node.keywords if isinstance(node, ast.Call) else []
        if any(isinstance(one, ast.Starred) for one in arguments) or any(one.arg is None for one in keywords):
            return None
        kind = self._kind_of([array])
        if kind is None or not is_computation(self.describe(node).summary, needs_array=True):
            return None
        if not all(is_array_data(self.describe(part).summary.result) for part in parts):
            return None
        function = ArrayAccess.of(text, len(parts), is_call=isinstance(node, ast.Call))
        return self._emit(node, function, function.__name__, kind, [array, *parts, *arguments], keywords)

    def _kind_of(self, operands: Sequence[ast.expr]) -> str | None:
        """What computes: JAX if one of the arrays is its own, else NumPy; None where there is no array."""
        kinds = set()
        for operand in operands:
            found = self.describe(operand).summary.result
            kinds |= {array_kind(part) for part in members(found)} if is_array(found) else set()
        return "jax" if "jax" in kinds else "numpy" if kinds else None

    def _emit(
        self,
        node: ast.expr,
        function: Any,
        hint: str,
        kind: str | None,
        operands: Sequence[ast.expr],
        keywords: Sequence[ast.keyword],
    ) -> Value:
        """Stage the operands in order, then the operation on them."""
        renamed: dict[ast.expr, ast.expr] = {}
        values = [self._operand(operand, renamed) for operand in operands]
        named = [(str(one.arg), self._operand(one.value, renamed)) for one in keywords]
        self.at(node)
        summary = self.describe(_replaced(node, renamed)).summary
        keys: dict[int | str, int | str] = {}
        for place, one in [*enumerate(operands), *((str(k.arg), k.value) for k in keywords)]:
            name = renamed.get(one, one)
            if isinstance(name, ast.Name):
                keys.setdefault(name.id, place)
        summary = summary.renamed(keys)
        array = self._kind_here(kind) if kind is not None and is_computation(summary) else None
        is_total = kind is None and self.is_total(node)
        ssa = self.emit_leaf(function, hint, values, named, summary, array=array, total=is_total)
        if kind == "jax":
            self.remember_array(function, values, named, ssa, summary)
        return Tracer(ssa, summary.result)

    def _kind_here(self, kind: str) -> str:
        """In a function that calls JAX, NumPy arrays go into JAX's kernels, which let NumPy compute what is NumPy's."""
        return "jax" if self._calls_jax else kind

    @cached_property
    def _calls_jax(self) -> bool:
        return any(_is_of_jax(find(self.scope, name)) for name in self.function_names.read)

    def _operand(self, node: ast.expr, renamed: dict[ast.expr, ast.expr]) -> Value:
        """The value of an operand, under a name of its own unless it is a literal or has one."""
        value = self.stage_expression(node)
        is_known = isinstance(node, ast.Name) and node.id in self.state.names
        if not isinstance(node, ast.Constant) and not is_known:
            renamed[node] = load_name(self.temporary(value), node)
        return value


def _may_look_outside(value: Value) -> bool:
    """Whether an argument is, or has among its elements, a function of the user's."""
    if isinstance(value, TupleValue):
        return any(map(_may_look_outside, value.elements))
    held = value.value if isinstance(value, Static) else None
    return callable(held) and not isinstance(held, type) and not _is_of_jax_library(held)


def _is_of_jax_library(held: Any) -> bool:
    root = getattr(held, "__module__", None)
    return known(held) is not None or (isinstance(root, str) and root.partition(".")[0] in ("jax", "jaxlib", "numpy"))


def _is_of_jax(found: Found | None) -> bool:
    held = found.value.type.value if found is not None and isinstance(found.value.type, StaticType) else None
    name = held.__name__ if isinstance(held, types.ModuleType) else getattr(held, "__module__", None)
    return isinstance(name, str) and name.partition(".")[0] in ("jax", "jaxlib")


def is_computation(summary: Summary, *, needs_array: bool = False) -> bool:
    """Whether a piece with this summary can be part of an array region."""
    is_one = is_array(summary.result) or not needs_array
    return summary.effect <= Effect.READS and not summary.mutates and is_one


def _replaced(node: ast.expr, renamed: dict[ast.expr, ast.expr]) -> ast.expr:
    """A copy of a node with some of the nodes inside of it replaced."""
    if node in renamed:
        return renamed[node]
    fresh = type(node)(**{name: _replaced_field(held, renamed) for name, held in ast.iter_fields(node)})
    return placed(fresh, node)


def _replaced_field(held: Any, renamed: dict[ast.expr, ast.expr]) -> Any:
    if isinstance(held, list):
        return [_replaced_field(one, renamed) for one in held]
    if isinstance(held, ast.AST) and not isinstance(held, (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop)):
        return _replaced(held, renamed)  # type: ignore[arg-type]
    return held
