"""Array code around a model call: encoder, analysis, decoder. Run `python examples/hybrid_pipeline.py`."""

from __future__ import annotations

import time

import jax.numpy as jnp
import numpy as np

import xcs

FILTERS = (
    "the signal is noisy: smooth the noise away",
    "the signal drifts: remove the drift",
    "the signal is clean: keep it",
)
ask = xcs.embedded(FILTERS)


def encoder(signal):
    """What there is to say about a signal: f32[time] to f32[2], the shares of noise and of drift."""
    noise = jnp.std(jnp.diff(signal, 2))
    drift = jnp.abs(jnp.mean(signal[-16:]) - jnp.mean(signal[:16]))
    return jnp.stack([noise, drift]) / (jnp.std(signal) + 1e-6)


def analyze(features):
    """A model's choice among the filters, as weights: f32[2] to f32[3]."""
    noise, drift = features.tolist()
    finding = "noisy, it has noise" if noise > 0.5 else "drifting, it has drift" if drift > 1.0 else "clean"
    options = "\n".join(f"{number}. {text}" for number, text in enumerate(FILTERS, 1))
    reply = ask(f"The signal is {finding}. What should be done?\n{options}\nReply with a number.")
    return np.eye(len(FILTERS), dtype=np.float32)[int(reply) - 1]


def decoder(signal, weights):
    """The signal through the weighted filters: f32[time], f32[3] to f32[time]."""
    smoothed = jnp.convolve(signal, jnp.ones(9) / 9, mode="same")
    straightened = signal - jnp.linspace(signal[0], signal[-1], signal.shape[0])
    return weights @ jnp.stack([smoothed, straightened, signal])


@xcs.jit
def clean(signal):
    """Tensor work, one model call, tensor work."""
    features = encoder(signal)
    weights = analyze(features)
    return decoder(signal, weights)


@xcs.jit
def clean_all(signals):
    """Several signals: while one waits for its model, the others compute."""
    return [clean(signal) for signal in signals]


def main() -> None:
    """Prints how much each filter has taken away, and what the overlap was worth."""
    t = np.linspace(0, 6, 128, dtype=np.float32)
    rough = np.random.default_rng(0).normal(0, 1, 128).astype(np.float32)
    signals = [np.sin(t * speed) + kind for speed in (1.0, 2.0) for kind in (rough, 3 * t, 0 * t)]
    with xcs.disable_jit():
        clean_all(signals)  # loads JAX's kernels before the clocks run
        start = time.perf_counter()
        plain = clean_all(signals)
    plain_s = time.perf_counter() - start
    clean_all(signals)  # traces and compiles
    start = time.perf_counter()
    cleaned = clean_all(signals)
    jitted_s = time.perf_counter() - start
    for signal, expected, found in zip(signals, plain, cleaned, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
        print(f"deviation {np.std(signal):5.2f} before, {np.std(found):5.2f} after")
    print(f"plain Python {plain_s:.2f} s, xcs.jit {jitted_s:.2f} s, {plain_s / jitted_s:.1f}x")
    stats = xcs.get_jit_stats(clean_all)
    print({name: stats.get(name) for name in ("execution_strategy", "tensor_ops", "orchestration_ops")})


if __name__ == "__main__":
    main()
