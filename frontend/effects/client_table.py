"""What library clients do: model clients, HTTP, agent frameworks. By type and attribute path, so nothing is imported.

A path starts with the top package and the class as users name it (`openai.OpenAI`), then the attributes. The methods'
own defining paths are listed too, for calls that are resolved from the actual bound method.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...diagnostics.effect import Effect
from .known import TABLE, KnownCallable

MODEL_CALL = KnownCallable(
    Effect.UNORDERED, external=True, uses=("any *", "any **"), fresh=True, reason="calls a model"
)
HTTP_READ = KnownCallable(
    Effect.READS, True, True, uses=("str 0 1", "any *", "any **"), fresh=True, writes="world", reason="reads over HTTP"
)
HTTP_WRITE = KnownCallable(
    Effect.ORDERED, True, True, uses=("any *", "any **"), fresh=True, writes="world", reason="writes over HTTP"
)

_OPENAI_CALLS = (
    "chat.completions.create",
    "chat.completions.parse",
    "beta.chat.completions.parse",
    "completions.create",
    "responses.create",
    "responses.parse",
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
        f"anthropic.{cls}": ("messages.create", "messages.count_tokens", "completions.create")
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
    **{f"litellm.main.{name}": MODEL_CALL for name in ("completion", "acompletion", "embedding", "aembedding")},
    **{f"litellm.{name}": MODEL_CALL for name in ("completion", "acompletion", "embedding", "aembedding", "rerank")},
    **{
        f"openai.resources.{cls}.{name}": MODEL_CALL
        for cls in _OPENAI_CLASSES
        for name in ("create", "parse", "generate")
    },
    **{f"anthropic.resources.messages.messages.Messages.{name}": MODEL_CALL for name in ("create", "count_tokens")},
    **{
        f"{module}.{name}": HTTP_READ
        for module in ("requests.api", "httpx._api")
        for name in ("get", "head", "options")
    },
    **{
        f"{module}.{name}": HTTP_WRITE
        for module in ("requests.api", "httpx._api")
        for name in ("post", "put", "patch", "delete", "request")
    },
}

SESSIONS: Mapping[str, tuple[str, ...]] = {
    "requests.Session": ("get", "head", "options"),
    "httpx.Client": ("get", "head", "options"),
    "httpx.AsyncClient": ("get", "head", "options"),
}
"""HTTP sessions: their cookies are state, so only reads overlap with each other."""

RUNNABLES: Mapping[str, tuple[str, ...]] = {
    "langchain_core.Runnable": ("invoke", "batch", "ainvoke", "abatch"),
    "langchain_core.BaseChatModel": ("invoke", "batch", "ainvoke", "abatch"),
    "langchain_core.BaseLLM": ("invoke", "batch", "ainvoke", "abatch"),
    "langchain_core.BaseRetriever": ("invoke", "ainvoke"),
}


def load() -> None:
    """Enters the clients into the table."""
    for clients in (CLIENTS, RUNNABLES):
        for client, calls in clients.items():
            for call in calls:
                TABLE.add(f"{client}.{call}", MODEL_CALL)
    for session, calls in SESSIONS.items():
        for call in calls:
            TABLE.add(f"{session}.{call}", HTTP_READ)
        for call in ("post", "put", "patch", "delete", "request", "close"):
            TABLE.add(f"{session}.{call}", HTTP_WRITE)
    for path, entry in FUNCTIONS.items():
        TABLE.add(path, entry)


load()
