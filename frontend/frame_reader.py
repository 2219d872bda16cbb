"""Jitted functions that read the frame of their caller: nothing may stand between the two, not even a wrapper.

In: a function whose code names `sys._getframe` or `inspect.currentframe`. Out: a callable that runs it as plain Python,
called by C code without a frame of its own, so that `sys._getframe(1)` is the frame of who calls.
"""

from __future__ import annotations

import functools
import types
from typing import Any

from ..diagnostics.errors import XCSError

FRAME_READERS = frozenset({"currentframe", "_getframe"})
"""Names by which code comes to a frame."""


def frame_reading(function: types.FunctionType) -> str | None:
    """Why a function must be called without a frame in between; None: it may be wrapped."""
    readers = FRAME_READERS.intersection(function.__code__.co_names)
    return f"`{min(readers)}` looks at the running frame" if readers else None


def reads_frames(function: object) -> bool:
    """Whether a function, jitted or not, looks at running frames: it must be called from a frame of its caller's."""
    if type(function) is types.FunctionType:
        return not FRAME_READERS.isdisjoint(function.__code__.co_names)
    return type(function) is FrameReader


class FrameReader(functools.partial):
    """A jitted function that runs as plain Python, its caller's frame right below its own. Calls aren't counted.

    Attributes:
        reason: why it is not staged.
    """

    __xcs_jitted__ = True
    reason: str

    @property
    def __xcs_wrapped__(self) -> Any:
        return self.func

    @classmethod
    def of(cls, function: types.FunctionType, reason: str) -> FrameReader:
        """The function with the surface of a jitted one."""
        made = cls(function)
        functools.update_wrapper(made, function)
        made.reason = reason
        return made

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """The function as a method."""
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        return self.func.__qualname__

    def __copy__(self) -> FrameReader:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FrameReader:
        return self

    def __repr__(self) -> str:
        return f"<xcs.jit of {self.func!r}>"

    def trace(self, /, *_: Any, **__: Any) -> Any:
        """Raises `XCSError`: there is nothing to trace."""
        raise XCSError(f"`{self.func.__qualname__}` can't be staged: {self.reason}")

    lower = compile = trace
