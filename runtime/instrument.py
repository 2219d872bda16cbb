"""A recorder of leaf calls: which op, where, when, on which thread, in which iteration.

Guarantees: only the thread that drives the run calls `record`; the spans may be read after the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..diagnostics.location import Location


@dataclass(frozen=True, slots=True)
class Span:
    """One leaf call. Times are `time.perf_counter_ns` values.

    `path` places the call in the tree of frames: the position of each enclosing instruction and the number of the
    iteration (or branch) inside it, from the entry inwards; comparing two paths compares program order. `retries` are
    attempts of limited calls that were made again; `waited_ns` is what they have waited for limits and between
    attempts, in this call and in those that it makes, summed. `num_calls` are the calls of the program that went out as
    this one; `path` and `location` are those of the first.
    """

    name: str
    location: Location
    start_ns: int
    end_ns: int
    thread_id: int
    path: tuple[int, ...]
    retries: int = 0
    waited_ns: int = 0
    num_calls: int = 1

    @property
    def duration_ns(self) -> int:
        """How long the call took."""
        return self.end_ns - self.start_ns


@dataclass(slots=True)
class Instrument:
    """Collects the spans of the runs it is given to, in the order in which the calls were seen to end."""

    spans: list[Span] = field(default_factory=list)

    def record(self, span: Span) -> None:
        """Takes one finished leaf call."""
        self.spans.append(span)

    def in_program_order(self) -> list[Span]:
        """The spans as the sequential program would have made the calls."""
        return sorted(self.spans, key=lambda span: span.path)
