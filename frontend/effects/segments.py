"""Inference of pieces of code: statements or an expression over named inputs."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .abstract_type import ANY, AbstractType, InstanceType
from .activation import Analysis, unknown_call
from .binding import assigned, captured_names, own_bindings
from .frame import Frame, TooLarge
from .function_summaries import settle
from .ledger import Ledger
from .place import EVERYTHING
from .regions import Region, is_sealable
from .scope import CodeScope
from .summary import CodeSummary
from .value import NONE_VALUE, NOTHING, Cell, Origin, Value, deep, parameter, reach, reach_of


def run_code(
    analysis: Analysis,
    nodes: Sequence[ast.stmt] | ast.expr,
    inputs: Mapping[str, AbstractType],
    scope: CodeScope,
    owned: frozenset[str] = frozenset(),
    sealed: frozenset[str] = frozenset(),
) -> CodeSummary:
    """The summary of statements or of an expression.

    The inputs in `owned` are containers that nobody else can see; of those in `sealed`, what they hold neither. Those
    in `sealed` alone are handed over: nothing else leads to them any more.
    """
    body: list[ast.AST] = [nodes] if isinstance(nodes, ast.expr) else list(nodes)
    targets = assigned(body)
    bindings: dict[str, Value] = {}
    names = tuple(inputs)
    own = targets.union(names)
    has_functions = any(own_bindings(node).has_functions for node in body)

    def run(ledger: Ledger, types_: tuple[AbstractType, ...], captured: dict[str, Value]) -> Value:
        frame = Frame(ledger, analysis, scope, own, {}, analysis.budget)
        frame.captured = captured
        if has_functions:
            module = ast.Module(body=[*body], type_ignores=[])  # type: ignore[list-item]
            frame.capturing, frame.shared = captured_names(module)
        for name, one in zip(names, types_, strict=True):
            is_ours = name in owned or name in sealed
            frame.bind(name, Region(ledger, name, name in sealed).enter(one) if is_ours else parameter(name, one))
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
    if not owned:
        return CodeSummary(summary, {name: deep(held) for name, held in bindings.items()})
    regions = {name: Region(ledger, name, name in sealed) for name in owned}
    given = _which(result, regions, inputs)
    known = () if given is not None else reach_of(result)
    named = {name: of for name, held in bindings.items() if (of := _which(held, regions, inputs)) is not None}
    others = (held for name, held in bindings.items() if name not in named)
    reached = reach([*known, *(o for held in others for o in reach_of(held))])
    found = {name: _after(name, regions, reached, ledger, inputs[name]) for name in owned}
    written = {name for name, one in found.items() if one.is_written}
    kept = {name for name, one in found.items() if one.is_kept}
    summary = summary.replace(mutates=summary.mutates | written, retains=summary.retains | kept)
    return CodeSummary(
        summary,
        {name: deep(held) for name, held in bindings.items()},
        {name: one.type for name, one in found.items()},
        frozenset(name for name, one in found.items() if one.is_sealed),
        {name: one.rebound for name, one in found.items()},
        given,
        named,
    )


def _which(held: Value, regions: Mapping[str, Region], inputs: Mapping[str, AbstractType]) -> str | None:
    """The owned input that a value is in any case; None if it may be anything else."""
    return next((name for name, region in regions.items() if region.is_whole(held, inputs[name])), None)


@dataclass(frozen=True, slots=True)
class OwnedAfter:
    """What a piece of code did to an owned input.

    Attributes:
        is_written: it wrote it, or something inside of it.
        is_kept: it let others see it.
        is_sealed: nobody else sees what is inside of it.
        type: its type afterwards.
        rebound: its parts that may hold something else now.
    """

    is_written: bool
    is_kept: bool
    is_sealed: bool
    type: AbstractType
    rebound: frozenset[str]


def _after(
    name: str, regions: Mapping[str, Region], reached: frozenset[Origin], ledger: Ledger, before: AbstractType
) -> OwnedAfter:
    region = regions[name]
    cells = region.cells
    inside = reach(cells)
    others = reach(cell for other, one in regions.items() if other != name for cell in one.cells)
    is_unsettled = any(cell.unsettled for cell in cells)
    parts = inside if region.sealed else cells
    is_kept = is_unsettled or not parts.isdisjoint(reached) or not cells.isdisjoint(others)
    type_ = deep(region.enter(before))
    is_alone = all(isinstance(origin, Cell) for origin in inside) and inside.isdisjoint(reached | others)
    is_sealed = region.sealed and not is_kept and is_alone and is_sealable(type_)
    is_written = is_unsettled or not inside.isdisjoint(ledger.written_cells)
    return OwnedAfter(is_written, is_kept, is_sealed, type_, _rebound(region, before, ledger))


def _rebound(region: Region, before: AbstractType, ledger: Ledger) -> frozenset[str]:
    """The attributes of an owned input that may hold something else afterwards; of a dict everything, or nothing."""
    if not isinstance(before, InstanceType):
        is_changed = region.root.unsettled or region.root in ledger.written_cells
        return frozenset((EVERYTHING,)) if is_changed else frozenset()
    kinds = {kind for cell in region.cells for kind in ledger.written_cells.get(cell, ())}
    return frozenset(kind.removeprefix("attr:") for kind in kinds if kind.startswith("attr:"))
