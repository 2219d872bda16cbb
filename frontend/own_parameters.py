"""The parameters of a user's function as those of a generated one, so that it refuses what they don't fit.

In: the function. Out: source of the parameters, and what a call goes on with that the generated function can't make.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .effects.scope import FunctionView
from .effects.summary import Guard

MISSING = object()
"""What a parameter holds that was left out."""


def names_of(function: types.FunctionType, num_args: int) -> tuple[str, ...]:
    """The names of the first parameters."""
    return function.__code__.co_varnames[:num_args]


def free_prefix(names: Iterable[str]) -> str:
    """What none of these names starts with."""
    prefix, names = "xcs_", tuple(names)
    while any(name.startswith(prefix) for name in names):
        prefix += "_"
    return prefix


def parameters_source(function: types.FunctionType, names: Sequence[str]) -> str:
    """The parameters as source; what may be left out is then `?missing`, where `?` stands for a prefix."""
    num_needed = len(names) - len(function.__defaults__ or ())
    params = [name if index < num_needed else f"{name}=?missing" for index, name in enumerate(names)]
    num_unnamed = function.__code__.co_posonlyargcount
    return ", ".join([*params[:num_unnamed], *(["/"] if num_unnamed else []), *params[num_unnamed:]])


def otherwise(general: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """`general` for arguments by parameter, some of them `MISSING`."""

    def call(*given: Any) -> Any:
        num_given = next((index for index, value in enumerate(given) if value is MISSING), len(given))
        later = zip(names[num_given:], given[num_given:], strict=True)
        return general(*given[:num_given], **{name: value for name, value in later if value is not MISSING})

    return call


def needed_guards(guards: Iterable[Guard], function: types.FunctionType) -> list[Guard]:
    """The guards that matter where all arguments are given: a function that nothing calls again needs no defaults."""
    guards = list(guards)
    if any(getattr(guard.value, "__xcs_wrapped__", guard.value) is function for guard in guards):
        return guards
    own = FunctionView(function)
    return [one for one in guards if Guard(own, one.name, one.value) != one or one.name not in _DEFAULTS]


_DEFAULTS = ("__defaults__", "__kwdefaults__")


def with_cells(made: types.FunctionType, cells: dict[str, types.CellType], qualname: str) -> types.FunctionType:
    """A function of that name whose variables of these names are those of others, too."""
    own = zip(made.__code__.co_freevars, made.__closure__ or (), strict=True)
    closure = tuple(cells.get(name, cell) for name, cell in own)
    found = types.FunctionType(made.__code__, made.__globals__, made.__name__, made.__defaults__, closure)
    found.__qualname__ = qualname
    return found
