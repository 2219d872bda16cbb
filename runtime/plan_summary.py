"""What each block of a plan may do to the world, computed bottom-up over nesting and to a fixpoint over calls.

In: functions by symbol whose blocks carry any flags. Out: the same functions with `may_write` and `has_fence` set on
every block at every depth. A loop that is stepped counts as a possible writer: fetching its next element may run user
code; the scheduler takes that back when it sees the actual iterable.

Guarantees: pure functions of their arguments, callable from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..diagnostics.effect import Effect
from .plan import Block, Call, For, If, Instruction, Invoke, LoopSource, Map, Try, While


def summarise(functions: Mapping[str, Block]) -> dict[str, Block]:
    """The functions with `may_write` and `has_fence` of every block computed."""
    # From below: a function counts as harmless until something inside says otherwise, so recursion is no obstacle.
    summarised = {symbol: replace(block, may_write=False, has_fence=False) for symbol, block in functions.items()}
    while True:
        found = {symbol: _summarised(block, summarised) for symbol, block in functions.items()}
        if all(_flags(found[symbol]) == _flags(summarised[symbol]) for symbol in functions):
            return found
        summarised = found


def _summarised(block: Block, functions: Mapping[str, Block]) -> Block:
    may_write = has_fence = False
    instructions: list[Instruction] = []
    for instruction in block.instructions:
        inner: dict[str, Block] = {}
        # Loops, not comprehensions: programs nest deeply, and each level should cost one Python frame.
        for name, nested in blocks_of(instruction).items():
            inner[name] = found = _summarised(nested, functions)
            may_write |= found.may_write
            has_fence |= found.has_fence
        own_write, own_fence = _own_flags(instruction, functions)
        may_write |= own_write
        has_fence |= own_fence
        instructions.append(replace(instruction, **inner) if inner else instruction)
    return replace(block, instructions=tuple(instructions), may_write=may_write, has_fence=has_fence)


def _own_flags(instruction: Instruction, functions: Mapping[str, Block]) -> tuple[bool, bool]:
    """What an instruction does besides its nested blocks."""
    match instruction:
        case Call():
            effect = instruction.behaviour.effect
        case If() | While():
            effect = instruction.truth.effect
        case For() | Map():
            return instruction.source is LoopSource.STEPPED, False
        case Invoke():
            return _flags(functions[instruction.symbol])
        case _:
            return False, False
    return effect.may_write, effect is Effect.FENCE


def _flags(block: Block) -> tuple[bool, bool]:
    return block.may_write, block.has_fence


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
