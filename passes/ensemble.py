"""Groups independent external calls on shared inputs.

Expects: effects of functions inferred.
Ensures: every op that acts or may raise keeps its place in program order, so effects, exceptions and the critical path
are those of the ungrouped program.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue, Use
from xdsl.passes import ModulePass

from ..diagnostics.effect import Effect
from ..dialect.constants import ConstantOp
from ..dialect.nesting import ops_of
from ..dialect.parallel import EnsembleOp
from ..dialect.regions import YieldOp
from .behaviour import OpSummaries
from .captures import Captures
from .dependence import blocks_of


@dataclass(frozen=True)
class EnsemblePass(ModulePass):
    """Shows, in the program and in reports, which calls answer the same question side by side.

    A branch is one external call or a chain of them with the pure ops around; branches don't use each other's values
    and have an input in common.

    ```mlir
    %a = xcs.call unordered external @gpt(%q)
    %b = xcs.call unordered external @claude(%q)
    ```
    becomes
    ```mlir
    %a, %b = xcs.ensemble {
      %x = xcs.call unordered external @gpt(%q)
      xcs.yield %x
    }, {
      %y = xcs.call unordered external @claude(%q)
      xcs.yield %y
    }
    ```
    """

    name = "xcs-ensemble"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Group in every block of a module, inner blocks first."""
        summaries, captures = OpSummaries(), Captures()
        for block in reversed(blocks_of(op.body.block.ops)):
            parent = block.parent_op()
            if parent is not None and parent.name != "xcs.ensemble":
                _Grouping(summaries, captures).group(block)


@dataclass
class _Window:
    """Consecutive ops of a block, sorted into branches.

    Attributes:
        branches: the ops of each branch in program order, the first always external or leading up to it.
        shared: what all branches but the last use from outside, literals aside; None while there is only one.
        hoisted: ops that can't be noticed moving and use nothing of the branches: they go before the ensemble.
        pending: ops that belong to the next branch if there is one, and stay behind the last otherwise.
        home: the branch of each op in one; -1 for pending ops, -2 for those that use several branches and stay behind.
        leaves_behind: whether an op stays behind, so that no container it may read can be updated in a branch.
    """

    branches: list[list[Operation]] = field(default_factory=list)
    shared: set[SSAValue] | None = None
    hoisted: set[Operation] = field(default_factory=set)
    pending: list[Operation] = field(default_factory=list)
    home: dict[Operation, int] = field(default_factory=dict)
    leaves_behind: bool = False


PENDING, BEHIND = -1, -2
MAX_BRANCHES = 256  # of one ensemble; what is wider shows nothing to a reader, and regions cost more than calls


class _Grouping:
    """One walk over a block; a window is closed where the next op can't join it."""

    def __init__(self, summaries: OpSummaries, captures: Captures) -> None:
        self._summaries = summaries
        self._captures = captures
        self._window = _Window()

    def group(self, block: Block) -> None:
        """Form all ensembles of a block."""
        for op in ops_of(block):
            if not self._take(op):
                self._close()
                self._take(op)
        self._close()

    def _take(self, op: Operation) -> bool:
        """Sort an op into the window; false if it ends the window."""
        window, summary = self._window, self._summaries.of(op)
        if summary.behaviour.effect > Effect.UNORDERED or op.next_op is None or op.name == "xcs.ensemble":
            return not window.home and not window.hoisted
        if summary.updates and window.leaves_behind:
            return False
        home = window.home
        homes = {home[value.owner] for value in self._captures.used_by(op) if value.owner in home}  # type: ignore[index]
        if max(homes, default=PENDING) >= 0:
            if not homes <= {len(window.branches) - 1, PENDING}:
                return self._leave_behind(op, summary.is_inert)
            if summary.behaviour.external:
                return self._extend(op)
            return self._extend(op, with_pending=not summary.is_inert or PENDING in homes)
        if BEHIND in homes:
            return self._leave_behind(op, summary.is_inert)
        if summary.behaviour.external:
            return self._open_branch(op)
        if summary.is_inert and not homes:
            window.hoisted.add(op)
        else:
            window.pending.append(op)
            window.home[op] = PENDING
        return True

    def _leave_behind(self, op: Operation, is_inert: bool) -> bool:
        if is_inert:
            self._window.home[op] = BEHIND
            self._window.leaves_behind = True
        return is_inert

    def _extend(self, op: Operation, with_pending: bool = True) -> bool:
        window = self._window
        self._add_to_last_branch([*(window.pending if with_pending else ()), op])
        if with_pending:
            window.pending.clear()
        return True

    def _open_branch(self, op: Operation) -> bool:
        window = self._window
        ops = [*(window.pending if window.branches else self._leading_up_to(op)), op]
        if window.branches:
            shared = self._inputs_of(window.branches[-1])
            shared = shared if window.shared is None else shared & window.shared
            if shared.isdisjoint(self._inputs_of(ops)):
                return False
            window.shared = shared
        window.pending.clear()
        window.branches.append([])
        self._add_to_last_branch(ops)
        return True

    def _inputs_of(self, ops: Sequence[Operation]) -> set[SSAValue]:
        """What ops use from outside, literals aside."""
        inside = set(ops)
        used = {value for op in ops for value in self._captures.used_by(op)}
        return {value for value in used if value.owner not in inside and not isinstance(value.owner, ConstantOp)}

    def _add_to_last_branch(self, ops: Sequence[Operation]) -> None:
        window = self._window
        window.branches[-1].extend(ops)
        window.home.update(dict.fromkeys(ops, len(window.branches) - 1))

    def _leading_up_to(self, op: Operation) -> list[Operation]:
        """The last pending ops, as far as only `op` needs them; others before the first branch stay where they are."""
        window = self._window
        found = [op]
        for earlier in reversed(window.pending):
            used = any(result.first_use is not None for result in earlier.results)
            if not used or any(_uses_outside(result, found) for result in earlier.results):
                break
            found.append(earlier)
        for earlier in window.pending:
            del window.home[earlier]
        return found[:0:-1]

    def _close(self) -> None:
        window, self._window = self._window, _Window()
        # A branch that gives nothing (an `xcs.if` without results) has no place in the form; it overlaps all the same.
        is_shown = 1 < len(window.branches) <= MAX_BRANCHES
        if is_shown and all(any(op.results for op in branch) for branch in window.branches):
            _build_ensemble(window)


def _build_ensemble(window: _Window) -> None:
    first = window.branches[0][0]
    block = first.parent
    assert block is not None
    outputs = [_outputs_of(branch) for branch in window.branches]
    types = [value.type for branch in outputs for value in branch]
    ensemble = EnsembleOp.make([Region(Block()) for _ in outputs], types, first.location)
    _hoist(window.hoisted, first, window.branches[-1][-1])
    block.insert_op_before(ensemble, first)
    _replace_uses(window, outputs, ensemble)
    for region, branch, values in zip(ensemble.regions, window.branches, outputs, strict=True):
        for op in branch:
            op.detach()
            region.block.add_op(op)
        region.block.add_op(YieldOp.make(values, location=branch[-1].location))


def _replace_uses(window: _Window, outputs: Sequence[Sequence[OpResult]], ensemble: EnsembleOp) -> None:
    """Make the rest of the program use the ensemble's results, each user's operands set once."""
    replaced: dict[SSAValue, SSAValue] = {}
    users: dict[Operation, None] = {}
    results = iter(ensemble.results)
    for branch, values in zip(window.branches, outputs, strict=True):
        inside = set(branch)
        for value in values:
            result = next(results)
            result.name_hint = value.name_hint
            replaced[value] = result
            users.update((use.operation, None) for use in _uses_outside(value, inside))
    for user in users:
        user.operands = [replaced.get(value, value) for value in user.operands]


def _hoist(ops: Collection[Operation], first: Operation, last: Operation) -> None:
    """Move those of `ops` that stand between two ops before the first one."""
    block, op = first.parent, first
    assert block is not None
    while op is not last:
        following = op.next_op
        assert following is not None
        if op in ops:
            op.detach()
            block.insert_op_before(op, first)
        op = following


def _outputs_of(branch: Sequence[Operation]) -> list[OpResult]:
    """What the rest of the program uses of a branch; if nothing, what its last op with results gives."""
    inside = set(branch)
    used = [result for op in branch for result in op.results if _uses_outside(result, inside)]
    return used or list(next(op for op in reversed(branch) if op.results).results)


def _uses_outside(value: OpResult, inside: Collection[Operation]) -> list[Use]:
    """The uses of a value by ops of its block that are not among `inside`, or within them."""
    block = value.owner.parent
    assert block is not None
    return [use for use in value.uses if block.find_ancestor_op_in_block(use.operation) not in inside]
