"""Lambda lifting: a local function as one of its own, which gets the values it captures as its first arguments.

So it is called, looked into and staged like any other function, also where it calls itself or other local functions.
Names that change while it exists are in boxes, so what it captures is known when it is called.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...effects.scope import CodeScope
from ...effects.source import FunctionSource, remember_source
from ..values import LocalFunction
from .names import names_of
from .native_code import compile_function, with_type_parameters
from .syntax import copied, load_name, placed
from .ways_out import leaves

NEEDS_ITS_FRAME = frozenset(("super", "__class__", "locals", "vars", "eval", "exec", "dir"))


@dataclass(frozen=True, slots=True)
class Lifted:
    """A local function after lifting: a function, and the names whose values come before its arguments."""

    function: types.FunctionType
    captured: tuple[str, ...]


def lift(local: LocalFunction, scope: CodeScope, callees: Mapping[str, Lifted]) -> Lifted | None:
    """A local function as a function of its own; None if it isn't nothing but code that is called.

    `callees` are the local functions that it captures, lifted.
    """
    node = local.node
    body = [placed(ast.Return(node.body), node.body)] if isinstance(node, ast.Lambda) else node.body
    names, defaults = names_of(body), [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    is_generator = "yield" in leaves(body)
    if (is_generator and not isinstance(node, ast.FunctionDef)) or names.read & NEEDS_ITS_FRAME or names.nonlocal_names:
        return None
    if not all(isinstance(default, ast.Constant) for default in defaults):
        return None
    itself = "" if isinstance(node, ast.Lambda) else node.name
    inherited = [name for callee in callees.values() for name in callee.captured]
    captured = tuple(sorted({*(set(local.captured) - set(callees) - {itself}), *inherited}))
    prefixes = {name: callee.captured for name, callee in callees.items()}
    if itself in names.read:
        prefixes[itself] = captured
    calls = _Calls(prefixes)
    rewritten = [calls.visit(statement) for statement in copied(body)]
    if calls.is_refused:
        return None
    definition = _definition(node, rewritten, captured)
    qualname = f"{scope.qualname or scope.function_name}.<locals>.{itself or '<lambda>'}"
    code = compile_function(definition, scope, {*scope.cells, *prefixes}, qualname)
    cells = {**scope.cells, **{name: types.CellType(callee.function) for name, callee in callees.items()}}
    own_cell = cells[itself] = types.CellType()
    closure = tuple(cells[name] for name in code.co_freevars)
    values = tuple(default.value for default in node.args.defaults)  # type: ignore[attr-defined]
    function = types.FunctionType(code, scope.globals, definition.name, values, closure)
    function.__kwdefaults__ = {
        argument.arg: default.value  # type: ignore[attr-defined]
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    own_cell.cell_contents = function
    remember_source(code, FunctionSource(definition, scope.class_name))
    return Lifted(function, captured)


def _definition(node: Any, body: list[ast.stmt], captured: tuple[str, ...]) -> Any:
    """The `def` with the captured names as first parameters; annotations and decorators have been evaluated before."""

    def plain(arguments: list[ast.arg]) -> list[ast.arg]:
        return [placed(ast.arg(argument.arg), argument) for argument in arguments]

    old: ast.arguments = node.args
    arguments = ast.arguments(
        [*(placed(ast.arg(name), node) for name in captured), *plain(old.posonlyargs)],
        plain(old.args),
        old.vararg and placed(ast.arg(old.vararg.arg), old.vararg),
        plain(old.kwonlyargs),
        old.kw_defaults,
        old.kwarg and placed(ast.arg(old.kwarg.arg), old.kwarg),
        old.defaults,
    )
    kind = ast.AsyncFunctionDef if isinstance(node, ast.AsyncFunctionDef) else ast.FunctionDef
    name = "anonymous" if isinstance(node, ast.Lambda) else node.name
    return with_type_parameters(placed(kind(name, arguments, body, []), node))


class _Calls(ast.NodeTransformer):
    """Puts the captured values before the arguments where a lifted function is called."""

    def __init__(self, prefixes: Mapping[str, tuple[str, ...]]) -> None:
        self._prefixes = prefixes
        self.is_refused = False  # a lifted function is used in another way than being called

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not isinstance(node.func, ast.Name) or node.func.id not in self._prefixes:
            return self.generic_visit(node)
        prefix = [load_name(name, node.func) for name in self._prefixes[node.func.id]]
        node.args = [*prefix, *(self.visit(argument) for argument in node.args)]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.is_refused |= node.id in self._prefixes
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.is_refused |= node.arg in self._prefixes
        return node
