"""Rolls straight-line calls that differ only in their operands back into a map.

Expects: appends folded into lists (`xcs-canonicalize`).
Ensures: the same calls in the same order. Only where all calls wait for the same and all results go to one op, so that
nobody waits for more than before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from ..diagnostics.effect import PURE, Effect
from ..dialect.access import UnpackOp
from ..dialect.calls import CallOp
from ..dialect.containers import MakeListOp, MakeTupleOp
from ..dialect.nesting import ops_of
from ..dialect.parallel import MapOp
from ..dialect.regions import YieldOp
from ..dialect.types import OBJ, list_of
from .behaviour import OpSummaries
from .captures import Captures
from .declarations import Declarations
from .dependence import blocks_of
from .unbound import reads_unbound
from .waiting import analyze_waiting, starts_before_its_inputs


@dataclass(frozen=True)
class RerollPass(ModulePass):
    """Unrolled or repeated calls go out as one batch, and stay one op however often they were written.

    ```mlir
    %a = xcs.call unordered external @embed(%x)
    %b = xcs.call unordered external @embed(%y)
    %c = xcs.call unordered external @embed(%z)
    %d = xcs.call unordered external @embed(%w)
    %r = xcs.make_list(%a, %b, %c, %d)
    ```
    becomes
    ```mlir
    %l = xcs.make_list(%x, %y, %z, %w)
    %r = xcs.map %i in %l snapshot {
      %e = xcs.call unordered external @embed(%i)
      xcs.yield %e
    }
    ```

    Attributes:
        min_calls: the fewest calls that are rolled up.
        only_batched: only calls whose callee has a batch form. Others overlap just as well where they stand, each with
            its own line in reports.
    """

    name = "xcs-reroll"

    min_calls: int = 4
    only_batched: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Roll up in every block of a module."""
        declarations = Declarations.of(op)
        if self.only_batched and not any("batch" in one.properties for one in declarations.callables.values()):
            return
        summaries, captures = OpSummaries(), Captures()
        for block in blocks_of(op.body.block.ops):
            for run in _find_runs(block, self.min_calls, summaries, captures):
                declared = declarations.declaration(run.calls[0])
                if not self.only_batched or (declared is not None and "batch" in declared.properties):
                    _roll_up(run)


@dataclass
class _Run:
    """Calls that look alike and don't depend on each other, and what stands between them.

    Attributes:
        calls: the calls, in program order.
        hoisted: ops between that use none of their results and can go before them.
        dependent: the calls, and the ops between that stay behind them.
    """

    calls: list[CallOp]
    hoisted: list[Operation] = field(default_factory=list)
    dependent: set[Operation] = field(default_factory=set)

    @staticmethod
    def starting_with(call: CallOp) -> _Run:
        """The run of one call."""
        return _Run([call], dependent={call})


def _find_runs(block: Block, min_calls: int, summaries: OpSummaries, captures: Captures) -> list[_Run]:
    """The runs of at least `min_calls` in a block that can be rolled up without delaying anyone."""
    runs: list[_Run] = []
    run: _Run | None = None
    for op in block.ops:
        if run is not None and _join(run, op, summaries, captures):
            continue
        if run is not None:
            runs.append(run)
        run = _Run.starting_with(op) if isinstance(op, CallOp) and _is_candidate(op) else None
    if run is not None:
        runs.append(run)
    runs = [run for run in runs if len(run.calls) >= min_calls and _is_used_at_once(run)]
    if not runs:
        return []
    ops = ops_of(block)
    waiting = analyze_waiting(ops, [summaries.of(op).behaviour for op in ops], captures)
    return [run for run in runs if len({waiting[call].waits_for for call in run.calls}) == 1]


def _is_candidate(call: CallOp) -> bool:
    behaviour = call.behaviour
    plain = behaviour.effect is Effect.UNORDERED and behaviour.external and "mutates" not in call.properties
    return plain and len(call.operands) > 0 and not reads_unbound(call)


def _join(run: _Run, op: Operation, summaries: OpSummaries, captures: Captures) -> bool:
    """Take an op into a run; false if the run ends before it."""
    dependent = any(value.owner in run.dependent for value in captures.used_by(op))
    if isinstance(op, CallOp) and not dependent and _looks_like(op, run.calls[0]):
        run.calls.append(op)
        run.dependent.add(op)
        return True
    summary = summaries.of(op)
    if op.next_op is None:  # the terminator
        return False
    if summary.is_inert and not dependent:
        run.hoisted.append(op)
        return True
    if summary.is_inert or (summary.updates and summary.is_droppable):
        run.dependent.add(op)
        return True
    return False


def _looks_like(call: CallOp, first: CallOp) -> bool:
    same = call.properties == first.properties and len(call.operands) == len(first.operands)
    return same and _is_candidate(call) and call.results[0].type == first.results[0].type


def _is_used_at_once(run: _Run) -> bool:
    """Whether all results go to one op that waits for all its operands, or nowhere: then nobody starts later."""
    users = {use.operation for call in run.calls for use in call.results[0].uses}
    return len(users) <= 1 and not any(starts_before_its_inputs(user, is_external=True) for user in users)


def _roll_up(run: _Run) -> None:
    first = run.calls[0]
    block = first.parent
    assert block is not None
    for op in run.hoisted:
        op.detach()
        block.insert_op_before(op, first)
    varying = _varying_operands(run.calls)
    items, body = _make_body(run.calls, varying)
    listed = MakeListOp.make([item for _, item in items], list_of(items[0][1].type), first.location)
    result_type = first.results[0].type
    mapped = MapOp.make(listed.result, body, (list_of(result_type),), words=("snapshot",), location=first.location)
    made = [op for op, _ in items if op is not None]
    block.insert_ops_before([*made, listed, mapped], first)
    _replace_results(run.calls, mapped)


def _varying_operands(calls: Sequence[CallOp]) -> list[int]:
    """The operands that differ between the calls; the first one stands in if none does."""
    first = calls[0].operands
    return [i for i in range(len(first)) if any(call.operands[i] is not first[i] for call in calls)] or [0]


def _make_body(
    calls: Sequence[CallOp], varying: Sequence[int]
) -> tuple[list[tuple[MakeTupleOp | None, SSAValue]], Region]:
    """The elements to map over (with the op that makes each, if they are tuples), and the body around one call."""
    first = calls[0]
    types = [_common_type([call.operands[i] for call in calls]) for i in varying]
    if len(varying) == 1:
        block = Block(arg_types=[types[0]])
        parts: Sequence[SSAValue] = block.args
        items: list[tuple[MakeTupleOp | None, SSAValue]] = [(None, call.operands[varying[0]]) for call in calls]
    else:
        block = Block(arg_types=[OBJ])
        unpack = UnpackOp.make(block.args[0], types, PURE, total=True, location=first.location)
        block.add_op(unpack)
        parts = unpack.results
        tuples = [MakeTupleOp.make([call.operands[i] for i in varying], OBJ, call.location) for call in calls]
        items = [(made, made.result) for made in tuples]  # type: ignore[misc]  # `make` is inherited
    copy = first.clone()
    for index, part in zip(varying, parts, strict=True):
        copy.operands[index] = part
    block.add_ops((copy, YieldOp.make(copy.results, location=copy.location)))
    return items, Region(block)


def _common_type(values: Sequence[SSAValue]) -> Attribute:
    types = {value.type for value in values}
    return types.pop() if len(types) == 1 else OBJ


def _replace_results(calls: Sequence[CallOp], mapped: MapOp) -> None:
    results = [call.results[0] for call in calls]
    block, anchor = calls[0].parent, calls[0]
    assert block is not None
    user = next((use.operation for result in results for use in result.uses), None)
    if isinstance(user, MakeListOp) and tuple(user.operands) == tuple(results) and user.parent is block:
        user.result.replace_all_uses_with(mapped.results[0])
        block.erase_op(user)
    elif user is not None:
        types = [result.type for result in results]
        unpack = UnpackOp.make(mapped.results[0], types, PURE, total=True, location=anchor.location)
        block.insert_op_before(unpack, anchor)
        replaced = dict(zip(results, unpack.results, strict=True))
        user.operands = [replaced.get(value, value) for value in user.operands]  # type: ignore[arg-type]
    for call in calls:
        block.erase_op(call)
