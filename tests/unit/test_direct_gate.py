"""Calls by way of a gate: JAX takes what it knows, all else goes the general way, guards are asked each time."""

from __future__ import annotations

import copy
import enum
import gc
import inspect
import pickle
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.frontend.wrapped import Direct, Gated
from xcs.lowering import array_entrance as entrances
from xcs.runtime.asked_runs import usual


@xcs.jit
def less(y, x):
    return y - 2 * x


def by_name(value, other):
    return jnp.tanh(value) - other


BOTH = threading.Barrier(2, timeout=20)


class Meeting:
    """What is multiplied by two threads at once, or by none."""

    def __mul__(self, other: float) -> float:
        BOTH.wait()
        return other


class Tired(float):
    """A number whose class JAX hasn't heard of, though it takes it for a number."""

    def __mul__(self, other: float) -> float:
        return 0.0 if self < 1 else other + doubled(Tired(self - 1))


@xcs.jit
def doubled(x):
    return x * 2.0


def direct_calls(jitted, *args, **kwargs) -> int:
    """How many direct calls a call counts."""
    before = jitted._xcs_counters.direct_calls
    jitted(*args, **kwargs)
    return jitted._xcs_counters.direct_calls - before


def gated(function: Any, *args: Any) -> Any:
    """A jitted function that is called by way of a gate."""
    jitted = xcs.jit(function)
    jitted(*args)
    assert isinstance(jitted, Gated)
    return jitted


def test_a_direct_call_has_no_frame_above_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual, "holds", True)  # other tests have asked for unusual runs
    x, seen = jnp.ones(4), []
    jitted = gated(by_name, x, x)
    jitted(x, x)
    gate = jitted._xcs_dispatched.direct.gate
    finder = gate._finder

    class Looking:
        def find(self, values):
            frame = sys._getframe()
            while frame is not None:
                seen.append(frame.f_code.co_filename)
                frame = frame.f_back
            return finder.find(values)

    gate._finder = Looking()
    jitted(jnp.ones(5), jnp.ones(5))
    assert seen
    assert "<xcs direct call>" not in seen
    seen.clear()
    jitted(x, x)
    assert not seen


def test_each_call_is_counted_once() -> None:
    x = jnp.ones(4)
    jitted = gated(by_name, x, x)
    calls = xcs.get_jit_stats(jitted)["calls"]
    for value in (x, jnp.ones(5), jnp.ones(4, jnp.int32), x):
        assert direct_calls(jitted, value, value) == 1
    jitted(1.0, np.ones(3))
    jitted(x, x)
    with pytest.raises(TypeError):
        jitted(x)
    assert xcs.get_jit_stats(jitted)["calls"] == calls + 6


def test_who_holds_the_call_asks_the_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    x = jnp.ones(4)
    jitted = gated(by_name, x, x)
    held, of_class = jitted.__call__, type(jitted).__call__
    before = jitted._xcs_counters.direct_calls
    assert callable(jitted)
    assert hasattr(jitted, "__call__")  # noqa: B004
    assert jitted._xcs_counters.direct_calls == before
    monkeypatch.setattr(jnp, "tanh", jnp.cos)
    np.testing.assert_array_equal(held(x, x), jnp.cos(x) - x)
    np.testing.assert_array_equal(of_class(jitted, x, x), jnp.cos(x) - x)
    np.testing.assert_array_equal(jitted(x, x), jnp.cos(x) - x)


def test_what_is_no_array_is_pythons_own_and_closes_the_gate() -> None:
    x = jnp.ones(4)
    for other in (1.5, 2, True, np.float32(2), np.ones(4), np.ones(4, np.float32), jnp.float32(1)):
        jitted = gated(less.__xcs_wrapped__, x, x)
        found, wanted = jitted(other, other), less.__xcs_wrapped__(other, other)
        assert type(found) is type(wanted)
        np.testing.assert_array_equal(found, wanted)
        assert getattr(found, "dtype", None) == getattr(wanted, "dtype", None)
        np.testing.assert_array_equal(jitted(x, x), -x)
        assert isinstance(jitted, Direct)
        assert isinstance(jitted, Gated) == isinstance(other, jax.Array)


def test_names_in_any_order() -> None:
    y, x = jnp.arange(4.0), jnp.ones(4)
    less(y, x)
    for _ in range(2):
        np.testing.assert_array_equal(less(x=x, y=y), y - 2)
        np.testing.assert_array_equal(less(y=y, x=x), y - 2)
        np.testing.assert_array_equal(less(y, x=x), y - 2)
        np.testing.assert_array_equal(less(y=x, x=y), 1 - 2 * y)
    for args, kwargs in (((y, x), {"x": x}), ((y,), {"y": y}), ((), {"y": y, "z": x}), ((y, x, x), {})):
        with pytest.raises(TypeError, match=r"less\(\)"):
            less(*args, **kwargs)


def test_the_gate_stays_open_under_transformations() -> None:
    x = jnp.arange(3.0)
    jitted = gated(by_name, x, x)
    np.testing.assert_array_equal(jax.grad(lambda x: jitted(x, x).sum())(x), jax.grad(lambda x: by_name(x, x).sum())(x))
    np.testing.assert_array_equal(jax.vmap(jitted)(x, x), by_name(x, x))
    np.testing.assert_array_equal(jax.jit(lambda y: jitted(x, x) + y)(x), by_name(x, x) + x)
    assert isinstance(jitted, Gated)
    with jax.disable_jit():
        np.testing.assert_allclose(jitted(x, x), by_name(x, x), rtol=1e-6)
    jax.clear_caches()
    assert direct_calls(jitted, x, x) == 1


def test_an_array_that_is_gone_is_an_error_of_the_program() -> None:
    x, gone = jnp.ones(4), jnp.ones(4) + 1
    jitted = gated(by_name, x, x)
    jitted(gone, x)
    gone.delete()
    with pytest.raises(xcs.XCSExecutionError, match="deleted"):
        jitted(gone, x)
    assert isinstance(jitted, Gated)


def test_the_search_for_what_is_no_number_is_jaxs_own() -> None:
    jitted = gated(lambda x: jnp.log(x) * 2.0, jnp.ones(3))
    with jax.debug_nans(True):
        assert [direct_calls(jitted, jnp.ones(3)) for _ in range(3)] == [1, 1, 1]
        with pytest.raises(FloatingPointError, match=r"nan.*in log") as raised:
            jitted(-jnp.ones(3))
    assert isinstance(raised.value, xcs.XCSExecutionError)


def test_threads_that_wait_for_each_other_in_calls_alike() -> None:
    jitted = gated(doubled.__xcs_wrapped__, jnp.ones(3))
    values = np.array([Meeting()], object)
    with ThreadPoolExecutor(2) as threads:
        assert [found.tolist() for found in threads.map(jitted, [values, values])] == [[2.0], [2.0]]


def test_a_function_that_comes_back_to_itself_with_what_jax_takes_for_a_number() -> None:
    doubled(jnp.ones(3))
    assert isinstance(doubled, Gated)
    assert doubled(Tired(3)) == 6.0


def test_enumerations_are_no_arrays() -> None:
    level = enum.IntEnum("level", ["LOW", "HIGH"])
    jitted = gated(less.__xcs_wrapped__, jnp.ones(3), jnp.ones(3))
    assert jitted(level.LOW, level.HIGH) == -3


def test_it_is_the_function_that_it_was() -> None:
    less(jnp.ones(3), jnp.ones(3))
    assert copy.copy(less) is copy.deepcopy(less) is less
    assert pickle.loads(pickle.dumps(less)) is less
    assert str(inspect.signature(less)) == "(y, x)"
    assert less.__name__ == "less"


def test_nothing_keeps_a_jitted_function() -> None:
    jitted = gated(lambda x: jnp.tanh(x) + 1, jnp.ones(3))
    jitted(jnp.ones(3))
    entrance = weakref.ref(type(jitted).__dict__["__call__"].fget)
    function = weakref.ref(jitted)
    del jitted
    gc.collect()
    assert function() is None
    assert entrance() is None


def test_without_an_entrance_calls_are_direct_nonetheless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrances, "array_entrance", lambda missed, registry: None)
    jitted, x = xcs.jit(by_name), jnp.ones(4)
    jitted(x, x)
    assert isinstance(jitted, Direct)
    assert not isinstance(jitted, Gated)
    assert direct_calls(jitted, x, x) == 1


def test_there_is_no_entrance_where_jax_pickles_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def _cache_miss(self) -> None: ...

        def __getstate__(self) -> dict[str, object]:
            return {"version": 2}

    for made in (Other, object):
        monkeypatch.setattr(jax, "jit", lambda function, made=made: made())
        assert entrances.array_entrance(lambda *args: (None, None, False)) is None
