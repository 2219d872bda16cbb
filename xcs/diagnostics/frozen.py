"""Frozen dataclasses that cost as little to make as others.

Tracing, lowering and the plan make several for each call of a program. A frozen dataclass sets its fields by
`object.__setattr__`, which looks each name up again: two thirds of what making one costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, eq: bool = True) -> Callable[[_Class], _Class]:
    """`dataclass(frozen=True, slots=True)` whose `__init__` sets each slot by the slot's own setter.

    For classes without `__post_init__`, all of whose fields are given to `__init__`.
    """

    def decorate(cls: _Class) -> _Class:
        made: Any = dataclass(frozen=True, slots=True, eq=eq, init=False)(cls)
        made.__init__ = _initialiser(made)
        return made

    return decorate


def _initialiser(cls: type) -> Callable[..., None]:
    every = fields(cls)
    if hasattr(cls, "__post_init__") or not all(one.init for one in every):
        raise TypeError(f"expected `{cls.__qualname__}` to have no `__post_init__`, and fields that are given to it")
    named = [one for one in every if one.kw_only]
    parameters = [_parameter(one) for one in every if not one.kw_only]
    parameters += ["*", *map(_parameter, named)] if named else []
    setting = [f"_set_{one.name}(self, {_given(one)})" for one in every] or ["pass"]
    scope: dict[str, Any] = {f"_set_{one.name}": getattr(cls, one.name).__set__ for one in every}
    scope |= {f"_default_{one.name}": one.default for one in every}
    scope |= {f"_make_{one.name}": one.default_factory for one in every}
    exec(f"def __init__(self, {', '.join(parameters)}):\n    " + "\n    ".join(setting), scope)
    made = scope["__init__"]
    made.__qualname__, made.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return made


def _parameter(one: Field[Any]) -> str:
    """A field as a parameter; `MISSING` is the default of one that is made where it isn't given."""
    is_needed = one.default is MISSING and one.default_factory is MISSING
    return one.name if is_needed else f"{one.name}=_default_{one.name}"


def _given(one: Field[Any]) -> str:
    if one.default_factory is MISSING:
        return one.name
    return f"_make_{one.name}() if {one.name} is _default_{one.name} else {one.name}"
