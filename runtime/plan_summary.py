"""What each block of a plan may do to the world, computed bottom-up over nesting and to a fixpoint over calls.

In: functions by symbol whose blocks carry any flags. Out: the same functions with `may_write` and `has_fence` set on
every block at every depth. A loop that is stepped counts as a possible writer: fetching its next element may run user
code; the scheduler takes that back when it sees the actual iterable.

Guarantees: pure functions of their arguments, callable from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..diagnostics.effect import Behaviour, Effect
from .plan import Block, Call, For, If, Instruction, Invoke, LoopSource, Map, Try, While


@dataclass(frozen=True, slots=True)
class Summary:
    """Whether something may write state that a later read sees, and whether it holds a fence."""

    may_write: bool = False
    has_fence: bool = False

    def __or__(self, other: Summary) -> Summary:
        return Summary(self.may_write or other.may_write, self.has_fence or other.has_fence)


NOTHING = Summary()
STEPPING = Summary(may_write=True)


def summarise(functions: Mapping[str, Block]) -> dict[str, Block]:
    """The functions with `may_write` and `has_fence` of every block computed."""
    summaries = dict.fromkeys(functions, NOTHING)
    while True:
        found = {symbol: summary_of_block(block, summaries) for symbol, block in functions.items()}
        if found == summaries:
            return {symbol: _rebuild(block, summaries) for symbol, block in functions.items()}
        summaries = found


def summary_of_block(block: Block, functions: Mapping[str, Summary]) -> Summary:
    """What the instructions of a block may do, at any depth."""
    summary = NOTHING
    for instruction in block.instructions:
        summary |= summary_of(instruction, functions)
    return summary


def summary_of(instruction: Instruction, functions: Mapping[str, Summary]) -> Summary:
    """What one instruction may do, its regions included."""
    match instruction:
        case Call():
            return _summary_of_behaviour(instruction.behaviour)
        case If() | While():
            summary = _summary_of_behaviour(instruction.truth)
        case For() | Map() if instruction.source is LoopSource.STEPPED:
            summary = STEPPING
        case Invoke():
            summary = functions[instruction.symbol]
        case _:
            summary = NOTHING
    for block in blocks_of(instruction).values():
        summary |= summary_of_block(block, functions)
    return summary


def blocks_of(instruction: Instruction) -> dict[str, Block]:
    """The blocks nested in an instruction, by the name of its field."""
    match instruction:
        case If():
            return {"then_block": instruction.then_block, "else_block": instruction.else_block}
        case For() | Map():
            return {"body": instruction.body}
        case While():
            return {"condition": instruction.condition, "body": instruction.body}
        case Try():
            return {"body": instruction.body, "handler": instruction.handler}
        case _:
            return {}


def _summary_of_behaviour(behaviour: Behaviour) -> Summary:
    return Summary(behaviour.effect.may_write, behaviour.effect is Effect.FENCE)


def _rebuild(block: Block, functions: Mapping[str, Summary]) -> Block:
    instructions = tuple(
        replace(instruction, **{name: _rebuild(inner, functions) for name, inner in blocks_of(instruction).items()})
        for instruction in block.instructions
    )
    summary = summary_of_block(block, functions)
    return replace(block, instructions=instructions, may_write=summary.may_write, has_fence=summary.has_fence)
