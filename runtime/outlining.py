"""How outlines of containers travel, and what goes on with them before the containers are there.

An outline goes the way that its container will go, ahead of it: to slots, through captures and outputs, from one
iteration of a loop to the next. A call that puts something into a container makes the outline of the next version as
soon as the key is known; a call that looks something up counts an outline as the container.

Guarantees: as `wiring.py`. Whatever goes wrong on an outline is done again on the container.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from .call_shape import read
from .frame import EMPTY, Frame, Machine
from .frame_outlines import FrameOutlines
from .outline import (
    OUTLINES,
    Cell,
    DictOutline,
    ListOutline,
    Missing,
    ObjectOutline,
    Outline,
    is_outlined,
    is_plain,
    known_attribute,
    outline_of,
    outline_of_stream,
    with_attribute,
)
from .outline_shape import Adds, Changes, Makes, Puts, Sets, Store, argument, key_operands, key_value
from .plan import Call, Literal, Operand, Slot
from .prepared import GATE
from .stream import Stream
from .wiring import Wiring

MAX_TRIES = 32
"""How often a call starts anew because a value is missing; from then on it waits for the container."""
_NUMBERS = frozenset({int, float})


class Outlining(Wiring):
    """The outlines of one run."""

    def foresee(self, frame: Frame, slot: int, outline: Outline) -> None:
        """Takes the outline of a container to all that can do with it."""
        known = _outlines(frame)
        if slot in known.by_slot:
            return
        known.by_slot[slot] = outline
        code = frame.code
        if frame.slots[slot] is EMPTY:
            for index in code.outline_uses.looks_in.get(slot, ()):
                self._count(frame, index, slot)
        for result in code.outline_uses.handed_on.get(slot, ()):
            self._deliveries.append((frame, result, outline))
        for index in code.outline_uses.stores_from.get(slot, ()):
            self.store_ahead(frame, index)
        for output in code.outputs_of[slot] if frame.region is not None else ():
            if output >= frame.num_taps:
                self._pass_on(frame, output - frame.num_taps, outline)
        if frame.subscribers is not None:
            for target, target_slot in frame.subscribers.get(slot, ()):
                self._deliveries.append((target, target_slot, outline))

    def foresee_stores(self, frame: Frame) -> None:
        """Before the first pass over a frame: has all its stores say what will be in their containers."""
        for index, (shape, _) in frame.code.outline_uses.stores.items():
            call = frame.code.instructions[index]
            assert isinstance(call, Call)
            if not self.store_ahead(frame, index):
                store = _AwaitedStore(frame, index)
                for operand in _needed_first(call, shape):
                    if isinstance(operand, Slot) and frame.slots[operand.index] is EMPTY:
                        self.connect(frame, operand.index, store, 0)

    def store_ahead(self, frame: Frame, index: int) -> bool:
        """Makes the outline of what a call makes or fills, if enough is known; says whether nothing is left to do."""
        shape, result = frame.code.outline_uses.stores[index]
        known = _outlines(frame)
        if index in known.stored or frame.slots[result] is not EMPTY:
            return True
        call = frame.code.instructions[index]
        assert isinstance(call, Call)
        values = _known_first(frame, call, shape)
        if any(value is EMPTY for value in values):
            return False
        mode = frame.code.modes[index] if isinstance(shape, Makes) or not shape.is_direct else GATE
        if not self.has_come(frame, index, mode) and not (self.advance() and self.has_come(frame, index, mode)):
            return False  # the key is part of something that may still change
        known.stored.add(index)
        if isinstance(shape, Makes):
            outline = self._made(frame, call, shape)
        else:
            outline = self._filled(frame, call, shape, values[0])
        if outline is not None:
            self._deliveries.append((frame, result, outline))
        return True

    def _made(self, frame: Frame, call: Call, shape: Makes) -> Outline | None:
        operands = [operand for _, operand in call.arguments.positional]
        if all(read(operand, frame.slots) is not EMPTY for operand in operands):
            return None  # it will be there as soon
        if not shape.keyed:
            return ListOutline.of([self._held(frame, operand) for operand in operands])
        keys = [read(key, frame.slots) for key in operands[::2]]
        if not all(map(is_plain, keys)):
            return None
        held = [self._held(frame, value) for value in operands[1::2]]
        return DictOutline.of(dict(zip(keys, held, strict=True)))

    def _filled(self, frame: Frame, call: Call, shape: Store, container: Any) -> Outline | None:
        """The outline of the next version of a container, or of an object that holds one."""
        if type(container) not in OUTLINES:
            if not self._is_awaited(frame, call, shape):
                return None  # it is filled as soon
            container = outline_of(container)
        attribute = shape.target.attribute
        if attribute is None:
            return self._stored(frame, call, shape, container)
        if type(container) is not ObjectOutline:
            return None
        stored = self._stored(frame, call, shape, known_attribute(container, attribute))
        return None if stored is None else with_attribute(container, attribute, stored)

    def _is_awaited(self, frame: Frame, call: Call, shape: Store) -> bool:
        """Whether the value that is stored has not arrived."""
        return isinstance(shape.value, int) and read(argument(call, shape.value), frame.slots) is EMPTY

    def _stored(self, frame: Frame, call: Call, shape: Store, held: Any) -> Any:
        """What a store makes of what is there; None where that isn't known."""
        try:
            key = None if shape.known is None else key_value(call, shape.known, frame.slots)
        except (LookupError, AttributeError, TypeError):
            return None
        match shape:
            case Puts() if type(held) is DictOutline and is_plain(key):
                return held.with_item(key, self._value(frame, call, shape))
            case Adds() if type(held) is ListOutline:
                return held.with_element(self._value(frame, call, shape))
            case Sets():
                return self._value(frame, call, shape)
            case Changes(function=function) if type(held) in _NUMBERS and type(key) in _NUMBERS:
                with suppress(OverflowError):  # of an integer too large for a float: raised where it is done
                    return function(held, key)
        return None

    def _value(self, frame: Frame, call: Call, shape: Store) -> Any:
        """What is stored."""
        return shape.value.value if isinstance(shape.value, Literal) else self._held(frame, argument(call, shape.value))

    def _held(self, frame: Frame, operand: Operand) -> Any:
        """A value for an outline: a cell where it has not arrived."""
        value = read(operand, frame.slots)
        if value is EMPTY:
            assert isinstance(operand, Slot)
            value = Cell()
            self.connect(frame, operand.index, value, 0)
        return value

    def foresee_list(self, frame: Frame, slot: int, stream: Stream) -> None:
        """Makes the outline of a list that a map is filling, once it is known how long it will be."""
        uses = frame.code.outline_uses
        if slot in uses.looks_in or slot in uses.stores_from:
            reader = _AwaitedLength(frame, slot, stream)
            if stream.has_all:
                reader.go_on_reading(self)
            else:
                stream.readers.append(reader)

    def _count(self, frame: Frame, index: int, slot: int) -> None:
        """Has a call that looks something up count an outline as the container."""
        _outlines(frame).counted.add((index, slot))
        frame.missing[index] -= 1
        if not frame.missing[index] and index < frame.walked:
            self.ready.append((frame, index))

    def not_counted(self, frame: Frame, slot: int, consumers: Sequence[int]) -> Sequence[int]:
        """The consumers of a slot that have not gone on with the outline of its container."""
        counted = _outlines(frame).counted
        return [index for index in consumers if (index, slot) not in counted] if counted else consumers

    def look_again(self, frame: Frame, index: int) -> None:
        """A value has arrived that an instruction has looked for."""
        self.ready.append((frame, index))

    def looks_ahead(self, frame: Frame, index: int) -> bool:
        """Makes a call on outlines; says whether it counts on one, so that there is nothing else to do."""
        known, call = frame.outlines, frame.code.calls[index]
        assert call is not None
        held = [slot for slot in frame.code.outline_uses.looks[index] if frame.slots[slot] is EMPTY]
        if not held or known is None:
            return False
        if not self._may_look(frame, index):
            self._await_containers(frame, index, held)
            return True
        slots = frame.slots.copy()
        for slot in held:
            slots[slot] = known.by_slot[slot]
        try:
            value = call(slots)
        except Missing as missing:
            tries = known.num_tries[index] = known.num_tries.get(index, 0) + 1
            if tries < MAX_TRIES:
                missing.cell.awaits(frame, index)
            else:
                self._await_containers(frame, index, held)
        except Exception:  # it will be raised where the container is there
            self._await_containers(frame, index, held)
        else:
            self._run_here(frame, index, _same, (value,))
        return True

    def _may_look(self, frame: Frame, index: int) -> bool:
        """Whether a call takes no container as a whole of which only the outline is there."""
        outlines = _outlines(frame).by_slot
        for slot, attribute in frame.code.outline_uses.taken.get(index, ()):
            outline = outlines.get(slot)
            if type(outline) is ObjectOutline and is_outlined(outline, attribute):
                return False
        return True

    def _await_containers(self, frame: Frame, index: int, slots: Sequence[int]) -> None:
        for slot in slots:
            _outlines(frame).counted.discard((index, slot))
            frame.missing[index] += 1

    def _run_here(self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Makes a call on this thread."""
        raise NotImplementedError


class _AwaitedStore:
    """A call that fills a container of which, or of whose key, nothing is known yet."""

    __slots__ = ("_frame", "_index")

    def __init__(self, frame: Frame, index: int) -> None:
        self._frame = frame
        self._index = index

    @property
    def discarded(self) -> bool:
        """Whether nobody wants to know any more."""
        return self._frame.discarded

    def receive(self, machine: Outlining, place: int, value: Any) -> None:
        """A container or a key has arrived."""
        machine.store_ahead(self._frame, self._index)


class _AwaitedLength:
    """A list of which it is not yet known how long it will be."""

    __slots__ = ("_frame", "_slot", "_stream")

    def __init__(self, frame: Frame, slot: int, stream: Stream) -> None:
        self._frame = frame
        self._slot = slot
        self._stream = stream

    def go_on_reading(self, machine: Machine) -> None:
        """There is another element, or none."""
        stream = self._stream
        if stream.has_all and not self._frame.discarded:
            outline = outline_of_stream(machine, stream)
            if outline is not None:
                machine.deliver(self._frame, self._slot, outline)

    def list_completed(self, stream: Stream) -> None:
        """The list itself is there."""


def _same(value: Any) -> Any:
    return value


def _outlines(frame: Frame) -> FrameOutlines:
    if frame.outlines is None:
        frame.outlines = FrameOutlines()
    return frame.outlines


def _needed_first(call: Call, shape: Makes | Store) -> list[Operand]:
    """What has to be known before the outline is: the container and the key, or all keys."""
    if isinstance(shape, Makes):
        return [operand for _, operand in call.arguments.positional[::2]] if shape.keyed else []
    return [argument(call, shape.target.argument), *key_operands(call, shape.known)]


def _known_first(frame: Frame, call: Call, shape: Makes | Store) -> list[Any]:
    """What there is of that: the container or its outline; `EMPTY` for what isn't there."""
    needed = _needed_first(call, shape)
    values = [read(operand, frame.slots) for operand in needed]
    if not isinstance(shape, Makes) and isinstance(needed[0], Slot) and frame.outlines is not None:
        values[0] = frame.outlines.by_slot.get(needed[0].index, values[0])
    return values
