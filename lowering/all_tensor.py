"""Programs that are one array region: their arguments go straight to one `jax.jit` object."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

from ..runtime.plan import Arguments, Block, Call, Instruction, Literal, Operand, Plan, Slot
from .array_region import ArrayRegion
from .kernel import Kernel
from .structure_calls import STRUCTURE, make_tuple


def all_tensor_kernel(plan: Plan) -> Kernel | None:
    """The kernel of a plan whose entry only calls one JAX kernel and puts its results into a structure.

    It takes the arguments of the entry and gives its result; `fast` is its quickest form.
    None for any other plan: several results, several kernels, or anything else to do.
    """
    entry = plan.functions[plan.entry]
    kernels = [kernel for instruction in entry.instructions if (kernel := _kernel_called(instruction)) is not None]
    if len(kernels) != 1 or len(entry.outputs) != 1:
        return None
    steps: list[Call] = []
    names: dict[int, Operand] = {}  # slots of the entry that are other names for operands
    for instruction in entry.instructions:
        if not isinstance(instruction, Call):
            return None
        if isinstance(instruction.callee, Literal) and instruction.callee.value is kernels[0]:
            steps += _inlined(kernels[0].region, instruction, entry, names)
        elif _is_structure(instruction):
            steps.append(_renamed(instruction, names))
        else:
            return None
    output = _rename(entry.outputs[0], names)
    return Kernel(ArrayRegion(kernels[0].name, tuple(range(entry.num_params)), tuple(steps), (output,)))


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
        steps.append(replace(_renamed(step, inside), results=(slot.index,)))
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


def _renamed(call: Call, names: dict[int, Operand]) -> Call:
    """The call with its operands renamed."""
    arguments = Arguments(
        tuple((star, _rename(operand, names)) for star, operand in call.arguments.positional),
        tuple((name, _rename(operand, names)) for name, operand in call.arguments.keyword),
    )
    return replace(call, callee=_rename(call.callee, names), arguments=arguments)
