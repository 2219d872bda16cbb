"""A plan whose calls record themselves on the tape of the run.

Goes in: any plan without `async` calls. Comes out: a plan that makes the same calls in the same order, with effects and
locations as they were. Arrays that are iterated or unpacked with a star are turned into their rows by a call before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ...diagnostics.effect import PURE
from ...lowering.kernel import Kernel
from ...lowering.structure_calls import STRUCTURE, append, assign, current, hand_on
from ...runtime.plan import Arguments, Block, Call, For, Instruction, Literal, Map, Operand, Plan, Resolver, Slot
from .pure_calls import rows
from .taped_calls import TapedCall
from .taped_kernels import TapedKernel

_HANDS_ON = (*STRUCTURE, append, assign, current, hand_on)
"""Calls that only hand objects on: identity is all that a tape needs."""


def taped_plan(plan: Plan) -> Plan:
    """The plan, recording."""
    writer = _Writer(plan.resolve)
    functions = {symbol: writer.block(block) for symbol, block in plan.functions.items()}
    early = None if plan.resolve_early is None else _resolver(plan.resolve_early)
    return replace(plan, functions=functions, resolve=_resolver(plan.resolve), resolve_early=early)


def _resolver(resolve: Resolver) -> Resolver:
    """Answers for the targets of taped calls."""

    def of_target(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(function, TapedCall):
            if function.target is None:
                return resolve(args[0], args[1:], kwargs)
            return resolve(function.target, args, kwargs)
        return resolve(function, args, kwargs)

    return of_target


@dataclass(frozen=True, slots=True)
class _Writer:
    """Rewrites blocks."""

    resolve: Callable[..., Any]

    def block(self, block: Block) -> Block:
        """A block and all blocks in it."""
        made = _Made(block.num_slots)
        for instruction in block.instructions:
            made.places.append(self._add(made, instruction))
        return replace(block, num_slots=made.num_slots, instructions=tuple(made.instructions))

    def _add(self, made: _Made, instruction: Instruction) -> int:
        changes: dict[str, Any] = {"after": tuple(made.places[index] for index in instruction.after)}
        for one in fields(instruction):
            inner = getattr(instruction, one.name)
            if isinstance(inner, Block):
                changes[one.name] = self.block(inner)
        if isinstance(instruction, (For, Map)):
            changes["iterable"] = made.rows_of(instruction.iterable, instruction)
        if isinstance(instruction, Call):
            changes.update(self._call(made, instruction))
        made.instructions.append(replace(instruction, **changes))
        return len(made.instructions) - 1

    def _call(self, made: _Made, call: Call) -> dict[str, Any]:
        if call.batch is not None:  # the tape knows calls one by one
            return {**self._call(made, replace(call, batch=None)), "batch": None}
        given = tuple((star, made.rows_of(one, call) if star else one) for star, one in call.arguments.positional)
        arguments = Arguments(given, call.arguments.keyword)
        if isinstance(call.callee, Slot):
            taped = TapedCall(None, call.location, call.behaviour, self.resolve)
            shifted = tuple(index + 1 for index in call.mutates)
            arguments = Arguments(((False, call.callee), *given), call.arguments.keyword)
            return {"callee": Literal(taped), "arguments": arguments, "mutates": shifted}
        target = call.callee.value
        if any(target is one for one in _HANDS_ON):
            return {"arguments": arguments}
        if isinstance(target, Kernel):
            return {"callee": Literal(TapedKernel(target.undonated, call.location)), "arguments": arguments}
        taped = TapedCall(target, call.location, call.behaviour, self.resolve)
        return {"callee": Literal(taped), "arguments": arguments}


@dataclass(slots=True)
class _Made:
    """A block being written; `places` has the new index of each old instruction."""

    num_slots: int
    instructions: list[Instruction] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def rows_of(self, operand: Operand, instruction: Instruction) -> Operand:
        """An operand that is iterated, as rows if it is a tracked array."""
        if isinstance(operand, Literal):
            return operand
        slot = self.num_slots
        self.num_slots += 1
        arguments = Arguments(((False, operand),))
        after = tuple(self.places[index] for index in instruction.after)
        self.instructions.append(
            Call(
                "rows",
                (slot,),
                callee=Literal(rows),
                arguments=arguments,
                behaviour=PURE,
                after=after,
                location=instruction.location,
            )
        )
        return Slot(slot)
