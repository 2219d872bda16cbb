"""Draws whole programs as source text: statements of every kind over the names in scope, calls of leaves among them."""

from __future__ import annotations

from program_choices import Number
from program_definitions import Definitions

HEADER = """from program_prelude import *

G = 0
SHARED = []
TALLY = {}
WEIGHTS = {}
LEVELS = []


def reset():
    global G
    G = 1
    SHARED.clear()
    TALLY.clear()
    WEIGHTS.clear()
    WEIGHTS.update(a=1, b=2)
    LEVELS[:] = [1, 2]


"""


class Source(Definitions):
    """One program."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.budget = self.number(5, 13)  # statements

    def program(self) -> str:
        """The text of a module with `program`, `reset` and the globals that it changes."""
        body = self.block(self.number(2, 6))
        names = sorted(name for kind in self.bound.values() for name in kind if self.chance(50))
        body.append(f"return {', '.join([*names, 'l0'])}")
        head = ["def program(i0, s0, l0, d0):"]
        if "global G" in (line.strip() for line in body):
            body = [line for line in body if line.strip() != "global G"]
            head.append("    global G")
        return HEADER + "\n".join([*head, *("    " + line for line in body)]) + "\n"
