"""Natural array programs run as one kernel each, and what only looks like one gives what Python gives."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.lowering.kernel import Kernel

WEIGHTS = jnp.arange(12.0).reshape(4, 3)
SCALE = 3.0
TABLE = np.arange(6.0)


class Layer:
    """Parameters as attributes."""

    def __init__(self) -> None:
        self.w = jnp.ones((4, 3))
        self.b = jnp.zeros(3)

    def __call__(self, x):
        return jnp.tanh(x @ self.w + self.b) - self.b


@dataclass
class Holder:
    """An object with one array."""

    w: object


def with_attributes(layer, x):
    return jax.nn.softmax(layer(x))


def with_items(params, x):
    hidden = jnp.tanh(x @ params["first"]["w"] + params["first"]["b"])
    return hidden @ params["second"]["w"] + params["second"]["b"]


def with_globals(x):
    return jnp.tanh(x @ WEIGHTS) * SCALE + WEIGHTS.sum()


def attention(q, k, v, mask=None):
    scores = q @ k.T / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = jnp.where(mask, scores, -jnp.inf)
    return jax.nn.softmax(scores, axis=-1) @ v


def with_attention(params, x):
    mask = jnp.tril(jnp.ones((x.shape[0], x.shape[0]), bool))
    return attention(x @ params["q"], x @ params["k"], x @ params["v"], mask)


def without_mask(params, x):
    return attention(x @ params["q"], x @ params["k"], x @ params["v"])


X = jnp.arange(8.0).reshape(2, 4)
PARAMS = {
    "first": {"w": jnp.ones((4, 3)), "b": jnp.ones(3)},
    "second": {"w": jnp.ones((3, 2)), "b": jnp.ones(2)},
}
QKV = {name: jnp.eye(4) * (index + 1) for index, name in enumerate("qkv")}


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (with_attributes, (Layer(), X)),
        (with_items, (PARAMS, X)),
        (with_globals, (X,)),
        (with_attention, (QKV, X)),
        (without_mask, (QKV, X)),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_natural_array_program_is_one_kernel(function, args) -> None:
    jitted = xcs.jit(function)
    np.testing.assert_allclose(jitted(*args), function(*args), rtol=1e-6)
    np.testing.assert_allclose(jitted(*args), function(*args), rtol=1e-6)
    stats = xcs.get_jit_stats(jitted)
    assert stats["tensor_ops"] == 1
    assert stats["fallback"] is None


def raised(function, *args):
    """The class and text of what a call raises, or its result."""
    try:
        return function(*args)
    except Exception as error:
        return type(error).__mro__[-4:], str(error)


def text_of(function, *args):
    """The exception of a call as text."""
    with pytest.raises(Exception) as caught:
        function(*args)
    return str(caught.value)


def test_a_missing_key_comes_after_a_failing_product() -> None:
    def wrong_shape_first(params, x):
        h = x @ params["w"]
        return h + params["missing"]

    jitted = xcs.jit(wrong_shape_first)
    bad, good = {"w": jnp.ones((3, 3))}, {"w": jnp.ones((4, 3))}
    assert text_of(jitted, bad, X) == text_of(wrong_shape_first, bad, X)
    with pytest.raises(KeyError):
        jitted(good, X)
    both = {**good, "missing": jnp.ones(3)}
    np.testing.assert_allclose(jitted(both, X), wrong_shape_first(both, X))


def test_an_attribute_deleted_before_is_missed_in_its_place() -> None:
    def delete_first(layer, x):
        h = x @ layer.w
        del layer.b
        return h + layer.b

    def delete_between(layer, x):
        first = x @ layer.w + layer.b
        del layer.b
        return first

    jitted = xcs.jit(delete_first)
    for layer in (Layer(), Layer()):
        with pytest.raises(AttributeError):
            jitted(layer, X)
    layer = Layer()
    np.testing.assert_allclose(xcs.jit(delete_between)(layer, X), delete_between(Layer(), X))
    assert not hasattr(layer, "b")


def test_an_item_deleted_before_is_missed_in_its_place() -> None:
    def pop_first(params, x):
        h = x @ params["w"]
        params.pop("b")
        return h + params["b"]

    jitted = xcs.jit(pop_first)
    with pytest.raises(KeyError):
        jitted({"w": jnp.ones((4, 3)), "b": jnp.ones(3)}, X)


def test_what_a_helper_deletes_is_missed() -> None:
    def forget(params):
        del params["b"]

    def with_helper(params, x):
        h = x @ params["w"]
        forget(params)
        return h + params["b"]

    with pytest.raises(KeyError):
        xcs.jit(with_helper)({"w": jnp.ones((4, 3)), "b": jnp.ones(3)}, X)


def test_an_own_dict_that_lost_a_key_is_missed() -> None:
    def own(x, key):
        params = {"w": jnp.ones((4, 3)), "b": jnp.ones(3)}
        params.pop(key)
        return x @ params["w"] + params["b"]

    jitted = xcs.jit(own)
    with pytest.raises(KeyError, match="b"):
        jitted(X, "b")
    with pytest.raises(KeyError, match="w"):
        jitted(X, "w")


def test_other_keys_are_another_program() -> None:
    def one_of(params, x):
        return x * params["a"] if "a" in params else x + params["b"]

    jitted = xcs.jit(one_of)
    for params in ({"a": jnp.ones(4)}, {"b": jnp.ones(4)}, {"a": jnp.ones(4), "b": X}):
        np.testing.assert_allclose(jitted(params, X), one_of(params, X))


def test_many_dicts_of_other_keys_stay_right() -> None:
    def total_of(params, x):
        return sum((held * x for held in params.values()), 0 * x)

    jitted = xcs.jit(total_of)
    for count in range(12):
        params = {f"p{count}_{index}": jnp.ones(4) * index for index in range(count)}
        np.testing.assert_allclose(jitted(params, X), total_of(params, X))


def test_a_rebound_global_is_seen() -> None:
    jitted = xcs.jit(with_globals)
    module = sys.modules[__name__]
    before = module.WEIGHTS
    try:
        for held in (before, before * 2, before[:, :1], np.asarray(before), 2.0):
            module.WEIGHTS = held
            if isinstance(held, float):
                with pytest.raises((TypeError, ValueError, AttributeError)):
                    jitted(X)
                continue
            np.testing.assert_allclose(jitted(X), with_globals(X), rtol=1e-6)
            assert type(jitted(X)) is type(with_globals(X))
        del module.WEIGHTS
        with pytest.raises(NameError):
            jitted(X)
    finally:
        module.WEIGHTS = before
    np.testing.assert_allclose(jitted(X), with_globals(X), rtol=1e-6)


def test_a_global_rebound_between_two_uses_is_seen() -> None:
    def rebinding(x):
        global SCALE
        first = x * SCALE
        SCALE = SCALE + 1.0
        return first + x * SCALE

    before = SCALE
    try:
        expected = rebinding(X)
        globals()["SCALE"] = before
        np.testing.assert_allclose(xcs.jit(rebinding)(X), expected)
    finally:
        globals()["SCALE"] = before


def test_a_numpy_global_written_in_place_is_seen() -> None:
    def looked_up(x):
        return x * TABLE + TABLE.sum()

    x = np.ones(6)
    jitted = xcs.jit(looked_up)
    np.testing.assert_array_equal(jitted(x), looked_up(x))
    TABLE[2] = 40.0
    try:
        np.testing.assert_array_equal(jitted(x), looked_up(x))
    finally:
        TABLE[2] = 2.0
    np.testing.assert_array_equal(jitted(x), looked_up(x))


def test_a_numpy_global_in_a_jax_kernel_written_in_place_is_seen() -> None:
    def mixed(x):
        return jnp.tanh(x * TABLE).sum()

    x, jitted = jnp.ones(6) / 64, xcs.jit(mixed)
    np.testing.assert_allclose(jitted(x), mixed(x), rtol=1e-6)
    TABLE[3] = -7.0
    try:
        np.testing.assert_allclose(jitted(x), mixed(x), rtol=1e-6)
    finally:
        TABLE[3] = 3.0


class Loud:
    """Operators with an effect, which give no array."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __mul__(self, other: object) -> None:
        self.log.append("mul")

    __rmul__ = __mul__


def test_operators_of_a_class_keep_their_order_and_result() -> None:
    def multiply(holder, x, log):
        log.append("start")
        found = holder.w * x
        log.append("end")
        return found is None

    jitted = xcs.jit(multiply)
    for held in (jnp.ones(4), Loud, 3, jnp.ones(4), Loud):
        logs: tuple[list[str], list[str]] = ([], [])
        results = [
            function(Holder(held(log) if held is Loud else held), X, log)
            for function, log in zip((multiply, jitted), logs, strict=True)
        ]
        assert results[0] == results[1]
        assert logs[0] == logs[1]


@pytest.mark.parametrize(
    "held",
    [
        2,
        2.5,
        True,
        2**40,
        2**70,
        np.float32(1.5),
        np.float64(1.5),
        np.int8(3),
        np.arange(4),
        jnp.int8(3),
        jnp.float16(2),
        np.ones(4, np.float64),
        jnp.ones((0,)),
        np.ones((2, 0)),
        1j,
    ],
    ids=repr,
)
def test_dtypes_and_weak_types_are_those_of_plain_python(held) -> None:
    def compute(holder, x):
        n = x.shape[0] * 3
        return (x * holder.w + n) / math.sqrt(n) - holder.w

    jitted = xcs.jit(compute)
    for x in (X, X.astype(jnp.float16), jnp.arange(4), jnp.ones((3, 1))):
        holder = Holder(held)
        try:
            expected = compute(holder, x)
        except Exception as error:
            for _ in range(2):
                with pytest.raises(type(error)):
                    jitted(holder, x)
            continue
        for _ in range(2):
            found = jitted(holder, x)
            assert type(found) is type(expected)
            assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
            assert getattr(found, "weak_type", None) == getattr(expected, "weak_type", None)
            np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_whole_numbers_of_shapes_have_no_bound() -> None:
    def wide(x):
        n = x.shape[0] * 2**40
        return x + float(n * n % 7), n * n

    jitted = xcs.jit(wide)
    for x in (jnp.ones(3), jnp.ones(5)):
        found, expected = jitted(x), wide(x)
        np.testing.assert_allclose(found[0], expected[0])
        assert found[1] == expected[1]


def test_facts_fail_in_their_place() -> None:
    def of_shape(x, y):
        z = x @ y
        return z / math.sqrt(x.shape[0] - 3)

    jitted = xcs.jit(of_shape)
    for x, y in ((jnp.ones((2, 2)), jnp.ones((2, 2))), (jnp.ones((2, 2)), jnp.ones((3, 2)))):
        assert text_of(jitted, x, y) == text_of(of_shape, x, y)
    found = jitted(jnp.ones((4, 2)), jnp.ones((2, 2)))
    np.testing.assert_allclose(found, of_shape(jnp.ones((4, 2)), jnp.ones((2, 2))))


def test_a_fact_times_a_global_follows_the_global() -> None:
    def scaled(x):
        return x * (x.shape[0] * SCALE)

    jitted, before = xcs.jit(scaled), SCALE
    try:
        for value in (2.0, 5.0, 7):
            globals()["SCALE"] = value
            np.testing.assert_allclose(jitted(X), scaled(X))
    finally:
        globals()["SCALE"] = before


def test_a_default_of_none_and_an_array_are_told_apart() -> None:
    def optional(x, mask=None):
        y = x * 2
        if mask is None:
            return y.sum()
        return (y * mask).sum()

    jitted = xcs.jit(optional)
    for args in ((X,), (X, None), (X, jnp.zeros((2, 4))), (X, np.zeros((2, 4), np.float32)), (X, 0.5)):
        np.testing.assert_allclose(jitted(*args), optional(*args))


def test_explain_shows_each_kernel_with_its_lines() -> None:
    jitted = xcs.jit(with_attention)
    jitted(QKV, X)
    (kernel,) = (line for line in xcs.explain(jitted).splitlines() if "one kernel" in line)
    assert "11 operations of JAX" in kernel
    assert "swapaxes" in kernel or "matmul" in kernel


def test_numbers_have_no_axis_to_go_along() -> None:
    jitted = xcs.jit(with_globals)
    jitted(X)
    values = xcs.get_jit_stats(jitted)["parallelism_of_values"]
    assert values["WEIGHTS"].can_vmap
    assert "SCALE" not in values


def layer_of(x):
    return jnp.tanh(x * 2.0 + 1.0)


@xcs.op(effect="unordered")
def between(x):
    return x


def two_layers(x):
    return layer_of(between(layer_of(x)))


def other_literal(x):
    return jnp.tanh(x * 2 + 1.0)


def test_equal_regions_are_compiled_once() -> None:
    def functions(program):
        jitted = xcs.jit(program)
        np.testing.assert_allclose(jitted(X), program(X), rtol=1e-6)
        plan = jitted.compile().plan
        callees = [call.callee.value for call in plan.functions[plan.entry].instructions]
        return [callee._staged.staged for callee in callees if isinstance(callee, Kernel)]

    first, second = functions(two_layers)
    assert first is second
    assert functions(layer_of) == [first]
    assert functions(other_literal) != [first]


def test_regions_that_differ_in_a_literal_or_function_are_told_apart() -> None:
    variants = [
        lambda x: jnp.sin(x) * 2,
        lambda x: jnp.cos(x) * 2,
        lambda x: jnp.sin(x) * 2.0,
        lambda x: jnp.sin(x) * True,
        lambda x: 2 * jnp.sin(x),
        lambda x: jnp.sum(x, axis=0) * 2,
        lambda x: jnp.sum(x, axis=1) * 2,
        lambda x: jnp.sum(x, 0) * 2,
        lambda x: (jnp.sin(x), jnp.cos(x)),
        lambda x: (jnp.cos(x), jnp.sin(x)),
    ]
    for held in (X, jnp.arange(8).reshape(2, 4)):
        for variant in variants:
            found, expected = xcs.jit(variant)(held), variant(held)
            for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
                assert (one.dtype, one.weak_type) == (other.dtype, other.weak_type)
                np.testing.assert_allclose(one, other, rtol=1e-6)
