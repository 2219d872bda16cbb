"""Prompts: text put together of text and numbers that local names hold, in f-strings and with `+`.

Such a piece does nothing but give text, whatever its operands are, so it needs no inference: one look at it says what
it reads.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from ....diagnostics.effect import PURE
from ....dialect.operation import effect_properties, symbol
from ...effects.abstract_type import FLOAT, INT, STR, ExactType
from ..source.segment import Segment
from ..state.builder import ir_type
from ..state.written import NEW
from ..values import Static, Tracer
from .expressions import ExpressionStager

_SHOWN = (STR, INT, FLOAT)
"""The types of what is formatted without running code that isn't Python's own."""
_TEXT = (STR,)
_TEXT_OF_IR = ir_type(STR)


@dataclass(frozen=True, slots=True)
class TextPiece:
    """An expression that gives text: the names that it reads which are known when the program runs, and the others."""

    node: ast.expr
    inputs: dict[str, Tracer]
    statics: dict[str, Any]


class TextStager(ExpressionStager):
    """The layer of text put together of values that can't change."""

    def text_piece(self, node: ast.expr) -> TextPiece | None:
        """What an expression reads that surely gives text and does nothing else; None if it is another one."""
        if self.program.stage_all:
            return None
        names: set[str] = set()
        pending = [node]
        while pending:
            part = pending.pop()
            kind = part.__class__
            if kind is ast.JoinedStr:
                pending += part.values  # type: ignore[attr-defined]
            elif kind is ast.FormattedValue:
                held, spec = part.value, part.format_spec  # type: ignore[attr-defined]
                pending += [] if spec is None else [spec]
                if held.__class__ is not ast.Name:
                    pending.append(held)
                elif not self._holds(held.id, _SHOWN):
                    return None
                else:
                    names.add(held.id)
            elif kind is ast.BinOp and part.op.__class__ is ast.Add:  # type: ignore[attr-defined]
                pending += (part.left, part.right)  # type: ignore[attr-defined]
            elif kind is ast.Name and self._holds(part.id, _TEXT):  # type: ignore[attr-defined]
                names.add(part.id)  # type: ignore[attr-defined]
            elif kind is not ast.Constant or type(part.value) is not str:  # type: ignore[attr-defined]
                return None
        values = {name: self.state.names[name] for name in sorted(names)}
        inputs = {name: value for name, value in values.items() if isinstance(value, Tracer)}
        statics = {name: value.value for name, value in values.items() if isinstance(value, Static)}
        return TextPiece(node, inputs, statics) if inputs else None

    def _holds(self, name: str, known: tuple[ExactType, ...]) -> bool:
        """Whether a local name surely holds a value of one of these classes."""
        value = self.state.names.get(name)
        if name in self.function_names.nonlocal_names:
            return False
        if isinstance(value, Tracer):
            return value.type in known
        return isinstance(value, Static) and any(type(value.value) is one.cls for one in known)

    def make_text(self, piece: TextPiece) -> Tracer:
        """The text, as one call of native code."""
        self.at(piece.node)
        segment = Segment(piece.node, tuple(piece.inputs), (), self.scope, piece.statics)
        callee = self.program.symbols.callable(segment, segment.name, PURE, {"source": segment.name})
        properties = effect_properties(PURE, total=False, fresh=False)
        properties["callee"] = symbol(callee)
        operands = [value.ssa for value in piece.inputs.values()]
        ssa = self.builder.call_again(properties, operands, (), _TEXT_OF_IR, None)
        self._last_places = NEW
        return Tracer(ssa, STR, NEW)
