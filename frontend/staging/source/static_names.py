"""What names in syntax are bound to for good."""

from __future__ import annotations

import ast

from ...effects.abstract_type import StaticType
from ...effects.scope import CodeScope, find


def static_of(node: ast.expr, scope: CodeScope) -> object:
    """The object that a free name is known to be bound to; None for anything else."""
    found = find(scope, node.id) if isinstance(node, ast.Name) else None
    return found.value.type.value if found is not None and isinstance(found.value.type, StaticType) else None
