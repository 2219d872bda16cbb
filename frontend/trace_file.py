"""Traces a function of a Python file, for `xcs-opt file.py:function`.

The file is imported, as naming a program asks for; the function is not called. Nothing is known of its arguments.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from ..diagnostics.errors import XCSError
from .effects.abstract_type import ANY
from .jit import Wrapped
from .signature import Parameters
from .staging.values import Unstageable
from .tracing import trace


def trace_from_file(path: str | Path, function_name: str) -> ModuleOp:
    """The traced module of `function_name` (dotted for methods) in the file at `path`.

    Raises:
        XCSError: the file can't be imported, has no such function, or the function can't be staged.
    """
    found: object = _import(Path(path))
    for part in function_name.split("."):
        found = getattr(found, part, None)
    function = found.__xcs_wrapped__ if isinstance(found, Wrapped) else found
    if not isinstance(function, types.FunctionType):
        raise XCSError(f"expected a function `{function_name}` in `{path}`, found `{found!r}`")
    names = Parameters.of(function).names
    try:
        return trace(function, names, (ANY,) * len(names)).module
    except Unstageable as refusal:
        raise XCSError(f"`{function_name}` can't be staged: {refusal.reason}") from None


def _import(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise XCSError(f"expected a Python file, found `{path}`")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise XCSError(f"importing `{path}` raised `{type(error).__name__}: {error}`") from error
    return module
