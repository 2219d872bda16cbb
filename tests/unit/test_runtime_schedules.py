"""Random plans under random completion orders equal the sequential oracle."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_plans import PlanWriter, World
from schedule_checks import ARGUMENTS, check, in_sequence, observe
from virtual_pool import VirtualPool

from xcs.runtime.dataflow import Scheduler
from xcs.runtime.last_use import ARRAYS


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
    expected = in_sequence(plan, world).end
    ARRAYS.add(int)  # every number goes after its last use
    try:
        plan = replace(plan, holds_arrays=True)
        assert in_sequence(plan, world).end == expected
        for schedule in range(3):
            check(plan, world, Random(schedule), window, num_workers, 10_000)
    finally:
        ARRAYS.discard(int)


@pytest.mark.parametrize("seed", range(20))
def test_the_oldest_call_may_come_last(seed: int) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world).plan()
    expected = in_sequence(plan, world).end
    world.reset()
    pool = VirtualPool(lambda running: len(running) - 1)
    assert observe(Scheduler(plan, pool).run(ARGUMENTS)) == expected
