"""What a frame keeps of outlines.

Guarantees: as `outline.py`.
"""

from __future__ import annotations

from typing import Any


class FrameOutlines:
    """What a frame knows of containers of which values may be missing.

    Attributes:
        by_slot: their outlines.
        counted: instructions that look something up, each with the slot of a container whose outline they count as
            that container.
        stored: the instructions from which an outline went out.
        num_tries: how often an instruction has met a value that was missing.
    """

    __slots__ = ("by_slot", "counted", "num_tries", "stored")

    def __init__(self) -> None:
        self.by_slot: dict[int, Any] = {}
        self.counted: set[tuple[int, int]] = set()
        self.stored: set[int] = set()
        self.num_tries: dict[int, int] = {}
