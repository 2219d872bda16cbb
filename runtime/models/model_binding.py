"""`ModelBinding`: a language model with its options, as an immutable, hashable, picklable callable.

Guarantees: a binding has no state of its own, so any thread may call it at any time. Its calls commute with
everything (`Effect.UNORDERED`), so a compiled program overlaps them; none is dropped, repeated or merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...diagnostics.effect import Behaviour, Effect
from ...diagnostics.errors import XCSError
from .text_model import TextModel

if TYPE_CHECKING:
    import numpy as np

SECRET_OPTIONS = frozenset({"api_key"})


@dataclass(frozen=True, slots=True, weakref_slot=True, repr=False)
class ModelBinding:
    """A text model bound to options: `binding(prompt)` answers with text, `binding.embed(text)` with a vector.

    Two bindings are equal where provider, model and options are. Options given with a call win over the bound ones.
    Make one with `xcs.bind`, `xcs.embedded` or `xcs.default_model`.
    """

    __xcs_behaviour__ = Behaviour(Effect.UNORDERED, external=True)
    __xcs_result__ = str

    text_model: TextModel
    frozen_options: tuple[tuple[str, object], ...] = ()

    @staticmethod
    def of(text_model: TextModel, options: Mapping[str, object]) -> ModelBinding:
        """A binding of `text_model`; lists and dicts among the options are frozen."""
        return ModelBinding(text_model, tuple(sorted((name, freeze(name, held)) for name, held in options.items())))

    @property
    def provider(self) -> str:
        """`"embedded"` or `"openai"`."""
        return self.text_model.provider

    @property
    def model(self) -> str:
        """The model's name with its provider."""
        return self.text_model.model

    @property
    def name(self) -> str:
        """Provider and model, as `bind` takes them."""
        return f"{self.provider}:{self.model}"

    @property
    def options(self) -> dict[str, object]:
        """The bound options, in a fresh dict."""
        return {name: thaw(held) for name, held in self.frozen_options}

    def __call__(self, prompt: str, **options: object) -> str:
        """The model's answer; raises what the provider raises."""
        if not isinstance(prompt, str):
            raise XCSError(
                f"expected a prompt of type `str`, found `{type(prompt).__name__}`, in a call of `{self.name}`"
            )
        return self.text_model.complete(prompt, {**self.options, **options})

    def embed(self, text: str, **options: object) -> np.ndarray:
        """`f32[dim]`, of length 1: the direction of `text` in the model's space of meanings."""
        import numpy as np  # loaded by whoever embeds; importing it here keeps programs without arrays light

        return np.asarray(self.text_model.embed(text, {**self.options, **options}))

    def with_options(self, **options: object) -> ModelBinding:
        """The same model with these options on top of the bound ones."""
        return ModelBinding.of(self.text_model, {**self.options, **options})

    def __repr__(self) -> str:
        shown = (f", {name}={'***' if name in SECRET_OPTIONS else repr(held)}" for name, held in self.frozen_options)
        return f"ModelBinding({self.name!r}{''.join(shown)})"


ModelBinding.embed.__xcs_result__ = "numpy.ndarray"  # type: ignore[attr-defined]
ModelBinding.embed.__xcs_behaviour__ = ModelBinding.__xcs_behaviour__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class FrozenMapping:
    """A dict given as an option, while it is part of a binding: hashable, equal by content."""

    pairs: tuple[tuple[str, object], ...]


def freeze(name: str, value: object) -> object:
    """`value` as a hashable value that is equal by content; raises `XCSError` where there is none."""
    if isinstance(value, Mapping):
        return FrozenMapping(tuple((key, freeze(name, value[key])) for key in sorted(value)))
    if isinstance(value, list | tuple):
        return tuple(freeze(name, held) for held in value)
    try:
        hash(value)
    except TypeError:
        raise XCSError(f"expected a hashable value for option `{name}`, found `{type(value).__name__}`") from None
    return value


def thaw(value: object) -> object:
    """The inverse of `freeze`, except that a list comes back as a tuple."""
    if isinstance(value, FrozenMapping):
        return {key: thaw(held) for key, held in value.pairs}
    if isinstance(value, tuple):
        return tuple(map(thaw, value))
    return value
