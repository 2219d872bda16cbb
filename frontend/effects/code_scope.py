"""Where a piece of code comes from: what its free names mean and how it was compiled."""

from __future__ import annotations

import __future__
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FUTURE_FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names if name != "nested_scopes")


@dataclass(frozen=True, slots=True)
class CodeScope:
    """The surroundings of a function's code.

    Attributes:
        globals: the module's globals, live.
        cells: the cells of the function's free names, live.
        file: the source file, for tracebacks and locations.
        function_name: the function's `__qualname__`.
        class_name: the class whose private names (`__x`) the code mangles with, or empty.
        future_flags: the `__future__` flags it was compiled under.
        statics: names bound to objects known while staging; they shadow cells and globals.
    """

    globals: dict[str, Any]
    cells: Mapping[str, types.CellType] = field(default_factory=dict)
    file: str = "<unknown>"
    function_name: str = ""
    class_name: str = ""
    future_flags: int = 0
    statics: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, function: Callable[..., Any]) -> CodeScope:
        """The scope of a Python function."""
        code = function.__code__
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        parts = function.__qualname__.split(".")
        class_name = parts[-2] if len(parts) > 1 and parts[-2] != "<locals>" else ""
        return cls(
            function.__globals__, cells, code.co_filename, function.__qualname__, class_name, code.co_flags & FUTURE_FLAGS
        )

    def with_statics(self, statics: Mapping[str, Any]) -> CodeScope:
        """The same scope with more names bound to known objects."""
        return replace(self, statics={**self.statics, **statics}) if statics else self
