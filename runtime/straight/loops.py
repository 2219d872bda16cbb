"""Loops as straight code writes them: Python's own; where calls may be slow, in strides between looks at the clock."""

from __future__ import annotations

from ..plan import For, Map, While
from .scope import Point, Role, Scope, Term
from .source import MAX_BATCH, Batch, NotStraight, SourceWriter, has_sites

MAX_STRIDE = 64
"""Iterations between two looks at the clock."""
STRIDE_NS = 2000
"""A stride that takes less time is doubled: so calls that do anything at all, such as a look into a cache, are few."""


class LoopWriter(SourceWriter):
    """Writes loops."""

    def _block(self, scope: Scope) -> None:
        """Writes the instructions of a block."""
        raise NotImplementedError

    def _loop(self, scope: Scope, index: int, loop: For | Map) -> None:
        is_looked_at = has_sites(loop.body, self._with_sites)
        if isinstance(loop, Map) and loop.before_failure is not None:
            raise NotStraight
        if is_looked_at:
            self._check(scope, index)
        body = self._inner(scope, index, loop.body, Role.ITERATION)
        (element, *params) = self._fill(body, range(loop.body.num_params))
        if isinstance(loop, Map):
            body.lists = tuple(self._new("m") for _ in loop.results)
            for name in body.lists:
                self._statement(f"{name} = []", scope, index)
        else:
            body.carried = tuple(params)
            self._assign(params, [self._term(operand, scope) for operand in loop.initial], scope, index)
        self._name(scope, loop.results, body.lists or body.carried)
        iterable = self._term(loop.iterable, scope)
        if not is_looked_at:
            self._statement(f"for {element} in {iterable}:", scope, index)
            self._iteration(body, loop)
            self._batch.is_exact = False
            return
        self._strides(body, loop, element, iterable)

    def _iteration(self, body: Scope, loop: For | Map) -> None:
        assert body.outer is not None
        self._indent += 1
        self._block(body)
        outputs = self._outputs(body)
        breaks = outputs.pop(0) if isinstance(loop, For) and loop.breaks else None
        for name, output in zip(body.lists, outputs, strict=False):
            self._statement(f"{name}.append({output})", body.outer, body.index)
        if isinstance(loop, For):
            self._assign(body.carried, outputs, body.outer, body.index)
        if breaks is not None:
            self._statement(f"if {breaks}: break", body.outer, body.index)
        self._statement("pass", body.outer, body.index)
        self._indent -= 1

    def _strides(self, body: Scope, loop: For | Map, element: Term, iterable: Term) -> None:
        """A loop that looks at the clock between strides of iterations."""
        scope, index = body.outer, body.index
        assert scope is not None
        body.iterator = self._new("i")
        stride = self._new("q")
        self._statement(f"{body.iterator} = iter({iterable}); {stride} = 1; t0 = now()", scope, index)
        self._statement("while True:", scope, index)
        self._indent += 1
        self._statement(f"{element} = END", scope, index)
        self._statement(f"for {element} in islice({body.iterator}, {stride}):", scope, index)
        outer_allowance, self._allowance = self._allowance, MAX_BATCH
        self._batch = Batch()
        self._iteration(body, loop)
        self._allowance = outer_allowance
        self._statement("else:", scope, index)
        self._indent += 1
        self._statement(f"if {element} is END: break", scope, index)
        if self._batch.sites:
            self._look(Point(scope, index, body), stride)
            self._statement(f"if {stride} < {MAX_STRIDE} and d < {STRIDE_NS}: {stride} += {stride}", scope, index)
        else:
            self._statement(f"{stride} = {MAX_STRIDE}", scope, index)
        self._statement("continue", scope, index)
        self._indent -= 1
        self._statement("break", scope, index)
        self._indent -= 1
        self._batch = Batch()

    def _while(self, scope: Scope, index: int, loop: While) -> None:
        is_looked_at = any(has_sites(block, self._with_sites) for block in (loop.condition, loop.body))
        if is_looked_at:
            self._check(scope, index)
        carried = tuple(self._new("v") for _ in loop.initial)
        self._assign(carried, [self._term(operand, scope) for operand in loop.initial], scope, index)
        outer_allowance, self._allowance = self._allowance, MAX_BATCH
        condition = self._inner(scope, index, loop.condition, Role.CONDITION)
        body = self._inner(scope, index, loop.body, Role.BODY)
        for inner in (condition, body):
            inner.carried = carried
            self._name(inner, range(inner.block.num_params), carried)
        if is_looked_at:
            self._statement("t0 = now()", scope, index)
            self._batch = Batch()
        self._statement("while True:", scope, index)
        self._indent += 1
        self._block(condition)
        (tested,) = self._outputs(condition)
        self._statement(f"if not {tested}: break", scope, index)
        self._block(body)
        self._assign(carried, self._outputs(body), scope, index)
        if is_looked_at and self._batch.sites:
            self._look(Point(scope, index, body), None)
        self._indent -= 1
        self._batch = Batch(is_exact=False)
        self._allowance = outer_allowance
        self._name(scope, loop.results, carried)
