"""Regions of one frame: the taken branch of an `if`, and a call of another function of the plan.

Guarantees: only the thread that drives the run calls into a region.
"""

from __future__ import annotations

import sys

from .frame import Machine, Region
from .plan import If, Invoke, Literal


class IfRegion(Region):
    """A branch: one step, the truth of the condition, starts its only frame."""

    __slots__ = ()

    def step(self, machine: Machine) -> bool:
        """Takes the truth and starts the branch."""
        if self.error is not None:
            return False
        instruction = self.frame.code.instructions[self.index]
        assert isinstance(instruction, If)
        condition = instruction.condition
        value = condition.value if isinstance(condition, Literal) else self.frame.slots[condition.index]
        truth = machine.truth_of(self, value)
        if truth is None:
            return self.error is not None
        self.ended = True
        frame = self.spawn(machine, instruction.then_block if truth else instruction.else_block)
        self.give_results(machine, frame)
        machine.launch(frame)
        return True


class InvokeRegion(Region):
    """A call of another function of the plan: its frame starts at once."""

    __slots__ = ()

    def begin(self, machine: Machine) -> None:
        """Starts the function, or fails as Python does where calls nest too deep."""
        instruction = self.frame.code.instructions[self.index]
        assert isinstance(instruction, Invoke)
        if self.frame.depth >= sys.getrecursionlimit():
            machine.fail_step(self, RecursionError("maximum recursion depth exceeded"))
            return
        self.ended = True
        frame = self.spawn(machine, machine.plan.functions[instruction.symbol])
        frame.depth += 1
        self.give_results(machine, frame)
        self.connect(machine, instruction.operands, frame)
        machine.launch(frame)
