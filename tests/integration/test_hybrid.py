"""Array code around external calls: an encoder, an analysis by a model, a decoder, in every way they are written."""

from __future__ import annotations

import threading
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

WEIGHTS = np.linspace(-1.0, 1.0, 16, dtype=np.float32).reshape(4, 4)
JAX_WEIGHTS = jnp.asarray(WEIGHTS)


@xcs.op(effect="unordered")
def llm_analyze(embeddings):
    return np.asarray(embeddings) * 2


OPAQUE = {"twice": llm_analyze}


@xcs.op(effect="unordered")
def opaque_analyze(embeddings):
    return OPAQUE["twice"](embeddings)  # of a type that nothing tells


def jnp_encoder(x):
    h = jnp.tanh(x @ JAX_WEIGHTS)
    return h / (jnp.std(h, axis=-1, keepdims=True) + 1e-6)


def jnp_decoder(analysis):
    shifted = jnp.exp(-jnp.asarray(analysis))
    return shifted[..., ::-1] / jnp.sum(shifted)


def numpy_encoder(x):
    h = np.tanh(x @ WEIGHTS)
    return h / (np.std(h) + 1e-6)


def numpy_decoder(analysis):
    shifted = np.exp(-analysis)
    return shifted[::-1] / shifted.sum()


@jax.jit
def jitted_encoder(x):
    return jnp.tanh(x @ JAX_WEIGHTS)


@jax.jit
def jitted_decoder(analysis):
    return jnp.exp(-analysis) / 2


@xcs.module
class Encoder:
    weights: Any

    def __call__(self, x):
        return jnp.tanh(jnp.dot(x, self.weights)) + 1


@xcs.module
class Decoder:
    scale: float

    def __call__(self, analysis):
        return jnp.log1p(jnp.abs(analysis)) * self.scale


def small_encoder(x):
    return jnp.cumsum(scaled(x))


def scaled(x):
    return x * 0.5 + centred(x)


def centred(x):
    return x - jnp.mean(x)


WAYS = {
    "jnp": (jnp_encoder, jnp_decoder, jnp.arange(4.0)),
    "numpy": (numpy_encoder, numpy_decoder, np.arange(4.0, dtype=np.float32)),
    "jitted helpers": (jitted_encoder, jitted_decoder, jnp.arange(4.0)),
    "modules": (Encoder(JAX_WEIGHTS), Decoder(0.5), jnp.arange(4.0)),
    "helpers of helpers": (small_encoder, jnp_decoder, jnp.arange(4.0)),
    "numpy arrays given to jnp code": (jnp_encoder, jnp_decoder, np.arange(4.0, dtype=np.float32)),
}


@pytest.mark.parametrize("way", WAYS)
def test_hybrid_operation_handling(way: str) -> None:
    encoder, decoder, data = WAYS[way]

    @xcs.jit
    def hybrid_pipeline(x):
        embeddings = encoder(x)
        analysis = llm_analyze(embeddings)
        return decoder(analysis)

    result = hybrid_pipeline(data)
    stats = xcs.get_jit_stats(hybrid_pipeline)
    assert (stats["execution_strategy"], stats["tensor_ops"], stats["orchestration_ops"]) == ("hybrid", 2, 1)
    assert stats["fallback"] is None
    expected = decoder(llm_analyze(encoder(data)))
    assert type(result) is type(expected)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_the_analysis_may_give_anything() -> None:
    @xcs.jit
    def hybrid_pipeline(x):
        embeddings = jnp_encoder(x)
        analysis = opaque_analyze(embeddings)
        return jnp_decoder(analysis)

    x = jnp.arange(4.0)
    np.testing.assert_allclose(hybrid_pipeline(x), jnp_decoder(jnp_encoder(x) * 2), rtol=1e-5)
    stats = xcs.get_jit_stats(hybrid_pipeline)
    assert (stats["execution_strategy"], stats["tensor_ops"], stats["orchestration_ops"]) == ("hybrid", 2, 1)


def test_numpy_code_gives_numpy_bit_for_bit() -> None:
    @xcs.jit
    def pipeline(x):
        return numpy_decoder(llm_analyze(numpy_encoder(x)))

    x = np.linspace(0, 1, 4)
    np.testing.assert_array_equal(pipeline(x), numpy_decoder(llm_analyze(numpy_encoder(x))))


def test_automatic_parallelism_discovery() -> None:
    all_started = threading.Barrier(3)

    @xcs.op(effect="unordered")
    def model(x, scale):
        all_started.wait(timeout=30)
        return x * scale

    def ensemble(answers):
        return sum(answers) / len(answers)

    @xcs.jit
    def parallel_models(x):
        a = model(x, 1.0)
        b = model(x, 2.0)
        c = model(x, 3.0)
        return ensemble([a, b, c])

    assert parallel_models(2.0) == 4.0
    stats = xcs.get_jit_stats(parallel_models)
    assert stats["parallel_groups"] > 0
    assert stats["estimated_speedup"] > 1.5


def test_calls_of_several_signals_overlap() -> None:
    all_started = threading.Barrier(4)

    @xcs.op(effect="unordered")
    def ask(features):
        all_started.wait(timeout=30)
        return float(features[0])

    def clean(signal):
        features = jnp.stack([jnp.std(signal[-4:]), jnp.abs(signal[0])])
        weight = ask(features)
        return signal * weight - jnp.linspace(signal[0], signal[-1], signal.shape[0])

    @xcs.jit
    def clean_all(signals):
        return [clean(signal) for signal in signals]

    signals = [np.arange(8, dtype=np.float32) * scale for scale in (1, 2, 3, 4)]
    cleaned = clean_all(signals)
    assert [one.shape for one in cleaned] == [(8,)] * 4
    assert xcs.get_jit_stats(clean_all)["fallback"] is None
