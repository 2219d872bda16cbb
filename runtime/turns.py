"""Turns: after many steps in a row, the driver looks at what else might go on, the earliest in program order first.

Work is taken from the stack last in, first out, so what has started most recently might go on for ever: a later
iteration may run into a loop that plain Python never comes to, because an earlier one raises.

Guarantees: only the thread that drives the run calls this. After each turn finished calls and cursors have been looked
at, and what is on top of the stack is no later than what was; within a few turns it is the earliest work of all. So
whatever comes first in program order always goes on. A look costs a constant for each step, since the next turn is as
much longer as the look has cost.
"""

from __future__ import annotations

from typing import Any

from .failure_scope import Path
from .frame import Frame, Region

STEPS_IN_A_TURN = 256
"""Regions asked to step before the driver looks around: a few milliseconds of work, a few microseconds of looking."""
PLACES_IN_A_LOOK = 64
"""How much of a long stack one look compares, so that deep recursion isn't held up."""


def sort_stack(stack: list[Any], num_looks: int) -> int:
    """Sorts the work on a stack, the earliest in program order on top; says how many numbers were compared.

    Of a long stack each look takes another part, and the top.
    """
    stride = 1 + len(stack) // PLACES_IN_A_LOOK
    looked_at = stack[num_looks % stride :: stride]
    if stack and (not looked_at or looked_at[-1] is not stack[-1]):
        looked_at.append(stack[-1])
        del stack[-1]
    del stack[num_looks % stride :: stride]
    places = {id(item): _place(item) for item in looked_at}
    looked_at.sort(key=lambda item: places[id(item)], reverse=True)
    stack += looked_at
    return sum(map(len, places.values()))


def _place(item: Frame | Region) -> Path:
    """Where the next step of some work is in program order."""
    if isinstance(item, Frame):
        return item.path_from(None, item.walked)
    return (*item.frame.path_from(None, item.index), item.num_started)
