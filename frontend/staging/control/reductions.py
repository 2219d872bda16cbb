"""What folds a generator, or chooses of it: all of it is computed first, where nobody can tell."""

from __future__ import annotations

import ast
import functools
import heapq
import itertools

from ....diagnostics.effect import Effect
from ..source.syntax import load_name, placed
from ..values import Unstageable, Value
from .nested_generators import NestedGeneratorStager


class ReductionStager(NestedGeneratorStager):
    """The layer of reductions."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """Reductions of a generator; everything else from below."""
        if isinstance(node, ast.Call) and (value := self._reduce(node)) is not None:
            return value
        return super().stage_control(node)

    def _reduce(self, node: ast.Call) -> Value | None:
        if len(node.args) < 2 and not any(isinstance(argument, ast.Call) for argument in node.args):
            return None
        held = self.static_of(node.func)
        is_choice = held is heapq.nlargest or held is heapq.nsmallest
        if (held is functools.reduce and len(node.args) > 1) or (is_choice and _chooses_some(node)):
            return self._over_list(node, node, 1)
        inner = node.args[0] if len(node.args) == 1 and not node.keywords else None
        if (held is not list and held is not tuple) or not isinstance(inner, ast.Call) or not inner.args:
            return None
        return self._over_list(node, inner, 0) if self.static_of(inner.func) is itertools.accumulate else None

    def _over_list(self, node: ast.Call, reduction: ast.Call, index: int) -> Value | None:
        """The reduction of a list of what the generator among its arguments gives; `node` is it, or around it."""
        others = [*reduction.args[:index], *reduction.args[index + 1 :], *(k.value for k in reduction.keywords)]
        if not all(map(self.is_late, others)):
            return None
        lazy = reduction.args[index]
        generator = self.generator_of(lazy)
        if generator is None:
            return None
        generator = self.with_iterable_read(generator)
        listed = placed(ast.ListComp(generator.elt, generator.generators), generator)
        summary = self.describe(listed).summary
        made = load_name(self.temporary(self.all_of(lazy, listed)), lazy)
        args = [*reduction.args[:index], made, *reduction.args[index + 1 :]]
        over = placed(ast.Call(reduction.func, args, reduction.keywords), reduction)
        call = over if node is reduction else placed(ast.Call(node.func, [over], []), node)
        steps = self.describe(call).summary  # an element that fails must not keep them from what they do before
        if steps.unknown_types or steps.effect > Effect.READS or steps.mutates or not self.is_unnoticed(summary, call):
            raise Unstageable("a consumer that may fail between elements", node.lineno)
        return self.stage_expression(call)


def _chooses_some(node: ast.Call) -> bool:
    """Whether a call takes elements at all: as many as a literal says."""
    match node:
        case ast.Call(args=[ast.Constant(value=int(number)), _], keywords=[]):
            return number > 0
        case _:
            return False
