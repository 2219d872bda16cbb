"""`xcs.map ... vectorized` over an array region: one kernel for all elements, made by `jax.vmap`.

Applies where the body is nothing but one JAX region of the element and captured values; any other vectorised map runs
element by element.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..diagnostics.effect import READS
from ..diagnostics.errors import InternalError
from ..dialect.parallel import MapOp
from ..dialect.tensor import TensorOp
from ..runtime.plan import Arguments, Block, Call, Literal
from .block_builder import BlockBuilder
from .kernel import Kernel
from .op_lowering import pick_results

MAX_LENGTHS = 8  # numbers of elements compiled for; each costs a trace and an XLA compile


class VectorizedKernel:
    """A kernel over many elements at once; callable from any thread.

    Elements that aren't JAX arrays of one shape and dtype, and regions that `jax.vmap` can't take, run one by one.
    """

    def __init__(self, kernel: Kernel, element_positions: tuple[bool, ...]) -> None:
        """Vectorises `kernel`, whose operands at the `element_positions` are the element."""
        self.kernel, self.element_positions = kernel, element_positions
        self.name = kernel.name
        self._lengths: set[int] = set()

    def __call__(self, elements: Any, *shared: Any) -> tuple[list[Any], ...]:
        """For each result of the kernel the list of its values."""
        taken = list(elements)
        rows = self._vectorized(taken, shared) if self._is_uniform(taken) else None
        if rows is None:
            rows = [self._one(element, shared) for element in taken]
        return tuple(map(list, zip(*rows, strict=True))) if rows else tuple([] for _ in self.kernel.region.outputs)

    def __repr__(self) -> str:
        return f"vmap({self.kernel!r})"

    @property
    def num_lengths(self) -> int:
        """For how many numbers of elements it has been compiled."""
        return len(self._lengths)

    def _one(self, element: Any, shared: tuple[Any, ...]) -> tuple[Any, ...]:
        result = self.kernel(*self._arguments(element, shared))
        return result if len(self.kernel.region.outputs) != 1 else (result,)

    def _arguments(self, element: Any, shared: tuple[Any, ...]) -> list[Any]:
        remaining = iter(shared)
        return [element if is_element else next(remaining) for is_element in self.element_positions]

    def _is_uniform(self, elements: list[Any]) -> bool:
        """Whether all elements are JAX arrays of one kind, and their number is worth compiling for."""
        if len(elements) < 2 or not all(hasattr(element, "aval") for element in elements):
            return False
        if len(elements) not in self._lengths and len(self._lengths) >= MAX_LENGTHS:
            return False
        return all(element.aval == elements[0].aval for element in elements)

    def _vectorized(self, elements: list[Any], shared: tuple[Any, ...]) -> list[tuple[Any, ...]] | None:
        self._lengths.add(len(elements))
        try:
            return self._rows(elements, shared)
        except Exception:  # what running the elements one by one does decides
            return None

    @functools.cached_property
    def _rows(self) -> Callable[..., Any]:
        import jax  # only array work needs it

        axes = [0 if is_element else None for is_element in self.element_positions]

        def rows(elements: list[Any], shared: tuple[Any, ...]) -> list[tuple[Any, ...]]:
            stacked = jax.numpy.stack(elements)
            batched = jax.vmap(self.kernel, axes)(*self._arguments(stacked, shared))
            outputs = batched if len(self.kernel.region.outputs) != 1 else (batched,)
            return [tuple(output[index] for output in outputs) for index in range(len(elements))]

        return jax.jit(rows)


def lower_vectorized(builder: BlockBuilder, op: MapOp) -> bool:
    """Adds a vectorised map as one call; gives False where it has no such form."""
    block = op.body.block
    region, last = block.first_op, block.last_op
    if not isinstance(region, TensorOp) or region.kind.data != "jax" or region.next_op is not last or last is None:
        return False
    if "snapshot" not in op.properties or tuple(last.operands) != tuple(region.results):
        return False
    kernel = _kernel_called(builder.enter(op, block))
    is_element = tuple(operand is block.args[0] for operand in region.operands)
    shared = [builder.value(value) for value in region.operands if value is not block.args[0]]
    whole = builder.slot()
    arguments = Arguments(tuple((False, operand) for operand in (builder.operand(op, 0), *shared)))
    instruction = Call(
        f"{op.name} vectorized",
        (whole.index,),
        callee=Literal(VectorizedKernel(kernel, is_element)),
        arguments=arguments,
        behaviour=READS,
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)
    pick_results(builder, op, whole)
    return True


def _kernel_called(block: Block) -> Kernel:
    """The kernel that a block calls."""
    for instruction in block.instructions:
        if isinstance(instruction, Call) and isinstance(instruction.callee, Literal):
            kernel = instruction.callee.value
            if isinstance(kernel, Kernel):
                return kernel
    raise InternalError("a block with an array region calls no kernel")
