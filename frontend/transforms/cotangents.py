"""Cotangents of the types that JAX asks for, and the derivative of a call applied to them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .tape import Cotangent, Pull


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of an array; `()` for a number."""
    return tuple(getattr(value, "shape", ()))


def is_real(value: Any) -> bool:
    """Whether a value is a float or an array of JAX's of floats."""
    import jax

    return isinstance(value, float) or (
        isinstance(value, jax.Array) and jax.numpy.issubdtype(value.dtype, jax.numpy.floating)
    )


def filled(given: Sequence[Cotangent], outputs: Sequence[Any]) -> tuple[Any, ...]:
    """Cotangents of the types that JAX asks for: zeros where there is none."""
    return tuple(map(_filled, given, outputs))


def _filled(cotangent: Cotangent, output: Any) -> Any:
    import jax
    import numpy

    if not jax.numpy.issubdtype(output.dtype, jax.numpy.inexact):
        return numpy.zeros(output.shape, jax.dtypes.float0)
    if cotangent is None:
        return jax.numpy.zeros(output.shape, output.dtype)
    return as_array(cotangent, output.dtype)


def as_array(value: Any, dtype: Any) -> Any:
    """A value as an array of JAX's; one that is that already is given back, at a hundredth of the price of a cast."""
    import jax

    if isinstance(value, jax.Array) and value.dtype == dtype and not value.aval.weak_type:
        return value
    return jax.numpy.asarray(value, dtype)


def pulled(pull: Pull, cotangents: tuple[Any, ...]) -> Sequence[Cotangent]:
    """What a derivative that JAX has given makes of the cotangents of the outputs."""
    if any(type(one).__module__ == "numpy" for one in cotangents):
        return pull(cotangents)  # `float0` is no argument for `jax.jit`
    return _jitted_pull()(pull, cotangents)


@functools.cache
def _jitted_pull() -> Callable[..., Any]:
    import jax

    return jax.jit(lambda pull, cotangents: pull(cotangents))
