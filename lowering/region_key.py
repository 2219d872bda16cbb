"""When two array regions are the same computation: they are traced and compiled once.

Goes in: a region. Comes out: a key that is equal for regions with equal calls of the same functions on equal literals,
wherever in whichever program they stand.
"""

from __future__ import annotations

from ..diagnostics.identity import identity
from ..runtime.plan import Literal, Operand
from .array_region import ArrayRegion, step_operands
from .literal_key import literal_key


def region_key(region: ArrayRegion) -> object:
    """What a region computes. Objects count by identity: whoever keeps the key keeps the region's function, too."""
    numbers: dict[int, int] = {}
    literals: dict[int, object] = {}  # most are the callees of many steps
    for slot in region.params:
        numbers.setdefault(slot, len(numbers))

    def of(operand: Operand) -> object:
        if not isinstance(operand, Literal):
            return numbers.setdefault(operand.index, len(numbers))
        place = identity(operand.value)
        if place not in literals:
            known = literal_key(operand.value)
            literals[place] = ("object", place) if known is None else ("literal", known)
        return literals[place]

    key: list[object] = [len(region.params), len(region.steps)]  # flat: one object, and quick to compare
    for step in region.steps:
        operands, arguments = step_operands(step), step.arguments
        stars = tuple([index for index, (is_star, _) in enumerate(arguments.positional) if is_star])
        key += (len(operands), stars, tuple([name for name, _ in arguments.keyword]), *map(of, operands))
        numbers[step.results[0]] = len(numbers)
    key += map(of, region.outputs)
    return tuple(key)
