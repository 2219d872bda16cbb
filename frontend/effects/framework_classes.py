"""Classes of frameworks: which are models whose calls commute, whoever's framework they come from.

A framework's base class runs the code of its subclasses, so a class counts only if it stands in an installed package
itself; a model of the user's own, or one that is made for tests and answers in a fixed order, does not.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from .users_code import is_for_tests, is_of_library

_RUNS = ("invoke", "batch", "ainvoke", "abatch")
STREAMED = ("stream", "astream")
"""Calls of LangChain's that open a stream; it is the stream that is read on an event loop, none is awaited itself."""
MODEL_BASES: Mapping[str, tuple[str, ...]] = {
    "langchain_core.BaseChatModel": (*_RUNS, *STREAMED),
    "langchain_core.BaseLLM": (*_RUNS, *STREAMED),
    "langchain_core.Embeddings": ("embed_query", "embed_documents", "aembed_query", "aembed_documents"),
    "langchain_core.BaseRetriever": _RUNS,
    "llama_index.BaseLLM": tuple(
        f"{prefix}{call}" for prefix in ("", "a", "stream_", "astream_") for call in ("complete", "chat", "predict")
    ),
    "llama_index.BaseEmbedding": (
        "get_text_embedding",
        "get_query_embedding",
        "get_text_embedding_batch",
        "aget_text_embedding",
        "aget_query_embedding",
        "aget_text_embedding_batch",
    ),
    "llama_index.BaseRetriever": ("retrieve", "aretrieve"),
    "llama_index.BaseQueryEngine": ("query", "aquery"),
    "litellm.Router": ("completion", "text_completion", "embedding", "acompletion", "atext_completion", "aembedding"),
    "dspy.BaseLM": ("__call__", "acall"),
    "dspy.Predict": ("__call__", "acall"),
    "dspy.ChainOfThought": ("__call__", "acall"),
    "transformers.Pipeline": ("__call__",),
    "sentence_transformers.SentenceTransformer": ("encode", "encode_query", "encode_document", "similarity"),
    "sentence_transformers.CrossEncoder": ("predict", "rank"),
}
"""Base classes and the methods that are calls of a model; `__call__` where the model itself is called."""

CHAINS = "langchain_core.Runnable"
CHAIN_CALLS = (*_RUNS, *STREAMED)
TOOLS = "langchain_core.BaseTool"
TOOL_CALLS = ("invoke", "run")
STEPS = "langchain_core.RunnableSerializable"
"""Prompts and parsers, which compute and do nothing else."""
STEP_CALLS = (
    *_RUNS,
    "format",
    "format_messages",
    "format_prompt",
    "parse",
)
STORES = "langchain_core.VectorStore"
STORE_CALLS = ("similarity_search", "similarity_search_with_score")

RESERVED: Mapping[str, tuple[str, ...]] = {
    CHAINS: CHAIN_CALLS,
    TOOLS: TOOL_CALLS,
    STEPS: STEP_CALLS,
    STORES: STORE_CALLS,
}
"""Other classes whose objects are told by what they hold, with the methods that are known."""
_LANGCHAIN = {
    "langchain_core.runnables.": CHAINS,
    "langchain_core.prompts.": STEPS,
    "langchain_core.output_parsers.": STEPS,
    "langchain_core.tools.": TOOLS,
}


_HISTORIES = frozenset({"history", "traces", "inspect_history"})


@functools.lru_cache(maxsize=1024)
def is_module_class(cls: type) -> bool:
    """Whether a class is a module of DSPy, the user's own too."""
    return any(base.__module__ == "dspy.primitives.module" and base.__name__ == "Module" for base in cls.__mro__)


@functools.lru_cache(maxsize=1024)
def _keeps_history(cls: type) -> bool:
    return any(base.__module__.startswith("dspy.") and base.__name__ in ("BaseLM", "Module") for base in cls.__mro__)


def is_history(cls: type, name: str) -> bool:
    """Whether an attribute tells of the calls that have been made: of DSPy's models and modules."""
    return name in _HISTORIES and _keeps_history(cls)


_RECORDS = (
    "openai.types.",
    "anthropic.types.",
    "litellm.types.",
    "langchain_core.messages.",
    "langchain_core.documents.",
    "langchain_core.prompt_values",
    "llama_index.core.base.llms.types",
    "llama_index.core.base.response.",
    "llama_index.core.schema",
)
"""Modules of frameworks whose classes are records of data."""
_EXAMPLES = ("dspy.primitives.example.Example", "dspy.primitives.prediction.Prediction")


@functools.lru_cache(maxsize=1024)
def is_library_record(cls: type) -> bool:
    """Whether instances of a framework's class are nothing but what they hold."""
    is_record = cls.__module__.startswith(_RECORDS) and "__pydantic_fields__" in cls.__dict__
    return (is_record or f"{cls.__module__}.{cls.__qualname__}" in _EXAMPLES) and is_of_library(cls)


def library_paths(cls: type) -> tuple[str, ...]:
    """The names that a library's class may go by: below its top package, and below the package inside of that."""
    top, _, rest = cls.__module__.partition(".")
    inner = rest.partition(".")[0]
    return (f"{top}.{cls.__qualname__}", f"{top}.{inner}.{cls.__qualname__}")


@functools.lru_cache(maxsize=1024)
def model_base(cls: type) -> tuple[str, type] | None:
    """The base class among `MODEL_BASES` that a model's class derives from, as the table spells it; else None."""
    if not is_of_library(cls) or is_for_tests(cls):
        return None
    paths = ((path, base) for base in cls.__mro__ for path in library_paths(base))
    return next(((path, base) for path, base in paths if path in MODEL_BASES), None)


@functools.lru_cache(maxsize=1024)
def described_calls(cls: type) -> tuple[str, tuple[str, ...]] | None:
    """The path in the table of a class of a framework, and its methods that are known; None for other classes."""
    base = model_base(cls)
    if base is not None:
        return base[0], MODEL_BASES[base[0]]
    if not is_of_library(cls):
        return None
    if cls.__module__.startswith("langchain_core.") and cls.__name__.endswith("Binding"):
        return CHAINS, CHAIN_CALLS
    for module, path in _LANGCHAIN.items():
        if cls.__module__.startswith(module):
            return path, RESERVED[path]
    if any("langchain_core.VectorStore" in library_paths(base) for base in cls.__mro__) and not is_for_tests(cls):
        return STORES, STORE_CALLS
    return None
