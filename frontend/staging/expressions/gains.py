"""Whether there is anything to gain in a piece of code: an external call, array work, or a callee that may be one."""

from __future__ import annotations

import ast
import types

from ...effects.abstract_type import (
    NEVER,
    AbstractType,
    InstanceType,
    ListType,
    TupleOfType,
)
from ...effects.array_results import is_array
from ...effects.summary import Summary
from ...frame_reader import FRAME_READERS
from ..source.rewriting import comes_apart
from ..values import Owned, Static, Tracer, Unstageable
from .native_pieces import FRAME_INSPECTION, PieceStager

_ARRAY_SYNTAX = (ast.BinOp, ast.Compare, ast.UnaryOp, ast.Subscript, ast.Attribute)


class GainStager(PieceStager):
    """The layer of what is worth staging."""

    def has_gain(self, node: ast.expr | ast.stmt) -> bool:
        """Whether a piece of code contains an external call, array work, or a callee that may be one.

        Where everything is staged: whether it is made of parts.
        """
        if isinstance(node, (ast.Name, ast.Constant)):
            return False
        if self.program.stage_all and comes_apart(node):
            return not is_frame_inspection(node)
        if not self._may_gain(node):
            return False
        known = self._summary_of_call(node)
        if known is not None:
            return gains(known)
        try:
            summary = self.describe(node).summary
        except Unstageable:
            return isinstance(node, ast.stmt) and not isinstance(node, (ast.With, ast.Try))
        return gains(summary)

    def _summary_of_call(self, node: ast.AST) -> Summary | None:
        """The summary of a call of a known Python function with names and literals, found without looking at more."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
            return None
        function = self.static_of(node.func)
        if not isinstance(function, types.FunctionType):
            return None
        types_: list[AbstractType] = []
        for argument in node.args:
            value = self.state.names.get(argument.id) if isinstance(argument, ast.Name) else None
            if isinstance(argument, ast.Constant):
                types_.append(Static(argument.value).type)
            elif isinstance(value, (Tracer, Static, Owned)):
                types_.append(self.type_of(value))
            else:
                return None
        return self.program.summary_of(function, tuple(types_))

    def static_of(self, node: ast.expr) -> object:
        """The object a name or attribute chain is known to mean, else None. The layer above knows."""
        raise NotImplementedError

    def has_gain_inside(self, node: ast.Try) -> bool:
        """Whether staging a `try` can gain anything."""
        try:
            return self.program.stage_all or gains(self.describe(node).summary)
        except Unstageable:
            return False

    def _may_gain(self, node: ast.AST) -> bool:
        """A quick look without inference: no call and no array means nothing to gain."""
        if isinstance(node, ast.Call):
            return True
        has_operator = False
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Call, ast.Await)):
                return True
            has_operator = has_operator or isinstance(inner, _ARRAY_SYNTAX)
        return has_operator and any(
            may_hold_array(self.state.type_of(self.state.names[name]))
            for name in self.program.names([node]).read
            if name in self.state.names
        )


def may_hold_array(known: AbstractType) -> bool:
    """Whether a value is an array, an object with one among its attributes, or a list or tuple of arrays."""
    if isinstance(known, InstanceType):
        return any(is_array(held) for _, held in known.attributes)
    if isinstance(known, (ListType, TupleOfType)):
        return known.element != NEVER and is_array(known.element)
    return is_array(known)


def is_frame_inspection(node: ast.AST) -> bool:
    """Whether a piece of code is a call that sees which function it stands in."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in FRAME_READERS
    return isinstance(node.func, ast.Name) and node.func.id in FRAME_INSPECTION | FRAME_READERS


def gains(summary: Summary) -> bool:
    """Whether staging a piece with this summary can gain anything."""
    return summary.num_external_sites > 0 or summary.has_array_work
