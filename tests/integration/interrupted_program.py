"""A program that is interrupted at random moments, again and again: run by `test_cancellation.py` in a process.

After each Ctrl-C the same program runs undisturbed, so what an interrupt breaks or leaves behind shows in the next
round. Goes on until it was interrupted so many times. Prints a JSON line for each round: whether it was interrupted,
what the undisturbed run gave, how many calls began after the interrupt was handed over, how many are in flight,
and the number of threads.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import xcs

CALL_S = 0.002
ENDED = threading.Event()  # the caller has its answer, or its interrupt
LATE: list[str] = []


def began(text: str) -> None:
    """Notes calls that nobody wants any more."""
    if ENDED.is_set():
        LATE.append(text)


@xcs.op(effect="unordered", max_concurrency=4)
def ask(text: str) -> str:
    began(text)
    time.sleep(CALL_S)
    return f"<{text}>"


@xcs.op(effect="unordered", timeout_s=5)
def look_up(text: str) -> str:
    began(text)
    time.sleep(CALL_S)
    return text.upper()


@xcs.op(effect="unordered")
async def wait(text: str) -> str:
    began(text)
    await asyncio.sleep(CALL_S)
    return f"<{text}>"


CLOSED: list[int] = []


@xcs.jit
def program(texts: list[str]) -> list[str]:
    drafts = [ask(text) for text in texts]
    log: list[str] = []
    try:
        for draft in drafts:
            log.append(look_up(draft))
    finally:
        CLOSED.append(len(log))
    return [ask(line) for line in log]


@xcs.jit
async def async_program(texts: list[str]) -> list[str]:
    drafts = [await wait(text) for text in texts]
    try:
        return [await wait(draft) for draft in drafts]
    finally:
        CLOSED.append(len(drafts))


TEXTS = [f"t{number}" for number in range(12)]


def run_sync() -> list[str]:
    return program(TEXTS)


def run_async() -> list[str]:
    return asyncio.run(async_program(TEXTS))


def interrupted(run: Callable[[], Any], delay_s: float) -> bool:
    """Runs it once, with a Ctrl-C on the way; false if it had ended before."""
    ENDED.clear()
    is_over = threading.Event()

    def strike() -> None:
        is_over.wait(delay_s)
        if not is_over.is_set():
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    striker = threading.Thread(target=strike)
    struck = False
    try:
        try:
            striker.start()
            run()
        finally:
            is_over.set()
    except KeyboardInterrupt:
        struck = True
    ENDED.set()
    try:
        striker.join()
        time.sleep(0)
    except KeyboardInterrupt:
        struck = True
    return struck


def main(mode: str, num_rounds: int, seed: int) -> None:
    run = run_async if mode == "async" else run_sync
    expected = run()
    length_s = min(duration_s(run) for _ in range(5))
    chosen = random.Random(seed)
    num_struck = 0
    while num_struck < num_rounds:
        was_struck = interrupted(run, chosen.uniform(0.0, length_s))
        num_struck += was_struck
        deadline_s = time.monotonic() + 20
        while (num_left := in_flight()) and time.monotonic() < deadline_s:
            time.sleep(CALL_S)
        ENDED.clear()
        threads = sum(thread.name.startswith("xcs") for thread in threading.enumerate())
        again = run() == expected
        report = {"struck": was_struck, "again": again, "late": len(LATE), "left": num_left, "threads": threads}
        LATE.clear()
        print(json.dumps(report), flush=True)


def duration_s(run: Callable[[], Any]) -> float:
    """How long it takes undisturbed."""
    start_s = time.perf_counter()
    run()
    return time.perf_counter() - start_s


def in_flight() -> int:
    """Calls that hold a permit."""
    from xcs.runtime.limits.limiter import LIMITERS

    return sum(limiter.in_flight for limiter in list(LIMITERS))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
