"""Recognises loops whose iterations are independent, and says of others what makes them wait for each other.

A carried value is harmless if it only collects (`xcs.append` to a list that is empty before the loop) or only
accumulates (a pure call that can't raise, such as `acc + y`). Anything else is an obstacle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.ir import Operation, SSAValue

from ..diagnostics.effect import PURE, Effect
from ..dialect.calls import CallOp
from ..dialect.containers import AppendOp, MakeListOp
from ..dialect.control_flow import IfOp
from ..dialect.loops import ForOp
from ..dialect.types import OBJ, ListType, element_type, flows_into
from .behaviour import UNKNOWN_OP, OpSummaries, OpSummary, own_summary
from .cost import op_label
from .unbound import may_be_unbound


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the iterations of a loop can't be taken as independent, in words for `explain`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Collecting:
    """A carried list to which each iteration appends `append.value`."""

    append: AppendOp

    @property
    def value(self) -> SSAValue:
        """What the rest of the body computes."""
        return self.append.value


@dataclass(frozen=True, slots=True)
class Accumulating:
    """A carried value that `combiner` joins with what the rest computes: operands `carried_index` and `value_index`."""

    combiner: CallOp
    carried_index: int
    value_index: int

    @property
    def value(self) -> SSAValue:
        """What the rest of the body computes."""
        return self.combiner.operands[self.value_index]


CarriedRole: TypeAlias = Collecting | Accumulating


def match_independent_loop(loop: ForOp, summaries: OpSummaries) -> tuple[CarriedRole, ...] | Obstacle:
    """The role of each carried value of an independent loop, or the obstacle."""
    if "breaks" in loop.properties:
        return Obstacle("`break` or `return` may end the loop in any iteration")
    if own_summary(loop) is UNKNOWN_OP:
        return Obstacle("what it iterates over may run code of its own at each step")
    roles: list[CarriedRole] = []
    for index in range(len(loop.inits)):
        role = _role_of(loop, index)
        if isinstance(role, Obstacle):
            return role
        roles.append(role)
    rest = _without_roles(loop, roles)
    summary = summaries.of_all(rest)
    obstacle = _effect_obstacle(rest, summary, summaries)
    if obstacle is None and any(isinstance(role, Accumulating) for role in roles) and not summary.behaviour.external:
        return Obstacle("it only accumulates: there is nothing else to do at the same time")
    return tuple(roles) if obstacle is None else obstacle


def _role_of(loop: ForOp, index: int) -> CarriedRole | Obstacle:
    block = loop.body.block
    carried, following = block.args[1 + index], block.last_op.operands[index]  # type: ignore[union-attr]  # verified
    update = following.owner
    use = carried.get_unique_use()
    if carried.first_use is None:
        return Obstacle(f"{_name(carried)} is what the last iteration leaves, if there is one")
    if isinstance(update, IfOp):
        return Obstacle(f"an iteration changes {_name(carried)} under a condition")
    if not isinstance(update, Operation) or update.parent is not block or use is None or use.operation is not update:
        return Obstacle(f"an iteration uses {_name(carried)} of the one before")
    if not following.has_one_use():
        return Obstacle(f"an iteration uses {_name(carried)} after it has changed it")
    if isinstance(update, AppendOp) and use.index == 0:
        return _collecting(loop, index, update)
    if isinstance(update, CallOp):
        return _accumulating(loop, update, carried, use.index)
    return Obstacle(f"an iteration computes {_name(carried)} from that of the one before")


def _collecting(loop: ForOp, index: int, append: AppendOp) -> Collecting | Obstacle:
    init, result = loop.inits[index], loop.results[index]
    if may_be_unbound(append.value):
        return Obstacle("what it appends may be an unbound name")
    if not isinstance(init.owner, MakeListOp) or init.owner.operands:
        return Obstacle("the list it appends to may hold elements before the loop")
    listed = isinstance(result.type, ListType) or result.type == OBJ
    if not listed or not flows_into(append.value.type, element_type(result.type)):
        return Obstacle(f"the list it appends to has the type `{result.type}`")
    return Collecting(append)


def _accumulating(loop: ForOp, combiner: CallOp, carried: SSAValue, carried_index: int) -> Accumulating | Obstacle:
    if own_summary(combiner).behaviour != PURE or len(combiner.results) != 1 or "mutates" in combiner.properties:
        return Obstacle(f"an iteration computes {_name(carried)} from that of the one before")
    if "total" not in combiner.properties:
        return Obstacle(f"joining {_name(carried)} with the next value may raise, before later iterations may")
    inner = [i for i, value in enumerate(combiner.operands) if value is not carried and _is_inside(value, loop)]
    if len(inner) != 1:
        return Obstacle(f"{_name(carried)} is joined with {len(inner)} values of the iteration at a time")
    return Accumulating(combiner, carried_index, inner[0])


def _is_inside(value: SSAValue, loop: ForOp) -> bool:
    block = loop.body.block
    return value.owner is block or (isinstance(value.owner, Operation) and value.owner.parent is block)


def _without_roles(loop: ForOp, roles: Sequence[CarriedRole]) -> list[Operation]:
    updates = {role.append if isinstance(role, Collecting) else role.combiner for role in roles}
    return [op for op in loop.body.block.ops if op not in updates]


def _effect_obstacle(ops: Sequence[Operation], summary: OpSummary, summaries: OpSummaries) -> Obstacle | None:
    if summary.behaviour.effect <= Effect.UNORDERED:
        return None
    worst = next(op for op in ops if summaries.of(op).behaviour.effect > Effect.UNORDERED)
    effect = summaries.of(worst).behaviour.effect
    said = "has an effect not known before" if effect is Effect.DYNAMIC else f"is {effect.keyword}"
    return Obstacle(f"`{op_label(worst)}` in its body {said}")


def _name(value: SSAValue) -> str:
    return f"`{value.name_hint}`" if value.name_hint else "a value"
