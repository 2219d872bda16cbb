"""Which array code runs as one kernel, for `xcs.explain`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.dialects.builtin import FileLineColLoc
from xdsl.ir import Operation

from ..dialect.calls import CallOp
from ..dialect.functions import FuncOp
from ..dialect.parallel import MapOp
from ..dialect.tensor import TensorOp
from .stages import Lowered

MAX_NAMES = 8  # operations that are named; a longer kernel is told by how many it has
_LIBRARIES = {"jax": "JAX", "numpy": "NumPy"}


@dataclass(frozen=True, slots=True)
class ExplainedKernel:
    """One kernel as `explain` shows it: the lines it comes from, and what it computes."""

    file: str
    lines: tuple[int, int]
    library: str
    operations: tuple[str, ...]
    is_batched: bool

    def __str__(self) -> str:
        first, last = self.lines
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        num = len(self.operations)
        names = ", ".join(self.operations[:MAX_NAMES]) + (", ..." if num > MAX_NAMES else "")
        batched = ", for all elements at once" if self.is_batched else ""
        counted = f"{num} operation{'' if num == 1 else 's'}"
        return f"{where}: one kernel of {counted} of {_LIBRARIES.get(self.library, self.library)} ({names}){batched}"


def explained_kernels(lowered: Lowered) -> Iterator[ExplainedKernel]:
    """Every kernel of the functions that the program runs."""
    functions = {op.sym_name.data: op for op in lowered.module.ops if isinstance(op, FuncOp)}
    pending, reached = [lowered.entry], {lowered.entry}
    while pending:
        for op in functions[pending.pop()].walk():
            if isinstance(op, TensorOp):
                yield _explained(op)
            reference = op.properties.get("callee")
            symbol = None if reference is None else reference.root_reference.data  # type: ignore[attr-defined]
            if symbol in functions and symbol not in reached:
                reached.add(symbol)
                pending.append(symbol)


def _explained(kernel: TensorOp) -> ExplainedKernel:
    calls = [op for op in kernel.body.block.ops if isinstance(op, CallOp) and "array" in op.attributes]
    places = [call.location for call in calls if isinstance(call.location, FileLineColLoc)]
    files = {place.filename.data for place in places}
    lines = sorted(place.line.data for place in places) or [0]
    names = tuple(_name(call.callee.root_reference.data) for call in calls)
    return ExplainedKernel(
        files.pop() if len(files) == 1 else "<several files>",
        (lines[0], lines[-1]),
        kernel.kind.data,
        names,
        _is_batched(kernel),
    )


def _name(symbol: str) -> str:
    """An operation by the symbol of what it calls: `operator.matmul`, `array_0` for an index."""
    return symbol.partition(".")[2] or ("indexing" if symbol.startswith("array") else symbol)


def _is_batched(op: Operation) -> bool:
    around = op.parent_op()
    return isinstance(around, MapOp) and "vectorized" in around.properties
