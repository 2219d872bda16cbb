"""Syntax made while staging, at the position of the syntax that it stands for."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any


def placed(node: Any, like: ast.AST) -> Any:
    """The node, at another one's position."""
    try:
        node.lineno, node.col_offset = like.lineno, like.col_offset  # type: ignore[attr-defined]
        node.end_lineno, node.end_col_offset = like.end_lineno, like.end_col_offset  # type: ignore[attr-defined]
    except AttributeError:  # that one has none, or none that is whole
        return ast.copy_location(node, like)
    return node


def load_name(name: str, like: ast.AST) -> ast.Name:
    """A read of a name."""
    return placed(ast.Name(name, ast.Load()), like)


def store_name(name: str, like: ast.AST) -> ast.Name:
    """A name as a target."""
    return placed(ast.Name(name, ast.Store()), like)


def assign_name(name: str, value: ast.expr, like: ast.AST) -> ast.Assign:
    """An assignment of a name; the value keeps its own position if it has one."""
    return placed(
        ast.Assign([store_name(name, like)], value if hasattr(value, "lineno") else placed(value, like)), like
    )


def call_node(function: ast.expr, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    """A call, where its function stands."""
    return placed(ast.Call(function, list(arguments), list(keywords)), function)


def copied(node: Any) -> Any:
    """A copy of syntax, or of a list of it, down to its leaves: trees are shared with whoever else reads the file."""
    if isinstance(node, list):
        return [copied(one) for one in node]
    if not isinstance(node, ast.AST):
        return node
    made = type(node)(**{name: copied(held) for name, held in ast.iter_fields(node)})
    return placed(made, node) if hasattr(node, "lineno") else made
