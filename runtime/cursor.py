"""Cursors: places in program order that walk over the tree of frames and let instructions go.

One mechanism, three predicates. A cursor stands at an instruction of a frame; it passes a leaf or a whole region, or
enters the frames of a region one after the other, or stops until asked again.

| cursor  | passes a leaf that           | passes as a whole | lets go                                              |
|---------|------------------------------|-------------------|------------------------------------------------------|
| gate    | is done or is no fence       | blocks without fences | everything that is neither ordered nor a read    |
| clean   | is done or does not write    | blocks that never write | reads                                          |
| retired | is done                      | nothing           | ordered ops and fences, run on the spot              |

Guarantees: only the thread that drives the run moves a cursor. A cursor never moves back, except into the handler of a
`try` whose body is discarded, so its cost is constant for each instruction of each frame.
"""

from __future__ import annotations

from typing import Any, Protocol

from .frame import DONE, FAILED, HELD, NOWHERE, Frame, Machine, Region
from .prepared import CLEAN, DYNAMIC, FIRST_REGION, GATE, RETIRED, PreparedBlock


class Issuer(Machine, Protocol):
    """What cursors ask of the scheduler, beyond what regions ask.

    Attributes:
        ready: instructions to fire.
    """

    ready: Any

    def fire(self, frame: Frame, index: int) -> None:
        """Starts an instruction whose inputs are there, if its cursor has come."""

    def settle(self, frame: Frame, error: BaseException, index: int) -> None:
        """Takes a failure that the retired cursor has met to its handler, or ends the run."""


class Cursor:
    """A place in program order."""

    __slots__ = ("frame", "machine")

    number = GATE

    def __init__(self, machine: Issuer, root: Frame) -> None:
        self.machine = machine
        self.frame = root
        self._enter(root)

    def advance(self) -> bool:
        """Goes on as far as possible; says whether anything changed."""
        number = self.number
        moved = False
        while True:
            frame = self.frame
            state = frame.state
            index = start = frame.at[number]
            end = len(state)
            while index < end and state[index] == DONE:
                index += 1
            if index != start:
                frame.at[number] = index
                moved = True
            if index < end:
                if frame.code.kinds[index] < FIRST_REGION:
                    goes_on = self._visit_leaf(frame, index)
                else:
                    goes_on = self._visit_region(frame, index)
                if not goes_on:
                    return moved
            elif frame.region is not None:
                self.frame = frame.region.frame
            else:
                return moved
            moved = True

    def _enter(self, frame: Frame) -> None:
        if frame.at is NOWHERE:
            frame.at = NOWHERE.copy()
        frame.at[self.number] = 0

    def passes_leaf(self, frame: Frame, index: int) -> bool:
        """Whether a leaf that is not done is no obstacle."""
        return not frame.code.fences[index]

    def passes_block(self, code: PreparedBlock) -> bool:
        """Whether a frame of this block can be passed as a whole."""
        return not code.has_fence

    def passes_region(self, frame: Frame, index: int, region: Region | None) -> bool:
        """Whether a region can be passed as a whole, before all its frames exist."""
        return not frame.code.fences[index]

    def passes_rest(self, region: Region) -> bool:
        """Whether what a region may still start is no obstacle."""
        return region.ended

    def _visit_leaf(self, frame: Frame, index: int) -> bool:
        if not self.passes_leaf(frame, index):
            return False
        frame.at[self.number] = index + 1
        if frame.state[index] == HELD:
            self.machine.fire(frame, index)
        return True

    def _visit_region(self, frame: Frame, index: int) -> bool:
        number = self.number
        region = frame.regions.get(index)
        if self.passes_region(frame, index, region):
            frame.at[number] = index + 1
            if region is not None:
                self._pass_region(region)
            return True
        if region is None:
            return False
        sequence = region.at[number]
        while sequence < region.num_started:
            inner = region.unfinished(sequence)
            sequence += 1
            region.at[number] = sequence
            if inner is None:
                continue
            if self.passes_block(inner.code):
                self._pass_frame(inner)
                continue
            self._enter(inner)
            self.frame = inner
            return True
        if self.passes_rest(region):
            region.passed |= 1 << number
            frame.at[number] = index + 1
            return True
        return region.step(self.machine)

    def _pass_region(self, region: Region) -> None:
        region.passed |= 1 << self.number
        self.machine.push(region)
        for inner in region.live.values():
            self._pass_frame(inner)

    def _pass_frame(self, frame: Frame) -> None:
        bit = 1 << self.number
        pending = [frame]
        while pending:
            frame = pending.pop()
            frame.passed |= bit
            index = frame.state.find(HELD)
            while index >= 0:
                self.machine.ready.append((frame, index))
                index = frame.state.find(HELD, index + 1)
            for region in frame.regions.values():
                region.passed |= bit
                self.machine.push(region)
                pending.extend(region.live.values())


class GateCursor(Cursor):
    """Stops at fences. Runs without fences have none."""

    __slots__ = ()


class CleanCursor(Cursor):
    """Stops at what may still write."""

    __slots__ = ()

    number = CLEAN

    def passes_leaf(self, frame: Frame, index: int) -> bool:
        """Whether the leaf, resolved if its inputs are there, does not write."""
        if not frame.code.writes[index]:
            return True
        if frame.mode(index) == DYNAMIC and frame.state[index] == HELD:
            # It waits to look at what it unpacks.
            self.machine.fire(frame, index)
        return frame.mode(index) < RETIRED

    def passes_block(self, code: PreparedBlock) -> bool:
        """Whether nothing in the block writes."""
        return not code.may_write

    def passes_region(self, frame: Frame, index: int, region: Region | None) -> bool:
        """Whether nothing in the region writes, nor its steps."""
        return not (frame.code.writes[index] if region is None else region.writes)

    def passes_rest(self, region: Region) -> bool:
        """Whether no frame that is still to start may write."""
        return region.ended or not region.writes_later


class RetiredCursor(Cursor):
    """Stops at everything unfinished; runs ordered ops when it comes to them; meets failures in program order."""

    __slots__ = ()

    number = RETIRED

    def passes_block(self, code: PreparedBlock) -> bool:
        """Never: what is not done is an obstacle."""
        return False

    def passes_region(self, frame: Frame, index: int, region: Region | None) -> bool:
        """Never: a region that is done was passed before."""
        return False

    def passes_rest(self, region: Region) -> bool:
        """Never: the region is done once its last frame is."""
        return False

    def _visit_leaf(self, frame: Frame, index: int) -> bool:
        state = frame.state
        if state[index] == HELD:
            self.machine.fire(frame, index)
        if state[index] == FAILED:
            assert frame.errors is not None
            self.machine.settle(frame, frame.errors[index], index)
            return True
        return state[index] == DONE

    def _visit_region(self, frame: Frame, index: int) -> bool:
        region = frame.regions.get(index)
        if region is not None and region.error is not None and not region.num_unfinished():
            self.machine.settle(frame, region.error, index)
            return True
        return super()._visit_region(frame, index)
