"""Array code of NumPy's for many vectors at once, with the bits, dtypes and classes of one vector after the other.

Takes vectors of float32 or float64 in one piece of memory each, and scalars of these dtypes. Whatever NumPy would
warn of, or report in another way, is refused: then one by one decides. Importing this module imports NumPy.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..runtime.plan import Literal, Operand
from .array_region import ArrayRegion
from .numpy_table import batched_name

MAX_BYTES = 8 << 20  # of the vectors in one go: more gains nothing, and costs the memory of every step
MIN_ROWS = 4  # fewer are as fast one by one

MAX_NUMBER = 1 << 24  # of Python's numbers beside arrays: up to here both dtypes hold every integer

_FLOATS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))
_layout = operator.attrgetter("dtype", "shape", "strides")


class NotBatchable(Exception):
    """These values don't have the form that the table of operations is made for."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """A value of each element: vectors as `data[rows, length]`, or scalars as `data[rows]`."""

    data: Any

    @property
    def is_vectors(self) -> bool:
        return self.data.ndim == 2


class NumpyRows:
    """Array code over columns and shared values; callable from any thread.

    Args:
        region: the array code, all of it in the table; takes the columns first.
        num_columns: how many columns there are.
    """

    def __init__(self, region: ArrayRegion, num_columns: int) -> None:
        self._region, self._num_columns = region, num_columns
        self._steps = [
            (str(batched_name(step)), [operand for _, operand in step.arguments.positional], step.results[0])
            for step in region.steps
        ]

    @property
    def num_lengths(self) -> int:
        """For how many numbers of elements it has been compiled: there is nothing to compile."""
        return 0

    def takes_array(self, elements: Any) -> bool:
        """Whether elements are the rows of one array that can be a column."""
        return type(elements) is np.ndarray and elements.ndim == 2

    def __call__(self, columns: Sequence[Any], shared: Sequence[Any]) -> list[list[Any]]:
        """For each output of the region the list of its values.

        Args:
            columns: a list with a value for each element, or an array with a row for each.
            shared: what is the same for all of them.

        Raises:
            NotBatchable: no batch of them is exact.
            Exception: an operation failed, or would have warned; of which element isn't known.
        """
        num_rows = len(columns[0])
        results: list[list[Any]] = [[None] * num_rows for _ in self._region.outputs]
        shared = [_checked_shared(value) for value in shared]
        for rows in _groups(columns, num_rows):
            if len(rows) < MIN_ROWS:
                raise NotBatchable("too few vectors of one shape")
            for result, values in zip(results, self._group(columns, rows, shared), strict=True):
                if len(rows) == num_rows:
                    result[:] = values
                else:
                    for row, value in zip(rows, values, strict=True):
                        result[row] = value
        return results

    def _group(self, columns: Sequence[Any], rows: Sequence[int], shared: Sequence[Any]) -> list[list[Any]]:
        """The values of some rows, all of one layout."""
        operands = [*(column[rows[0]] for column in columns), *(one for one in shared if hasattr(one, "nbytes"))]
        size = max(MIN_ROWS, MAX_BYTES // max(1, sum(int(one.nbytes) for one in operands)))
        results: list[list[Any]] = [[] for _ in self._region.outputs]
        modes = {kind: "ignore" if mode == "ignore" else "raise" for kind, mode in np.geterr().items()}
        with np.errstate(**modes):  # type: ignore[arg-type]
            for start in range(0, len(rows), size):
                stacked = [_stacked(column, rows[start : start + size]) for column in columns]
                for result, value in zip(results, self._batch(stacked, shared), strict=True):
                    result += _unstacked(value)
        return results

    def _batch(self, columns: Sequence[_Rows], shared: Sequence[Any]) -> list[Any]:
        values: dict[int, Any] = dict(zip(self._region.params, (*columns, *shared), strict=True))

        def value(operand: Operand) -> Any:
            return _checked_shared(operand.value) if isinstance(operand, Literal) else values[operand.index]

        for name, operands, slot in self._steps:
            values[slot] = _operation(name)(name, *map(value, operands))
        return [value(output) for output in self._region.outputs]


def _checked_shared(value: Any) -> Any:
    """A shared operand: a number of Python's, a vector or scalar of NumPy's."""
    cls = type(value)
    if (cls is float or cls is int) and abs(value) <= MAX_NUMBER:
        return value
    is_vector = cls is np.ndarray and value.ndim == 1 and _is_dense(value)
    if (is_vector or cls in (np.float32, np.float64)) and value.dtype in _FLOATS:
        return value
    raise NotBatchable(f"a shared operand of class `{cls.__name__}`")


def _is_dense(vector: Any) -> bool:
    return vector.strides == (vector.itemsize,)


def _groups(columns: Sequence[Any], num_rows: int) -> list[Sequence[int]]:
    """The rows by layout: usually all are one group."""
    kinds = [kinds for column in columns if (kinds := _layouts(column)) is not None]
    if not kinds:
        return [range(num_rows)]
    keys = kinds[0] if len(kinds) == 1 else list(zip(*kinds, strict=True))
    if len(set(keys)) == 1:
        return [range(num_rows)]
    grouped: dict[Any, list[int]] = {}
    for row, key in enumerate(keys):
        grouped.setdefault(key, []).append(row)
    return list(grouped.values())


def _layouts(column: Any) -> list[Any] | None:
    """The layout of each vector of a column; None for a column that is one array.

    Raises:
        NotBatchable: one of them isn't a vector or scalar in its plain form.
    """
    if type(column) is np.ndarray:
        if column.ndim != 2 or column.dtype not in _FLOATS or not column.flags.c_contiguous:
            raise NotBatchable("an array of another form")
        return None
    classes = set(map(type, column))
    if classes != {np.ndarray} and not classes <= {np.float32, np.float64}:
        raise NotBatchable("elements of other classes")
    layouts = list(map(_layout, column))
    for dtype, shape, strides in set(layouts):
        if dtype not in _FLOATS or len(shape) > 1 or (classes == {np.ndarray} and strides != (dtype.itemsize,)):
            raise NotBatchable("vectors of another form")
    return layouts


def _stacked(column: Any, rows: Sequence[int]) -> _Rows:
    if type(column) is np.ndarray:
        return _Rows(column[rows.start : rows.stop] if isinstance(rows, range) else column[rows])
    return _Rows(np.array([column[row] for row in rows]))


def _unstacked(value: Any) -> list[Any]:
    """The values of the rows as objects of their own: copies of vectors, NumPy's scalars."""
    if not isinstance(value, _Rows):
        raise NotBatchable("a result that is the same for all elements")
    return [row.copy() for row in value.data] if value.is_vectors else list(value.data)


def _operation(name: str) -> Callable[..., Any]:
    return _dot if name == "dot" else _reduce if name in _REDUCERS else _elementwise


_REDUCERS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda data: np.add.reduce(data, axis=-1),
    "mean": lambda data: data.mean(axis=-1),
    "norm": lambda data: np.sqrt(np.vecdot(data, data)),
}


def _reduce(name: str, value: Any) -> Any:
    data = value.data if isinstance(value, _Rows) else value
    if not hasattr(data, "ndim") or data.ndim != (2 if isinstance(value, _Rows) else 1) or data.dtype not in _FLOATS:
        raise NotBatchable("a reduction of something else than vectors")
    if data.shape[-1] == 0:
        raise NotBatchable("a reduction of nothing")
    reduced = _REDUCERS[name](data)
    return _Rows(reduced) if isinstance(value, _Rows) else reduced


def _dot(name: str, left: Any, right: Any) -> Any:
    pair = [one.data if isinstance(one, _Rows) else one for one in (left, right)]
    for one, data in zip((left, right), pair, strict=True):
        if not hasattr(data, "ndim") or data.ndim != (2 if isinstance(one, _Rows) else 1):
            raise NotBatchable("a product of something else than vectors")
    if pair[0].dtype != pair[1].dtype or pair[0].dtype not in _FLOATS:
        raise NotBatchable("a product of two dtypes")
    if pair[0].shape[-1] != pair[1].shape[-1]:
        raise NotBatchable("vectors of two lengths")
    product = np.vecdot(*pair)
    return _Rows(product) if any(isinstance(one, _Rows) for one in (left, right)) else product


def _elementwise(name: str, *operands: Any) -> Any:
    for one in operands:
        data = one.data if isinstance(one, _Rows) else one
        if hasattr(data, "dtype") and data.dtype not in _FLOATS:
            raise NotBatchable("operands of another dtype")
    if not any(isinstance(one, _Rows) for one in operands):
        if not any(hasattr(one, "dtype") for one in operands):
            raise NotBatchable("an operation on Python's numbers alone")
        return getattr(np, name)(*operands)
    has_vectors = any(_is_vector(one) for one in operands)
    data = [_aligned(one, has_vectors) if isinstance(one, _Rows) else one for one in operands]
    return _Rows(getattr(np, name)(*data))


def _is_vector(one: Any) -> bool:
    return one.is_vectors if isinstance(one, _Rows) else isinstance(one, np.ndarray)


def _aligned(rows: _Rows, has_vectors: bool) -> Any:
    """The data of rows; scalars stand as vectors of length one beside vectors."""
    return rows.data[:, None] if has_vectors and not rows.is_vectors else rows.data
