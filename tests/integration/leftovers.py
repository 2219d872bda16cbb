"""What a test leaves behind: threads that still do something, calls that wait or hold places, tasks, open sockets."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from xcs.runtime.limits.admission import ADMISSION
from xcs.runtime.limits.limiter import LIMITERS
from xcs.runtime.models import openai_model
from xcs.runtime.workers import process_pool

PATIENCE_S = 30.0
LASTING = ("xcs-worker", "xcs-alarm-clock")
"""Threads of the process that wait for the next program, and end by themselves."""


@dataclass(frozen=True)
class Leftovers:
    """What there is at a moment.

    Attributes:
        threads: but for those that only wait for work; busy: calls that workers run.
        waiting: calls that wait for limits; in_flight: those that hold permits; away: that have given their place away.
        tasks: unfinished tasks of event loops; sockets: open ones, those that clients keep for the next call closed.
    """

    threads: int
    busy: int
    waiting: int
    in_flight: int
    away: int
    tasks: int
    sockets: int

    @staticmethod
    def now() -> Leftovers:
        """Objects that wait for the garbage collector don't count, nor do tasks from before `gc.freeze`.

        No object but a task is asked anything, not even its class.
        """
        gc.collect()
        pool = process_pool()
        return Leftovers(
            sum(not thread.name.startswith(LASTING) for thread in threading.enumerate()),
            pool.num_busy,
            ADMISSION.num_waiting(),
            sum(limiter.in_flight for limiter in list(LIMITERS)),
            pool.num_waiting,
            sum(issubclass(type(one), asyncio.Task) and not one.done() for one in gc.get_objects()),
            num_sockets(),
        )

    def beyond(self, before: Leftovers, foreign: Collection[str] = ()) -> dict[str, int]:
        """What is there now, and wasn't, but for these kinds."""
        more = {one.name: getattr(self, one.name) - getattr(before, one.name) for one in fields(self)}
        return {name: number for name, number in more.items() if number > 0 and name not in foreign}


def num_sockets() -> int:
    """Sockets that this process has open; 0 where the system doesn't say."""
    folder = Path("/proc/self/fd")
    found = 0
    for name in os.listdir(folder) if folder.exists() else ():
        try:
            found += os.readlink(folder / name).startswith("socket:")
        except FileNotFoundError:  # the listing's own
            continue
    return found


@contextmanager
def clients_closed() -> Iterator[None]:
    """Closes the clients that models open inside: they keep connections for the next call, as long as a process runs.

    Those of event loops are closed with these.
    """
    opened, open_client = [], openai_model._opened

    def noted(kind: str, connection: Any) -> Any:
        client = open_client(kind, connection)
        if kind == "OpenAI":
            opened.append(client)
        return client

    openai_model._opened = noted
    try:
        yield
    finally:
        openai_model._opened = open_client
        openai_model._open_client.cache_clear()
        for client in opened:
            client.close()


@contextmanager
def nothing_left(foreign: Collection[str] = ()) -> Iterator[None]:
    """Fails where what is inside leaves something that doesn't end by itself within `PATIENCE_S` seconds.

    `foreign` are kinds that other people's packages keep as long as a process runs.
    """
    gc.freeze()  # what there is before isn't looked at: late in a long session that takes seconds
    try:
        before = Leftovers.now()
        with clients_closed():
            yield
        deadline_s = time.monotonic() + PATIENCE_S
        while found := Leftovers.now().beyond(before, foreign):
            assert time.monotonic() < deadline_s, f"left behind: {found}, {threading.enumerate()}"
            time.sleep(0.01)
    finally:
        gc.unfreeze()
