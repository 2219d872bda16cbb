"""Array regions against the same calls made one by one: values, dtypes, weak types, Python types and errors."""

from __future__ import annotations

import operator
import traceback
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xcs.diagnostics.location import UNKNOWN, Location
from xcs.lowering.array_region import ArrayRegion
from xcs.lowering.kernel import Kernel, NativeKernel
from xcs.lowering.region_code import function_of
from xcs.lowering.specialisation import MAX_VALUES
from xcs.lowering.structure_calls import make_dict, make_list
from xcs.runtime.plan import Arguments, Call, Literal, Operand, Slot


def call(result: int, function: Any, *operands: Any, location: Location = UNKNOWN, **keywords: Any) -> Call:
    """A call whose integer operands wrapped in `Slot` are slots and whose others are literals."""

    def operand(value: Any) -> Operand:
        return value if isinstance(value, Slot) else Literal(value)

    arguments = Arguments(
        tuple((False, operand(value)) for value in operands),
        tuple((name, operand(value)) for name, value in keywords.items()),
    )
    return Call("xcs.call", (result,), callee=Literal(function), arguments=arguments, location=location)


def region(num_params: int, *steps: Call, outputs: tuple[int, ...] | None = None) -> ArrayRegion:
    """A region over the first slots; by default it gives the last result."""
    slots = outputs if outputs is not None else (steps[-1].results[0],)
    return ArrayRegion("region", tuple(range(num_params)), steps, tuple(map(Slot, slots)))


def assert_same(found: Any, expected: Any) -> None:
    """Equal structure, Python types, dtypes, weak types and values."""
    assert isinstance(found, jax.Array) == isinstance(expected, jax.Array)
    if isinstance(expected, jax.Array | np.ndarray | np.generic):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert getattr(found, "weak_type", None) == getattr(expected, "weak_type", None)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
        return
    assert type(found) is type(expected)
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        assert_same(list(found.values()), list(expected.values()))
    else:
        assert found == expected


def traced_count(function: Any) -> tuple[Any, list[int]]:
    """The function and a list that grows whenever Python runs it: while tracing and when run call by call."""
    runs: list[int] = []

    def counted(*args: Any, **kwargs: Any) -> Any:
        runs.append(1)
        return function(*args, **kwargs)

    counted.__module__ = "jax.counted"
    return counted, runs


SQUARE_SUM = region(2, call(2, operator.mul, Slot(0), Slot(1)), call(3, jnp.sum, Slot(2), axis=0))
ARRAYS = [
    jnp.arange(6.0).reshape(2, 3),
    jnp.arange(6).reshape(2, 3),
    jnp.ones((2, 3), jnp.bfloat16),
    jnp.ones((2, 3), jnp.complex64),
    jnp.zeros((0, 3)),
    jnp.array(2.5),
    jnp.asarray(True),
    np.arange(6.0).reshape(2, 3),
    np.arange(6, dtype=np.uint8).reshape(2, 3),
    np.float64(1.5),
    3,
    2.5,
    True,
    1j,
]


@pytest.mark.parametrize("left", ARRAYS, ids=repr)
@pytest.mark.parametrize(
    "right", [ARRAYS[0], ARRAYS[1], ARRAYS[7], 3, 0.1], ids=["f32", "i32", "numpy", "int", "float"]
)
def test_values_dtypes_and_weak_types_are_those_of_single_calls(left: Any, right: Any) -> None:
    def outcome(function: Any) -> Any:
        try:
            return function(left, right)
        except Exception as error:
            return type(error), str(error)

    kernel = Kernel(SQUARE_SUM)
    expected = outcome(function_of(SQUARE_SUM))
    assert_same(outcome(kernel), expected)
    assert_same(outcome(kernel), expected)
    assert_same(outcome(kernel.fast), expected)


def test_a_region_of_arrays_is_traced_once() -> None:
    function, runs = traced_count(jnp.sin)
    kernel = Kernel(region(1, call(1, function, Slot(0)), call(2, jnp.cos, Slot(1))))
    for _ in range(3):
        assert_same(kernel(jnp.ones(4)), jnp.cos(jnp.sin(jnp.ones(4))))
    assert len(runs) == 1
    kernel.fast(jnp.ones(4))
    assert len(runs) == 1
    kernel(jnp.ones(5))
    assert len(runs) == 2


def test_python_arithmetic_on_numbers_stays_python() -> None:
    product = region(2, call(2, operator.mul, Slot(0), Slot(0)), call(3, jnp.add, Slot(1), 1.0), outputs=(2, 3))
    big, shifted = Kernel(product)(10**12, jnp.ones(2))
    assert_same(big, 10**24)
    assert_same(shifted, jnp.ones(2) + 1.0)


def test_numpy_arithmetic_inside_a_jax_region_keeps_double_precision() -> None:
    kernel = Kernel(region(1, call(1, operator.mul, Slot(0), Slot(0)), call(2, jnp.sin, Slot(1)), outputs=(1, 2)))
    squared, sine = kernel(np.full(2, 0.1))
    assert_same(squared, np.full(2, 0.1) * np.full(2, 0.1))
    assert_same(sine, jnp.sin(np.full(2, 0.1) * np.full(2, 0.1)))


def test_what_is_not_computed_is_given_back_as_it_is() -> None:
    kernel = Kernel(region(2, call(2, jnp.sin, Slot(1)), outputs=(0, 1, 2)))
    held, array = object(), jnp.ones(2)
    found = kernel(held, array)
    assert found[0] is held
    assert found[1] is array
    assert kernel.fast(held, array)[0] is held


def test_host_values_in_structures_stay_what_they_are() -> None:
    steps = (
        call(2, jnp.add, Slot(0), Slot(1)),
        call(3, make_list, Slot(0), Slot(2)),
        call(4, make_dict, "x", Slot(1), "all", Slot(3)),
    )
    structured = region(2, *steps)
    for arguments in [(np.ones(2), jnp.ones(2)), (jnp.ones(2), 3), (np.ones(2), 2.5), (jnp.ones(2), jnp.ones(2))]:
        for kernel in (Kernel(structured), Kernel(structured).fast):
            assert_same(kernel(*arguments), function_of(structured)(*arguments))


@pytest.mark.parametrize(
    "index", [1, -1, 0, 7, jnp.array(1), np.array([0, 1]), np.array([True, False, True]), slice(1)]
)
@pytest.mark.parametrize("array", [np.arange(3.0), jnp.arange(3.0)], ids=["numpy", "jax"])
def test_items_are_those_of_the_container(array: Any, index: Any) -> None:
    item = region(2, call(2, operator.getitem, Slot(0), Slot(1)), call(3, jnp.sin, Slot(2)), outputs=(2, 3))

    def outcome(function: Any) -> Any:
        try:
            return function(array, index)
        except Exception as error:
            return type(error), str(error)

    assert_same(outcome(Kernel(item)), outcome(function_of(item)))


def test_calls_of_other_libraries_on_both_kinds_of_values_are_not_traced() -> None:
    mixed = region(2, call(2, lambda a, b: a.sum() + b, Slot(0), Slot(1)), call(3, jnp.sin, Slot(2)), outputs=(2, 3))
    big = np.array([2**40, 1])
    assert_same(Kernel(mixed)(big, jnp.array(1.0)), function_of(mixed)(big, jnp.array(1.0)))


def test_results_that_are_no_arrays_stay_python_values() -> None:
    steps = (
        call(1, jnp.shape, Slot(0)),
        call(2, operator.getitem, Slot(1), 0),
        call(3, jnp.sum, Slot(0)),
        call(4, lambda n, s, x: {"size": n, "all": [s, x], "b": None, "a": s}, Slot(2), Slot(3), Slot(0)),
    )
    structured = region(1, *steps, outputs=(1, 2, 4))
    array = jnp.ones((3, 2))
    for kernel in (Kernel(structured), Kernel(structured).fast):
        for _ in range(2):
            assert_same(kernel(array), function_of(structured)(array))


def test_named_tuples_of_arrays_come_back_as_such() -> None:
    kernel = Kernel(region(1, call(1, jnp.linalg.slogdet, Slot(0))))
    found, expected = kernel(jnp.eye(3) * 2), jnp.linalg.slogdet(jnp.eye(3) * 2)
    assert type(found) is type(expected)
    assert_same(tuple(found), tuple(expected))


def test_a_mutable_result_of_another_kind_runs_call_by_call() -> None:
    class Box:
        def __init__(self, held: Any) -> None:
            self.held = held

    kernel = Kernel(region(1, call(1, Box, Slot(0))))
    first, second = kernel(jnp.ones(2)), kernel(jnp.ones(2))
    assert type(first) is type(second) is Box
    assert first is not second


def test_a_shape_parameter_is_compiled_per_value_then_run_call_by_call() -> None:
    function, runs = traced_count(lambda x, n: jnp.reshape(x, (n, -1)))
    kernel = Kernel(region(2, call(2, function, Slot(0), Slot(1))))
    array = jnp.arange(48.0)
    for _ in range(2):
        assert_same(kernel(array, 4), jnp.reshape(array, (4, -1)))
    assert len(runs) == 2  # the failed trace with a traced `n`, and the one with `n = 4`
    kernel(array, 8)
    kernel(array, 4)
    assert len(runs) == 3
    sizes = [1, 2, 3, 6, 12, 16, 24, 48]
    for size in sizes:
        assert_same(kernel(array, size), jnp.reshape(array, (size, -1)))
    before = len(runs)
    kernel(array, sizes[-1])
    assert len(runs) == before + 1  # beyond the eighth value
    assert MAX_VALUES == 8


def test_values_that_compare_equal_are_compiled_apart() -> None:
    kernel = Kernel(region(2, call(2, lambda x, s: x + len(repr(s[0])), Slot(0), Slot(1))))
    assert [int(kernel(jnp.array(0), s)) for s in [(1,), (True,), (1.0,), (-0.0,), (0.0,)]] == [1, 4, 3, 4, 3]


@pytest.mark.parametrize("axis", [0, 1, -1, None, (0, 1)])
def test_axes_arrive_as_data(axis: Any) -> None:
    kernel = Kernel(region(2, call(2, jnp.sum, Slot(0), axis=Slot(1))))
    array = jnp.arange(6.0).reshape(2, 3)
    for _ in range(2):
        assert_same(kernel(array, axis), jnp.sum(array, axis=axis))


def test_strings_dtypes_and_lists_arrive_as_data() -> None:
    array = jnp.arange(6.0)
    convolve = Kernel(region(3, call(3, jnp.convolve, Slot(0), Slot(1), mode=Slot(2))))
    for mode in ("same", "full", "same"):
        assert_same(convolve(array, jnp.ones(3), mode), jnp.convolve(array, jnp.ones(3), mode=mode))
    cast = Kernel(region(2, call(2, jnp.asarray, Slot(0), Slot(1))))
    for dtype in (jnp.int32, np.dtype("float16"), "int8"):
        assert_same(cast(array, dtype), jnp.asarray(array, dtype))
    stack = Kernel(region(1, call(1, jnp.stack, Slot(0))))
    assert_same(stack([array, array]), jnp.stack([array, array]))


ERRORS = [
    (region(2, call(2, operator.matmul, Slot(0), Slot(1))), (jnp.ones((2, 3)), jnp.ones((2, 3)))),
    (region(2, call(2, jnp.reshape, Slot(0), Slot(1))), (jnp.ones(6), 4)),
    (region(2, call(2, jnp.sum, Slot(0), axis=Slot(1))), (jnp.ones(6), 3)),
    (region(1, call(1, jnp.sin, Slot(0))), ("text",)),
    (region(1, call(1, jnp.linalg.inv, Slot(0))), (jnp.ones((2, 3)),)),
    (region(2, call(2, operator.add, Slot(0), Slot(1))), (jnp.ones(2), [1, 2])),
    (region(1, call(1, jnp.add, Slot(0), 1)), (2**40,)),
    (region(2, call(2, jnp.sin, Slot(0)), call(3, operator.truediv, Slot(1), 0)), ("text", 1)),
]


@pytest.mark.parametrize(("failing", "arguments"), ERRORS)
def test_errors_are_those_of_single_calls(failing: ArrayRegion, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Exception) as expected:
        function_of(failing)(*arguments)
    for kernel in (Kernel(failing), Kernel(failing).fast):
        for _ in range(2):
            with pytest.raises(expected.type) as found:
                kernel(*arguments)
            assert str(found.value) == str(expected.value)
            assert found.value.__context__ is None or expected.value.__context__ is not None


def test_an_error_leaves_no_mark_on_good_arguments_of_the_same_kind() -> None:
    function, runs = traced_count(lambda x, n: jnp.reshape(x, (n, -1)))
    kernel = Kernel(region(2, call(2, function, Slot(0), Slot(1))))
    with pytest.raises(TypeError):
        kernel(jnp.ones(6), 4)
    kernel(jnp.ones(6), 3)
    before = len(runs)
    kernel(jnp.ones(6), 3)
    assert len(runs) == before


def test_branching_on_an_array_runs_call_by_call() -> None:
    kernel = Kernel(region(1, call(1, lambda x: x + 1 if x.sum() > 0 else x - 1, Slot(0))))
    for array in (jnp.ones(2), -jnp.ones(2)):
        assert_same(kernel(array), array + jnp.sign(array))


def test_a_kernel_differentiates_and_vectorises() -> None:
    kernel = Kernel(region(1, call(1, jnp.sin, Slot(0)), call(2, operator.mul, Slot(1), Slot(0))))
    assert_same(jax.grad(kernel)(0.5), jax.grad(lambda x: jnp.sin(x) * x)(0.5))
    assert_same(jax.vmap(kernel)(jnp.arange(3.0)), jnp.sin(jnp.arange(3.0)) * jnp.arange(3.0))


def test_a_native_kernel_is_numpy_itself() -> None:
    steps = (call(2, operator.mul, Slot(0), Slot(1)), call(3, np.sum, Slot(2)), call(4, np.arange, 3))
    native = NativeKernel(region(2, *steps, outputs=(2, 3, 4)))
    array = np.arange(4, dtype=np.uint8)
    assert_same(native(array, 200), (array * 200, np.sum(array * 200), np.arange(3)))
    with pytest.raises(ValueError, match="broadcast"):
        native(np.ones(2), np.ones(3))


def test_tracebacks_show_the_lines_of_the_calls() -> None:
    first, second = Location("app.py", 10, 4), Location("app.py", 11, 4)
    failing = region(
        2,
        call(2, operator.add, Slot(0), 1, location=first),
        call(3, operator.matmul, Slot(2), Slot(1), location=second),
    )
    with pytest.raises(TypeError) as caught:
        Kernel(failing)(jnp.ones((2, 3)), jnp.ones((2, 3)))
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert ("app.py", 11) in lines
    assert ("app.py", 10) not in lines


def test_stablehlo_is_jax_own_text_and_cached() -> None:
    kernel = Kernel(SQUARE_SUM)
    shape = jax.ShapeDtypeStruct((2, 3), "float32")

    def expected(a: Any, b: Any) -> Any:
        return jnp.sum(a * b, axis=0)

    expected.__name__ = "region"
    lowered = kernel.lower([shape, shape])
    assert "stablehlo.multiply" in lowered.text
    assert lowered.text == jax.jit(expected, keep_unused=True).lower(shape, shape).as_text()
    assert [(r.shape, r.dtype) for r in lowered.results or ()] == [((3,), np.float32)]
    assert kernel.lower([shape, shape]) is lowered
