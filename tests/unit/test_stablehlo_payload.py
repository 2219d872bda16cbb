"""Kernels as text: JAX's own StableHLO in the module, run from text alone, with the results of `jax.jit`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.mlir import ir
from jax.interpreters import mlir
from xdsl.dialects.builtin import ModuleOp

from xcs.diagnostics.errors import XCSError
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.dialect.tensor import TensorOp, XlaCallOp, XlaOp
from xcs.lowering.all_tensor import all_tensor_program
from xcs.lowering.plan_lowering import lower_to_plan
from xcs.lowering.run import run
from xcs.lowering.stablehlo import attach_stablehlo, aval_of, tensor_type
from xcs.lowering.xla_payload import XlaPayload
from xcs.runtime.executor import SequentialExecutor

TEXT = """
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>}
xcs.callable @sort {path = "jax.numpy:sort", effect = #xcs.effect<pure>}
xcs.callable @softmax {path = "jax.nn:softmax", effect = #xcs.effect<pure>}
xcs.func @f(%x : tensor<3x4xf32>, %w : tensor<4x4xf32>) -> (!xcs.obj) {
  %y, %z = xcs.tensor jax pure (%a = %x, %b = %w) {
    %h = xcs.call pure @dot(%a, %b)
    %s = xcs.call pure @sort(%h, axis = 1)
    xcs.yield %s, %h
  }
  %q = xcs.tensor jax pure (%a = %y, %b = %w) {
    %h = xcs.call pure @dot(%a, %b)
    %p = xcs.call pure @softmax(%h)
    xcs.yield %p
  }
  %t = xcs.make_tuple(%q, %z)
  xcs.return %t
}
"""
CALLABLES = {"dot": jnp.dot, "sort": jnp.sort, "softmax": jax.nn.softmax}
X, W = jnp.arange(12.0).reshape(3, 4), jnp.cos(jnp.arange(16.0)).reshape(4, 4)


def expected(x: Any, w: Any) -> tuple[Any, Any]:
    h = jnp.dot(x, w)
    return jax.nn.softmax(jnp.dot(jnp.sort(h, axis=1), w)), h


def ops_of(module: ModuleOp, kind: type) -> list[Any]:
    return [op for op in module.walk() if isinstance(op, kind)]


def attached() -> ModuleOp:
    module = parse_module(TEXT)
    attach_stablehlo(module, CALLABLES)
    return module


def test_typed_regions_become_kernels_with_types() -> None:
    module = attached()
    assert not ops_of(module, TensorOp)
    assert [str(type) for op in ops_of(module, XlaCallOp) for type in op.results.types] == ["tensor<3x4xf32>"] * 3
    assert [op.sym_name.data for op in ops_of(module, XlaOp)] == ["kernel_0", "kernel_1"]


def test_payloads_are_the_text_of_jax_and_verify() -> None:
    def kernel(a: Any, b: Any) -> Any:
        h = jnp.dot(a, b)
        return jnp.sort(h, axis=1), h

    payload, _ = ops_of(attached(), XlaOp)
    assert payload.text.data == jax.jit(kernel, keep_unused=True).lower(X, W).as_text().strip()
    with mlir.make_ir_context():
        assert ir.Module.parse(payload.text.data).operation.verify()


def test_a_tensor_module_runs_from_text_alone() -> None:
    text = ir_text(attached())
    found = run(text, X, W)
    for one, other in zip(found, jax.jit(expected)(X, W), strict=True):
        np.testing.assert_array_equal(one, other)
    assert ir_text(parse_module(text)) == text


def test_kernels_among_the_callables_are_run_instead_of_the_text() -> None:
    module = parse_module(TEXT)
    kernels = attach_stablehlo(module, CALLABLES)
    plan = lower_to_plan(module, kernels, lambda *_: pytest.fail("resolved"))

    def loss(x: Any) -> Any:
        ((q, z),) = SequentialExecutor().run(plan, (x, W)).unwrap()
        return jnp.sum(q * z)

    np.testing.assert_allclose(
        jax.grad(loss)(X), jax.grad(lambda x: jnp.sum(expected(x, W)[0] * expected(x, W)[1]))(X), rtol=1e-4
    )


def test_equal_regions_share_a_payload_and_symbols_stay_unique() -> None:
    module = parse_module("""
    xcs.callable @kernel_0 {path = "jax.numpy:sin", effect = #xcs.effect<pure>}
    xcs.func @f(%x : tensor<4xf32>) -> (!xcs.obj) {
      %y = xcs.tensor jax pure (%a = %x) {
        %s = xcs.call pure @kernel_0(%a)
        xcs.yield %s
      }
      %z = xcs.tensor jax pure (%a = %y) {
        %s = xcs.call pure @kernel_0(%a)
        xcs.yield %s
      }
      xcs.return %z
    }
    """)
    attach_stablehlo(module, {"kernel_0": jnp.sin})
    assert [op.sym_name.data for op in ops_of(module, XlaOp)] == ["kernel_1"]
    np.testing.assert_array_equal(run(ir_text(module), jnp.ones(4)), jnp.sin(jnp.sin(jnp.ones(4))))


@pytest.mark.parametrize(
    ("callee", "type"),
    [(jnp.sin, "!xcs.obj"), (jnp.linalg.inv, "tensor<2x3xf32>"), (jnp.shape, "tensor<2xf32>")],
    ids=["unknown type", "fails to trace", "no array"],
)
def test_other_regions_stay_as_they_are(callee: Callable[..., Any], type: str) -> None:
    text = f"""
    xcs.callable @g {{path = "app:g", effect = #xcs.effect<pure>}}
    xcs.func @f(%x : {type}) -> (!xcs.obj) {{
      %y = xcs.tensor jax pure (%a = %x) {{
        %s = xcs.call pure @g(%a)
        xcs.yield %s
      }}
      xcs.return %y
    }}
    """
    module = parse_module(text)
    before = ir_text(module)
    assert attach_stablehlo(module, {"g": callee}) == {}
    assert ir_text(module) == before


def test_avals_may_be_given_for_values_without_types() -> None:
    module = parse_module(TEXT.replace("tensor<3x4xf32>", "!xcs.obj").replace("tensor<4x4xf32>", "!xcs.obj"))
    function = next(op for op in module.ops if op.name == "xcs.func")
    attach_stablehlo(module, CALLABLES, dict(zip(function.args, (X, W), strict=True)))  # type: ignore[attr-defined]
    assert len(ops_of(module, XlaOp)) == 2


DTYPES = (
    "bool int8 int16 int32 uint8 uint16 uint32 float16 bfloat16 float32 complex64 float8_e4m3fn float8_e5m2".split()
)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_goes_through_text(dtype: str) -> None:
    array = jnp.ones((2, 3), dtype)
    text = jax.jit(lambda x: x[::-1]).lower(array).as_text()
    found = XlaPayload("k", text)(array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    type = tensor_type(jax.ShapeDtypeStruct((2, 3), dtype))
    assert type is None if dtype.startswith("float8") else aval_of(type) == jax.ShapeDtypeStruct((2, 3), dtype)


def test_payloads_of_one_program_keep_their_functions_apart() -> None:
    texts = [jax.jit(f).lower(X).as_text() for f in (jnp.sort, lambda x: -jnp.sort(-x))]
    ascending, descending = (XlaPayload("k", text) for text in texts)
    found = jax.jit(lambda x: (ascending(x), descending(x), ascending(x + 1)))(X)
    for one, other in zip(found, (jnp.sort(X), -jnp.sort(-X), jnp.sort(X + 1)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module { x", "expected `@k` to be StableHLO, found text that MLIR refuses"),
        ("module {}", "expected `@k` to have a function `@main`, found none"),
        (jax.jit(jnp.sin).lower(jnp.ones(3)).as_text(), r"expected `@k` to be called with \(float32\[3\]\), found"),
    ],
)
def test_mistakes_in_payloads_are_reported(text: str, message: str) -> None:
    with pytest.raises(XCSError, match=message):
        XlaPayload("k", text)(jnp.ones(2))


ALL_TENSOR = """
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>}
xcs.callable @sort {path = "jax.numpy:sort", effect = #xcs.effect<pure>}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @f(%w : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
  %y, %z = xcs.tensor jax pure (%a = %x, %b = %w) {
    %h = xcs.call pure @dot(%a, %b)
    %s = xcs.call pure @sort(%h, axis = 1)
    xcs.yield %s, %h
  }
  %k = xcs.constant "z"
  %j = xcs.constant "a"
  %d = xcs.make_dict(%k : %y, %j : %z)
  %t = xcs.make_tuple(%d, %k)
  xcs.return %t
}
"""


def test_a_program_that_is_one_region_is_one_kernel() -> None:
    plan = lower_to_plan(parse_module(ALL_TENSOR), CALLABLES, lambda *_: pytest.fail("resolved"))
    program = all_tensor_program(plan)
    assert program is not None
    assert not program.loads
    kernel = program.kernel
    h = jnp.dot(X, W)
    for call in (kernel, kernel.fast, kernel.fast):
        found, name = call(W, X)
        assert (list(found), name) == (["z", "a"], "z")
        np.testing.assert_array_equal(found["z"], jnp.sort(h, axis=1))
        np.testing.assert_array_equal(found["a"], h)
    assert kernel.fast(np.asarray(W), np.asarray(X))[0]["a"].dtype == jnp.float32


@pytest.mark.parametrize(
    "body",
    [
        "%d = xcs.call unordered external @ask(%y) xcs.return %d",
        "%d = xcs.make_list(%y) xcs.return %d, %z",
        "%d = xcs.tensor jax pure (%a = %y) { %s = xcs.call pure @sort(%a) xcs.yield %s } xcs.return %d",
        "%d = xcs.if %y { xcs.yield %y } else { xcs.yield %z } xcs.return %d",
    ],
)
def test_other_programs_are_not(body: str) -> None:
    head, _, _ = ALL_TENSOR.partition("%k = ")
    head = head.replace("-> (!xcs.obj) {", "-> (!xcs.obj, !xcs.obj) {") if "%d, %z" in body else head
    module = parse_module(head + body + "}")
    plan = lower_to_plan(module, {**CALLABLES, "ask": operator.neg}, lambda *_: pytest.fail("resolved"))
    assert all_tensor_program(plan) is None
