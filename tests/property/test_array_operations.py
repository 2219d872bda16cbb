"""Every array operation of the effect tables, staged, beside the same one called eagerly.

Over shapes (no elements and no axes among them), dtypes, numbers and axes: values, dtypes, classes, structure and the
exception. NumPy's results have the same bits and share memory with the same operands; JAX's differ by rounding alone.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from array_operations import JAX, NUMPY, call_of, fused, method_programs, methods, operations
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import xcs
from xcs.frontend.effects.abstract_type import (
    AbstractType,
    ArrayType,
    ExactType,
    ListType,
    RecordType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from xcs.frontend.effects.infer import infer_call
from xcs.frontend.effects.type_of import type_of

EXAMPLES = int(os.environ.get("XCS_OPERATION_EXAMPLES", "60"))
checked = settings(
    max_examples=EXAMPLES, deadline=None, derandomize="XCS_OPERATION_EXAMPLES" not in os.environ, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
SHAPES = [(), (1,), (4,), (0,), (3, 4), (4, 4), (1, 4), (0, 3), (2, 3, 4)]
DTYPES = ["float32", "int32", "bool", "float16", "complex64", "uint8", "int8"]
TOLERANCE = {"float16": 2e-2, "bfloat16": 2e-2, "float32": 1e-3, "complex64": 1e-3, "float64": 1e-3, "complex128": 1e-3}


def array_of(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed).normal(size=shape) * 3
    if dtype == "complex64":
        return (numbers + 1j * numbers[..., ::-1] if shape else numbers + 1j).astype(dtype)
    if dtype == "bool":
        return numbers > 0
    return np.abs(numbers).astype(dtype) if dtype.startswith("uint") else numbers.astype(dtype)


arrays = st.builds(array_of, st.sampled_from(SHAPES), st.sampled_from(DTYPES), st.integers(0, 3))
numbers = st.sampled_from([0, 1, 2, -1, True, 0.5, 2.5])
literals = st.sampled_from([None, (2, 2), (), "float32", [1.0, 2.0], ((1, 2), (3, 4))])
options = st.sampled_from([{}, {}, {}, {"axis": 0}, {"axis": -1}, {"axis": None}])


def outcome_of(program: Callable[..., Any], args: list[Any]) -> tuple[str, Any]:
    """What a program gives or raises."""
    try:
        return "value", program(*args)
    except RecursionError:
        raise
    except Exception as error:
        return "error", error


def compare(got: Any, wanted: Any, *, is_exact: bool) -> None:
    assert type(got) is type(wanted), (type(got), type(wanted))
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            compare(one, other, is_exact=is_exact)
    elif isinstance(wanted, dict):
        assert list(got) == list(wanted)
        compare(list(got.values()), list(wanted.values()), is_exact=is_exact)
    elif isinstance(wanted, (np.ndarray, np.generic, jax.Array)):
        compare_arrays(got, wanted, is_exact=is_exact)
    else:
        assert got == wanted or got != got or isinstance(got, np.memmap) or repr(got) == repr(wanted)


def compare_arrays(got: Any, wanted: Any, *, is_exact: bool) -> None:
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
    if isinstance(wanted, jax.Array):
        assert got.weak_type == wanted.weak_type
        if jnp.issubdtype(got.dtype, jax.dtypes.extended):
            return
    one, other = np.asarray(got), np.asarray(wanted)
    rtol = TOLERANCE.get(str(one.dtype), 0)
    if is_exact or not rtol:
        has_padding = one.dtype in (object, np.longdouble, np.clongdouble)
        assert one.tobytes() == other.tobytes() or (has_padding and np.array_equal(one, other, equal_nan=True))
        return
    with np.errstate(all="ignore"):
        one, other = one.astype(complex), other.astype(complex)
        finite = np.abs(other[np.isfinite(other)])
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * max(1.0, *finite.ravel()) if finite.size else 0)


def check(program: Callable[..., Any], given: list[np.ndarray], place: Callable[[Any], Any], *, is_exact: bool) -> None:
    """Runs a program jitted and plain, on arguments of their own."""
    ours, theirs, once_more = ([place(one) for one in given] for _ in range(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind, wanted = outcome_of(program, theirs)
        jitted = xcs.jit(program)
        found_kind, found = outcome_of(jitted, ours)
        again_kind, again = outcome_of(jitted, once_more)
    assert (found_kind, again_kind) == (kind, kind), (found, wanted)
    if kind == "error":
        assert isinstance(found, type(wanted)), (found, wanted)
        # MLIR's messages name the code around; Python's name the class of a method by how its arguments are passed.
        assert "callsite(" in str(wanted) or str(found).removeprefix("ndarray.") == str(wanted).removeprefix("ndarray.")
        return
    compare(found, wanted, is_exact=is_exact)
    compare(again, wanted, is_exact=is_exact)
    if is_exact:
        assert shared(found, ours) == shared(wanted, theirs)


def shared(result: Any, args: list[Any]) -> list[bool]:
    """Which results are views of which arguments."""
    parts = result if isinstance(result, (tuple, list)) else [result]
    held = [part for part in parts if isinstance(part, np.ndarray)]
    return [np.shares_memory(part, arg) for part in held for arg in args if isinstance(arg, np.ndarray)]


def holds(found: AbstractType, value: Any) -> bool:
    """Whether a value is one of a type."""
    match found:
        case UnionType(members=parts):
            return any(holds(part, value) for part in parts)
        case ArrayType(cls=cls, dtype=dtype, shape=shape):
            if type(value).__name__ in ("TypedFloat", "TypedInt"):
                return True  # what `stop_gradient` makes of numbers: arrays for everything that follows
            is_one = isinstance(value, cls) and (dtype is None or str(value.dtype) == dtype)
            return is_one and (shape is None or tuple(value.shape) == shape)
        case ListType(element=element):
            return type(value) is list and all(holds(element, one) for one in value)
        case TupleOfType(element=element):
            return type(value) is tuple and all(holds(element, one) for one in value)
        case TupleType(elements=elements):
            return type(value) is tuple and len(value) == len(elements) and all(map(holds, elements, value))
        case RecordType(cls=cls, elements=elements):
            return type(value) is cls and all(map(holds, elements, value))
        case StaticType(value=held):
            return value is held or value == held
        case ExactType(cls=np.dtype):
            return isinstance(value, np.dtype)  # a class of its own for each
        case ExactType(cls=cls):
            return type(value) is cls
        case _:
            return True


def check_type(operation: Callable[..., Any], args: list[Any]) -> None:
    """What inference says of a result is true of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind, result = outcome_of(operation, args)
    if kind == "value":
        found = infer_call(operation, [type_of(one) for one in args], {}).result
        assert holds(found, result), (found, result)


JAX_OPERATIONS, NUMPY_OPERATIONS = operations(JAX), operations(NUMPY)


def test_the_tables_are_not_empty() -> None:
    assert len(JAX_OPERATIONS) > 600
    assert len(NUMPY_OPERATIONS) > 350


@checked
@given(st.sampled_from(sorted(JAX_OPERATIONS)), st.lists(arrays | arrays | numbers, min_size=1, max_size=3), options)
def test_operations_of_jax(name: str, args: list[Any], options: dict[str, Any]) -> None:
    assume(any(isinstance(one, np.ndarray) for one in args))
    program = call_of(JAX_OPERATIONS[name], len(args), {} if len(args) == 3 else options)
    check(program, args, lambda one: jnp.asarray(one) if isinstance(one, np.ndarray) else one, is_exact=False)


@checked
@given(st.sampled_from(sorted(NUMPY_OPERATIONS)), st.lists(arrays | arrays | numbers, min_size=1, max_size=3), options)
def test_operations_of_numpy(name: str, args: list[Any], options: dict[str, Any]) -> None:
    assume(any(isinstance(one, np.ndarray) for one in args))
    program = call_of(NUMPY_OPERATIONS[name], len(args), {} if len(args) == 3 else options)
    check(program, args, lambda one: one.copy() if isinstance(one, np.ndarray) else one, is_exact=True)


@checked
@given(st.sampled_from(sorted(JAX_OPERATIONS)), st.lists(arrays, min_size=1, max_size=2))
def test_operations_of_jax_among_others(name: str, args: list[Any]) -> None:
    check(fused(JAX_OPERATIONS[name], len(args)), args, jnp.asarray, is_exact=False)


@checked
@given(st.sampled_from(sorted(NUMPY_OPERATIONS)), st.lists(arrays, min_size=1, max_size=2))
def test_operations_of_numpy_among_others(name: str, args: list[Any]) -> None:
    check(fused(NUMPY_OPERATIONS[name], len(args)), args, np.copy, is_exact=True)


@checked
@given(st.sampled_from(sorted(JAX_OPERATIONS)), st.lists(arrays, min_size=1, max_size=2))
def test_operations_of_jax_on_arrays_of_numpy(name: str, args: list[Any]) -> None:
    check(fused(JAX_OPERATIONS[name], len(args)), args, np.copy, is_exact=False)


@checked
@given(st.sampled_from(sorted(JAX_OPERATIONS)), st.lists(arrays | numbers | literals, min_size=1, max_size=3))
def test_types_of_what_jax_gives(name: str, args: list[Any]) -> None:
    check_type(JAX_OPERATIONS[name], [jnp.asarray(one) if isinstance(one, np.ndarray) else one for one in args])


@settings(checked, max_examples=5 * EXAMPLES)
@given(st.sampled_from(sorted(NUMPY_OPERATIONS)), st.lists(arrays | numbers | literals, min_size=1, max_size=3))
def test_types_of_what_numpy_gives(name: str, args: list[Any]) -> None:
    check_type(NUMPY_OPERATIONS[name], args)


METHODS_OF_JAX, METHODS_OF_NUMPY = methods(type(jnp.ones(1))), methods(np.ndarray)


@checked
@given(st.sampled_from(METHODS_OF_JAX), st.integers(0, 3), arrays, arrays | numbers)
def test_methods_of_jax(name: str, form: int, x: np.ndarray, y: Any) -> None:
    args = [x, y] if form == 1 else [x]
    check(method_programs(name)[form], args, lambda one: jnp.asarray(one), is_exact=False)


@checked
@given(st.sampled_from(METHODS_OF_NUMPY), st.integers(0, 3), arrays, arrays | numbers)
def test_methods_of_numpy(name: str, form: int, x: np.ndarray, y: Any) -> None:
    args = [x, y] if form == 1 else [x]
    check(
        method_programs(name)[form], args, lambda one: one.copy() if isinstance(one, np.ndarray) else one, is_exact=True
    )
