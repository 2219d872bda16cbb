"""Makes one map of two: a map over the result of another, and maps over the same list.

Two maps in a row run all of the first body, then all of the second; one map runs them element by element. They can't be
told apart where only one of the two bodies can fail or be missed:

- the second body can't raise: whatever fails, fails in the first, and in the same element; or
- the first body can't raise and calls nothing outside: nobody misses it where the second has failed.

Otherwise the maps stay two, because the second body of one element must not hide a failure of the first body in a
later one. They still overlap at run time, but the second starts when the first has all its elements.

Expects: maps made (`xcs-loop-to-map`), effects of functions inferred.
Ensures: the same calls, the same first exception; nobody waits for a list longer than before.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from ..diagnostics.effect import Effect
from ..dialect.nesting import ops_of, region_ops_inside
from ..dialect.operation import SOURCE_WORDS
from ..dialect.parallel import MapOp
from ..dialect.types import ListType
from .behaviour import OpSummaries, OpSummary, is_owned_list
from .captures import Captures
from .dependence import blocks_of
from .waiting import analyze_waiting

MAX_STAGES = 16
"""Bodies in one fused map. Each fusion looks at the whole body again, and a longer one gains little more."""


@dataclass(frozen=True)
class FuseMapsPass(ModulePass):
    """An element goes through all stages at once, without waiting for the others, and costs one frame.

    ```mlir
    %ys = xcs.map %x in %xs snapshot { %y = xcs.call unordered external @ask(%x)  xcs.yield %y }
    %zs = xcs.map %y in %ys snapshot { %z = xcs.call pure total @wrap(%y)  xcs.yield %z }
    ```
    becomes
    ```mlir
    %zs = xcs.map %x in %xs snapshot {
      %y = xcs.call unordered external @ask(%x)
      %z = xcs.call pure total @wrap(%y)
      xcs.yield %z
    }
    ```
    """

    name = "xcs-fuse-maps"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuse in every block of a module, inner blocks first."""
        if sum(isinstance(inner, MapOp) for inner in region_ops_inside(op)) < 2:
            return
        summaries, captures = OpSummaries(), Captures()
        for block in reversed(blocks_of(op.body.block.ops)):
            _Fusion(block, summaries, captures).fuse_all()


class _Fusion:
    """One walk over a block: each map is fused with the one before, if everything between can go before both."""

    def __init__(self, block: Block, summaries: OpSummaries, captures: Captures) -> None:
        self._block = block
        self._num_stages: dict[MapOp, int] = {}
        self._summaries = summaries
        self._captures = captures
        self._waits_for: dict[Operation, int] = {}

    def fuse_all(self) -> None:
        """Fuse as many maps of the block as possible."""
        first: MapOp | None = None
        between: list[Operation] = []
        for op in ops_of(self._block):
            if isinstance(op, MapOp):
                first = self._fuse(first, op, between) if first is not None and self._is_legal(first, op) else op
                between = []
            elif first is not None and self._can_go_before(op, first):
                between.append(op)
            else:
                first = None

    def _can_go_before(self, op: Operation, first: MapOp) -> bool:
        return self._summaries.of(op).is_inert and all(value.owner is not first for value in self._captures.used_by(op))

    def _is_legal(self, first: MapOp, second: MapOp) -> bool:
        stacked = second.iterable.owner is first
        if not (stacked or _are_siblings(first, second)) or not _same_form(first, second):
            return False
        if self._num_stages.get(first, 1) == MAX_STAGES:
            return False
        if any(value.owner is first and value is not second.iterable for value in self._captures.used_by(second)):
            return False
        early, late = (self._summaries.of_all(one.body.block.ops) for one in (first, second))
        if max(early.behaviour.effect, late.behaviour.effect) > Effect.UNORDERED or early.updates or late.updates:
            return False
        if late.may_raise and not early.is_droppable:
            return False
        return _only_feeds(first, second) if stacked else self._delays_nobody(first, second, late)

    def _delays_nobody(self, first: MapOp, second: MapOp, late: OpSummary) -> bool:
        """Whether the first map's list is complete as soon as before when the second body runs along."""
        return not late.behaviour.external and not self._waiting(second) & ~self._waiting(first)

    def _waiting(self, op: Operation) -> int:
        if not self._waits_for:
            ops = ops_of(self._block)
            found = analyze_waiting(ops, [self._summaries.of(op).behaviour for op in ops], self._captures)
            self._waits_for = {one: waiting.waits_for for one, waiting in found.items()}
        return self._waits_for[op]

    def _fuse(self, first: MapOp, second: MapOp, between: list[Operation]) -> MapOp:
        waits_for = self._waiting(first) | self._waiting(second)
        for op in between:
            op.detach()
            self._block.insert_op_before(op, first)
        fused = fuse_maps(first, second)
        self._num_stages[fused] = self._num_stages.get(first, 1) + 1
        self._waits_for[fused] = waits_for
        return fused


def _are_siblings(first: MapOp, second: MapOp) -> bool:
    """Whether two maps run over the same list. An iterator of another kind may be empty the second time."""
    iterable = first.iterable
    return second.iterable is iterable and (isinstance(iterable.type, ListType) or is_owned_list(iterable))


def _same_form(first: MapOp, second: MapOp) -> bool:
    return not any(word in one.properties for one in (first, second) for word in ("vectorized", "batch"))


def _only_feeds(first: MapOp, second: MapOp) -> bool:
    """Whether nobody else waits for what the first map gives."""
    return all(use.operation is second for result in first.results for use in result.uses)


def fuse_maps(first: MapOp, second: MapOp) -> MapOp:
    """Replace two maps by one at the place of the first, whose body runs the second body behind the first one."""
    block, given = first.parent, first.body.block.last_op
    assert block is not None
    assert given is not None
    stacked = second.iterable.owner is first
    element = given.operands[first.results.index(second.iterable)] if stacked else first.body.block.args[0]  # type: ignore[arg-type]
    yielded = _append_body(first.body.block, second.body.block, element)
    replaced = [*(() if stacked else first.results), *second.results]
    given.operands = [*(() if stacked else given.operands), *yielded]
    sources = (first,) if stacked else (first, second)
    words = [word for word in SOURCE_WORDS if all(word in one.properties for one in sources)]
    types = [result.type for result in replaced]
    fused = MapOp.make(first.iterable, first.detach_region(0), types, words=words, location=first.location)
    block.insert_op_before(fused, first)
    for old, new in zip(replaced, fused.results, strict=True):
        new.name_hint = old.name_hint
        old.replace_all_uses_with(new)
    block.erase_op(second)
    block.erase_op(first)
    return fused


def _append_body(into: Block, body: Block, element: SSAValue) -> list[SSAValue]:
    """Move the ops of `body` before the terminator of `into`, with `element` for its argument; gives what it yields."""
    anchor, terminator = into.last_op, body.last_op
    assert anchor is not None
    assert terminator is not None
    body.args[0].replace_all_uses_with(element)
    for op in ops_of(body):
        if op is not terminator:
            op.detach()
            into.insert_op_before(op, anchor)
    return list(terminator.operands)
