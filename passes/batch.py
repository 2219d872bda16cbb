"""Marks the calls that go out together in the batch form of their callable.

Expects: maps made (`xcs-loop-to-map`), before `xcs-vectorize`: a map is batched or vectorised.
Ensures: the same ops. Marked are calls of callables that declare a batch form and its size, that change nothing in
order, and that may be ready at the same time as another call of the same callable. The runtime collects those that are
ready, so no call waits for one that isn't.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import (
    GreedyRewritePatternApplier,
    PatternRewriter,
    PatternRewriteWalker,
    RewritePattern,
    op_type_rewrite_pattern,
)

from ..diagnostics.effect import Effect
from ..dialect.calls import CallOp, InvokeOp
from ..dialect.functions import FuncOp
from ..dialect.parallel import MapOp
from .declarations import Declarations
from .dependence import BlockDependence, analyze_block

_LOOPS = frozenset({"xcs.for", "xcs.map", "xcs.reduce", "xcs.while"})


@dataclass(frozen=True)
class BatchPass(ModulePass):
    """Many small requests go out as one, where the callable has a form for that.

    ```mlir
    xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all",
        max_batch = 64 : i64}
    %ys = xcs.map %x in %xs snapshot {
      %y = xcs.call unordered external @embed(%x)
      xcs.yield %y
    }
    ```
    becomes
    ```mlir
    %ys = xcs.map %x in %xs snapshot batch 64 {
      %y = xcs.call unordered external @embed(%x)
      xcs.yield %y
    }
    ```
    Calls elsewhere are marked one by one: `xcs.call unordered external @embed(%x) batch 64`.
    """

    name = "xcs-batch"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Mark the maps and calls of a module."""
        declarations = Declarations.of(op)
        if all(one.batch_size is None for one in declarations.callables.values()):
            return
        meetings = Meetings(op, declarations)
        patterns = [BatchCallsOfMap(meetings), BatchCallsThatMeet(meetings)]
        PatternRewriteWalker(GreedyRewritePatternApplier(patterns, dce_enabled=False)).rewrite_module(op)


class Meetings:
    """Which calls of a module may be ready at the same time as another call of their callable."""

    def __init__(self, module: ModuleOp, declarations: Declarations) -> None:
        """Counts the calls of each callable with a batch form, by callable and by place."""
        self._declarations = declarations
        self._num_calls: Counter[str] = Counter()
        self._num_by_level: Counter[tuple[str, Block, int]] = Counter()
        self._num_blocks: Counter[str] = Counter()
        self._invoked: set[str] = set()
        self._dependences: dict[Block, BlockDependence] = {}
        self._collect(module)

    def size_for(self, op: Operation) -> int | None:
        """Up to how many calls like this one go out together; None if it goes alone."""
        if not isinstance(op, CallOp) or op.effect.data.effect > Effect.UNORDERED:
            return None
        if "mutates" in op.properties:
            return None
        declaration = self._declarations.declaration(op)
        return None if declaration is None else declaration.batch_size

    def meets_others(self, call: CallOp) -> bool:
        """Whether another call of its callable may be ready when this one is."""
        if self._is_repeated(call):
            return True
        symbol, block = call.callee.root_reference.data, call.parent
        assert block is not None
        if self._num_blocks[symbol] > 1:
            return True
        return self._num_by_level[symbol, block, self._level(call, block)] > 1

    def _collect(self, module: ModuleOp) -> None:
        places: set[tuple[str, Block]] = set()
        for op in module.walk():
            if isinstance(op, InvokeOp):
                self._invoked.add(op.callee.root_reference.data)
            elif isinstance(op, CallOp) and self.size_for(op) is not None and op.parent is not None:
                symbol = op.callee.root_reference.data
                self._num_by_level[symbol, op.parent, self._level(op, op.parent)] += 1
                places.add((symbol, op.parent))
        self._num_blocks.update(symbol for symbol, _ in places)

    def _level(self, call: CallOp, block: Block) -> int:
        if block not in self._dependences:
            self._dependences[block] = analyze_block(block)
        return self._dependences[block].levels[call]

    def _is_repeated(self, call: CallOp) -> bool:
        """Whether it stands in a loop, or in a function that others call."""
        parent = call.parent_op()
        while parent is not None and not isinstance(parent, FuncOp):
            if parent.name in _LOOPS:
                return True
            parent = parent.parent_op()
        return parent is not None and parent.sym_name.data in self._invoked


@dataclass
class BatchCallsOfMap(RewritePattern):
    """A map whose body has batched calls becomes `batch N`, the largest of their sizes."""

    meetings: Meetings

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: MapOp, rewriter: PatternRewriter) -> None:
        """Mark a map, once."""
        sizes = [size for inner in op.body.block.ops if (size := self.meetings.size_for(inner)) is not None]
        if sizes and "batch" not in op.properties and "vectorized" not in op.properties:
            op.properties["batch"] = IntegerAttr(max(sizes), i64)
            rewriter.notify_op_modified(op)


@dataclass
class BatchCallsThatMeet(RewritePattern):
    """A call that may be ready together with others, in no map's own body, becomes `batch N`."""

    meetings: Meetings

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: CallOp, rewriter: PatternRewriter) -> None:
        """Mark a call, once."""
        size = self.meetings.size_for(op)
        if size is None or "batch" in op.properties or isinstance(op.parent_op(), MapOp):
            return
        if self.meetings.meets_others(op):
            op.properties["batch"] = IntegerAttr(size, i64)
            rewriter.notify_op_modified(op)
