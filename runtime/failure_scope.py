"""What a failure ends, and where it is.

Guarantees: only the thread that drives the run touches a scope.
"""

from __future__ import annotations

Path = tuple[int, ...]
"""A place of a plan that runs, in program order: instruction, frame, instruction, and so on inwards."""


class Scope:
    """What a failure ends: one run of a `try` body, or the whole run.

    Attributes:
        outer: the enclosing scope.
        failure: the earliest place known to fail, relative to the frame that opens the scope.
        discarded: the body has failed and its handler has taken over.
    """

    __slots__ = ("discarded", "failure", "outer")

    def __init__(self, outer: Scope | None) -> None:
        self.outer = outer
        self.failure: Path | None = None
        self.discarded = False
