"""What the embedded model computes from its documents: answers, choices and support. Pure functions of their inputs.

Guarantees: immutable after construction, so any thread may ask at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from .corpus_text import sentences_of, text_of, tokens_of
from .ngram_model import END, START, ContinuationTable, NgramModel
from .sentence_index import DECIMALS, SentenceIndex

NUM_RETRIEVED = 4  # sentences an answer is conditioned on; with more, the trigrams wander off the topic
NUM_CANDIDATES = 8  # tokens a sampled step may choose from
ENOUGH_TOKENS = 14  # a shorter first sentence is followed by a second one
PERSONA_SHARE = 0.75  # weight of the persona's words in retrieval, against 1 for the prompt's
FLUENCY_SHARE = 0.01  # of a nat a token, in the score of an option: it only breaks ties
NO_ANSWER = "The documents do not say."


class Decoder:
    """Retrieval and decoding over one set of documents."""

    def __init__(self, texts: Sequence[str]) -> None:
        sentences = sentences_of(texts) or [tokens_of(NO_ANSWER)]
        self.index = SentenceIndex([text_of(sentence) for sentence in sentences])
        self._language = NgramModel(sentences)

    def answer(self, prompt: str, persona: str, temperature: float, noise: Iterator[float], max_tokens: int) -> str:
        """One or two sentences about the prompt, as the persona sees it."""
        context = self._retrieve(prompt, persona, temperature, noise)
        if context is None:
            return NO_ANSWER
        written: list[str] = []
        used: set[tuple[int, int, int]] = set()
        while len(written) < min(ENOUGH_TOKENS, max_tokens):
            sentence = self._sentence(context, temperature, noise, used, max_tokens - len(written))
            if not sentence:
                break
            written += sentence
        return text_of(written)

    def scores(self, question: str, options: Sequence[str]) -> np.ndarray:
        """`f64[options]`: how well each option fits the question: the cosine of their embeddings, then fluency."""
        target = self.index.embedding(question)
        closeness = [float(self.index.embedding(option) @ target) for option in options]
        fluency = [self._language.mean_log_probability(tokens_of(option)) for option in options]
        return np.round(np.array(closeness) + FLUENCY_SHARE * np.array(fluency), DECIMALS // 2)

    def support(self, claim: str, evidence: str) -> float:
        """How far the evidence, or without any the nearest sentence, is about the claim, from 0 to 1.

        The mean of two views: the share of the claim's words found there, and the cosine of the embeddings.
        """
        if not evidence:
            return float(self.index.similarities(self.index.weights(claim)).max())
        cosine = float(self.index.embedding(claim) @ self.index.embedding(evidence))
        return round((self.index.coverage(claim, evidence) + max(cosine, 0.0)) / 2, DECIMALS // 2)

    def _retrieve(
        self, prompt: str, persona: str, temperature: float, noise: Iterator[float]
    ) -> ContinuationTable | None:
        """The trigrams of the sentences nearest to the prompt; a temperature perturbs which ones those are."""
        query = self.index.weights(prompt)
        if not self.index.similarities(query).any():
            return None  # a persona alone is no reason to speak
        for word, weight in self.index.weights(persona).items():
            query[word] = query.get(word, 0.0) + PERSONA_SHARE * weight
        similarities = self.index.similarities(query)
        jitter = np.array([next(noise) for _ in range(2 * NUM_RETRIEVED)])
        nearest = np.argsort(-similarities, kind="stable")[: 2 * NUM_RETRIEVED]
        perturbed = similarities[nearest] * (1 + temperature * (2 * jitter[: len(nearest)] - 1))
        kept = np.argsort(-perturbed, kind="stable")[:NUM_RETRIEVED]
        kept = kept[perturbed[kept] > 0]
        # Cubed, so that the nearest sentence leads and the others are taken up where they share its words.
        return self._language.context(nearest[kept].tolist(), (perturbed[kept] ** 3).tolist())

    def _sentence(
        self,
        context: ContinuationTable,
        temperature: float,
        noise: Iterator[float],
        used: set[tuple[int, int, int]],
        max_tokens: int,
    ) -> list[str]:
        """The tokens of one more sentence; no trigram is written twice, so decoding can't loop."""
        before: tuple[int, int] = (START, START)
        sentence: list[str] = []
        while len(sentence) < max_tokens:
            probability = self._language.next_token(before, context)
            for token in [third for first, second, third in used if (first, second) == before]:
                probability[token] = 0.0
            token = self.choose(probability, temperature, next(noise))
            used.add((before[0], before[1], token))
            if token == END:
                break
            before = (before[1], token)
            sentence.append(self._language.vocabulary[token])
        return sentence

    @staticmethod
    def choose(scores: np.ndarray, temperature: float, uniform: float) -> int:
        """The index of the largest score, or at a temperature one of the largest few, each with its share.

        Ties go to the lowest index. Scores are shares `score ** (1 / temperature)`; negative ones count as none.
        """
        order = np.argsort(-np.round(scores, DECIMALS), kind="stable")[:NUM_CANDIDATES]
        if temperature <= 0:
            return int(order[0])
        largest = max(float(scores[order[0]]), 1e-12)
        shares = (np.clip(scores[order], 0.0, None) / largest) ** (1.0 / temperature)
        reached = np.cumsum(shares) >= uniform * shares.sum()
        return int(order[np.argmax(reached)])


def uniform_noise(*seeds: object) -> Iterator[float]:
    """Numbers in [0, 1) that depend on the seeds alone: on no clock, process, hash seed or library version."""
    key = hashlib.blake2b("\0".join(map(repr, seeds)).encode("utf-8", "surrogatepass"), digest_size=32).digest()
    step = 0
    while True:
        block = hashlib.blake2b(step.to_bytes(8, "little"), key=key, digest_size=64).digest()
        for start in range(0, 64, 8):
            yield int.from_bytes(block[start : start + 8], "little") / 2**64
        step += 1
