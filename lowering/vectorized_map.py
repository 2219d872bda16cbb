"""`xcs.map ... vectorized` over array code: one kernel for all elements, `jax.vmap` of JAX's code or batched NumPy.

Applies where the body is array code, with calls before and behind it that change nothing and wait for nobody: those
run element by element. Whatever the batch can't do, or fails at, the elements do one by one, in order.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from ..diagnostics.effect import READS
from ..dialect.parallel import MapOp
from ..runtime.plan import Arguments, Block, Call, Literal, LoopSource, Operand, Slot
from .block_builder import BlockBuilder
from .kernel import Kernel
from .map_parts import MapParts, parts_of
from .op_lowering import pick_results
from .region_code import function_of

MAX_FAILED = 4  # batches in a row that failed; after them, none is tried any more


class VectorizedKernel:
    """A map's body over many elements at once; callable from any thread."""

    def __init__(self, parts: MapParts) -> None:
        """Vectorises a body that was cut into its parts."""
        self.parts = parts
        self.name = parts.head.name
        self._num_failed = 0  # in a row; a count that a race loses costs one more try
        self._rows_by_shared: dict[tuple[int, ...], Any] = {}

    def __call__(self, elements: Any, *shared: Any) -> tuple[list[Any], ...]:
        """For each output of the body the list of its values."""
        taken = elements if self._rows_for(()).takes_array(elements) else list(elements)
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
        return sum(rows.num_lengths for rows in self._rows_by_shared.values())

    def _together(self, taken: Any, shared: tuple[Any, ...]) -> tuple[list[Any], ...]:
        parts = self.parts
        elements = list(taken) if parts.before is not None or parts.tail is not None else []
        before: list[Any] = []
        if parts.before is not None:
            function = self._before
            before = list(zip(*[function(element, *shared) for element in elements], strict=True))
        columns = [taken if index == 0 else list(before[index - 1]) for index in parts.columns]
        same = _same_for_all(columns)
        of_all = [columns[place][0] for place in same]
        made = self._rows_for(same)([one for i, one in enumerate(columns) if i not in same], [*of_all, *shared])
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
        return function_of(self.parts.whole, as_tuple=True)

    @functools.cached_property
    def _before(self) -> Any:
        assert self.parts.before is not None
        return function_of(self.parts.before, as_tuple=True)

    @functools.cached_property
    def _tail(self) -> Any:
        assert self.parts.tail is not None
        return function_of(self.parts.tail, as_tuple=True)

    def _rows_for(self, same: tuple[int, ...]) -> Any:
        """The array code for many elements, where the columns at some places are one value for all of them."""
        known = self._rows_by_shared.get(same)
        return known or self._rows_by_shared.setdefault(same, self._make_rows(same))

    def _make_rows(self, same: tuple[int, ...]) -> Any:
        num_columns = len(self.parts.columns)
        columns, shared = self.parts.head.params[:num_columns], self.parts.head.params[num_columns:]
        own = [slot for place, slot in enumerate(columns) if place not in same]
        head = replace(self.parts.head, params=(*own, *(columns[place] for place in same), *shared))
        if self.parts.kind == "jax":
            from .jax_rows import JaxRows  # imports JAX, which only array work needs

            return JaxRows(head, len(own), Kernel(head))
        from .numpy_rows import NumpyRows

        return NumpyRows(head, len(own))


def _same_for_all(columns: list[Any]) -> tuple[int, ...]:
    """The places of columns that hold one object for all elements, weights for instance; never all places."""
    found = [
        place
        for place, column in enumerate(columns)
        if isinstance(column, list) and len(column) > 1 and all(one is column[0] for one in column)
    ]
    return tuple(found) if len(found) < len(columns) else tuple(found[1:])


def lower_vectorized(builder: BlockBuilder, op: MapOp, iterable: Operand, body: Block, source: LoopSource) -> bool:
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
