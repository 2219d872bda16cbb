"""`xcs.explain`: each call of a program, its effect, why it has it, and what it waits for, at the user's line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import FileLineColLoc
from xdsl.ir import Operation, SSAValue

from ..diagnostics.effect import Behaviour, Effect
from ..dialect.calls import CallIndirectOp, CallOp, InvokeOp
from ..dialect.functions import CallableOp, FuncOp
from ..dialect.parallel import stated_batch_size
from ..passes.parallelism_info import NONE
from ..runtime.latency import latency_of
from .effects.ledger import DECLARE
from .effects.source import shown_line
from .explained_kernels import explained_kernels
from .explained_loops import explained_loops
from .jit import jitted
from .remedies import remedy_for
from .stages import Lowered
from .strategies import ADAPTIVE
from .users_text import Declarations, users_text, written


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """One call as `explain` shows it."""

    line: int
    callee: str
    behaviour: Behaviour
    why: str
    waits_for: tuple[str, ...]
    nesting: tuple[str, ...]
    is_async: bool = False
    batch_size: int | None = None
    fast_us: int | None = None

    def __str__(self) -> str:
        inside = f" in {' > '.join(self.nesting)}" if self.nesting else ""
        words = [self.behaviour.effect.keyword, *_place(self)]
        if self.batch_size is not None:
            words.append(f"up to {self.batch_size} together")
        why = f" ({self.why})" if self.why else ""
        return f"line {self.line}: {self.callee}: {', '.join(words)}{why}{inside}; waits for {_waiting(self)}"


def _place(call: ExplainedCall) -> list[str]:
    """Where a call runs, if not in its place on the calling thread."""
    if call.is_async:
        return ["as a task"] if call.behaviour.effect < Effect.ORDERED else ["awaited"]
    if call.fast_us is not None:
        return [f"in its place: takes {call.fast_us} \N{MICRO SIGN}s"]
    return ["on a worker"] if call.behaviour.external else []


def _waiting(call: ExplainedCall) -> str:
    data = ", ".join(call.waits_for)
    match call.behaviour.effect:
        case Effect.ORDERED | Effect.FENCE:
            return "everything before it to have succeeded"
        case Effect.DYNAMIC:
            return f"{data or 'nothing'}; then its effect is known"
        case _ if call.behaviour.sees_writes:
            return f"{data + ', and ' if data else ''}earlier writes of outside state"
        case _:
            return data or "nothing"


def explain(function: Any) -> str:
    """Call by call, why the program last run by a jitted function is or isn't parallel.

    Raises:
        XCSError: it isn't jitted.
    """
    wrapped = jitted(function)
    stats = wrapped.stats
    name = wrapped.__xcs_wrapped__.__qualname__
    groups = stats["parallel_groups"]
    counted = f"{groups} parallel group{'' if groups == 1 else 's'}"
    lines = [f"{name}: {stats['execution_strategy']}, {counted} ({stats['strategy_reason']})"]
    if stats["fallback"]:
        return f"{name} runs as plain Python: {_with_remedy(stats['fallback'])}"
    if not stats["calls"]:
        return f"{name} has not been called yet"
    lowered = wrapped.lower()
    lines.extend(_opportunities(lowered))
    shown = None
    is_adaptive = wrapped._xcs_options.strategy == ADAPTIVE
    calls = [(file, call.line, str(call)) for call, file in explained_calls(lowered, is_adaptive=is_adaptive)]
    loops = [(loop.file, loop.line, str(loop)) for loop in explained_loops(lowered)]
    kernels = [(kernel.file, kernel.lines[0], str(kernel)) for kernel in explained_kernels(lowered)]
    for file, line, text in [*calls, *kernels, *loops]:
        if (file, line) != shown:
            lines.append(f"  {file}:{line}  {shown_line(file, line)}")
            shown = (file, line)
        lines.append(f"      {text}")
    for opaque in lowered.opaque:
        reason = _with_remedy(opaque.reason)
        lines.append(f"  {opaque.location}  runs natively as one piece: {opaque.what} ({reason})")
    for loop in lowered.stepped:
        what = users_text(loop.what).removesuffix(" over `…`")
        lines.append(f"  {loop.location}  {what} goes on step by step: {loop.reason}")
    return "\n".join(lines)


def _opportunities(lowered: Lowered) -> Iterator[str]:
    """What can be vectorised, spread over devices, batched or overlapped: the program, and the values in it."""
    analysis = lowered.parallelism
    if analysis.info != NONE:
        yield f"  the program: {analysis.info}"
    for name, info in analysis.values.items():
        yield f"  `{name}`: {info}"


def _with_remedy(reason: str) -> str:
    remedy = remedy_for(reason)
    return reason if remedy is None else f"{reason}; help: {remedy}"


def explained_calls(lowered: Lowered, *, is_adaptive: bool) -> Iterator[tuple[ExplainedCall, str]]:
    """Every call worth explaining, with its file: external ones, and those kept in order.

    `is_adaptive`: external calls that have turned out to be fast run where they stand.
    """
    declared = {op.sym_name.data: op for op in lowered.module.ops if isinstance(op, CallableOp)}
    for op in lowered.module.walk():
        if not isinstance(op, (CallOp, CallIndirectOp, InvokeOp)):
            continue
        behaviour = op.effect.data
        if not behaviour.external and behaviour.effect < Effect.ORDERED:
            continue
        file, line = place_of(op)
        callee = callee_name(op, declared)
        declaration = declared.get(op.callee.root_reference.data) if isinstance(op, CallOp) else None
        yield (
            ExplainedCall(
                line,
                written(callee, declaration),
                behaviour,
                _why(op, behaviour, declaration),
                _inputs(op, declared),
                tuple(_nesting(op)),
                "async" in op.properties,
                _batch_size(op, declaration),
                _fast_us(lowered.objects, op) if is_adaptive and behaviour.external else None,
            ),
            file,
        )


def _fast_us(objects: Mapping[str, Any], op: Operation) -> int | None:
    """How long calls of a callable that has turned out to be fast take, in microseconds, rounded up."""
    if not isinstance(op, CallOp):
        return None
    latency = latency_of(objects[op.callee.root_reference.data])
    return -(-latency.mean_ns // 1000) if latency.is_fast else None


def _batch_size(op: Operation, declaration: CallableOp | None) -> int | None:
    """Up to how many of these calls go out as one."""
    if not isinstance(op, CallOp) or declaration is None or declaration.batch_size is None:
        return None
    stated = stated_batch_size(op)
    return None if stated is None else min(stated, declaration.batch_size)


def _why(op: Operation, behaviour: Behaviour, declaration: CallableOp | None) -> str:
    if declaration is None:
        if isinstance(op, InvokeOp) and behaviour.effect >= Effect.ORDERED:
            return "calls inside of it keep their order"
        is_open = behaviour.effect is Effect.DYNAMIC
        return f"what it calls is known when it runs; {DECLARE}" if is_open else ""
    texts = [declaration.properties.get(name) for name in ("reason", "remedy")]
    reason, remedy = ("" if text is None else text.data for text in texts)  # type: ignore[attr-defined]
    if behaviour.effect >= Effect.ORDERED:
        reason, remedy = reason or "does something in a visible order", remedy or DECLARE
    return "; ".join(filter(None, (reason, remedy)))


def callee_name(op: Operation, declared: Declarations) -> str:
    """How the IR names what is called, or the user's own text for what is computed."""
    callee = op.properties.get("callee")
    if callee is not None:
        return str(callee)
    called = op.operands[0]
    if called.name_hint is None and isinstance(called.owner, CallOp):
        computed = declared.get(called.owner.callee.root_reference.data)
        if computed is not None and computed.source is not None:
            return f"`{users_text(computed.source.data)}`"
    return f"%{called.name_hint or 'value'}"


def place_of(op: Operation) -> tuple[str, int]:
    """File and line of an op."""
    location = op.location
    if isinstance(location, FileLineColLoc):
        return location.filename.data, location.line.data
    return "<unknown>", 0


def _inputs(op: Operation, declared: Declarations) -> tuple[str, ...]:
    """The calls whose results this one needs, looked through values that only pass them on."""
    found: dict[str, None] = {}
    seen: set[SSAValue] = set()
    pending = list(op.operands)
    while pending:
        value = pending.pop()
        if value in seen:
            continue
        seen.add(value)
        owner = value.owner
        if not isinstance(owner, Operation):
            continue
        effect = owner.properties.get("effect")
        if effect is not None and effect.data.external:  # type: ignore[attr-defined]
            found[f"{callee_name(owner, declared)} (line {place_of(owner)[1]})"] = None
        elif owner.regions:
            found[f"the {_WORDS.get(owner.name, owner.name.removeprefix('xcs.'))} at line {place_of(owner)[1]}"] = None
        else:
            pending.extend(owner.operands)
    return tuple(found)


_WORDS = {"xcs.tensor": "kernel", "xcs.for": "loop", "xcs.while": "loop", "xcs.map": "loop", "xcs.if": "branch"}
"""What a user calls the ops with regions."""


def _nesting(op: Operation) -> list[str]:
    names: list[str] = []
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, FuncOp):
        names.insert(0, parent.name.removeprefix("xcs."))
        parent = parent.parent_op()
    return names
