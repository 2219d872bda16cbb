"""Binds the arguments of a call to a function's parameters, as Python does, over staging-time values."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence

from ..values import Keywords, Static, TupleValue, Value
from .stager import SCALARS

CO_VARARGS = 0x04
CO_VARKEYWORDS = 0x08


class BindingError(Exception):
    """The arguments don't fit, or fit in a way that staging doesn't follow: native code raises or runs it."""


def bind_call(
    function: types.FunctionType, positional: Sequence[Value], keyword: Mapping[str, Value]
) -> dict[str, Value]:
    """Parameter name to value, in the order of the parameters; `*args` is a tuple, `**kwargs` its items.

    Defaults must be literals, functions, classes, or tuples of those.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    bound: dict[str, Value] = dict(zip(names, positional, strict=False))
    rest = tuple(positional[len(names) :])
    if rest and not code.co_flags & CO_VARARGS:
        raise BindingError("too many positional arguments")
    others: dict[str, Value] = {}
    takes_any = bool(code.co_flags & CO_VARKEYWORDS)
    for name, value in keyword.items():
        if takes_any and name not in (*names[code.co_posonlyargcount :], *keyword_only):
            others[name] = value
            continue
        if name in bound or name not in (*names[code.co_posonlyargcount :], *keyword_only):
            raise BindingError(f"unexpected keyword argument `{name}`")
        bound[name] = value
    defaults = dict(
        zip(names[len(names) - len(function.__defaults__ or ()) :], function.__defaults__ or (), strict=True)
    )
    defaults.update(function.__kwdefaults__ or {})
    for name in (*names, *keyword_only):
        if name not in bound:
            bound[name] = _default(name, defaults)
    if code.co_flags & CO_VARARGS:
        bound[code.co_varnames[code.co_argcount + code.co_kwonlyargcount]] = TupleValue(rest)
    if takes_any:
        num_named = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & CO_VARARGS)
        bound[code.co_varnames[num_named]] = Keywords(tuple(others), tuple(others.values()))
    return bound


def _default(name: str, defaults: Mapping[str, object]) -> Value:
    if name not in defaults:
        raise BindingError(f"missing argument `{name}`")
    value = defaults[name]
    if type(value) is tuple and all(map(_is_known, value)):
        return TupleValue(tuple(map(Static, value)))
    if not _is_known(value):
        raise BindingError(f"the default of `{name}` is an object")
    return Static(value)


def _is_known(value: object) -> bool:
    """Whether a default is a literal, a function or a class."""
    return type(value) in SCALARS or isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type))
