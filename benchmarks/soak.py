"""Soak: very many calls through jitted programs from many threads, with faults on the way.

Every answer and every error is what plain Python gives for the same prompts; memory and threads are sampled after each
hundredth of the calls and must stay flat. Run it as `python benchmarks/soak.py [calls] [threads]`; the result is a JSON
object, with the slope of the memory in bytes for each call over the second half of the run.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import xcs

CALLS = 200_000
THREADS = 16
FAULT_SHARE = 100  # one call of so many fails
CALLS_A_RUN = 25  # that a program makes, about
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Fault(RuntimeError):
    """What an injected fault raises."""


def is_faulty(number: int) -> bool:
    """Whether a call fails: the same ones each time."""
    return number * 2_654_435_761 % 2**32 < 2**32 // FAULT_SHARE


def answered(number: int) -> int:
    if is_faulty(number):
        raise Fault(f"call {number}")
    return number * 7 % 1_000_003


@xcs.op(effect="unordered")
def ask(number: int) -> int:
    return answered(number)


@xcs.op(effect="unordered", max_concurrency=32)
def limited(number: int) -> int:
    return answered(number)


def fan_out(first: int) -> list[int]:
    return [ask(number) for number in range(first, first + 24)]


def chained(first: int) -> int:
    total = 0
    for number in range(first, first + 12):
        total += limited(ask(number) % 1000 + first)
    return total


def careful(first: int) -> list[int]:
    answers = []
    for number in range(first, first + 24):
        try:
            answers.append(limited(number))
        except Fault:
            answers.append(-1)
    return answers


PROGRAMS: tuple[Callable[[int], object], ...] = (fan_out, chained, careful)
JITTED = tuple(xcs.jit(program) for program in PROGRAMS)


@dataclass
class Report:
    """What a run has seen.

    Attributes:
        calls: leaf calls asked for; runs: of programs; faults: runs that ended with an injected fault.
        differences: runs whose end differs from plain Python's, told.
        threads: alive after each sample; memory_bytes: resident, likewise; bytes_a_call: slope over the second half.
        seconds: that it took.
    """

    calls: int = 0
    runs: int = 0
    faults: int = 0
    differences: list[str] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    bytes_a_call: float = 0.0
    seconds: float = 0.0


def end_of(program: Callable[[int], object], first: int) -> object:
    """The value, or the error as text."""
    try:
        return program(first)
    except Fault as error:
        return f"{type(error).__name__}: {error}"


def soak(num_calls: int = CALLS, num_threads: int = THREADS, num_samples: int = 100) -> Report:
    """Runs the programs until so many calls were asked for."""
    report = Report()
    lock = threading.Lock()
    start_s = time.perf_counter()
    total = max(num_calls // CALLS_A_RUN, 1)
    sample_each = max(total // num_samples, 1)

    def work(thread: int) -> None:
        for turn in range(thread, total, num_threads):
            index = turn % len(PROGRAMS)
            end = end_of(JITTED[index], turn * 31)
            expected = end_of(PROGRAMS[index], turn * 31)
            with lock:
                report.runs += 1
                report.calls += CALLS_A_RUN
                report.faults += isinstance(end, str)
                if end != expected:
                    report.differences.append(f"{PROGRAMS[index].__name__}({turn * 31}): {expected} became {end}")
                if report.runs % sample_each == 0:
                    report.threads.append(threading.active_count())
                    report.memory_bytes.append(resident_bytes())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(num_threads)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    report.seconds = time.perf_counter() - start_s
    report.bytes_a_call = slope(report.memory_bytes[len(report.memory_bytes) // 2 :], sample_each * CALLS_A_RUN)
    return report


def resident_bytes() -> int:
    """Memory of this process, garbage collected."""
    gc.collect()
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def slope(samples: list[int], step: int) -> float:
    """Least squares: units of the samples for one call."""
    count = len(samples)
    if count < 2:
        return 0.0
    mean_x, mean_y = (count - 1) / 2, sum(samples) / count
    above = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(samples))
    return above / sum((x - mean_x) ** 2 for x in range(count)) / step


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]]
    found = soak(*asked)
    shown = asdict(found)
    shown["differences"] = found.differences[:10]
    shown["threads"] = [min(found.threads), max(found.threads)]
    shown["memory_bytes"] = [found.memory_bytes[0], max(found.memory_bytes), found.memory_bytes[-1]]
    print(json.dumps(shown, indent=1))
    sys.exit(bool(found.differences))
