"""Where a block can do with the elements of a list before all of them are there."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType

from .filling import Filling, filling_of
from .outline_uses import OutlineUses
from .plan import Block, Call, For, Literal, Map, Slot
from .plan_summary import blocks_of
from .row_shape import ROWS, DictView, RowShape


class StreamUses:
    """What to do with a stream that comes to a slot of a block.

    Attributes:
        loops: by slot, the loops over it.
        rows: by slot, the calls that list rows of it, with the shape of these.
        maps: the maps of the block of whose results something in it may want an element before all are there.
        outputs: those of whose results something around the block may.
        dicts: the loops that fill a dict of whose entries something in the block may want one before all are there.
        dict_outputs: those of which something around the block may.
    """

    __slots__ = ("dict_outputs", "dicts", "loops", "maps", "outputs", "rows")

    def __init__(self, block: Block, outputs_of: Sequence[Sequence[int]], outlines: OutlineUses) -> None:
        self.loops: dict[int, list[int]] = {}
        self.rows: dict[int, list[tuple[int, RowShape | DictView]]] = {}
        maps: list[tuple[int, Map]] = []
        dicts: list[tuple[int, Filling]] = []
        for index, instruction in enumerate(block.instructions):
            if isinstance(instruction, For | Map) and isinstance(instruction.iterable, Slot):
                self.loops.setdefault(instruction.iterable.index, []).append(index)
            elif isinstance(instruction, Call) and (shape := _row_shape(instruction)) is not None:
                for slot in {one.index for _, one in instruction.arguments.positional if isinstance(one, Slot)}:
                    self.rows.setdefault(slot, []).append((index, shape))
            if isinstance(instruction, Map):
                maps.append((index, instruction))
            elif isinstance(instruction, For) and (filling := filling_of(block, instruction)) is not None:
                dicts.append((index, filling))
        wanted = {*self.loops, *self.rows, *outlines.looks_in, *_captured(block)} if maps or dicts else set()
        self.dicts = {index: one for index, one in dicts if one.result in wanted}
        self.dict_outputs = {index: one for index, one in dicts if outputs_of[one.result]}
        self.maps = frozenset(index for index, one in maps if not wanted.isdisjoint(one.results))
        self.outputs = frozenset(index for index, one in maps if any(outputs_of[slot] for slot in one.results))

    def others_of(self, slot: int, consumers: Sequence[int]) -> list[int]:
        """The consumers of a slot that need its whole value."""
        loops = self.loops.get(slot, ())
        return [index for index in consumers if index not in loops]


def _row_shape(instruction: Call) -> RowShape | DictView | None:
    """How a call lists rows of its arguments, if it is one that does and nothing else."""
    callee = instruction.callee
    if not isinstance(callee, Literal) or type(callee.value) is not FunctionType or instruction.after:
        return None
    return getattr(callee.value, ROWS, None)


def _captured(block: Block) -> set[int]:
    nested = [inner for instruction in block.instructions for inner in blocks_of(instruction).values()]
    return {outer for inner in nested for outer, _ in inner.captures}
