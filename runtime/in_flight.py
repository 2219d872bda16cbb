"""The calls of one run that have left the driving thread, or are about to: on workers, in queues, waiting for limits.

Guarantees: only the thread that drives the run calls these methods.
"""

from __future__ import annotations

import time
from collections import deque

from .frame import Frame
from .instrument import Instrument, Span
from .limits.limited_task import LimitedTask
from .outlining import Outlining
from .plan import Plan
from .spare_call import MAX_BESIDE
from .tally import Tally, begin_recording
from .task import Task, blocked_loop
from .workers import WorkerPool

MAX_ALONE_NS = 1_000_000
"""How long the driver goes on handing over calls before it gives way: a thread that wants to go on waits 5 ms for one
that computes, so that calls which are ready to start or to end would all wait for a driver that prepares later ones."""
GIVE_WAY_S = 0.0002
"""For how long it then does: enough for some ten threads to start a call, or to end one."""


class InFlight(Outlining):
    """The layer of a run that hands calls over."""

    def __init__(
        self, plan: Plan, pool: WorkerPool, window: int, max_live_frames: int, instrument: Instrument | None
    ) -> None:
        super().__init__(plan, window, max_live_frames)
        self._pool = pool
        self._completions = pool.completions()
        self._in_flight: set[Task] = set()
        self._queued: deque[Task] = deque()
        self._parked: set[LimitedTask] = set()  # some of them may have been let go since
        self._instrument = instrument
        self._blocked_loop: int | None = None  # found when the first call leaves the driving thread
        self._keeps = False
        self._kept: Task | None = None  # to be run on this thread, if there is nothing else to do
        self._alone_since_ns = time.perf_counter_ns()

    def _submit(self, task: Task) -> None:
        if self._instrument is not None:
            task.tally = task.context.run(begin_recording)
        if self._blocked_loop is None:
            self._blocked_loop = blocked_loop()
        task.blocked_loop = self._blocked_loop
        if self._kept is not None and len(self._in_flight) > MAX_BESIDE:
            self.release_kept()
        self._in_flight.add(task)
        if self._keeps and len(self._in_flight) == 1 and type(task) is Task:
            self._kept = task
        else:
            self._hand_over(task)

    def _hand_over(self, task: Task) -> None:
        if task.is_stopped:  # a worker has just said so, and its task is on the way
            task.queued = True
        elif isinstance(task, LimitedTask) and task.parks(self._pool):
            self._parked.add(task)
        elif not self._pool.submit(task):
            self._queued.append(task)
        if time.perf_counter_ns() - self._alone_since_ns > MAX_ALONE_NS:
            time.sleep(GIVE_WAY_S)
            self._alone_since_ns = time.perf_counter_ns()

    def _num_parked(self) -> int:
        """Calls in flight that wait for limits, as far as that decides anything."""
        if len(self._queued) + len(self._parked) >= len(self._in_flight):
            self._parked = {task for task in self._parked if task.is_parked}
        return len(self._parked)

    def release_kept(self) -> None:
        """Hands over the call that was kept back for this thread, which is about to do something else."""
        if self._kept is not None:
            task, self._kept = self._kept, None
            self._hand_over(task)

    def _record(
        self,
        frame: Frame,
        index: int,
        start_ns: int,
        end_ns: int,
        thread_id: int,
        tally: Tally | None = None,
        num_calls: int = 1,
    ) -> None:
        if self._instrument is not None:
            instruction = frame.code.instructions[index]
            path = frame.path_from(None, index)
            costs = (0, 0) if tally is None else (tally.retries, tally.limit_wait_ns + tally.retry_wait_ns)
            span = Span(instruction.name, instruction.location, start_ns, end_ns, thread_id, path, *costs, num_calls)
            self._instrument.record(span)
