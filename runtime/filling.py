"""Loops that fill a dict: what there is to see of it before it is complete.

Guarantees: pure functions of a block, callable from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from .last_use import slots_read
from .outline_shape import Makes, Puts, Target, shape_of
from .plan import Block, Call, For, Instruction, Literal, Operand, Slot

UNPACKS = "__xcs_unpacks__"
"""The attribute, true, of the functions that unpack something into parts."""
_NEW_DICT = Makes(keyed=True)
_PUTS_ENTRY = Puts(Target(0), 2, known=1)


@dataclass(frozen=True, slots=True)
class Filling:
    """A loop that fills a dict.

    Attributes:
        result: the slot around the loop that the dict is for.
        key, value: what an iteration puts in, as operands of its body.
        keeps_key: the key is that of the item which the iteration is for.
    """

    result: int
    key: Operand
    value: Operand
    keeps_key: bool


def filling_of(block: Block, loop: For) -> Filling | None:
    """How a loop of a block fills a new dict, if that is all that it does with it."""
    if loop.breaks:
        return None
    for position, (initial, result) in enumerate(zip(loop.initial, loop.results, strict=True)):
        if not isinstance(initial, Slot) or _num_readers(block, initial.index) != 1:
            continue
        made = _maker(block, initial.index)
        found = loop.body.outputs[position]
        if made is None or shape_of(made) != _NEW_DICT or made.arguments.positional or not isinstance(found, Slot):
            continue
        put, carried = _maker(loop.body, found.index), 1 + position
        if put is None or shape_of(put) != _PUTS_ENTRY or len(put.results) != 1:
            continue
        container, *entry = [operand for _, operand in put.arguments.positional]
        is_only_use = _num_readers(loop.body, carried) == 1 and Slot(carried) not in loop.body.outputs
        if container == Slot(carried) and is_only_use and Slot(carried) not in entry and found not in entry:
            return Filling(result, *entry, keeps_key=_is_key_of_item(loop.body, entry[0]))
    return None


def _maker(block: Block, slot: int) -> Call | None:
    found: Instruction | None = next((one for one in block.instructions if slot in one.results), None)
    return found if isinstance(found, Call) else None


def _is_key_of_item(body: Block, key: Operand) -> bool:
    """Whether an operand is the first of the two parts that the element of a loop is unpacked into."""
    part = _maker(body, key.index) if isinstance(key, Slot) else None
    if part is None or not isinstance(part.callee, Literal) or not _takes_first(part.callee.value):
        return False
    [(_, parts)] = part.arguments.positional
    unpacked = _maker(body, parts.index) if isinstance(parts, Slot) else None
    if unpacked is None or not _unpacks(unpacked) or unpacked.arguments.positional != ((False, Slot(0)),):
        return False
    unpacking = unpacked.callee.value if isinstance(unpacked.callee, Literal) else None
    return unpacking is not None and unpacking.num_parts == 2 and unpacking.star is None


def _takes_first(function: object) -> bool:
    return type(function) is itemgetter and function.__reduce__()[1] == (0,)


def _num_readers(block: Block, slot: int) -> int:
    return sum(slot in slots_read(one) for one in block.instructions)


def _unpacks(call: Call) -> bool:
    return isinstance(call.callee, Literal) and getattr(call.callee.value, UNPACKS, False) is True
