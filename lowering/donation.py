"""Array code of JAX's that computes in the memory of its arguments. Importing this module imports JAX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax

from .array_region import ArrayRegion
from .region_code import function_of
from .staged_function import StagedFunction

_ARRAY_TYPE = type(jax.device_put(0.0))


def aval_key(value: Any) -> object:
    """Shape and dtype of an array; the class of anything else."""
    return value.aval if type(value) is _ARRAY_TYPE else type(value)


def donating_form(
    region: ArrayRegion, staged: StagedFunction, arguments: Sequence[Any], places: Sequence[int]
) -> tuple[Callable[..., Any], tuple[int, ...]] | None:
    """A region compiled so that results take the memory of arguments of their shape and dtype, and of which.

    None where no argument fits, or where the region isn't arrays alone.

    Args:
        region: the array code.
        staged: the region without donation.
        arguments: what it is called with.
        places: the arguments that may be donated.
    """
    try:
        results = jax.tree_util.tree_leaves(staged.jitted.eval_shape(*arguments))
    except Exception:  # the general way decides what is raised
        return None
    if staged.wraps_values:
        return None
    free = Counter((one.shape, one.dtype) for one in results)
    taken = []
    for place in places:
        argument = arguments[place]
        if type(argument) is _ARRAY_TYPE and free[argument.shape, argument.dtype]:
            free[argument.shape, argument.dtype] -= 1
            taken.append(place)
    if not taken:
        return None
    function = function_of(region)
    function.__name__ = region.name
    return jax.jit(function, keep_unused=True, donate_argnums=tuple(taken)), tuple(taken)


def own_memory(result: Any, others: Iterable[Any]) -> Any:
    """An array in memory that none of some other values shares."""
    if type(result) is not _ARRAY_TYPE:
        return result
    try:
        place = result.unsafe_buffer_pointer()
        held = {one.unsafe_buffer_pointer() for one in others if type(one) is _ARRAY_TYPE}
    except Exception:  # on several devices there is no one place
        return jax.numpy.array(result, copy=True)
    return jax.numpy.array(result, copy=True) if place in held else result
