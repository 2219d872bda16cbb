"""What calling a jitted array function costs, beside `jax.jit` of it. Run `python benchmarks/dispatch.py`.

Prints, for 1 and for 20 arguments, the median time of one call of each in microseconds and their ratio. Both run in
the same process, in turns, so that the machine's mood is the same for both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

import xcs

ROUNDS = 300
CALLS = 50  # calls timed together: a clock read costs about as much as a tenth of a call


def one(x):
    return jnp.tanh(x) * 2.0


def twenty(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t):  # noqa: E741
    return a + b * c + d * e + f * g + h * i + j * k + l * m + n * o + p * q + r * s + t


def microseconds(call: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """The time of one call, without waiting for its result."""
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        result = call(*args)
    spent = time.perf_counter_ns() - start
    jax.block_until_ready(result)
    return spent / CALLS / 1000


def compare(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[float, float]:
    """Median microseconds of a call through `jax.jit` and through `xcs.jit`."""
    theirs, ours = jax.jit(function), xcs.jit(function)
    assert (theirs(*args) == ours(*args)).all()
    times = [(microseconds(theirs, args), microseconds(ours, args)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times)


def main() -> None:
    """Prints the table."""
    x = jnp.linspace(0.0, 1.0, 64)
    for function, num_args in ((one, 1), (twenty, 20)):
        jax_us, xcs_us = compare(function, (x,) * num_args)
        ratio = xcs_us / jax_us
        print(f"{num_args:2d} arguments: jax.jit {jax_us:6.2f} us, xcs.jit {xcs_us:6.2f} us, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
