"""Versions of owned objects: when an update in place gives what values would give.

In the IR a list or dict is a value, and an update (`append`, `insert`, a call with `mutates`) gives its next version.
In the plan all versions are one object. So every other op that reads the consumed version runs before the update, and
where a version is still needed after its update, the update works on a copy.

The handler of a `try` needs what the body had at its start. An update at the end of the body waits for all that may
fail there, so that the handler never runs after it, and works in place. What the body only hands on, later ones update.
Where the handler begins with a call marked `as_left`, it wants what the body has left: updates there act in order.

A version moves: yields and initial values hand it on. Where the receiving side is updated, handing it on consumes it
just like an update; such an operand passes a *gate*, an instruction that waits for the readers.

    %l = make_list(%a)                     l = make_list(a)
    %r = call unordered @ask(%l)           r = ask(l)
    %m = append %l, %b                     m = append(l, b)   after ask
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xdsl.ir import Block, Operation, SSAValue

from ..diagnostics.errors import InternalError
from ..dialect.calls import AS_LEFT, IN_ORDER
from ..dialect.constants import ConstantOp, UndefOp
from ..dialect.containers import AppendOp, InsertOp
from ..dialect.control_flow import IfOp, RaiseOp, TryOp
from ..dialect.loops import WhileOp
from ..dialect.parallel import EnsembleOp
from ..dialect.regions import YieldOp
from .adjustments import Adjustments
from .carried_values import LOOPS, OperandUse, carried_from, carried_into

Chain = list[tuple[Block, Operation]]
"""An op and the ops around it, innermost first, each with the block it stands in once ensembles are flattened."""


def order_updates(updates: Iterable[OperandUse], blocks: Iterable[Block], adjustments: Adjustments) -> None:
    """Adds the copies, gates and order edges that the updates need.

    Args:
        updates: the operands whose objects an op updates.
        blocks: the bodies of all functions.
        adjustments: where they are added.
    """
    order = {op: position for position, op in enumerate(op for block in blocks for op in block.walk())}
    updates = list(updates)
    consuming = _consuming_uses(updates)
    ordering = _UpdateOrder(order, consuming, adjustments)
    seen_by_handlers = _consuming_uses(update for update in updates if IN_ORDER in update[0].attributes)
    ordering.in_place = {use for uses in seen_by_handlers.values() for use in uses}
    for value, uses in consuming.items():
        for use in uses:
            ordering.place(value, use)
    for value in consuming:
        ordering.hold_condition(value)


def _consuming_uses(updates: Iterable[OperandUse]) -> dict[SSAValue, list[OperandUse]]:
    """For each value that is updated here or under a later name: the operands that give it up."""
    consuming: dict[SSAValue, list[OperandUse]] = {}
    seen: set[OperandUse] = set()
    worklist = list(updates)
    while worklist:
        use = worklist.pop()
        if use in seen:
            continue
        seen.add(use)
        value = use[0].operands[use[1]]
        consuming.setdefault(value, []).append(use)
        for source in carried_from(value):
            worklist.append(source)
            for name in carried_into(source):  # all names of one carried value are updated together
                consuming.setdefault(name, [])
    return consuming


class _UpdateOrder:
    """Decides for each consuming operand whether it needs a copy, and what it waits for."""

    def __init__(
        self, order: dict[Operation, int], consuming: dict[SSAValue, list[OperandUse]], adjustments: Adjustments
    ) -> None:
        self.order, self.consuming, self.adjustments = order, consuming, adjustments
        self.in_place: set[OperandUse] = set()  # a handler looks for what these do to the object itself

    def place(self, value: SSAValue, use: OperandUse) -> None:
        """Orders one consuming operand against all other uses of the object."""
        if is_unreached(use[0]):
            return
        chain = chain_of(use[0])
        waits: list[tuple[Operation, Operation]] = []
        must_copy = self._runs_again(value, chain)
        for other in () if must_copy else self._other_uses(value, use, chain):
            found = self._relate(other, use, chain)
            if found is None and use in self.in_place:
                continue  # a way on which the update isn't made: no old version of such an object is read behind it
            if found is None:
                must_copy = True
                break
            waits.extend(found)
        if must_copy:
            if use in self.in_place:
                raise InternalError(f"`{use[0].name}` would update a copy of what a handler looks at")
            self.adjustments.copies.add(use)
            return
        for reader, updater in waits:
            self._wait(value, use, updater, reader)

    def hold_condition(self, value: SSAValue) -> None:
        """A loop's condition is known only once all its readers of an updated carried value have completed."""
        loop = self._loop_of_condition(value)
        if loop is None:
            return
        block = loop.regions[0].block
        terminator = block.last_op
        assert terminator is not None
        for other in self._aliases(value):
            reader = next(op for inner, op in chain_of(other[0]) if inner is block)
            if reader is not terminator:
                self.adjustments.gates.setdefault((terminator, 0), []).append(reader)

    def _loop_of_condition(self, value: SSAValue) -> WhileOp | None:
        """The loop that has this value as an argument of its condition region."""
        block = value.owner
        around = block.parent_op() if isinstance(block, Block) else None
        return around if isinstance(around, WhileOp) and block is around.regions[0].block else None

    def _runs_again(self, value: SSAValue, chain: Chain) -> bool:
        """Whether the update may run more than once on one version, or before a loop's body sees it."""
        home = home_block(value)
        if self._loop_of_condition(value) is not None:
            return True
        for block, op in chain[1:] if chain[0][0] is not home else ():
            if op.name in LOOPS:
                return True
            if block is home:
                break
        return False

    def _aliases(self, value: SSAValue) -> Iterator[OperandUse]:
        """All uses of the object under this name and under names that only hand it on to readers."""
        worklist, seen = [value], {value}
        while worklist:
            for found in worklist.pop().uses:
                use = (found.operation, found.index)
                yield use
                names = [name for name in carried_into(use) if name not in seen and name not in self.consuming]
                seen.update(names)
                worklist.extend(names)

    def _other_uses(self, value: SSAValue, use: OperandUse, chain: Chain) -> Iterator[OperandUse]:
        """All uses of the object that may run together with `use`."""
        worklist, seen = [value], {value}
        while worklist:
            for found in worklist.pop().uses:
                other = (found.operation, found.index)
                if other == use or is_unreached(other[0]) or self._excludes(other, chain):
                    continue
                yield other
                names = [name for name in carried_into(other) if name not in seen and name not in self.consuming]
                seen.update(names)
                worklist.extend(names)

    def _excludes(self, other: OperandUse, chain: Chain) -> bool:
        """Whether a use is in the other branch of an `xcs.if`; or one is in a handler, one what the body gives; or the
        update is in a block that always raises, and the use behind it.
        """
        mine, theirs, around = _meet(chain, other[0])
        if mine is not theirs:
            return self.order[theirs] > self.order[mine] and _always_raises(chain, around)
        if other[0] is mine or chain[0][1] is mine:
            return False
        if isinstance(mine, TryOp):
            given = mine.body.block.last_op
            return (other[0] is given) != (chain[0][1] is given)
        return isinstance(mine, IfOp)

    def _relate(self, other: OperandUse, use: OperandUse, chain: Chain) -> list[tuple[Operation, Operation]] | None:
        """What `use` must wait for, as (reader, updater) in one block; None where `other` comes after it."""
        updater, reader, _ = _meet(chain, other[0])
        if updater is not reader:
            return [(reader, updater)] if self.order[reader] < self.order[updater] else None
        if other[0] is use[0] or use[0] is updater:
            return None
        if other[0] is updater:  # an operand of the op around: read before its regions run
            return []
        if not isinstance(updater, TryOp):
            return None
        if AS_LEFT in other[0].attributes:
            return []  # it wants the object as the updates in the body leave it
        if self.order[other[0]] < self.order[use[0]]:
            return []
        return _what_may_fail_before(use[0], updater)

    def _wait(self, value: SSAValue, use: OperandUse, updater: Operation, reader: Operation) -> None:
        adjustments = self.adjustments
        if updater is not use[0]:
            adjustments.capture_gates.setdefault((updater, value), []).append(reader)
        elif carried_into(use) or isinstance(updater, YieldOp):
            adjustments.gates.setdefault(use, []).append(reader)
        else:
            adjustments.after.setdefault(updater, []).append(reader)


def _always_raises(chain: Chain, around: Block) -> bool:
    """Whether what follows a block is never reached after an op somewhere inside of it."""
    raises, inner = False, None
    for block, op in chain:
        if isinstance(op, TryOp) and inner is op.body.block:
            raises = False  # it may be caught
        if block is around:
            return raises
        inner = block
        raises = raises or (block.last_op is not None and is_unreached(block.last_op))
    return False


def is_unreached(op: Operation) -> bool:
    """Whether an op is what a block gives that always raises before."""
    before = op.prev_op if isinstance(op, YieldOp) else None
    while isinstance(before, ConstantOp | UndefOp):
        before = before.prev_op
    if isinstance(before, IfOp | TryOp):
        return all(region.block.last_op is not None and is_unreached(region.block.last_op) for region in before.regions)
    return isinstance(before, RaiseOp)


def _what_may_fail_before(update: Operation, around: TryOp) -> list[tuple[Operation, Operation]] | None:
    """What an update in the body of a `try` waits for, so that the handler never runs after it; None where it may."""
    body = around.body.block
    if update.parent is not body or not isinstance(update, AppendOp | InsertOp):
        return None
    ops = list(body.ops)
    position = ops.index(update)
    if not all(isinstance(op, YieldOp | AppendOp) for op in ops[position + 1 :]):
        return None
    return [(op, update) for op in _flattened(ops[:position]) if not isinstance(op, ConstantOp)]


def _flattened(ops: Iterable[Operation]) -> Iterator[Operation]:
    for op in ops:
        if not isinstance(op, EnsembleOp):
            yield op
            continue
        for region in op.regions:
            yield from _flattened(inner for inner in region.block.ops if not isinstance(inner, YieldOp))


def _meet(chain: Chain, other: Operation) -> tuple[Operation, Operation, Block]:
    """The ops of the innermost common block that hold the op of `chain` and `other`."""
    blocks = dict(chain)
    for block, op in chain_of(other):
        if block in blocks:
            return blocks[block], op, block
    raise AssertionError("ops of one function have a common block")


def chain_of(op: Operation) -> Chain:
    """The op and the ops around it up to the function's body."""
    chain: Chain = []
    current: Operation | None = op
    while current is not None and (block := flat_block(current)) is not None:
        chain.append((block, current))
        current = block.parent_op()
        if current is None or current.name == "xcs.func":
            break
    return chain


def flat_block(op: Operation) -> Block | None:
    """The block an op stands in once ensembles are flattened into the block around them."""
    block = op.parent
    while block is not None and isinstance(around := block.parent_op(), EnsembleOp):
        block = around.parent
    return block


def home_block(value: SSAValue) -> Block | None:
    """The flattened block that defines a value."""
    owner = value.owner
    return owner if isinstance(owner, Block) else flat_block(owner)
