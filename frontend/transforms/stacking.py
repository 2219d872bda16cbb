"""The results of the elements of a batch, put together: stacked where they are arrays, lists otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...diagnostics.errors import XCSError
from .batch import children_of, is_array


def stack(results: Sequence[Any], axes: Any, *, drops_none: bool = False) -> Any:
    """One value for many: dicts, tuples and modules part by part, arrays stacked, anything else a list.

    Args:
        results: what the elements gave, in order.
        axes: the new axis of stacked arrays, or a structure of them that is a prefix of a result's.
        drops_none: give None, not a list, for results that are all None.

    Raises:
        XCSError: the axes don't fit the results.
    """
    if not results:
        return []
    if drops_none and all(result is None for result in results):
        return None
    parts = [_parts_of(result) for result in results]
    first = parts[0]
    if first is not None and all(one is not None and one.names == first.names for one in parts):
        if len({type(result) for result in results}) == 1:
            inner = _axes_of_parts(axes, results[0], first.names)
            columns = zip(*(one.values for one in parts if one is not None), strict=True)
            stacked = [stack(column, axis, drops_none=drops_none) for column, axis in zip(columns, inner, strict=True)]
            return first.build(stacked)
    if isinstance(axes, bool) or not isinstance(axes, int):
        raise XCSError(f"expected `out_axes` to be an integer or to have the structure of a result, found `{axes!r}`")
    return _stack_arrays(results, axes) if _are_alike(results) else list(results)


def _parts_of(result: Any) -> Any:
    if type(result) is list:
        return None
    return children_of(result, splits_sequences=True)


def _axes_of_parts(axes: Any, result: Any, names: Sequence[str]) -> Sequence[Any]:
    if isinstance(axes, dict) and isinstance(result, dict) and axes.keys() == result.keys():
        return [axes[key] for key in result]
    if isinstance(axes, (tuple, list)) and not isinstance(result, dict) and len(axes) == len(names):
        return axes
    return [axes] * len(names)


def _are_alike(results: Sequence[Any]) -> bool:
    """Whether all are arrays of one library, shape and dtype."""
    first = results[0]
    if not all(map(is_array, results)):
        return False
    kind = _is_numpy(first)
    return all(one.shape == first.shape and one.dtype == first.dtype and _is_numpy(one) == kind for one in results)


def _is_numpy(array: Any) -> bool:
    return type(array).__module__.partition(".")[0] == "numpy"


def _stack_arrays(arrays: Sequence[Any], axis: int) -> Any:
    num_axes = arrays[0].ndim + 1
    if not -num_axes <= axis < num_axes:
        raise XCSError(f"expected `out_axes` to be an axis of {num_axes}-dimensional results, found {axis}")
    if _is_numpy(arrays[0]):
        import numpy

        return numpy.stack(arrays, axis)
    import jax

    return jax.numpy.stack(arrays, axis)
