"""What the plan must add around operands and instructions, found before lowering; empty for most programs."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.ir import Operation, SSAValue

from .carried_values import OperandUse


@dataclass(slots=True)
class Adjustments:
    """Extra instructions and order edges, by the op or operand they belong to.

    Attributes:
        checks: operands that may be unbound where they are read: checked first.
        copies: operands that are updated while an older version lives on: copied first.
        gates: carried operands that are updated later: handed on once these ops have completed.
        capture_gates: captured values that are updated in a region of this op: handed in once these ops have completed.
        after: ops that run once these ops have completed.
    """

    checks: set[OperandUse] = field(default_factory=set)
    copies: set[OperandUse] = field(default_factory=set)
    gates: dict[OperandUse, list[Operation]] = field(default_factory=dict)
    capture_gates: dict[tuple[Operation, SSAValue], list[Operation]] = field(default_factory=dict)
    after: dict[Operation, list[Operation]] = field(default_factory=dict)

    def any(self) -> bool:
        """Whether there is anything to add."""
        return bool(self.checks or self.copies or self.gates or self.capture_gates or self.after)
