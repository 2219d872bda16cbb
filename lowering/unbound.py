"""Local names that may be unbound: the value that stands for one, and where the plan must look for it.

Branches and loops carry such a value on without looking, as Python does; the first op that reads it raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xdsl.ir import SSAValue

from .adjustments import Adjustments
from .carried_values import carried_into


@dataclass(frozen=True, slots=True)
class Unbound:
    """Stands for the value of a local variable that isn't bound."""

    name: str


def check_bound(value: Any) -> Any:
    """The value itself.

    Raises:
        UnboundLocalError: it stands for an unbound variable.
    """
    if type(value) is Unbound:
        raise UnboundLocalError(f"cannot access local variable '{value.name}' where it is not associated with a value")
    return value


def find_checks(unbound: Iterable[SSAValue], adjustments: Adjustments) -> None:
    """Adds a check for each operand that is read and may hold one of the `unbound` values."""
    worklist = list(unbound)
    seen = set(worklist)
    while worklist:
        for use in worklist.pop().uses:
            operand = (use.operation, use.index)
            targets = carried_into(operand)
            if not targets:
                adjustments.checks.add(operand)
            fresh = [target for target in targets if target not in seen]
            seen.update(fresh)
            worklist.extend(fresh)
