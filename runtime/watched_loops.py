"""Loops that show their progress: what `Progress` is told of the running instances of `for` and `map`.

Guarantees: as `loop.py`, whose regions these replace while a progress is current; nothing else behaves differently.
"""

from __future__ import annotations

from .frame import Frame, Machine, Region
from .loop import ForRegion, LoopRegion, MapRegion
from .prepared import Kind
from .progress import BarKey, Progress, watching
from .while_loop import WhileRegion


class WatchedLoop(LoopRegion):
    """What both kinds share.

    Attributes:
        progress, key: where the loop is shown; no progress once it has ended.
    """

    __slots__ = ()

    progress: Progress | None
    key: BarKey

    def begin(self, machine: Machine) -> None:
        """Starts the bar."""
        super().begin(machine)
        self.progress = progress = watching.get()
        if progress is not None:
            total = self.elements.size()
            self.key = progress.begin(id(machine), self.instruction.location, total, is_inside_loop(self))

    def frame_done(self, machine: Machine, frame: Frame) -> None:
        """Moves the bar."""
        if self.progress is not None:
            self.progress.advance(self.key)
            if self.ended and len(self.live) == 1:
                self._end_bar()
        super().frame_done(machine, frame)

    def end(self, machine: Machine) -> None:
        """No further iteration will start."""
        if not self.live:
            self._end_bar()
        super().end(machine)

    def abandon(self) -> list[Frame]:
        """Nobody wants the rest."""
        self._end_bar()
        return super().abandon()

    def _end_bar(self) -> None:
        progress, self.progress = self.progress, None
        if progress is not None:
            progress.end(self.key)


class WatchedMapRegion(WatchedLoop, MapRegion):
    """A map with a bar."""

    __slots__ = ("key", "progress")


class WatchedForRegion(WatchedLoop, ForRegion):
    """A loop with carried values and a bar."""

    __slots__ = ("key", "progress")


WATCHED_REGIONS: dict[int, type[Region]] = {Kind.FOR: WatchedForRegion, Kind.MAP: WatchedMapRegion}
"""What runs loops that are watched."""


def is_inside_loop(region: Region) -> bool:
    """Whether another loop of the same run encloses a region."""
    outer = region.frame.region
    while outer is not None:
        if isinstance(outer, LoopRegion | WhileRegion):
            return True
        outer = outer.frame.region
    return False
