"""The way into straight code and out of it: a function of its own, or lines of another one around it.

Guarantees: nothing here changes once it is made; any thread may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .scope import Term


class Left(BaseException):
    """Straight code inside of another function is left: raised there, and caught by the lines around it.

    Attributes:
        suspended: where, with all locals: a `Suspended`.
    """

    def __init__(self, suspended: Any) -> None:
        super().__init__()
        self.suspended = suspended


@dataclass(frozen=True, slots=True)
class Entrance:
    """Lines of a function around straight code.

    Attributes:
        before, after: the lines. Those before end in a `try` statement around the code; those after have `n`, the
            number of calls made, which they add to `num_quiet` of the code.
        start: the name of the time when the run has started (`perf_counter_ns`).
        depth: how far the code between them is indented.
        params: what the lines before call the arguments of the plan's entry.
        classes: the exact classes of arguments, as far as they are known there.
        result: what the outputs of the entry, a tuple, are assigned to.
        names: the globals of the lines.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    start: Term
    depth: int
    params: tuple[Term, ...]
    result: str
    classes: Mapping[int, type] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
