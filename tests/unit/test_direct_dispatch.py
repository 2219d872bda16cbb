"""An all-array function hands its arguments straight to one kernel, and sees every change that Python would see."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.frontend.wrapped import Direct
from xcs.lowering.all_tensor import all_tensor_program

WEIGHTS = jnp.arange(4.0)


def weighted(x):
    return jnp.tanh(x * WEIGHTS)


def pair(x, y):
    return x + y, x - y


def is_direct(jitted) -> bool:
    """Whether the last call of a jitted function went straight to its kernel."""
    before = jitted._xcs_counters.direct_calls
    jitted(*[jnp.ones(4)] * len(jitted._xcs_programs.parameters.names))
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
    assert jitted._xcs_programs._known is not None
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


def test_keywords_go_the_direct_way_too() -> None:
    jitted, x = xcs.jit(pair), jnp.arange(4.0)
    jitted(x, x)
    before = jitted._xcs_counters.direct_calls
    for found in (jitted(x, y=2 * x), jitted(y=2 * x, x=x)):
        np.testing.assert_array_equal(found[1], -x)
    assert jitted._xcs_counters.direct_calls == before + 2
    assert jitted(y=1, x=3) == (4, 2)
    with pytest.raises(TypeError, match=r"pair\(\) missing 1 required positional argument: 'x'"):
        jitted(y=x)
    with pytest.raises(TypeError, match=r"pair\(\) got an unexpected keyword argument 'z'"):
        jitted(x, z=x)
    with pytest.raises(TypeError, match=r"pair\(\) got multiple values for argument 'x'"):
        jitted(x, x=x)


def shift(x, /, by, jnp=2.0, self=1):
    return x + by * jnp + self


def test_unnamed_parameters_and_names_of_globals_are_pythons_own() -> None:
    jitted, x = xcs.jit(shift), jnp.arange(4.0)
    np.testing.assert_array_equal(jitted(x, x, x, x), shift(x, x, x, x))
    assert is_direct(jitted)
    np.testing.assert_array_equal(jitted(x, by=x, self=x, jnp=x), shift(x, x, x, x))
    np.testing.assert_array_equal(jitted(x, by=x), shift(x, x))
    np.testing.assert_array_equal(jitted(x, self=x, by=3), shift(x, 3, self=x))
    with pytest.raises(
        TypeError, match=r"shift\(\) got some positional-only arguments passed as keyword arguments: 'x'"
    ):
        jitted(x=x, by=x)


def halved(x):
    return x * scale_of_all


scale_of_all = jnp.float32(0.5)


def named_like_a_global(scale_of_all):
    return halved(scale_of_all) * 3


def test_a_parameter_with_the_name_of_a_guarded_global(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted, x = xcs.jit(named_like_a_global), jnp.arange(4.0)
    for _ in range(3):
        np.testing.assert_array_equal(jitted(x), x * 1.5)
    assert is_direct(jitted)
    monkeypatch.setitem(globals(), "scale_of_all", jnp.float32(2.0))
    np.testing.assert_array_equal(jitted(x), x * 6)
    monkeypatch.setitem(globals(), "halved", lambda x: x)
    np.testing.assert_array_equal(jitted(x), x * 3)


def test_a_program_that_is_one_kernel_has_it_written_once() -> None:
    plan = xcs.jit(lambda x, y: jnp.tanh(x * y)).compile(jnp.ones(4), jnp.ones(4)).plan
    (step,) = plan.functions[plan.entry].instructions
    program = all_tensor_program(plan)
    assert program is not None
    assert not program.loads
    assert program.kernel is step.callee.value
