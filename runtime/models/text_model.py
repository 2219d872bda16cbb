"""What a provider of language models has to offer: the protocol behind every `ModelBinding`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


class TextModel(Protocol):
    """A model of one provider: an immutable, hashable, picklable value; connections are opened by the first call.

    Any number of threads may call one text model at the same time.
    """

    @property
    def provider(self) -> str:
        """The provider's keyword, as `bind` spells it before the colon."""
        ...

    @property
    def model(self) -> str:
        """The model's name with its provider, as `bind` spells it after the colon."""
        ...

    def complete(self, prompt: str, options: Mapping[str, object]) -> str:
        """The model's answer to `prompt`; raises `XCSError` where an option isn't understood."""
        ...

    def open(self, options: Mapping[str, object]) -> None:
        """Gets ready what the first call would have to make, so that it isn't made while the call counts for limits."""
        ...

    def options_under(self, timeout_s: float | None, is_retried: bool) -> dict[str, object]:
        """Options with which its client leaves timeouts and retries to a policy."""
        ...

    async def complete_async(self, prompt: str, options: Mapping[str, object]) -> str:
        """`complete`, awaited."""
        ...

    def embed(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """`f32[dim]`, of length 1: where `text` lies in the space of meanings."""
        ...

    def embed_batch(self, texts: list[str], options: Mapping[str, object]) -> np.ndarray:
        """`f32[texts, dim]`, each row as `embed` gives it."""
        ...

    async def embed_async(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """`embed`, awaited."""
        ...

    async def embed_batch_async(self, texts: list[str], options: Mapping[str, object]) -> np.ndarray:
        """`embed_batch`, awaited."""
        ...

    def parse(self, prompt: str, options: Mapping[str, object]) -> Any:
        """An instance of the option `response_format`; raises `ValueError` where the model gives none."""
        ...

    def message(self, prompt: Any, options: Mapping[str, object]) -> Any:
        """The client's own message for a prompt or a conversation."""
        ...
