"""Operations that a region repeats are traced a few times, and come to the same StableHLO, line by line."""

from __future__ import annotations

import operator
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.diagnostics.location import Location
from xcs.lowering.array_access import ArrayAccess
from xcs.lowering.array_region import ArrayRegion
from xcs.lowering.region_code import code_of
from xcs.lowering.repeated_operations import MIN_ALIKE, MIN_CALLS, with_repeated_operations
from xcs.lowering.staged_function import StagedFunction
from xcs.runtime.plan import Arguments, Call, Literal, Slot

NUM_CALLS = 2 * MIN_CALLS
X = jnp.linspace(0.5, 1.5, 4)
SQUARE = jnp.arange(16.0).reshape(4, 4) / 16


def counted(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    """A function that passes for one of JAX's, and what grows with each of its calls."""
    runs: list[int] = []

    def called(*args: Any, **kwargs: Any) -> Any:
        runs.append(1)
        return function(*args, **kwargs)

    called.__module__ = "jax.counted"
    return called, runs


def repeated(
    function: Any, *after: Any, num_calls: int = NUM_CALLS, first: tuple[Any, ...] = (), **named: Any
) -> ArrayRegion:
    """A region of calls of one function on what the one before gives, with literals before and behind."""
    steps = []
    for number in range(1, num_calls + 1):
        operands = (*map(Literal, first), Slot(number - 1), *map(Literal, after))
        arguments = Arguments(tuple((False, one) for one in operands), tuple((k, Literal(v)) for k, v in named.items()))
        place = Location("user.py", 10 + number, 4)
        steps.append(Call("xcs.call", (number,), callee=Literal(function), arguments=arguments, location=place))
    return ArrayRegion("region", (0,), tuple(steps), (Slot(num_calls),))


def texts(region: ArrayRegion, *arguments: Any, places: bool = True) -> tuple[str, str]:
    """The StableHLO of a region, with all its locations: with operations made again, and without."""
    code = code_of(region)
    eager = code.function()
    traced = with_repeated_operations(code, eager)
    assert traced is not eager
    return tuple(  # type: ignore[return-value]
        StagedFunction(function, "region").jitted.lower(*arguments).as_text(debug_info=places)
        for function in (traced, eager)
    )


OPERATIONS: dict[str, tuple[ArrayRegion, Any]] = {
    "tanh": (repeated(jnp.tanh), X),
    "matrix product with a literal": (repeated(operator.matmul, SQUARE), SQUARE),
    "scalar behind": (repeated(operator.mul, 2.0), X),
    "scalar before": (repeated(operator.sub, first=(1,)), X),
    "integer and scalar": (repeated(operator.add, 1), jnp.arange(4)),
    "several equations": (repeated(jnp.var, axis=0, keepdims=True), SQUARE[:1]),
    "softmax": (repeated(jax.nn.softmax, axis=-1), X),
    "custom derivative": (repeated(jax.nn.relu), X),
    "norm": (repeated(jnp.linalg.norm, axis=0, keepdims=True), X),
    "transpose": (repeated(ArrayAccess.of(".T")), SQUARE),
    "item": (repeated(ArrayAccess.of("[::-1]")), SQUARE),
    "method": (repeated(ArrayAccess.of(".sum", is_call=True), axis=0, keepdims=True), SQUARE),
    "keys": (repeated(jax.random.fold_in, 7), jax.random.key(0)),
    "reshape": (repeated(jnp.reshape, (2, 8)), SQUARE),
    "clip": (repeated(jnp.clip, 0.25, 0.75), X),
    "cumulative sum": (repeated(jnp.cumsum, axis=0), X),
    "sort": (repeated(jnp.sort), X),
    "argsort": (repeated(jnp.argsort), X),
    "negative zero": (repeated(operator.mul, -0.0), X),
    "same array": (repeated(jnp.asarray), X),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_same_stablehlo_with_the_same_lines(name: str) -> None:
    region, argument = OPERATIONS[name]
    found, expected = texts(region, argument)
    assert found == expected
    assert name == "same array" or '"user.py":' in found


@pytest.mark.parametrize(
    "context",
    [
        jax.default_matmul_precision("highest"),
        jax.enable_x64(True),
        jax.numpy_dtype_promotion("strict"),
        jax.default_prng_impl("rbg"),
        jax.named_scope("mine"),
    ],
)
def test_settings_of_the_trace_are_those_of_its_operations(context: Any) -> None:
    region = repeated(operator.matmul, np.eye(4, dtype=np.float32))
    with context:
        found, expected = texts(region, SQUARE)
    assert found == expected


def test_traced_a_few_times_only() -> None:
    function, runs = counted(jnp.tanh)
    region = repeated(function)
    code = code_of(region)
    jax.jit(with_repeated_operations(code, code.function())).trace(X)
    assert len(runs) == MIN_ALIKE + 1


def test_shapes_dtypes_and_literals_are_told_apart() -> None:
    """Each call adds a row, so no two are alike; then each has another literal."""
    function, runs = counted(lambda x: jnp.concatenate([x, x[:1]]))
    region = repeated(function)
    code = code_of(region)
    out = jax.jit(with_repeated_operations(code, code.function())).trace(X).out_info
    assert out.shape == (4 + NUM_CALLS,)
    assert len(runs) == NUM_CALLS


@pytest.mark.parametrize("literals", [(1, 1.0), (True, 1), (0.0, -0.0), (2, 2 + 0j)])
def test_literals_that_are_equal_but_not_the_same(literals: tuple[Any, Any]) -> None:
    chosen = [literals[number % 2] for number in range(4 * NUM_CALLS)]
    region = repeated(operator.add, num_calls=len(chosen))
    steps = tuple(
        Call(
            one.name,
            one.results,
            callee=Literal(jnp.add if number % 4 < 2 else jnp.multiply),
            arguments=Arguments((*one.arguments.positional, (False, Literal(chosen[number])))),
            location=one.location,
        )
        for number, one in enumerate(region.steps)
    )
    region = ArrayRegion(region.name, region.params, steps, region.outputs)
    found, expected = texts(region, jnp.arange(4))
    assert found == expected


def inner(x):
    return x * 2.0


@pytest.mark.parametrize(
    "function",
    [
        jax.jit(inner),
        lambda x: jax.lax.fori_loop(0, 2, lambda _, y: y * 2.0, x),
        lambda x: jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x),
        lambda x: jax.pure_callback(lambda y: y, x, x),
        lambda x: jax.named_call(inner, name="inner")(x),
        lambda x: jnp.divmod(x, 2.0)[1],
        lambda x: jax.vmap(inner)(x),
        lambda x: jax.grad(lambda y: (y * y).sum())(x),
    ],
)
def test_what_is_more_than_equations_is_called_each_time(function: Any) -> None:
    found, expected = texts(repeated(counted(function)[0]), X, places=False)
    assert found == expected


def test_functions_that_do_something_are_called_each_time() -> None:
    seen: list[float] = []

    def shown(x: Any) -> Any:
        jax.debug.callback(lambda y: seen.append(float(y[0])), x, ordered=True)
        return x + 1.0

    region = repeated(counted(shown)[0])
    code = code_of(region)
    jax.jit(with_repeated_operations(code, code.function()))(jnp.zeros(1)).block_until_ready()
    jax.effects_barrier()
    assert seen == [float(number) for number in range(NUM_CALLS)]


def test_users_functions_and_few_calls_are_left_alone() -> None:
    for region in (repeated(inner), repeated(jnp.tanh, num_calls=MIN_CALLS - 1)):
        code = code_of(region)
        eager = code.function()
        assert with_repeated_operations(code, eager) is eager


def long_chain(x, w):
    for _ in range(40):
        x = jnp.tanh(x @ w) * 0.5
    return x


@pytest.fixture
def unrolled(tmp_path: Path) -> Any:
    """The same line by line, jitted."""
    file = tmp_path / "unrolled.py"
    lines = ["import jax.numpy as jnp", "def chain(x, w):", *["    x = jnp.tanh(x @ w) * 0.5"] * 40, "    return x", ""]
    file.write_text("\n".join(lines), encoding="utf-8")
    return xcs.jit(runpy.run_path(str(file))["chain"])


def test_values_gradients_and_batches_of_long_regions(unrolled: Any) -> None:
    plain, batch = jax.jit(long_chain), jnp.stack([X, X * 2])
    np.testing.assert_array_equal(unrolled(X, SQUARE), plain(X, SQUARE))
    np.testing.assert_array_equal(jax.jit(jax.vmap(unrolled, (0, None)))(batch, SQUARE), plain(batch, SQUARE))
    slopes = [jax.grad(lambda x, w, f=f: f(x, w).sum(), 1)(X, SQUARE) for f in (unrolled, plain)]
    np.testing.assert_allclose(*slopes, rtol=1e-6)


def test_the_stablehlo_of_a_long_function_is_that_of_jax(unrolled: Any) -> None:
    unrolled(X, SQUARE)
    found, expected = unrolled.lower().as_text("stablehlo"), jax.jit(long_chain).lower(X, SQUARE).as_text()
    for name in ("dot_general", "tanh", "multiply", "constant"):
        assert found.count(f"stablehlo.{name}") == expected.count(f"stablehlo.{name}") > 0
