"""The array operations that the effect tables know, by name, and programs that call them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import jax.scipy.special
import numpy as np

from xcs.diagnostics.effect import Effect
from xcs.frontend.effects.array_table import rule
from xcs.frontend.effects.known import known

JAX = (jnp, jnp.linalg, jnp.fft, jax.lax, jax.nn, jax.scipy.special, jax.scipy.linalg)
NUMPY = (np, np.linalg, np.fft)
SMALL_TYPES = ("float4", "float6", "float8", "int1", "int2", "int4", "uint1", "uint2", "uint4")
"""XLA ends the process where it computes with some of these."""
VARYING = frozenset(("empty", "empty_like", "get_include", "rng_uniform", "rng_bit_generator"))
"""What they give is in no way determined."""


def operations(modules: tuple[ModuleType, ...]) -> dict[str, Callable[..., Any]]:
    """The public functions with an entry that computes, by name."""
    return {name: function for name, function in _functions(modules) if _computes(rule(function))}


def methods(cls: type) -> dict[str, str]:
    """The names of the methods of an array class that compute, by the names they are shown by."""
    names = [name for name in vars(cls) if not name.startswith("_") and callable(getattr(cls, name))]
    return {f"{cls.__name__}.{name}": name for name in names if _computes(known(vars(cls)[name]))}


def _functions(modules: tuple[ModuleType, ...]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in modules:
        for name in sorted(dir(module)):
            if name.startswith(("_", *SMALL_TYPES)) or name in VARYING:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = getattr(module, name, None)
            if callable(value):
                yield f"{module.__name__}.{name}", value


def _computes(entry: Any) -> bool:
    is_array_work = entry is not None and entry.array is not None
    return is_array_work and entry.effect is not Effect.ORDERED and 0 not in entry.mutates


def call_of(operation: Callable[..., Any], num_args: int, options: dict[str, Any]) -> Callable[..., Any]:
    """A program that calls an operation."""
    given = tuple(options.items())
    match num_args, given:
        case 1, ():
            return lambda x: operation(x)
        case 1, (("axis", axis),):
            return lambda x: operation(x, axis=axis)
        case 2, ():
            return lambda x, y: operation(x, y)
        case 2, (("axis", axis),):
            return lambda x, y: operation(x, y, axis=axis)
        case 3, ():
            return lambda x, y, z: operation(x, y, z)
        case _:
            raise ValueError(num_args)


def fused(operation: Callable[..., Any], num_args: int) -> Callable[..., Any]:
    """A program with an operation among others: they are one region."""
    if num_args == 1:

        def unary(x: Any) -> Any:
            doubled = x + x
            return operation(doubled), doubled

        return unary

    def binary(x: Any, y: Any) -> Any:
        first = operation(x, y)
        return first, operation(y, x), x * x

    return binary
