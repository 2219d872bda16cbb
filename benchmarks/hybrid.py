"""Two kernels around one call, beside `jax.jit` of both and the call by hand: the host time of what holds them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from measurement import Measurement

import xcs

ROUNDS = 200
CALLS = 20  # calls timed together
SIZE = 64  # the kernels take microseconds, so host time is what is measured


@xcs.op(effect="unordered")
def rating(text: str) -> float:
    return float(len(text))


def encode(weights: Any, x: Any) -> Any:
    return jnp.tanh(x @ weights)


def finish(encoded: Any, rated: Any) -> Any:
    return (encoded * rated).sum()


def hybrid(weights: Any, x: Any, text: str) -> Any:
    return finish(encode(weights, x), rating(text))


def seconds_of(call: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """The time of one call; its result is waited for."""
    start = time.perf_counter()
    for _ in range(CALLS):
        call(*args).block_until_ready()
    return (time.perf_counter() - start) / CALLS


def compare() -> tuple[float, float]:
    """Median seconds of a call by hand and through `xcs.jit`."""
    encode_by_jax, finish_by_jax, ours = jax.jit(encode), jax.jit(finish), xcs.jit(hybrid)

    def by_hand(weights: Any, x: Any, text: str) -> Any:
        encoded = encode_by_jax(weights, x)
        return finish_by_jax(encoded, rating(text))

    args = jnp.ones((SIZE, SIZE)) / SIZE, jnp.ones((SIZE, SIZE)), "a text"
    assert by_hand(*args) == ours(*args)
    times = [(seconds_of(by_hand, args), seconds_of(ours, args)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times)


def measure() -> list[Measurement]:
    """The ratio, and what the program adds."""
    by_hand_s, hybrid_s = compare()
    return [
        Measurement("two kernels and a call, over jax.jit by hand", hybrid_s / by_hand_s, "x", at_most=1.1),
        Measurement("the same, added to each call", (hybrid_s - by_hand_s) * 1e6, "us"),
    ]


if __name__ == "__main__":
    for measurement in measure():
        print(measurement.line(60))
