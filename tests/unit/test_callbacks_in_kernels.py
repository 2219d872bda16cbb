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


def loss(w, x):
    return ((x @ w - 1) ** 2).sum()


def loss_of_global(w, x):
    return ((x @ w - SCALE) ** 2).sum()


def descend(w, x):
    return (w - 0.1 * jax.grad(loss)(w, x)).sum()


def descend_by_name(w, x):
    gradient = jax.grad(loss)
    first = w - 0.1 * gradient(w, x)
    return first - 0.1 * gradient(first, x)


def value_and_gradient_of_local(w, x):
    def local(w):
        return ((x @ w) ** 2).mean()

    value, gradient = jax.value_and_grad(local)(w)
    return (w - gradient).sum() + value


def rows(w, x):
    score = jax.vmap(lambda row: jnp.tanh(row @ w))
    return score(x).sum() * 2


def rows_of_rows(w, x):
    return jax.vmap(jax.vmap(lambda a, b: a * b + 1, in_axes=(0, None)), in_axes=(0, 0))(x, x[:, 0]).sum()


def rows_with_a_global(w, x):
    return jax.vmap(lambda row: row * SCALE)(x).sum() * 2


def gradient_with_a_global(w, x):
    return jax.grad(loss_of_global)(w, x) * 2


def rebound_between(w, x):
    factor = 2.0
    scale = jax.vmap(lambda row: row * factor)
    first = scale(x)
    factor = 5.0
    return scale(x) + first


def bound_again(w, x):
    f = jax.vmap(lambda row: row * 2)
    first = f(x)
    f = jax.vmap(lambda row: row * 3)
    return f(x) + first


def in_a_list(w, x):
    made = [jax.vmap(lambda row, k=k: row * k) for k in range(3)]
    return sum(f(x) for f in made)


def of_a_tree(w, x):
    return jax.grad(lambda p: (p["w"] * x.sum()).sum())({"w": w})["w"] * 2


def along_the_second(w, x):
    return jax.grad(loss, argnums=1)(w, x) * 2


ONE_KERNEL = [descend, descend_by_name, value_and_gradient_of_local, rows, rows_of_rows]
OTHERS = [
    rows_with_a_global,
    gradient_with_a_global,
    rebound_between,
    bound_again,
    in_a_list,
    of_a_tree,
    along_the_second,
]


@pytest.mark.parametrize("function", [*ONE_KERNEL, *OTHERS], ids=lambda one: one.__name__)
def test_what_jax_makes_of_functions_gives_what_it_gives(function) -> None:
    jitted, w = xcs.jit(function), jnp.arange(3.0)
    for value in (2.0, 5.0):
        module.SCALE = value
        found, expected = jitted(w, X), function(w, X)
        assert type(found) is type(expected)
        assert (found.dtype, found.shape, found.weak_type) == (expected.dtype, expected.shape, expected.weak_type)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert function not in ONE_KERNEL or xcs.get_jit_stats(jitted)["tensor_ops"] == 1


def test_what_a_mapped_function_writes_is_written_each_time() -> None:
    def noting(x, log):
        return jax.vmap(lambda row: (log.append("traced"), row * 2)[1])(x).sum()

    jitted, log = xcs.jit(noting), []
    for number in range(1, 4):
        jitted(X, log)
        assert len(log) == number


def test_what_a_mapped_function_raises_is_raised_in_its_place() -> None:
    def failing(x, log):
        log.append("before")
        y = jax.vmap(lambda row: row @ jnp.ones(7))(x)
        log.append("after")
        return y.sum()

    jitted, log = xcs.jit(failing), []
    with pytest.raises(TypeError, match="dot_general"):
        failing(X, [])
    for _ in range(2):
        log.clear()
        with pytest.raises(TypeError, match="dot_general"):
            jitted(X, log)
        assert log == ["before"]


def test_numbers_that_a_callback_computes_with_are_pythons() -> None:
    def numbers(x, n, s):
        y = jax.vmap(lambda row: row * (n * n % 7) + (s * s - 1.0))(x)
        return jax.lax.switch(n % 3, [lambda v: v, lambda v: v * s, lambda v: v - n % 5], y).sum()

    jitted = xcs.jit(numbers)
    for n in (1, 2, 3, 10**6, 10**12 + 1, 2**70, *range(20, 30)):
        for s in (2.0, 1.0 + 1e-9):
            found, expected = jitted(X, n, s), numbers(X, n, s)
            assert (found.dtype, found.weak_type) == (expected.dtype, expected.weak_type)
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_switch_with_a_number_is_traced_once_for_each() -> None:
    calls: list[int] = []

    @xcs.op(effect="pure")
    def noted(v):
        calls.append(1)
        return v

    def chosen(x, index):
        return jax.lax.switch(index, [lambda v: noted(v) * 2, lambda v: v + 1], x).sum()

    jitted = xcs.jit(chosen)
    expected = [float(chosen(X, index)) for index in (0, 1)]
    assert [float(jitted(X, index)) for index in (0, 1)] == expected
    before = len(calls)
    for _ in range(3):
        assert [float(jitted(X, index)) for index in (0, 1)] == expected
    assert len(calls) == before
