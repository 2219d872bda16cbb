"""Compiles syntax back to code of the user's file: same globals, cells, private names, flags and line numbers."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable, Sequence
from typing import Any

from ...effects.scope import CodeScope
from .syntax import placed

FACTORY = "__xcs_factory__"
_HAS_TYPE_PARAMETERS = hasattr(ast, "TypeAlias")


def compile_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, scope: CodeScope, cells: Iterable[str], qualname: str
) -> types.CodeType:
    """The code of a function that stands where `scope` is; of the names in `cells` it takes those it reads as cells."""
    return compile_functions([node], scope, cells, qualname)[0]


def compile_functions(
    nodes: Sequence[ast.FunctionDef | ast.AsyncFunctionDef],
    scope: CodeScope,
    cells: Iterable[str],
    qualname: str,
    name: str | None = None,
) -> list[types.CodeType]:
    """The codes of functions with names of their own that stand where `scope` is, in one go, which costs half.

    They are called `name` in tracebacks, where that is given.
    """
    first = nodes[0]
    free = ast.arguments([], [placed(ast.arg(name), first) for name in cells], None, [], [], None, [])
    outer: ast.stmt = with_type_parameters(placed(ast.FunctionDef(FACTORY, free, list[ast.stmt](nodes), []), first))
    if scope.class_name:  # private names are mangled with the class they were written in
        outer = with_type_parameters(placed(ast.ClassDef(scope.class_name, [], [], [outer], []), first))
    module = ast.Module([outer], type_ignores=[])
    code = compile(module, scope.file, "exec", flags=scope.future_flags, dont_inherit=True)
    if scope.class_name:
        code = _codes_inside(code)[scope.class_name]
    found = _codes_inside(_codes_inside(code)[FACTORY])
    base = found[first.name].co_qualname.removesuffix(first.name)
    return [_renamed(found[node.name], base, qualname, name) for node in nodes]


def _renamed(code: types.CodeType, base: str, qualname: str, name: str | None = None) -> types.CodeType:
    """Code whose functions and classes are named as where they are written: `qualname` instead of `base` and one.

    Functions that are alike in two of the codes are one, called as in the first.
    """

    def renamed(held: str) -> str:
        if not held.startswith(base):
            return held
        _, dot, inner = held.removeprefix(base).partition(".")
        return qualname + dot + inner

    def constant(held: Any) -> Any:
        if isinstance(held, types.CodeType):
            return _renamed(held, base, qualname)
        return renamed(held) if type(held) is str else held  # how a class's body says its name

    constants = tuple(map(constant, code.co_consts))
    return code.replace(co_name=name or code.co_name, co_qualname=renamed(code.co_qualname), co_consts=constants)


def with_type_parameters(node: Any) -> Any:
    """A definition with the field that Python 3.12 and later want, empty."""
    if _HAS_TYPE_PARAMETERS:
        node.type_params = []
    return node


def _codes_inside(code: types.CodeType) -> dict[str, types.CodeType]:
    """The functions and classes that code makes, by name."""
    return {inner.co_name: inner for inner in code.co_consts if isinstance(inner, types.CodeType)}
