"""What is to be known of single instructions of a plan before they run.

Guarantees: reads instructions and the summaries of the blocks that they hold, and nothing else.
"""

from __future__ import annotations

from ..diagnostics.effect import Behaviour, Effect
from .call_shape import operands_of
from .plan import Call, For, If, Instruction, Invoke, Literal, LoopSource, Map, Operand, Plan, Raise, Try, While


def awaited_operands(instruction: Instruction) -> tuple[Operand, ...]:
    """The operands that must be there before an instruction fires; the others are forwarded into its frames."""
    match instruction:
        case Call():
            return operands_of(instruction.callee, instruction.arguments)
        case Raise():
            return (instruction.exception, instruction.cause or Literal(None))
        case If():
            return (instruction.condition,)
        case For() | Map():
            return (instruction.iterable,)
        case _:
            return ()


def mutated_operands(instruction: Instruction) -> tuple[Operand, ...]:
    """The operands whose next versions are results of an instruction."""
    if not isinstance(instruction, Call) or not instruction.mutates:
        return ()
    return tuple(instruction.arguments.positional[position][1] for position in instruction.mutates)


def behaviour_of(instruction: Instruction) -> Behaviour:
    """What an instruction itself does; of branches and loops, what taking the truth of their condition does."""
    match instruction:
        case Call():
            return instruction.behaviour
        case If() | While():
            return instruction.truth
        case _:
            return Behaviour(Effect.PURE)


def retires(instruction: Instruction) -> bool:
    """Whether an instruction runs in its place in program order."""
    return isinstance(instruction, Raise) or (isinstance(instruction, Call) and instruction.retires)


def may_write(instruction: Instruction, plan: Plan) -> bool:
    """Whether an instruction or anything inside of it may write, as far as is known before running."""
    match instruction:
        case Call():
            return instruction.behaviour.effect.may_write
        case If():
            writes = instruction.then_block.may_write or instruction.else_block.may_write
            return writes or instruction.truth.effect.may_write
        case For() | Map():
            return instruction.body.may_write or instruction.source is LoopSource.STEPPED
        case While():
            writes = instruction.condition.may_write or instruction.body.may_write
            return writes or instruction.truth.effect.may_write
        case Try():
            return instruction.body.may_write or instruction.handler.may_write
        case Invoke():
            return plan.functions[instruction.symbol].may_write
        case _:
            return False


def has_fence(instruction: Instruction, plan: Plan) -> bool:
    """Whether an instruction or anything inside of it is a fence."""
    match instruction:
        case Call():
            return instruction.behaviour.effect is Effect.FENCE
        case If():
            fences = instruction.then_block.has_fence or instruction.else_block.has_fence
            return fences or instruction.truth.effect is Effect.FENCE
        case For() | Map():
            return instruction.body.has_fence
        case While():
            fences = instruction.condition.has_fence or instruction.body.has_fence
            return fences or instruction.truth.effect is Effect.FENCE
        case Try():
            return instruction.body.has_fence or instruction.handler.has_fence
        case Invoke():
            return plan.functions[instruction.symbol].has_fence
        case _:
            return False
