"""Statements that bind a name to text, or to a call like an earlier one: nothing about them has to be found out."""

from __future__ import annotations

import ast

from .streaming import StreamStager


class RepeatedStatementStager(StreamStager):
    """The layer of statements that are told by their syntax."""

    def stage_again(self, node: ast.stmt) -> bool:
        """Stage `name = call(...)` if `stage_repeated` knows the call; says whether it does.

        Nothing is emitted before all of it is known, and a name is bound without fail, so nothing is ever taken back.
        """
        if node.__class__ is not ast.Assign:
            return False
        value, targets = node.value, node.targets  # type: ignore[attr-defined]
        target = targets[0]
        if value.__class__ is not ast.Call or target.__class__ is not ast.Name or len(targets) > 1:
            return False
        name: str = target.id
        if name in self._kept or name in self.function_names.nonlocal_names:
            return False
        found = self.stage_repeated(value)
        if found is not None:
            self.bind(name, found)
        return found is not None
