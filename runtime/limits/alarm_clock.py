"""One thread that calls functions at set times, so that nothing polls.

Guarantees: any thread may set an alarm. `_condition` guards the list of alarms; it is not held while an alarm rings.
The thread is a daemon, starts with the first alarm, and starts anew in a forked child, without the parent's alarms.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable


class AlarmClock:
    """Rings alarms: short functions that don't wait and don't raise."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Starts anew, without alarms and without a thread."""
        self._condition = threading.Condition()
        self._alarms: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._is_running = False

    def ring_at(self, when_s: float, alarm: Callable[[], None]) -> None:
        """Calls `alarm` at `when_s` (`time.monotonic`) or as soon as possible after it."""
        with self._condition:
            heapq.heappush(self._alarms, (when_s, next(self._order), alarm))
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._ring, name="xcs-alarm-clock", daemon=True).start()
            elif self._alarms[0][2] is alarm:
                self._condition.notify()

    def _ring(self) -> None:
        while True:
            with self._condition:
                while not self._alarms or self._alarms[0][0] > time.monotonic():
                    remaining_s = self._alarms[0][0] - time.monotonic() if self._alarms else None
                    self._condition.wait(remaining_s)
                _, _, alarm = heapq.heappop(self._alarms)
            alarm()


ALARM_CLOCK = AlarmClock()
"""The clock of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ALARM_CLOCK.forget)
