"""Members of modules: what loading one and what an import statement give."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    StaticType,
)
from .frame import Frame
from .namespaces import MODULES, is_modules
from .scope import fact
from .value import Value, outside

LAZY = ("jax", "xcs", "pydantic")
"""Packages that import some of their names when these are first asked for."""


def namespace_with(module: types.ModuleType, name: str) -> dict[str, Any]:
    """The names of a module; one that a lazy package imports when it is first asked for is among them."""
    namespace = vars(module)
    if name not in namespace and module.__name__.partition(".")[0] in LAZY and "__getattr__" in namespace:
        getattr(module, name, None)
    return namespace


def load_module_member(frame: Frame, module: types.ModuleType, name: str) -> Value:
    """`module.name`."""
    namespace = namespace_with(module, name)
    if name not in namespace:
        lazy = sys.modules.get(f"{module.__name__}.{name}")
        if lazy is None:
            frame.ledger.unknown(f"`{module.__name__}.{name}`", ())
            return outside(ANY)
        return outside(StaticType(lazy))
    found = fact(namespace[name], namespace, name, f"global:{module.__name__}.{name}")
    if found.guard is not None:
        frame.ledger.guards.add(found.guard)
    if found.sees is not None:
        frame.ledger.sees.add(found.sees)
    return outside(MODULES) if is_modules(module, name) else found.value


def imported(frame: Frame, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Value:
    """What an import statement binds; importing what isn't loaded yet runs unknown code."""
    if isinstance(node, ast.ImportFrom):
        module = _resolved(frame, node)
        if module is not None and alias.name in vars(module):
            return load_module_member(frame, module, alias.name)
        submodule = sys.modules.get(f"{module.__name__}.{alias.name}") if module is not None else None
    else:
        name = alias.name if alias.asname else alias.name.partition(".")[0]
        submodule = sys.modules.get(name) if alias.name in sys.modules else None
    if submodule is not None:
        return outside(StaticType(submodule))
    frame.ledger.act(Effect.ORDERED, f"imports {alias.name}", "import it at the top of the module")
    frame.ledger.disturb(())
    return outside(ANY)


def _resolved(frame: Frame, node: ast.ImportFrom) -> types.ModuleType | None:
    name = node.module or ""
    if node.level:
        package = frame.scope.globals.get("__package__")
        if not isinstance(package, str):
            return None
        parts = package.split(".")
        parts = parts[: len(parts) - node.level + 1]
        name = ".".join([*parts, name] if name else parts)
    return sys.modules.get(name)
