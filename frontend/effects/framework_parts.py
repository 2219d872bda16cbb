"""What an object of a framework is made of: models, prompts and parsers, searches, and functions of the user's.

A chain does what its parts do, one after the other or side by side. Parts that are known are told by class and by what
they hold; a function of the user's stands for itself, and what calling it does is found where the chain is called.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .framework_classes import model_base
from .record_classes import is_record_class
from .users_code import held_by, holds_users_code, is_of_library, reaches_users_code

MAX_DEPTH = 8  # chains inside chains
_SCALARS = frozenset({str, int, float, bool, bytes, type(None)})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a chain, or a whole one.

    Attributes:
        kind: `model` calls a model, `search` reads a collection, `data` computes data from data, `same` gives what it
            is given, `call` is a function of the user's, `tool` one with named arguments, `sequence`, `together` and
            `assign` (a dict, and one more than given) are made of parts, and of `either` any may be called.
        inner: the parts inside, or names with parts; of `call` and `tool` the function, and classes that come before
            its argument.
    """

    kind: str
    inner: tuple[Any, ...] = ()


MODEL, SEARCH, DATA_PART, SAME = Part("model"), Part("search"), Part("data"), Part("same")


def part_of(value: Any, depth: int = 0) -> Part | None:
    """What an object of a framework is; None where it holds something that isn't known."""
    cls = type(value)
    if depth > MAX_DEPTH:
        return None
    if cls is dict:
        return _named("together", value, depth)
    if not is_of_library(cls):
        return _users_part(value, cls)
    if cls.__module__.startswith("langchain_core.runnables.") or cls.__name__.endswith("Binding"):
        look = _RUNNABLES.get(cls.__name__.rpartition("_")[2].replace("ChatModelBinding", "RunnableBinding"))
        return None if look is None else look(held_by(value), depth)
    if cls.__module__.startswith(("langchain_core.prompts.", "langchain_core.output_parsers.")):
        return DATA_PART if _is_plain_step(held_by(value)) else None
    if cls.__module__.startswith("langchain_core.tools."):
        return _tool(value)
    base = model_base(cls)
    if base is not None and base[0] in _OVER_PARTS:
        return None if reaches_users_code(value, _OVER_PARTS[base[0]]) else MODEL
    if base is None or holds_users_code(value):
        return None
    return _search(value) if base[0].endswith("Retriever") else MODEL


_OVER_PARTS = {
    "llama_index.BaseRetriever": "llama_index.",
    "llama_index.BaseQueryEngine": "llama_index.",
    "litellm.Router": "litellm.",
}
"""Classes whose objects call what they are made of, and where the classes of that stand."""


def _named(kind: str, parts: Mapping[str, Any], depth: int) -> Part | None:
    found = [(name, part_of(one, depth + 1)) for name, one in dict.items(dict(parts))]
    return None if any(part is None for _, part in found) else Part(kind, tuple(found))


def _all(kind: str, parts: list[Any], depth: int) -> Part | None:
    found = [part_of(one, depth + 1) for one in parts]
    return None if any(part is None for part in found) else Part(kind, tuple(found))


def _sequence(held: Mapping[str, Any], depth: int) -> Part | None:
    return _all("sequence", [held["first"], *held["middle"], held["last"]], depth)


def _binding(held: Mapping[str, Any], depth: int) -> Part | None:
    """A runnable with arguments; callbacks in its configuration are the user's."""
    config = held.get("config") or {}
    is_known = not config.get("callbacks") and not held.get("config_factories")
    return part_of(held["bound"], depth + 1) if is_known and _is_argument(held.get("kwargs"), 0) else None


def _lambda(held: Mapping[str, Any], depth: int) -> Part | None:
    """A function of one argument; functions of LangChain's own take a message apart."""
    function = held.get("func")
    if type(function) is operator.itemgetter:
        return DATA_PART
    if type(function) is partial and not function.args and _is_argument(function.keywords, 0):
        function = function.func
    if type(function) is not types.FunctionType:
        return None
    if _stands_in(function, "langchain_"):
        return DATA_PART
    code = function.__code__
    takes_more = code.co_argcount != 1 or code.co_kwonlyargcount or code.co_flags & inspect.CO_VARKEYWORDS
    is_plain = not code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR)
    return Part("call", (function,)) if not takes_more and is_plain else None


def _stands_in(function: types.FunctionType, package: str) -> bool:
    module = function.__module__
    return isinstance(module, str) and module.startswith(package) and "site-packages" in function.__code__.co_filename


def _passthrough(held: Mapping[str, Any], depth: int) -> Part | None:
    return SAME if held.get("func") is None and held.get("afunc") is None else None


def _assign(held: Mapping[str, Any], depth: int) -> Part | None:
    return _named("assign", held_by(held["mapper"])["steps__"], depth)


_RUNNABLES: Mapping[str, Callable[[Mapping[str, Any], int], Part | None]] = {
    "RunnableSequence": _sequence,
    "RunnableParallel": lambda held, depth: _named("together", held["steps__"], depth),
    "RunnableBinding": _binding,
    "RunnableRetry": _binding,
    "RunnableWithFallbacks": lambda held, depth: _all("either", [held["runnable"], *held["fallbacks"]], depth),
    "RunnableAssign": _assign,
    "RunnablePassthrough": _passthrough,
    "RunnablePick": lambda held, depth: DATA_PART,
    "RunnableLambda": _lambda,
}


def _is_argument(one: Any, depth: int) -> bool:
    """Whether an argument that is kept for calls of a model has no code of the user's."""
    if type(one) in _SCALARS:
        return True
    if depth > MAX_DEPTH:
        return False
    if type(one) in (list, tuple):
        return all(_is_argument(each, depth + 1) for each in one)
    if type(one) is dict:
        return all(type(name) is str and _is_argument(each, depth + 1) for name, each in one.items())
    return isinstance(one, type) and is_record_class(one)


def _is_plain_step(held: Mapping[str, Any]) -> bool:
    """Whether a prompt or a parser has nothing of the user's but names, texts, and classes that are plain records."""
    if held.get("example_selector") is not None or held.get("output_parser") is not None:
        return False
    records = held.get("tools") or (), held.get("pydantic_object") or (), held.get("pydantic_schema") or ()
    named = [one for each in records for one in (each if type(each) in (list, tuple) else (each,))]
    partial_variables = held.get("partial_variables") or {}
    return all(_is_argument(one, 0) for one in named) and _is_argument(partial_variables, 0)


def _tool(value: Any) -> Part | None:
    """A tool made of a function of the user's."""
    held = held_by(value)
    function, schema = held.get("func"), held.get("args_schema")
    is_own = isinstance(schema, type) and (is_of_library(schema) or is_record_class(schema))
    is_quiet = not held.get("callbacks") and not held.get("verbose") and held.get("response_format") == "content"
    if type(function) is not types.FunctionType or not is_own or not is_quiet:
        return None
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    is_given_more = {"callbacks", "config", "run_manager"}.intersection(names) or code.co_flags & inspect.CO_VARKEYWORDS
    catches = held.get("handle_tool_error") or held.get("handle_validation_error")
    is_plain = all(annotation in _PLAIN for annotation in map(_annotations(function).get, names))
    return Part("tool", (function, names)) if is_plain and not is_given_more and not callable(catches) else None


_PLAIN = (str, int, float, bool, list[str], list[int], list[float], dict, list, dict[str, str], dict[str, Any])


def _annotations(function: types.FunctionType) -> Mapping[str, Any]:
    """What a function says of its parameters, where that is written as text too."""
    names = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "list[str]": list[str]}
    written = function.__annotations__
    return {name: names.get(one, one) if type(one) is str else one for name, one in written.items()}


def _search(value: Any) -> Part | None:
    """A retriever; one over a vector store makes vectors by embeddings, which may be a class of the user's."""
    store = held_by(value).get("vectorstore")
    if store is None:
        return SEARCH
    return search_of_store(store)


def search_of_store(store: Any) -> Part | None:
    """Searching a vector store of LangChain's."""
    held = held_by(store)
    embeddings = held.get("embedding", held.get("embeddings", held.get("_embedding_function")))
    if not is_of_library(type(store)) or held.get("filter") is not None:
        return None
    if embeddings is None:
        return SEARCH
    part = DATA_PART if type(embeddings).__name__ == "DeterministicFakeEmbedding" else part_of(embeddings)
    return None if part is None else Part("sequence", (part, SEARCH))


def _users_part(value: Any, cls: type) -> Part | None:
    """Embeddings of the user's own: what making a vector does is found where it is called."""
    bases = [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__]
    if "langchain_core.embeddings.embeddings.Embeddings" not in bases:
        return None
    embed = next((base.__dict__["embed_query"] for base in cls.__mro__ if "embed_query" in base.__dict__), None)
    return Part("call", (embed, cls)) if type(embed) is types.FunctionType else None
