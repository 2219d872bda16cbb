"""Marks maps over array code as one batched kernel.

Expects: maps made (`xcs-loop-to-map`), array code gathered (`xcs-fuse-tensor`), effects of functions inferred.
Ensures: a marked body holds array code and otherwise only calls that change nothing, wait for nobody and have no
regions, and nobody can write what it iterates meanwhile. So the elements may be computed together, and once more one
by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.passes import ModulePass

from ..diagnostics.effect import Effect
from ..dialect.parallel import MapOp
from ..dialect.tensor import TensorOp
from ..dialect.types import ListType
from .behaviour import OpSummaries, is_owned_list


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
        for inner in op.walk():
            if isinstance(inner, MapOp) and "batch" not in inner.properties and is_vectorizable(inner, summaries):
                inner.properties["vectorized"] = UnitAttr()


def is_vectorizable(op: MapOp, summaries: OpSummaries) -> bool:
    """Whether the body is array code with nothing around it that others could notice."""
    is_settled = "snapshot" in op.properties or isinstance(op.iterable.type, ListType) or is_owned_list(op.iterable)
    ops = list(op.body.block.ops)
    if not is_settled or not any(isinstance(one, TensorOp) for one in ops):
        return False
    if any(one.regions and not isinstance(one, TensorOp) for one in ops):
        return False
    summary = summaries.of_all(ops)
    return summary.behaviour.effect <= Effect.READS and not summary.behaviour.external and not summary.updates
