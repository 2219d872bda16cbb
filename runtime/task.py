"""A leaf call on its way to a worker and back.

Guarantees: the driving thread makes a task and reads its outcome after it came out of `completions`; in between exactly
one thread, the one that was given or has claimed the task, calls `run`. `queued` is guarded by the lock of the pool.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, Protocol

from .frame import Frame
from .tally import Tally


class Completions(Protocol):
    """Where finished tasks go; `queue.SimpleQueue` is one."""

    def put(self, item: Task, /) -> None:
        """Posts a finished task, from any thread."""

    def get(self) -> Task:
        """Waits for a finished task."""
        ...

    def empty(self) -> bool:
        """Whether `get` would have to wait."""
        ...


class Task:
    """One leaf call.

    Attributes:
        frame, index: the instruction.
        calls: the calls that it makes as one, if it is a batch.
        context: what the call sees of context variables.
        queued: no worker was free; whoever claims the task runs it.
        value, error: how the call ended.
        tally: what policies have cost, where that is recorded.
        start_ns, end_ns, thread_id: when (`time.perf_counter_ns`) and where it ran.
    """

    __slots__ = (
        "_arguments",
        "_completions",
        "_function",
        "calls",
        "context",
        "end_ns",
        "error",
        "frame",
        "index",
        "queued",
        "start_ns",
        "tally",
        "thread_id",
        "value",
    )

    def __init__(
        self,
        frame: Frame,
        index: int,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        context: Context,
        completions: Completions,
    ) -> None:
        self.frame = frame
        self.index = index
        self.calls: Sequence[Any] | None = None
        self.queued = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.start_ns = 0
        self.end_ns = 0
        self.thread_id = 0
        self.tally: Tally | None = None
        self._function = function
        self._arguments = arguments
        self.context = context
        self._completions = completions

    def run(self) -> None:
        """Makes the call and posts the task, whatever the call raises."""
        self.thread_id = threading.get_ident()
        self.start_ns = time.perf_counter_ns()
        try:
            self.value = self.context.run(self._function, *self._arguments)
        except BaseException as error:
            self.error = error
        self.end_ns = time.perf_counter_ns()
        self._completions.put(self)
