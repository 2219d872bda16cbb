"""`ModelBinding`: a language model with its options, as an immutable, hashable, picklable callable.

Guarantees: a binding has no state of its own, so any thread may call it at any time. Its calls commute with
everything (`Effect.UNORDERED`), so a compiled program overlaps them; none is dropped, repeated or merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...diagnostics.errors import XCSError
from ...diagnostics.secrets import is_secret_name, masked, without_credentials
from ..limits.journey import Journey
from ..limits.limited_call import call_limited
from .endpoint import Endpoint
from .model_methods import ModelMethods
from .text_model import TextModel

_HIDDEN_OPTIONS = frozenset({"extra_headers", "extra_query", "default_headers", "organization"})
"""Options whose values hold secrets; others do by their names."""


@dataclass(frozen=True, slots=True, weakref_slot=True, repr=False)
class ModelBinding(ModelMethods):
    """A text model bound to options: `binding(prompt)` answers with text, `binding.embed(text)` with a vector.

    Two bindings are equal where provider, model and options are. Options given with a call win over the bound ones.
    Make one with `xcs.bind`, `xcs.embedded` or `xcs.default_model`.
    """

    __xcs_limited__ = True

    __xcs_result__ = str

    text_model: TextModel
    frozen_options: tuple[tuple[str, object], ...] = ()

    @staticmethod
    def of(text_model: TextModel, options: Mapping[str, object]) -> ModelBinding:
        """A binding of `text_model`; lists and dicts among the options are frozen."""
        Endpoint.of(text_model, options)  # a policy that is not possible is found here
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

    def __xcs_journal_key__(self) -> tuple[object, ...]:
        """What a journal takes for the same model: its name and options, whoever pays for them."""
        return self.name, *(pair for pair in self.frozen_options if pair[0] != "api_key")

    def with_options(self, **options: object) -> ModelBinding:
        """The same model with these options on top of the bound ones."""
        return ModelBinding.of(self.text_model, {**self.options, **options})

    def endpoint(self, options: Mapping[str, object]) -> Endpoint:
        """Where a call with these options on top of the bound ones goes."""
        return Endpoint.of(self.text_model, {**self.options, **options})

    def _journey_of(self, kind: str, subject: Any, options: Mapping[str, object]) -> Journey | None:
        return self._way(kind, subject, options)[1]

    def _way(self, kind: str, subject: Any, options: Mapping[str, object]) -> tuple[Endpoint, Journey | None]:
        endpoint = self.endpoint(options)
        journey = endpoint.journey(kind, subject)
        if journey is not None:
            endpoint.text_model.open(endpoint.options)
        return endpoint, journey

    def _ask(self, kind: str, subject: Any, options: Mapping[str, object]) -> Any:
        endpoint, journey = self._way(kind, subject, options)
        if journey is None:
            return endpoint.ask(kind, subject)
        return call_limited(journey, lambda _: endpoint.ask(kind, subject))

    async def _ask_async(self, kind: str, subject: Any, options: Mapping[str, object]) -> Any:
        endpoint, journey = self._way(kind, subject, options)
        if journey is None:
            return await endpoint.ask(kind, subject)
        from ..limits.limited_await import await_limited  # loads asyncio, which other programs can do without

        return await await_limited(journey, lambda _: endpoint.ask(kind, subject))

    def __repr__(self) -> str:
        shown = (f", {name}={shown_option(name, thaw(held))}" for name, held in self.frozen_options)
        return f"ModelBinding({self.name!r}{''.join(shown)})"


def shown_option(name: str, value: object) -> str:
    """An option as text, without what nobody else is to read: keys, headers, and passwords in addresses."""
    if name in _HIDDEN_OPTIONS or is_secret_name(name):
        return "***"
    return masked(without_credentials(repr(value)))


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
