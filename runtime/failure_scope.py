"""What a failure ends, and where it is.

Guarantees: only the thread that drives the run touches a scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Path = tuple[int, ...]
"""A place of a plan that runs, in program order: instruction, frame, instruction, and so on inwards."""


@dataclass(slots=True)
class HeldStep:
    """An instruction that may go on once all before it is done; the earliest one is the least.

    Attributes:
        path: its place, relative to the frame that opens the scope.
        frame, index: where it is.
    """

    path: Path
    frame: Any
    index: int

    def __lt__(self, other: HeldStep) -> bool:
        return self.path < other.path


class Scope:
    """What a failure ends: one run of a `try` body, or the whole run.

    Attributes:
        outer: the enclosing scope.
        failure: the earliest place known to fail, relative to the frame that opens the scope.
        held: a heap of what has failed, is to raise or to assign, while something before it is unfinished.
        discarded: the body has failed and its handler has taken over.
    """

    __slots__ = ("discarded", "failure", "held", "outer")

    def __init__(self, outer: Scope | None) -> None:
        self.outer = outer
        self.failure: Path | None = None
        self.held: list[HeldStep] = []
        self.discarded = False
