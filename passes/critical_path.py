"""How long a program takes with unlimited workers, and how long one call after the other: a walk with a clock.

The clock follows the rules of the runtime: values flow as soon as they are there, ordered ops wait for everything
earlier, what sees writes waits for the last writer, nothing external starts before a fence is done. Two iterations of a
loop are walked and the rest extrapolated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from xdsl.ir import Block, Operation, SSAValue

from ..diagnostics.effect import Behaviour, Effect
from ..dialect.calls import InvokeOp
from ..dialect.control_flow import IfOp, TryOp
from ..dialect.functions import FuncOp
from ..dialect.loops import FoldOp, WhileOp
from ..dialect.parallel import EnsembleOp, MapOp
from .behaviour import OpSummaries, own_summary
from .cost import ASSUMED_TRIPS, CostModel, assumed_trips

MAX_WALKED_DEPTH = 5
"""Loop nesting up to which two iterations are walked; deeper loops count as one after the other."""


@dataclass
class Clock:
    """Times in seconds since the program started.

    Attributes:
        retired: when everything so far has completed.
        written: when the last possible writer has completed.
        fenced: when the last fence has completed.
        total: the sum of all latencies so far, however they overlap.
    """

    retired: float = 0.0
    written: float = 0.0
    fenced: float = 0.0
    total: float = 0.0

    def run(self, behaviour: Behaviour, ready: float, latency_s: float, total_s: float) -> float:
        """Let an op run whose inputs are there at `ready`; says when it has completed."""
        start = ready
        if behaviour.effect in (Effect.ORDERED, Effect.FENCE):
            start = max(start, self.retired)
        elif behaviour.sees_writes:
            start = max(start, self.written)
        if behaviour.external:
            start = max(start, self.fenced)
        finish = start + latency_s
        self.total += total_s
        self.retired = max(self.retired, finish)
        if behaviour.effect.may_write:
            self.written = max(self.written, finish)
        if behaviour.effect is Effect.FENCE:
            self.fenced = finish
        return finish

    def continue_after(self, other: Clock) -> None:
        """Continue where the later of two alternatives has ended."""
        self.retired = max(self.retired, other.retired)
        self.written = max(self.written, other.written)
        self.fenced = max(self.fenced, other.fenced)
        self.total = max(self.total, other.total)


Iteration: TypeAlias = Callable[[Clock, float, Sequence[float]], tuple[float, list[float]]]
"""Walks one iteration from a start time and the times of carried values: when the next may start, and its values."""


@dataclass(frozen=True)
class FunctionTime:
    """How long a function takes: its longest path and the sum of its latencies, in seconds."""

    critical_path_s: float
    total_s: float


class CriticalPath:
    """The times of the functions of a module, each walked once.

    Attributes:
        overlapping: the loops of which later iterations start external calls before earlier ones have completed.
    """

    def __init__(self, cost: CostModel, summaries: OpSummaries) -> None:
        """Nothing is walked yet."""
        self.overlapping: set[Operation] = set()
        self._cost = cost
        self._summaries = summaries
        self._functions: dict[str, FunctionTime] = {}
        self._running: set[str] = set()
        self._times: dict[SSAValue, float] = {}
        self._depth = 0

    def of_function(self, func: FuncOp) -> FunctionTime:
        """The times of one function, all its parameters being there at the start."""
        symbol = func.sym_name.data
        if symbol not in self._functions:
            self._running.add(symbol)
            clock = Clock()
            self._walk(func.body.block, clock, 0.0)
            self._running.discard(symbol)
            self._functions[symbol] = FunctionTime(clock.retired, clock.total)
        return self._functions[symbol]

    def _walk(self, block: Block, clock: Clock, gate: float, arguments: Sequence[float] = ()) -> list[float]:
        """Walk a block none of whose ops starts before `gate`; gives the times of what its terminator takes."""
        for argument, time in zip(block.args, arguments, strict=False):
            self._times[argument] = time
        finished = [gate]
        for op in block.ops:
            finished = self._visit(op, clock, gate)
            for result, time in zip(op.results, finished, strict=False):
                self._times[result] = time
        return finished

    def _ready(self, values: Sequence[SSAValue], gate: float) -> float:
        return max((self._times.get(value, 0.0) for value in values), default=gate)

    def _visit(self, op: Operation, clock: Clock, gate: float) -> list[float]:
        ready = max(gate, self._ready(op._operands, gate))
        match op:
            case IfOp():
                return self._visit_if(op, clock, ready)
            case MapOp():
                return self._visit_map(op, clock, ready)
            case FoldOp():
                return self._visit_fold(op, clock, gate)
            case WhileOp():
                return self._visit_while(op, clock, gate)
            case TryOp():
                return self._walk(op.body.block, clock, gate)
            case EnsembleOp():
                return [time for region in op.regions for time in self._walk(region.block, clock, gate)]
            case InvokeOp():
                times = self._called(op)
                finish = clock.run(op.behaviour, ready, times.critical_path_s, times.total_s)
                return [finish] * len(op.results)
            case _ if not op.results and op.next_op is None:
                return [max(gate, self._times.get(value, 0.0)) for value in op.operands]
            case _:
                latency_s = self._cost.latency_s(op)
                return [clock.run(own_summary(op).behaviour, ready, latency_s, latency_s)] * len(op.results)

    def _called(self, op: InvokeOp) -> FunctionTime:
        symbol = op.callee.root_reference.data
        func = self._cost.declarations.functions.get(symbol)
        if func is None or symbol in self._running:  # of a recursion one level is counted
            return FunctionTime(0.0, 0.0)
        return self.of_function(func)

    def _visit_if(self, op: IfOp, clock: Clock, ready: float) -> list[float]:
        """The branch with more to wait for counts."""
        ready = clock.run(own_summary(op).behaviour, ready, 0.0, 0.0)
        other = replace(clock)
        then_times = self._walk(op.then_region.block, clock, ready)
        else_times = self._walk(op.else_region.block, other, ready)
        times = then_times if clock.total >= other.total else else_times
        clock.continue_after(other)
        return times

    def _visit_map(self, op: MapOp, clock: Clock, ready: float) -> list[float]:
        before = clock.total
        times = self._walk(op.body.block, clock, ready, (ready,))
        clock.total = before + (clock.total - before) * assumed_trips(op.iterable)
        return times

    def _visit_fold(self, op: FoldOp, clock: Clock, gate: float) -> list[float]:
        element = max(gate, self._ready(op.operands[:1], gate))
        carried = [max(gate, self._times.get(value, 0.0)) for value in op.inits]
        breaks = "breaks" in op.properties

        def iterate(clock: Clock, gate: float, carried: Sequence[float]) -> tuple[float, list[float]]:
            yielded = self._walk(op.body.block, clock, gate, (element, *carried))
            return (yielded[0], yielded[1:]) if breaks else (gate, yielded)

        return self._repeat(op, clock, element, carried, iterate, assumed_trips(op.iterable))

    def _visit_while(self, op: WhileOp, clock: Clock, gate: float) -> list[float]:
        carried = [max(gate, self._times.get(value, 0.0)) for value in op.inits]

        def iterate(clock: Clock, gate: float, carried: Sequence[float]) -> tuple[float, list[float]]:
            (tested,) = self._walk(op.condition.block, clock, gate, carried)
            return tested, self._walk(op.body.block, clock, tested, carried)

        return self._repeat(op, clock, gate, carried, iterate, ASSUMED_TRIPS)

    def _repeat(
        self, op: Operation, clock: Clock, gate: float, carried: list[float], iterate: Iteration, trips: int
    ) -> list[float]:
        """Walk two iterations and extrapolate what the others add to each time."""
        if trips == 0:
            return carried
        acts = self._summaries.of(op).behaviour.effect.may_write
        start = replace(clock) if acts else replace(clock, retired=gate)
        local = replace(start)
        self._depth += 1
        gate, times = iterate(local, gate, carried)
        after_first = replace(local)
        if trips > 1:
            first = times
            if self._depth <= MAX_WALKED_DEPTH:
                _, second = iterate(local, gate, first)
            else:
                second = [time + local.retired - start.retired for time in first]
                _extrapolate(local, start, 1)
            if after_first.total > start.total and local.retired < 2 * after_first.retired - start.retired:
                self.overlapping.add(op)
            _extrapolate(local, after_first, trips - 2)
            times = [one + (trips - 1) * (two - one) for one, two in zip(first, second, strict=True)]
        self._depth -= 1
        clock.continue_after(local)
        return times


def _extrapolate(clock: Clock, before: Clock, times: int) -> None:
    """Let what has happened since `before` happen again, `times` times."""
    clock.retired += times * (clock.retired - before.retired)
    clock.written += times * (clock.written - before.written)
    clock.fenced += times * (clock.fenced - before.fenced)
    clock.total += times * (clock.total - before.total)
