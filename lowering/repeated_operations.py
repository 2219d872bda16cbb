"""Operations that one region performs many times: JAX traces one of them, and the others are made of its equations.

Calling `jnp.tanh` under a trace takes 25 us: dtypes, promotion, a `jit` of its own. All that comes of it is one
equation, which takes 10 us to make again for operands of the same shape and dtype. Importing this module imports JAX.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.core import ShapedArray, Tracer
from jax.extend import core

from .array_access import ArrayAccess
from .literal_key import literal_key
from .region_code import RegionCode

MIN_CALLS = 24
"""Calls of one function in a region from where on it is looked at which of them are alike."""

MIN_ALIKE = 8
"""Calls with equal arguments that JAX traces; looking at the equations of one takes as long as tracing ten."""


def with_repeated_operations(code: RegionCode, eager: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a region for JAX to trace: gives the equations that `eager` gives, its code as it is."""
    callees = ((name, code.names[name]) for name, number in code.num_calls.items() if number >= MIN_CALLS)
    often = {name: callee for name, callee in callees if _is_array_operation(callee)}
    if not often:
        return eager

    def traced(*arguments: Any) -> Any:
        again = {name: RepeatedOperation(callee) for name, callee in often.items()}  # with JAX's settings of this trace
        return code.function(again)(*arguments)

    return traced


def _is_array_operation(function: Any) -> bool:
    """Whether what a function gives depends on its arguments and on JAX's settings alone."""
    module = getattr(function, "__module__", None)
    return isinstance(function, ArrayAccess) or module == "_operator" or str(module).partition(".")[0] == "jax"


class RepeatedOperation:
    """A function of JAX's during one trace: from a few calls with equal arguments on, further ones are equations."""

    __slots__ = ("_equations", "_function", "_num_traced")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._equations: dict[object, Equations | None] = {}  # by avals and literals; None where it has to be called
        self._num_traced: Counter[object] = Counter()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives."""
        key = tuple(map(_key, args))
        if kwargs:
            key += (*kwargs, *map(literal_key, kwargs.values()))
        found = self._equations.get(key)
        if found is not None:
            return found.make(args)
        result = self._function(*args, **kwargs)
        self._num_traced[key] += 1
        if self._num_traced[key] == MIN_ALIKE and None not in key:
            self._equations[key] = equations_of(functools.partial(self._function, **kwargs), args, result)
        return result


def _key(argument: Any) -> object:
    """What JAX knows of an argument while it traces; None where that may be another thing the next time."""
    if isinstance(argument, Tracer):
        aval = argument.aval
        return aval if type(aval) is ShapedArray else None
    return literal_key(argument)


class Equations:
    """The equations that a call has come to, to be made again for other operands.

    Args:
        jaxpr: equations without effects or inner jaxprs that give one value, in the contexts of the trace.
        places: the arguments that are its operands.
    """

    __slots__ = ("_jaxpr", "_only", "_places")

    def __init__(self, jaxpr: core.Jaxpr, places: Sequence[int]) -> None:
        self._jaxpr, self._places = jaxpr, places
        first = jaxpr.eqns[0]
        is_plain = len(jaxpr.eqns) == 1 and first.invars == jaxpr.invars and first.outvars == jaxpr.outvars
        self._only = first if is_plain and not first.primitive.multiple_results else None

    def make(self, args: Sequence[Any]) -> Any:
        """The value for these arguments."""
        operands = [args[place] for place in self._places]
        if self._only is not None:
            return self._only.primitive.bind(*operands, **self._only.params)
        values: dict[Any, Any] = dict(zip(self._jaxpr.invars, operands, strict=True))
        for one in self._jaxpr.eqns:
            read = [atom.val if isinstance(atom, core.Literal) else values[atom] for atom in one.invars]
            made = one.primitive.bind(*read, **one.params)
            values.update(zip(one.outvars, made if one.primitive.multiple_results else [made], strict=True))
        return values[self._jaxpr.outvars[0]]


def equations_of(function: Callable[..., Any], args: Sequence[Any], result: Any) -> Equations | None:
    """The equations that a call with these arguments has made; None where making them again isn't all that it does.

    Args:
        function: what was called, under a trace.
        args: what it was called with.
        result: what it gave.
    """
    places = [place for place, argument in enumerate(args) if isinstance(argument, Tracer)]

    def call(*operands: Any) -> Any:
        given = dict(zip(places, operands, strict=True))
        return function(*(given.get(place, argument) for place, argument in enumerate(args)))

    try:
        closed = jax.make_jaxpr(call)(*(args[place] for place in places))
    except Exception:  # it was no error for the trace around this one
        return None
    jaxpr = closed.jaxpr
    is_one = isinstance(result, Tracer) and len(jaxpr.outvars) == 1 and jaxpr.outvars[0].aval == result.aval
    if not is_one or not jaxpr.eqns or isinstance(jaxpr.outvars[0], core.Literal) or closed.consts or jaxpr.effects:
        return None
    return Equations(jaxpr, places) if all(map(_is_plain, jaxpr.eqns)) else None


def _is_plain(equation: core.JaxprEqn) -> bool:
    """Whether binding its primitive makes an equation again: nothing is around it, and nothing inside."""
    around = core.new_jaxpr_eqn([], [], equation.primitive, {}, set()).ctx  # that of the trace, interned
    is_flat = not any(core.jaxprs_in_params(equation.params))
    return is_flat and equation.ctx is around and not equation.source_info.name_stack
