"""The embedded model: a small language model that is really computed, offline, from a few documents.

A prompt is answered in one of three ways, decided by its form:

- several numbered lines (`1. ...`): the number of the line that fits the rest of the prompt best;
- the words `yes or no` in its last line: whether what follows the first line is about it (or, where nothing
  follows, whether any sentence of the documents is);
- anything else: one or two sentences, from a trigram model conditioned on the sentences that tf-idf retrieves.

The same model, prompt and options give the same answer on every machine. Every call sleeps `latency_s` seconds, which
stands for the network of a real model.

Guarantees: an `EmbeddedModel` is a value; what is computed from its documents is built once for each set of
documents, under `_LOCK`, and never changed after that.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ...diagnostics.errors import XCSError
from .default_corpus import TEXTS

if TYPE_CHECKING:
    import numpy as np

    from .decoder import Decoder

DEFAULT_LATENCY_S = 0.05
ENOUGH_SUPPORT = 0.25  # from which the answer is yes; chosen so that answers beside the point get a no

_NUMBERED = re.compile(r"^\s*(\d+)[.)]\s+(.+)$")
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """The options that an embedded model understands, named as chat endpoints name them.

    Attributes:
        latency_s: seconds that a call sleeps.
        temperature: 0 for the likeliest words; at 1 each word is drawn with its probability.
        system: a persona, whose words steer what is retrieved.
        max_tokens: words and punctuation marks of an answer, at most.
        seed: another seed draws other words, where `temperature` is above 0.
    """

    latency_s: float = DEFAULT_LATENCY_S
    temperature: float = 0.0
    system: str = ""
    max_tokens: int = 60
    seed: int = 0

    @staticmethod
    def of(options: Mapping[str, object]) -> EmbeddedOptions:
        """Checked options; raises `XCSError` at the first that is unknown or has another type or range."""
        known = {field.name: field.default for field in fields(EmbeddedOptions)}
        for name, value in options.items():
            if name not in known:
                listed = ", ".join(f"`{option}`" for option in known)
                raise XCSError(f"expected an option of the embedded model ({listed}), found `{name}`")
            wanted = str if name == "system" else int if isinstance(known[name], int) else (int, float)
            if not isinstance(value, wanted):
                kind = {"system": "text", "max_tokens": "an integer", "seed": "an integer"}.get(name, "a number")
                raise XCSError(f"expected {kind} for option `{name}`, found `{value!r}`")
            if name != "seed" and not isinstance(value, str) and not value >= 0:  # type: ignore[operator]
                raise XCSError(f"expected option `{name}` to be 0 or more, found `{value!r}`")
        return EmbeddedOptions(**options)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """One embedded model: a name, and the documents that it knows."""

    model: str = "default"
    corpus: tuple[str, ...] = field(default=TEXTS, repr=False)

    @property
    def provider(self) -> str:
        """The provider's keyword."""
        return "embedded"

    def open(self, options: Mapping[str, object]) -> None:
        """Builds what is computed from its documents."""
        decoder_of(self.corpus)

    def options_under(self, timeout_s: float | None, is_retried: bool) -> dict[str, object]:
        """None: it has no client."""
        return {}

    async def complete_async(self, prompt: str, options: Mapping[str, object]) -> str:
        """The same, the latency awaited."""
        import asyncio

        await asyncio.sleep(EmbeddedOptions.of(options).latency_s)
        return self.complete(prompt, {**options, "latency_s": 0.0})

    def parse(self, prompt: str, options: Mapping[str, object]) -> Any:
        """Not offered."""
        raise XCSError("expected a model of provider `openai` for structured output, found the embedded model")

    def message(self, prompt: Any, options: Mapping[str, object]) -> Any:
        """Not offered."""
        raise XCSError("expected a model of provider `openai` for messages and tools, found the embedded model")

    def complete(self, prompt: str, options: Mapping[str, object]) -> str:
        """The answer to a prompt, after `latency_s` seconds."""
        from .decoder import uniform_noise

        chosen = EmbeddedOptions.of(options)
        decoder = decoder_of(self.corpus)
        time.sleep(chosen.latency_s)
        noise = uniform_noise(self.model, chosen.seed, chosen.system, chosen.temperature, prompt)
        lines = [line for line in prompt.splitlines() if line.strip()]
        choices = [match.groups() for line in lines if (match := _NUMBERED.match(line))]
        if len(choices) > 1:
            question = "\n".join(line for line in lines if not _NUMBERED.match(line))
            scores = decoder.scores(question, [text for _, text in choices])
            return choices[decoder.choose(scores, chosen.temperature, next(noise))][0]
        if lines and "yes or no" in lines[-1].lower():
            support = decoder.support(lines[0], "\n".join(lines[1:-1]))
            return "yes" if support >= ENOUGH_SUPPORT else "no"
        return decoder.answer(prompt, chosen.system, chosen.temperature, noise, chosen.max_tokens)

    def embed(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """`f32[256]`, of length 1 (0 for a text without words), after `latency_s` seconds."""
        chosen = EmbeddedOptions.of(options)
        decoder = decoder_of(self.corpus)
        time.sleep(chosen.latency_s)
        return decoder.index.embedding(text)

    def embed_batch(self, texts: list[str], options: Mapping[str, object]) -> np.ndarray:
        """`f32[texts, 256]`, after one latency."""
        import numpy as np

        from .sentence_index import EMBEDDING_DIM

        chosen = EmbeddedOptions.of(options)
        decoder = decoder_of(self.corpus)
        time.sleep(chosen.latency_s)
        rows = [decoder.index.embedding(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), EMBEDDING_DIM)

    async def embed_async(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """The same as `embed`, the latency awaited."""
        import asyncio

        await asyncio.sleep(EmbeddedOptions.of(options).latency_s)
        return self.embed(text, {**options, "latency_s": 0.0})

    async def embed_batch_async(self, texts: list[str], options: Mapping[str, object]) -> np.ndarray:
        """The same as `embed_batch`, the latency awaited."""
        import asyncio

        await asyncio.sleep(EmbeddedOptions.of(options).latency_s)
        return self.embed_batch(texts, {**options, "latency_s": 0.0})


def decoder_of(corpus: tuple[str, ...]) -> Decoder:
    """The one decoder of a set of documents, built at its first use; the last few sets are kept."""
    with _LOCK:
        return _build_decoder(corpus)


@functools.lru_cache(maxsize=8)
def _build_decoder(corpus: tuple[str, ...]) -> Decoder:
    from .decoder import Decoder

    return Decoder(corpus)
