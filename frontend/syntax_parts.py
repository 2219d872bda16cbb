"""What syntax is made of: what `ast.iter_child_nodes` and `ast.walk` give, but for contexts and operators.

Inference and staging look at the same few nodes again and again; here that takes a table instead of two generators.
"""

from __future__ import annotations

import ast
from functools import cache

_WITHOUT_PARTS = frozenset({"ctx", "op", "ops", "attr", "id", "arg", "conversion", "kind", "type_comment"})
"""Fields that hold names, contexts or operators, in whatever node they are."""


@cache
def _fields_with_parts(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind is ast.Constant:
        return ()
    return tuple(field for field in kind._fields if field not in _WITHOUT_PARTS)


def parts_of_syntax(node: ast.AST) -> list[ast.AST]:
    """The nodes directly inside of a node, in the order of the source."""
    found: list[ast.AST] = []
    for name in _fields_with_parts(node.__class__):
        held = getattr(node, name, None)
        if held.__class__ is list:
            found += [one for one in held if isinstance(one, ast.AST)]  # type: ignore[union-attr]
        elif isinstance(held, ast.AST):
            found.append(held)
    return found


def syntax_inside(node: ast.AST) -> list[ast.AST]:
    """A node and all nodes inside of it, at any depth, a node before those in it."""
    found = [node]
    for one in found:  # grows on the way
        found += parts_of_syntax(one)
    return found
