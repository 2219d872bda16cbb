"""How messages about gradients call a callee."""

from __future__ import annotations

from typing import Any

from ...lowering.vectorized_map import VectorizedKernel
from ...runtime.plan import Literal
from .transformed import name_of


def callee_name(target: Any) -> str:
    """The name of a callee, as the user wrote it."""
    segment = getattr(target, "__xcs_segment__", None)
    if segment is not None:
        return segment.name.splitlines()[0]
    region = target.parts.whole if isinstance(target, VectorizedKernel) else getattr(target, "region", None)
    if region is not None:
        steps = [step.callee.value for step in region.steps if isinstance(step.callee, Literal)]
        return ", ".join(dict.fromkeys(name_of(step) for step in steps))
    return name_of(target)
