"""A short soak: many programs from many threads, with faults; each ends as in plain Python, and nothing grows."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak.py"
NUM_CALLS = 2_000
NUM_THREADS = 16


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module
    spec.loader.exec_module(module)
    return module


def test_two_thousand_calls_end_as_in_plain_python(soak: ModuleType) -> None:
    before = len(soak.threading.enumerate())  # workers that other tests have left behind
    report = soak.soak(NUM_CALLS, NUM_THREADS, num_samples=8)
    assert report.differences == []
    assert report.runs == NUM_CALLS // soak.CALLS_A_RUN
    assert report.faults > 0
    in_flight = 24 * NUM_THREADS  # the widest program, from each thread
    assert max(report.threads) - before <= in_flight + 2 * NUM_THREADS + 8
    assert soak.slope([10, 20, 30], 5) == 2.0


def test_memory_and_threads_are_flat_once_everything_is_warm(soak: ModuleType) -> None:
    soak.soak(NUM_CALLS // 2, NUM_THREADS, num_samples=2)
    before_bytes, before = soak.resident_bytes(), len(soak.threading.enumerate())
    report = soak.soak(NUM_CALLS, NUM_THREADS, num_samples=2)
    assert report.differences == []
    assert soak.resident_bytes() - before_bytes < 16 * 2**20  # arenas come and go; a leak of results would be more
    assert len(soak.threading.enumerate()) <= before + 24 * NUM_THREADS
