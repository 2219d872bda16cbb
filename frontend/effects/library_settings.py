"""Settings of a whole library that decide what its calls run: callbacks, a cache, whether it prints.

They are looked at when a program is compiled, and a guard asks again before each call of it.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from .summary import Guard, View
from .users_code import held_by, is_of_library


class LibrarySettings(View):
    """The settings of one library, as the namespace of a guard.

    Attributes:
        module: the module that holds them.
        names: their names there.
        is_watched: whether what they are now runs code of the user's, or depends on the order of calls.
    """

    __slots__ = ("is_watched", "module", "names")

    def __init__(self, module: str, names: tuple[str, ...], is_watched: Callable[[dict[str, Any]], bool]) -> None:
        super().__init__(module)
        self.module = module
        self.names = names
        self.is_watched = is_watched

    @property
    def are_quiet(self) -> bool:
        """Whether nothing is set that calls would run."""
        module = sys.modules.get(self.module)
        return module is None or not self.is_watched(vars(module))

    def get(self, key: str, default: Any = None) -> Any:  # type: ignore[override]
        """Whether they are quiet now, as guards ask."""
        return self.are_quiet

    def guard(self) -> Guard:
        """The fact that they are as quiet as they are now, or as little."""
        return Guard(self, "settings", self.are_quiet)

    def kind(self, name: str) -> str:
        """The kind of state that one of them is."""
        return f"global:{self.module}.{name}"


def _calls_back(held: dict[str, Any]) -> bool:
    """Whether LiteLLM calls anything back but methods of its own routers, or looks into a cache."""
    called = (one for name in _CALLED_BACK for one in held.get(name) or ())
    return held.get("cache") is not None or not all(map(_is_of_router, called))


def _is_of_router(callback: object) -> bool:
    holder = type(getattr(callback, "__self__", None))
    return (
        type(callback) is types.MethodType and holder.__module__.startswith("litellm.router") and is_of_library(holder)
    )


def _prints(held: dict[str, Any]) -> bool:
    return bool(held.get("_debug") or held.get("_verbose"))


def _prints_or_caches(held: dict[str, Any]) -> bool:
    return _prints(held) or held.get("_llm_cache") is not None


def _has_listeners(held: dict[str, Any]) -> bool:
    """Whether somebody listens to the events of LlamaIndex."""
    root = held_by(held.get("root_dispatcher"))
    listeners = [*root.get("event_handlers", ()), *root.get("span_handlers", ())]
    return any(not is_of_library(type(one)) for one in listeners)


def _has_dspy_callbacks(held: dict[str, Any]) -> bool:
    """Whether callbacks are set for all of DSPy, in this context."""
    return bool(held["settings"].get("callbacks"))


_CALLED_BACK = (
    *("callbacks", "input_callback", "success_callback", "failure_callback", "service_callback"),
    *("_async_input_callback", "_async_success_callback", "_async_failure_callback"),
)
LITELLM = LibrarySettings("litellm", (*_CALLED_BACK, "cache"), _calls_back)
LANGCHAIN = LibrarySettings("langchain_core.globals", ("_debug", "_verbose"), _prints)
LANGCHAIN_CACHE = LibrarySettings("langchain_core.globals", ("_debug", "_verbose", "_llm_cache"), _prints_or_caches)
LLAMA_INDEX = LibrarySettings("llama_index_instrumentation", ("root_dispatcher",), _has_listeners)
DSPY = LibrarySettings("dspy.dsp.utils.settings", ("settings",), _has_dspy_callbacks)
