"""What ops cost, as far as it matters for overlapping: how long external calls take, how often loops run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.dialects.builtin import FloatAttr, SymbolRefAttr
from xdsl.ir import Operation, SSAValue

from ..dialect.constants import ConstantOp
from ..dialect.containers import MakeListOp, MakeTupleOp
from ..dialect.parallel import MapOp
from .behaviour import own_summary
from .declarations import Declarations

ASSUMED_TRIPS = 8
"""Iterations of a loop whose length isn't known when compiling."""

DEFAULT_LATENCY_S = 1.0
"""Of an external call nothing is known about. Estimates are ratios, so with nothing measured this is only the unit."""


@dataclass(frozen=True)
class CostModel:
    """How long calls take, in seconds. Everything that doesn't wait for the world counts as taking no time.

    Attributes:
        declarations: of the module.
        measured_s: latencies by symbol or path of the callable; they go before the declared `latency_s`.
        default_latency_s: of external calls without either.
    """

    declarations: Declarations
    measured_s: Mapping[str, float] = field(default_factory=dict)
    default_latency_s: float = DEFAULT_LATENCY_S

    def latency_s(self, op: Operation) -> float:
        """How long one leaf op makes its users wait."""
        if op.regions or not own_summary(op).behaviour.external:
            return 0.0
        declaration = self.declarations.declaration(op)
        if declaration is None:
            return self.default_latency_s
        for name in (declaration.sym_name.data, declaration.path.data):
            if name in self.measured_s:
                return self.measured_s[name]
        declared = declaration.latency_s
        return declared.value.data if isinstance(declared, FloatAttr) else self.default_latency_s


def static_trips(iterable: SSAValue) -> int | None:
    """How many elements a loop takes, where the program text says so."""
    made = iterable.owner
    if isinstance(made, MakeListOp | MakeTupleOp):
        return len(made.operands)
    if isinstance(made, ConstantOp):
        return len(made.value.data) if isinstance(made.value.data, tuple | str | bytes) else None
    return static_trips(made.iterable) if isinstance(made, MapOp) else None


def assumed_trips(iterable: SSAValue) -> int:
    """How many elements a loop takes, or `ASSUMED_TRIPS`."""
    known = static_trips(iterable)
    return ASSUMED_TRIPS if known is None else known


def op_label(op: Operation) -> str:
    """An op as reports name it: by what it calls, otherwise by its own name."""
    callee = op.properties.get("callee")
    return f"@{callee.root_reference.data}" if isinstance(callee, SymbolRefAttr) else op.name
