"""External calls as spans of OpenTelemetry, each under the span that is current where the program was called.

Only where a tracer provider has been set: XCS never loads OpenTelemetry, and without it a run pays one look.

Guarantees: a span belongs to the thread or task that makes the call, in that call's own copy of the context, so spans
that a client starts inside are its children. A span says where the call stands and how it ended, nothing of what it was
given.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..diagnostics.effect import Effect
from .call_shape import UNPACKED_NATIVELY, read
from .plan import Call, Instruction, Plan
from .prepared import PreparedBlock

NAME = "xcs"
"""The name of the tracer, as OpenTelemetry calls the instrumented library."""


def current_tracer() -> Any:
    """The tracer of the provider that this process has set; None where nobody would see its spans."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    provider = trace.get_tracer_provider()
    return None if isinstance(provider, trace.ProxyTracerProvider) else provider.get_tracer(NAME)


def in_span(tracer: Any, instruction: Instruction, call: Callable[..., Any], *args: Any) -> Any:
    """Makes a call inside of a span of its own."""
    with _span(tracer, instruction):
        return call(*args)


async def awaited_in_span(tracer: Any, instruction: Instruction, call: Callable[..., Any], *args: Any) -> Any:
    """The same for a call that gives something to await."""
    with _span(tracer, instruction):
        return await call(*args)


def is_spanned(plan: Plan, code: PreparedBlock, index: int, slots: list[Any]) -> bool:
    """Whether a call that is about to be made in its place has a span: it is external, and isn't ordered."""
    instruction = code.instructions[index]
    assert isinstance(instruction, Call)
    behaviour = instruction.behaviour
    if behaviour.effect is Effect.DYNAMIC:
        if any(type(read(operand, slots)) not in UNPACKED_NATIVELY for operand in code.starred.get(index, ())):
            return False  # unpacking belongs to the call, which may do anything then
        try:
            function, args, kwargs = code.gather(index, slots)
        except Exception:  # the call itself raises it in a moment
            return False
        if not instruction.is_async:
            behaviour = plan.resolve(function, args, kwargs)
        elif plan.resolve_awaited is None:
            return False
        else:
            behaviour = plan.resolve_awaited(function, args, kwargs, True)
    return behaviour.external and behaviour.effect < Effect.ORDERED


def _span(tracer: Any, instruction: Instruction) -> Any:
    location = instruction.location
    attributes = {"code.file.path": location.file, "code.line.number": location.line}
    return tracer.start_as_current_span(instruction.name.rpartition("@")[2], attributes=attributes)
