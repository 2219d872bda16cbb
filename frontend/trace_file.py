"""Traces a function of a Python file, for `xcs-opt file.py:function`.

The file is imported, as naming a program asks for, and its folder is where it finds its neighbours, as when Python runs
it. The function is not called, and nothing is known of its arguments.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from ..diagnostics.errors import XCSError
from .effects.abstract_type import ANY
from .signature import Parameters
from .staging.values import Unstageable
from .tracing import trace
from .wrapped import Wrapped


def trace_from_file(path: str | Path, function_name: str) -> ModuleOp:
    """The traced module of `function_name` (dotted for methods) in the file at `path`.

    Raises:
        XCSError: the file can't be imported, has no such function, or the function can't be staged.
        OSError: the file can't be read.
        SyntaxError: the file is no Python.
    """
    with _imported(Path(path)) as module:
        function = _function(module, path, function_name)
        names = Parameters.of(function).names
        try:
            return trace(function, names, (ANY,) * len(names)).module
        except Unstageable as refusal:
            raise XCSError(f"`{function_name}` can't be staged: {refusal.reason}") from None


def _function(module: types.ModuleType, path: str | Path, function_name: str) -> types.FunctionType:
    found: object = module
    for part in function_name.split("."):
        if not hasattr(found, part):
            raise XCSError(f"expected a function `{function_name}` in `{path}`, found none{_help(module)}")
        found = getattr(found, part)
    if isinstance(found, types.MethodType):
        found = found.__func__
    if isinstance(found, Wrapped):
        found = found.__xcs_wrapped__
    if not isinstance(found, types.FunctionType):
        raise XCSError(f"expected a function `{function_name}` in `{path}`, found a `{type(found).__name__}`")
    return found


def _help(module: types.ModuleType) -> str:
    """The functions that the file has jitted, as advice."""
    jitted = [name for name, value in vars(module).items() if isinstance(value, Wrapped)]
    return "; jitted there: " + ", ".join(f"`{name}`" for name in jitted) if jitted else ""


@contextmanager
def _imported(path: Path) -> Iterator[types.ModuleType]:
    """The module in a file, which is among the imported ones, and its folder first in the search path, inside."""
    source = path.read_bytes()
    known = sys.modules.get(path.stem)
    if known is not None and os.path.realpath(getattr(known, "__file__", None) or "") == os.path.realpath(path):
        yield known
        return
    code = _compiled(source, path)
    name = path.stem if known is None else f"{path.stem}_traced"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    folder = str(path.resolve().parent)
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, folder)
    try:
        _execute(code, module)
        yield module
    finally:
        sys.path.remove(folder)
        del sys.modules[name]


def _compiled(source: bytes, path: Path) -> types.CodeType:
    try:
        return compile(source, str(path), "exec", dont_inherit=True)
    except ValueError as error:  # Python before 3.12 says so of null bytes
        raise XCSError(f"expected Python in `{path}`: {error}") from None


def _execute(code: types.CodeType, module: types.ModuleType) -> None:
    try:
        exec(code, vars(module))
    except (Exception, SystemExit) as error:
        raise XCSError(f"importing `{module.__file__}` raised `{type(error).__name__}: {error}`") from error
