"""What a provider of language models has to offer: the protocol behind every `ModelBinding`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

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

    def embed(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """`f32[dim]`, of length 1: where `text` lies in the space of meanings."""
        ...
