"""Array code of JAX's for many elements at once: `jax.jit(jax.vmap(...))` over stacked elements.

Stacking thousands of arrays op by op costs as much as a plain loop, and one call with thousands of arguments compiles
for minutes: arrays are stacked in chunks of `CHUNK`, and those in chunks again. Importing this module imports JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.core
import numpy as np

from .array_region import ArrayRegion
from .host_split import MixedCall, split_host
from .region_code import function_of
from .staged_region import is_array_function

CHUNK = 64  # arrays stacked by one call
MAX_LENGTHS = 8  # numbers of elements compiled for as they are; beyond that, lists are filled up to powers of two
MIN_ROWS = 2
MANY_ROWS = 2048  # from here on, compiling a faster way to take rows apart pays
MAX_BYTES = 1 << 30  # of all that one batch computes, as far as XLA fuses nothing

_ARRAY_TYPE = type(jax.device_put(0.0))
_SHARED_TYPES = (jax.Array, jax.core.Tracer, np.ndarray, np.generic, int, float, complex)
_THREEFRY = "threefry2x32"

_stack = jax.jit(lambda *arrays: jax.numpy.stack(arrays))
_concatenate = jax.jit(lambda *arrays: jax.numpy.concatenate(arrays))


@jax.jit
def _chunk_of_rows(array: jax.Array, start: int) -> list[jax.Array]:
    chunk = jax.lax.dynamic_slice_in_dim(array, start, CHUNK)
    return [jax.lax.index_in_dim(chunk, index, keepdims=False) for index in range(CHUNK)]


class NotBatchable(Exception):
    """These values, or this code, can't be one batch."""


class JaxRows:
    """Array code over columns and shared values; callable from any thread (a race costs a second compilation).

    Args:
        region: the array code; takes the columns first.
        num_columns: how many columns there are.
        one: performs the region for the values of one element.
    """

    def __init__(self, region: ArrayRegion, num_columns: int, one: Callable[..., Any]) -> None:
        self._region, self._num_columns, self._one = region, num_columns, one
        self._batched: dict[tuple[type, ...], _Batched] = {}
        self._lengths: set[int] = set()

    @property
    def num_lengths(self) -> int:
        """For how many numbers of elements it has been compiled."""
        return len(self._lengths)

    def takes_array(self, elements: Any) -> bool:
        """Whether elements are the rows of one array that can be a column."""
        return type(elements) is _ARRAY_TYPE and elements.ndim > 0

    def __call__(self, columns: Sequence[Any], shared: Sequence[Any]) -> list[list[Any]]:
        """For each output of the region the list of its values.

        Args:
            columns: a list with a value for each element, or an array with a row for each.
            shared: what is the same for all of them.

        Raises:
            NotBatchable: there is no batched form.
            Exception: whatever the code raises; of which element isn't known.
        """
        if jax.config.jax_default_prng_impl != _THREEFRY:  # type: ignore[attr-defined]
            raise NotBatchable("random numbers of other generators differ under `jax.vmap`")
        num_rows = len(columns[0])
        keys = [_avals(column) for column in columns]
        listed = [key for key in keys if key is not None]
        types = tuple(map(type, shared))
        batched = self._batched.get(types) or self._batched.setdefault(types, self._batch_for(types))
        if all(len(set(key)) == 1 for key in listed):
            return self._group(batched, columns, num_rows, shared)
        if len(listed) != len(columns):
            columns = [list(column) for column in columns]
        return self._ragged(batched, columns, list(zip(*listed, strict=True)), shared)

    def _ragged(
        self, batched: _Batched, columns: Sequence[Any], keys: Sequence[Any], shared: Sequence[Any]
    ) -> list[list[Any]]:
        """One batch for each combination of shapes and dtypes."""
        results: list[list[Any]] = [[None] * len(columns[0]) for _ in self._region.outputs]
        groups: dict[Any, list[int]] = {}
        for row, key in enumerate(keys):
            groups.setdefault(key, []).append(row)
        for rows in groups.values():
            taken = [[column[row] for row in rows] for column in columns]
            for result, values in zip(results, self._group(batched, taken, len(rows), shared), strict=True):
                for row, value in zip(rows, values, strict=True):
                    result[row] = value
        return results

    def _group(
        self, batched: _Batched, columns: Sequence[Any], num_rows: int, shared: Sequence[Any]
    ) -> list[list[Any]]:
        if num_rows < MIN_ROWS:
            return self._one_by_one(columns, num_rows, shared)
        most = batched.max_rows([_element(column) for column in columns], shared)
        results: list[list[Any]] = [[] for _ in self._region.outputs]
        for start in range(0, num_rows, most):
            size = min(most, num_rows - start)
            parts = [column if size == num_rows else column[start : start + size] for column in columns]
            length = self._length(size, is_free=any(not isinstance(part, list) for part in parts))
            outputs = batched([_stacked(part, length) for part in parts], shared)
            for result, output in zip(results, outputs, strict=True):
                result += _unstacked(output, size)
        return results

    def _length(self, size: int, *, is_free: bool) -> int:
        """How many rows a batch is made of; one with a whole array is a program of its own anyway."""
        if size not in self._lengths and len(self._lengths) >= MAX_LENGTHS and not is_free:
            size = 1 << (size - 1).bit_length()
        self._lengths.add(size)
        return size

    def _one_by_one(self, columns: Sequence[Any], num_rows: int, shared: Sequence[Any]) -> list[list[Any]]:
        rows = [self._one(*(column[row] for column in columns), *shared) for row in range(num_rows)]
        rows = rows if len(self._region.outputs) != 1 else [(row,) for row in rows]
        return [list(values) for values in zip(*rows, strict=True)]

    def _batch_for(self, types: tuple[type, ...]) -> _Batched:
        on_host = [False] * self._num_columns + [not issubclass(cls, jax.Array | jax.core.Tracer) for cls in types]
        if not all(issubclass(cls, _SHARED_TYPES) for cls in types):
            raise NotBatchable("a shared value that can't be traced")
        try:
            split = split_host(self._region, on_host, is_array_function)
        except MixedCall as error:
            raise NotBatchable("code for NumPy and JAX in one") from error
        if split is None:
            return _Batched(self._region, self._num_columns)
        from_columns = [index for index in split.device_params if index < self._num_columns]
        if split.device is None or split.finish.steps or len(split.host.outputs) != split.num_passed:
            raise NotBatchable("results that are Python's")
        if from_columns != list(range(self._num_columns)) or split.device.outputs != split.finish.outputs:
            raise NotBatchable("columns that the device doesn't need")
        host, chosen = function_of(split.host, as_tuple=True), split.device_params[self._num_columns :]
        return _Batched(split.device, self._num_columns, lambda *all_: (*(all_[i] for i in chosen), *host(*all_)))


class _Batched:
    """One region under `jax.vmap`, for shared values of certain types.

    Args:
        region: what JAX computes; takes the columns first.
        num_columns: how many columns there are.
        prepare: from columns (of which it uses none) and shared values to what the region takes after its columns.
    """

    def __init__(
        self, region: ArrayRegion, num_columns: int, prepare: Callable[..., tuple[Any, ...]] | None = None
    ) -> None:
        self._function, self._num_columns, self._prepare = function_of(region, as_tuple=True), num_columns, prepare
        num_shared = len(region.params) - num_columns
        axes = (*(0 for _ in range(num_columns)), *(None for _ in range(num_shared)))
        vectorised = jax.vmap(self._arrays, axes)

        def batched(columns: Sequence[Any], *shared: Any) -> Any:
            whole = [column if not isinstance(column, tuple) else _joined(column) for column in columns]
            return vectorised(*whole, *shared)

        batched.__name__ = f"vmap_{region.name}"
        self._jitted = jax.jit(batched)
        self._max_rows: dict[Any, int] = {}

    def __call__(self, columns: Sequence[Any], shared: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs, stacked."""
        return self._jitted(tuple(columns), *self._all_shared(shared))

    def max_rows(self, first: Sequence[Any], shared: Sequence[Any]) -> int:
        """How many rows one batch may have, given the values of the first element."""
        key = (*((one.shape, one.dtype) for one in first), *map(np.shape, shared))
        found = self._max_rows.get(key)
        if found is None:
            jaxpr = jax.make_jaxpr(self._arrays)(*first, *self._all_shared(shared)).jaxpr
            found = self._max_rows[key] = max(1, MAX_BYTES // max(1, _num_bytes(jaxpr)))
        return found

    def _all_shared(self, shared: Sequence[Any]) -> Sequence[Any]:
        return shared if self._prepare is None else self._prepare(*[None] * self._num_columns, *shared)

    def _arrays(self, *values: Any) -> tuple[Any, ...]:
        outputs = self._function(*values)
        if not all(isinstance(output, jax.Array) for output in outputs):
            raise NotBatchable("a result that is no array")
        return outputs


def _avals(column: Any) -> list[Any] | None:
    """Shape and dtype of each array of a column; None for a column that is one array.

    Raises:
        NotBatchable: elements that aren't JAX arrays, or whose dtype gives way to others.
    """
    if type(column) is _ARRAY_TYPE:
        if column.ndim == 0 or column.weak_type:
            raise NotBatchable("an array of another form")
        return None
    if set(map(type, column)) != {_ARRAY_TYPE}:
        raise NotBatchable("elements of other classes")
    avals = [array.aval for array in column]
    if any(aval.weak_type for aval in set(avals)):
        raise NotBatchable("elements whose dtype gives way to others")
    return avals


def _element(column: Any) -> jax.ShapeDtypeStruct:
    """Shape and dtype of the first element of a column."""
    aval, is_list = (column[0].aval, True) if isinstance(column, list) else (column.aval, False)
    return jax.ShapeDtypeStruct(aval.shape if is_list else aval.shape[1:], aval.dtype)


def _stacked(column: Any, length: int) -> Any:
    """A column as an array, or as a tuple of stacked chunks and of arrays that are left over, for `_joined`."""
    if not isinstance(column, list):
        return column
    arrays = column + [column[-1]] * (length - len(column))
    whole = len(arrays) - len(arrays) % CHUNK
    chunks = [_stack(*arrays[start : start + CHUNK]) for start in range(0, whole, CHUNK)]
    full = len(chunks) - len(chunks) % CHUNK
    joined = [_concatenate(*chunks[start : start + CHUNK]) for start in range(0, full, CHUNK)]
    return tuple(joined + chunks[full:]), tuple(arrays[whole:])


def _joined(parts: tuple[tuple[Any, ...], tuple[Any, ...]]) -> Any:
    """One array of what `_stacked` gives; traced."""
    chunks, rest = parts
    return jax.numpy.concatenate([*chunks, *([jax.numpy.stack(rest)] if rest else [])])


def _unstacked(output: jax.Array, size: int) -> list[jax.Array]:
    """The first `size` rows of an array. Its own iterator is slower by a third, but compiles nothing more."""
    if size < MANY_ROWS or output.sharding.num_devices != 1:
        return list(output)[:size]
    rows: list[jax.Array] = []
    whole = size - size % CHUNK
    for start in range(0, whole, CHUNK):
        rows += _chunk_of_rows(output, start)
    return rows if whole == size else [*rows, *output[whole:size]]


def _num_bytes(jaxpr: Any) -> int:
    """The size of all that a traced function computes."""
    total = 0
    for equation in jaxpr.eqns:
        inner = [getattr(one, "jaxpr", None) for one in equation.params.values()]
        total += sum(_num_bytes(getattr(one, "jaxpr", one)) for one in inner if hasattr(one, "eqns"))
        total += sum(int(np.prod(out.aval.shape)) * out.aval.dtype.itemsize for out in equation.outvars)
    return total
