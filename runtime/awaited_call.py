"""A task on the event loop that makes one `async` call of a program, or several as one.

Guarantees: belongs to one run, whose event loop calls it when the task has ended; nobody else changes it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Protocol

from .batched_calls import CollectedCall
from .frame import Frame
from .tally import Tally


class Run(Protocol):
    """Who is told that a call has ended."""

    def note_end(self, call: AwaitedCall) -> None:
        """Takes down that a call has ended."""


class AwaitedCall:
    """One `async` call that runs as a task.

    Attributes:
        run: what started it.
        frame, index: the instruction.
        task: what runs it.
        is_stopped: the run wants it no more, and has cancelled it.
        value, error: how it ended.
        start_ns, end_ns: when (`time.perf_counter_ns`).
        lane: where the timeline shows it: calls that overlap have different ones.
        tally: what policies have cost, where that is recorded.
        calls: the calls that it makes as one, if it is a batch.
    """

    __slots__ = (
        "calls",
        "end_ns",
        "error",
        "frame",
        "index",
        "is_stopped",
        "lane",
        "run",
        "start_ns",
        "tally",
        "task",
        "value",
    )

    def __init__(
        self, run: Run, frame: Frame, index: int, task: asyncio.Task[Any], lane: int, tally: Tally | None
    ) -> None:
        self.run = run
        self.frame = frame
        self.calls: Sequence[CollectedCall] | None = None
        self.index = index
        self.task = task
        self.lane = lane
        self.tally = tally
        self.is_stopped = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.start_ns = time.perf_counter_ns()
        self.end_ns = 0

    def __call__(self, task: asyncio.Task[Any]) -> None:
        """The event loop says that the task has ended."""
        self.end_ns = time.perf_counter_ns()
        try:
            self.value = task.result()
        except BaseException as error:
            self.error = error
        self.run.note_end(self)

    def is_at(self, frame: Frame, index: int) -> bool:
        """Whether it makes the call of this instruction."""
        if self.calls is None:
            return self.frame is frame and self.index == index
        return any(one.frame is frame and one.index == index for one in self.calls)

    def stop(self) -> None:
        """Cancels the task, once: a second time would cut off what it does to clean up."""
        if not self.is_stopped:
            self.is_stopped = True
            self.task.cancel()


async def awaiting(made: Any) -> Any:
    """A coroutine for what is no coroutine, but can be awaited."""
    return await made
