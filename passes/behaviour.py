"""What an op does, with its regions: its effect and whether it may raise. Passes ask here before they move anything.

Expects: acting ops that state their effect in a property. An op without one, or of another dialect, may do anything.
Ensures: answers that err towards more effect, and that cost one visit for each op however deeply it is nested.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xdsl.ir import Operation, SSAValue

from ..diagnostics.effect import ORDERED, PURE, READS, Behaviour, Effect
from ..diagnostics.identity import identity
from ..dialect.constants import ConstantOp
from ..dialect.containers import MakeDictOp
from ..dialect.effects import EffectAttr
from ..dialect.types import ListType
from .unbound import reads_unbound

FENCE = Behaviour(Effect.FENCE)
READS_ARGUMENT = Behaviour(Effect.PURE, sees_writes=True)

_STRENGTH = {
    Effect.PURE: 0,
    Effect.READS: 1,
    Effect.UNORDERED: 2,
    Effect.DYNAMIC: 3,
    Effect.ORDERED: 4,
    Effect.FENCE: 5,
}
"""What is known to be ordered stays so beside what may turn out to be."""


def join_behaviours(left: Behaviour, right: Behaviour) -> Behaviour:
    """The effect of doing both."""
    if left is right or right is PURE:
        return left
    stronger = left.effect if _STRENGTH[left.effect] >= _STRENGTH[right.effect] else right.effect
    return Behaviour(stronger, left.sees_writes or right.sees_writes, left.external or right.external)


@dataclass(frozen=True, slots=True)
class OpSummary:
    """An op as a whole.

    Attributes:
        behaviour: the joined effect of the op and all ops inside it.
        may_raise: whether an exception may leave it.
        updates: whether it makes the next version of a container, so that readers of the old one must stay before it.
    """

    behaviour: Behaviour
    may_raise: bool
    updates: bool = False

    @property
    def is_inert(self) -> bool:
        """Whether the op can't be noticed but through its results, so that it may move freely and be dropped."""
        pure = self.behaviour.effect is Effect.PURE and not self.behaviour.sees_writes
        return pure and not self.may_raise and not self.updates

    @property
    def is_droppable(self) -> bool:
        """Whether nobody notices if an unused op is gone."""
        return self.behaviour.effect <= Effect.READS and not self.behaviour.external and not self.may_raise


INERT = OpSummary(PURE, may_raise=False)
UNKNOWN_OP = OpSummary(ORDERED, may_raise=True)
_RAISING = OpSummary(PURE, may_raise=True)
_READING = OpSummary(READS_ARGUMENT, may_raise=False)
_LOADING = OpSummary(READS, may_raise=False)
_ASSIGNING = OpSummary(ORDERED, may_raise=False)
_UPDATING = OpSummary(PURE, may_raise=False, updates=True)

_WITHOUT_EFFECT_PROPERTY = {
    "xcs.constant": INERT,
    "xcs.undef": INERT,
    "xcs.load": _LOADING,
    "xcs.make_list": INERT,
    "xcs.make_tuple": INERT,
    "xcs.make_dict": _RAISING,
    "xcs.append": _UPDATING,
    "xcs.raise": UNKNOWN_OP,
    "xcs.variable": INERT,
    "xcs.assign": _ASSIGNING,
    "xcs.current": _LOADING,
    "xcs.xla_call": _RAISING,
    "xcs.yield": INERT,
    "xcs.return": INERT,
    "xcs.callable": INERT,
    "xcs.outside": INERT,
    "xcs.func": INERT,
    "xcs.xla": INERT,
    "xcs.ensemble": INERT,
    "builtin.module": INERT,
}
_LOOPS = {"xcs.for", "xcs.map", "xcs.reduce"}
_BRANCHES = {"xcs.if", "xcs.while"}
_OWNED_LISTS = {"xcs.make_list", "xcs.append", "xcs.map"}


def is_owned_list(value: SSAValue) -> bool:
    """Whether a value is a list that this program made and still owns, so that no one else writes it."""
    return value.owner.name in _OWNED_LISTS if isinstance(value.owner, Operation) else False


def own_summary(op: Operation) -> OpSummary:
    """What the op itself does, apart from its regions."""
    properties = op.properties
    effect = properties.get("effect")
    if type(effect) is EffectAttr:  # `isinstance` of an abstract class is slow, and this is asked of every op
        key = (effect.data, "total" not in properties, "mutates" in properties)
        stated = _interned.get(key) or _summary(*key)
    else:
        stated = _summary_by_name(op)
    if stated.may_raise or not reads_unbound(op):
        return stated
    return _summary(stated.behaviour, True, stated.updates)


def _summary_by_name(op: Operation) -> OpSummary:
    """What an op does that states no effect."""
    name, properties = op.name, op.properties
    if name in _LOOPS:
        return _iteration(op)
    if name in _BRANCHES:
        truth = properties.get("truth")
        return _summary(truth.data, True) if isinstance(truth, EffectAttr) else INERT
    if name == "xcs.try":
        return INERT
    if name == "xcs.insert":
        return _summary(PURE, "total" not in properties, True)
    known = _WITHOUT_EFFECT_PROPERTY.get(name, UNKNOWN_OP)
    return INERT if known is _RAISING and ("total" in properties or _has_literal_keys(op)) else known


def _has_literal_keys(op: Operation) -> bool:
    """Whether an op makes a dict of literal keys, which are always hashable."""
    return isinstance(op, MakeDictOp) and all(isinstance(key.owner, ConstantOp) for key in op.keys)


def _iteration(loop: Operation) -> OpSummary:
    """The effect of taking the elements of a loop's iterable, which is operand 0."""
    iterable = loop.operands[0]
    if is_owned_list(iterable):
        return INERT
    if isinstance(iterable.type, ListType):
        return _READING
    if loop.name != "xcs.for" or "snapshot" in loop.properties or "plain" in loop.properties:
        return _READING_OR_RAISING
    return UNKNOWN_OP  # an unknown iterator runs code of its own at each step


_READING_OR_RAISING = OpSummary(READS_ARGUMENT, may_raise=True)
_interned: dict[tuple[Behaviour, bool, bool], OpSummary] = {}


def _summary(behaviour: Behaviour, may_raise: bool, updates: bool = False) -> OpSummary:
    """The summary, shared between equal ones: behaviours come from attributes and are few."""
    key = (behaviour, may_raise, updates)
    found = _interned.get(key)
    if found is None:
        found = _interned[key] = OpSummary(behaviour, may_raise, updates)
    return found


class OpSummaries:
    """The summaries of ops, each computed once. Valid until a pass changes an op inside of one that was asked about."""

    def __init__(self) -> None:
        """Starts with nothing known."""
        self._known: dict[Operation, OpSummary] = {}

    def of(self, op: Operation) -> OpSummary:
        """The summary of an op with its regions."""
        if not op.regions:
            return own_summary(op)
        found = self._known.get(op)
        if found is None:
            found = self._known[op] = self._of_region_op(op)
        return found

    def of_all(self, ops: Iterable[Operation]) -> OpSummary:
        """The summary of doing all of `ops`."""
        behaviour, may_raise, updates = PURE, False, False
        for one in {identity(summary): summary for summary in map(self.of, ops)}.values():
            behaviour = join_behaviours(behaviour, one.behaviour)
            may_raise = may_raise or one.may_raise
            updates = updates or one.updates
        return _summary(behaviour, may_raise, updates)

    def _of_region_op(self, op: Operation) -> OpSummary:
        own = own_summary(op)
        if op.name == "xcs.func" or op.name == "xcs.tensor":
            return own  # a function acts where it is called; a region's effect is stated
        inside = self.of_all(child for region in op.regions for block in region.blocks for child in block.ops)
        behaviour = join_behaviours(own.behaviour, inside.behaviour)
        return _summary(behaviour, own.may_raise or inside.may_raise, inside.updates)
