"""Programs that are one array region: their arguments go straight to one `jax.jit` object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from ..diagnostics.effect import Effect
from ..runtime.plan import Arguments, Block, Call, Instruction, Literal, Operand, Plan, Slot
from .array_region import ArrayRegion
from .kernel import Kernel
from .structure_calls import STRUCTURE, make_tuple


@dataclass(frozen=True, slots=True)
class AllTensorProgram:
    """A program that is one kernel.

    Attributes:
        kernel: takes the arguments of the entry, then what is loaded; gives the entry's result.
        loads: give what the program takes from elsewhere, weights that are globals for instance. They change nothing,
            so that calling them once more is noticed by nobody.
    """

    kernel: Kernel
    loads: tuple[Callable[[], Any], ...]


def all_tensor_program(plan: Plan) -> AllTensorProgram | None:
    """What a plan does whose entry only loads values, calls one JAX kernel and puts its results into a structure.

    None for any other plan: several results, several kernels, or anything else to do.
    """
    entry = plan.functions[plan.entry]
    kernels = [kernel for instruction in entry.instructions if (kernel := _kernel_called(instruction)) is not None]
    if len(kernels) != 1 or len(entry.outputs) != 1:
        return None
    if _is_whole(entry, kernels[0]):
        return AllTensorProgram(kernels[0], ())
    steps: list[Call] = []
    loaded: dict[int, Callable[[], Any]] = {}
    names: dict[int, Operand] = {}  # slots of the entry that are other names for operands
    for instruction in entry.instructions:
        if not isinstance(instruction, Call):
            return None
        if isinstance(instruction.callee, Literal) and instruction.callee.value is kernels[0]:
            steps += _inlined(kernels[0].region, instruction, entry, names)
        elif _is_structure(instruction):
            steps.append(_renamed(instruction, names))
        elif isinstance(instruction.callee, Literal) and _is_load(instruction):
            loaded[instruction.results[0]] = instruction.callee.value
        else:
            return None
    output = _rename(entry.outputs[0], names)
    params = (*range(entry.num_params), *loaded)
    kernel = Kernel(ArrayRegion(kernels[0].name, params, tuple(steps), (output,)))
    return AllTensorProgram(kernel, tuple(loaded.values()))


def _is_whole(entry: Block, kernel: Kernel) -> bool:
    """Whether an entry only calls a kernel, with its parameters as they are, and gives its result."""
    call = entry.instructions[0]
    if len(entry.instructions) != 1 or not isinstance(call, Call) or len(kernel.region.outputs) != 1:
        return False
    passed = tuple((False, Slot(index)) for index in range(entry.num_params))
    return call.arguments == Arguments(passed) and entry.outputs == (Slot(call.results[0]),)


def _is_load(call: Call) -> bool:
    """Whether a call takes nothing, changes nothing and waits for nobody."""
    does, arguments = call.behaviour, call.arguments
    is_plain = not (arguments.positional or arguments.keyword or call.retires or call.is_async)
    return is_plain and len(call.results) == 1 and does.effect <= Effect.READS and not does.external


def _kernel_called(instruction: Instruction) -> Kernel | None:
    """The kernel that an instruction calls, or None."""
    if isinstance(instruction, Call) and isinstance(instruction.callee, Literal):
        callee = instruction.callee.value
        return callee if isinstance(callee, Kernel) else None
    return None


def _is_structure(call: Call) -> bool:
    """Whether a call only makes a structure or takes one apart."""
    callee = call.callee.value if isinstance(call.callee, Literal) else None
    return any(callee is function for function in STRUCTURE) or isinstance(callee, itemgetter)


def _inlined(region: ArrayRegion, call: Call, entry: Block, names: dict[int, Operand]) -> list[Call]:
    """The steps of a kernel's region in terms of the entry's slots, beyond those that the entry uses."""
    operands = (operand for _, operand in call.arguments.positional)
    inside: dict[int, Operand] = dict(zip(region.params, operands, strict=True))
    steps = []
    for step in region.steps:
        slot = Slot(entry.num_slots + step.results[0])
        steps.append(_renamed(step, inside, (slot.index,)))
        inside[step.results[0]] = slot
    outputs = [_rename(output, inside) for output in region.outputs]
    if len(outputs) == 1:
        names[call.results[0]] = outputs[0]
    else:
        arguments = Arguments(tuple((False, output) for output in outputs))
        steps.append(replace(call, callee=Literal(make_tuple), arguments=arguments))
    return steps


def _rename(operand: Operand, names: dict[int, Operand]) -> Operand:
    return names.get(operand.index, operand) if isinstance(operand, Slot) else operand


def _renamed(call: Call, names: dict[int, Operand], results: tuple[int, ...] | None = None) -> Call:
    """The call with its operands renamed, and with other results."""
    arguments = Arguments(
        tuple((star, _rename(operand, names)) for star, operand in call.arguments.positional),
        tuple((name, _rename(operand, names)) for name, operand in call.arguments.keyword),
    )
    results = call.results if results is None else results
    return replace(call, results=results, callee=_rename(call.callee, names), arguments=arguments)
