"""Straight code equals the sequential oracle: run to its end, and left anywhere for the dataflow scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_plans import PlanWriter, World
from schedule_checks import ARGUMENTS, Shown, in_sequence, observe
from virtual_pool import VirtualPool

from xcs.runtime import site
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.last_use import ARRAYS
from xcs.runtime.outcome import Outcome, RunTotals
from xcs.runtime.plan import Plan
from xcs.runtime.sequential import SequentialRun
from xcs.runtime.straight.code import StraightCode, Suspended
from xcs.runtime.straight.entrance import Entrance
from xcs.runtime.straight.resuming import resumed


class Doubts:
    """A clock and a judgement by which straight code is left at random."""

    def __init__(self, seed: int, guards: float, looks: float) -> None:
        self.random = Random(seed)
        self.guards = guards
        self.looks = looks
        self.now = 0

    def look(self) -> int:
        self.now += 10**9 if self.random.random() < self.looks else 1
        return self.now

    def admits(self, *_: Any) -> bool:
        return self.random.random() >= self.guards


ENTRANCE = Entrance(
    before=("def entered(given, taken):", " try:", "  start = now()"),
    after=("  return Outcome(result, None, RunTotals(n))", " except BaseException as error: return ended(error, 0)"),
    start="start",
    depth=2,
    params=("given", "taken"),
    result="result",
    names={"Outcome": Outcome, "RunTotals": RunTotals},
)


class EnteredCode(StraightCode):
    """Straight code inside of another function."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan, ENTRANCE)
        self.names["ended"] = self.ended

    def run(self, arguments: tuple[Any, ...]) -> Outcome | Suspended:
        return self.names["entered"](*arguments)


@pytest.fixture(params=[StraightCode, EnteredCode])
def doubted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Straight code of a plan that is left as `Doubts` say."""

    def make(plan: Plan, doubts: Doubts, *, trusts: bool) -> StraightCode:
        with monkeypatch.context() as patch:
            patch.setattr(site.Site, "is_fast", property(lambda _: trusts))
            code = request.param(plan)
        code.names["now"] = doubts.look
        monkeypatch.setattr(site.Site, "admits", doubts.admits)
        monkeypatch.setattr(site.Site, "is_fast", property(doubts.admits))
        return code

    return make


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32), fences=st.booleans(), trusts=st.booleans())
def test_straight_code_equals_the_sequential_run(doubted: Any, seed: int, fences: bool, trusts: bool) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world, fences).plan()
    code = doubted(plan, Doubts(0, 0.0, 0.0), trusts=trusts)
    world.reset()
    sequential = SequentialRun(plan).run(ARGUMENTS)
    expected = Shown.by(sequential, world)
    world.reset()
    outcome = code.run(ARGUMENTS)
    assert isinstance(outcome, Outcome)
    assert Shown.by(outcome, world) == expected
    assert outcome.totals.num_calls == sequential.totals.num_calls
    assert sequential.failure is None or outcome.failure.location == sequential.failure.location


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32), looks=st.sampled_from([0.0, 0.5, 1.0]), trusts=st.booleans())
def test_nothing_reads_what_was_let_go_of(doubted: Any, seed: int, looks: float, trusts: bool) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world).plan()
    expected = in_sequence(plan, world).end
    ARRAYS.add(int)  # every number goes after its last use
    try:
        plan = replace(plan, holds_arrays=True)
        code = doubted(plan, Doubts(0, looks / 4, looks), trusts=trusts)
        world.reset()
        found = code.run(ARGUMENTS)
        if isinstance(found, Suspended):
            pool = VirtualPool(lambda running: len(running) - 1)
            found = resumed(Scheduler(plan, pool), found)
        assert observe(found) == expected
    finally:
        ARRAYS.discard(int)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    fences=st.booleans(),
    guards=st.sampled_from([0.0, 0.05, 0.3]),
    looks=st.sampled_from([0.0, 0.5, 1.0]),
    trusts=st.booleans(),
)
def test_code_left_anywhere_goes_on_in_frames(
    doubted: Any, seed: int, fences: bool, guards: float, looks: float, trusts: bool
) -> None:
    world = World()
    plan = PlanWriter(Random(seed), world, fences).plan()
    for leaving in range(3):
        random = Random(leaving)
        code = doubted(plan, Doubts(leaving, guards, looks), trusts=trusts)
        expected = in_sequence(plan, world)
        world.reset()
        found = code.run(ARGUMENTS)
        if isinstance(found, Suspended):
            pool = VirtualPool(lambda running: random.randrange(len(running)))  # noqa: B023
            scheduler = Scheduler(plan, pool)
            found = resumed(scheduler, found)
            assert expected.has_failed or scheduler.num_live == 0
        expected.check(Shown.by(found, world))
