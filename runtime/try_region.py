"""The running instance of a `try`.

Guarantees: only the thread that drives the run calls into a region. The results come from the whole body or from the
handler, never from a part of a body that fails later.
"""

from __future__ import annotations

from .call_shape import read
from .failure_scope import Scope
from .frame import DONE, Frame, Machine, Region
from .plan import Raise, Try


class TryRegion(Region):
    """A `try`: its results come from the whole body, or from the handler, never from a part of the body."""

    __slots__ = ()

    def begin(self, machine: Machine) -> None:
        """Starts the body."""
        machine.launch(self.open_body(machine))

    def open_body(self, machine: Machine) -> Frame:
        """The frame of the body, a scope of its own."""
        instruction = self._instruction
        self.writes_later = instruction.handler.may_write
        body = self.spawn(machine, instruction.body)
        body.scope = body.opens = Scope(body.scope)
        return body

    def reopen_handler(self, machine: Machine, error: BaseException) -> Frame:
        """The frame of a handler that was started elsewhere: its parameter is still to be stored."""
        self.num_started = 1  # the body
        self.at = [1] * len(self.at)
        return self._open_handler(machine, error)

    def _open_handler(self, machine: Machine, error: BaseException) -> Frame:
        self.ended = True
        handler = self.spawn(machine, self._instruction.handler)
        handler.handled = error
        self.give_results(machine, handler)
        return handler

    def body_settled(self, machine: Machine, frame: Frame) -> None:
        """The body has succeeded: what it only hands on may be still to come, and nobody needs to wait for that."""
        if not self.ended:
            self.ended = True
            self.give_results(machine, frame)

    def frame_done(self, machine: Machine, frame: Frame) -> None:
        """The body, or the handler, has completed."""
        self.body_settled(machine, frame)
        super().frame_done(machine, frame)

    def handle(self, machine: Machine, error: BaseException) -> None:
        """Starts the handler; the body has been discarded and all before the failure is retired."""
        self.live.clear()
        handler = self._open_handler(machine, error)
        machine.store(handler, 0, error)
        machine.launch(handler)

    @property
    def _instruction(self) -> Try:
        instruction = self.frame.code.instructions[self.index]
        assert isinstance(instruction, Try)
        return instruction


def is_settled(frame: Frame) -> bool:
    """Whether nothing in a frame is left to be done: at most outputs that it only hands on are still to come."""
    code = frame.code
    num_unfinished = len(frame.regions)
    if frame.remaining > code.num_pending - code.num_instructions + num_unfinished:
        return False
    if frame.state.count(DONE) + num_unfinished < code.num_instructions:
        return False
    return not num_unfinished or all(map(is_region_settled, frame.regions.values()))


def is_region_settled(region: Region) -> bool:
    """Whether no further frame of a region will start, and nothing is left to be done in those that are not done."""
    if not region.ended or region.error is not None or region.num_unfinished() != len(region.live):
        return False
    return all(map(is_settled, region.live.values()))


def is_first_in_body(frame: Frame, index: int, of_all: bool = False) -> bool:
    """Whether all that comes before an instruction in the body of the innermost `try` around it is done.

    With `of_all` in the bodies of all that are around it.
    """
    inner, before = frame, index
    while inner.region is not None:
        region = inner.region
        if inner.state.count(DONE, 0, before) != before or any(one < inner.sequence for one in region.live):
            return False
        if isinstance(region, TryRegion) and not region.ended and not (of_all and region.frame.scope.outer):
            return True
        inner, before = region.frame, region.index
    return False


def raises_instance(frame: Frame, index: int) -> bool:
    """Whether a `raise` whose operands are there runs no code: it is given exceptions, and makes none of a class."""
    instruction = frame.code.instructions[index]
    assert isinstance(instruction, Raise)
    cause = None if instruction.cause is None else read(instruction.cause, frame.slots)
    given = read(instruction.exception, frame.slots)
    return isinstance(given, Exception) and (cause is None or isinstance(cause, BaseException))
