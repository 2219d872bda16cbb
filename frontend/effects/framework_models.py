"""Models of frameworks: which classes are models whose calls commute, whoever's framework they come from.

A framework's base class runs the code of its subclasses, so a class counts only if it stands in an installed package
itself; a model of the user's own, or one that is made for tests and answers in a fixed order, does not. What is made
of several parts (a chain) is told by its parts, since some of these may be the user's own functions.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping
from typing import Any

from .abstract_type import InstanceType, StaticType
from .source import is_library

MODEL_BASES: Mapping[str, tuple[str, ...]] = {
    "langchain_core.BaseChatModel": ("invoke", "batch", "ainvoke", "abatch"),
    "langchain_core.BaseLLM": ("invoke", "batch", "ainvoke", "abatch"),
    "langchain_core.Embeddings": ("embed_query", "embed_documents", "aembed_query", "aembed_documents"),
    "langchain_core.BaseRetriever": ("invoke", "ainvoke"),
    "llama_index.BaseLLM": ("complete", "chat", "predict", "acomplete", "achat", "apredict"),
    "llama_index.BaseEmbedding": ("get_text_embedding", "get_query_embedding", "get_text_embedding_batch"),
    "dspy.BaseLM": ("__call__", "acall"),
    "dspy.Predict": ("__call__", "acall"),
    "dspy.ChainOfThought": ("__call__", "acall"),
    "transformers.Pipeline": ("__call__",),
    "sentence_transformers.SentenceTransformer": ("encode", "encode_query", "encode_document"),
    "sentence_transformers.CrossEncoder": ("predict",),
}
"""Base classes and the methods that are calls of a model; `__call__` where the model itself is called."""

CHAINS = "langchain_core.Runnable"
CHAIN_CALLS = ("invoke", "batch", "ainvoke", "abatch")
MODELS_ONLY = StaticType("calls models and nothing of the user's")
"""What the type of a chain says of its calls where that is so."""

_FOR_TESTS = re.compile(r"(^|[._])(fake|mock|dummy|dummies)", re.IGNORECASE)
_STEPS = {
    "RunnableSequence": ("first", "middle", "last"),
    "RunnableParallel": ("steps__",),
    "RunnableBinding": ("bound",),
    "RunnableRetry": ("bound",),
    "RunnableWithFallbacks": ("runnable", "fallbacks"),
    "RunnableAssign": ("mapper",),
}
"""What the chains of LangChain are made of, by the attributes that hold it."""
_PARTS = ("langchain_core.prompts.", "langchain_core.output_parsers.")
"""Modules of parts that compute something and do nothing else."""


def library_paths(cls: type) -> tuple[str, ...]:
    """The names that a library's class may go by: below its top package, and below the package inside of that."""
    top, _, rest = cls.__module__.partition(".")
    inner = rest.partition(".")[0]
    return (f"{top}.{cls.__qualname__}", f"{top}.{inner}.{cls.__qualname__}")


@functools.lru_cache(maxsize=1024)
def model_base(cls: type) -> tuple[str, type] | None:
    """The base class among `MODEL_BASES` that a model's class derives from, as the table spells it; else None."""
    if not _is_of_library(cls) or _FOR_TESTS.search(f"{cls.__module__}.{cls.__qualname__}"):
        return None
    paths = ((path, base) for base in cls.__mro__ for path in library_paths(base))
    return next(((path, base) for path, base in paths if path in MODEL_BASES), None)


def chain_path(type_: InstanceType, name: str) -> str | None:
    """The path of a call of a chain that is known to be made of models; else None."""
    if name in CHAIN_CALLS and dict(type_.attributes).get(name) is MODELS_ONLY:
        return f"{CHAINS}.{name}"
    return None


def is_chain(cls: type) -> bool:
    """Whether a class is one of LangChain's chains."""
    return cls.__name__ in _STEPS and cls.__module__.startswith("langchain_core.")


def chain_type(value: Any, cls: type) -> InstanceType | None:
    """The type of a chain that holds models, prompts and parsers; None where it holds anything else."""
    if not _is_of_models(value, depth=0):
        return None
    return InstanceType(cls, tuple((name, MODELS_ONLY) for name in sorted(CHAIN_CALLS)))


MAX_PARTS_DEPTH = 8  # chains inside chains


def _is_of_models(value: Any, depth: int) -> bool:
    cls = type(value)
    if depth > MAX_PARTS_DEPTH:
        return False
    if cls in (list, tuple):
        return all(_is_of_models(one, depth + 1) for one in value)
    if cls is dict:
        return all(_is_of_models(one, depth + 1) for one in value.values())
    if is_chain(cls):
        held = value.__dict__
        return all(_is_of_models(held.get(name, ()), depth + 1) for name in _STEPS[cls.__name__])
    if cls.__module__.startswith(_PARTS) and _is_of_library(cls):
        return not any(callable(one) for one in (value.__dict__.get("partial_variables") or {}).values())
    return model_base(cls) is not None


def _is_of_library(cls: type) -> bool:
    """Whether a class stands in an installed package."""
    return is_library(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")
