"""`xcs.map`: a function applied to each item of an iterable, its external calls at the same time.

In: a callable and iterables. Out: the list of results. Staged code takes it for the comprehension that it is equal to
(`staging/control/consumers.py`); called from elsewhere it is a jitted program, one for each code that is mapped.
"""

from __future__ import annotations

import functools
import threading
import types
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from . import map_function
from .options import JitOptions
from .strategies import ADAPTIVE
from .wrapped import Wrapped

MAX_PROGRAMS = 128  # kept for one process, least recently used dropped first


class Map:
    """`xcs.map`: see its call. Any number of threads may call it; it copies to itself and pickles by name."""

    __xcs_jitted__ = True

    def __init__(self) -> None:
        functools.update_wrapper(self, map_function.map)
        self.__module__ = "xcs"
        self._programs: OrderedDict[object, Wrapped] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def __xcs_wrapped__(self) -> types.FunctionType:
        return map_function.map  # type: ignore[return-value]

    def __call__(self, function: Callable[..., Any], items: Iterable[Any], /, *more: Iterable[Any]) -> list[Any]:
        """See `map_function.map`."""
        return self._program_of(function)(function, items, *more)

    def _program_of(self, function: object) -> Wrapped:
        """What runs it for a function, and for others with the same code."""
        key = _code_of(function)
        with self._lock:
            found = self._programs.get(key)
            if found is None:
                options = JitOptions.of(ADAPTIVE, None, None)
                found = self._programs[key] = Wrapped(map_function.map, options)  # type: ignore[arg-type]
                while len(self._programs) > MAX_PROGRAMS:
                    self._programs.popitem(last=False)
            self._programs.move_to_end(key)
        return found

    def __reduce__(self) -> str:
        return "map"

    def __copy__(self) -> Map:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Map:
        return self

    def __repr__(self) -> str:
        return "<xcs.map>"


def _code_of(function: object) -> object:
    """What functions share that are made again and again by one piece of source; else the class of a callable."""
    while type(function) is functools.partial:
        function = function.func  # type: ignore[attr-defined]
    if isinstance(function, types.MethodType):
        function = function.__func__
    if isinstance(function, Wrapped):
        function = function.__xcs_wrapped__
    return function.__code__ if isinstance(function, types.FunctionType) else type(function)


map = Map()
