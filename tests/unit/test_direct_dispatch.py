"""An all-array function hands its arguments straight to one kernel, and sees every change that Python would see."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.frontend.wrapped import Direct

WEIGHTS = jnp.arange(4.0)


def weighted(x):
    return jnp.tanh(x * WEIGHTS)


def pair(x, y):
    return x + y, x - y


def is_direct(jitted) -> bool:
    """Whether the last call of a jitted function went straight to its kernel."""
    before = jitted._xcs_counters.direct_calls
    jitted(*[jnp.ones(4)] * len(jitted._xcs_parameters.names))
    return jitted._xcs_counters.direct_calls == before + 1


def test_weights_in_globals_are_loaded_at_each_direct_call(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted, x = xcs.jit(weighted), jnp.ones(4)
    jitted(x)
    assert is_direct(jitted)
    assert isinstance(jitted, Direct)
    monkeypatch.setitem(globals(), "WEIGHTS", jnp.zeros(4))
    assert is_direct(jitted)
    assert not jitted(x).any()
    monkeypatch.setitem(globals(), "WEIGHTS", np.full(4, 2.0, np.float32))
    np.testing.assert_array_equal(jitted(x), jnp.tanh(x * 2.0))


def test_a_global_that_is_gone_is_pythons_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted, x = xcs.jit(weighted), jnp.ones(4)
    jitted(x)
    monkeypatch.delitem(globals(), "WEIGHTS")
    with pytest.raises(NameError, match="WEIGHTS"):
        jitted(x)


def test_a_function_that_another_takes_the_place_of_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted, x = xcs.jit(weighted), jnp.ones(4)
    jitted(x)
    assert is_direct(jitted)
    monkeypatch.setattr(jnp, "tanh", jnp.cos)
    np.testing.assert_array_equal(jitted(x), jnp.cos(x * WEIGHTS))
    monkeypatch.undo()
    jitted.__code__ = (lambda x: jnp.sin(x)).__code__
    np.testing.assert_array_equal(jitted(x), jnp.sin(x))


def test_other_arguments_go_the_other_way_and_back() -> None:
    jitted, x = xcs.jit(pair), jnp.ones(4)
    jitted(x, x)
    assert is_direct(jitted)
    assert jitted(1, 2) == (3, -1)
    assert len(jitted(x, y=x)) == 2
    assert is_direct(jitted)
    with pytest.raises(TypeError, match=r"pair\(\) missing 1 required positional argument: 'y'"):
        jitted(x)
    with pytest.raises(TypeError, match=r"pair\(\) takes 2 positional arguments but 3 were given"):
        jitted(x, x, x)


def test_plain_python_is_asked_for_in_a_context() -> None:
    jitted = xcs.jit(pair)
    jitted(jnp.ones(4), jnp.ones(4))
    with xcs.disable_jit():
        assert not is_direct(jitted)
    assert is_direct(jitted)


def mixed(x, text, number):
    return jnp.tanh(x) * WEIGHTS + number * rating(text)


@xcs.op(effect="unordered")
def rating(text):
    return float(len(text))


def test_arguments_like_those_before_are_told_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = xcs.jit(mixed)
    for _ in range(100):  # guards are compiled by then
        jitted(jnp.ones(4), "ab", 2)
    assert jitted._xcs_known is not None
    for args in (
        (jnp.ones(4), "ab", 2.5),
        (jnp.ones((3, 4)), "ab", 2),
        (jnp.ones(4, jnp.int32), "ab", True),
        (np.ones(4, np.float32), "ab", 2),
        ([1.0, 2.0, 3.0, 4.0], "abc", 2),
        (jnp.ones(4), "a", 2),
    ):
        try:
            wanted = mixed(*args)
        except TypeError as error:
            with pytest.raises(TypeError, match=str(error)[:20]):
                jitted(*args)
            continue
        found = jitted(*args)
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
    monkeypatch.setitem(globals(), "WEIGHTS", jnp.zeros(4))
    np.testing.assert_array_equal(jitted(jnp.ones(4), "ab", 2), jnp.full(4, 4.0))
    monkeypatch.setitem(globals(), "rating", lambda text: 1.0)
    np.testing.assert_array_equal(jitted(jnp.ones(4), "ab", 2), jnp.full(4, 2.0))
    monkeypatch.delitem(globals(), "rating")
    with pytest.raises(NameError, match="rating"):
        jitted(jnp.ones(4), "ab", 2)
