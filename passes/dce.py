"""Removes what nobody uses and nobody would miss.

Expects: ops that state their effect and whether they are `total`.
Ensures: no unused op that only computes and can't raise, and no variable that nobody reads. Calls that may raise or act
stay, used or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass

from .behaviour import own_summary


@dataclass(frozen=True)
class DcePass(ModulePass):
    """Leftovers of tracing and of other passes cost nothing when the program runs.

    One sweep from the last op to the first, inner regions before the op that holds them: what only a removed op used
    goes too.

    ```mlir
    %l = xcs.make_list(%a)
    %l2 = xcs.append %l, %b         // both gone if %l2 is not used
    %v = xcs.variable %a
    xcs.assign %v = %b              // both gone if there is no `xcs.current %v`
    ```
    """

    name = "xcs-dce"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Sweep a module once."""
        sweep(op.body.block)


_KEPT = frozenset({"xcs.yield", "xcs.return", "xcs.func", "xcs.callable", "xcs.outside", "xcs.xla", "xcs.while"})
"""Terminators and symbols are used without having uses; a `while` may be the wait for the rest to end."""


_FIRST_USE = attrgetter("first_use")


def sweep(block: Block, *, is_asked: bool = False) -> bool:
    """Remove the dead ops of a block and of all blocks inside.

    Says, where that `is_asked`, whether what is left could be dropped with the block.
    """
    all_droppable = True
    op = block.last_op
    while op is not None:
        previous = op._prev_op
        if op.name == "xcs.variable":
            _drop_assignments(op)
        inside = not op.regions or _sweep_regions(op)
        is_used = op.name in _KEPT or any(map(_FIRST_USE, op.results))
        if is_asked or not is_used:
            droppable = inside and _is_droppable(op)
            if droppable and not is_used:
                block.erase_op(op)
            else:
                all_droppable = all_droppable and droppable
        op = previous
    return all_droppable


def _drop_assignments(variable: Operation) -> None:
    """Removes what only binds a variable: no iteration is to wait for what a name was bound to in the one before."""
    uses = list(variable.results[0].uses)
    if all(use.operation.name == "xcs.assign" and use.index == 0 for use in uses):
        for use in uses:
            use.operation.detach()
            use.operation.erase()


def _sweep_regions(op: Operation) -> bool:
    if op.name == "xcs.tensor":
        return True
    is_asked = op.name != "xcs.func"  # which stays in any case
    flags = [sweep(block, is_asked=is_asked) for region in op.regions for block in region.blocks]
    return all(flags)


def _is_droppable(op: Operation) -> bool:
    return op.name != "xcs.while" and own_summary(op).is_droppable
