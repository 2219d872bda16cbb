"""Functions that JAX calls back see what is outside of them whenever JAX looks, inside of a program as outside."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

SCALE = 2.0
SHIFT = jnp.ones(3)
X = jnp.arange(6.0).reshape(2, 3)
module = sys.modules[__name__]


def scaled(row):
    return row * SCALE


def loop_of_lambda(x):
    return jax.lax.fori_loop(0, 3, lambda index, carry: carry * SCALE, x) + 1


def while_of_lambda(x):
    return jax.lax.while_loop(lambda c: c.sum() < 100.0 * SCALE, lambda c: c * 2 + SCALE, x) + 1


def map_of_lambda(x):
    return jax.lax.map(lambda row: row * SHIFT.sum(), x) + 1


def map_of_function(x):
    return jax.lax.map(scaled, x) * 2


def scan_of_local(x):
    def step(carry, row):
        return carry + SHIFT, row * SCALE

    return jax.lax.scan(step, jnp.zeros(3), x)


def associative_of_lambda(x):
    return jax.lax.associative_scan(lambda a, b: a + b * SCALE, x) + 1


def along_axis(x):
    return jnp.apply_along_axis(scaled, 0, x) + 1


def switch_of_lambdas(x):
    return jax.lax.switch(1, [lambda v: v, lambda v: v * SCALE], x) * 2


def cond_of_lambdas(x):
    return jax.lax.cond(x.sum() > 0, lambda v: v * SCALE, lambda v: v, x) * 2


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = SCALE, SHIFT
    yield
    module.SCALE, module.SHIFT = before


@pytest.mark.parametrize(
    "function",
    [
        loop_of_lambda,
        while_of_lambda,
        map_of_lambda,
        map_of_function,
        scan_of_local,
        associative_of_lambda,
        along_axis,
        switch_of_lambdas,
        cond_of_lambdas,
    ],
    ids=lambda one: one.__name__,
)
def test_a_global_that_a_callback_reads_is_read_at_each_call(function) -> None:
    jitted = xcs.jit(function)
    for value in (2.0, 5.0, 7.0):
        module.SCALE, module.SHIFT = value, jnp.ones(3) * value
        for found, expected in zip(jax.tree.leaves(jitted(X)), jax.tree.leaves(function(X)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_a_callback_prints_is_printed_as_often() -> None:
    log: list[str] = []

    def logged(x, log):
        return jax.lax.map(lambda row: (log.append("traced"), row * 2)[1], x).sum()

    jitted = xcs.jit(logged)
    for _ in range(3):
        logged(X, log)
    expected, log[:] = len(log), []
    for _ in range(3):
        jitted(X, log)
    assert len(log) == expected


def test_callbacks_that_read_nothing_outside_are_one_kernel() -> None:
    def closed(x, w):
        def step(carry, row):
            carry = jnp.tanh(carry + row @ w)
            return carry, carry.sum()

        last, sums = jax.lax.scan(step, jnp.zeros(3), x)
        chosen = jax.lax.switch(1, [jnp.sin, jnp.cos], last)
        return (chosen * 2 + 1).sum() + sums.mean()

    jitted, w = xcs.jit(closed), jnp.eye(3)
    for _ in range(2):
        np.testing.assert_allclose(jitted(X, w), closed(X, w), rtol=1e-6)
    assert xcs.get_jit_stats(jitted)["tensor_ops"] == 1
