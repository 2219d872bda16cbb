"""What a program may take for granted of the objects that its arguments are and hold; it is looked at at each call."""

from __future__ import annotations

from enum import IntEnum


class Trust(IntEnum):
    """Each takes more for granted than the one before, and is asked at each call before the program runs."""

    NOTHING = 0
    """Any two objects from outside may be one."""
    APART = 1
    """Objects found at two places are different ones where the program would be wrong otherwise."""
    TREES = 2
    """Arguments that the program changes also hold each object in one place, and nobody else in the program has it."""
