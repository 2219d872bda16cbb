"""Turns loops with independent iterations into parallel maps.

Expects: effects of functions inferred, for calls of them in loop bodies.
Ensures: the same elements in the same order, the same first exception. Loops with an obstacle stay as they are, and
overlap at run time as far as their data and effects allow; `match_independent_loop` says what the obstacle is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Region
from xdsl.passes import ModulePass

from ..dialect.loops import ForOp, ReduceOp
from ..dialect.nesting import region_ops_inside
from ..dialect.operation import SOURCE_WORDS
from ..dialect.parallel import MapOp
from ..dialect.regions import YieldOp
from ..dialect.types import list_of
from .behaviour import OpSummaries
from .loop_shape import CarriedRole, Collecting, Obstacle, match_independent_loop


@dataclass(frozen=True)
class LoopToMapPass(ModulePass):
    """A loop or comprehension over many items becomes one parallel map that windows, batches and fuses as a whole.

    ```mlir
    %empty = xcs.make_list()
    %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
      %y = xcs.call unordered external @ask(%x)
      %next = xcs.append %out, %y
      xcs.yield %next
    }
    ```
    becomes
    ```mlir
    %ys = xcs.map %x in %xs snapshot {
      %y = xcs.call unordered external @ask(%x)
      xcs.yield %y
    }
    ```
    An accumulation `total = total + y` leaves the body too, as an `xcs.reduce` over the mapped list.
    """

    name = "xcs-loop-to-map"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert all loops of a module, inner ones first."""
        summaries = OpSummaries()  # converting a loop moves its body, which changes no summary
        for loop in [inner for inner in region_ops_inside(op) if type(inner) is ForOp]:
            roles = match_independent_loop(loop, summaries)
            if not isinstance(roles, Obstacle):
                convert_for_to_map(loop, roles)


def convert_for_to_map(loop: ForOp, roles: Sequence[CarriedRole]) -> MapOp:
    """Replace a loop by a map of what it collects, and a reduce for each value that it accumulates."""
    body = loop.detach_region(0)
    block = body.block
    terminator, outer = block.last_op, loop.parent
    assert terminator is not None
    assert outer is not None
    terminator.operands = [role.value for role in roles]
    folds = [_take_out_update(role) for role in roles]
    for argument in block.args[:0:-1]:
        block.erase_arg(argument)
    words = [word for word in SOURCE_WORDS if word in loop.properties]
    types = [
        list_of(value.type) if fold else result.type
        for fold, value, result in zip(folds, terminator.operands, loop.results, strict=True)
    ]
    mapped = MapOp.make(loop.iterable, body, types, words=words, location=loop.location)
    outer.insert_op_before(mapped, loop)
    for fold, init, listed, result in zip(folds, loop.inits, mapped.results, loop.results, strict=True):
        replacement = listed
        if fold is not None:
            reduced = ReduceOp.make(listed, (init,), fold, (result.type,), location=loop.location)
            outer.insert_op_before(reduced, loop)
            replacement = reduced.results[0]
        replacement.name_hint = result.name_hint
        result.replace_all_uses_with(replacement)
    outer.erase_op(loop)
    return mapped


def _take_out_update(role: CarriedRole) -> Region | None:
    """Remove the update of a carried value from the body; that of an accumulated one becomes the body of a reduce."""
    if isinstance(role, Collecting):
        role.append.detach()
        role.append.erase()
        return None
    combiner = role.combiner
    carried = combiner.operands[role.carried_index]
    block = Block(arg_types=(role.value.type, carried.type))
    block.args[1].name_hint = carried.name_hint
    inside = {role.value_index: block.args[0], role.carried_index: block.args[1]}
    combiner.detach()
    combiner.operands = [inside.get(index, value) for index, value in enumerate(combiner.operands)]
    block.add_ops((combiner, YieldOp.make(combiner.results, location=combiner.location)))
    return Region(block)
