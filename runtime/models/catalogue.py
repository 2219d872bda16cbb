"""From a name to a binding: `bind`, `embedded` and `default_model`."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ...diagnostics.errors import XCSError
from .embedded_model import DEFAULT_LATENCY_S, EmbeddedModel, EmbeddedOptions
from .endpoint import Endpoint
from .model_binding import ModelBinding
from .openai_model import OpenAIModel

PROVIDERS = ("embedded", "openai")


def bind(spec: str, **options: object) -> ModelBinding:
    """A model by name.

    Args:
        spec: `"embedded"` or `"embedded:<name>"` for the small offline model (its name seeds its word choice), or
            `"openai:<model>"` for a model of any OpenAI-compatible endpoint.
        options: bound to every call. All providers know `temperature` and `system` (what the model is told
            before the prompt). For `openai` also `base_url` and `api_key` (else taken from `XCS_BASE_URL` and
            `XCS_API_KEY`, or `OPENAI_BASE_URL` and `OPENAI_API_KEY`), `timeout` in seconds, `max_retries`, and
            anything the request takes, such as `max_tokens`; `prices=(input, output)` for a million tokens adds what
            calls cost to the statistics. A policy as `xcs.op` takes it goes with every provider: `timeout_s`,
            `retries`, `max_concurrency`, `rate_limit`, and `token_limit` (tokens a minute).

    Raises:
        XCSError: where `spec` names no provider or no model.
    """
    if not isinstance(spec, str):
        raise XCSError(f"expected a model as `str`, found `{type(spec).__name__}`; help: {_KNOWN}")
    provider, _, model = spec.partition(":")
    match provider:
        case "embedded":
            return embedded(name=model or "default", **options)  # type: ignore[arg-type]
        case "openai" if model:
            return ModelBinding.of(OpenAIModel(model), {**_connection_from_environment(), **options})
        case "openai":
            raise XCSError(f"expected the name of a model after `openai:`, found `{spec}`; help: `openai:<model>`")
    raise XCSError(f"expected a model of a known provider, found `{spec}`; help: {_KNOWN}")


def embedded(
    corpus: Iterable[str] | None = None,
    latency_s: float = DEFAULT_LATENCY_S,
    *,
    name: str = "default",
    **options: object,
) -> ModelBinding:
    """The small language model that needs no network: n-grams and retrieval over a few documents, in NumPy.

    It knows only the documents it is built from, answers the same prompt with the same words on every machine, and
    sleeps `latency_s` seconds inside every call, which stands for the network of a real model.

    Args:
        corpus: texts (Markdown or plain) to build the model from; by default a few pages about XCS itself.
        latency_s: artificial latency of each call, in seconds.
        name: tells models over one corpus apart; it seeds their choice of words.
        options: `temperature` (0: the likeliest words), `system` (a persona: words that steer retrieval),
            `max_tokens` (of an answer), `seed`.
    """
    if isinstance(corpus, str):
        raise XCSError("expected several texts as `corpus`, found one `str`; help: pass a list of texts")
    model = EmbeddedModel(name) if corpus is None else EmbeddedModel(name, tuple(corpus))
    if not any(text.strip() for text in model.corpus):
        raise XCSError("expected at least one text with words in `corpus`, found none")
    bound = {**options, "latency_s": latency_s}
    EmbeddedOptions.of(Endpoint.of(model, bound).options)
    return ModelBinding.of(model, bound)


def default_model(**options: object) -> ModelBinding:
    """The model that the environment names, or the embedded one.

    Where `XCS_MODEL`, an address (`XCS_BASE_URL` or `OPENAI_BASE_URL`) and a key (`XCS_API_KEY` or `OPENAI_API_KEY`)
    are all set, that is `bind("openai:" + XCS_MODEL)`.
    """
    model = os.environ.get("XCS_MODEL", "")
    if not model or _connection_from_environment().keys() != {"base_url", "api_key"}:
        return bind("embedded", **options)
    return bind(model if model.partition(":")[0] in PROVIDERS else f"openai:{model}", **options)


def _connection_from_environment() -> dict[str, object]:
    """Address and key, where set; the variables of XCS win over those of OpenAI."""
    found: dict[str, object] = {}
    for option, suffix in (("base_url", "BASE_URL"), ("api_key", "API_KEY")):
        value = os.environ.get(f"XCS_{suffix}") or os.environ.get(f"OPENAI_{suffix}")
        if value:
            found[option] = value
    return found


_KNOWN = "`embedded`, `embedded:<name>` or `openai:<model>`"
