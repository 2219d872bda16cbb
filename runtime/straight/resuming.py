"""Puts a run that has left its straight code into frames, so that the dataflow scheduler goes on with it.

In: a scheduler that hasn't started, and where the code was left. Out: the tree of frames as if the scheduler itself had
done what is done: frames from the entry inwards, in each the instructions before the place done, the one around the
place running, and those after it still to be walked.

Guarantees: nothing of the user's runs here.
"""

from __future__ import annotations

import time
from dataclasses import replace

from ..branch import IfRegion, InvokeRegion
from ..dataflow import Scheduler
from ..frame import DONE, ISSUED, Frame, Region
from ..loop import ForRegion, LoopRegion, MapRegion
from ..outcome import Outcome, RunTotals
from ..plan import For, If, Invoke, Map, Try, While
from ..try_region import TryRegion
from ..while_loop import WhileRegion
from ..wiring import Wiring
from .code import Suspended
from .scope import Role, Scope


def resumed(scheduler: Scheduler, suspended: Suspended) -> Outcome:
    """The end of a run that has left its code, reached by a new scheduler."""
    outcome = scheduler.run((), lambda root: resume(scheduler, root, suspended))
    totals = outcome.totals
    num_calls, wall_ns = totals.num_calls + suspended.num_calls, time.perf_counter_ns() - suspended.start_ns
    return replace(outcome, totals=RunTotals(num_calls, totals.external_ns + wall_ns - totals.wall_ns, wall_ns))


def resume(machine: Wiring, root: Frame, suspended: Suspended) -> None:
    """Fills the frame of the entry, and the frames inside of it, and puts them on the work stack."""
    root.outbox = []
    levels = list(suspended.point.levels())
    frame = root
    for (scope, index), (inner, _) in zip(levels, [*levels[1:], (None, 0)], strict=True):
        _replay(machine, frame, scope, index, suspended)
        machine.launch(frame)
        between = suspended.point.between if inner is None else None
        if inner is None and between is None:
            return
        frame.state[index] = ISSUED
        frame.walked = index + 1
        if between is not None:
            _go_on(machine, frame, between, suspended)
            return
        assert inner is not None
        frame = _reopen(machine, frame, inner, suspended)
        machine.drain()  # its captured values: a region inside may need them at once


def _replay(machine: Wiring, frame: Frame, scope: Scope, index: int, suspended: Suspended) -> None:
    """Fills the slots of a frame and completes what is done."""
    done = scope.block.instructions[:index]
    frame.state[:index] = bytes((DONE,)) * index
    slots = [*range(scope.block.num_params), *(slot for instruction in done for slot in instruction.results)]
    for slot in slots:
        machine.store(frame, slot, suspended.read(scope.names[slot]))
    for number in range(index):
        machine.finish(frame, number)
    frame.walked = index


def _reopen(machine: Wiring, outer: Frame, scope: Scope, suspended: Suspended) -> Frame:
    """The frame of a block that was left in the middle, inside its region."""
    index = scope.index
    instruction = outer.code.instructions[index]
    match instruction:
        case If() | Invoke():
            region: Region = IfRegion(outer, index) if isinstance(instruction, If) else InvokeRegion(outer, index)
            region.ended = True
            frame = region.spawn(machine, scope.block)
            frame.depth += isinstance(instruction, Invoke)
            region.give_results(machine, frame)
            return frame
        case Try():
            region = TryRegion(outer, index)
            if scope.role is Role.BODY:
                return region.open_body(machine)
            return region.reopen_handler(machine, suspended.read(scope.names[0]))
        case While():
            region = WhileRegion(outer, index)
            return region.reopen(machine, is_condition=scope.role is Role.CONDITION)
        case _:
            return _loop(machine, outer, scope, suspended).reopen(machine)


def _go_on(machine: Wiring, outer: Frame, iteration: Scope, suspended: Suspended) -> None:
    """A loop between two iterations."""
    if isinstance(outer.code.instructions[iteration.index], While):
        region = WhileRegion(outer, iteration.index)
        region.go_on(machine, [suspended.read(name) for name in iteration.carried])
    else:
        _loop(machine, outer, iteration, suspended)


def _loop(machine: Wiring, outer: Frame, iteration: Scope, suspended: Suspended) -> LoopRegion:
    """The region of a loop after some iterations."""
    instruction = outer.code.instructions[iteration.index]
    assert isinstance(instruction, For | Map)
    assert iteration.iterator is not None
    region = (ForRegion if isinstance(instruction, For) else MapRegion)(outer, iteration.index)
    names = iteration.lists if isinstance(instruction, Map) else iteration.carried
    region.go_on(machine, suspended.read(iteration.iterator), [suspended.read(name) for name in names])
    return region
