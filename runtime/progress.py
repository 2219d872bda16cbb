"""Progress bars of loops, drawn by `tqdm`: one for each loop of the program's text, however often that runs.

A loop that is not inside another one has a bar that stays when it ends. Loops inside share one bar for each place in
the program: it counts the iterations of all of its runs, out of those that are known to come, and goes with the run.

Guarantees: any thread may call any method; one lock guards all fields. Nothing is drawn before `delay_s`, and nothing
at all where the stream is no terminal and wasn't given. No method runs code of the program.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TextIO, TypeAlias

from ..diagnostics.errors import XCSError
from ..diagnostics.location import Location

DELAY_S = 0.5
"""A loop that ends sooner shows no bar: nobody has waited for it."""

BarKey: TypeAlias = tuple[str, int, int]
"""The place of a loop."""


@dataclass(slots=True)
class Bar:
    """What is known of the loop at one place.

    Attributes:
        drawn: the bar of `tqdm`.
        is_inner: whether the loop is inside of another one.
        num_running: instances of the loop that have not ended.
        total: iterations of all instances so far; None once one of them doesn't know.
    """

    drawn: Any
    is_inner: bool
    num_running: int = 0
    total: int | None = 0

    def draw(self, action: Callable[[], object]) -> None:
        """Runs a method of `drawn`; a stream that can't be written ends the bar, never the program."""
        try:
            action()
        except (OSError, ValueError):
            self.drawn.disable = True

    def draw_again(self, action: Callable[[], object]) -> bool:
        """Likewise, if the bar is on the screen; says whether it was."""
        drawn = self.drawn
        is_on_screen = not drawn.disable and drawn.last_print_t >= drawn.start_t + drawn.delay
        if is_on_screen:
            self.draw(action)
        return is_on_screen


class Progress:
    """The bars of the programs that run while it is current."""

    def __init__(self, file: TextIO | None = None, delay_s: float = DELAY_S) -> None:
        """Draws on `file`, or on standard error where that is a terminal.

        Raises:
            XCSError: `tqdm` is not installed.
        """
        self._tqdm = _loaded_tqdm()
        self._is_notebook = any(part.__module__ == "tqdm.notebook" for part in self._tqdm.__mro__)
        self._file = file
        self._delay_s = delay_s
        self._bars: dict[BarKey, Bar] = {}
        self._runs: set[int] = set()
        self._is_clear = False
        self._lock = threading.Lock()

    def begin(self, run: int, location: Location, total: int | None, is_inner: bool) -> BarKey:
        """An instance of a loop starts; the key is for the other methods.

        Args:
            run: which run of a program it belongs to.
            location: the loop's place.
            total: how many iterations there will be at most, if that is known.
            is_inner: whether another loop of the same run encloses it.
        """
        key = (location.file, location.line, location.column)
        with self._lock:
            is_inner = is_inner or bool(self._runs - {run})
            self._runs.add(run)
            bar = self._bars.get(key)
            if bar is None:
                self._bars[key] = Bar(self._draw(location, total, is_inner), is_inner, 1, total)
            else:
                bar.num_running += 1
                bar.total = None if bar.total is None or total is None else bar.total + total
                _show_total(bar)
        return key

    def advance(self, key: BarKey) -> None:
        """An iteration has completed."""
        with self._lock:
            bar = self._bars.get(key)
            if bar is None:
                return
            bar.draw(bar.drawn.update)
            if self._is_clear:
                self._is_clear = False
                for each in self._bars.values():
                    each.draw_again(each.drawn.refresh)

    def end(self, key: BarKey) -> None:
        """An instance of a loop has ended; its bar closes with the last one, if nothing encloses it."""
        with self._lock:
            bar = self._bars.get(key)
            if bar is None:
                return
            bar.num_running -= 1
            if bar.num_running or bar.is_inner:
                return
            if not any(other is not bar and not other.is_inner for other in self._bars.values()):
                self._close(key for key, other in [*self._bars.items()] if other.is_inner)
            self._close([key])

    def end_run(self, run: int) -> None:
        """A run is over, however it has ended; no bar outlives the last one."""
        with self._lock:
            self._runs.discard(run)
            if not self._runs:
                self._close([*reversed(self._bars)])

    def make_room(self) -> None:
        """Something visible is about to happen on this thread: takes the bars off the screen until the next advance."""
        with self._lock:
            if not self._is_clear and not self._is_notebook:  # there output has a place of its own
                for bar in self._bars.values():
                    self._is_clear |= bar.draw_again(bar.drawn.clear)

    def _close(self, keys: Iterable[BarKey]) -> None:
        for key in keys:
            bar = self._bars.pop(key)
            bar.draw(bar.drawn.close)

    def _draw(self, location: Location, total: int | None, is_inner: bool) -> Any:
        name = location.file.replace("\\", "/").rpartition("/")[2]
        is_hidden = self._file is None and not self._is_notebook and not _is_terminal(sys.stderr)
        return self._tqdm(
            desc=f"{name}:{location.line}",
            total=total,
            leave=not is_inner,
            file=self._file,
            disable=is_hidden,
            delay=self._delay_s,
            dynamic_ncols=True,
        )


def _show_total(bar: Bar) -> None:
    bar.drawn.total = bar.total
    widget = getattr(bar.drawn, "container", None)  # a notebook's, which knows the total as the end of its scale
    if widget is not None and bar.total:
        widget.children[1].max = bar.total


def _is_terminal(stream: Any) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # no stream, or one that is closed
        return False


def _loaded_tqdm() -> Any:
    try:
        from tqdm.auto import tqdm  # the extra `progress`: in a notebook a widget, elsewhere text
    except ImportError:
        message = "expected the `tqdm` package for `progress`, found none; help: `pip install xcs[progress]`"
        raise XCSError(message) from None
    return tqdm


watching: ContextVar[Progress | None] = ContextVar("xcs_progress", default=None)
"""Where the loops of programs that start here are shown."""
