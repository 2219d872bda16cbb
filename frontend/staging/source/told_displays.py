"""Displays that say by themselves what they do: dicts of scalars under texts, such as a function returns at its end."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from operator import itemgetter

from ....diagnostics.effect import Effect
from ...effects.abstract_type import SCALAR_TYPES, STR, AbstractType, DictType, ExactType
from ...effects.lattice import join_all
from ...effects.seal import SEALED
from ...effects.summary import CodeSummary, Summary


def told_display(body: ast.expr | Sequence[ast.stmt], inputs: Mapping[str, AbstractType]) -> CodeSummary | None:
    """What inference says of a dict display of literals and of names of scalars; None for any other code."""
    if not isinstance(body, ast.Dict) or not body.keys:
        return None
    if not all(isinstance(key, ast.Constant) and type(key.value) is str for key in body.keys):
        return None
    held = [_scalar(node, inputs) for node in body.values]
    if None in held:
        return None
    items = {key.value: known for key, known in zip(body.keys, held, strict=True)}  # type: ignore[union-attr]
    result = DictType(STR, join_all(held), tuple(sorted(items.items(), key=itemgetter(0))))  # type: ignore[arg-type]
    return CodeSummary(Summary(Effect.PURE, result=result, fresh=True, builds=True, seal=SEALED), {})


def _scalar(node: ast.expr, inputs: Mapping[str, AbstractType]) -> ExactType | None:
    """The type of a literal, or of a name that holds a scalar."""
    if isinstance(node, ast.Constant):
        return SCALAR_TYPES.get(type(node.value))
    known = inputs.get(node.id) if isinstance(node, ast.Name) else None
    return SCALAR_TYPES.get(known.cls) if isinstance(known, ExactType) else None
