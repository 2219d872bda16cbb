"""The rules of a well-formed plan, for tests and for whoever builds plans; runs do not check them.

In: a plan. Out: nothing, or an `InternalError` that names function, instruction and rule.

Guarantees: a pure function of the plan.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..diagnostics.errors import InternalError
from .call_shape import operands_of
from .plan import (
    Block,
    Call,
    For,
    If,
    Instruction,
    Invoke,
    Map,
    Operand,
    Plan,
    Raise,
    Slot,
    Try,
    While,
)
from .plan_summary import blocks_of


def check_plan(plan: Plan) -> None:
    """Checks every block of a plan: each slot is filled once and before it is read, and the numbers of values agree."""
    if plan.entry not in plan.functions:
        raise InternalError(f"expected the entry `{plan.entry}` among the functions of the plan")
    for symbol, block in plan.functions.items():
        if block.captures:
            raise InternalError(f"expected no captures of function `{symbol}`, found `{len(block.captures)}`")
        _check_block(block, f"@{symbol}", plan.functions)


def _check_block(block: Block, place: str, functions: Mapping[str, Block]) -> None:
    filled = set(range(block.num_params))

    def fill(slot: int, what: str) -> None:
        if slot in filled or not 0 <= slot < block.num_slots:
            raise InternalError(f"{place}: expected {what} in a free slot below {block.num_slots}, found %{slot}")
        filled.add(slot)

    def read(operand: Operand, what: str) -> None:
        if isinstance(operand, Slot) and operand.index not in filled:
            raise InternalError(f"{place}: {what} reads %{operand.index} before it is filled")

    for _, inner in block.captures:
        fill(inner, "a captured value")
    for index, instruction in enumerate(block.instructions):
        what = f"instruction {index} (`{instruction.name}`, {instruction.location})"
        for operand in instruction_operands(instruction):
            read(operand, what)
        for earlier in instruction.after:
            if not 0 <= earlier < index:
                raise InternalError(f"{place}: {what} comes after instruction {earlier}, which is not earlier")
        _check_shape(instruction, functions, f"{place}: {what}")
        for name, inner in blocks_of(instruction).items():
            for outer_slot, _ in inner.captures:
                read(Slot(outer_slot), f"a capture of {what}")
            _check_block(inner, f"{place}/{index}.{name}", functions)
        for slot in instruction.results:
            fill(slot, f"a result of {what}")
    for operand in block.outputs:
        read(operand, "an output")


def instruction_operands(instruction: Instruction) -> tuple[Operand, ...]:
    """The operands that an instruction reads itself."""
    match instruction:
        case Call():
            return operands_of(instruction.callee, instruction.arguments)
        case Raise():
            return (instruction.exception,) if instruction.cause is None else (instruction.exception, instruction.cause)
        case If():
            return (instruction.condition,)
        case For():
            return (instruction.iterable, *instruction.initial)
        case Map():
            return (instruction.iterable,)
        case While():
            return instruction.initial
        case Invoke():
            return instruction.operands
        case _:
            return ()


def _check_shape(instruction: Instruction, functions: Mapping[str, Block], place: str) -> None:
    """The numbers of parameters, outputs and results that an instruction asks of its blocks."""
    num_results = len(instruction.results)
    match instruction:
        case Call():
            expected = (0, 1 + len(instruction.mutates)) if not instruction.mutates else (1 + len(instruction.mutates),)
            if num_results not in expected:
                raise InternalError(f"{place}: expected {expected[-1]} results, found {num_results}")
        case If():
            _expect(place, instruction.then_block, 0, num_results)
            _expect(place, instruction.else_block, 0, num_results)
        case For():
            _expect(place, instruction.body, 1 + num_results, num_results + instruction.breaks)
            _expect_count(place, "initial values", len(instruction.initial), num_results)
        case Map():
            _expect(place, instruction.body, 1, num_results)
        case While():
            _expect(place, instruction.condition, num_results, 1)
            _expect(place, instruction.body, num_results, num_results)
            _expect_count(place, "initial values", len(instruction.initial), num_results)
        case Try():
            _expect(place, instruction.body, 0, num_results)
            _expect(place, instruction.handler, 1, num_results)
        case Invoke():
            if instruction.symbol not in functions:
                raise InternalError(f"{place}: expected a function of the plan, found `{instruction.symbol}`")
            _expect(place, functions[instruction.symbol], len(instruction.operands), num_results)
        case _:
            pass


def _expect(place: str, block: Block, num_params: int, num_outputs: int) -> None:
    _expect_count(place, "parameters", block.num_params, num_params)
    _expect_count(place, "outputs", len(block.outputs), num_outputs)


def _expect_count(place: str, what: str, found: int, expected: int) -> None:
    if found != expected:
        raise InternalError(f"{place}: expected {expected} {what}, found {found}")
