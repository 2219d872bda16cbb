"""Lets XLA run NumPy regions: what `jit(numpy="xla")` adds to the pipeline.

Expects: array code in regions. Ensures: the regions of NumPy's code, but those of vectorised maps, are marked `xla`;
where XLA can't give what NumPy gives, up to rounding, lowering lets NumPy run them all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.passes import ModulePass

from ..dialect.tensor import TensorOp


@dataclass(frozen=True)
class NumpyToXlaPass(ModulePass):
    """NumPy's code runs as XLA's kernels, if the user asks for it: faster, and rounded differently.

    ```mlir
    %y = xcs.tensor numpy pure (%a = %x) { ... }
    ```
    becomes
    ```mlir
    %y = xcs.tensor numpy pure (%a = %x) attributes {xla} { ... }
    ```
    """

    name = "xcs-numpy-to-xla"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Mark the regions of a module."""
        for inner in op.walk():
            if isinstance(inner, TensorOp) and inner.kind.data == "numpy" and not _is_batched(inner):
                inner.attributes["xla"] = UnitAttr()


def _is_batched(op: TensorOp) -> bool:
    """Whether a region is the body of a map that runs as one batch of NumPy's."""
    parent = op.parent_op()
    return parent is not None and "vectorized" in parent.properties
