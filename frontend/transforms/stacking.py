"""The results of the elements of a batch, put together: stacked where they are arrays, lists otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...diagnostics.errors import XCSError
from .batch import Children, children_of, is_array


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
    kinds = {(type(result), _names(part)) for result, part in zip(results, parts, strict=True)}
    if first is not None and len(kinds) == 1:
        inner = _axes_of_parts(axes, results[0], first.names)
        columns = zip(*(part.values for part in parts if part is not None), strict=True)
        return first.build([stack(one, axis, drops_none=drops_none) for one, axis in zip(columns, inner, strict=True)])
    if isinstance(axes, bool) or not isinstance(axes, int):
        raise XCSError(f"expected `out_axes` to be an integer or to have the structure of a result, found `{axes!r}`")
    return _stack_arrays(results, axes) if _are_alike(results) else list(results)


def _names(part: Children | None) -> tuple[str, ...] | None:
    return None if part is None else tuple(part.names)


def _parts_of(result: Any) -> Children | None:
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
