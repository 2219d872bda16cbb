"""Random plans under random completion orders equal the sequential oracle."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_plans import PlanWriter, World
from virtual_pool import VirtualPool

from xcs.runtime.dataflow import Scheduler
from xcs.runtime.last_use import ARRAYS
from xcs.runtime.outcome import Outcome
from xcs.runtime.plan import Plan
from xcs.runtime.sequential import SequentialRun

ARGUMENTS = (4, 9)


def observe(outcome: Outcome) -> Any:
    if outcome.failure is None:
        return outcome.values
    error = outcome.failure.exception
    return type(error), error.args, outcome.failure.node


def check(plan: Plan, world: World, random: Random, window: int, num_workers: int | None, budget: int) -> None:
    world.reset()
    expected = observe(SequentialRun(plan).run(ARGUMENTS))
    log, state, calls, counts = world.log, world.state, world.calls, world.counts_at_fences
    failed = world.num_raised > 0
    shared = world.shared
    world.reset()
    pool = VirtualPool(lambda running: random.randrange(len(running)), num_workers)
    scheduler = Scheduler(plan, pool, window, max_live_frames=budget)
    assert observe(scheduler.run(ARGUMENTS)) == expected
    assert world.log == log
    assert world.state == state
    assert world.shared == shared
    if failed:
        assert not calls - world.calls
    else:
        assert world.calls == calls
        assert world.counts_at_fences == counts
        assert scheduler.num_live == 0


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    fences=st.booleans(),
    window=st.sampled_from([1, 2, 1024]),
    num_workers=st.sampled_from([None, 1, 3]),
    budget=st.sampled_from([1, 3, 10_000]),
)
def test_any_schedule_equals_the_sequential_run(
    seed: int, fences: bool, window: int, num_workers: int | None, budget: int
) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world, fences).plan()
    for schedule in range(3):
        check(plan, world, Random(schedule), window, num_workers, budget)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32), window=st.sampled_from([1, 2, 1024]), num_workers=st.sampled_from([None, 1, 3]))
def test_nothing_reads_what_was_let_go_of(seed: int, window: int, num_workers: int | None) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world).plan()
    world.reset()
    expected = observe(SequentialRun(plan).run(ARGUMENTS))
    ARRAYS.add(int)  # every number goes after its last use
    try:
        plan = replace(plan, holds_arrays=True)
        world.reset()
        assert observe(SequentialRun(plan).run(ARGUMENTS)) == expected
        for schedule in range(3):
            check(plan, world, Random(schedule), window, num_workers, 10_000)
    finally:
        ARRAYS.discard(int)


@pytest.mark.parametrize("seed", range(20))
def test_the_oldest_call_may_come_last(seed: int) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world).plan()
    world.reset()
    expected = observe(SequentialRun(plan).run(ARGUMENTS))
    world.reset()
    pool = VirtualPool(lambda running: len(running) - 1)
    assert observe(Scheduler(plan, pool).run(ARGUMENTS)) == expected
