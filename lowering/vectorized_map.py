"""`xcs.map ... vectorized` over array code: one kernel for all elements, `jax.vmap` of JAX's code or batched NumPy.

Applies where the body is array code, with calls before and behind it that change nothing and wait for nobody: those
run element by element. Whatever the batch can't do, or fails at, the elements do one by one, in order.
"""

from __future__ import annotations

import functools
from typing import Any

from ..diagnostics.effect import READS
from ..dialect.parallel import MapOp
from ..runtime.plan import Arguments, Block, Call, Literal, Operand, Slot
from .block_builder import BlockBuilder
from .kernel import Kernel
from .map_parts import MapParts, parts_of
from .op_lowering import pick_results

MAX_FAILED = 4  # batches in a row that failed; after them, none is tried any more


class VectorizedKernel:
    """A map's body over many elements at once; callable from any thread."""

    def __init__(self, parts: MapParts) -> None:
        """Vectorises a body that was cut into its parts."""
        self.parts = parts
        self.name = parts.head.name
        self._num_failed = 0  # in a row; a count that a race loses costs one more try

    def __call__(self, elements: Any, *shared: Any) -> tuple[list[Any], ...]:
        """For each output of the body the list of its values."""
        taken = elements if self._rows.takes_array(elements) else list(elements)
        if not len(taken):
            return tuple([] for _ in self.parts.whole.outputs)
        if self._num_failed < MAX_FAILED:
            try:
                made = self._together(taken, shared)
            except Exception:  # what running the elements one by one does decides
                self._num_failed += 1
            else:
                self._num_failed = 0
                return made
        return self._one_by_one(list(taken), shared)

    def __repr__(self) -> str:
        return f"vectorized({self.parts.kind})"

    @property
    def num_lengths(self) -> int:
        """For how many numbers of elements it has been compiled."""
        return self._rows.num_lengths

    def _together(self, taken: Any, shared: tuple[Any, ...]) -> tuple[list[Any], ...]:
        parts = self.parts
        elements = list(taken) if parts.before is not None or parts.tail is not None else []
        before: list[Any] = []
        if parts.before is not None:
            function = self._before
            before = list(zip(*[function(element, *shared) for element in elements], strict=True))
        columns = [taken if index == 0 else list(before[index - 1]) for index in parts.columns]
        made = self._rows(columns, shared)
        if parts.tail is None:
            return tuple(made)
        function = self._tail
        rows = [function(*values, *shared) for values in zip(elements, *before, *made, strict=True)]
        return tuple(map(list, zip(*rows, strict=True)))

    def _one_by_one(self, elements: list[Any], shared: tuple[Any, ...]) -> tuple[list[Any], ...]:
        function = self._whole
        return tuple(map(list, zip(*[function(element, *shared) for element in elements], strict=True)))

    @functools.cached_property
    def _whole(self) -> Any:
        return self.parts.whole.function(as_tuple=True)

    @functools.cached_property
    def _before(self) -> Any:
        assert self.parts.before is not None
        return self.parts.before.function(as_tuple=True)

    @functools.cached_property
    def _tail(self) -> Any:
        assert self.parts.tail is not None
        return self.parts.tail.function(as_tuple=True)

    @functools.cached_property
    def _rows(self) -> Any:
        head, num_columns = self.parts.head, len(self.parts.columns)
        if self.parts.kind == "jax":
            from .jax_rows import JaxRows  # imports JAX, which only array work needs

            return JaxRows(head, num_columns, Kernel(head))
        from .numpy_rows import NumpyRows

        return NumpyRows(head, num_columns)


def lower_vectorized(builder: BlockBuilder, op: MapOp, iterable: Operand, body: Block) -> bool:
    """Adds a vectorised map as one call; gives False where it has no such form."""
    parts = parts_of(body)
    if parts is None:
        return False
    whole = builder.slot()
    shared = [Slot(outer) for outer, _ in body.captures]
    instruction = Call(
        f"{op.name} vectorized",
        (whole.index,),
        callee=Literal(VectorizedKernel(parts)),
        arguments=Arguments(tuple((False, operand) for operand in (iterable, *shared))),
        behaviour=READS,
        after=builder.after(op),
        location=builder.context.location(op.location),
    )
    builder.add(op, instruction)
    pick_results(builder, op, whole)
    return True
