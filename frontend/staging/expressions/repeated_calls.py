"""Calls of declared functions, and operations on arrays, that have been staged before with arguments of the same types.

What such a call is (its effect, its symbol, what it gives) was worked out the first time. Where it can only be the same
again, because nothing that it gets can change and it neither writes nor looks at anything, the op is all that is left
to make.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from typing import Any, TypeAlias

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import SSAValue

from ....diagnostics.effect import Effect
from ....diagnostics.frozen import frozen
from ....diagnostics.identity import identity
from ....dialect.calls import CallOp
from ....dialect.operation import effect_properties
from ...effects.abstract_type import AbstractType, StreamType
from ...effects.array_results import is_array
from ...effects.coroutines import makes_coroutine
from ...effects.declared_calls import declared_behaviour
from ...effects.known import known
from ...effects.lattice import is_immutable, widen
from ...effects.summary import Summary
from ...frame_reader import reads_frames
from ..state.builder import Operand, ir_type
from ..state.facts import RepeatedCall
from ..state.staged_function import NamedTypes
from ..state.stager import SCALARS
from ..state.written import NEW
from ..values import Static, Tracer, Value
from .array_syntax import Operation, array_operation
from .leaf_ops import container_class
from .text_pieces import TextPiece, TextStager

REPEATABLE = (ast.Call, ast.BinOp, ast.Compare, ast.UnaryOp, ast.Subscript, ast.Attribute)
TEXT_SYNTAX = (ast.JoinedStr, ast.BinOp, ast.Call, ast.Compare, ast.UnaryOp, ast.BoolOp, ast.IfExp)
MAX_DEPTH = 6  # calls inside calls; what is inside deeper is made before


@frozen(eq=False)
class Again:
    """An expression that is a call like an earlier one, of names, literals and other such calls."""

    node: ast.expr
    call: RepeatedCall
    positional: Sequence[Part]
    named: Sequence[tuple[str, Part]]


@frozen(eq=False)
class ArrayRead:
    """An item or attribute of a local value, known to give an array, that is read where it stands."""

    node: ast.expr
    type: AbstractType


Part: TypeAlias = "Tracer | Static | Again | TextPiece | ArrayRead"
CallOfParts: TypeAlias = tuple[RepeatedCall, Sequence[Part], Sequence[tuple[str, Part]]]


class RepeatedCallStager(TextStager):
    """The layer of calls that have been staged before."""

    def stage_repeated(self, node: ast.expr) -> Value | None:
        """An expression that is text, or a call like an earlier one; None if it is neither."""
        kind = node.__class__
        if kind in TEXT_SYNTAX and (text := self.text_piece(node)) is not None:
            return self.make_text(text)
        found = self._like_earlier(node, MAX_DEPTH) if kind in REPEATABLE else None
        return None if found is None else self._make_again(node, *found)

    def _part(self, node: ast.expr, depth: int) -> Part | None:
        """What a part of an expression is; None where that has to be worked out. Nothing is emitted."""
        kind = node.__class__
        if kind is ast.Name:
            value = self.state.names.get(node.id)  # type: ignore[attr-defined]
            is_literal = isinstance(value, Static) and type(value.value) in SCALARS
            return value if is_literal or isinstance(value, Tracer) else None  # type: ignore[return-value]
        if kind is ast.Constant:
            return self.literal(node)  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp) and (number := _negative(node)) is not None:
            return Static(number)
        if kind in TEXT_SYNTAX and (text := self.text_piece(node)) is not None:
            return text
        found = self._like_earlier(node, depth) if kind in REPEATABLE and depth else None
        return self._array_read(node) if found is None else Again(node, *found)

    def _array_read(self, node: ast.expr) -> ArrayRead | None:
        """The reading of an array that an expression is: `weights["first"]`, `layer.w`. It can't bind names."""
        inner = node
        while isinstance(inner, (ast.Attribute, ast.Subscript)):
            if isinstance(inner, ast.Subscript) and not isinstance(inner.slice, ast.Constant):
                return None
            inner = inner.value
        held = self.state.names.get(inner.id) if isinstance(inner, ast.Name) and inner is not node else None
        if not isinstance(held, Tracer) or not self.program.repeated:
            return None
        summary = self.describe(node).summary
        acts = summary.effect is not Effect.PURE or summary.unknown_types or summary.mutates or summary.writes
        return None if acts or not is_array(summary.result) else ArrayRead(node, summary.result)

    def _like_earlier(self, node: ast.expr, depth: int) -> CallOfParts | None:
        """The call like an earlier one that an expression is, and of what; None if it isn't one."""
        operation = self._operation(node) if self.program.repeated else None
        if operation is None:
            return None
        function, operands, keywords = operation
        parts = self.parts(operands, depth - 1)
        passed = self.parts([keyword.value for keyword in keywords], depth - 1) if keywords else ()
        if parts is None or passed is None or any(keyword.arg is None for keyword in keywords):
            return None
        named = [(str(keyword.arg), part) for keyword, part in zip(keywords, passed, strict=True)] if keywords else ()
        call = self._known_call(function, parts, named)
        return None if call is None else (call, parts, named)

    def parts(self, nodes: Sequence[ast.expr], depth: int) -> Sequence[Part] | None:
        """What these expressions are; None where one has to be worked out. Nothing is emitted."""
        parts: list[Part] = []
        for node in nodes:
            part = self._part(node, depth)
            if part is None:
                return None
            parts.append(part)
        return parts

    def _operation(self, node: ast.expr) -> Operation | None:
        """What an expression calls with what: a function known by its name, or an operation on arrays."""
        if isinstance(node, ast.Call) and (function := self.static_of(node.func)) is not None:
            return function, node.args, node.keywords  # type: ignore[return-value]
        return array_operation(node)

    def _known_call(
        self, function: object, parts: Sequence[Part], named: Sequence[tuple[str, Part]]
    ) -> RepeatedCall | None:
        positional = tuple([self._type_of_part(part) for part in parts])
        keyword = tuple([(name, self._type_of_part(part)) for name, part in named]) if named else ()
        call = self.program.repeated.get((identity(function), positional, keyword))
        if call is None:
            widened = tuple(map(widen, positional)), tuple([(name, widen(known)) for name, known in keyword])
            call = self.program.repeated.get((identity(function), *widened))
            return call if call is not None and call.array is None else None
        return call

    def _type_of_part(self, part: Part) -> AbstractType:
        if isinstance(part, Tracer) and not self.program.written.stores:
            return part.type
        if isinstance(part, Again):
            return part.call.result
        return part.type if isinstance(part, TextPiece | ArrayRead) else self.type_of(part)

    def _make_again(
        self, node: ast.expr, call: RepeatedCall, parts: Sequence[Part], keywords: Sequence[tuple[str, Part]]
    ) -> Tracer:
        positional = [_operand(self.value_of_part(part)) for part in parts]
        named = [(name, _operand(self.value_of_part(part))) for name, part in keywords] if keywords else ()
        self.at(node)
        return self._emit_again(call, positional, named)

    def value_of_part(self, part: Part) -> Tracer | Static:
        """The value of a part, which is made now if it has to be."""
        kind = part.__class__
        if kind is Again:
            return self._make_again(part.node, part.call, part.positional, part.named)  # type: ignore[union-attr]
        if kind is ArrayRead:
            return self.stage_expression(part.node)  # type: ignore[union-attr, return-value]
        return self.make_text(part) if kind is TextPiece else part  # type: ignore[arg-type, return-value]

    def _emit_again(
        self, call: RepeatedCall, positional: Sequence[Operand], named: Sequence[tuple[str, Operand]]
    ) -> Tracer:
        ssa = self.builder.call_again(call.properties, positional, named, call.ir_result, call.array)
        self._last_places = call.places
        return Tracer(ssa, call.result, call.places)

    def call_again(
        self, function: object, values: Sequence[Value], named: Sequence[tuple[str, Value]]
    ) -> Tracer | None:
        """A call with these values, at the current place, if it is one like an earlier one."""
        if not self.program.repeated:
            return None
        passed = [*values, *(value for _, value in named)]
        if not all(isinstance(v, Tracer) or (isinstance(v, Static) and type(v.value) in SCALARS) for v in passed):
            return None
        call = self._known_call(function, values, named)  # type: ignore[arg-type]
        if call is None or call.array is not None:
            return None
        return self._emit_again(call, list(map(_operand, values)), [(name, _operand(value)) for name, value in named])  # type: ignore[arg-type]

    def remember_call(
        self, function: object, values: Sequence[Value], named: Sequence[tuple[str, Value]], made: Value
    ) -> None:
        """After a leaf call was staged: remember what it is, if each one like it is the same.

        Literals count by their class: what a declared function does with any value of it, it does with each.
        """
        if type(function) is not types.FunctionType or not isinstance(made, Tracer) or known(function) is not None:
            return
        if declared_behaviour(function) is None or makes_coroutine(function) or reads_frames(function):
            return
        if isinstance(made.type, StreamType):  # what comes after it has to be looked at for who reads it
            return
        positional = tuple([widen(self.type_of(value)) for value in values])
        keyword = tuple([(name, widen(self.type_of(value))) for name, value in named])
        if (identity(function), positional, keyword) not in self.program.repeated:
            summary = self.program.summary_of(function, positional, keyword)
            self.program.rely_on(summary.guards)
            self._remember(function, values, named, (positional, keyword), made.ssa, summary)

    def remember_array(
        self,
        function: Any,
        values: Sequence[Value],
        named: Sequence[tuple[str, Value]],
        ssa: SSAValue,
        summary: Summary,
    ) -> None:
        """The same for an operation on arrays that runs in JAX's kernels; there literals count by their values."""
        positional = tuple([self.type_of(value) for value in values])
        keyword = tuple([(name, self.type_of(value)) for name, value in named])
        self._remember(function, values, named, (positional, keyword), ssa, summary, is_array=True)

    def _remember(
        self,
        function: Any,
        values: Sequence[Value],
        named: Sequence[tuple[str, Value]],
        types: tuple[tuple[AbstractType, ...], NamedTypes],
        ssa: SSAValue,
        summary: Summary,
        *,
        is_array: bool = False,
    ) -> None:
        op = ssa.owner
        passed = [*values, *(value for _, value in named)]
        if not isinstance(op, CallOp) or not is_same_each_time(summary):
            return
        if not all(isinstance(value, (Tracer, Static)) and is_immutable(self.type_of(value)) for value in passed):
            return
        array = op.attributes.get("array")
        if is_array and not (isinstance(array, StringAttr) and array.data == "jax"):
            return  # NumPy's arrays can change, and which kernels they go into is told by the function around
        behaviour = self.behaviour_of(summary, values, named)[0]
        properties = effect_properties(behaviour, total=False, fresh=not is_immutable(summary.result))
        properties["callee"] = op.callee
        places = NEW if summary.fresh and not is_array else None
        kind = array if isinstance(array, StringAttr) else None
        call = RepeatedCall(function, properties, summary.result, ir_type(summary.result), places, kind)
        self.program.repeated[(identity(function), *types)] = call


def _negative(node: ast.UnaryOp) -> int | float | None:
    """The number that a literal with a minus is."""
    held = node.operand.value if isinstance(node.operand, ast.Constant) else None
    return -held if type(held) in (int, float) and isinstance(node.op, ast.USub) else None  # type: ignore[operator]


def _operand(value: Tracer | Static) -> Operand:
    return value.ssa if isinstance(value, Tracer) else value


def is_same_each_time(summary: Summary) -> bool:
    """Whether a call with this summary neither writes nor looks at anything, nor gives what is the program's own."""
    acts = summary.effect.may_write or summary.unknown_types or summary.mutates or summary.writes
    looks = summary.sees_writes or summary.sees or summary.effect is Effect.READS
    gives_own = summary.gives is not None or (summary.fresh and container_class(summary.result) is not None)
    return not (acts or looks or gives_own)
