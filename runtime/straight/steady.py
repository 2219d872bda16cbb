"""When a plan runs as straight code: once it has run, and as long as no call that is met in it is worth a worker.

In: a plan before each run. Out: its straight code, or None where the dataflow scheduler is to run it. A plan without
calls that could be handed to a worker always runs straight. Any other one does once the callables that its runs have
met are fast; calls not met so far are looked at when the code comes to them, and leave it unless they are fast. A run
that has left its code goes on in the scheduler; the next 1, 2, 4 ... runs, up to `MAX_SKIPPED`, start there, until one
ends in straight code.

Guarantees: any thread may ask at any time; threads that meet may each compile the same code, and one of them stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..latency import VERDICTS
from ..plan import Block, Plan
from ..plan_summary import blocks_of
from ..site import sites_of
from .code import StraightCode
from .source import NotStraight

MAX_SKIPPED = 64
"""Runs that don't try straight code again after it was left."""


class Steady:
    """What the runs of one plan have learned.

    Attributes:
        has_sites: whether any call could go to a worker.
        code: the straight code, once it was worth compiling.
        serial: of the verdicts under which the last run ended in the code; -1 if it didn't. As long as it is the
            current one, `code_of` gives the code.
    """

    __slots__ = (
        "_is_ready",
        "_is_refused",
        "_num_skipped",
        "_serial",
        "_sites",
        "_to_skip",
        "code",
        "has_sites",
        "serial",
    )

    def __init__(self, plan: Plan) -> None:
        self.code: StraightCode | None = None
        self._sites = [site for block in _blocks(plan) for site in sites_of(plan, block) if site is not None]
        self.has_sites = bool(self._sites)
        self._is_refused = plan.is_async or plan.is_batched
        self._is_ready = False
        self._serial = self.serial = -1
        self._to_skip = 0
        self._num_skipped = 0

    def code_of(self, plan: Plan) -> StraightCode | None:
        """The straight code, if the next run of the plan is to take it."""
        if self._is_refused:
            return None
        if self._serial != VERDICTS.serial:
            self._judge(plan)
        if not self._is_ready:
            return None
        if self._to_skip:
            self._to_skip -= 1
            return None
        return self.code

    def note_left(self) -> None:
        """A run has left the code."""
        self.serial = -1
        self._to_skip = self._num_skipped = min(max(2 * self._num_skipped, 1), MAX_SKIPPED)

    def note_ended(self) -> None:
        """A run has ended in the code."""
        self._num_skipped = 0
        self.serial = self._serial if self._is_ready and not self._to_skip else -1

    def _judge(self, plan: Plan) -> None:
        self._serial = VERDICTS.serial
        self._is_ready = not any(site.was_reached and not site.is_fast for site in self._sites)
        if self._is_ready and self.code is None:
            try:
                self.code = StraightCode(plan)
            except NotStraight:
                self._is_refused = True


def steady_of(plan: Plan) -> Steady | None:
    """What runs have learned of a plan; None the first time: a plan that runs once isn't worth compiling."""
    if plan.steady:
        return plan.steady[-1] or _found(plan)
    plan.steady.append(None)
    return None


def _found(plan: Plan) -> Steady:
    found = Steady(plan)
    plan.steady.append(found)
    return found


def _blocks(plan: Plan) -> Iterator[Block]:
    pending: list[Block] = list(plan.functions.values())
    while pending:
        block = pending.pop()
        yield block
        for instruction in block.instructions:
            pending.extend(blocks_of(instruction).values())
