"""Calling an array function through `xcs.jit` beside `jax.jit`, with the numbers of `dispatch.py`."""

from __future__ import annotations

import jax.numpy as jnp
from dispatch import compare, one, twenty
from measurement import Measurement


def measure() -> list[Measurement]:
    """Ratios for 1 and for 20 arguments."""
    x = jnp.linspace(0.0, 1.0, 64)
    found = []
    for function, num_args in ((one, 1), (twenty, 20)):
        jax_us, xcs_us = compare(function, (x,) * num_args)
        what = f"array function of {num_args}: call, over jax.jit"
        found.append(Measurement(what, xcs_us / jax_us, "x", at_most=1.1))
    return found
