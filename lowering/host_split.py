"""What of an array region runs as Python on host values, around the part that is staged.

Python computes with integers without bound, NumPy in double precision; JAX's tracers do neither, and give arrays where
Python gives numbers. So calls that see only numbers and NumPy arrays run first, as Python; the staged part takes their
results; last come the structures that hold host values, so that what a region gives back without computing it
(`return x, y`) is given back as the object it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..diagnostics.identity import identity
from ..runtime.plan import Call, Literal, Operand, Slot
from .array_access import ArrayAccess
from .array_region import ArrayRegion, step_operands
from .structure_calls import STRUCTURE

_ARITHMETIC = """
    add and_ eq floordiv ge gt le lshift lt matmul mod mul ne or_ pow rshift sub truediv xor
"""
_STRUCTURE = frozenset(map(identity, STRUCTURE))  # callables needn't be hashable or comparable
_ACCESS = frozenset(map(identity, (operator.getitem, getattr)))
_MIXING = _STRUCTURE | {identity(getattr(operator, name)) for name in _ARITHMETIC.split()}
"""Structures, and operators that leave it to the JAX array what to do, on whichever side it stands."""


class MixedCall(Exception):
    """A call that sees both host and device values, and isn't known to leave the rest to JAX: not to be staged."""


@dataclass(frozen=True, slots=True)
class HostSplit:
    """A region in three parts, for one assignment of host and device parameters.

    Attributes:
        host: takes all parameters; gives first the `num_passed` values that `device` needs, then what `finish` needs.
        device: takes the `device_params` of the parameters, then the passed values; None where nothing is left for it.
        finish: takes what the host kept, then what the device gave; gives the outputs of the region.
        device_params: indices into the parameters.
        num_passed: how many host values the device part takes.
    """

    host: ArrayRegion
    device: ArrayRegion | None
    finish: ArrayRegion
    device_params: tuple[int, ...]
    num_passed: int


@dataclass(slots=True)
class _Parts:
    """The steps of the three parts, and the slots that hold host values; `derived` come from parameters."""

    host: list[Call] = field(default_factory=list)
    device: list[Call] = field(default_factory=list)
    finish: list[Call] = field(default_factory=list)
    host_slots: set[int] = field(default_factory=set)
    derived: set[int] = field(default_factory=set)


def split_host(
    region: ArrayRegion, on_host: Sequence[bool], is_array_function: Callable[[Any], bool]
) -> HostSplit | None:
    """Splits off what doesn't go through JAX; None where the whole region can be staged as it is.

    Args:
        region: what is to be staged.
        on_host: for each parameter whether it is a host value.
        is_array_function: whether a callable makes device values even out of host values.

    Raises:
        MixedCall: the region must run call by call.
    """
    parts = _Parts()
    parts.host_slots = {slot for slot, flag in zip(region.params, on_host, strict=True) if flag}
    parts.derived = set(parts.host_slots)
    for step in region.steps:
        if _runs_on_host(step, parts.host_slots, is_array_function):
            parts.host.append(step)
            parts.host_slots.add(step.results[0])
            if parts.derived.intersection(_slots(step_operands(step))):
                parts.derived.add(step.results[0])
        else:
            parts.device.append(step)
    _move_structures(region, parts)
    made_on_device = {step.results[0] for step in parts.device + parts.finish}
    passes_through = any(isinstance(output, Literal) or output.index not in made_on_device for output in region.outputs)
    if not parts.finish and not passes_through and parts.derived <= set(region.params):
        return None
    return _split(region, parts)


def _runs_on_host(step: Call, host_slots: set[int], is_array_function: Callable[[Any], bool]) -> bool:
    operands = step_operands(step)
    slots = _slots(operands)
    if slots and host_slots.isdisjoint(slots):
        return False
    callee = step.callee.value if isinstance(step.callee, Literal) else None
    follows = _follows_operand(callee)
    if callee is not None and not follows and is_array_function(callee):
        return False
    on_host = [slot in host_slots for slot in slots]
    if all(on_host):
        return True
    if any(on_host) and callee is not None and identity(callee) not in _MIXING:
        first = operands[1] if len(operands) > 1 else None
        is_access = follows or isinstance(callee, ArrayAccess) or identity(callee) in _ACCESS
        reads_device = is_access and first == Slot(slots[0]) and not on_host[0]
        if not reads_device:
            raise MixedCall(step.name)
    return False


def _follows_operand(callee: Any) -> bool:
    """Whether a function of JAX's gives NumPy's arrays back for NumPy's."""
    name, module = getattr(callee, "__name__", None), getattr(callee, "__module__", None)
    return name in _LIKE_OPERAND and isinstance(module, str) and module.partition(".")[0] == "jax"


_LIKE_OPERAND = ("reshape", "stop_gradient")


def _move_structures(region: ArrayRegion, parts: _Parts) -> None:
    """Moves structures that only the outputs need from the device part to the end, if one holds a host value."""
    if not any(map(_is_structure, parts.device)):
        return
    needed: set[int] = set()
    device: list[Call] = []
    finish: list[Call] = []
    for step in reversed(parts.device):
        if _is_structure(step) and step.results[0] not in needed:
            finish.append(step)
        else:
            device.append(step)
            needed.update(_slots(step_operands(step)))
    known = parts.host_slots.union(region.params)
    if any(slot in known for step in finish for slot in _slots(step_operands(step))):
        parts.device, parts.finish = device[::-1], finish[::-1]


def _is_structure(step: Call) -> bool:
    """Whether a call only puts values together."""
    return isinstance(step.callee, Literal) and identity(step.callee.value) in _STRUCTURE


def _split(region: ArrayRegion, parts: _Parts) -> HostSplit:
    """The three parts as regions."""
    made_on_host = {step.results[0] for step in parts.host}
    made_on_device = {step.results[0] for step in parts.device}
    read = _read_from_outside(parts.device, ())
    params = tuple(slot for slot in read if slot not in made_on_host)
    passed = tuple(slot for slot in read if slot in made_on_host)
    wanted = _read_from_outside(parts.finish, region.outputs)
    kept = tuple(slot for slot in wanted if slot not in made_on_device)
    given = tuple(slot for slot in wanted if slot in made_on_device)
    host = ArrayRegion(region.name, region.params, tuple(parts.host), tuple(map(Slot, passed + kept)))
    device = ArrayRegion(region.name, params + passed, tuple(parts.device), tuple(map(Slot, given)))
    finish = ArrayRegion(region.name, kept + given, tuple(parts.finish), region.outputs)
    positions = {slot: position for position, slot in enumerate(region.params)}
    device_params = tuple(positions[slot] for slot in params)
    # a device part without results has calls all the same: they may raise
    return HostSplit(host, device if parts.device else None, finish, device_params, len(passed))


def _read_from_outside(steps: Sequence[Call], outputs: Sequence[Operand]) -> tuple[int, ...]:
    """The slots that steps and outputs read and no step makes, each once."""
    made = {step.results[0] for step in steps}
    operands = [operand for step in steps for operand in step_operands(step)]
    return tuple(dict.fromkeys(slot for slot in _slots([*operands, *outputs]) if slot not in made))


def _slots(operands: Iterable[Operand]) -> list[int]:
    """The slots among operands."""
    return [operand.index for operand in operands if isinstance(operand, Slot)]
