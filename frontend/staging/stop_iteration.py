"""`StopIteration` in a generator: Python makes it a RuntimeError, as else it would look like the generator's end."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.ir import Block

from ...diagnostics.effect import Effect
from ...dialect.types import OBJ
from ..effects.abstract_type import ANY
from ..effects.summary import Summary
from .branches import RAISES, Completion
from .comprehensions import ComprehensionStager
from .values import Tracer, Value


def as_raised_by_generator(exception: BaseException) -> BaseException:
    """What leaves a generator when this exception is raised in its body."""
    if not isinstance(exception, StopIteration):
        return exception
    converted = RuntimeError("generator raised StopIteration")
    converted.__cause__ = converted.__context__ = exception
    return converted


class GeneratorBodyStager(ComprehensionStager):
    """The layer of what is the body of a generator in Python."""

    def as_generator_body(self, stage: Callable[[], Value]) -> Value:
        """Stage code that runs inside a generator in Python."""
        before = self.state.copy()
        body = self.trace_side(Block(), lambda: Completion("falls", stage()), before)
        handler_block = Block(arg_types=[OBJ])
        handler = self.trace_side(handler_block, lambda: self._convert(Tracer(handler_block.args[0], ANY)), before)
        self.state = before.copy()
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
