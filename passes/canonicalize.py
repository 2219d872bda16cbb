"""Brings the program into its simplest form: what is decided when compiling is not decided again at run time.

Expects: nothing but a valid module.
Ensures: no pattern of this file matches any more (within `MAX_ROUNDS` sweeps).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern
from xdsl.rewriter import InsertPoint

from ..dialect.access import GetItemOp, UnpackOp
from ..dialect.constants import ConstantOp
from ..dialect.containers import AppendOp, MakeListOp, MakeTupleOp
from ..dialect.control_flow import IfOp
from ..dialect.loops import ForOp, ReduceOp
from ..dialect.nesting import ops_inside
from ..dialect.parallel import MapOp
from ..dialect.regions import YieldOp
from .behaviour import own_summary
from .unbound import may_be_unbound

MAX_ROUNDS = 8
"""Sweeps over the module; each pattern makes the program smaller, and one sweep is nearly always enough."""


@dataclass(frozen=True)
class CanonicalizePass(ModulePass):
    """Branches on constants, tuples taken apart where they are made, and loops over nothing disappear."""

    name = "xcs-canonicalize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Sweep a module until nothing changes."""
        for _ in range(MAX_ROUNDS):
            candidates = [one for one in ops_inside(op, inner_first=True) if one.name in PATTERNS]
            rewritten = [one for one in candidates if _rewrite(one)]
            if not rewritten:
                return


def _rewrite(op: Operation) -> bool:
    """Apply the first pattern that matches an op, unless an earlier rewriting erased it."""
    if op.parent is None:
        return False
    rewriter = PatternRewriter(op)
    for pattern in PATTERNS[op.name]:
        pattern.match_and_rewrite(op, rewriter)
        if rewriter.has_done_action:
            return True
    return False


class TakeKnownBranch(RewritePattern):
    """A branch on a literal becomes the region it takes.

    ```mlir
    %c = xcs.constant True
    %r = xcs.if %c { xcs.yield %a } else { xcs.yield %b }       // becomes %a
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: IfOp, rewriter: PatternRewriter) -> None:
        """Inline the taken region."""
        condition = op.condition.owner
        if isinstance(condition, ConstantOp):
            _inline_region(op, op.then_region if condition.value.data else op.else_region, rewriter)


class MergeEqualBranches(RewritePattern):
    """A branch whose sides do nothing and yield the same values becomes these values.

    ```mlir
    %r = xcs.if %c { xcs.yield %a } else { xcs.yield %a }       // becomes %a
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: IfOp, rewriter: PatternRewriter) -> None:
        """Drop the branch if testing the condition does nothing either."""
        one, other = op.then_region.block.first_op, op.else_region.block.first_op
        if not isinstance(one, YieldOp) or not isinstance(other, YieldOp) or not own_summary(op).is_inert:
            return
        if tuple(one.operands) == tuple(other.operands):
            rewriter.replace(op, (), tuple(one.operands))


class ForwardInvariant(RewritePattern):
    """A value that a loop only carries through becomes a use of the initial value.

    ```mlir
    %r = xcs.for %x in %xs iter(%a = %init) { ... xcs.yield %a }        // %a and %r become %init
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ForOp | ReduceOp, rewriter: PatternRewriter) -> None:
        """Drop the first invariant carried value; the next sweep finds the next."""
        block = op.body.block
        num_flags = "breaks" in op.properties
        terminator = block.last_op
        assert terminator is not None
        for index, (init, argument) in enumerate(zip(op.inits, block.args[1:], strict=True)):
            following = terminator.operands[num_flags + index]
            if (following is argument or following is init) and (isinstance(op, ForOp) or len(op.inits) > 1):
                argument.replace_all_uses_with(init)
                _drop_carried(op, index, num_flags, rewriter)
                return


class DropUnusedCarried(RewritePattern):
    """A value that a loop carries, but that neither an iteration nor anyone after the loop looks at, isn't carried.

    ```mlir
    %r = xcs.for %x in %xs iter(%a = %init) { ... xcs.yield %y }        // no iter, if %a and %r are not used
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ForOp, rewriter: PatternRewriter) -> None:
        """Drop the first such value; the next sweep finds the next."""
        for index, (argument, result) in enumerate(zip(op.body.block.args[1:], op.results, strict=True)):
            if argument.first_use is None and result.first_use is None:
                _drop_carried(op, index, "breaks" in op.properties, rewriter)
                return


class SkipEmptyLoop(RewritePattern):
    """A loop over an empty list runs no iteration.

    ```mlir
    %empty = xcs.make_list()
    %r = xcs.for %x in %empty iter(%a = %init) { ... }          // becomes %init
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ForOp | ReduceOp, rewriter: PatternRewriter) -> None:
        """Replace the results by the initial values."""
        if _is_empty_list(op.iterable):
            rewriter.replace(op, (), tuple(op.inits))


class SkipEmptyMap(RewritePattern):
    """A map over an empty list gives empty lists.

    ```mlir
    %empty = xcs.make_list()
    %ys = xcs.map %x in %empty { ... }                          // becomes xcs.make_list()
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: MapOp, rewriter: PatternRewriter) -> None:
        """Replace each result by a new list."""
        if _is_empty_list(op.iterable):
            lists = [MakeListOp.make((), result.type, op.location) for result in op.results]
            rewriter.replace(op, lists, [made.result for made in lists])


class UnpackMadeSequence(RewritePattern):
    """Taking a sequence apart where it is known gives its elements.

    ```mlir
    %t = xcs.make_tuple(%a, %b)
    %x, %y = xcs.unpack pure %t -> (!xcs.obj, !xcs.obj)         // becomes %a, %b
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: UnpackOp, rewriter: PatternRewriter) -> None:
        """Use the elements, if their number is the right one."""
        elements = _known_elements(op.iterable)
        if elements is not None and op.star is None and len(elements) == len(op.results):
            rewriter.replace(op, (), elements)


class IndexMadeSequence(RewritePattern):
    """An element at a literal index of a known sequence is that element.

    ```mlir
    %t = xcs.make_tuple(%a, %b)
    %i = xcs.constant -1
    %x = xcs.getitem pure %t[%i]                                // becomes %b
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GetItemOp, rewriter: PatternRewriter) -> None:
        """Use the element, if the index is a whole number in range."""
        elements, key = _known_elements(op.container), op.key.owner
        if elements is None or not isinstance(key, ConstantOp) or type(key.value.data) is not int:
            return
        index = key.value.data
        if -len(elements) <= index < len(elements):
            rewriter.replace(op, (), (elements[index],))


class FoldAppends(RewritePattern):
    """Appends to a list that was just made become a longer list, if nothing sees the versions between.

    ```mlir
    %l = xcs.make_list(%a)
    %l2 = xcs.append %l, %b
    %l3 = xcs.append %l2, %c                                    // becomes %l3 = xcs.make_list(%a, %b, %c)
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: AppendOp, rewriter: PatternRewriter) -> None:
        """Fold the whole chain that ends here, so that long chains cost no more than their length."""
        user = op.result.get_user_of_unique_use()
        if isinstance(user, AppendOp) and user.container is op.result and user.parent is op.parent:
            return
        chain: list[Operation] = [op]
        while isinstance(chain[-1], AppendOp):
            before = chain[-1].container.owner
            if not isinstance(before, AppendOp | MakeListOp) or before.parent is not op.parent:
                return
            if not before.result.has_one_use():
                return
            chain.append(before)
        values = [*chain[-1].operands, *(one.operands[1] for one in reversed(chain[:-1]))]
        if any(map(may_be_unbound, values)):
            return
        rewriter.replace(op, MakeListOp.make(values, op.result.type, op.location))
        for earlier in chain[1:]:
            rewriter.erase(earlier)


PATTERNS: dict[str, Sequence[RewritePattern]] = {
    "xcs.if": (TakeKnownBranch(), MergeEqualBranches()),
    "xcs.for": (SkipEmptyLoop(), ForwardInvariant(), DropUnusedCarried()),
    "xcs.reduce": (SkipEmptyLoop(), ForwardInvariant()),
    "xcs.map": (SkipEmptyMap(),),
    "xcs.unpack": (UnpackMadeSequence(),),
    "xcs.getitem": (IndexMadeSequence(),),
    "xcs.append": (FoldAppends(),),
}
"""The patterns of each op, tried in this order. Most ops have none and cost one look-up."""

_READING_USES = frozenset({"xcs.getitem", "xcs.unpack", "xcs.for", "xcs.map", "xcs.reduce"})


def _inline_region(op: Operation, region: Region, rewriter: PatternRewriter) -> None:
    block = region.block
    terminator = block.last_op
    assert terminator is not None
    values = tuple(terminator.operands)
    rewriter.erase(terminator)
    rewriter.inline_block(block, InsertPoint.before(op))
    rewriter.replace(op, (), values)


def _drop_carried(op: ForOp | ReduceOp, index: int, num_flags: int, rewriter: PatternRewriter) -> None:
    """Rebuild a loop without the carried value `index`, whose result becomes its initial value."""
    init = op.inits[index]
    block = op.body.block
    terminator = block.last_op
    assert terminator is not None
    terminator.operands = _without(terminator.operands, num_flags + index)
    block.erase_arg(block.args[1 + index])
    loop = type(op).create(
        operands=_without(op.operands, 1 + index),
        result_types=_without(op.results.types, index),
        properties=op.properties,
        attributes=op.attributes,
        regions=(op.detach_region(0),),
        location=op.location,
    )
    results = [*loop.results[:index], init, *loop.results[index:]]
    rewriter.replace(op, loop, results)


def _without(values: Sequence, index: int) -> list:
    return [value for position, value in enumerate(values) if position != index]


def _is_empty_list(value: SSAValue) -> bool:
    return isinstance(value.owner, MakeListOp) and not value.owner.operands and _only_read(value)


def _known_elements(value: SSAValue) -> tuple[SSAValue, ...] | None:
    """The elements of a tuple, or of a list that nothing but reading ops ever gets hold of."""
    made = value.owner
    if isinstance(made, MakeTupleOp) or (isinstance(made, MakeListOp) and _only_read(value)):
        return tuple(made.operands)
    return None


def _only_read(value: SSAValue) -> bool:
    return all(use.index == 0 and use.operation.name in _READING_USES for use in value.uses)
