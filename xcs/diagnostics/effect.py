"""The effect vocabulary: what a call does to the world, as every stage of XCS names it.

The order of the members is the order of strength: joining two effects takes the larger one. `DYNAMIC` stands outside
that order; it says that the effect is found from the actual receiver and arguments when the call's inputs arrive.
"""

from __future__ import annotations

import enum

from .frozen import frozen


class Effect(enum.IntEnum):
    """How one call may be moved against the others (the table of the language reference)."""

    PURE = 0
    """Deterministic and without effect: moved, shared or dropped freely."""
    READS = 1
    """Sees state that others may write: overlaps with other reads, never crosses a possible writer of that state."""
    UNORDERED = 2
    """Talks to the world and commutes with everything: overlaps, never dropped or duplicated."""
    ORDERED = 3
    """Visible order: runs in program order, after everything earlier has succeeded, on the calling thread."""
    FENCE = 4
    """Time itself: ordered, and nothing later is issued before it has completed."""
    DYNAMIC = 5
    """Not known before the inputs arrive; a possible writer until then."""

    __hash__ = int.__hash__  # that of an enumeration is Python code, and passes look behaviours up by the thousand

    @property
    def may_write(self) -> bool:
        """Whether a call with this effect may change state that a later read sees."""
        return self >= Effect.ORDERED

    @property
    def keyword(self) -> str:
        """The effect as the textual IR spells it."""
        return self.name.lower()


@frozen()
class Behaviour:
    """The effect of one call together with what the scheduler must know to place it.

    Attributes:
        effect: how the call may move.
        sees_writes: the call looks at mutable state, so it waits until nothing earlier may still write. Always true
            for `READS`, never needed for `ORDERED` and `FENCE`, which wait for more.
        external: the call waits for the world, so it is worth a worker thread; otherwise it runs inline.
    """

    effect: Effect
    sees_writes: bool = False
    external: bool = False


PURE = Behaviour(Effect.PURE)
READS = Behaviour(Effect.READS, sees_writes=True)
ORDERED = Behaviour(Effect.ORDERED)
DYNAMIC = Behaviour(Effect.DYNAMIC)
