"""Syntax as the user wrote it, for people and for the IR: `<secret>` stands for literals that are secret."""

from __future__ import annotations

import ast

from ....diagnostics.secrets import HIDDEN
from ...effects.secret_literals import is_marked
from ...syntax_parts import syntax_inside
from .source_text import plain_text
from .syntax import copied


def shown_source(node: ast.AST) -> str:
    """The source of a piece of syntax without its secrets."""
    return plain_text(node) or ast.unparse(_Hiding().visit(copied(node)) if has_secret(node) else node)


def whole_source(node: ast.AST) -> str:
    """The source of a piece of syntax that has no secrets."""
    return plain_text(node) or ast.unparse(node)


def has_secret(node: ast.AST) -> bool:
    """Whether a literal in a piece of syntax is secret."""
    return any(map(is_marked, syntax_inside(node)))


class _Hiding(ast.NodeTransformer):
    """Puts something else in the place of secret literals."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """A literal."""
        if not is_marked(node):
            return node
        return ast.copy_location(ast.Constant(HIDDEN if isinstance(node.value, str) else HIDDEN.encode()), node)
