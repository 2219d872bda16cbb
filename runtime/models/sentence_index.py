"""Retrieval: which sentences of a corpus a text is about, by tf-idf cosine, and the meaning of a text as a vector.

Guarantees: immutable after construction, so any thread may search at any time.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from .corpus_text import words_of

NUM_FEATURES = 4096  # hash buckets of an embedding before projection; few collisions in a text of a page
EMBEDDING_DIM = 256
DECIMALS = 9  # scores are rounded, so that the last bits of a sum, which differ by machine, decide nothing


class SentenceIndex:
    """An inverted index over sentences, with the inverse document frequency of each word."""

    def __init__(self, sentences: Sequence[str]) -> None:
        bags = [Counter(words_of(sentence)) for sentence in sentences]
        frequency = Counter(word for bag in bags for word in bag)
        self._num_sentences = len(bags)
        self._idf = {word: math.log1p(len(bags) / count) for word, count in frequency.items()}
        self._unseen_idf = math.log1p(len(bags))
        lengths = [math.sqrt(sum((count * self._idf[w]) ** 2 for w, count in bag.items())) or 1.0 for bag in bags]
        postings: dict[str, tuple[list[int], list[float]]] = {word: ([], []) for word in frequency}
        for index, bag in enumerate(bags):
            for word, count in bag.items():
                postings[word][0].append(index)
                postings[word][1].append(count * self._idf[word] / lengths[index])
        self._postings = {word: (np.array(rows), np.array(weights)) for word, (rows, weights) in postings.items()}

    def weights(self, text: str) -> dict[str, float]:
        """The tf-idf weight of each word of a text; a word that the corpus doesn't know counts as the rarest."""
        return {word: n * self._idf.get(word, self._unseen_idf) for word, n in Counter(words_of(text)).items()}

    def similarities(self, query: dict[str, float]) -> np.ndarray:
        """`f64[sentences]`: the cosine of a weighted query with each sentence."""
        scores = np.zeros(self._num_sentences)
        for word, weight in query.items():
            if word in self._postings:
                rows, weights = self._postings[word]
                scores[rows] += weight * weights
        length = math.sqrt(sum(weight * weight for weight in query.values())) or 1.0
        return np.round(scores / length, DECIMALS)

    def coverage(self, claim: str, evidence: str) -> float:
        """The share of a claim's weight whose words the evidence has too, from 0 to 1."""
        claimed, found = self.weights(claim), self.weights(evidence)
        total = sum(claimed.values())
        return (
            round(sum(weight for word, weight in claimed.items() if word in found) / total, DECIMALS) if total else 0.0
        )

    def embedding(self, text: str) -> np.ndarray:
        """`f32[256]`, of length 1 (0 for a text without words): hashed words and letter triples, projected.

        The projection is random signs (Achlioptas, "Database-friendly random projections", 2003), so cosines of
        texts are kept to about 1/16.
        """
        features: dict[int, float] = {}
        for word, weight in self.weights(text).items():
            padded = f"<{word}>"
            triples = [padded[i : i + 3] for i in range(len(padded) - 2)]
            for feature, share in ((word, 1.0), *((triple, 0.5 / len(triples)) for triple in triples)):
                bucket = zlib.crc32(feature.encode()) % NUM_FEATURES
                features[bucket] = features.get(bucket, 0.0) + share * weight
        if not features:
            return np.zeros(EMBEDDING_DIM, dtype=np.float32)
        projected = np.array(list(features.values())) @ _PROJECTION[list(features)].astype(np.float64)
        return np.round(projected / np.linalg.norm(projected), DECIMALS).astype(np.float32)


def _random_signs() -> np.ndarray:
    """`i8[features, dim]` of +1 and -1, the same on every machine and for every version of NumPy."""
    stream = hashlib.shake_256(b"xcs embedding").digest(NUM_FEATURES * EMBEDDING_DIM // 8)
    bits = np.unpackbits(np.frombuffer(stream, dtype=np.uint8))
    return bits.reshape(NUM_FEATURES, EMBEDDING_DIM).astype(np.int8) * np.int8(2) - np.int8(1)


_PROJECTION = _random_signs()
