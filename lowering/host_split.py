"""What of an array region runs as Python on host values, before the rest is staged.

Python computes with integers without bound, NumPy in double precision; JAX's tracers do neither, and give arrays where
Python gives numbers. So calls that see only numbers and NumPy arrays run first, as Python; the staged rest takes their
results. What a region gives back without computing it (`return x`) is given back as the object it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..runtime.plan import Call, Literal, Operand, Slot
from .array_region import ArrayRegion, step_operands


@dataclass(frozen=True, slots=True)
class HostSplit:
    """A region in two parts, for one assignment of host and device parameters.

    Attributes:
        host: takes all parameters; gives the host values that the device part needs, then the outputs it knows.
        device: takes `device_params` of the parameters, then the first `num_passed` host values; None: nothing is left.
        device_params: indices into the parameters.
        num_passed: how many host values the device part takes.
        outputs: for each output of the region: (is from the host part, index among the outputs of its part).
    """

    host: ArrayRegion
    device: ArrayRegion | None
    device_params: tuple[int, ...]
    num_passed: int
    outputs: tuple[tuple[bool, int], ...]


def split_host(
    region: ArrayRegion, on_host: Sequence[bool], is_array_function: Callable[[Any], bool]
) -> HostSplit | None:
    """Splits off the calls that see host values only; None where the whole region can be staged as it is.

    Args:
        region: what is to be staged.
        on_host: for each parameter whether it is a host value.
        is_array_function: whether a callable makes device values even out of host values.
    """
    host_slots = {slot for slot, flag in zip(region.params, on_host, strict=True) if flag}
    constant_slots: set[int] = set()  # made of literals only: right when staged too, if nothing else runs on the host
    host_steps: list[Call] = []
    device_steps: list[Call] = []
    for step in region.steps:
        if not _runs_on_host(step, host_slots, is_array_function):
            device_steps.append(step)
            continue
        host_steps.append(step)
        host_slots.add(step.results[0])
        if all(isinstance(operand, Literal) or operand.index in constant_slots for operand in step_operands(step)):
            constant_slots.add(step.results[0])
    made_on_device = {step.results[0] for step in device_steps}
    known = [isinstance(output, Literal) or output.index not in made_on_device for output in region.outputs]
    if len(constant_slots) == len(host_steps) and not any(known):
        return None
    return _split(region, host_steps, device_steps, known)


def _runs_on_host(step: Call, host_slots: set[int], is_array_function: Callable[[Any], bool]) -> bool:
    if isinstance(step.callee, Literal) and is_array_function(step.callee.value):
        return False
    return all(isinstance(operand, Literal) or operand.index in host_slots for operand in step_operands(step))


def _split(region: ArrayRegion, host_steps: list[Call], device_steps: list[Call], known: list[bool]) -> HostSplit:
    """The two parts, given which steps and which outputs belong to the host."""
    made_on_host = {step.results[0] for step in host_steps}
    made_on_device = {step.results[0] for step in device_steps}
    read = dict.fromkeys(
        operand.index
        for step in device_steps
        for operand in step_operands(step)
        if isinstance(operand, Slot) and operand.index not in made_on_device
    )
    params = tuple(slot for slot in read if slot not in made_on_host)
    passed = tuple(slot for slot in read if slot in made_on_host)
    host_outputs: list[Operand] = [Slot(slot) for slot in passed]
    device_outputs: list[Operand] = []
    outputs = []
    for output, from_host in zip(region.outputs, known, strict=True):
        part = host_outputs if from_host else device_outputs
        outputs.append((from_host, len(part)))
        part.append(output)
    host = ArrayRegion(region.name, region.params, tuple(host_steps), tuple(host_outputs))
    device = ArrayRegion(region.name, params + passed, tuple(device_steps), tuple(device_outputs))
    positions = {slot: position for position, slot in enumerate(region.params)}
    device_params = tuple(positions[slot] for slot in params)
    return HostSplit(host, device if device_outputs else None, device_params, len(passed), tuple(outputs))
