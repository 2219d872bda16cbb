"""One ready call for the thread that drives a run, which would otherwise only wait: it saves two hand-overs.

The first call of a run that has none in flight is kept back until the driver has nothing else to do. Then it runs
there, if nothing that needs that thread can become ready before it has ended; else it goes to a worker as all others
do. It goes at once when the driver is about to run anything else, or has started `MAX_BESIDE` further calls.

Guarantees: only the thread that drives the run calls these functions; they run nothing of the user's.
"""

from __future__ import annotations

from collections.abc import Iterable

from .cursor import Cursor
from .loop import MapRegion
from .prepared import RETIRED
from .task import Task

MAX_BESIDE = 8
"""Calls started while one is kept back: each puts it off by some 10 microseconds."""


def may_run_here(task: Task, in_flight: Iterable[Task], retired: Cursor) -> bool:
    """Whether no call in flight can make anything ready that doesn't wait for this one, too."""
    others = [other for other in in_flight if other is not task]
    if not others:
        return True
    frame = task.frame
    # What waits for its turn waits for this call if that is the earliest one that hasn't ended.
    if retired.frame is not frame or frame.at[RETIRED] != task.index:
        return False
    return all(_only_together(other, task) for other in others)


def _only_together(other: Task, task: Task) -> bool:
    """Whether all that waits for the end of one call in flight waits for the other one as well."""
    frame, index, code = other.frame, other.index, other.frame.code
    if other.calls is not None or task.calls is not None or frame.subscribers:
        return False
    results = code.results[index]
    waiting = {*code.successors[index], *(later for slot in results for later in code.consumers[slot])}
    if frame is task.frame:
        own = code.results[task.index]
        waiting -= {*code.successors[task.index], *(later for slot in own for later in code.consumers[slot])}
        gives = any(code.outputs_of[slot] for slot in results)
        return not waiting and (frame.region is None or not gives)
    region = frame.region
    if not isinstance(region, MapRegion) or region is not task.frame.region or not region.ended:
        return False
    return not waiting and not any(stream.readers for stream in region.streams)
