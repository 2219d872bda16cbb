"""A trigram language model with interpolated Kneser-Ney smoothing, over sentences of tokens.

Chen and Goodman, "An empirical study of smoothing techniques for language modeling" (1999), section 2.7; differs in
that one discount serves all orders, and in the mixture with a context of retrieved sentences.

Guarantees: immutable after construction, so any thread may ask at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DISCOUNT = 0.75  # the usual absolute discount
CONTEXT_SHARE = 0.9  # of the next token's probability that comes from the retrieved sentences, where they know one
START, END = 0, 1  # the tokens before and after each sentence
Continuations = tuple[np.ndarray, np.ndarray]  # tokens i64[n] that followed some prefix, and how often f64[n]
NO_CONTINUATION: Continuations = (np.empty(0, dtype=np.int64), np.empty(0))


class ContinuationTable:
    """What followed each prefix, and how often; prefixes are integers."""

    def __init__(self, prefixes: np.ndarray, tokens: np.ndarray, counts: np.ndarray) -> None:
        order = np.lexsort((tokens, prefixes))
        prefixes, self._tokens, self._counts = prefixes[order], tokens[order], counts[order]
        found, starts = np.unique(prefixes, return_index=True)
        ends = np.append(starts[1:], len(prefixes))
        self._spans = dict(zip(found.tolist(), zip(starts.tolist(), ends.tolist(), strict=True), strict=True))

    def after(self, prefix: int) -> Continuations:
        """The tokens that followed `prefix`, ascending, with their counts."""
        if prefix not in self._spans:
            return NO_CONTINUATION
        start, end = self._spans[prefix]
        return self._tokens[start:end], self._counts[start:end]


class NgramModel:
    """Probabilities of the next token, given the two before it."""

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        self.vocabulary = ["<s>", "</s>", *dict.fromkeys(token for sentence in sentences for token in sentence)]
        self._index = {token: index for index, token in enumerate(self.vocabulary)}
        self._trigrams = [self._trigrams_of(sentence) for sentence in sentences]
        size = len(self.vocabulary)
        trigrams, counts = np.unique(np.concatenate(self._trigrams), axis=0, return_counts=True)
        bigrams, continuations = np.unique(trigrams[:, 1:], axis=0, return_counts=True)
        self._after_two = ContinuationTable(
            trigrams[:, 0] * size + trigrams[:, 1], trigrams[:, 2], counts.astype(float)
        )
        self._after_one = ContinuationTable(bigrams[:, 0], bigrams[:, 1], continuations.astype(float))
        self._unigrams = (np.bincount(bigrams[:, 1], minlength=size) + 1.0) / (len(bigrams) + size)

    def context(self, sentence_indices: Sequence[int], weights: Sequence[float]) -> ContinuationTable:
        """The trigrams of some sentences of the corpus, each counted with its sentence's weight."""
        rows = np.concatenate([self._trigrams[i] for i in sentence_indices])
        counts = np.concatenate(
            [np.full(len(self._trigrams[i]), w) for i, w in zip(sentence_indices, weights, strict=True)]
        )
        return ContinuationTable(rows[:, 0] * len(self.vocabulary) + rows[:, 1], rows[:, 2], counts)

    def next_token(self, before: tuple[int, int], context: ContinuationTable) -> np.ndarray:
        """`f64[vocabulary]`: the probability of each token after the tokens `before`."""
        smoothed = self._smoothed(before)
        tokens, counts = context.after(before[0] * len(self.vocabulary) + before[1])
        if len(tokens) == 0:
            return smoothed
        smoothed *= 1 - CONTEXT_SHARE
        np.add.at(smoothed, tokens, CONTEXT_SHARE * counts / counts.sum())
        return smoothed

    def mean_log_probability(self, tokens: Sequence[str]) -> float:
        """How likely a sentence is, in nats a token; an unknown token counts as the rarest."""
        ids = [START, START, *(self._index.get(token, -1) for token in tokens), END]
        least = float(self._unigrams.min())
        total = 0.0
        for first, second, third in zip(ids, ids[1:], ids[2:], strict=False):
            known = third >= 0
            total += float(np.log(self._smoothed((first, second))[third] if known else least))
        return total / (len(ids) - 2)

    def _smoothed(self, before: tuple[int, int]) -> np.ndarray:
        """Interpolated Kneser-Ney: each order's discounted counts over the next lower order."""
        probability = self._unigrams.copy()
        prefix = before[0] * len(self.vocabulary) + before[1]
        for tokens, counts in (self._after_one.after(before[1]), self._after_two.after(prefix)):
            if len(tokens):
                total = counts.sum()
                probability *= DISCOUNT * len(tokens) / total
                probability[tokens] += (counts - DISCOUNT) / total
        return probability

    def _trigrams_of(self, sentence: Sequence[str]) -> np.ndarray:
        """`i64[n + 1, 3]`: the trigrams of one sentence between its start and its end."""
        ids = np.array([START, START, *(self._index[token] for token in sentence), END])
        return np.stack([ids[:-2], ids[1:-1], ids[2:]], axis=1)
