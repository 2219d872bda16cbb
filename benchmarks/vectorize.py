"""Loops over 10,000 arrays through `xcs.jit`, beside the same by hand as one batch, and beside plain Python.

Both sides give the same list: what is measured ends with 10,000 arrays (or NumPy scalars), each an object of its own.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from measurement import Measurement, seconds

import xcs

NUM_ROWS = 10_000
LENGTH = 64
ROUNDS = 9


def layer(xs, w):
    return [jnp.tanh(x @ w).sum() for x in xs]


def scores(xs, q):
    found = []
    for x in xs:
        found.append(np.dot(x, q) / (np.linalg.norm(x) * np.linalg.norm(q)))
    return found


def scores_by_hand(xs, q):
    stacked = np.stack(xs)
    norms = np.sqrt(np.vecdot(stacked, stacked))
    return list(np.vecdot(stacked, q) / (norms * np.linalg.norm(q)))


def medians(*actions: Callable[[], list]) -> list[float]:
    """The median times of several actions in turns, after a first run of each."""
    for action in actions:
        action()
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for action, spent in zip(actions, times, strict=True):
            spent.append(seconds(lambda action=action: jax.block_until_ready(action())))
    return [statistics.median(spent) for spent in times]


def measure() -> list[Measurement]:
    """Ratios for JAX's arrays as one array and as a list of arrays, and for NumPy's."""
    random = np.random.default_rng(0)
    rows = jnp.asarray(random.standard_normal((NUM_ROWS, LENGTH), np.float32))
    w = jnp.asarray(random.standard_normal((LENGTH, LENGTH), np.float32))
    by_hand, ours = jax.jit(jax.vmap(lambda x, w: jnp.tanh(x @ w).sum(), (0, None))), xcs.jit(layer)
    listed = list(rows)
    found = []
    for what, xs, faster in (("one array", rows, 10.0), ("list of arrays", listed, 5.0)):
        stacked = jnp.stack if xs is listed else lambda one: one
        hand_s, xcs_s, plain_s = medians(
            lambda xs=xs, stacked=stacked: list(by_hand(stacked(xs), w)),
            lambda xs=xs: ours(xs, w),
            lambda xs=xs: layer(xs, w),
        )
        name = f"map of {NUM_ROWS} over {what}"
        found.append(Measurement(f"{name}: over jax.vmap by hand", xcs_s / hand_s, "x", at_most=1.15))
        found.append(Measurement(f"{name}: plain loop over it", plain_s / xcs_s, "x", at_least=faster))
    vectors, query = list(random.standard_normal((NUM_ROWS, LENGTH))), random.standard_normal(LENGTH)
    vectors, jitted = [vector.copy() for vector in vectors], xcs.jit(scores)
    assert [one.tobytes() for one in jitted(vectors, query)] == [one.tobytes() for one in scores(vectors, query)]
    hand_s, xcs_s, plain_s = medians(
        lambda: scores_by_hand(vectors, query), lambda: jitted(vectors, query), lambda: scores(vectors, query)
    )
    name = f"NumPy scores of {NUM_ROWS}"
    found.append(Measurement(f"{name}: over a batch by hand", xcs_s / hand_s, "x", at_most=1.2))
    found.append(Measurement(f"{name}: plain loop over it", plain_s / xcs_s, "x"))
    return found
