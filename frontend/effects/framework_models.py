"""Models, chains and tools of frameworks: which of their methods are calls that are known, told by what they hold.

What is made of several parts (a chain) is told by its parts, since some of these may be the user's own functions; and a
model that holds something of the user's (callbacks, hooks, a cache) runs that, so that its calls are not known.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from typing import Any

from .abstract_type import InstanceType, StaticType
from .framework_classes import STORES, described_calls
from .framework_parts import MODEL, Part, part_of, search_of_store
from .library_settings import LANGCHAIN, LANGCHAIN_CACHE, LITELLM, LLAMA_INDEX, LibrarySettings
from .predictors import prediction_part
from .users_code import held_by


@dataclass(frozen=True, slots=True)
class Described:
    """What the type of an object of a framework says of one of its methods.

    Attributes:
        cls: the object's class.
        path: the method's path in the table.
        part: what the object is.
    """

    cls: type
    path: str
    part: Part


_described = functools.lru_cache(maxsize=4096)(Described)  # types tell static things apart by identity


def described_path(type_: InstanceType, name: str) -> str | None:
    """The path of a call of an object of a framework that is known; else None."""
    marker = dict(type_.attributes).get(name)
    if isinstance(marker, StaticType) and type(marker.value) is Described:
        return marker.value.path
    return None


def is_described(cls: type) -> bool:
    """Whether instances of a class are told by what they hold."""
    return described_calls(cls) is not None


def described_type(value: Any, cls: type) -> InstanceType | None:
    """The type of a model, chain or tool whose calls are known; None where it holds anything else."""
    found = described_calls(cls)
    part = None if found is None else _part(value, cls, found[0])
    if found is None or part is None:
        return None
    return _type(cls, found, part)


def type_of_made(cls: type, part: Part) -> InstanceType | None:
    """The type of a new object of a framework that is made of data; None where its calls aren't known."""
    found = described_calls(cls)
    if found is None or not settings_of_made(found[0], part).are_quiet:
        return None
    return _type(cls, found, part)


def settings_of_made(path: str, part: Part) -> LibrarySettings:
    """The settings that calls of a new object look at: a model without a cache of its own looks into the shared one."""
    settings = SETTINGS[path.partition(".")[0]]
    return LANGCHAIN_CACHE if settings is LANGCHAIN and part is MODEL else settings


def _type(cls: type, found: tuple[str, tuple[str, ...]], part: Part) -> InstanceType:
    path, calls = found
    known = [name for name in sorted(calls) if hasattr(cls, name)]
    return InstanceType(cls, tuple((name, StaticType(_described(cls, f"{path}.{name}", part))) for name in known))


def _part(value: Any, cls: type, path: str) -> Part | None:
    top = path.partition(".")[0]
    if top in SETTINGS and not SETTINGS[top].are_quiet:
        return None
    if path.startswith("dspy."):
        return prediction_part(value)
    if path == STORES:
        return search_of_store(value)
    part = part_of(value)
    if path == "litellm.Router":  # its `cache` says which endpoints fail
        return None if held_by(value).get("cache_responses") else part
    return None if part is MODEL and _is_cached(value) else part


def _is_cached(model: Any) -> bool:
    """Whether a model of LangChain looks into a cache: what is asked twice is then called once, in order."""
    cache = held_by(model).get("cache", False)
    module = sys.modules.get("langchain_core.globals")
    shared = None if module is None else vars(module).get("_llm_cache")
    return shared is not None if cache is None else cache is not False


SETTINGS = {"langchain_core": LANGCHAIN, "llama_index": LLAMA_INDEX, "litellm": LITELLM}
"""The settings that calls of objects of a framework look at, by the package."""
