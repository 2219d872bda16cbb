"""What holds for all tests: interrupts, garbage, and how many run at once."""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

import pytest

MAX_WORKERS = 4  # of `-n auto`: each loads JAX for itself and comes to 2 GB


def pytest_configure() -> None:
    """Interrupts reach the tests, also those that a shell has started in the background, with interrupts ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker a core, as far as memory lasts."""
    num_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(num_cores, MAX_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests run on one worker and in their order, since what calls have cost is remembered between them."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # or files of a few long tests would come last, when nothing is left beside
    return LoadFileScheduling(config, log)


@pytest.fixture(scope="module", autouse=True)
def _only_its_own_garbage() -> None:
    """Garbage collections of a file's tests look at what these have made, not at all that is loaded: that takes a
    second once the packages of other tests are there, and hundreds of tests collect what they may have left behind.
    """
    gc.collect()
    gc.freeze()
