"""A plan as text, for people: one instruction a line, slots as `%0`, nested blocks indented.

Guarantees: a pure function of the plan. The text is not meant to be read back.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.effect import Behaviour
from ..diagnostics.secrets import HIDDEN, masked
from .plan import (
    Arguments,
    Block,
    Call,
    For,
    If,
    Instruction,
    Invoke,
    Literal,
    Map,
    Operand,
    Plan,
    Raise,
    Try,
    While,
)
from .plan_summary import blocks_of

MAX_LITERAL = 60
"""Characters of a literal shown; longer ones are cut."""


def plan_text(plan: Plan) -> str:
    """All functions of the plan, the entry first."""
    symbols = [plan.entry, *sorted(symbol for symbol in plan.functions if symbol != plan.entry)]
    lines: list[str] = []
    for symbol in symbols:
        block = plan.functions[symbol]
        lines.append(f"function @{symbol}{_header(block)}")
        lines.extend(_body(block, "  "))
    return "\n".join(lines)


def _header(block: Block) -> str:
    parts = [f"({', '.join(f'%{slot}' for slot in range(block.num_params))})"]
    if block.captures:
        parts.append("captures " + ", ".join(f"%{inner} = outer %{outer}" for outer, inner in block.captures))
    flags = [name for name, holds in (("may_write", block.may_write), ("has_fence", block.has_fence)) if holds]
    return " ".join(parts + flags) + ":"


def _body(block: Block, indent: str) -> Iterator[str]:
    for index, instruction in enumerate(block.instructions):
        yield f"{indent}{index}: {_instruction(instruction)}"
        for name, inner in blocks_of(instruction).items():
            yield f"{indent}  {name}{_header(inner)}"
            yield from _body(inner, indent + "    ")
    yield f"{indent}yield {_operands(block.outputs)}".rstrip()


def _instruction(instruction: Instruction) -> str:
    results = ", ".join(f"%{slot}" for slot in instruction.results)
    text = f"{results} = " if results else ""
    text += f"{type(instruction).__name__.lower()} {_details(instruction)}".rstrip()
    if instruction.after:
        text += f" after {', '.join(map(str, instruction.after))}"
    return f"{text}  # {instruction.name} {instruction.location}"


def _details(instruction: Instruction) -> str:
    match instruction:
        case Call():
            called = f"{_operand(instruction.callee)}({_arguments(instruction.arguments)})"
            mutates = f" mutates {', '.join(map(str, instruction.mutates))}" if instruction.mutates else ""
            retires = " retires" if instruction.retires else ""
            awaits = "await " if instruction.is_async else ""
            batch = f" batch {instruction.batch.max_batch}" if instruction.batch is not None else ""
            return f"{awaits}{_behaviour(instruction.behaviour)}{retires} {called}{mutates}{batch}"
        case Raise():
            cause = f" from {_operand(instruction.cause)}" if instruction.cause is not None else ""
            return _operand(instruction.exception) + cause
        case If():
            return f"{_operand(instruction.condition)} truth {_behaviour(instruction.truth)}"
        case For():
            breaks = " breaks" if instruction.breaks else ""
            carried = f" carries {_operands(instruction.initial)}" if instruction.initial else ""
            return f"{_operand(instruction.iterable)} {instruction.source.value}{carried}{breaks}"
        case Map():
            window = f" window {instruction.window}" if instruction.window is not None else ""
            checked = instruction.before_failure
            checks = f" before failure {_operand(checked)}" if checked is not None else ""
            return f"{_operand(instruction.iterable)} {instruction.source.value}{window}{checks}"
        case While():
            return f"carries {_operands(instruction.initial)} truth {_behaviour(instruction.truth)}"
        case Invoke():
            return f"@{instruction.symbol}({_operands(instruction.operands)})"
        case Try():
            return ""
        case _:
            raise TypeError(f"expected an instruction of a plan, found `{type(instruction).__name__}`")


def _arguments(arguments: Arguments) -> str:
    written = [("*" if is_star else "") + _operand(operand) for is_star, operand in arguments.positional]
    for name, operand in arguments.keyword:
        written.append(f"**{_operand(operand)}" if name is None else f"{name}={_operand(operand)}")
    return ", ".join(written)


def _behaviour(behaviour: Behaviour) -> str:
    words = [behaviour.effect.keyword]
    words += ["sees_writes"] if behaviour.sees_writes else []
    words += ["external"] if behaviour.external else []
    return " ".join(words)


def _operands(operands: tuple[Operand, ...]) -> str:
    return ", ".join(map(_operand, operands))


def _operand(operand: Operand) -> str:
    if not isinstance(operand, Literal):
        return f"%{operand.index}"
    if operand.hidden:
        return HIDDEN
    value = operand.value
    name = getattr(value, "__qualname__", None)
    text = name if isinstance(name, str) and callable(value) else masked(repr(value))
    return text if len(text) <= MAX_LITERAL else text[: MAX_LITERAL - 3] + "..."
