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
from .regions import Region
from .scope import CodeScope
from .seal import NO_SEALS, Seal
from .sealing import class_of, closed_reach, is_sealable, seal_of, seal_of_made
from .summary import CodeSummary
from .value import NONE_VALUE, NOTHING, Cell, Origin, Value, deep, parameter, reach, reach_of


def run_code(
    analysis: Analysis,
    nodes: Sequence[ast.stmt] | ast.expr,
    inputs: Mapping[str, AbstractType],
    scope: CodeScope,
    owned: frozenset[str] = frozenset(),
    seals: Mapping[str, Seal] = NO_SEALS,
) -> CodeSummary:
    """The summary of statements or of an expression.

    The inputs in `owned` are containers that nobody else can see, and `seals` say of which of them nobody sees what
    they hold either. Those in `seals` alone are handed over: nothing else leads to them any more.
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
            is_ours = name in owned or name in seals
            frame.bind(name, Region(ledger, name, seals.get(name)).enter(one) if is_ours else parameter(name, one))
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
    regions = {name: Region(ledger, name, seals.get(name)) for name in owned.union(seals)}
    if lost := {name for name, region in regions.items() if any(cell.unsettled for cell in region.cells)}:
        # Others may see them from here on. What is stored somewhere is still of the type that it is of now.
        kept_seals = {name: seal for name, seal in seals.items() if name not in lost}
        return run_code(analysis, nodes, inputs, scope, owned - lost, kept_seals)
    summary = ledger.summary(result, is_leaf=False)
    if any(None in reach_of(held) for held in bindings.values()):
        summary = summary.replace(fresh=False)
    regions = {name: region for name, region in regions.items() if name in owned}
    given_in = reach(cell for region in regions.values() for cell in region.cells)
    types_bound = {name: deep(held) for name, held in bindings.items()}
    made = {name: seal for name, held in bindings.items() if (seal := seal_of_made(held, given_in)) is not None}
    if not owned:
        return CodeSummary(summary, types_bound, made=made)
    given = _which(result, regions, inputs)
    known = () if given is not None else reach_of(result)
    named = {name: of for name, held in bindings.items() if (of := _which(held, regions, inputs)) is not None}
    others = (held for name, held in bindings.items() if name not in named)
    reached = reach([*known, *(o for held in others for o in reach_of(held))])
    found = {name: _after(name, regions, reached, ledger, inputs[name]) for name in owned}
    written = {name for name, one in found.items() if one.is_written}
    kept = {name for name, one in found.items() if one.is_kept}
    seal = None if summary.seal is None else seal_of_made(result, given_in)
    summary = summary.replace(mutates=summary.mutates | written, retains=summary.retains | kept, seal=seal)
    return CodeSummary(
        summary,
        types_bound,
        {name: one.type for name, one in found.items()},
        {name: one.seal for name, one in found.items()},
        {name: one.rebound for name, one in found.items()},
        given,
        named,
        made,
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
        seal: how much of what is inside of it nobody else sees.
        type: its type afterwards.
        rebound: its parts that may hold something else now.
    """

    is_written: bool
    is_kept: bool
    seal: Seal
    type: AbstractType
    rebound: frozenset[str]


def _after(
    name: str, regions: Mapping[str, Region], reached: frozenset[Origin], ledger: Ledger, before: AbstractType
) -> OwnedAfter:
    region = regions[name]
    cells = region.cells
    inside = reach(cells)
    others = reach(cell for other, one in regions.items() if other != name for cell in one.cells)
    whole = region.enter(before)
    type_ = deep(whole)
    parts = cells if region.seal is None else closed_reach(whole, region.seal) | cells
    is_kept = not parts.isdisjoint(reached) or not cells.isdisjoint(others)
    is_written = not inside.isdisjoint(ledger.written_cells)
    seal = None if is_kept else _seal_after(region, whole, type_, reached | others)
    return OwnedAfter(is_written, is_kept, seal, type_, _rebound(region, before, ledger))


def _seal_after(region: Region, whole: Value, type_: AbstractType, taken: frozenset[Origin]) -> Seal:
    if class_of(type_) is not None:
        seal = seal_of(whole, taken, region.seal)
        return seal if is_sealable(type_, seal) else None
    inside = reach(region.cells)  # of data
    is_alone = all(isinstance(origin, Cell) for origin in inside) and inside.isdisjoint(taken)
    return region.seal if is_alone and is_sealable(type_) else None


def _rebound(region: Region, before: AbstractType, ledger: Ledger) -> frozenset[str]:
    """The attributes of an owned input that may hold something else afterwards; of a dict everything, or nothing."""
    if not isinstance(before, InstanceType):
        is_changed = region.root in ledger.written_cells
        return frozenset((EVERYTHING,)) if is_changed else frozenset()
    kinds = {kind for cell in region.cells for kind in ledger.written_cells.get(cell, ())}
    return frozenset(kind.removeprefix("attr:") for kind in kinds if kind.startswith("attr:"))
