"""`jit(numpy="xla")`: NumPy's dtypes, shapes, classes, views and errors, with the rounding of XLA."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import xcs
from xcs.frontend.wrapped import Wrapped
from xcs.lowering.numpy_xla import NumpyXlaKernel
from xcs.runtime.plan import Call, Literal

DOUBLES = np.linspace(-2.0, 3.0, 12).reshape(3, 4)
SINGLES = DOUBLES.astype(np.float32)
INTEGERS = np.arange(12).reshape(3, 4)


def softmax(x: Any) -> Any:
    shifted = x - x.max(axis=-1, keepdims=True)
    weights = np.exp(shifted)
    return weights / weights.sum(axis=-1, keepdims=True)


def moments(x: Any) -> Any:
    mean = np.mean(x)
    return mean, np.std(x), np.sqrt(((x - mean) ** 2).sum())


def product(x: Any, y: Any) -> Any:
    return np.tanh(x @ y.T) * 0.5 + np.einsum("ij,kj->ik", x, y)


def mixed(x: Any, n: Any) -> Any:
    return np.sum(x * INTEGERS, axis=0) + n, (x > 0).any(), np.argmax(x)


def layouts(x: Any) -> Any:
    return x.T + 1.0, np.concatenate([x, x], axis=1) * 2.0


def first(x: Any, i: int) -> Any:
    return x[i] * 2.0


PROGRAMS: list[tuple[Callable[..., Any], list[tuple[Any, ...]]]] = [
    (softmax, [(DOUBLES,), (SINGLES,), (DOUBLES[:2],)]),
    (moments, [(DOUBLES,), (SINGLES,)]),
    (product, [(DOUBLES, DOUBLES), (SINGLES, SINGLES), (SINGLES, DOUBLES)]),
    (mixed, [(DOUBLES, 2), (SINGLES, 2.5), (INTEGERS, 3)]),
    (layouts, [(DOUBLES,), (np.asfortranarray(SINGLES),)]),
    (first, [(DOUBLES, 0), (DOUBLES, -1), (SINGLES, 2)]),
]


def same(got: Any, wanted: Any) -> None:
    assert type(got) is type(wanted)
    if isinstance(wanted, tuple):
        for one, other in zip(got, wanted, strict=True):
            same(one, other)
    elif isinstance(wanted, (np.ndarray, np.generic)):
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
        assert got.flags.f_contiguous == wanted.flags.f_contiguous
        assert got.flags.writeable == wanted.flags.writeable
        np.testing.assert_allclose(got, wanted, rtol=1e-12 if wanted.dtype.itemsize == 8 else 1e-5)
    else:
        assert got == wanted


def kernels_of(jitted: Wrapped) -> list[NumpyXlaKernel]:
    plan = jitted.compile().plan
    found = []
    for block in plan.functions.values():
        for step in block.instructions:
            if isinstance(step, Call) and isinstance(step.callee, Literal):
                found += [step.callee.value] if isinstance(step.callee.value, NumpyXlaKernel) else []
    return found


def compiled_kinds(jitted: Wrapped) -> int:
    return sum(one is not None for kernel in kernels_of(jitted) for one in kernel._compiled.values())


@pytest.mark.parametrize(("program", "cases"), PROGRAMS, ids=[program.__name__ for program, _ in PROGRAMS])
def test_it_gives_what_numpy_gives_up_to_rounding(program: Callable[..., Any], cases: list[tuple[Any, ...]]) -> None:
    jitted = xcs.jit(numpy="xla")(program)
    for args in cases:
        for _ in range(3):
            same(jitted(*args), program(*args))
    assert compiled_kinds(jitted)


def test_the_ir_says_so() -> None:
    text = xcs.jit(numpy="xla")(softmax).lower(DOUBLES).as_text()
    assert "xcs.tensor numpy" in text
    assert "{xla}" in text
    assert "{xla}" not in xcs.jit(softmax).lower(DOUBLES).as_text()


def test_the_default_is_numpy_bit_by_bit() -> None:
    jitted = xcs.jit(product)
    for args in ((DOUBLES, DOUBLES), (SINGLES, DOUBLES)):
        assert jitted(*args).tobytes() == product(*args).tobytes()
    assert not kernels_of(jitted)


def test_results_are_own_arrays() -> None:
    jitted = xcs.jit(numpy="xla")(softmax)
    for _ in range(2):
        made = jitted(DOUBLES)
        made[0] = 0.0
    same(jitted(DOUBLES), softmax(DOUBLES))


def test_arrays_from_outside_are_read_each_time() -> None:
    table = np.arange(4.0)

    def program(x: Any) -> Any:
        return np.exp(x) * table + TABLE

    jitted = xcs.jit(numpy="xla")(program)
    for step in range(4):
        same(jitted(DOUBLES), program(DOUBLES))
        table += step
        TABLE[0] += 1.0


TABLE = np.ones(4)


def test_views_stay_views() -> None:
    def program(x: Any) -> Any:
        return x.T, x[1:], np.exp(x)

    jitted = xcs.jit(numpy="xla")(program)
    for _ in range(3):
        held = DOUBLES.copy()
        turned, rest, _ = jitted(held)
        assert np.shares_memory(turned, held)
        assert np.shares_memory(rest, held)


def test_what_xla_gives_otherwise_is_numpys() -> None:
    def integers(x: Any, y: Any) -> Any:
        return x // y, x % y, x**2

    def by_value(x: Any) -> Any:
        return x[x > 0], np.unique(np.round(x))

    for program, args in ((integers, (INTEGERS + 1, INTEGERS - 20)), (by_value, (DOUBLES,))):
        jitted = xcs.jit(numpy="xla")(program)
        for _ in range(3):
            for one, other in zip(jitted(*args), program(*args), strict=True):
                assert one.tobytes() == other.tobytes()
        assert not compiled_kinds(jitted)


@pytest.mark.parametrize(
    ("program", "args"),
    [
        (first, (DOUBLES, 5)),
        (product, (DOUBLES, DOUBLES[:, :2])),
        (softmax, (np.zeros((0, 0)),)),
        (softmax, ("text",)),
    ],
)
def test_errors_are_those_of_numpy(program: Callable[..., Any], args: tuple[Any, ...]) -> None:
    jitted = xcs.jit(numpy="xla")(program)
    with pytest.raises(Exception) as wanted:
        program(*args)
    for _ in range(2):
        with pytest.raises(type(wanted.value)) as found:
            jitted(*args)
        assert str(found.value) == str(wanted.value)


def test_the_first_call_warns_as_numpy_does() -> None:
    jitted = xcs.jit(numpy="xla")(lambda x: np.log(x) * 2.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        jitted(np.zeros(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(jitted(np.zeros(3)), np.full(3, -np.inf))


def test_objects_and_subclasses_are_numpys() -> None:
    jitted = xcs.jit(numpy="xla")(lambda x: np.sqrt(x) + x)
    masked = np.ma.masked_array([1.0, 4.0], [False, True])
    for args in ((masked,), (np.longdouble([1.0, 2.0]),), (np.array([1.0, 2.0], ">f8"),), ([1.0, 4.0],)):
        for _ in range(2):
            got, wanted = jitted(*args), np.sqrt(args[0]) + args[0]
            assert type(got) is type(wanted)
            np.testing.assert_array_equal(got, wanted)


def test_drawing_and_writing_stay_in_order() -> None:
    def program(seed: int) -> Any:
        random = np.random.default_rng(seed)
        x = random.normal(size=(3, 3))
        y = np.exp(x) * 2.0
        y[0] = 0.0
        x += 1.0
        return x, y, np.tanh(y).sum() + random.normal()

    jitted = xcs.jit(numpy="xla")(program)
    for seed in (1, 2, 1):
        same(jitted(seed), program(seed))


def test_other_values_are_refused() -> None:
    with pytest.raises(xcs.XCSError, match="expected `numpy` to be one of `numpy`, `xla`, found `jax`"):
        xcs.jit(numpy="jax")
