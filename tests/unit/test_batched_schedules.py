"""Random plans whose calls go out together, under random completion orders, equal the sequential oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_plans import Leaf, PlanWriter, World
from schedule_checks import check

from xcs.diagnostics.effect import Effect
from xcs.runtime import batched_calls
from xcs.runtime.batch_form import BatchForm
from xcs.runtime.plan import Block, Call, Instruction, Literal, Plan
from xcs.runtime.plan_summary import summarise


class LongLoops(PlanWriter):
    """Writes plans whose loops have more to do."""

    def make_list(self, value: int) -> list[int]:
        return list(range(value % 4 + 2))


class Batching:
    """Gives the leaves of a plan batch forms, some of which fail now and then; counts what goes out together."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.num_together = 0

    def plan(self, plan: Plan) -> Plan:
        functions = {symbol: self.block(block) for symbol, block in plan.functions.items()}
        return Plan(summarise(functions), plan.entry, plan.resolve)

    def block(self, block: Block) -> Block:
        return replace(block, instructions=tuple(map(self.instruction, block.instructions)))

    def instruction(self, instruction: Instruction) -> Instruction:
        changes: dict[str, Any] = {
            one.name: self.block(held)
            for one in fields(instruction)
            if isinstance(held := getattr(instruction, one.name), Block)
        }
        if isinstance(instruction, Call) and isinstance(instruction.callee, Literal):
            leaf, num_args = instruction.callee.value, len(instruction.arguments.positional)
            if isinstance(leaf, Leaf) and num_args and leaf.behaviour.effect <= Effect.UNORDERED:
                position = self.random.randrange(num_args)
                size = self.random.choice([2, 3, 100])
                changes["batch"] = BatchForm("leaf", self.batch(leaf, position), size, position)
        return replace(instruction, **changes)

    def batch(self, leaf: Leaf, position: int) -> Callable[..., Any]:
        fails = self.random.random() < 0.2

        def together(*args: Any) -> list[Any]:
            self.num_together += 1
            if fails:
                raise RuntimeError("not together")
            before, items, after = args[:position], args[position], args[position + 1 :]
            return [leaf(*before, item, *after) for item in items]

        return together


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
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
    plan = Batching(Random(seed)).plan(LongLoops(Random(seed), world, fences).plan())
    for schedule in range(3):
        check(plan, world, Random(schedule), window, num_workers, budget)


def test_random_plans_do_make_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batched_calls, "LONG_NS", float("inf"))
    monkeypatch.setattr(batched_calls, "MAX_DELAY_NS", float("inf"))
    num_together = 0
    for seed in range(100):
        world = World()
        batching = Batching(Random(seed))
        plan = batching.plan(LongLoops(Random(seed), world).plan())
        check(plan, world, Random(seed), 1024, None, 10_000)
        num_together += batching.num_together
    assert num_together >= 10
