"""Modules: an encoder that waits for a model, a scorer with NumPy weights. Run `python examples/classify_texts.py`."""

from __future__ import annotations

import time

import numpy as np

import xcs

PRAISE = "fast answers, clear documentation, friendly people, it works"
COMPLAINT = "slow crash, lost data, confusing error, nobody replied"
TEXTS = [
    "The documentation is clear and it works on the first try.",
    "It crashed twice and my data was lost.",
    "Friendly people, and a fast answer to every question.",
    "The error is confusing and nobody has replied for a week.",
    "Installing is slow, and then it crashes with an error.",
    "Clear answers from friendly people!",
]


@xcs.module
class TextEncoder:
    """Texts to unit vectors, f32[256], by a model that is somewhere else."""

    model: xcs.ModelBinding
    max_length: int = 512

    def __call__(self, text: str) -> np.ndarray:
        """The direction of a text."""
        words = text.split()[: self.max_length]
        return self.model.embed(" ".join(words))


@xcs.module
class Scorer:
    """A linear classifier: f32[256] to a score, above zero for praise."""

    weights: np.ndarray
    bias: float = 0.0

    def __call__(self, embedding: np.ndarray) -> float:
        """The score of one encoded text."""
        return float(embedding @ self.weights + self.bias)


encoder = TextEncoder(model=xcs.embedded([PRAISE, COMPLAINT]))
scorer = Scorer(weights=encoder(PRAISE) - encoder(COMPLAINT))


@xcs.jit
def classify_texts(texts: list[str]) -> list[float]:
    """A score for each text; the encodings overlap."""
    embeddings = [encoder(text) for text in texts]
    return [scorer(embedding) for embedding in embeddings]


def main() -> None:
    """Prints the scores, and what the overlap was worth."""
    start = time.perf_counter()
    with xcs.disable_jit():
        plain = classify_texts(TEXTS)
    plain_s = time.perf_counter() - start
    classify_texts(TEXTS)  # traces and compiles
    start = time.perf_counter()
    scores = classify_texts(TEXTS)
    jitted_s = time.perf_counter() - start
    assert scores == plain
    for text, score in zip(TEXTS, scores, strict=True):
        print(f"{'praise   ' if score > 0 else 'complaint'} {score:+.2f}  {text}")
    print(f"plain Python {plain_s:.2f} s, xcs.jit {jitted_s:.2f} s, {plain_s / jitted_s:.1f}x")


if __name__ == "__main__":
    main()
