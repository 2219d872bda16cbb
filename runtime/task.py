"""A leaf call on its way to a worker and back.

Guarantees: the driving thread makes a task and reads its outcome after it came out of `completions`; in between exactly
one thread, the one that was given or has claimed the task, calls `run`. `queued` is guarded by the lock of the pool.
`wake` is set by the thread that runs the task and called by the driver: whoever sets it looks at `is_stopped` after.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, Protocol

from .call_shape import read
from .failures import Failures
from .frame import Frame
from .latency import Latency
from .limited_mark import is_limited
from .plan import Call
from .tally import Tally


class Completions(Protocol):
    """Where finished tasks go; `queue.SimpleQueue` is one."""

    def put(self, item: Task, /) -> None:
        """Posts a finished task, from any thread."""

    def get(self, block: bool = True, timeout: float | None = None, /) -> Task:
        """Waits for a finished task; raises `queue.Empty` after `timeout` seconds without one."""
        ...

    def empty(self) -> bool:
        """Whether `get` would have to wait."""
        ...


class Task:
    """One leaf call.

    Attributes:
        frame, index: the instruction.
        calls: the calls that it makes as one, if it is a batch.
        blocked_loop: the thread of the event loop that doesn't go on before the call has ended; 0 if there is none.
        context: what the call sees of context variables.
        queued: no worker was free; whoever claims the task runs it.
        value, error: how the call ended.
        failures: what is known to fail in the run; None: failing says nothing to others.
        limit_depth: how many limited calls enclose what the thread does at the moment.
        wake: ends a wait for a limit.
        latency: where its duration is noted.
        tally: what policies have cost, where that is recorded.
        start_ns, end_ns, thread_id: when (`time.perf_counter_ns`) and where it ran.
    """

    __slots__ = (
        "_arguments",
        "_completions",
        "_function",
        "blocked_loop",
        "calls",
        "context",
        "end_ns",
        "error",
        "failures",
        "frame",
        "index",
        "latency",
        "limit_depth",
        "queued",
        "start_ns",
        "tally",
        "thread_id",
        "value",
        "wake",
    )

    def __init__(
        self,
        frame: Frame,
        index: int,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        context: Context,
        completions: Completions,
        failures: Failures | None = None,
    ) -> None:
        self.frame = frame
        self.index = index
        self.blocked_loop = 0
        self.calls: Sequence[Any] | None = None
        self.queued = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.start_ns = 0
        self.end_ns = 0
        self.thread_id = 0
        self.tally: Tally | None = None
        self.failures = failures
        self.limit_depth = 0
        self.wake: Callable[[], None] | None = None
        self.latency: Latency | None = None
        self._function = function
        self._arguments = arguments
        self.context = context
        self._completions = completions

    def run(self) -> None:
        """Makes the call and posts the task, whatever the call raises."""
        outer, _this_thread.task = _this_thread.task, self
        self.thread_id = threading.get_ident()
        self.start_ns = self.start_ns or time.perf_counter_ns()
        try:
            self.value = self.context.run(self._function, *self._arguments)
        except BaseException as error:
            self.error = error
            self.note_failure()
        self.end_ns = end_ns = time.perf_counter_ns()
        if self.latency is not None and self.error is None:
            self.latency.note(end_ns - self.start_ns)
        _this_thread.task = outer
        self._completions.put(self)

    def take_back(self, is_claimed: bool) -> bool:
        """The run wants it no more: whether it won't be made. `is_claimed`: no worker has it or will have it."""
        return is_claimed

    def abandon(self) -> None:
        """The run is over, and has said so to `is_stopped`."""
        if (wake := self.wake) is not None:
            wake()

    @property
    def is_stopped(self) -> bool:
        """Whether nobody wants the call any more: something earlier in program order has failed. From any thread."""
        failures = self.failures
        if failures is None or not (self.frame.discarded or failures.scopes):
            return False
        if self.calls is not None:
            return all(one.frame.discarded or failures.precede(one.frame, one.index) for one in self.calls)
        return self.frame.discarded or failures.precede(self.frame, self.index)

    def note_failure(self) -> None:
        """The call fails: from now on nothing later starts. Of calls that go out together it says nothing."""
        frame = self.frame
        if self.failures is not None and self.calls is None and not frame.discarded:
            self.failures.note(frame.scope, frame, self.index)

    def calls_limited(self) -> bool:
        """Whether what it calls is itself something with limits, so that its last failed attempt is its failure."""
        instruction = self.frame.code.instructions[self.index]
        return isinstance(instruction, Call) and is_limited(read(instruction.callee, self.frame.slots))


class CallStopped(BaseException):
    """Ends a call that waits for a limit in a run that has failed before it. No program sees it: the run is over."""


class _ThisThread(threading.local):
    task: Task | None = None


_this_thread = _ThisThread()


def running_task() -> Task | None:
    """The task that the calling thread runs."""
    return _this_thread.task


def blocked_loop() -> int:
    """The thread of the event loop that doesn't go on while this thread waits; 0 if there is none."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        return threading.get_ident()
    task = running_task()
    return 0 if task is None else task.blocked_loop
