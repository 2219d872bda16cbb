"""Decides which array ops of a block become one tensor region: the analysis behind `xcs-fuse-tensor`.

The rules, for a region R that is placed where its first op stands:

- one kind of array; all that R needs from outside exists there;
- an op that may raise isn't moved across another that may raise or that acts, one that sees writes not across a writer;
- W(R) is what R waits for: the external ops that one of its ops depends on. Whoever uses a result of R must have waited
  for all of W(R) anyway: each external call that depends on an op of R, and what leaves the block;
- all ops of R serve the same external calls, so none waits for work that it doesn't need; what leaves a loop or a
  branch of a program with external calls counts as such a call, value by value. NumPy runs on the scheduling thread, in
  program order anyway, so there this counts only for what would move up across an external op: it stays.

Sets of external ops are bit masks (`waiting.py`), so the cost stays near linear.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Block, Operation, OpResult, SSAValue

from ..diagnostics.effect import Effect
from ..dialect.control_flow import IfOp
from ..dialect.functions import FuncOp
from ..dialect.loops import ForOp, WhileOp
from .behaviour import OpSummaries, OpSummary
from .captures import Captures
from .declarations import Declarations
from .unbound import reads_unbound
from .waiting import EVERYTHING, Waiting, analyze_waiting

_STRUCTURE = frozenset({"xcs.make_list", "xcs.make_tuple"})


@dataclass(eq=False)
class TensorGroup:
    """Array ops that become one region, in program order, among them the sequences only they use.

    Attributes:
        anchor: the first array op, whose place the region takes.
        kind: `jax` or `numpy`.
        index: the group's place among the groups and barriers of the block.
        ops: the members.
        waits_for: mask of the external ops that a member depends on.
        may_wait_for: mask of those that all users of members wait for anyway.
        serves: mask of the external ops that depend on a member.
        may_raise: whether a member may raise.
    """

    anchor: Operation
    kind: str
    index: int
    ops: list[Operation] = field(default_factory=list)
    waits_for: int = 0
    may_wait_for: int = EVERYTHING
    serves: int = 0
    may_raise: bool = False


def find_tensor_groups(
    block: Block, ops: Sequence[Operation], kinds: Sequence[str | None], summaries: OpSummaries, captures: Captures
) -> list[TensorGroup]:
    """The groups of a block with these ops, array computations of these kinds, in the order of their first ops."""
    of_kind = {op: kind for op, kind in zip(ops, kinds, strict=True) if kind is not None}
    does = [summaries.of(op) for op in ops]
    of_kind.update(_facts_for(ops, of_kind))
    behaviours = [summary.behaviour for summary in does]
    waiting = analyze_waiting(ops, behaviours, captures, serves_outputs=_leaves_early(block, summaries))
    grouping = _Grouping(of_kind, waiting, captures)
    for op, summary in zip(ops, does, strict=True):
        grouping.add(op, summary)
    return grouping.groups


def _leaves_early(block: Block, summaries: OpSummaries) -> bool:
    """Whether values leave a block one by one, in a program where external calls may wait for them."""
    owner = block.parent_op()
    if not isinstance(owner, ForOp | WhileOp | IfOp):
        return False
    while owner.parent_op() is not None and not isinstance(owner, FuncOp):
        owner = owner.parent_op()
        assert owner is not None
    return summaries.of_all(owner.body.block.ops).behaviour.external if isinstance(owner, FuncOp) else True


def _facts_for(ops: Sequence[Operation], kinds: dict[Operation, str]) -> dict[Operation, str]:
    """Facts about arrays (`x.shape`, `math.sqrt(x.size)`) that only array ops ask for: known while a kernel is made."""
    found: dict[Operation, str] = {}
    for op in reversed(ops):
        kind = op.attributes.get("array_fact")
        if not isinstance(kind, StringAttr) or not op.results or reads_unbound(op):
            continue
        if _only_in(op, ChainMap(found, kinds)):
            found[op] = kind.data
    return found


def _only_in(op: Operation, kinds: Mapping[Operation, str]) -> bool:
    users = {use.operation for use in op.results[0].uses}
    return bool(users) and all(user in kinds or (user.name in _STRUCTURE and _only_in(user, kinds)) for user in users)


def array_kinds(ops: Iterable[Operation], declarations: Declarations, summaries: OpSummaries) -> list[str | None]:
    """For each op `jax` or `numpy`, if it is an array computation that may be part of a region."""
    return [_array_kind(op, declarations, summaries) for op in ops]


def _array_kind(op: Operation, declarations: Declarations, summaries: OpSummaries) -> str | None:
    kind = declarations.array_kind(op)
    if kind is None or op.regions or len(op.results) != 1 or "mutates" in op.properties:
        return None
    behaviour = summaries.of(op).behaviour
    if behaviour.effect > Effect.READS or behaviour.external or reads_unbound(op):
        return None
    return kind


class _Grouping:
    """One walk over a block. Groups and barriers (ops that others may not cross) are numbered in program order."""

    def __init__(self, kinds: dict[Operation, str], waiting: dict[Operation, Waiting], captures: Captures) -> None:
        self.groups: list[TensorGroup] = []
        self._kinds = kinds
        self._waiting = waiting
        self._captures = captures
        self._group_of: dict[Operation, TensorGroup] = {}
        self._after: dict[Operation, int] = {}
        self._num_units = 0
        self._last_raising = -1
        self._last_writer = -1
        self._last_external = -1
        self._last_group: dict[str, TensorGroup] = {}

    def add(self, op: Operation, summary: OpSummary) -> None:
        """Take the next op of the block, which does this."""
        if op in self._kinds:
            self._add_array_op(op, summary)
        elif summary.is_droppable:
            after = self._last_unit_before(self._captures.used_by(op))
            if summary.updates:
                after = self._num_units - 1  # readers of the old version are among what stands before it
            self._after[op] = max(after, self._last_writer) if summary.behaviour.sees_writes else after
        else:
            self._add_barrier(op, summary)

    def _add_barrier(self, op: Operation, summary: OpSummary) -> None:
        self._after[op] = self._last_raising = self._num_units
        if summary.behaviour.effect.may_write:
            self._last_writer = self._num_units
        if summary.behaviour.external:
            self._last_external = self._num_units
        self._num_units += 1

    def _add_array_op(self, op: Operation, summary: OpSummary) -> None:
        parts = [*self._own_structure(op), op]
        operands = [value for part in parts for value in part._operands if value.owner not in parts]
        group = next((g for g in self._candidates(op, operands) if self._may_join(g, op, operands, summary)), None)
        if group is None:
            group = TensorGroup(op, self._kinds[op], self._num_units)
            self._num_units += 1
            self.groups.append(group)
            self._last_group[group.kind] = group
        waiting = self._waiting[op]
        group.ops.extend(parts)
        group.waits_for |= waiting.waits_for
        group.may_wait_for &= waiting.may_wait_for
        group.serves |= waiting.serves
        if summary.may_raise:
            group.may_raise = True
            self._last_raising = max(self._last_raising, group.index)
        for part in parts:
            self._group_of[part] = group
            self._after[part] = group.index

    def _own_structure(self, op: Operation) -> list[Operation]:
        """The sequences that only `op` uses, innermost first: `concatenate([a, b])` takes its list along."""
        found: list[Operation] = []
        for value in dict.fromkeys(op._operands):
            owner = value.op if type(value) is OpResult else None
            if owner is None or owner.name not in _STRUCTURE or owner.parent is not op.parent:
                continue
            if all(use.operation is op for use in value.uses):
                found.extend(self._own_structure(owner))
                found.append(owner)
        return found

    def _candidates(self, op: Operation, operands: Sequence[SSAValue]) -> list[TensorGroup]:
        found = {g.index: g for value in operands if (g := self._group_of.get(value.owner)) is not None}  # type: ignore[arg-type]
        if (last := self._last_group.get(self._kinds[op])) is not None:
            found[last.index] = last
        return [found[index] for index in sorted(found, reverse=True)]

    def _may_join(self, group: TensorGroup, op: Operation, operands: Sequence[SSAValue], summary: OpSummary) -> bool:
        if group.kind != self._kinds[op] or (summary.may_raise and group.index < self._last_raising):
            return False
        if summary.behaviour.sees_writes and group.index < self._last_writer:
            return False
        others = [value for value in operands if self._group_of.get(value.owner) is not group]  # type: ignore[arg-type]
        if self._last_unit_before(others) >= group.index:
            return False
        waiting = self._waiting[op]
        if (group.waits_for | waiting.waits_for) & ~(group.may_wait_for & waiting.may_wait_for):
            return False
        if group.kind == "jax":
            return group.serves == waiting.serves
        return group.index > self._last_external

    def _last_unit_before(self, values: Sequence[SSAValue]) -> int:
        return max((self._after.get(value.owner, -1) for value in values), default=-1)  # type: ignore[arg-type]
