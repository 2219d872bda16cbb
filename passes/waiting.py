"""What ops of a block wait for, in sets of the external ops before them, and what waits for them.

Sets are Python integers with one bit for each external op of the block, so joining and comparing them is cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Operation

from ..diagnostics.effect import Behaviour, Effect
from .captures import Captures

EVERYTHING = -1
"""The bit mask of all external ops, of those not seen yet too."""


@dataclass(eq=False)
class Waiting:
    """What one op has to do with the external ops of its block, as bit masks.

    Attributes:
        waits_for: the external ops that must have returned before it starts.
        done_after: those, and itself if it is external.
        may_wait_for: what all who use its results wait for anyway.
        serves: the external ops that are the next to depend on it, beyond them the outputs of the block, if asked for.
    """

    waits_for: int
    done_after: int
    may_wait_for: int = EVERYTHING
    serves: int = 0


def analyze_waiting(
    ops: Sequence[Operation], behaviours: Sequence[Behaviour], captures: Captures, *, serves_outputs: bool = False
) -> dict[Operation, Waiting]:
    """The masks of all ops of a block, which are given in program order with what they do.

    With `serves_outputs` what leaves the block counts as served, value by value: outside, external ops may need one of
    the values and not another.
    """
    if not serves_outputs and not any(behaviour.external for behaviour in behaviours):
        return dict.fromkeys(ops, Waiting(0, 0))  # nothing waits, nor is waited for
    waiting: dict[Operation, Waiting] = {}
    all_external, after_writer, next_bit = 0, 0, 1
    for op, behaviour in zip(ops, behaviours, strict=True):
        mask = 0
        for value in captures.used_by(op):
            if (owner := waiting.get(value.owner)) is not None:  # type: ignore[arg-type]  # blocks are never keys
                mask |= owner.done_after
        if behaviour.effect in (Effect.ORDERED, Effect.FENCE):
            mask = all_external
        elif behaviour.sees_writes:
            mask |= after_writer
        bit = next_bit if behaviour.external else 0
        next_bit <<= behaviour.external
        all_external |= bit
        waiting[op] = Waiting(mask, mask | bit)
        if behaviour.effect.may_write:
            after_writer |= mask | bit
    if serves_outputs and ops:
        for index, value in enumerate(ops[-1].operands):
            if (producer := waiting.get(value.owner)) is not None:  # type: ignore[arg-type]
                producer.serves |= next_bit << index
    for op, behaviour in zip(reversed(ops), reversed(behaviours), strict=True):
        _pass_to_operands(op, waiting, captures, behaviour.external)
    return waiting


def _pass_to_operands(op: Operation, waiting: dict[Operation, Waiting], captures: Captures, external: bool) -> None:
    """Tell the producers of what `op` uses which waiting they may cause and whom they serve."""
    own = waiting[op]
    starts_early = starts_before_its_inputs(op, external)
    serves = own.done_after & ~own.waits_for if external else own.serves
    for value in captures.used_by(op):
        producer = waiting.get(value.owner)  # type: ignore[arg-type]
        if producer is not None:
            producer.serves |= serves
            if starts_early:
                producer.may_wait_for &= producer.done_after
            else:
                producer.may_wait_for &= own.waits_for if external else own.may_wait_for


def starts_before_its_inputs(op: Operation, is_external: bool) -> bool:
    """Whether an op uses its inputs one by one: frames start before all are there, results leave a block singly."""
    is_terminator = op.next_op is None
    return is_terminator or (is_external and (bool(op.regions) or op.name == "xcs.invoke"))
