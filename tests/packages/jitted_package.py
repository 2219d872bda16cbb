"""A package with its functions jitted. In: a package's name. Out: the package, imported as if `@xcs.jit` were written
on each of its functions, and the list of these.

Assumes: nothing of the package is imported yet. Modules that are loaded all the same, as some of Python's own, have
their functions replaced; who has taken one already keeps it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import pkgutil
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import xcs
from xcs.frontend import jit as jit_module
from xcs.frontend.frame_reader import FrameReader
from xcs.frontend.programs import Programs
from xcs.frontend.variant import Variant
from xcs.frontend.wrapped import Wrapped

DECORATOR = "__xcs_package_jit__"
TESTS = frozenset({"tests", "test", "conftest", "__main__"})  # modules of a package that are not jitted


@dataclass(frozen=True, slots=True)
class Compilation:
    """What one compilation of a function cost.

    Attributes:
        seconds: processor time of the thread in tracing, passes and lowering.
        num_ops: ops in the lowered module; 0 where the function fell back.
        reason: why it fell back, or None.
    """

    seconds: float
    num_ops: int
    reason: str | None


@dataclass
class JittedPackage:
    """A package whose functions are jitted.

    Attributes:
        name: of the package.
        methods: whether the methods of its classes are jitted, too.
        wrapped: what stands in for the functions, by the function's identity.
        compilations: of all of them, in order.
    """

    name: str
    methods: bool = False
    wrapped: dict[int, Wrapped] = field(default_factory=dict)
    compilations: list[Compilation] = field(default_factory=list)

    def jit(self, function: types.FunctionType) -> Wrapped:
        """The function jitted: the same `Wrapped` each time."""
        known = self.wrapped.get(id(function))
        if known is None:
            known = self.wrapped[id(function)] = xcs.jit(function)
        return known

    def jit_module(self, module: types.ModuleType) -> None:
        """Jit the functions of the package that a module binds."""
        for key, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType) and self._defines(value):
                setattr(module, key, self.jit(value))
            elif self.methods and isinstance(value, type) and self._defines(value):
                self._jit_methods(value)

    def _defines(self, value: Any) -> bool:
        return str(value.__module__).partition(".")[0] == self.name

    def _jit_methods(self, cls: type) -> None:
        for key, value in list(vars(cls).items()):
            inner = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            if isinstance(inner, types.FunctionType) and self._defines(inner):
                jitted: Any = self.jit(inner)
                setattr(cls, key, type(value)(jitted) if value is not inner else jitted)

    def functions(self) -> list[dict[str, Any]]:
        """The statistics of each jitted function, with its name."""
        return [_statistics(one) for one in self.wrapped.values()]


def _statistics(wrapped: Wrapped | FrameReader) -> dict[str, Any]:
    if isinstance(wrapped, FrameReader):
        name = f"{wrapped.__module__}.{wrapped.func.__qualname__}"
        return {"name": name, "calls": 0, "staged": False, "fallback": [wrapped.reason], "opaque": []}
    programs = [
        variant.compiled.lowered for variant in wrapped._xcs_programs.variants.values() if variant.compiled is not None
    ]
    fallback = {variant.fallback for variant in wrapped._xcs_programs.variants.values() if variant.fallback is not None}
    return {
        "name": f"{wrapped.__module__}.{wrapped.__qualname__}",
        "calls": xcs.get_jit_stats(wrapped)["calls"],
        "staged": bool(programs),
        "fallback": sorted(fallback),
        "opaque": sorted({f"{piece.what} ({piece.reason})" for program in programs for piece in program.opaque}),
    }


class JittingLoader(importlib.machinery.SourceFileLoader):
    """Loads a module with `@xcs.jit` on each of its functions, written as the last decorator."""

    package: JittedPackage

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the module."""
        vars(module)[DECORATOR] = self.package.jit
        try:
            super().exec_module(module)
        finally:
            vars(module).pop(DECORATOR, None)

    def get_code(self, fullname: str) -> types.CodeType:
        """The module's code, never that of a file of bytecode."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def source_to_code(self, data: Any, path: Any, **_: Any) -> types.CodeType:
        """The code of the module with its decorators."""
        tree = ast.parse(data, path)
        self._decorate(tree.body)
        return compile(tree, path, "exec", dont_inherit=True)

    def _decorate(self, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.decorator_list.append(ast.copy_location(ast.Name(DECORATOR, ast.Load()), node))
            elif self.package.methods or not isinstance(node, ast.ClassDef):
                for name in ("body", "orelse", "finalbody", "handlers"):
                    self._decorate(getattr(node, name, []))


class JittingFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of a package as Python does, and has them loaded by a `JittingLoader`."""

    def __init__(self, package: JittedPackage) -> None:
        self.package = package

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec, with another loader."""
        parts = fullname.split(".")
        if parts[0] != self.package.name or TESTS & set(parts):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        spec.loader = JittingLoader(spec.loader.name, spec.loader.path)
        spec.loader.package = self.package
        return spec


def jit_package(name: str, *, methods: bool = False) -> JittedPackage:
    """Import every module of a package and jit the functions that it defines.

    Args:
        name: of the package, or of a module that stands alone.
        methods: jit what its classes define, too.
    """
    package = JittedPackage(name, methods)
    _measure(package)
    loaded = [module for key, module in sys.modules.items() if key.partition(".")[0] == name]
    for module in loaded:
        package.jit_module(module)
    sys.meta_path.insert(0, JittingFinder(package))
    for _ in modules_of(name):
        pass
    return package


def modules_of(name: str) -> Iterator[types.ModuleType]:
    """The modules of a package that can be imported, its tests excepted."""
    root = importlib.import_module(name)
    yield root
    for found in pkgutil.walk_packages(getattr(root, "__path__", []), f"{name}."):
        if TESTS & set(found.name.split(".")):
            continue
        try:
            yield importlib.import_module(found.name)
        except Exception as error:  # it needs something that isn't installed
            print(f"not imported: {found.name}: {error}", file=sys.stderr)


class _NoWarnings:
    """Stands for `warnings` where XCS warns: a test that counts warnings counts the package's own."""

    @staticmethod
    def warn(message: str, category: type[Warning], stacklevel: int) -> None:
        """Say nothing: the reason is in the statistics."""


def _measure(package: JittedPackage) -> None:
    """Note what each compilation costs from now on."""
    build = Programs.build

    def measured(self: Programs, *key: Any) -> Variant:
        start = time.thread_time()
        variant = build(self, *key)
        seconds = time.thread_time() - start
        num_ops = sum(1 for _ in variant.compiled.lowered.module.walk()) if variant.compiled is not None else 0
        package.compilations.append(Compilation(seconds, num_ops, variant.fallback))
        return variant

    Programs.build = measured  # type: ignore[method-assign]
    jit_module.warnings = _NoWarnings()  # type: ignore[attr-defined]
