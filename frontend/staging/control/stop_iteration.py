"""`StopIteration` in what computes elements: in a generator Python makes it a RuntimeError, in `map` it is the end."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable

from xdsl.ir import Block

from ....diagnostics.effect import Effect
from ....dialect.types import OBJ
from ...code_names import names_in
from ...effects.abstract_type import ANY
from ...effects.summary import Summary
from ..values import Tracer, Value
from .branches import RAISES, Completion
from .comprehensions import ComprehensionStager


def as_raised_by_generator(exception: BaseException) -> BaseException:
    """What leaves a generator when this exception is raised in its body."""
    if not isinstance(exception, StopIteration):
        return exception
    converted = RuntimeError("generator raised StopIteration")
    converted.__cause__ = converted.__context__ = exception
    return converted


SIGNS = frozenset({"next", "StopIteration", "__next__", "send", "throw"})
"""Names in the code of functions that a StopIteration may leave."""
MAX_DEPTH = 3  # calls that are followed


def may_stop(function: object, depth: int = 0) -> bool:
    """Whether the code of a function, or of functions it calls, says that StopIteration may leave it."""
    function = getattr(function, "__xcs_wrapped__", function)
    if not isinstance(function, types.FunctionType):
        return function is next
    names = names_in(function.__code__)
    if not SIGNS.isdisjoint(names):
        return True
    called = (function.__globals__.get(name) for name in names) if depth < MAX_DEPTH else ()
    return any(isinstance(one, types.FunctionType) and may_stop(one, depth + 1) for one in called)


class GeneratorBodyStager(ComprehensionStager):
    """The layer of what is the body of a generator in Python."""

    def as_generator_body(self, stage: Callable[[], Value]) -> Value:
        """Stage code that runs inside a generator in Python."""
        before = self.state
        with self.inside_scope(ast.GeneratorExp):
            body = self.trace_side(Block(), lambda: Completion("falls", stage()), before)
        handler_block = Block(arg_types=[OBJ])
        handler = self.trace_side(handler_block, lambda: self._convert(Tracer(handler_block.args[0], ANY)), before)
        self.state = before
        live = set(body.state.names)
        result = self.join_sides(
            lambda types: self.builder.try_(types, body.block, handler.block), [body, handler], before, live
        )
        assert result.value is not None
        return result.value

    def _convert(self, exception: Tracer) -> Completion:
        summary = Summary(Effect.PURE, result=ANY)
        self.builder.raise_(self.emit_leaf(as_raised_by_generator, "as_raised", [exception], (), summary), None)
        return RAISES

    def may_stop_in(self, node: ast.expr) -> bool:
        """Whether StopIteration may leave an expression, as far as its code tells."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and inner.attr in SIGNS:
                return True
            if isinstance(inner, (ast.Name, ast.Attribute)):
                held = self.static_of(inner)
                if held is not None and (held is StopIteration or may_stop(held)):
                    return True
        return False
