"""The recorded calls of a run as a trace that Perfetto (ui.perfetto.dev) and chrome://tracing show.

Guarantees: reads an instrument after its run; no state of its own.
"""

from __future__ import annotations

import json
import os
from typing import Any

from .instrument import Instrument, Span


def timeline_events(instrument: Instrument) -> list[dict[str, Any]]:
    """One complete event (`"ph": "X"`) for each call, times in microseconds from the first one.

    Threads are numbered in the order in which their first call ended, so that two runs of one program look alike.
    """
    if not instrument.spans:
        return []
    start_ns = min(span.start_ns for span in instrument.spans)
    threads: dict[int, int] = {}
    for span in instrument.spans:
        threads.setdefault(span.thread_id, len(threads))
    return [_event(span, start_ns, threads[span.thread_id]) for span in instrument.spans]


def write_timeline(instrument: Instrument, path: str | os.PathLike[str]) -> None:
    """Writes the trace as JSON to `path`."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"traceEvents": timeline_events(instrument), "displayTimeUnit": "ms"}, file)


def _event(span: Span, start_ns: int, thread: int) -> dict[str, Any]:
    return {
        "name": span.name,
        "cat": "call",
        "ph": "X",
        "ts": (span.start_ns - start_ns) / 1000,
        "dur": span.duration_ns / 1000,
        "pid": 0,
        "tid": thread,
        "args": {"location": str(span.location), "path": ".".join(map(str, span.path)), **_waits(span)},
    }


def _waits(span: Span) -> dict[str, Any]:
    """What a policy has cost, in milliseconds, and how many calls went out as one; nothing where there is none."""
    costs = {"retries": span.retries, "waited_ms": span.waited_ns / 1e6}
    together = {"calls": span.num_calls} if span.num_calls > 1 else {}
    return {name: cost for name, cost in costs.items() if cost} | together
