"""Objects of JAX's C code that call kernels by themselves, and ask Python about whatever they haven't met before.

In: a function that is asked. Out: an object of the class of `jax.jit`'s own whose misses are told to it. A call that
hits runs no Python at all. Assumes: the state in which JAX pickles such objects; where that has changed, there is no
entrance, and nothing but time is lost.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import numpy

Missed: TypeAlias = tuple[Any, Any, bool]
"""The result of a call; what JAX needs to make such calls itself, None if it shan't; whether to compile it anew."""


def array_entrance(missed: Callable[..., Missed], registry: Any = None) -> Any:
    """An object that makes calls as `missed(*args, **kwargs)` says, which it asks about arguments that are met first.

    Args:
        missed: may answer what the `_cache_miss` of a `jax.jit` object does for the arrays in the arguments, of which
            those given by name come last, in the order of the alphabet.
        registry: of the trees that arguments may be; by default they are arrays.

    Returns:
        None where JAX doesn't let a kernel be entered so.
    """
    jitted: Any = jax.jit(_anything)
    if not hasattr(jitted, "_cache_miss"):
        return None

    def call(*args: Any, **kwargs: Any) -> Any:
        return missed(*args, **kwargs)[0]

    try:
        state = jitted.__getstate__()
        entrance = type(jitted).__new__(type(jitted))  # pyright: ignore[reportCallIssue]  # a class of C code
        state |= {"fun": call, "cache_miss": missed, "pytree_registry": registry or _nothing_but_arrays()}
        entrance.__setstate__(state)  # `fun` is what its cache goes by
        entrance._fun = call  # what JAX calls to find the place of a NaN
    except (AttributeError, KeyError, TypeError, ValueError, ImportError):
        return None
    return entrance


def _anything() -> None:
    """What the object is made like."""


@functools.cache
def _nothing_but_arrays() -> Any:
    """A registry of trees in which all but arrays is nothing that a call can be known by.

    While JAX learns of arguments, other threads with the like wait, and one that comes back to them fails. Arrays may
    do so: there is a kernel to be compiled. For others a program runs, which may take its time and call itself.
    """
    registry = new_registry(enable=False)
    for cls in (bool, int, float, complex):
        refuse(registry, cls)
    return registry


def new_registry(*, enable: bool) -> Any:
    """A registry of trees in which `None`, tuples and lists are nodes, if enabled, dicts and NumPy's values never."""
    from jaxlib._jax import pytree  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]  # C code

    registry = pytree.PyTreeRegistry(
        enable_none=enable, enable_tuple=enable, enable_namedtuple=enable, enable_list=enable, enable_dict=False
    )
    for cls in {numpy.ndarray, *(numpy.dtype(code).type for code in numpy.typecodes["All"])}:
        refuse(registry, cls)
    return registry


def refuse(registry: Any, cls: type) -> None:
    """Make instances of a class nothing that a call can be known by."""
    no_array = ((object(),), None)
    registry.register_node(cls, lambda _: no_array, lambda _, children: children)
