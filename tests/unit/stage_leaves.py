"""Loops one after the other over what the one before gives: leaves that note what they get, runs whose last call ends
first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plan_writing import EXTERNAL, ORDERED, call
from virtual_pool import VirtualPool

from xcs.runtime.dataflow import Scheduler
from xcs.runtime.plan import Block, Instruction, LoopSource, Map, Plan, Slot
from xcs.runtime.plan_summary import summarise
from xcs.runtime.task import Task


class Stages:
    """Leaves that note which stage of which element they are."""

    def __init__(self, result: Callable[[Any], Any] = lambda value: value) -> None:
        self.done: list[tuple[str, Any]] = []
        self._result = result

    def leaf(self, name: str, fails_at: Any = None) -> Callable[[Any], Any]:
        """A leaf that gives the result for what it gets, but for one value."""

        def stage(value: Any) -> Any:
            self.done.append((name, value))
            if value == fails_at:
                raise LookupError(name, value)
            return self._result(value)

        stage.__name__ = name
        return stage

    def map(
        self, name: str, iterable: Any, to: int, source: LoopSource = LoopSource.SNAPSHOT, fails_at: Any = None
    ) -> Map:
        """A map of such a leaf."""
        body = Block(2, (call(self.leaf(name, fails_at), Slot(0), to=1, behaviour=EXTERNAL),), (Slot(1),), 1)
        return Map(name, (to,), iterable=iterable, body=body, source=source)


def block_of(*instructions: Instruction, gives: int) -> Block:
    """A block without parameters that gives one slot."""
    num_slots = max(slot for instruction in instructions for slot in instruction.results) + 1
    return Block(num_slots, instructions, (Slot(gives),))


def run_block(
    block: Block,
    choose: Callable[[list[Task]], int] | None = None,
    window: int = 1024,
    num_workers: int | None = None,
    functions: Mapping[str, Block] | None = None,
) -> Any:
    """What a block without parameters gives, or its exception; by default the latest running call ends next."""
    plan = Plan(summarise({"main": block, **(functions or {})}), "main", lambda *_: ORDERED)
    pool = VirtualPool(choose or (lambda running: len(running) - 1), num_workers)
    scheduler = Scheduler(plan, pool, window)
    outcome = scheduler.run(())
    if outcome.failure is not None:
        return outcome.failure.exception
    assert scheduler.num_live == 0
    return outcome.values
