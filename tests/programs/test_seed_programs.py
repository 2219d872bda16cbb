"""Array programs as users write them: results and errors as plain Python's or `jax.jit`'s, kernels as text."""

from __future__ import annotations

import re
import threading
import traceback
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.lowering.vectorized_map import VectorizedKernel

TEXTS = ["alpha", "beta beta", "gamma", "delta delta delta"]


class CountingModel:
    """Encodes a text as the counts of some letters, once as many calls are under way as there are texts."""

    def __init__(self, num_calls: int) -> None:
        self.barrier = threading.Barrier(num_calls)

    def tokenize(self, text: str) -> str:
        return text.replace(" ", "")

    @xcs.op(effect="unordered")
    def encode(self, tokens: str) -> np.ndarray:
        self.barrier.wait(timeout=30)
        return np.array([tokens.count(letter) for letter in "abgd"], dtype=np.float32)


@xcs.module
class TextEncoder:
    model: Any
    max_length: int = 512

    def __call__(self, text: str) -> np.ndarray:
        tokens = self.model.tokenize(text)[: self.max_length]
        return self.model.encode(tokens)


@xcs.module
class Scorer:
    weights: np.ndarray
    bias: float = 0.0

    def __call__(self, embedding: np.ndarray) -> float:
        return float(embedding @ self.weights + self.bias)


def test_classify_texts_encodes_all_texts_at_once() -> None:
    model, weights = CountingModel(len(TEXTS)), np.array([1.0, -2.0, 0.5, 0.25], dtype=np.float32)

    @xcs.jit
    def classify_texts(texts: list[str]) -> list[float]:
        encoder = TextEncoder(model=model)
        scorer = Scorer(weights=weights)
        embeddings = [encoder(text) for text in texts]
        return [scorer(embedding) for embedding in embeddings]

    found = classify_texts(TEXTS)
    counts = [np.array([text.count(letter) for letter in "abgd"], dtype=np.float32) for text in TEXTS]
    assert found == [float(count @ weights + 0.0) for count in counts]
    assert xcs.get_jit_stats(classify_texts)["fallback"] is None
    plan = classify_texts.compile().plan
    callees = [getattr(one, "callee", None) for one in plan.functions[plan.entry].instructions]
    scoring = [one for one in callees if isinstance(getattr(one, "value", None), VectorizedKernel)]
    assert len(scoring) == 1  # one kernel for the scores of all texts


def attention(q, k, v):
    scores = q @ k.T / jnp.sqrt(q.shape[-1])
    return jax.nn.softmax(scores - scores.max(axis=-1, keepdims=True), axis=-1) @ v


def updates(x):
    y = x.at[0].set(7.0).at[:, 1].add(x[:, 0])
    return {"y": y, "sum": y.sum(), "first": [y[0], y[-1:, ::2]], "n": 3}


def shapes(x, y):
    rows, columns = x.shape
    return jnp.ones((columns, rows)) @ x + y[: x.shape[0], None].mean() * x.ndim


X = jnp.linspace(-1.0, 1.0, 12).reshape(3, 4)
SQUARE = jnp.linspace(0.0, 2.0, 16).reshape(4, 4)
ALL_JAX = {
    "attention": (attention, (SQUARE, SQUARE + 1, SQUARE * 2)),
    "updates": (updates, (X,)),
    "shapes": (shapes, (X, jnp.arange(5.0))),
}


@pytest.mark.parametrize("name", ALL_JAX)
def test_all_jax_programs_give_what_jax_jit_gives_bit_for_bit(name: str) -> None:
    function, args = ALL_JAX[name]
    jitted = xcs.jit(function)
    for _ in range(2):  # the second call is dispatched directly where it can be
        found, expected = jitted(*args), jax.jit(function)(*args)
        assert jax.tree.structure(found) == jax.tree.structure(expected)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_array_equal(one, other)
    stats = xcs.get_jit_stats(jitted)
    assert (stats["tensor_ops"], stats["fallback"], stats["calls"]) == (1, None, 2)


def test_one_program_serves_every_shape_and_dtype() -> None:
    jitted = xcs.jit(attention)
    for size in (2, 3, 5):
        x = jnp.arange(size * size, dtype=jnp.bfloat16).reshape(size, size)
        np.testing.assert_array_equal(jitted(x, x, x), jax.jit(attention)(x, x, x))
    assert xcs.get_jit_stats(jitted)["traces"] == 1


def test_results_that_are_no_arrays_stay_what_they_are() -> None:
    found = xcs.jit(updates)(X)
    assert type(found["n"]) is int
    assert list(found) == ["y", "sum", "first", "n"]


SCALE = 2.0


def scaled(x):
    return jnp.sin(x) * SCALE


def test_direct_calls_see_rebound_globals(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = xcs.jit(scaled)
    first = [jitted(X) for _ in range(3)][-1]
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    np.testing.assert_allclose(jitted(X), first * 1.5, rtol=1e-6)
    monkeypatch.setattr(jnp, "sin", jnp.cos)
    np.testing.assert_array_equal(jitted(X), jnp.cos(X) * 3.0)


def test_direct_calls_respect_disable_jit() -> None:
    jitted = xcs.jit(attention)
    args = ALL_JAX["attention"][1]
    jitted(*args)
    calls = xcs.get_jit_stats(jitted)["calls"]
    with xcs.disable_jit():
        np.testing.assert_allclose(jitted(*args), attention(*args))
    assert xcs.get_jit_stats(jitted)["calls"] == calls


def power(x, n):
    return jnp.reshape(x, (n, -1)) ** n + 0.5


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("x", [X, np.asarray(X), np.asarray(X, np.float64)], ids=["jax", "float32", "float64"])
def test_python_numbers_as_shapes_and_exponents(x: Any, n: int) -> None:
    found, expected = xcs.jit(power)(x, n), power(x, n)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    assert getattr(found, "weak_type", None) == getattr(expected, "weak_type", None)


def pooled(xs):
    return jnp.stack(xs).mean(axis=0), len(xs)


@pytest.mark.parametrize("xs", [[X, X * 2], [np.ones(3), np.zeros(3)], [1.0, 2.0], [X] * 100], ids=str.__class__)
def test_a_list_of_arrays_as_argument(xs: list[Any]) -> None:
    found, expected = xcs.jit(pooled)(xs), pooled(xs)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
    assert found[0].dtype == expected[0].dtype
    assert found[1] == expected[1]


def mixed(x):
    doubled = x * 2.5  # NumPy's own arithmetic where `x` is NumPy's
    return doubled.sum(), jnp.sin(doubled) + x[0]


def test_numpy_arrays_in_jax_code_keep_numpy_arithmetic() -> None:
    x = np.linspace(0, 1, 7).reshape(7, 1)
    found, expected = xcs.jit(mixed)(x), mixed(x)
    assert type(found[0]) is type(expected[0]) is np.float64
    assert found[0] == expected[0]
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-6)


def test_x64_types() -> None:
    with jax.enable_x64(True):
        x = jnp.linspace(0, 1, 5, dtype=jnp.float64)
        found, expected = xcs.jit(scaled)(x), jax.jit(scaled)(x)
        assert found.dtype == expected.dtype == jnp.float64
        np.testing.assert_array_equal(found, expected)
    assert xcs.jit(scaled)(np.linspace(0, 1, 5)).dtype == jnp.float32


def mismatch(x, y):
    h = jnp.sin(x)
    h = h + 1
    return h @ y  # this line


@pytest.mark.parametrize("make", [jnp.ones, np.ones], ids=["jax", "numpy"])
def test_a_shape_mismatch_is_jax_s_own_error_at_the_user_s_line(make: Any) -> None:
    jitted, x = xcs.jit(mismatch), make((3, 4))
    with pytest.raises(Exception) as plain:
        mismatch(x, x)
    for _ in range(2):
        with pytest.raises(type(plain.value), match=re.escape(str(plain.value))) as found:
            jitted(x, x)
        lines = [frame.line for frame in traceback.extract_tb(found.value.__traceback__) if frame.filename == __file__]
        assert lines[-1] == "return h @ y  # this line"
    np.testing.assert_array_equal(jitted(x, make((4, 2))), jax.jit(mismatch)(x, make((4, 2))))


def two_kernels(x, w):
    features = jnp.tanh(x @ w) / (jnp.std(x) + 1e-6)
    return jax.nn.softmax(jnp.asarray(analyzed(features)) + features)


@xcs.op(effect="unordered")
def analyzed(features):
    return features.tolist()


def test_stablehlo_is_attached_where_operand_types_are_known_and_verifies() -> None:
    from jax.extend.mlir import ir

    text = xcs.jit(two_kernels).lower(X, SQUARE).as_text("stablehlo")
    payload = re.search(r"xcs\.xla @kernel_0 \{\n(.*?)\n\}\n  xcs", text, re.DOTALL)
    assert payload is not None
    assert "stablehlo.tanh" in payload[1]
    assert "xcs.xla_call pure @kernel_0(%x, %w) -> (tensor<3x4xf32>)" in text
    assert text.count("xcs.tensor jax") >= 1  # what waits for the call is compiled once its operands are there
    with jax._src.interpreters.mlir.make_ir_context():
        module = ir.Module.parse(payload[1])
        assert module.operation.verify()


def test_arguments_of_known_shape_have_tensor_types() -> None:
    traced = xcs.jit(attention).trace(*ALL_JAX["attention"][1])
    assert "@attention(%q : tensor<4x4xf32>, %k : tensor<4x4xf32>, %v : tensor<4x4xf32>)" in traced.as_text()
