"""The running instance of a `while`: frames in the order condition, body, condition, body, ...

Guarantees: only the thread that drives the run calls into a region. A condition frame starts together with the body
before it and gets the carried values as they arrive, so a counter runs ahead of the calls of the body; a body starts
only when its condition is known to be true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .frame import EMPTY, Frame, Machine, Region
from .plan import Literal, While


class WhileRegion(Region):
    """A loop with a condition: a step takes the truth of the newest condition frame."""

    __slots__ = ("condition", "initial", "instruction", "slots", "value")

    def __init__(self, frame: Frame, index: int) -> None:
        super().__init__(frame, index)
        instruction = frame.code.instructions[index]
        assert isinstance(instruction, While)
        self.instruction = instruction
        self.initial = instruction.initial
        self.slots = tuple(range(len(instruction.initial)))
        self.value: Any = EMPTY
        self.condition: Frame | None = None

    def begin(self, machine: Machine) -> None:
        """Starts the first condition frame."""
        self.condition = condition = self._spawn_condition(machine)
        self.connect(machine, self.initial, condition)
        machine.launch(condition)

    def go_on(self, machine: Machine, values: Sequence[Any]) -> None:
        """Goes on after some iterations, with the values carried so far."""
        self.initial = tuple(map(Literal, values))
        self.begin(machine)

    def reopen(self, machine: Machine, *, is_condition: bool) -> Frame:
        """The frame of a condition or body that was started elsewhere: its parameters are still to be stored."""
        if is_condition:
            self.condition = self._spawn_condition(machine)
            return self.condition
        body = self.spawn(machine, self.instruction.body)
        self._follow(machine, body)
        return body

    def step(self, machine: Machine) -> bool:
        """Takes the truth and starts the body together with the next condition, or ends the loop."""
        tested = self.condition
        if self.value is EMPTY or self.error is not None or tested is None:
            return False
        if len(self.live) - (tested.sequence in self.live) >= machine.window:
            return False
        if self.live and machine.num_live >= machine.max_live_frames and machine.is_crowded(self):
            return False
        truth = machine.truth_of(self, self.value)
        if truth is None:
            return self.error is not None
        if not truth:
            self._end(machine, tested)
            return True
        self.value = EMPTY
        self.mode = self.frame.code.modes[self.index]
        body = self.spawn(machine, self.instruction.body)
        for slot in self.slots:
            machine.connect(tested, slot, body, slot)
        self._follow(machine, body)
        machine.launch(body)
        return True

    def receive(self, machine: Machine, frame: Frame, output: int, value: Any) -> None:
        """The value that the newest condition frame tests."""
        self.value = value
        machine.push(self)

    def frame_done(self, machine: Machine, frame: Frame) -> None:
        """A frame has completed, which makes room for another."""
        super().frame_done(machine, frame)
        if not self.ended and self.value is not EMPTY:
            machine.push(self)

    def abandon(self) -> list[Frame]:
        """Lets go of the newest condition frame too."""
        self.condition = None
        return super().abandon()

    def _end(self, machine: Machine, tested: Frame) -> None:
        self.ended = True
        self.condition = None
        for slot, result in zip(self.slots, self.instruction.results, strict=True):
            machine.connect(tested, slot, self.frame, result)
        if not self.live:
            machine.finish(self.frame, self.index)

    def _follow(self, machine: Machine, body: Frame) -> None:
        """Starts the condition after a body."""
        self.condition = condition = self._spawn_condition(machine)
        machine.set_sink(body, condition, self.slots)
        machine.launch(condition)

    def _spawn_condition(self, machine: Machine) -> Frame:
        condition = self.spawn(machine, self.instruction.condition)
        condition.num_taps = 1
        return condition
