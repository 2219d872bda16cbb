"""Inference of pieces of code: statements or an expression over named inputs."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from .abstract_type import (
    ANY,
    NEVER,
    AbstractType,
    DictType,
    ListType,
    SetType,
)
from .activation import Analysis, settle, unknown_call
from .binding import FUNCTIONS, assigned, captured_names
from .frame import Frame, TooLarge
from .ledger import Ledger
from .scope import CodeScope
from .summary import CodeSummary
from .value import ELEMENT, KEY, NONE_VALUE, NOTHING, VALUE, Value, deep, outside, reach, reach_of, value


def run_code(
    analysis: Analysis,
    nodes: Sequence[ast.stmt] | ast.expr,
    inputs: Mapping[str, AbstractType],
    scope: CodeScope,
    owned: frozenset[str] = frozenset(),
) -> CodeSummary:
    """The summary of statements or of an expression; the inputs in `owned` are containers that nobody else can see."""
    body: list[ast.AST] = [nodes] if isinstance(nodes, ast.expr) else list(nodes)
    targets = assigned(body)
    bindings: dict[str, Value] = {}
    names = tuple(inputs)

    def run(ledger: Ledger, types_: tuple[AbstractType, ...], captured: dict[str, Value]) -> Value:
        frame = Frame(ledger, analysis, scope, targets | frozenset(names), {}, analysis.budget)
        frame.captured = captured
        module = ast.Module(body=[*body], type_ignores=[])  # type: ignore[list-item]
        frame.capturing, frame.shared = captured_names(module) if _has_functions(body) else (frozenset(), frozenset())
        for name, one in zip(names, types_, strict=True):
            frame.bind(name, own(ledger, name, one) if name in owned else value(one, frozenset((name,))))
        bindings.clear()
        if isinstance(nodes, ast.expr):
            result = frame.evaluate(nodes)
        else:
            frame.execute(nodes)
            result = frame.returned if frame.returned is not NOTHING else NONE_VALUE
        bindings.update({name: held for name, held in (frame.names or {}).items() if name in targets})
        for held in bindings.values():
            ledger.retains |= {origin for origin in reach_of(held) if not hasattr(origin, "fields")}
        return result

    try:
        result, ledger = settle(run, tuple(inputs.values()))
    except (TooLarge, RecursionError):
        return CodeSummary(unknown_call("too large to infer", (), inputs), dict.fromkeys(targets, ANY))
    summary = ledger.summary(result, is_leaf=False)
    if any(None in reach_of(held) for held in bindings.values()):
        summary = summary.replace(fresh=False)
    cells = {name: ledger.cell(("owned", name)) for name in owned}
    reached = reach([*reach_of(result), *(o for held in bindings.values() for o in reach_of(held))])
    written = {name for name, cell in cells.items() if ledger.written_cells & reach((cell,)) or cell.unsettled}
    kept = {name for name, cell in cells.items() if cell in reached or cell.unsettled}
    summary = summary.replace(mutates=summary.mutates | written, retains=summary.retains | kept)
    contents = {name: deep(Value(inputs[name], frozenset((cell,)))) for name, cell in cells.items()}
    return CodeSummary(summary, {name: deep(held) for name, held in bindings.items()}, contents)


def own(ledger: Ledger, name: str, type_: AbstractType) -> Value:
    """A container that only the code around this piece can see; what it holds may be seen by others too."""
    match type_:
        case ListType(element=element) | SetType(element=element, frozen=False):
            parts = {ELEMENT: element}
        case DictType(key=key, value=held):
            parts = {KEY: key, VALUE: held}
        case _:
            parts = {}
    cell = ledger.cell(("owned", name), opaque=not parts)
    for field, part in parts.items():
        if part is not NEVER:
            cell.hold(field, outside(part))
    return Value(type_, frozenset((cell,)))


def _has_functions(body: Sequence[ast.AST]) -> bool:
    return any(isinstance(part, FUNCTIONS) for one in body for part in ast.walk(one))
