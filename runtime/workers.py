"""The worker threads of the process: they run leaf calls and nothing else.

A task is handed to one parked worker directly, or to a new thread, or, where `max_workers` are busy, to a queue. So it
is known at once whether a task will run without further help: a queued one may be *claimed* by the driver that made it,
which then runs it itself. So a leaf that drives a program of its own never waits for a worker that never comes.

Guarantees: every method may be called from any thread. One lock guards the parked workers, the queue, the number of
workers and `queued` of each task; it is never held while user code runs. Exactly one thread runs a task. Workers are
daemon threads, so leaving the interpreter waits for none. In a forked child every pool starts without threads.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Empty, SimpleQueue
from typing import Protocol

from ..diagnostics.errors import XCSError
from .places import THIS_THREAD
from .task import Completions, Task

DEFAULT_MAX_WORKERS = 1024
"""Calls in flight at once: they wait for the world, so this is far above the number of cores. A sleeping thread takes
some 20 KiB."""
IDLE_S = 30.0
"""A worker without work for this many seconds ends."""
MAX_WAITING = 2048
"""Calls that wait for a limit in a thread each, their places in the pool given to others; more keep their places."""
_THREAD_NAME = "xcs-worker"


class WorkerPool(Protocol):
    """What the scheduler needs of whoever runs its leaf calls."""

    def submit(self, task: Task) -> bool:
        """Takes a task; true if it will run without further help, false if it is queued and may be claimed."""
        ...

    def claim(self, task: Task) -> bool:
        """Takes a queued task back, so that no worker runs it; false if a worker has it."""
        ...

    def completions(self) -> Completions:
        """A new place for the finished tasks of one run."""
        ...

    def place_here(self) -> AbstractContextManager[bool]:
        """Inside, the calling thread may run a task, as one of those that run at once; false if there is no room."""
        ...


class _InterruptibleQueue(SimpleQueue[Task]):
    """What the main thread waits on.

    A signal that arrives between CPython's last look at the signals and the wait itself would not end the wait, so the
    wait ends by itself now and then.
    """

    def get(self, block: bool = True, timeout: float | None = None) -> Task:
        """The next finished task; raises `queue.Empty` after `timeout` seconds without one."""
        ends_s = None if timeout is None else time.monotonic() + timeout
        while True:
            left_s = SIGNAL_DELAY_S if ends_s is None else min(SIGNAL_DELAY_S, max(ends_s - time.monotonic(), 0.0))
            try:
                return super().get(block, left_s)
            except Empty:
                if left_s < SIGNAL_DELAY_S:
                    raise


SIGNAL_DELAY_S = 1.0  # seconds that Ctrl-C may go unnoticed in that one case; a wake-up each costs a few microseconds


class _Worker:
    """One thread and the task it was handed."""

    __slots__ = ("task", "wake")

    def __init__(self, task: Task | None) -> None:
        self.task = task
        self.wake = threading.Lock()
        self.wake.acquire()


class ThreadPool:
    """Daemon threads, made on demand up to `max_workers`."""

    def __init__(self, max_workers: int) -> None:
        self._max_workers = checked_max_workers(max_workers)
        self._lock = threading.Lock()
        self._parked: list[_Worker] = []
        self._queue: deque[Task] = deque()
        self._num_workers = 0
        self._num_waiting = 0
        _pools.add(self)

    @property
    def max_workers(self) -> int:
        """How many threads there may be."""
        return self._max_workers

    @property
    def num_busy(self) -> int:
        """Threads that run a call."""
        with self._lock:
            return self._num_workers - len(self._parked)

    @property
    def num_waiting(self) -> int:
        """Calls whose places others have."""
        return self._num_waiting

    def resize(self, max_workers: int) -> None:
        """Changes the limit; threads above it end, at once or when they have finished their task."""
        checked_max_workers(max_workers)
        with self._lock:
            self._max_workers = max_workers
            while self._parked and self._num_workers > max_workers:
                self._num_workers -= 1
                self._parked.pop().wake.release()

    def completions(self) -> Completions:
        """A queue that any thread may post to."""
        on_main = threading.current_thread() is threading.main_thread()
        return _InterruptibleQueue() if on_main else SimpleQueue()

    def submit(self, task: Task) -> bool:
        """See `WorkerPool.submit`. The most recently parked worker is woken: its caches are warm."""
        with self._lock:
            if self._parked:
                worker = self._parked.pop()
                worker.task = task
                worker.wake.release()
                return True
            if self._num_workers >= self._max_workers:
                task.queued = True
                self._queue.append(task)
                return False
            self._num_workers += 1
        return self._start(task)

    def claim(self, task: Task) -> bool:
        """See `WorkerPool.claim`. The entry in the queue goes stale and is skipped."""
        with self._lock:
            claimed, task.queued = task.queued, False
            return claimed

    def give_place(self) -> bool:
        """A call of this pool waits without doing anything: another one may run in its place. False if too many do."""
        with self._lock:
            if self._num_waiting >= MAX_WAITING:
                return False
            self._num_waiting += 1
            self._num_workers -= 1
            task = self._next_queued()
            if task is None:
                return True
            self._num_workers += 1
        self._start(task)
        return True

    def take_place(self) -> None:
        """It goes on; a worker too many ends when it has finished its task."""
        with self._lock:
            self._num_waiting -= 1
            self._num_workers += 1

    @contextmanager
    def place_here(self) -> Iterator[bool]:
        """Inside, the calling thread counts as a worker of this pool, if it is one or there is room: says whether."""
        if THIS_THREAD.pool is not None:
            yield THIS_THREAD.pool is self
            return
        with self._lock:
            lent = self._parked.pop() if self._parked else None
            has_place = lent is not None or self._num_workers < self._max_workers
            self._num_workers += has_place and lent is None
        if not has_place:
            yield False
            return
        THIS_THREAD.pool = self
        try:
            yield True
        finally:
            THIS_THREAD.pool = None
            self._return_place(lent)

    def _return_place(self, lent: _Worker | None) -> None:
        """The calling thread is no worker any more; the one that has lent it its place goes on instead."""
        with self._lock:
            is_too_many = self._num_workers > self._max_workers
            task = None if is_too_many else self._next_queued()
            if lent is None and task is not None:
                pass  # a new thread takes the place
            elif lent is not None and not is_too_many and task is None:
                self._parked.append(lent)
            elif lent is not None:
                lent.task = task
                self._num_workers -= is_too_many
                lent.wake.release()
            else:
                self._num_workers -= 1
        if lent is None and task is not None:
            self._start(task)

    def _next_queued(self) -> Task | None:
        while self._queue:
            task = self._queue.popleft()
            if task.queued and not task.is_stopped:  # its driver takes back what is stopped
                task.queued = False
                return task
        return None

    def forget_threads(self) -> None:
        """Starts anew in a forked child, where the threads of the parent don't exist and its lock may be held."""
        self._lock = threading.Lock()
        self._parked = []
        self._queue = deque()
        self._num_workers = 0
        self._num_waiting = 0

    def _start(self, task: Task) -> bool:
        thread = threading.Thread(target=self._work, args=(_Worker(task),), name=_THREAD_NAME, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No further thread can be had; the driver claims the task if the threads that are there don't.
            with self._lock:
                self._num_workers -= 1
                task.queued = True
                self._queue.append(task)
            return False
        return True

    def _work(self, worker: _Worker) -> None:
        THIS_THREAD.pool = self
        while True:
            task = worker.task
            assert task is not None
            worker.task = None
            task.run()
            del task
            if not self._next(worker):
                return

    def _next(self, worker: _Worker) -> bool:
        """Waits until the worker has a task again; false if it is to end."""
        with self._lock:
            if self._num_workers > self._max_workers:
                self._num_workers -= 1
                return False
            task = self._next_queued()
            if task is not None:
                worker.task = task
                return True
            self._parked.append(worker)
        if worker.wake.acquire(timeout=IDLE_S):
            return worker.task is not None
        with self._lock:
            if worker in self._parked:
                self._parked.remove(worker)
                self._num_workers -= 1
                return False
        # It was woken just as the wait ended.
        worker.wake.acquire()
        return worker.task is not None


_pools: weakref.WeakSet[ThreadPool] = weakref.WeakSet()
_pool: ThreadPool | None = None
_pool_lock = threading.Lock()


def checked_max_workers(max_workers: int) -> int:
    """The number of workers, if it is one; raises `XCSError` otherwise."""
    if type(max_workers) is not int or max_workers < 1:
        raise XCSError(f"expected at least 1 worker, found `{max_workers!r}`")
    return max_workers


def process_pool() -> ThreadPool:
    """The pool of this process, made when first asked for, with `XCS_MAX_WORKERS` threads at most."""
    global _pool
    pool = _pool
    if pool is None:
        with _pool_lock:
            pool = _pool
            if pool is None:
                pool = _pool = ThreadPool(_max_workers_from_environment())
    return pool


def set_max_workers(max_workers: int) -> None:
    """Changes how many leaf calls of this process may run on workers at once."""
    process_pool().resize(max_workers)


def _max_workers_from_environment() -> int:
    text = os.environ.get("XCS_MAX_WORKERS", "")
    try:
        max_workers = int(text) if text else DEFAULT_MAX_WORKERS
    except ValueError:
        max_workers = 0
    if max_workers < 1:
        raise XCSError(f"expected `XCS_MAX_WORKERS` to be a positive integer, found `{text}`")
    return max_workers


def _after_fork() -> None:
    global _pool_lock
    _pool_lock = threading.Lock()
    THIS_THREAD.pool = None
    for pool in list(_pools):
        pool.forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
