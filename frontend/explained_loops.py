"""Why the iterations of a loop are not independent, for `xcs.explain`, and what helps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.ir import Operation

from ..diagnostics.effect import Effect
from ..dialect.functions import CallableOp
from ..dialect.loops import ForOp, WhileOp
from ..passes.behaviour import OpSummaries
from ..passes.loop_shape import Obstacle, match_independent_loop
from .stages import Lowered
from .users_text import with_code

REMEDIES = (
    (r"`break` or `return` may end", "where calls made in vain don't matter, ask in one loop and look in another"),
    (r"what it iterates over may run code", "iterate over a list: `for x in list(xs)`"),
    (r"an iteration changes .* under a condition", "collect from every iteration, and choose behind the loop"),
    (
        r".*(of the one before|after it has changed it)",
        "leave it as it is, unless an iteration can do without the others",
    ),
    (r".* is what the last iteration leaves", "collect in a list, and take the last element behind the loop"),
    (r"the list it appends to", "append to a new list, and join the two behind the loop"),
    (r".* in its body is (ordered|fence)", "move it behind the loop, or declare it with `@xcs.op(effect=...)`"),
    (r".* has an effect not known before", "declare it with `@xcs.op(effect=...)`, or call a function known by name"),
    (r"a `while` loop", "where the number of rounds is known, use `for`"),
)
"""What to do about each obstacle, by the start of its text."""


@dataclass(frozen=True, slots=True)
class ExplainedLoop:
    """A loop whose iterations wait for each other, as `explain` shows it."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        remedy = next((text for start, text in REMEDIES if re.match(start, self.reason)), None)
        help_ = "" if remedy is None else f"; help: {remedy}"
        return f"line {self.line}: the loop overlaps only where data and effects allow: {self.reason}{help_}"


def explained_loops(lowered: Lowered) -> Iterator[ExplainedLoop]:
    """Every loop with calls worth overlapping inside that is no parallel map."""
    summaries = OpSummaries()
    declared = {op.sym_name.data: op for op in lowered.module.ops if isinstance(op, CallableOp)}
    for op in lowered.module.walk():
        if not isinstance(op, (ForOp, WhileOp)) or not _has_calls(op):
            continue
        if isinstance(op, WhileOp):
            reason = "a `while` loop decides after each round whether there is another"
        else:
            found = match_independent_loop(op, summaries)
            if not isinstance(found, Obstacle):
                continue
            reason = with_code(found.reason, declared)
        location = op.location
        file = location.filename.data if hasattr(location, "filename") else "<unknown>"  # type: ignore[attr-defined]
        line = location.line.data if hasattr(location, "line") else 0  # type: ignore[attr-defined]
        yield ExplainedLoop(file, line, reason)


def _has_calls(loop: Operation) -> bool:
    effects = (op.properties.get("effect") for op in loop.walk() if op is not loop)
    behaviours = (effect.data for effect in effects if effect is not None)  # type: ignore[attr-defined]
    return any(one.external or one.effect is Effect.DYNAMIC for one in behaviours)
