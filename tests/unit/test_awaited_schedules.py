"""Random plans whose calls to the world are awaited equal the sequential oracle, however long each call takes."""

from __future__ import annotations

import asyncio
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_plans import PlanWriter, World
from schedule_checks import ARGUMENTS, Shown

from xcs.runtime.event_loop import LoopScheduler
from xcs.runtime.executor import SequentialExecutor
from xcs.runtime.outcome import Outcome
from xcs.runtime.plan import Block, Call, Literal, Plan


def awaiting(part: Any, random: Random) -> Any:
    """Plans, blocks and instructions with awaited calls in place of external ones."""
    if isinstance(part, Call):
        if not part.behaviour.external or not isinstance(part.callee, Literal):
            return part
        return replace(part, callee=Literal(waiting(part.callee.value, random)), is_async=True)
    if isinstance(part, tuple):
        return tuple(awaiting(one, random) for one in part)
    if not is_dataclass(part) or isinstance(part, type | Literal):
        return part
    found = {one.name: getattr(part, one.name) for one in fields(part) if one.init}
    changed = {name: awaiting(value, random) for name, value in found.items() if isinstance(value, tuple | Block)}
    return replace(part, **changed)


def waiting(function: Any, random: Random) -> Any:
    async def waits(*values: Any) -> Any:
        for _ in range(random.choice([0, 1, 1, 2, 5])):
            await asyncio.sleep(0)
        return function(*values)

    waits.__name__ = getattr(function, "__name__", "waits")
    return waits


async def outcome_of(plan: Plan, window: int, budget: int) -> Outcome:
    outcome = await LoopScheduler(plan, window, None, budget).run_async(ARGUMENTS)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return outcome


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    fences=st.booleans(),
    window=st.sampled_from([1, 2, 1024]),
    budget=st.sampled_from([1, 3, 10_000]),
)
def test_any_schedule_equals_the_sequential_run(seed: int, fences: bool, window: int, budget: int) -> None:
    world = World()
    written = PlanWriter(Random(seed), world, fences).plan()
    functions = {symbol: awaiting(block, Random(seed)) for symbol, block in written.functions.items()}
    plan = replace(written, functions=functions, is_async=True)
    world.reset()
    expected = Shown.by(asyncio.run(SequentialExecutor().run_async(plan, ARGUMENTS)), world)
    for _ in range(3):
        world.reset()
        expected.check(Shown.by(asyncio.run(outcome_of(plan, window, budget)), world), fences=False)
