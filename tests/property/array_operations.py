"""The array operations that the effect tables know, by name, and programs that call them."""

from __future__ import annotations

import linecache
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


def methods(cls: type) -> list[str]:
    """The names of the public methods of an array class that compute."""
    names = [name for name in vars(cls) if not name.startswith("_") and callable(getattr(cls, name))]
    return sorted(name for name in names if name not in _OF_ADDRESSES and _computes(known(vars(cls)[name])))


_OF_ADDRESSES = frozenset("unsafe_buffer_pointer traceback dumps to_device".split())
"""What these give isn't the same for equal arrays."""


def method_programs(name: str) -> list[Callable[..., Any]]:
    """Programs that call a method: alone, with an operand or an axis, and among other operations."""
    source = f"""
def alone(x):
    return x.{name}()

def with_operand(x, y):
    return x.{name}(y)

def with_axis(x):
    return x.{name}(axis=0), x.{name}(axis=-1)

def fused(x):
    doubled = x + x
    return doubled.{name}(), doubled * 2
"""
    file = f"<methods {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    made: dict[str, Any] = {}
    exec(compile(source, file, "exec"), made)
    return [made[one] for one in ("alone", "with_operand", "with_axis", "fused")]


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
