"""What can run at the same time, and what that is worth: the conclusions behind stats, `explain` and the strategy.

All numbers are estimates from the program text (`cost.py`), never measurements of this run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xdsl.dialects.builtin import FileLineColLoc, ModuleOp
from xdsl.ir import Block, Operation

from ..diagnostics.effect import Effect
from ..dialect.functions import FuncOp
from ..dialect.loops import ForOp
from ..dialect.operation import counted
from ..dialect.parallel import EnsembleOp, MapOp
from ..dialect.tensor import TensorOp
from .behaviour import OpSummaries
from .captures import Captures
from .cost import DEFAULT_LATENCY_S, CostModel, op_label, static_trips
from .critical_path import CriticalPath
from .declarations import Declarations
from .dependence import analyze_block, blocks_of
from .loop_shape import Obstacle, match_independent_loop
from .parallelism_info import NONE, ParallelismInfo, info_of_map, info_of_program, infos_of_values, numbered


@dataclass(frozen=True)
class ParallelGroup:
    """External calls that can be in flight together.

    Attributes:
        kind: `ensemble`, `map`, `loop` (iterations overlap), or `calls` (of one block that don't wait for each other).
        calls: what is called, in program order.
        width: how many calls at most, as far as the program text says; None for loops of unknown length.
        location: the user's line, or empty.
    """

    kind: str
    calls: tuple[str, ...]
    width: int | None
    location: str = ""


@dataclass(frozen=True)
class FusionGroup:
    """Array computations that run as one kernel: their kind, callees and line."""

    kind: str
    calls: tuple[str, ...]
    location: str = ""


@dataclass(frozen=True)
class SequentialLoop:
    """A loop that is no map: why not, and whether its iterations overlap all the same."""

    reason: str
    overlaps: bool
    location: str = ""


@dataclass(frozen=True)
class ParallelismAnalysis:
    """What is known of a whole program.

    Attributes:
        parallel_groups: where calls overlap.
        fusion_groups: where array computations run as one.
        sequential_loops: the loops that are no maps.
        info: the opportunities of the whole program.
        infos: those of each op that calls out, loops or computes on arrays, by its name in reports.
        values: those of each named value in what uses it; values without any are left out.
        critical_path_s: the longest chain of waiting, in seconds or, with nothing measured, in calls.
        total_cost_s: the waiting of all calls one after the other, in the same unit.
        estimated_speedup: the second by the first; 1.0 where nothing waits.
        execution_strategy: `sequential`, `parallel`, `vectorized`, `hybrid` or `adaptive`.
        strategy_reason: why it is that one, in a few words.
        tensor_ops: array regions and kernels.
        orchestration_ops: external calls.
    """

    parallel_groups: tuple[ParallelGroup, ...] = ()
    fusion_groups: tuple[FusionGroup, ...] = ()
    sequential_loops: tuple[SequentialLoop, ...] = ()
    info: ParallelismInfo = NONE
    infos: Mapping[str, ParallelismInfo] = field(default_factory=dict)
    values: Mapping[str, ParallelismInfo] = field(default_factory=dict)
    critical_path_s: float = 0.0
    total_cost_s: float = 0.0
    estimated_speedup: float = 1.0
    execution_strategy: str = "sequential"
    tensor_ops: int = 0
    orchestration_ops: int = 0
    strategy_reason: str = "no external calls"


def analyze_parallelism(
    module: ModuleOp,
    measured_s: Mapping[str, float] | None = None,
    *,
    default_latency_s: float = DEFAULT_LATENCY_S,
    entry: str | None = None,
) -> ParallelismAnalysis:
    """Analyse the program that starts at `entry`: by default the first function that no other one calls.

    Args:
        module: the program; most is found after the default pipeline.
        measured_s: latencies in seconds by symbol or path of the callable.
        default_latency_s: of external calls without a measured or declared latency.
        entry: the symbol of the function that is called from outside.
    """
    declarations = Declarations.of(module)
    functions = _reachable(declarations, entry)
    if not functions:
        return ParallelismAnalysis()
    return _Analysis(declarations, CostModel(declarations, measured_s or {}, default_latency_s)).conclude(functions)


def _reachable(declarations: Declarations, entry: str | None) -> list[FuncOp]:
    """The entry and all functions that it calls, in order of first call."""
    calls = {
        symbol: [op.properties["callee"].root_reference.data for op in func.walk() if op.name == "xcs.invoke"]  # type: ignore[attr-defined]
        for symbol, func in declarations.functions.items()
    }
    if entry is None:
        called = {callee for symbol, callees in calls.items() for callee in callees if callee != symbol}
        entry = next((symbol for symbol in calls if symbol not in called), next(iter(calls), None))
    pending, found = [entry], dict[str, FuncOp]()
    while pending:
        symbol = pending.pop()
        if symbol in declarations.functions and symbol not in found:
            found[symbol] = declarations.functions[symbol]
            pending.extend(reversed(calls[symbol]))
    return list(found.values())


class _Analysis:
    """Collects the conclusions while walking the functions of a program."""

    def __init__(self, declarations: Declarations, cost: CostModel) -> None:
        self._declarations = declarations
        self._summaries = OpSummaries()
        self._captures = Captures()
        self._paths = CriticalPath(cost, self._summaries)
        self._groups: list[ParallelGroup] = []
        self._fused: list[FusionGroup] = []
        self._loops: list[SequentialLoop] = []
        self._infos: dict[str, ParallelismInfo] = {}
        self._infos_by_op: dict[Operation, ParallelismInfo] = {}
        self._tensor_ops = 0
        self._orchestration_ops = 0
        self._has_late_effects = False

    def conclude(self, functions: list[FuncOp]) -> ParallelismAnalysis:
        """The analysis of a program, the entry of which is the first function."""
        for func in functions:
            self._paths.of_function(func)  # before the walk below asks which loops overlap
        blocks = blocks_of(functions)
        for block in blocks:
            self._visit_block(block)
        times = self._paths.of_function(functions[0])
        strategy, reason = self._strategy()
        return ParallelismAnalysis(
            tuple(self._groups),
            tuple(self._fused),
            tuple(self._loops),
            info_of_program(
                functions[0], functions, self._infos_by_op, self._declarations, overlaps=bool(self._groups)
            ),
            self._infos,
            infos_of_values(blocks, self._infos_by_op, self._declarations),
            times.critical_path_s,
            times.total_s,
            times.total_s / times.critical_path_s if times.critical_path_s else 1.0,
            strategy,
            self._tensor_ops,
            self._orchestration_ops,
            reason,
        )

    def _strategy(self) -> tuple[str, str]:
        """The strategy and the reason for it."""
        calls = counted(self._orchestration_ops, "external call")
        if self._tensor_ops:
            arrays = counted(self._tensor_ops, "array computation")
            both = self._orchestration_ops > 0
            return ("hybrid", f"{arrays} beside {calls}") if both else ("vectorized", f"{arrays}, no external calls")
        if self._groups:
            return "parallel", "external calls may overlap, no array computations"
        if self._has_late_effects:
            return "adaptive", "what some calls do is known when they run"
        return "sequential", f"{calls}, none of which may overlap" if self._orchestration_ops else "no external calls"

    def _visit_block(self, block: Block) -> None:
        parent = block.parent_op()
        repeated = isinstance(parent, MapOp | EnsembleOp) or parent in self._paths.overlapping
        together: set[Operation] = set()
        for independent in analyze_block(block, self._summaries, self._captures).independent_sets():
            if len(independent) > 1:
                together.update(independent)
                labels = tuple(label for op in independent for label in self._external_labels(op))
                self._groups.append(ParallelGroup("calls", labels, _width(independent), _line(independent[0])))
        for op in block.ops:
            self._visit(op, repeated or op in together)

    def _visit(self, op: Operation, is_together: bool) -> None:
        behaviour = self._summaries.of(op).behaviour
        self._has_late_effects |= behaviour.effect is Effect.DYNAMIC
        match op:
            case EnsembleOp() if len(op.regions) > 1:
                self._add_group("ensemble", op, len(op.regions))
                self._note(op, ParallelismInfo(can_parallelize=True))
            case MapOp():
                self._visit_map(op, behaviour.external)
            case ForOp():
                self._visit_for(op)
            case TensorOp():
                self._visit_tensor(op)
            case _ if op.name == "xcs.xla_call" or (not op.regions and self._declarations.array_kind(op)):
                self._tensor_ops += _is_outside_tensor(op)
            case _ if behaviour.external and not op.regions:
                self._orchestration_ops += op.name != "xcs.invoke"
                self._note(op, ParallelismInfo(can_batch=self._is_batched(op), can_parallelize=is_together))

    def _visit_map(self, op: MapOp, is_external: bool) -> None:
        trips = static_trips(op.iterable)
        if is_external and trips != 1:
            self._add_group("map", op, trips)
        batched = any(self._is_batched(inner) for inner in op.walk())
        self._note(op, info_of_map(op, self._declarations, can_batch=batched, is_external=is_external))

    def _visit_for(self, op: ForOp) -> None:
        overlaps = op in self._paths.overlapping
        if overlaps:
            self._add_group("loop", op, static_trips(op.iterable))
        roles = match_independent_loop(op, self._summaries)
        if isinstance(roles, Obstacle):
            self._loops.append(SequentialLoop(roles.reason, overlaps, _line(op)))
        self._note(op, ParallelismInfo(can_parallelize=overlaps))

    def _visit_tensor(self, op: TensorOp) -> None:
        self._tensor_ops += 1
        calls = tuple(op_label(inner) for inner in op.body.block.ops if self._declarations.array_kind(inner))
        if len(calls) > 1:
            self._fused.append(FusionGroup(op.kind.data, calls, _line(op)))
        self._note(op, ParallelismInfo(can_vmap=True, can_pmap=op.kind.data == "jax"))

    def _add_group(self, kind: str, op: Operation, width: int | None) -> None:
        self._groups.append(ParallelGroup(kind, tuple(self._external_labels(op)), width, _line(op)))

    def _external_labels(self, op: Operation) -> Iterable[str]:
        return [op_label(one) for one in op.walk() if not one.regions and self._summaries.of(one).behaviour.external]

    def _is_batched(self, op: Operation) -> bool:
        declaration = self._declarations.declaration(op)
        return declaration is not None and "batch" in declaration.properties

    def _note(self, op: Operation, info: ParallelismInfo) -> None:
        """Remember the opportunities of an op under its label, numbered where several ops share it."""
        self._infos_by_op[op] = info
        self._infos[numbered(op_label(op), self._infos)] = info


def _width(ops: tuple[Operation, ...]) -> int | None:
    """How many calls a set of ops makes at least at once; unknown with a loop among them."""
    return len(ops) if all(not op.regions for op in ops) else None


def _is_outside_tensor(op: Operation) -> bool:
    parent = op.parent_op()
    return parent is None or parent.name != "xcs.tensor"


def _line(op: Operation) -> str:
    location = op.location
    return f"{location.filename.data}:{location.line.data}" if isinstance(location, FileLineColLoc) else ""
