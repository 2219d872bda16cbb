"""The gradient of a loss that waits for a model, beside `jax.grad` of its array part and the same call, by hand."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
from measurement import Measurement, median_s

import xcs

CALL_S = 0.01  # a quick model; the tape costs about 0.4 ms a run


@xcs.op(effect="unordered")
def label(text: str) -> float:
    time.sleep(CALL_S)
    return float(len(text))


def error(weights: Any, x: Any, wanted: Any) -> Any:
    return ((jnp.tanh(x @ weights).sum(axis=-1) - wanted) ** 2).mean()


def loss(weights: Any, x: Any, text: str) -> Any:
    wanted = label(text)
    return ((jnp.tanh(x @ weights).sum(axis=-1) - wanted) ** 2).mean()


def measure() -> list[Measurement]:
    """The ratio for one call and one region."""
    weights, x = jnp.ones((64, 64)) / 64, jnp.ones((256, 64))
    by_hand, hybrid = jax.jit(jax.grad(error)), xcs.grad(loss)

    def wait_by_hand() -> None:
        by_hand(weights, x, label("a text")).block_until_ready()

    def wait_hybrid() -> None:
        hybrid(weights, x, "a text").block_until_ready()

    wait_by_hand()
    wait_hybrid()
    ratio = median_s(wait_hybrid, 30) / median_s(wait_by_hand, 30)
    return [Measurement("gradient of a hybrid loss, over jax.grad by hand", ratio, "x", at_most=1.15)]


if __name__ == "__main__":
    for measurement in measure():
        print(measurement.line(60))
