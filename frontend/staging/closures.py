"""Closures: which local names they see later values of, and which of them may run after the code around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .names import COMPREHENSIONS, FUNCTIONS, parameter_names

EAGER_CONSUMERS = frozenset(
    {"sorted", "min", "max", "sum", "any", "all", "list", "tuple", "set", "frozenset", "dict", "sort", "join", "extend"}
)
"""Callables that are done with a function or generator when they return."""


def rebound_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """Local names that are bound more than once, or in a loop, so that a closure over them sees later values."""
    counts: dict[str, int] = dict.fromkeys(parameter_names(node.args), 1)

    def visit(inner: ast.AST, weight: int) -> None:
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            counts[inner.id] = counts.get(inner.id, 0) + weight
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            counts[inner.name] = counts.get(inner.name, 0) + weight
        if isinstance(inner, (*FUNCTIONS, *COMPREHENSIONS)):
            return
        deeper = 2 if isinstance(inner, (ast.For, ast.While)) else weight
        for child in ast.iter_child_nodes(inner):
            visit(child, deeper)

    for statement in node.body if isinstance(node.body, list) else [node.body]:
        visit(statement, 1)
    return frozenset(name for name, count in counts.items() if count > 1)


def lazy_functions(node: ast.AST, *, consumed: bool = False) -> Iterator[ast.AST]:
    """Functions and generator expressions in a piece of code that may run after the code has."""
    if isinstance(node, (*FUNCTIONS, ast.GeneratorExp)):
        if not consumed:
            yield node
        return
    eager = isinstance(node, ast.Call) and _callee_name(node.func) in EAGER_CONSUMERS
    for child in ast.iter_child_nodes(node):
        inner = child.value if isinstance(child, ast.keyword) else child
        yield from lazy_functions(inner, consumed=eager)


def _callee_name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
