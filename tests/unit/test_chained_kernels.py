"""A kernel computes in the memory of an array that nobody else will use, and of no other array."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.lowering.chained_kernel import MIN_BYTES, ChainedKernel

SIZE = MIN_BYTES // 4  # numbers of four bytes
kept: list[jax.Array] = []


@xcs.op(effect="unordered")
def rate(text):
    return float(len(text))


@xcs.op(effect="unordered")
def keep(array):
    kept.append(array)
    return 1.0


def chained(x, text):
    made = jnp.tanh(x)
    return jnp.cos(made) * rate(text)


def used_twice(x, text):
    made = jnp.tanh(x)
    return jnp.cos(made) * rate(text), made


def kept_by_a_call(x, text):
    made = jnp.tanh(x)
    return jnp.cos(made) * keep(made)


def given_as_it_is(x, text):
    return jnp.cos(x) * rate(text)


def passed_through(x, text):
    return jnp.asarray(x) * rate(text)


def in_a_branch(x, text):
    made = jnp.tanh(x)
    if rate(text) > 2:
        return made
    return jnp.cos(made)


def kernels_of(jitted) -> list[ChainedKernel]:
    plan = jitted.compile().plan
    callees = [getattr(one, "callee", None) for one in plan.functions[plan.entry].instructions]
    return [one.value for one in callees if isinstance(getattr(one, "value", None), ChainedKernel)]


def taken(jitted) -> list[tuple[int, ...]]:
    """The arguments that were donated, for each form that was compiled."""
    return [form[1] for kernel in kernels_of(jitted) for form in kernel._donating.values() if form is not None]


@pytest.fixture(autouse=True)
def _nothing_kept():
    kept.clear()


def test_an_array_that_only_the_next_kernel_takes_is_donated() -> None:
    jitted, x = xcs.jit(chained), jnp.linspace(0.0, 1.0, SIZE)
    for _ in range(3):
        np.testing.assert_allclose(jitted(x, "abc"), jnp.cos(jnp.tanh(x)) * 3.0, rtol=1e-6)
    assert taken(jitted) == [(0,)]
    assert not x.is_deleted()


def test_small_arrays_are_not() -> None:
    jitted, x = xcs.jit(chained), jnp.ones(8)
    jitted(x, "abc")
    assert kernels_of(jitted)
    assert not taken(jitted)


def test_arrays_of_another_shape_than_the_results_are_not() -> None:
    @xcs.jit
    def summed(x, text):
        made = jnp.tanh(x)
        return (made * rate(text)).sum()

    summed(jnp.ones(SIZE), "abc")
    assert kernels_of(summed)
    assert not taken(summed)


@pytest.mark.parametrize("function", [used_twice, kept_by_a_call, given_as_it_is, passed_through, in_a_branch])
def test_what_others_hold_is_theirs(function) -> None:
    jitted, x = xcs.jit(function), jnp.linspace(0.0, 1.0, SIZE)
    wanted = function(x, "abc")
    for _ in range(3):
        found = jitted(x, "abc")
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), found, wanted)
    assert not x.is_deleted()
    assert not any(one.is_deleted() for one in kept)


def test_a_gradient_keeps_what_it_needs() -> None:
    def loss(x, text):
        return chained(x, text).sum()

    x = jnp.linspace(0.0, 1.0, SIZE)
    for _ in range(2):
        found = xcs.grad(loss)(x, "abc")
    np.testing.assert_allclose(found, jax.grad(lambda x: (jnp.cos(jnp.tanh(x)) * 3.0).sum())(x), rtol=1e-5)


def test_checked_runs_see_the_same() -> None:
    x = jnp.linspace(0.0, 1.0, SIZE)
    jitted = xcs.jit(chained)
    jitted(x, "abc")  # compiling reads the clock
    with xcs.check_effects():
        for _ in range(2):
            np.testing.assert_allclose(jitted(x, "abc"), jnp.cos(jnp.tanh(x)) * 3.0, rtol=1e-6)


def test_what_the_kernel_raises_is_what_python_raises() -> None:
    @xcs.jit
    def broken(x, text):
        made = jnp.tanh(x)
        return jnp.reshape(made, (3,)) * rate(text)

    with pytest.raises(TypeError, match="reshape"):
        broken(jnp.ones(SIZE), "abc")
