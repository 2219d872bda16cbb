"""A JAX primitive whose lowering puts StableHLO text, as it is, into the module that JAX compiles.

Importing this module imports JAX.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.core
import numpy
from jax.extend import core as extend_core
from jax.extend.mlir import ir
from jax.extend.mlir.dialects import func
from jax.interpreters import mlir

from ..diagnostics.errors import XCSError
from .element_types import numpy_name

xla_kernel = extend_core.Primitive("xcs_xla")
xla_kernel.multiple_results = True
xla_kernel.def_abstract_eval(lambda *operands, name, text, results: results)
xla_kernel.def_impl(lambda *operands, **params: jax.jit(lambda *values: xla_kernel.bind(*values, **params))(*operands))


def staged_payload(name: str, text: str) -> Any:
    """A `jax.jit` object that runs the `main` function of a module.

    Raises:
        XCSError: the text isn't such a module.
    """
    operands, results = _signature(name, text)

    def payload(*arguments: Any) -> Any:
        found = [jax.typeof(argument) for argument in arguments]
        if [(aval.shape, aval.dtype) for aval in found] != [(aval.shape, aval.dtype) for aval in operands]:
            raise XCSError(f"expected `@{name}` to be called with {_spelled(operands)}, found {_spelled(found)}")
        outputs = xla_kernel.bind(*arguments, name=name, text=text, results=results)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    payload.__name__ = payload.__qualname__ = name
    return jax.jit(payload, keep_unused=True)


def _signature(name: str, text: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The avals of the operands and results of `main`."""
    with mlir.make_ir_context():
        try:
            module = ir.Module.parse(text)
        except ir.MLIRError as error:
            raise XCSError(f"expected `@{name}` to be StableHLO, found text that MLIR refuses: {error}") from None
        main = _main_of(module)
        if main is None:
            raise XCSError(f"expected `@{name}` to have a function `@main`, found none")
        return tuple(map(_aval, main.type.inputs)), tuple(map(_aval, main.type.results))


def _main_of(module: Any) -> Any:
    """The function `main` of a module, or None."""
    functions = (op for op in module.body.operations if isinstance(op, func.FuncOp))
    return next((op for op in functions if op.sym_name.value == "main"), None)


def _aval(type: Any) -> Any:
    tensor = ir.RankedTensorType(type)
    name = numpy_name(str(tensor.element_type))
    if name is None:
        raise XCSError(f"expected arrays of numbers, found elements of type `{tensor.element_type}`")
    return jax.core.ShapedArray(tuple(tensor.shape), numpy.dtype(name))


def _spelled(avals: Sequence[Any]) -> str:
    return "(" + ", ".join(f"{aval.dtype}{list(aval.shape)}" for aval in avals) + ")"


def _lower(ctx: Any, *operands: Any, name: str, text: str, results: tuple[Any, ...]) -> Any:
    context = ctx.module_context
    module = ir.Module.parse(text, context.module.context)
    types = _main_of(module).type.results
    symbol = mlir.merge_mlir_modules(context.module, name, module, dst_symtab=context.symbol_table)
    return func.CallOp(types, ir.FlatSymbolRefAttr.get(symbol), list(operands)).results


mlir.register_lowering(xla_kernel, _lower)
