"""Loops over arrays as one kernel: the values, classes, bits, warnings and exceptions of the plain loop."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xcs
from xcs.lowering.jax_rows import CHUNK, MANY_ROWS
from xcs.lowering.vectorized_map import VectorizedKernel
from xcs.runtime.plan import Call, Literal


def kernel_of(jitted: Any) -> VectorizedKernel:
    """The one vectorised kernel of the program that ran last."""
    plan = jitted.compile().plan
    calls = [one for one in plan.functions[plan.entry].instructions if isinstance(one, Call)]
    (kernel,) = [
        call.callee.value
        for call in calls
        if isinstance(call.callee, Literal) and isinstance(call.callee.value, VectorizedKernel)
    ]
    return kernel


def was_batched(jitted: Any) -> bool:
    """Whether the last batch that the program tried succeeded."""
    return kernel_of(jitted)._num_failed == 0


def layer(xs, w):
    return [jnp.tanh(x @ w) for x in xs]


def layer_and_float(xs, w):
    out = []
    for x in xs:
        y = jnp.tanh(x @ w)
        out.append((float(y.sum()), x))
    return out


def paired(xs, ys):
    return [jnp.dot(x, y) for x, y in zip(xs, ys)]  # noqa: B905 - `strict` may raise midway, and then the loop goes step by step


def scaled(xs, factor):
    return [x * factor + 1 for x in xs]


def of_both(xs, w):
    return [x @ jnp.asarray(w * 2.0) for x in xs]


def rows_of(count: int, length: int = 5) -> Any:
    return jnp.asarray(np.random.default_rng(count).standard_normal((count, length)), jnp.float32)


def assert_same_arrays(found: Any, wanted: Any) -> None:
    assert type(found) is type(wanted) is list
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        if isinstance(other, tuple):
            assert one[0] == pytest.approx(other[0], rel=1e-5, abs=1e-6)
            assert type(one[0]) is type(other[0])
            np.testing.assert_array_equal(one[1], other[1])
            continue
        assert type(one) is type(other)
        assert (one.dtype, one.shape, one.weak_type) == (other.dtype, other.shape, other.weak_type)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, CHUNK + 1, CHUNK * CHUNK + CHUNK + 3, MANY_ROWS])
@pytest.mark.parametrize("is_list", [False, True], ids=["array", "list"])
@pytest.mark.parametrize("function", [layer, layer_and_float], ids=["kernel", "and float"])
def test_jax_rows(function: Any, is_list: bool, count: int) -> None:
    xs, w = rows_of(count), jnp.ones((5, 3)) / 7
    taken = list(xs) if is_list else xs
    jitted = xcs.jit(function)
    found = jitted(taken, w)
    assert_same_arrays(found, function(taken, w))
    assert was_batched(jitted)
    if is_list and function is layer_and_float:
        assert all(one[1] is x for one, x in zip(found, taken, strict=True))


def test_pairs_are_taken_apart_before_the_kernel() -> None:
    xs, ys = list(rows_of(40)), list(rows_of(41)[:40])
    jitted = xcs.jit(paired)
    assert_same_arrays(jitted(xs, ys), paired(xs, ys))
    assert was_batched(jitted)


@pytest.mark.parametrize("factor", [2, 2.5, np.float32(3), np.arange(5.0), True], ids=repr)
def test_shared_values_of_python_and_numpy(factor: Any) -> None:
    for xs in (rows_of(20), list(rows_of(20)), [x.astype(jnp.bfloat16) for x in rows_of(20)]):
        jitted = xcs.jit(scaled)
        assert_same_arrays(jitted(xs, factor), scaled(xs, factor))


def test_numpy_among_jax_stays_in_double_precision() -> None:
    xs, w = list(rows_of(30)), np.full(5, 1 / 3)
    jitted = xcs.jit(of_both)
    assert_same_arrays(jitted(xs, w), of_both(xs, w))


def test_ragged_lists_have_a_batch_for_each_shape() -> None:
    xs = [row for pair in zip(rows_of(30, 4), rows_of(30, 7), strict=True) for row in pair]
    jitted = xcs.jit(scaled)
    assert_same_arrays(jitted(xs, 2.0), scaled(xs, 2.0))
    assert was_batched(jitted)
    assert kernel_of(jitted).num_lengths == 1


def test_lists_of_many_lengths_compile_a_few_times() -> None:
    jitted, w = xcs.jit(layer), jnp.ones((5, 3))
    rows = list(rows_of(40))
    for count in range(9, 40):
        assert_same_arrays(jitted(rows[:count], w), layer(rows[:count], w))
    assert kernel_of(jitted).num_lengths <= 10


def test_mixed_elements_run_one_by_one() -> None:
    xs = [*rows_of(3), np.ones(5, np.float32), jnp.ones(5)]
    jitted = xcs.jit(scaled)
    found, wanted = jitted(xs, 2.0), scaled(xs, 2.0)
    assert [type(one) for one in found] == [type(one) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other)


def test_elements_whose_dtype_gives_way_keep_it() -> None:
    xs = [jnp.asarray(float(index)) for index in range(20)]
    assert xs[0].weak_type
    jitted, factor = xcs.jit(scaled), jnp.ones((), jnp.bfloat16)
    assert_same_arrays(jitted(xs, factor), scaled(xs, factor))


def test_the_error_is_that_of_the_first_element() -> None:
    for xs in ([jnp.ones(5)] * 3 + [jnp.ones(4)] * 3, rows_of(9, 4), [jnp.ones(4)] * 30):
        with pytest.raises(TypeError) as plain:
            layer(xs, jnp.ones((5, 3)))
        with pytest.raises(TypeError) as ours:
            xcs.jit(layer)(xs, jnp.ones((5, 3)))
        assert str(ours.value) == str(plain.value)


def test_an_array_without_axes_is_no_iterable() -> None:
    with pytest.raises(TypeError, match="0-d array"):
        xcs.jit(layer)(jnp.ones(()), jnp.ones((5, 3)))


def noise(keys):
    return [jax.random.normal(key, (3,)) for key in keys]


@pytest.mark.parametrize("implementation", ["threefry2x32", "rbg"])
def test_random_numbers_are_those_of_the_keys(implementation: str) -> None:
    with jax.default_prng_impl(implementation):
        for keys in (jax.random.split(jax.random.PRNGKey(0), 20), list(jax.random.split(jax.random.key(0), 20))):
            assert_same_arrays(xcs.jit(noise)(keys), noise(keys))


def test_under_grad_and_jit() -> None:
    jitted = xcs.jit(layer)

    def loss(xs: Any, w: Any) -> Any:
        return sum(y.sum() for y in jitted(xs, w))

    def plain(xs: Any, w: Any) -> Any:
        return sum(y.sum() for y in layer(xs, w))

    xs, w = rows_of(6), jnp.ones((5, 3)) / 3
    for transform in (lambda f: jax.grad(f, 1), jax.jit, lambda f: jax.grad(f)):
        np.testing.assert_allclose(transform(loss)(xs, w), transform(plain)(xs, w), rtol=1e-5)


def cosine(xs, q):
    return [float(np.dot(x, q) / (np.linalg.norm(x) * np.linalg.norm(q))) for x in xs]


def dots(xs, q):
    return [x @ q for x in xs]


def centred(xs, q):
    out = []
    for x in xs:
        out.append((x - x.mean()) / np.sqrt(np.sum(x * x) + 1.5) - q * 2)
    return out


def compared(xs, q):
    return [(-x < q, np.abs(x) + x.sum()) for x in xs]


def with_others(xs, q):
    return [np.exp(x - x.sum()).sum() * (x @ q) for x in xs]


NUMPY_FUNCTIONS = (cosine, dots, centred, compared, with_others)


def as_bits(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value), [as_bits(one) for one in value]
    if isinstance(value, np.ndarray):
        return type(value), value.dtype, value.shape, value.strides, value.flags.owndata, value.tobytes()
    return type(value), np.asarray(value).tobytes()


def outcome(function: Any, *args: Any) -> Any:
    """What a call gives or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = as_bits(function(*args))
        except Exception as error:
            found = type(error).__name__, str(error)  # raised again, as a class of the same name
    return found, [(one.category, str(one.message)) for one in caught]


JITTED = {function: xcs.jit(function) for function in NUMPY_FUNCTIONS}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(NUMPY_FUNCTIONS),
    st.integers(0, 2**32),
    st.lists(st.sampled_from([0, 1, 2, 7, 8, 9, 64, 129]), min_size=1, max_size=2),
    st.sampled_from(["f4", "f8", "mixed", "i8", "f2"]),
    st.integers(1, 40),
    st.sampled_from([0, 3, 30]),
    st.sampled_from(["list", "array", "strided", "reversed", "matrices", "shared strided"]),
)
def test_numpy_bits(
    function: Any, seed: int, lengths: list[int], dtype: str, count: int, spread: int, form: str
) -> None:
    random = np.random.default_rng(seed)

    def vector(length: int) -> np.ndarray:
        cls = random.choice(["f4", "f8"]) if dtype == "mixed" else dtype
        with np.errstate(all="ignore"):
            return (random.standard_normal(length) * 10.0 ** random.integers(-spread, spread + 1)).astype(cls)

    xs: Any = [vector(int(random.choice(lengths))) for _ in range(count)]
    q = vector(lengths[0])
    if form == "array":
        xs = np.array([vector(lengths[0]) for _ in range(count)])
    elif form == "strided":
        xs = [np.repeat(x, 2)[::2] for x in xs]
    elif form == "reversed":
        xs = [x[::-1] for x in xs]
    elif form == "matrices":
        xs = [np.tile(x, (2, 1)) for x in xs]
    elif form == "shared strided":
        q = np.repeat(q, 2)[::2]
    jitted = JITTED[function]
    assert outcome(jitted, xs, q) == outcome(function, xs, q)


@pytest.mark.parametrize("function", NUMPY_FUNCTIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_numpy_vectors_are_batched(function: Any, dtype: str) -> None:
    random = np.random.default_rng(3)
    xs, q = [random.standard_normal(33).astype(dtype) for _ in range(100)], random.standard_normal(33).astype(dtype)
    jitted = xcs.jit(function)
    assert outcome(jitted, xs, q) == outcome(function, xs, q)
    assert was_batched(jitted)
    assert outcome(jitted, np.array(xs), q) == outcome(function, np.array(xs), q)
    assert was_batched(jitted)


def test_numpy_warnings_are_those_of_the_loop() -> None:
    xs, q = [np.ones(4) * index for index in range(8)], np.ones(4)
    found, warned = outcome(xcs.jit(cosine), xs, q)
    assert (found, warned) == outcome(cosine, xs, q)
    assert warned
    with np.errstate(all="ignore"):
        assert outcome(xcs.jit(cosine), xs, q) == outcome(cosine, xs, q)
    with np.errstate(all="raise"):
        assert outcome(xcs.jit(cosine), xs, q) == outcome(cosine, xs, q)


class Loud(np.ndarray):
    """An array with a class of its own."""

    def __matmul__(self, other: Any) -> Any:
        return "mine"


def test_classes_of_their_own_decide_themselves() -> None:
    xs: list[Any] = [np.ones(4)] * 80
    jitted = xcs.jit(dots)
    assert jitted(xs, np.ones(4)) == dots(xs, np.ones(4))
    xs[40] = np.ones(4).view(Loud)
    assert jitted(xs, np.ones(4)) == dots(xs, np.ones(4))
    assert jitted(xs, np.ones(4))[40] == "mine"
