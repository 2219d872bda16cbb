"""Models and predictors of DSPy: what they are, from their signature, their model and who listens.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import sys
import types
import typing
from typing import Any

from .abstract_type import NEVER, InstanceType, ListType
from .framework_classes import is_module_class, model_base
from .framework_parts import MODEL, Part
from .users_code import held_by, holds_users_code, is_of_library

OBJECTS = Part("objects")
"""What calls a model and may give objects of the user's classes."""
_MODULES = "dspy.primitives.module"
_PLAIN = (str, int, float, bool, list, dict)


def prediction_part(value: Any) -> Part | None:
    """What an LM or a predictor is; None where something of the user's runs in its calls."""
    if has_listeners() or holds_users_code(value):
        return None
    held = held_by(value)
    inner = held.get("predict")  # a chain of thought is a predictor with one more field
    if inner is not None:
        return prediction_part(inner) if model_base(type(inner)) is not None else None
    if "signature" not in held:
        return MODEL
    own = held.get("lm")
    model = _setting("lm") if own is None else own
    if model is None or model_base(type(model)) is None or holds_users_code(model):
        return None
    adapter = _setting("adapter")
    if adapter is not None and not is_of_library(type(adapter)):
        return None
    return MODEL if _gives_data(held["signature"]) else OBJECTS


def forward_of(type_: InstanceType) -> types.FunctionType | None:
    """What calling a module of the user's runs: its `forward`; None where something else runs, too."""
    if not is_module_class(type_.cls) or is_of_library(type_.cls) or has_listeners():
        return None
    held = dict(type_.attributes)
    called = next(base for base in type_.cls.__mro__ if "__call__" in base.__dict__)
    forward = next((base.__dict__["forward"] for base in type_.cls.__mro__ if "forward" in base.__dict__), None)
    is_plain = called.__module__ == _MODULES and "forward" not in held and held.get("callbacks") == ListType(NEVER)
    return forward if is_plain and type(forward) is types.FunctionType else None


def has_listeners() -> bool:
    """Whether callbacks are set for all of DSPy."""
    return bool(_setting("callbacks"))


def _setting(name: str) -> Any:
    """A setting of DSPy as it is now, in this context."""
    module = sys.modules.get("dspy.dsp.utils.settings")
    settings = None if module is None else vars(module).get("settings")
    return None if settings is None else settings.get(name)


def _gives_data(signature: Any) -> bool:
    """Whether all fields that a signature gives are data."""
    fields = getattr(signature, "__pydantic_fields__", {})
    outputs = [one for one in fields.values() if (one.json_schema_extra or {}).get("__dspy_field_type") == "output"]
    return all(_is_plain(one.annotation) for one in outputs)


def _is_plain(annotation: Any) -> bool:
    if annotation in _PLAIN or typing.get_origin(annotation) is typing.Literal:
        return True
    arguments = typing.get_args(annotation)
    return bool(arguments) and typing.get_origin(annotation) in _PLAIN and all(map(_is_plain, arguments))
