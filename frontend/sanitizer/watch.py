"""Sees what code does to the world while it runs on this thread: through audit events and calls of C functions.

In: a block of code under `Watch`. Out: its `Sight`s, each with the weakest effect that allows it and the user's line.

Assumes: nothing else uses `sys.setprofile` meanwhile. Ensures: the profile function is put back; the audit hook, which
Python never removes, does nothing outside of a watch.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...diagnostics.effect import Behaviour, Effect
from ...diagnostics.location import UNKNOWN, Location
from ..effects.source import is_library
from ..op import DECLARED
from .sights import Seen, random_state_of_numpy, seen_in_audit, seen_in_c_call, seen_in_python_call

MAX_FRAMES = 200  # frames looked through for the user's own line


@dataclass(frozen=True, slots=True)
class Sight:
    """Something that was seen.

    Attributes:
        what: as a person says it: `printed`.
        needs: the weakest effect that allows it.
        location: the user's line.
    """

    what: str
    needs: Effect
    location: Location


@dataclass(slots=True)
class Licence:
    """What the code that runs now may do: the effect of a call, or of a declared function inside of it.

    Attributes:
        name: how the user calls it.
        effect: what it is taken to do.
        declared: the user has said so; else it was inferred.
        frame: the frame of a declared function inside; None for the call itself.
    """

    name: str
    effect: Effect
    declared: bool
    frame: types.FrameType | None = None

    def allows(self, needs: Effect, is_in_library: bool) -> bool:
        """Whether the effect covers something seen in the code of a library, or in the user's own."""
        if self.effect >= needs:
            return True
        # What a client does inside to talk to the world is its own affair; a declaration is the user's.
        return self.effect >= Effect.UNORDERED and (self.declared or is_in_library)


class Watch:
    """Watches the thread that enters it. `excess` holds what was seen beyond the effect, with the licence it broke."""

    def __init__(self, licence: Licence, at_border: Callable[[bool], None] | None = None) -> None:
        """Takes what the call may do.

        Args:
            licence: of the code that runs first.
            at_border: called when a function that is declared to keep an order of its own, or none, is entered (true)
                and left (false): what it writes is its own affair.
        """
        self.excess: list[tuple[Licence, Sight]] = []
        self._licences = [licence]
        self._at_border = at_border
        self._profile: Any = None
        self._numbers: object = None
        self._outer: Watch | None = None

    def __enter__(self) -> Watch:
        _install()
        self._numbers = random_state_of_numpy()
        self._profile = sys.getprofile()
        self._outer = _active.get(threading.get_ident())
        _active[threading.get_ident()] = self
        sys.setprofile(self._on_event)
        return self

    def __exit__(self, *details: object) -> None:
        sys.setprofile(self._profile)
        self._compare_numbers(None)
        if self._outer is None:
            del _active[threading.get_ident()]
        else:
            _active[threading.get_ident()] = self._outer

    def _on_event(self, frame: types.FrameType, event: str, argument: Any) -> None:
        if event == "c_call":
            found = seen_in_c_call(argument)
            if found is not None:
                self.note(frame, found)
        elif event == "call":
            declaration = DECLARED.get(frame.f_code)
            if declaration is not None:
                self._enter_declared(frame, *declaration)
                return
            found = seen_in_python_call(frame.f_code)
            if found is not None:
                self.note(frame.f_back, found)
        elif event == "return" and self._licences[-1].frame is frame:
            self._compare_numbers(frame)
            left = self._licences.pop()
            if self._at_border is not None and left.effect >= Effect.UNORDERED:
                self._at_border(False)

    def _enter_declared(self, frame: types.FrameType, name: str, behaviour: Behaviour) -> None:
        licence = self._licences[0]
        if len(self._licences) == 1 and licence.declared and licence.name == name:
            return  # the very call that is watched
        self._compare_numbers(frame.f_back)
        if self._at_border is not None and behaviour.effect >= Effect.UNORDERED:
            self._at_border(True)
        self._licences.append(Licence(name, behaviour.effect, True, frame))

    def _compare_numbers(self, frame: types.FrameType | None) -> None:
        """NumPy's random functions raise no events."""
        before, self._numbers = self._numbers, random_state_of_numpy()
        if before != self._numbers and before is not None and not self._licences[-1].allows(Effect.ORDERED, False):
            place = UNKNOWN if frame is None else Location(frame.f_code.co_filename, frame.f_lineno)
            sight = Sight("drew from NumPy's global random generator", Effect.ORDERED, place)
            self.excess.append((self._licences[-1], sight))

    def note(self, frame: types.FrameType | None, seen: Seen) -> None:
        """Something was seen."""
        if frame is None or _is_of_compiler(frame) or _is_of_collector(frame):
            return
        place, is_in_library = _place_of(frame)
        if place is None:
            return
        licence = self._licences[-1]
        needs = seen[-1] if is_in_library else seen[1]
        if not licence.allows(needs, is_in_library):
            self.excess.append((licence, Sight(seen[0], needs, place)))


def _place_of(start: types.FrameType) -> tuple[Location | None, bool]:
    """The user's line that leads here, and whether it happens in a library; None where Python imports a module."""
    is_in_library = is_library(start.f_code.co_filename) or _is_model(start)
    frame: types.FrameType | None = start
    for _ in range(MAX_FRAMES):
        if frame is None:
            break
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or os.path.basename(file) in ("linecache.py", "traceback.py"):
            return None, is_in_library
        package = frame.f_globals.get("__package__") or ""
        if not is_library(file) and not package.startswith("xcs"):
            return Location(file, frame.f_lineno, 0, frame.f_code.co_name), is_in_library
        frame = frame.f_back
    return UNKNOWN, is_in_library


def _is_of_compiler(frame: types.FrameType) -> bool:
    """Whether this compiler's own code does it, other than calls made for the user."""
    package = str(frame.f_globals.get("__package__"))
    return package.startswith("xcs") and not _is_model(frame) and frame.f_code.co_filename != "<string>"


def _is_of_collector(start: types.FrameType) -> bool:
    """Whether a callback of the garbage collector does it, which comes whenever it comes."""
    codes = [getattr(callback, "__code__", None) for callback in gc.callbacks]
    frame: types.FrameType | None = start
    while frame is not None and codes:
        if frame.f_code in codes:
            return True
        frame = frame.f_back
    return False


def _is_model(frame: types.FrameType) -> bool:
    return str(frame.f_globals.get("__package__")).startswith("xcs.runtime.models")


_active: dict[int, Watch] = {}
_is_installed = False
_lock = threading.Lock()


def _install() -> None:
    global _is_installed
    with _lock:
        if not _is_installed:
            sys.addaudithook(_on_audit)
            _is_installed = True


def _on_audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _active:
        return
    watch = _active.get(threading.get_ident())
    if watch is None:
        return
    found = seen_in_audit(event, arguments)
    if found is not None:
        watch.note(sys._getframe(1), found)
