"""Syntax for local names that are unbound on some path, around the statements of a native segment.

A name that may be unbound goes into a segment, and comes out of one, with a flag of its own beside it: a bool that says
whether it is bound. Inside, Python itself knows: reading the name raises what it raises in the user's function.
"""

from __future__ import annotations

import ast

from .syntax import load_name, placed, store_name

PREFIX = "_xcs_bound_"


def flag_of(name: str) -> str:
    """The flag of a local name."""
    return PREFIX + name


def name_of_flag(name: str) -> str | None:
    """The local name whose flag this is; None for any other name."""
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None


def unbind(name: str, at: ast.AST) -> list[ast.stmt]:
    """Make a name local and unbound."""
    return [placed(ast.Assign([store_name(name, at)], placed(ast.Constant(None), at)), at), _delete(name, at)]


def unbind_unless(flag: str, name: str, at: ast.AST) -> ast.stmt:
    """Unbind a parameter whose flag is false."""
    test = placed(ast.UnaryOp(ast.Not(), load_name(flag, at)), at)
    return placed(ast.If(test, [_delete(name, at)], []), at)


def inside(scope: type[ast.expr], node: ast.expr) -> ast.expr:
    """An expression as the element of a comprehension or generator: reading an unbound name there says so otherwise."""
    once = placed(ast.Tuple([placed(ast.Constant(None), node)], ast.Load()), node)
    generator = ast.comprehension(store_name(PREFIX + "once", node), once, [], 0)
    made = placed(scope(node, [generator]), node)  # type: ignore[call-arg]
    elements = (
        made
        if scope is ast.ListComp
        else placed(ast.List([placed(ast.Starred(made, ast.Load()), node)], ast.Load()), node)
    )
    return placed(ast.Subscript(elements, placed(ast.Constant(0), node), ast.Load()), node)


def note_bound(flag: str, name: str, at: ast.AST) -> ast.stmt:
    """Set the flag of a name, and bind the name if it isn't."""

    def set_flag(value: bool) -> ast.stmt:
        return placed(ast.Assign([store_name(flag, at)], placed(ast.Constant(value), at)), at)

    bind = placed(ast.Assign([store_name(name, at)], placed(ast.Constant(None), at)), at)
    handler = placed(ast.ExceptHandler(load_name("UnboundLocalError", at), None, [bind, set_flag(False)]), at)
    body = [placed(ast.Expr(load_name(name, at)), at), set_flag(True)]
    return placed(ast.Try(body, [handler], [], []), at)


def _delete(name: str, at: ast.AST) -> ast.stmt:
    return placed(ast.Delete([placed(ast.Name(name, ast.Del()), at)]), at)
