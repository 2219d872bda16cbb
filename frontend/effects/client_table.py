"""What library clients do: model clients, HTTP, agent frameworks. By type and attribute path, so nothing is imported.

A path starts with the top package and the class as users name it (`openai.OpenAI`), then the attributes. The methods'
own defining paths are listed too, for calls that are resolved from the actual bound method.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from types import FunctionType

from ...diagnostics.effect import Effect
from .abstract_type import ANY, BOOL, DATA, NONE, AbstractType, StaticType, StreamType
from .client_making import made_by
from .framework_calls import described_call, searched
from .framework_classes import MODEL_BASES, RESERVED, STEPS, STORES, STREAMED, TOOLS
from .instance_layout import CLIENT_PATHS
from .known import TABLE, KnownCallable, Rule
from .lattice import covers, is_data
from .library_settings import LITELLM, LLAMA_INDEX
from .parsed_answers import parsed_call


def _unless_streamed(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
    """A response is data, but a stream waits for the world at each step."""
    is_whole = kwargs.get("stream", NONE) == NONE and not ("**" in kwargs and covers(kwargs["**"], BOOL))
    return DATA if is_whole else ANY


_FORMATS = ("response_format", "text_format", "output_format", "output_config")


def opened(is_async: bool) -> Rule:
    """A stream whose pieces are data, unless they are made of a class that the call is told."""

    def result(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
        is_told = "**" in kwargs or not all(is_data(kwargs[name]) for name in _FORMATS if name in kwargs)
        return ANY if is_told else StreamType(DATA, is_async)

    return result


def answered(is_async: bool) -> Rule:
    """What a model call gives: data, or where `stream=True` is written a stream."""
    streamed = opened(is_async)

    def result(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
        is_known = "**" not in kwargs or not covers(kwargs["**"], BOOL)
        asked = kwargs.get("stream", NONE)
        if is_known and asked in (NONE, StaticType(None), StaticType(False)):
            return DATA
        return streamed(args, kwargs) if is_known and asked == StaticType(True) else ANY

    return result


def _unless_parsed(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
    """A configuration that names a class of the user's gives objects of that class."""
    return DATA if is_data(kwargs.get("config", NONE)) and "**" not in kwargs else ANY


MODEL_CALL = KnownCallable(
    Effect.UNORDERED, external=True, uses=("any *", "any **"), fresh=True, reason="calls a model"
)
HTTP_READ = KnownCallable(
    Effect.READS,
    True,
    True,
    _unless_streamed,
    uses=("str 0 1", "any *", "any **"),
    fresh=True,
    writes="world",
    reason="reads over HTTP",
)
HTTP_WRITE = KnownCallable(
    Effect.ORDERED,
    True,
    True,
    _unless_streamed,
    uses=("any *", "any **"),
    fresh=True,
    writes="world",
    reason="writes over HTTP",
)


def _unless_litellm_is_watched(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> Effect:
    """What LiteLLM calls back, and a cache that is asked before, keep the order of calls."""
    return Effect.UNORDERED if LITELLM.are_quiet else Effect.ORDERED


_LITELLM_CALLS = tuple(
    prefix + name for name in ("completion", "text_completion", "embedding", "rerank") for prefix in ("", "a")
)


def _gives(result: AbstractType | Rule, is_async: bool = False, path: str = "") -> KnownCallable:
    runs = parsed_call if path.endswith("parse") else None
    return dataclasses.replace(MODEL_CALL, result=result, is_async=is_async, runs=runs)


def _is_async(path: str) -> bool:
    """Whether a call makes a coroutine: those of asynchronous clients, and those that are called so."""
    client, _, call = path.rpartition(".")
    return ("Async" in client and call != "stream") or (call in _LITELLM_CALLS and call.startswith("a"))


def _result_of(path: str) -> AbstractType | Rule:
    """What a model call gives: data or a stream, but for calls that make objects of a class they are told."""
    call = path.rpartition(".")[2]
    if call == "run":
        return ANY
    if call == "stream":
        return opened("Async" in path)
    return _unless_parsed if call == "generate_content" else answered(_is_async(path))


_OPENAI_CALLS = (
    "chat.completions.create",
    "chat.completions.parse",
    "beta.chat.completions.parse",
    "chat.completions.stream",
    "completions.create",
    "responses.create",
    "responses.parse",
    "responses.stream",
    "embeddings.create",
    "moderations.create",
    "images.generate",
    "audio.transcriptions.create",
    "audio.translations.create",
    "audio.speech.create",
)
_OPENAI_CLASSES = (
    "chat.completions.completions.Completions",
    "chat.completions.Completions",
    "completions.Completions",
    "responses.responses.Responses",
    "embeddings.Embeddings",
    "moderations.Moderations",
    "images.Images",
)

CLIENTS: Mapping[str, tuple[str, ...]] = {
    **{f"openai.{cls}": _OPENAI_CALLS for cls in ("OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI")},
    **{
        f"anthropic.{cls}": ("messages.create", "messages.stream", "messages.count_tokens", "completions.create")
        for cls in ("Anthropic", "AsyncAnthropic", "AnthropicBedrock", "AnthropicVertex")
    },
    **{f"groq.{cls}": ("chat.completions.create", "embeddings.create") for cls in ("Groq", "AsyncGroq")},
    **{
        f"together.{cls}": ("chat.completions.create", "completions.create", "embeddings.create")
        for cls in ("Together",)
    },
    **{f"mistralai.{cls}": ("chat.complete", "embeddings.create") for cls in ("Mistral",)},
    **{f"cohere.{cls}": ("chat", "generate", "embed", "rerank", "classify") for cls in ("Client", "ClientV2")},
    "google.genai.Client": ("models.generate_content", "models.embed_content", "models.count_tokens"),
    "ollama.Client": ("chat", "generate", "embed", "embeddings"),
    "replicate.Client": ("run",),
}
"""Client classes and the attribute paths whose calls are model calls."""

FUNCTIONS: Mapping[str, KnownCallable] = {
    **{
        f"{module}.{name}": dataclasses.replace(
            _gives(_result_of(f"{module}.{name}"), _is_async(name)), effect=_unless_litellm_is_watched, settings=LITELLM
        )
        for module in ("litellm", "litellm.main")
        for name in _LITELLM_CALLS
    },
    **{
        f"openai.resources.{module}{prefix}{cls}.{name}": _gives(
            _result_of(f"{prefix}{cls}.{name}"), prefix == "Async", name
        )
        for module, _, cls in (path.rpartition(".") for path in _OPENAI_CLASSES)
        for module in (f"{module}.",)
        for prefix in ("", "Async")
        for name in ("create", "parse", "generate")
    },
    **{
        f"anthropic.resources.messages.messages.{prefix}Messages.{name}": _gives(
            answered(prefix == "Async"), prefix == "Async"
        )
        for prefix in ("", "Async")
        for name in ("create", "count_tokens")
    },
    **{
        f"{module}.{name}": HTTP_READ
        for module in ("requests.api", "httpx", "httpx._api")
        for name in ("get", "head", "options")
    },
    **{
        f"{module}.{name}": HTTP_WRITE
        for module in ("requests.api", "httpx", "httpx._api")
        for name in ("post", "put", "patch", "delete", "request")
    },
}

SESSIONS: Mapping[str, tuple[str, ...]] = {
    "requests.Session": ("get", "head", "options"),
    "httpx.Client": ("get", "head", "options"),
    "httpx.AsyncClient": ("get", "head", "options"),
}
"""HTTP sessions: their cookies are state, so only reads overlap with each other."""

RETRIEVAL = dataclasses.replace(HTTP_READ, result=ANY, reason="searches a collection")
LOCAL_MODEL = KnownCallable(
    Effect.READS, True, result=DATA, uses=("any *", "any **"), fresh=True, writes="world", reason="runs a local model"
)
"""On the calling thread, one after the other: tokenizers fail when two threads use one. Calls of other models go on."""
SAMPLING_MODEL = dataclasses.replace(LOCAL_MODEL, effect=Effect.ORDERED, reason="runs a local model that may sample")


STEP = KnownCallable(uses=("any *", "any **"), fresh=True, reason="computes", runs=described_call)
"""What a prompt, a parser or a tool does beyond the functions of the user's that it runs: nothing."""


def _of_framework(path: str) -> KnownCallable:
    """What calling an object of a framework does."""
    base, _, call = path.rpartition(".")
    if base in (STEPS, TOOLS):
        return dataclasses.replace(STEP, is_async=call in ("ainvoke", "abatch"))
    if base.startswith(("transformers.", "sentence_transformers.")):
        return SAMPLING_MODEL if base == "transformers.Pipeline" else LOCAL_MODEL
    is_async = call.startswith("a") and call not in STREAMED
    if base == "litellm.Router":
        return dataclasses.replace(_gives(answered(is_async), is_async), settings=LITELLM)
    if base in ("llama_index.BaseRetriever", "llama_index.BaseQueryEngine"):
        return dataclasses.replace(RETRIEVAL, result=DATA, is_async=is_async, settings=LLAMA_INDEX)
    if base in ("langchain_core.BaseRetriever", STORES):
        return dataclasses.replace(RETRIEVAL, is_async=is_async, runs=described_call)
    is_told = base.startswith(("langchain_core.", "dspy."))
    result = StreamType(DATA, is_async) if "stream_" in call else DATA
    return dataclasses.replace(_gives(result, is_async), runs=described_call if is_told else None)


ASYNC_SESSIONS = frozenset({"httpx.AsyncClient"})


def load() -> None:
    """Enters the clients into the table."""
    for client, calls in CLIENTS.items():
        for call in calls:
            path = f"{client}.{call}"
            TABLE.add(path, _gives(_result_of(path), _is_async(path), path))
    TABLE.add(searched, dataclasses.replace(RETRIEVAL, result=DATA, external=False))
    for base, calls in {**MODEL_BASES, **RESERVED}.items():
        for call in calls:
            TABLE.add(f"{base}.{call}", _of_framework(f"{base}.{call}"))
    TABLE.rules.extend((_public_function, made_by))
    for session, calls in SESSIONS.items():
        changes = {"is_async": session in ASYNC_SESSIONS}
        for call in calls:
            TABLE.add(f"{session}.{call}", dataclasses.replace(HTTP_READ, **changes))
        for call in ("post", "put", "patch", "delete", "request", "aclose" if session in ASYNC_SESSIONS else "close"):
            TABLE.add(f"{session}.{call}", dataclasses.replace(HTTP_WRITE, **changes))
    CLIENT_PATHS.update(CLIENTS, SESSIONS)
    for path, entry in FUNCTIONS.items():
        TABLE.add(path, entry)


def _public_function(function: object) -> KnownCallable | None:
    """A function of LiteLLM by the name that it is called by: where it is defined changes with the versions."""
    module = getattr(function, "__module__", None)
    if type(function) is not FunctionType or not isinstance(module, str) or not module.startswith("litellm."):
        return None
    package = sys.modules.get("litellm")
    name = function.__name__
    is_public = package is not None and package.__dict__.get(name) is function
    return FUNCTIONS.get(f"litellm.{name}") if is_public else None


load()
