"""What a run of a random plan may show: its end, what it writes and which calls it makes, as in the sequential run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

from random_plans import World
from virtual_pool import VirtualPool

from xcs.runtime.dataflow import Scheduler
from xcs.runtime.outcome import Outcome
from xcs.runtime.plan import Plan
from xcs.runtime.sequential import SequentialRun

ARGUMENTS = (4, 9)
"""What every random plan is given."""


def observe(outcome: Outcome) -> Any:
    """What a run gives, or what it raises and where."""
    if outcome.failure is None:
        return outcome.values
    error = outcome.failure.exception
    return type(error), error.args, outcome.failure.node


@dataclass(frozen=True)
class Shown:
    """How a run ended, and what it did to the world."""

    end: Any
    log: list[Any]
    state: int
    shared: list[int]
    calls: Counter[Any]
    counts_at_fences: list[int]
    has_failed: bool

    @staticmethod
    def by(outcome: Outcome, world: World) -> Shown:
        failed = world.num_raised > 0
        return Shown(
            observe(outcome), world.log, world.state, world.shared, world.calls, world.counts_at_fences, failed
        )

    def check(self, found: Shown, *, fences: bool = True) -> None:
        """Another run shows the same; where calls fail, it may have made more of them than the sequential one."""
        assert found.end == self.end
        assert found.log == self.log
        assert found.state == self.state
        assert found.shared == self.shared
        if self.has_failed:
            assert not self.calls - found.calls
        else:
            assert found.calls == self.calls
            assert not fences or found.counts_at_fences == self.counts_at_fences


def in_sequence(plan: Plan, world: World) -> Shown:
    """What the oracle shows."""
    world.reset()
    return Shown.by(SequentialRun(plan).run(ARGUMENTS), world)


def check(plan: Plan, world: World, random: Random, window: int, num_workers: int | None, budget: int) -> None:
    """One schedule of a plan, drawn at random, shows what the oracle does and leaves no frame."""
    expected = in_sequence(plan, world)
    world.reset()
    pool = VirtualPool(lambda running: random.randrange(len(running)), num_workers)
    scheduler = Scheduler(plan, pool, window, max_live_frames=budget)
    expected.check(Shown.by(scheduler.run(ARGUMENTS), world))
    assert expected.has_failed or scheduler.num_live == 0
