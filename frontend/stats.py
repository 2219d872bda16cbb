"""What is counted of a jitted function: estimates from the IR, measurements from its runs, never mixed."""

from __future__ import annotations

import threading
import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from ..passes.parallelism import ParallelismAnalysis
from ..passes.parallelism_info import NONE, ParallelismInfo
from ..runtime.outcome import RunTotals
from ..runtime.tally import ModelUsage, Tally
from .strategies import ADAPTIVE, chosen_strategy

if TYPE_CHECKING:
    from ..runtime.models.mesh_health import EndpointState


class JitStats(TypedDict):
    """The statistics of a jitted function, as `get_jit_stats` gives them.

    Keys:
        calls: calls so far; traces: how often it was traced; fallback_calls: calls that ran as plain Python.
        parallel_groups: groups of external calls that may overlap, in the program last used.
        estimated_speedup: sum of all external calls over the critical path, in equal units, from the IR alone.
        measured_speedup: sum of the durations of the external calls over wall time, all runs so far; None before one.
        execution_strategy: `sequential`, `parallel`, `vectorized`, `hybrid` or `adaptive`: the one that was asked for
            by name, otherwise what the analyses conclude; strategy_reason: why it is that one.
        parallelism: the opportunities of the program last used, and parallelism_of_values those of its values by name.
        tensor_ops: array regions; orchestration_ops: external calls, both of the lowered module.
        fallback: why the function runs as plain Python, or None.
        opaque: what runs natively because it could not be staged: `what (reason) at file:line`.
        compile_time_s: seconds spent tracing and compiling; wall_time_s: seconds in runs; external_time_s: seconds
            in external calls, summed over threads; leaf_calls: leaf calls made.
        batches: those of them that were several calls of the program in one; batched_calls: how many these were.
        retries: attempts of limited calls that were made again; timeouts: attempts given up; limit_wait_s: seconds
            waited for limits; retry_wait_s: seconds between attempts, both summed over calls.
        usage: what models say that calls have used, by the name of the model.
        endpoints: what each `ModelMesh` that calls have gone to knows of its endpoints now, mesh after mesh.
    """

    calls: int
    traces: int
    fallback_calls: int
    parallel_groups: int
    estimated_speedup: float
    measured_speedup: float | None
    execution_strategy: str
    strategy_reason: str
    parallelism: ParallelismInfo
    parallelism_of_values: dict[str, ParallelismInfo]
    tensor_ops: int
    orchestration_ops: int
    fallback: str | None
    opaque: list[str]
    compile_time_s: float
    wall_time_s: float
    external_time_s: float
    leaf_calls: int
    batches: int
    batched_calls: int
    retries: int
    timeouts: int
    limit_wait_s: float
    retry_wait_s: float
    usage: dict[str, ModelUsage]
    endpoints: list[EndpointState]


@dataclass(slots=True)
class Counters:
    """The running totals of one jitted function; any thread may add.

    Attributes:
        direct: how many went straight to a kernel, as the variable of those functions. They are counted without a lock,
            which would take a tenth of such a call: CPython's threads don't take turns between reading a variable and
            adding one to it.
        straight: sums over calls of straight code, likewise: `calls`, their nanoseconds (`wall`) and those of them that
            count as time in external calls (`external`), and leaf calls (`leaves`).
    """

    calls: int = 0
    traces: int = 0
    fallback_calls: int = 0
    compile_time_s: float = 0.0
    wall_ns: int = 0
    external_ns: int = 0
    leaf_calls: int = 0
    batches: int = 0
    batched_calls: int = 0
    tally: Tally = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    direct: types.CellType = field(default_factory=lambda: types.CellType(0.0), repr=False)
    straight: dict[str, types.CellType] = field(
        default_factory=lambda: {name: types.CellType(0) for name in ("calls", "wall", "external", "leaves")},
        repr=False,
    )

    @property
    def direct_calls(self) -> int:
        """How many calls went straight to a kernel."""
        return int(self.direct.cell_contents)

    def all_calls(self) -> int:
        """Calls of every kind so far."""
        with self.lock:
            return self.calls + self.direct_calls + self.straight["calls"].cell_contents

    def add_run(self, totals: RunTotals) -> None:
        """One finished run of a plan."""
        with self.lock:
            self.calls += 1
            self.wall_ns += totals.wall_ns
            self.external_ns += totals.external_ns
            self.leaf_calls += totals.num_calls
            self.batches += totals.num_batches
            self.batched_calls += totals.num_batched

    def add_plain(self, *, is_fallback: bool) -> None:
        """One call that ran as plain Python."""
        with self.lock:
            self.calls += 1
            self.fallback_calls += is_fallback

    def add_trace(self, seconds: float) -> None:
        """One compilation."""
        with self.lock:
            self.traces += 1
            self.compile_time_s += seconds


def describe(
    counters: Counters,
    analysis: ParallelismAnalysis | None,
    fallback: str | None,
    opaque: list[str],
    asked_strategy: str = ADAPTIVE,
) -> JitStats:
    """The statistics as one dictionary."""
    tally = counters.tally.copy()
    strategy = chosen_strategy(asked_strategy, analysis, fallback)
    straight = {name: cell.cell_contents for name, cell in counters.straight.items()}
    wall_ns, external_ns = counters.wall_ns + straight["wall"], counters.external_ns + straight["external"]
    return {
        "calls": counters.all_calls(),
        "traces": counters.traces,
        "fallback_calls": counters.fallback_calls,
        "parallel_groups": len(analysis.parallel_groups) if analysis else 0,
        "estimated_speedup": analysis.estimated_speedup if analysis else 1.0,
        "measured_speedup": external_ns / wall_ns if wall_ns else None,
        "execution_strategy": strategy.name,
        "strategy_reason": strategy.reason,
        "parallelism": analysis.info if analysis else NONE,
        "parallelism_of_values": dict(analysis.values) if analysis else {},
        "tensor_ops": analysis.tensor_ops if analysis else 0,
        "orchestration_ops": analysis.orchestration_ops if analysis else 0,
        "fallback": fallback,
        "opaque": opaque,
        "compile_time_s": counters.compile_time_s,
        "wall_time_s": wall_ns / 1e9,
        "external_time_s": external_ns / 1e9,
        "leaf_calls": counters.leaf_calls + straight["leaves"],
        "batches": counters.batches,
        "batched_calls": counters.batched_calls,
        "retries": tally.retries,
        "timeouts": tally.timeouts,
        "limit_wait_s": tally.limit_wait_ns / 1e9,
        "retry_wait_s": tally.retry_wait_ns / 1e9,
        "usage": tally.usage,
        "endpoints": [state for mesh in tally.meshes for state in mesh.stats()],
    }
