"""What making clients, models, prompts, messages and documents does: it reads the environment, and gives a new object.

In: a class of a client or a framework, and the types of the arguments. Out: its entry in the table. Where an argument
may hold code of the user's (callbacks, a client of their own) nothing is known of what is made.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import ANY, DATA, AbstractType, InstanceType, StaticType
from .classes import is_class
from .framework_classes import STEPS, described_calls, is_library_record, library_paths
from .framework_models import settings_of_made, type_of_made
from .framework_parts import DATA_PART, MODEL
from .instance_layout import CLIENT_PATHS
from .known import KnownCallable, Rule
from .lattice import is_data
from .library_settings import LANGCHAIN, LibrarySettings
from .users_code import is_of_library

_TAKES_CODE = frozenset({"callbacks", "callback_manager", "verbose", "cache", "event_hooks", "partial_variables"})
_WAYS_OF_MAKING = ("from_template", "from_messages")
_NEW = KnownCallable(uses=("any *", "any **"), builds=True, reason="makes an object of a library")


def made_by(function: object) -> KnownCallable | None:
    """The entry of a class of a client or a framework, or of a class method that makes a prompt."""
    if type(function) is types.FunctionType:
        return _made_by_method(function)
    if not is_class(function) or not is_of_library(function):
        return None
    if is_library_record(function):
        return _entry(lambda args, kwargs: DATA)
    if not CLIENT_PATHS.isdisjoint(library_paths(function)):
        return _entry(lambda args, kwargs: InstanceType(function), Effect.READS)
    found = described_calls(function)
    if found is None or not found[0].startswith(("langchain_core.", "llama_index.")):
        return None
    if found[0] == STEPS:
        return _entry(lambda args, kwargs: type_of_made(function, DATA_PART) or ANY, settings=LANGCHAIN)
    if found[0].endswith(("Model", "LLM", "Embeddings", "Embedding")):
        settings = settings_of_made(found[0], MODEL)
        return _entry(lambda args, kwargs: type_of_made(function, MODEL) or ANY, Effect.READS, settings)
    return None


def _made_by_method(function: types.FunctionType) -> KnownCallable | None:
    if function.__name__ not in _WAYS_OF_MAKING or not str(function.__module__).startswith("langchain_core.prompts."):
        return None
    return _entry(_made_prompt, settings=LANGCHAIN)


def _made_prompt(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
    cls = args[0].value if isinstance(args[0], StaticType) else None
    return type_of_made(cls, DATA_PART) or ANY if is_class(cls) else ANY


def _entry(given: Rule, effect: Effect = Effect.PURE, settings: LibrarySettings | None = None) -> KnownCallable:
    """Making something of data; of anything else it isn't known what is made, nor what that runs."""

    def result(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
        return given(args, kwargs) if _is_plain(args, kwargs) else ANY

    def effect_for(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> Effect:
        return effect if _is_plain(args, kwargs) else Effect.ORDERED

    return KnownCallable(
        effect_for,
        effect is Effect.READS,
        result=result,
        uses=_NEW.uses,
        builds=True,
        reason=_NEW.reason,
        settings=settings,
    )


def _is_plain(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> bool:
    names: Collection[str] = kwargs
    given = [one for one in args if not isinstance(one, StaticType)]
    return _TAKES_CODE.isdisjoint(names) and "**" not in names and all(map(is_data, [*given, *kwargs.values()]))
