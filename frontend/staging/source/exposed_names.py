"""Names that a run of statements may read before it binds them: what they see of the code before."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .bound_names import definitely_bound
from .names import names_of
from .ways_out import always_leaves


def exposed_names(nodes: Sequence[ast.AST]) -> set[str]:
    """Names read on some path on which these statements have not bound them."""
    exposed: set[str] = set()
    bound: set[str] = set()
    for node in nodes:
        exposed |= _exposed(node) - bound
        if isinstance(node, ast.stmt):
            bound |= definitely_bound([node])
            if always_leaves([node]):
                break
    return exposed


def exposed_in_body(node: ast.For | ast.AsyncFor | ast.While) -> set[str]:
    """Names that an iteration of a loop may read before it binds them."""
    if isinstance(node, ast.While):
        return exposed_names([node.test]) | exposed_names(node.body)
    targets = names_of([node.target])
    return targets.read | (exposed_names(node.body) - targets.bound)


def bound_by_loop(node: ast.AST) -> set[str]:
    """Names that a `for` loop binds itself before it reads them, so that they aren't what they were before it."""
    if not isinstance(node, (ast.For, ast.AsyncFor)):
        return set()
    return names_of([node.target]).bound - _exposed(node)


def _exposed(node: ast.AST) -> set[str]:
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            return exposed_names([test]) | exposed_names(body) | exposed_names(orelse)
        case ast.For(iter=iterable, orelse=orelse) | ast.AsyncFor(iter=iterable, orelse=orelse):
            return exposed_names([iterable]) | exposed_in_body(node) | exposed_names(orelse)
        case ast.While(orelse=orelse):
            return exposed_in_body(node) | exposed_names(orelse)
        case ast.With() | ast.AsyncWith():
            return _exposed_in_with(node)
        case _:
            return names_of([node]).read | names_of([node]).deleted


def _exposed_in_with(node: ast.With | ast.AsyncWith) -> set[str]:
    exposed: set[str] = set()
    bound: set[str] = set()
    for item in node.items:
        exposed |= exposed_names([item.context_expr]) - bound
        if item.optional_vars is not None:
            targets = names_of([item.optional_vars])
            exposed |= targets.read - bound
            bound |= targets.bound
    return exposed | (exposed_names(node.body) - bound)
