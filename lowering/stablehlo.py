"""StableHLO in the module: array regions whose operand types are known become kernels that are text.

    %y = xcs.tensor jax pure (%a = %x) {          xcs.xla @kernel { module @jit_kernel { ...stablehlo... } }
      %s = xcs.call pure @sin(%a)          ->     %y = xcs.xla_call pure @kernel(%x) -> (tensor<4xf32>)
      xcs.yield %s
    }

The text is JAX's own, verbatim. It runs from text alone (`run`); with the kernels that `attach_stablehlo` gives among
the callables, the same module runs the JAX functions themselves, which differentiate and vectorise too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    ModuleOp,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ..dialect.tensor import TensorOp, XlaCallOp, XlaOp
from .adjustments import Adjustments
from .array_region import ArrayRegion
from .block_builder import BlockBuilder, ProgramContext
from .element_types import numpy_name
from .kernel import Kernel, LoweredKernel
from .op_lowering import behaviour_of
from .plan_lowering import LOWERINGS
from .region_facts import ModuleFacts

_FLOATS = {"float16": Float16Type(), "bfloat16": BFloat16Type(), "float32": Float32Type(), "float64": Float64Type()}
_COMPLEX = {"complex64": ComplexType(Float32Type()), "complex128": ComplexType(Float64Type())}


def attach_stablehlo(
    module: ModuleOp, callables: Mapping[str, Any], avals: Mapping[SSAValue, Any] | None = None
) -> dict[str, Kernel]:
    """Turns the JAX regions of a module into StableHLO kernels, in place, where the types of their operands are known.

    Args:
        module: the module; regions with other operands stay as they are and are compiled when they first run.
        callables: the object behind each declared symbol.
        avals: shapes and dtypes (`jax.ShapeDtypeStruct`) of values whose types don't say them.

    Returns:
        The kernels by their new symbols, to run the module with instead of the text.
    """
    attaching = _Attaching(module, callables, dict(avals or {}))
    for op in list(module.walk()):
        if isinstance(op, TensorOp) and op.kind.data == "jax":
            attaching.convert(op)
    return attaching.kernels


class _Attaching:
    """Converts regions one by one, in program order, so that the results of one type the operands of the next."""

    def __init__(self, module: ModuleOp, callables: Mapping[str, Any], avals: dict[SSAValue, Any]) -> None:
        self.module, self.callables, self.avals = module, callables, avals
        self.kernels: dict[str, Kernel] = {}
        self._symbols = {op.properties["sym_name"].data for op in module.ops if "sym_name" in op.properties}  # type: ignore[attr-defined]
        self._by_text: dict[str, str] = {}
        self._last_payload: Operation | None = None

    def convert(self, op: TensorOp) -> None:
        """Replaces one region by a call of its kernel, if it has one."""
        avals = [self._aval(operand) for operand in op.operands]
        if None in avals:
            return
        try:
            kernel = self._kernel(op)
            lowered = kernel.lower(avals)
        except Exception:  # a region that can't be traced runs call by call, and raises what it raises then
            return
        types = _result_types(lowered)
        if types is None or len(types) != len(op.results):
            return
        call = XlaCallOp.make(
            self._symbol(kernel, lowered.text, op),
            op.operands,
            behaviour_of(op),
            result_types=types,
            total="total" in op.properties,
            fresh="fresh" in op.properties,
            location=op.location,
        )
        block = op.parent
        assert block is not None
        block.insert_op_before(call, op)
        for old, new, aval in zip(op.results, call.results, lowered.results or (), strict=True):
            self.avals[new] = aval
            old.replace_all_uses_with(new)
        op.detach()
        op.erase()

    def _kernel(self, op: TensorOp) -> Kernel:
        block = op.body.block
        context = ProgramContext(self.callables, LOWERINGS, ModuleFacts().collect({"kernel": block}), Adjustments(), {})
        builder = BlockBuilder(context)
        for argument in block.args:
            builder.define(argument)
        return Kernel(ArrayRegion.from_block("kernel", builder.finish(block)))

    def _symbol(self, kernel: Kernel, text: str, op: TensorOp) -> str:
        """The symbol of the payload with this text, which equal regions share."""
        symbol = self._by_text.get(text)
        if symbol is not None:
            return symbol
        number = len(self._by_text)
        while (symbol := f"kernel_{number}") in self._symbols:
            number += 1
        self._symbols.add(symbol)
        self._by_text[text] = symbol
        self.kernels[symbol] = kernel
        payload = XlaOp.make(symbol, text, op.location)
        self._insert(self.module.body.block, payload)
        return symbol

    def _insert(self, block: Block, payload: Operation) -> None:
        if self._last_payload is not None:
            block.insert_op_after(payload, self._last_payload)
        elif block.first_op is not None:
            block.insert_op_before(payload, block.first_op)
        self._last_payload = payload

    def _aval(self, value: SSAValue) -> Any:
        """Shape and dtype of a value, or None."""
        found = self.avals.get(value)
        return aval_of(value.type) if found is None else found


def aval_of(type: Attribute) -> Any:
    """The `jax.ShapeDtypeStruct` of a tensor type; None for other types."""
    if not isinstance(type, TensorType) or not type.has_static_shape():
        return None
    name = numpy_name(str(type.get_element_type()))
    if name is None:
        return None
    import jax  # only array work needs it

    return jax.ShapeDtypeStruct(type.get_shape(), name)


def tensor_type(aval: Any) -> TensorType | None:
    """The tensor type of an array; None for dtypes that builtin types don't spell."""
    return tensor_of(str(aval.dtype), tuple(aval.shape))


@lru_cache(maxsize=1024)
def tensor_of(dtype: str, shape: tuple[int, ...]) -> TensorType | None:
    """The tensor type of arrays of this dtype and shape; None for dtypes that builtin types don't spell."""
    element = _FLOATS.get(dtype) or _COMPLEX.get(dtype) or _integer_type(dtype)
    return None if element is None else TensorType(element, shape)


def _integer_type(name: str) -> IntegerType | None:
    if name == "bool":
        return IntegerType(1)
    stem, bits = name.rstrip("0123456789"), name.lstrip("uint")
    if stem not in ("int", "uint") or not bits.isdigit():
        return None
    return IntegerType(int(bits), Signedness.UNSIGNED if stem == "uint" else Signedness.SIGNLESS)


def _result_types(lowered: LoweredKernel) -> list[Attribute] | None:
    if lowered.results is None:
        return None
    types = [tensor_type(aval) for aval in lowered.results]
    return None if None in types else [type for type in types if type is not None]
