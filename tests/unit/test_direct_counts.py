"""Direct calls are counted without a lock, and looking at the count changes nothing."""

from __future__ import annotations

import threading

import jax.numpy as jnp
import numpy as np

import xcs
from xcs.frontend.stats import Counters


def doubled(x):
    return jnp.tanh(x) * 2.0


def test_every_direct_call_counts_once_however_often_one_looks() -> None:
    jitted, x = xcs.jit(doubled), jnp.ones(3)
    for number in range(1, 6):
        jitted(x)
        assert [xcs.get_jit_stats(jitted)["calls"] for _ in range(3)] == [number] * 3
    jitted(np.ones(3, np.float32))  # not by the direct way
    jitted(x)
    assert xcs.get_jit_stats(jitted)["calls"] == 7


def test_threads_lose_no_count() -> None:
    counters = Counters()

    def work() -> None:
        for _ in range(2000):
            counters.direct.cell_contents += 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        assert counters.all_calls() <= 8000
    for thread in threads:
        thread.join()
    assert counters.all_calls() == 8000
