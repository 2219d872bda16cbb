"""Syntax for local names that are unbound on some path, around the statements of a native segment.

A name that may be unbound goes into a segment, and comes out of one, with a flag of its own beside it: a bool that says
whether it is bound. Inside, Python itself knows: reading the name raises what it raises in the user's function.
"""

from __future__ import annotations

import ast
from typing import Any

PREFIX = "_xcs_bound_"


def flag_of(name: str) -> str:
    """The flag of a local name."""
    return PREFIX + name


def name_of_flag(name: str) -> str | None:
    """The local name whose flag this is; None for any other name."""
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None


def unbind(name: str, at: ast.AST) -> list[ast.stmt]:
    """Make a name local and unbound."""
    return [_at(ast.Assign([_store(name, at)], _at(ast.Constant(None), at)), at), _delete(name, at)]


def unbind_unless(flag: str, name: str, at: ast.AST) -> ast.stmt:
    """Unbind a parameter whose flag is false."""
    test = _at(ast.UnaryOp(ast.Not(), _load(flag, at)), at)
    return _at(ast.If(test, [_delete(name, at)], []), at)


def inside(scope: type[ast.expr], node: ast.expr) -> ast.expr:
    """An expression as the element of a comprehension or generator: reading an unbound name there says so otherwise."""
    once = _at(ast.Tuple([_at(ast.Constant(None), node)], ast.Load()), node)
    generator = ast.comprehension(_store(PREFIX + "once", node), once, [], 0)
    made = _at(scope(node, [generator]), node)  # type: ignore[call-arg]
    elements = (
        made if scope is ast.ListComp else _at(ast.List([_at(ast.Starred(made, ast.Load()), node)], ast.Load()), node)
    )
    return _at(ast.Subscript(elements, _at(ast.Constant(0), node), ast.Load()), node)


def note_bound(flag: str, name: str, at: ast.AST) -> ast.stmt:
    """Set the flag of a name, and bind the name if it isn't."""

    def set_flag(value: bool) -> ast.stmt:
        return _at(ast.Assign([_store(flag, at)], _at(ast.Constant(value), at)), at)

    bind = _at(ast.Assign([_store(name, at)], _at(ast.Constant(None), at)), at)
    handler = _at(ast.ExceptHandler(_load("UnboundLocalError", at), None, [bind, set_flag(False)]), at)
    body = [_at(ast.Expr(_load(name, at)), at), set_flag(True)]
    return _at(ast.Try(body, [handler], [], []), at)


def _delete(name: str, at: ast.AST) -> ast.stmt:
    return _at(ast.Delete([_at(ast.Name(name, ast.Del()), at)]), at)


def _load(name: str, at: ast.AST) -> ast.Name:
    return _at(ast.Name(name, ast.Load()), at)


def _store(name: str, at: ast.AST) -> ast.Name:
    return _at(ast.Name(name, ast.Store()), at)


def _at(node: Any, like: ast.AST) -> Any:
    return ast.copy_location(node, like)
