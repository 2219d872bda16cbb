"""Which ops of a block must wait for which: by data, by effects, and in levels of waiting for the world.

Ensures: edges point backwards in program order, and their number is linear in the size of the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation

from ..diagnostics.effect import Effect
from ..dialect.nesting import ops_of
from .behaviour import OpSummaries, OpSummary
from .captures import Captures


@dataclass(frozen=True)
class BlockDependence:
    """The dependences inside one block; ops inside regions count for the op that holds them.

    Attributes:
        edges: for each op the earlier ops of the block that it waits for, without those that they wait for themselves.
        levels: for each op how many external calls, one after the other, must have returned before it starts.
        external: the ops that wait for the world, in program order.
    """

    edges: Mapping[Operation, tuple[Operation, ...]]
    levels: Mapping[Operation, int]
    external: tuple[Operation, ...]

    def dependencies(self, op: Operation) -> tuple[Operation, ...]:
        """The ops that must have completed before `op` starts, as far as they are direct."""
        return self.edges[op]

    def independent_sets(self) -> tuple[tuple[Operation, ...], ...]:
        """The external ops of each level, lowest level first: no op of a set waits for another of it."""
        by_level: dict[int, list[Operation]] = {}
        for op in self.external:
            by_level.setdefault(self.levels[op], []).append(op)
        return tuple(tuple(by_level[level]) for level in sorted(by_level))


def analyze_block(
    block: Block, summaries: OpSummaries | None = None, captures: Captures | None = None
) -> BlockDependence:
    """The dependences of a block."""
    scan = _Scan(summaries or OpSummaries(), captures or Captures())
    for op in block.ops:
        scan.add(op)
    return BlockDependence(scan.edges, scan.levels, tuple(scan.external))


def independent_sets(block: Block) -> tuple[tuple[Operation, ...], ...]:
    """The external ops of a block in sets that can be in flight together."""
    return analyze_block(block).independent_sets()


def find_parallel_opportunities(module: ModuleOp) -> tuple[tuple[Operation, ...], ...]:
    """All sets of two or more external ops of one block that can be in flight together."""
    summaries, captures = OpSummaries(), Captures()
    found: list[tuple[Operation, ...]] = []
    for block in blocks_of(module.body.block.ops):
        found.extend(s for s in analyze_block(block, summaries, captures).independent_sets() if len(s) > 1)
    return tuple(found)


def blocks_of(ops: Iterable[Operation]) -> list[Block]:
    """All blocks inside of ops, at any depth, in program order; array regions are whole and not looked into."""
    found: list[Block] = []
    for op in ops:
        if op.regions and op.name != "xcs.tensor":
            for region in op.regions:
                for block in region.blocks:
                    found.append(block)
                    found += blocks_of([inner for inner in ops_of(block) if inner.regions])
    return found


class _Scan:
    """The state of one walk over a block in program order."""

    def __init__(self, summaries: OpSummaries, captures: Captures) -> None:
        self.summaries = summaries
        self.captures = captures
        self.edges: dict[Operation, tuple[Operation, ...]] = {}
        self.levels: dict[Operation, int] = {}
        self.external: list[Operation] = []
        self._since_ordered: list[Operation] = []
        self._last_writer: Operation | None = None
        self._last_fence: Operation | None = None
        self._finished: dict[Operation, int] = {}

    def add(self, op: Operation) -> None:
        """Take the next op."""
        summary = self.summaries.of(op)
        waits_for = self._waits_for(op, summary)
        self.edges[op] = tuple(waits_for)
        level = max((self._finished[earlier] for earlier in waits_for), default=0)
        self.levels[op] = level
        self._finished[op] = level + summary.behaviour.external
        if summary.behaviour.external:
            self.external.append(op)
        self._retire(op, summary)

    def _waits_for(self, op: Operation, summary: OpSummary) -> dict[Operation, None]:
        owners = (value.owner for value in self.captures.used_by(op))
        waits_for: dict[Operation, None] = {owner: None for owner in owners if owner in self.edges}  # type: ignore[misc]
        if self._last_fence is not None and summary.behaviour.external:
            waits_for[self._last_fence] = None
        if summary.behaviour.effect in (Effect.ORDERED, Effect.FENCE):
            waits_for.update(dict.fromkeys(self._since_ordered))
        elif summary.behaviour.sees_writes and self._last_writer is not None:
            waits_for[self._last_writer] = None
        return waits_for

    def _retire(self, op: Operation, summary: OpSummary) -> None:
        effect = summary.behaviour.effect
        if effect is Effect.DYNAMIC:
            self._last_writer = op
        elif effect in (Effect.ORDERED, Effect.FENCE):
            self._last_writer = op
            self._since_ordered.clear()
            if effect is Effect.FENCE:
                self._last_fence = op
        self._since_ordered.append(op)
