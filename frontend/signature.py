"""The signature of a call: the types of its arguments, by which a compiled program is found again."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .effects.abstract_type import ANY, AbstractType, StaticType
from .effects.type_of import type_of

Signature: TypeAlias = tuple[AbstractType, ...]
"""The type of each parameter's value, in the order of the parameters."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a function, and how a call's arguments become one value for each.

    `*args` is one tuple, `**kwargs` one dict.
    """

    names: tuple[str, ...]
    plain: bool
    signature: inspect.Signature
    check: types.FunctionType

    @classmethod
    def of(cls, function: types.FunctionType) -> Parameters:
        """The parameters of a Python function."""
        signature = inspect.signature(_as_written(function))
        kinds = {parameter.kind for parameter in signature.parameters.values()}
        plain = kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
        return cls(tuple(signature.parameters), plain, signature, _without_body(function))

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """One value for each parameter.

        Raises:
            TypeError: the arguments don't fit, with Python's own message.
        """
        if self.plain and not kwargs and len(args) == len(self.names):
            return args
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError:
            self.check(*args, **kwargs)
            raise
        bound.apply_defaults()
        return tuple(bound.arguments[name] for name in self.names)


def _without_body(function: types.FunctionType) -> types.FunctionType:
    """A function that takes the same arguments and does nothing: it refuses others in Python's own words."""
    code, empty = function.__code__, (lambda: None).__code__
    stars = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    num_names = code.co_argcount + code.co_kwonlyargcount + stars.bit_count()
    bare = empty.replace(
        co_argcount=code.co_argcount,
        co_posonlyargcount=code.co_posonlyargcount,
        co_kwonlyargcount=code.co_kwonlyargcount,
        co_nlocals=num_names,
        co_varnames=code.co_varnames[:num_names],
        co_flags=empty.co_flags | stars,
        co_name=code.co_name,
        co_qualname=code.co_qualname,
    )
    made = types.FunctionType(bare, {}, function.__name__, function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__ = function.__qualname__
    return made


def _as_written(function: types.FunctionType) -> types.FunctionType:
    """The function without what may claim another signature for it: `__wrapped__` and `__signature__`."""
    bare = types.FunctionType(function.__code__, {}, closure=function.__closure__)
    bare.__defaults__, bare.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return bare


def signature_of(values: tuple[Any, ...], generalised: frozenset[int]) -> Signature:
    """The types of the arguments; positions in `generalised` have had too many, and count as any object."""
    if not generalised:
        return tuple(map(type_of, values))
    return tuple(ANY if index in generalised else type_of(value) for index, value in enumerate(values))


def is_static(known: AbstractType) -> bool:
    """Whether an argument of this type is known while staging, rather than passed when the program runs."""
    return isinstance(known, StaticType)
