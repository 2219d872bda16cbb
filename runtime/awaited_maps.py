"""The maps of a run on an event loop that may have iterations without frames, and what they ask of the run.

Guarantees: only the thread that runs the event loop asks and changes any of this.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from .awaited_call import AwaitedCall
from .failures import Failures
from .frame import Frame, Machine


class LightMap(Protocol):
    """A map that may have iterations without frames.

    Attributes:
        light: the tasks of these, by their number.
        is_noted: it is among the noted ones.
    """

    light: dict[int, asyncio.Task[object]]
    is_noted: bool

    def make_frames(self) -> None:
        """Gives each iteration a frame."""

    def go_on_after_ends(self, machine: Machine) -> None:
        """Some of the iterations without frames have ended."""


class AwaitedMaps:
    """The maps of one run that may have iterations without frames.

    Attributes:
        running: those that have not ended.
        noted: those of which iterations have ended since the run last looked.
    """

    __slots__ = ("noted", "running")

    def __init__(self) -> None:
        self.running: set[LightMap] = set()
        self.noted: list[LightMap] = []

    def have_calls(self) -> bool:
        """Whether an iteration without a frame has not ended."""
        return any(region.light for region in self.running)

    def make_frames(self) -> None:
        """Gives each iteration a frame."""
        for region in self.running:
            region.make_frames()


class Run(Machine, Protocol):
    """What such a map asks of its run.

    Attributes:
        loop: the event loop.
        maps: where the map enters itself.
        failures: what is known to fail.
    """

    loop: asyncio.AbstractEventLoop
    maps: AwaitedMaps
    failures: Failures

    def num_steps_left(self) -> int:
        """How many iterations may be started before the event loop has a turn."""
        ...

    def holds_back(self) -> bool:
        """Whether loops wait for an iteration of any other to end."""
        ...

    def count(self, num_calls: int, external_ns: int) -> None:
        """Adds calls that have been made, and the time that they have taken."""

    def fail(self, frame: Frame, index: int, error: BaseException) -> None:
        """An instruction has raised."""

    def add_call(self, call: AwaitedCall) -> None:
        """Takes over a call that has a frame now."""

    def note_end(self, call: AwaitedCall) -> None:
        """Takes down that a call has ended."""

    def go_on_soon(self) -> None:
        """Looks at the maps that are noted."""
