"""Gathers array code into tensor regions: the split of a hybrid program into kernels and orchestration.

Expects: array computations marked `array = "jax"` or `array = "numpy"`, on the op or on its callee's declaration.
Ensures: every marked pure op is in exactly one region; no region holds two kinds, makes an external call wait longer,
or changes which exception comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from ..dialect.nesting import ops_of
from ..dialect.regions import YieldOp
from ..dialect.tensor import TensorOp
from .behaviour import OpSummaries
from .captures import Captures
from .declarations import Declarations
from .dependence import blocks_of
from .tensor_regions import TensorGroup, array_kinds, find_tensor_groups
from .whole_region import enclose, is_whole


@dataclass(frozen=True)
class FuseTensorPass(ModulePass):
    """Runs of array code become one compiled kernel each, and calls of models go on beside them.

    ```mlir
    %h = xcs.call pure @dot(%x, %w) {array = "jax"}
    %y = xcs.call pure @tanh(%h) {array = "jax"}
    ```
    becomes
    ```mlir
    %y = xcs.tensor jax pure (%a = %x, %b = %w) {
      %h = xcs.call pure @dot(%a, %b) {array = "jax"}
      %t = xcs.call pure @tanh(%h) {array = "jax"}
      xcs.yield %t
    }
    ```
    """

    name = "xcs-fuse-tensor"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuse in every block of a module."""
        declarations = Declarations.of(op)
        summaries, captures = OpSummaries(), Captures()
        for block in blocks_of(op.body.block.ops):
            ops = ops_of(block)
            kinds = array_kinds(ops, declarations, summaries)
            if not any(kinds):
                continue
            if is_whole(ops, kinds, declarations):
                enclose(block, ops, kinds, summaries)
            else:
                groups = find_tensor_groups(block, ops, kinds, summaries, captures)
                _Fusion(block, summaries, declarations).fuse_all(groups)


class _Fusion:
    """Moves the groups of one block into regions; uses of their results are replaced once, at the end."""

    def __init__(self, block: Block, summaries: OpSummaries, declarations: Declarations) -> None:
        self._block = block
        self._summaries = summaries
        self._declarations = declarations
        self._position = {op: index for index, op in enumerate(ops_of(block))}
        self._replaced: dict[SSAValue, SSAValue] = {}

    def fuse_all(self, groups: Sequence[TensorGroup]) -> None:
        """Make the regions, in the order of their first ops."""
        members = [frozenset(group.ops) for group in groups]
        fused = [self._fuse(group, inside) for group, inside in zip(groups, members, strict=True)]
        replaced = self._replaced
        users = {use.operation: None for value in replaced for use in value.uses}
        for op, inside in zip(fused, members, strict=True):
            for member in inside:
                users.pop(member, None)  # inside its region a member keeps using the original
            users.pop(op.body.block.last_op, None)  # type: ignore[arg-type]
        for user in users:
            user.operands = [replaced.get(value, value) for value in user.operands]

    def _fuse(self, group: TensorGroup, inside: frozenset[Operation]) -> TensorOp:
        anchor = group.anchor
        self._hoist_operands(group, inside)
        constants, inputs = self._inputs_of(group, inside)
        outputs = [r for op in group.ops for r in op.results if any(u.operation not in inside for u in r.uses)]
        outputs = outputs or list(group.ops[-1].results)
        body = Block(arg_types=[value.type for value in inputs])
        kept: dict[SSAValue, SSAValue] = dict(zip(inputs, body.args, strict=True))
        for value, argument in kept.items():
            argument.name_hint = value.name_hint
        summary = self._summaries.of_all(group.ops)
        made = TensorOp.make(
            group.kind,
            inputs,
            Region(body),
            [value.type for value in outputs],
            summary.behaviour,
            total=not summary.may_raise,
            fresh=any("fresh" in op.properties for op in group.ops),
            location=group.ops[-1].location,
        )
        self._block.insert_op_before(made, anchor)
        self._position[made] = self._position[anchor]
        for constant in constants:
            copy = constant.clone(kept)
            body.add_op(copy)
        for op in group.ops:
            op.detach()
            body.add_op(op)
            if not kept.keys().isdisjoint(op._operands):  # most only use what the region makes
                op.operands = [kept.get(value, value) for value in op._operands]
        body.add_op(YieldOp.make(outputs, location=made.location))
        for value, result in zip(outputs, made.results, strict=True):
            result.name_hint = value.name_hint
            self._replaced[value] = result
        return made

    def _inputs_of(self, group: TensorGroup, inside: frozenset[Operation]) -> tuple[list[Operation], list[SSAValue]]:
        """What a group needs from outside: literals, which go in as copies so that they stay static, and operands."""
        used = dict.fromkeys(value for op in group.ops for value in op._operands if value.owner not in inside)
        is_literal = self._declarations.is_literal
        literals = [value.owner for value in used if isinstance(value.owner, Operation) and is_literal(value.owner)]
        return literals, [value for value in used if not is_literal(value.owner)]

    def _hoist_operands(self, group: TensorGroup, inside: frozenset[Operation]) -> None:
        """Move up what later members need and what stands between them and the first: it can't be noticed moving."""
        anchor = group.anchor
        limit = self._position[anchor]
        pending = [value for op in group.ops for value in op._operands if value.owner not in inside]
        needed: dict[Operation, None] = {}
        while pending:
            owner = pending.pop().owner
            if not isinstance(owner, Operation) or owner in needed or owner in inside:
                continue
            if self._position.get(owner, -1) > limit and owner.parent is self._block:
                needed[owner] = None
                pending.extend(_operands_at_any_depth(owner))
        for op in sorted(needed, key=self._position.__getitem__):
            op.detach()
            self._block.insert_op_before(op, anchor)
            self._position[op] = limit


def _operands_at_any_depth(op: Operation) -> list[SSAValue]:
    return list(op.operands) if not op.regions else [value for inner in op.walk() for value in inner.operands]
