"""What a callable is, found from its type and code, never from its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..diagnostics.effect import Effect
from .effects.abstract_type import ANY
from .effects.infer import infer_call
from .effects.known import known
from .effects.summary import Summary


@dataclass(frozen=True, slots=True)
class OperationSignature:
    """The characteristics of a callable.

    Attributes:
        is_tensor_op: it computes with arrays.
        is_orchestration_op: it waits for the world.
        is_pure: it has no effect.
        can_batch: it has a batch form.
        effect: how its calls may move.
        reason: why, in a few words.
    """

    is_tensor_op: bool
    is_orchestration_op: bool
    is_pure: bool
    can_batch: bool
    effect: Effect
    reason: str

    @classmethod
    def from_callable(cls, function: Callable[..., Any]) -> OperationSignature:
        """Analyse a callable, with nothing known of its arguments. It is not called."""
        summary = _summary(function)
        entry = known(function)
        return cls(
            is_tensor_op=summary.has_array_work or bool(entry and entry.array),
            is_orchestration_op=summary.external or summary.num_external_sites > 0,
            is_pure=summary.effect is Effect.PURE and not summary.mutates,
            can_batch=getattr(function, "__xcs_batch__", None) is not None,
            effect=summary.effect,
            reason=summary.reason,
        )


def _summary(function: Callable[..., Any]) -> Summary:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return infer_call(function, (), {})
    required = [
        p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return infer_call(function, [ANY] * len(required), {})
