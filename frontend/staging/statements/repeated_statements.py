"""Statements that bind names to what syntax tells: text, calls like earlier ones; `a, b = ask(x), ask(y)`, too."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..expressions.repeated_calls import MAX_DEPTH
from ..state.stager import Start
from ..values import Unstageable
from .streaming import StreamStager

_TOLD = (ast.Call, ast.JoinedStr)
_TOLD_IN_PAIRS = (*_TOLD, ast.Name, ast.Constant)


class RepeatedStatementStager(StreamStager):
    """The layer of statements that are told by their syntax."""

    def stage_again(self, start: Start, node: ast.stmt) -> bool:
        """Stage an assignment to names at `start` if all that it assigns is told by its syntax; says whether it is."""
        try:
            return self._stage_told(node)
        except Unstageable:  # of an array that is read: the general way says why
            self.go_back(start)
            return False

    def _stage_told(self, node: ast.stmt) -> bool:
        if node.__class__ is not ast.Assign or len(node.targets) > 1:  # type: ignore[attr-defined]
            return False
        target, value = node.targets[0], node.value  # type: ignore[attr-defined]
        if target.__class__ is ast.Tuple:
            is_paired = value.__class__ is ast.Tuple and len(value.elts) == len(target.elts)
            return is_paired and self._stage_pairs(target.elts, value.elts)
        if value.__class__ not in _TOLD or not self._is_plain_name(target):
            return False
        made = self.stage_repeated(value)
        if made is not None:
            self.bind(target.id, made)
        return made is not None

    def _stage_pairs(self, targets: Sequence[ast.expr], values: Sequence[ast.expr]) -> bool:
        """The same for targets that get a value each."""
        if not all(map(self._is_plain_name, targets)) or not all(one.__class__ in _TOLD_IN_PAIRS for one in values):
            return False
        parts = self.parts(values, MAX_DEPTH)
        if parts is not None:
            for target, made in zip(targets, [self.value_of_part(part) for part in parts], strict=True):
                self.bind(target.id, made)  # type: ignore[attr-defined]
        return parts is not None

    def _is_plain_name(self, target: ast.expr) -> bool:
        """Whether a target is a name that nobody but this function sees, no handler either."""
        if target.__class__ is not ast.Name:
            return False
        name: str = target.id  # type: ignore[attr-defined]
        return name not in self._kept and name not in self.function_names.nonlocal_names
