"""Interrupts reach the tests, also those that a shell has started in the background, with interrupts ignored."""

from __future__ import annotations

import gc
import signal

import pytest


def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _only_its_own_garbage() -> None:
    """Garbage collections of a file's tests look at what these have made, not at all that is loaded: that takes a
    second once the packages of other tests are there, and hundreds of tests collect what they may have left behind.
    """
    gc.collect()
    gc.freeze()
