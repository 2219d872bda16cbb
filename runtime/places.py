"""Places of calls that run at once: which pool a thread works for, and giving a place away while a call only waits.

Guarantees: callable from any thread; what is noted of a thread belongs to it alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Places(Protocol):
    """A pool with so many places."""

    def give_place(self) -> bool:
        """A call of this pool waits without doing anything: another one may run in its place. False if too many do."""
        ...

    def take_place(self) -> None:
        """It goes on."""
        ...


class _ThisThread(threading.local):
    pool: Places | None = None


THIS_THREAD = _ThisThread()
"""The pool that the running thread works for, if any."""


def is_worker_thread() -> bool:
    """Whether the calling thread belongs to a pool, so that waiting on it takes a worker away."""
    return THIS_THREAD.pool is not None


@contextmanager
def place_given_back() -> Iterator[None]:
    """Inside, the calling thread only waits: if it belongs to a pool, another call may run in its place."""
    pool = THIS_THREAD.pool
    if pool is None or not pool.give_place():
        yield
        return
    try:
        yield
    finally:
        pool.take_place()


def place_of_this_thread() -> Callable[[], AbstractContextManager[None]]:
    """What makes another thread count as this one while it works for it, and this one only waits.

    Where this one goes on before, as after a timeout, a call more than allowed may run while the other thread waits.
    """
    pool = THIS_THREAD.pool

    @contextmanager
    def taken() -> Iterator[None]:
        THIS_THREAD.pool = pool
        try:
            yield
        finally:
            THIS_THREAD.pool = None

    return taken
