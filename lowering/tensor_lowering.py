"""How array regions and kernels become calls."""

from __future__ import annotations

from typing import Any

from xdsl.ir import Operation

from ..dialect.tensor import TensorOp, XlaCallOp
from ..runtime.plan import Arguments, Block, Call, Literal
from .array_region import ArrayRegion
from .block_builder import BlockBuilder, OpLowering
from .kernel import Kernel, NativeKernel
from .numpy_xla import NumpyXlaKernel
from .op_lowering import behaviour_of, pick_results


def lower_tensor(builder: BlockBuilder, op: TensorOp) -> None:
    """A call of the kernel of the region."""
    name = f"region_{builder.context.num_kernels}"
    builder.context.num_kernels += 1
    _add_kernel_call(builder, op, f"xcs.tensor {op.kind.data}", kernel_of(op, builder.enter(op, op.body.block), name))


def kernel_of(op: TensorOp, block: Block, name: str) -> Kernel | NativeKernel:
    """The kernel of an array region, given the region's block of the plan."""
    region = ArrayRegion.from_block(name, block)
    if op.kind.data == "jax":
        return Kernel(region)
    return NumpyXlaKernel(region) if "xla" in op.attributes else NativeKernel(region)


def lower_xla_call(builder: BlockBuilder, op: XlaCallOp) -> None:
    """A call of a kernel of the module: the one in `callables`, otherwise that of its StableHLO text."""
    symbol = op.callee.root_reference.data
    _add_kernel_call(builder, op, f"xcs.xla_call @{symbol}", builder.context.callables[symbol])


def _add_kernel_call(builder: BlockBuilder, op: Operation, name: str, kernel: Any) -> None:
    """A call whose results are one value, or the parts of a tuple."""
    operands = builder.all_operands(op)
    if len(op.results) == 1:
        builder.call(op, kernel, operands, behaviour_of(op), name)
        return
    whole = builder.slot()
    instruction = Call(
        name,
        (whole.index,),
        callee=Literal(kernel),
        arguments=Arguments(tuple((False, operand) for operand in operands)),
        behaviour=behaviour_of(op),
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)
    pick_results(builder, op, whole)


TENSOR_LOWERINGS: dict[type[Operation], OpLowering] = {TensorOp: lower_tensor, XlaCallOp: lower_xla_call}
