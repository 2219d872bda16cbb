"""What a run looks like when nothing can happen any more: the text of a bug report.

Guarantees: reads frames only; the thread that drives the run calls it.
"""

from __future__ import annotations

from .frame import DONE, FAILED, HELD, ISSUED, Frame

_STATES = {HELD: "waits for its cursor", ISSUED: "started", FAILED: "failed"}
MAX_FRAMES = 40
"""Frames shown; more would not be read."""


def describe_stuck(root: Frame) -> str:
    """Names every unfinished instruction of the oldest frames, and where the cursors stand in them."""
    lines = ["nothing is ready, nothing is in flight, and the program has not ended"]
    pending = [root]
    num_shown = 0
    while pending and num_shown < MAX_FRAMES:
        frame = pending.pop()
        num_shown += 1
        lines.append(f"frame {frame.path_from(None, 0)[:-1]}: gate, clean, retired at {frame.at}, {_passed(frame)}")
        for index, state in enumerate(frame.state):
            if state == DONE:
                continue
            instruction = frame.code.instructions[index]
            how = _STATES.get(state, f"lacks {frame.missing[index]} inputs")
            lines.append(f"  {index}: {instruction.name} ({instruction.location}) {how}")
        inner = [live for region in frame.regions.values() for live in region.live.values()]
        pending.extend(reversed(inner))
    return "\n".join(lines)


def _passed(frame: Frame) -> str:
    return f"passed as a whole by {frame.passed:03b}" if frame.passed else "passed as a whole by none"
