"""Marks maps whose array code runs as one batched kernel.

Expects: maps made (`xcs-loop-to-map`), array code gathered (`xcs-fuse-tensor`), effects of functions inferred.
Ensures: nobody can write meanwhile what a marked map iterates. Its body holds array code and otherwise only calls that
change nothing, wait for nobody and have no regions, so the elements may be computed together, and once more one by one.
Or it ends with such code, behind external calls of which none is ordered: the calls stay a map, and no call waits for
the array code of another element.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.passes import ModulePass

from ..diagnostics.effect import Effect
from ..dialect.nesting import ops_of, region_ops_inside
from ..dialect.parallel import MapOp
from ..dialect.tensor import TensorOp
from ..dialect.types import ListType
from .behaviour import OpSummaries, OpSummary, is_owned_list


@dataclass(frozen=True)
class VectorizePass(ModulePass):
    """A loop over arrays costs one kernel instead of one for each element.

    ```mlir
    %ys = xcs.map %x in %xs snapshot {
      %y = xcs.tensor jax pure (%a = %x) {
        %t = xcs.call pure @tanh(%a) {array = "jax"}
        xcs.yield %t
      }
      xcs.yield %y
    }
    ```
    becomes
    ```mlir
    %ys = xcs.map %x in %xs snapshot vectorized {
      %y = xcs.tensor jax pure (%a = %x) {
        %t = xcs.call pure @tanh(%a) {array = "jax"}
        xcs.yield %t
      }
      xcs.yield %y
    }
    ```
    """

    name = "xcs-vectorize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Mark the maps of a module."""
        summaries = OpSummaries()
        for inner in region_ops_inside(op):
            if not isinstance(inner, MapOp) or not _is_settled(inner):
                continue
            is_whole = "batch" not in inner.properties and is_vectorizable(inner, summaries)
            if is_whole or ends_with_arrays(inner, summaries):
                inner.properties["vectorized"] = UnitAttr()


def _is_settled(op: MapOp) -> bool:
    """Whether nobody can write what a map iterates while it runs."""
    return "snapshot" in op.properties or isinstance(op.iterable.type, ListType) or is_owned_list(op.iterable)


def is_vectorizable(op: MapOp, summaries: OpSummaries) -> bool:
    """Whether the body is array code with nothing around it that others could notice."""
    ops = ops_of(op.body.block)
    if not any(isinstance(one, TensorOp) for one in ops):
        return False
    if any(one.regions and not isinstance(one, TensorOp) for one in ops):
        return False
    return _is_quiet(summaries.of_all(ops))


def ends_with_arrays(op: MapOp, summaries: OpSummaries) -> bool:
    """Whether the body is external calls in no order, and behind the last one array code that nobody notices."""
    ops = ops_of(op.body.block)
    whole = summaries.of_all(ops)
    if whole.behaviour.effect > Effect.UNORDERED or whole.updates or not whole.behaviour.external:
        return False
    for one in reversed(ops):
        if isinstance(one, TensorOp):
            return True
        if one.regions or not _is_quiet(summaries.of(one)):
            return False
    return False


def _is_quiet(summary: OpSummary) -> bool:
    """Whether what is done changes nothing and waits for nobody."""
    return summary.behaviour.effect <= Effect.READS and not summary.behaviour.external and not summary.updates
