"""Calls of declared functions that have been staged before with arguments of the same types.

What such a call is (its effect, its symbol, what it gives) was worked out the first time. Where it can only be the same
again, because nothing that it gets can change and it neither writes nor looks at anything, the op is all that is left
to make.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence

from xdsl.ir import Operation

from ....diagnostics.effect import Effect
from ...effects.abstract_type import is_immutable, widen
from ...effects.calls import declared_behaviour
from ...effects.coroutines import makes_coroutine
from ...effects.known import known
from ...effects.summary import Summary
from ...frame_reader import reads_frames
from ..state.builder import Operand, ir_type
from ..state.facts import RepeatedCall
from ..state.stager import SCALARS
from ..state.written import NEW
from ..values import Static, Tracer, Value
from .arrays import ArrayStager
from .leaf_ops import container_class


class RepeatedCallStager(ArrayStager):
    """The layer of calls that have been staged before."""

    def stage_repeated(self, node: ast.Call) -> Value | None:
        """A call like an earlier one, of names and literals; None if it isn't one."""
        if not self.program.repeated:
            return None
        values = [self._simple(argument) for argument in node.args]
        named = [(keyword.arg, self._simple(keyword.value)) for keyword in node.keywords]
        if None in values or any(name is None or value is None for name, value in named):
            return None
        key = self._key(self.static_of(node.func), values, named)  # type: ignore[arg-type]
        call = self.program.repeated.get(key)
        if call is None:
            return None
        self.at(node)
        operands: list[Operand] = [value.ssa if isinstance(value, Tracer) else value for value in values]  # type: ignore[misc]
        keyword = [(name, value.ssa if isinstance(value, Tracer) else value) for name, value in named]
        is_fresh = not is_immutable(call.result)
        results = self.builder.call(call.symbol, operands, keyword, call.behaviour, call.ir_result, fresh=is_fresh)  # type: ignore[arg-type]
        self._last_places = call.places
        return Tracer(results[0], call.result, call.places)

    def _simple(self, node: ast.expr) -> Tracer | Static | None:
        """The value of a literal, or of a name that is bound to something known by its type."""
        if node.__class__ is ast.Name:
            value = self.state.names.get(node.id)  # type: ignore[attr-defined]
            is_literal = isinstance(value, Static) and type(value.value) in SCALARS
            return value if is_literal or isinstance(value, Tracer) else None  # type: ignore[return-value]
        return Static(node.value) if isinstance(node, ast.Constant) else None

    def _key(self, function: object, values: Sequence[Value], named: Sequence[tuple[str, Value]]) -> tuple[object, ...]:
        """Literals count by their class alone: what a function does with any value of it, it does with each."""
        known = tuple([widen(self.type_of(value)) for value in values])
        return id(function), known, tuple([(name, widen(self.type_of(value))) for name, value in named])

    def remember_call(
        self, function: object, values: Sequence[Value], named: Sequence[tuple[str, Value]], made: Value
    ) -> None:
        """After a leaf call was staged: remember what it is, if each one like it is the same."""
        op = made.ssa.owner if isinstance(made, Tracer) else None
        if type(function) is not types.FunctionType or not isinstance(op, Operation) or "callee" not in op.properties:
            return
        if declared_behaviour(function) is None or makes_coroutine(function) or reads_frames(function):
            return
        passed = [*values, *(value for _, value in named)]
        if known(function) is not None or not all(isinstance(value, (Tracer, Static)) for value in passed):
            return
        if not all(is_immutable(self.type_of(value)) for value in passed):
            return
        key = self._key(function, values, named)
        if key in self.program.repeated:
            return
        summary = self.program.summary_of(function, *key[1:])  # type: ignore[arg-type]
        if not is_same_each_time(summary):
            return
        self.program.rely_on(summary.guards)
        behaviour = self.behaviour_of(summary, values, named)[0]
        symbol = op.properties["callee"].root_reference.data  # type: ignore[attr-defined]
        places = NEW if summary.fresh else None
        result = summary.result
        self.program.repeated[key] = RepeatedCall(function, symbol, behaviour, result, ir_type(result), places)


def is_same_each_time(summary: Summary) -> bool:
    """Whether a call with this summary neither writes nor looks at anything, nor gives what is the program's own."""
    acts = summary.effect.may_write or summary.unknown_types or summary.mutates or summary.writes
    looks = summary.sees_writes or summary.sees or summary.effect is Effect.READS
    gives_own = summary.gives is not None or (summary.fresh and container_class(summary.result) is not None)
    return not (acts or looks or gives_own)
