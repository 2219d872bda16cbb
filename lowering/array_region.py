"""An array region: the straight-line calls of one `xcs.tensor` body, as one Python function.

Goes in: a plan block made of calls only. Comes out: `ArrayRegion.function()`, a Python function that performs those
calls in order on real values (eagerly) or on JAX's tracers (staged); its frames show the user's lines in tracebacks.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..diagnostics.errors import InternalError
from ..diagnostics.location import UNKNOWN, Location
from ..runtime.plan import Block, Call, Operand, Slot


@dataclass(frozen=True, slots=True)
class ArrayRegion:
    """Calls over slots, each of which fills one slot.

    Attributes:
        name: a Python identifier; JAX names its module after it.
        params: the slots of what goes in, in the order of the arguments.
        steps: the calls in program order.
        outputs: what comes out.
    """

    name: str
    params: tuple[int, ...]
    steps: tuple[Call, ...]
    outputs: tuple[Operand, ...]

    @staticmethod
    def from_block(name: str, block: Block) -> ArrayRegion:
        """The region of a block; captured values become parameters after the block's own."""
        for step in block.instructions:
            if not isinstance(step, Call) or len(step.results) != 1:
                raise InternalError(f"expected only calls with one result in a tensor region, found `{step.name}`")
        steps = tuple(step for step in block.instructions if isinstance(step, Call))
        params = (*range(block.num_params), *(inner for _, inner in block.captures))
        return ArrayRegion(name, params, steps, block.outputs)

    def function(self, *, as_tuple: bool = False) -> Callable[..., Any]:
        """A new Python function `(value, ...) -> output`; of several outputs, or with `as_tuple`, a tuple of them."""
        return _FunctionWriter(self).write(as_tuple or len(self.outputs) != 1)


def step_operands(step: Call) -> list[Operand]:
    """All operands of a call: the callee first, then the arguments in order."""
    arguments = step.arguments
    operands = [step.callee, *(operand for _, operand in arguments.positional)]
    operands.extend(operand for _, operand in arguments.keyword)
    return operands


def _source_file(steps: Sequence[Call]) -> str | None:
    """The one file that all known locations of the steps are in, or None."""
    files = {step.location.file for step in steps if step.location is not UNKNOWN}
    return files.pop() if len(files) == 1 else None


_LOAD, _STORE = ast.Load(), ast.Store()


class _FunctionWriter:
    """Writes one region as the syntax tree of a function and compiles it.

    Nodes get their locations when they are made: adding them afterwards costs as much as compiling.
    """

    def __init__(self, region: ArrayRegion) -> None:
        self.region = region
        self.file = _source_file(region.steps)
        self.names: dict[str, Any] = {}  # globals of the new function: its callees and literals
        self._read_before: dict[Any, ast.expr] = {}  # one node for all places: only calls have to know their line

    def write(self, as_tuple: bool) -> Callable[..., Any]:
        """The function, compiled under the user's file name where all calls come from one file."""
        region = self.region
        body = [self._assignment(step) for step in region.steps]
        body.append(self._return(as_tuple))
        first = min((statement.lineno for statement in body), default=1)
        place: dict[str, Any] = {"lineno": first, "col_offset": 0, "end_lineno": first, "end_col_offset": 0}
        params = [ast.arg(f"v{index}", **place) for index in region.params]
        signature = ast.arguments(posonlyargs=params, args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        function = ast.FunctionDef(name=region.name, args=signature, body=body, decorator_list=[], **place)
        if "type_params" in ast.FunctionDef._fields:  # Python 3.12
            function.type_params = []  # type: ignore[attr-defined]
        exec(compile(ast.Module([function], []), self.file or f"<xcs {region.name}>", "exec"), self.names)
        return self.names[region.name]

    def _place(self, location: Location) -> dict[str, Any]:
        line, column = (max(location.line, 1), location.column) if self.file is not None else (1, 0)
        return {"lineno": line, "col_offset": column, "end_lineno": line, "end_col_offset": column}

    def _assignment(self, step: Call) -> ast.stmt:
        place = self._place(step.location)
        positional: list[ast.expr] = [
            ast.Starred(self._read(operand, place), _LOAD, **place) if star else self._read(operand, place)
            for star, operand in step.arguments.positional
        ]
        keywords = [ast.keyword(name, self._read(operand, place), **place) for name, operand in step.arguments.keyword]
        call = ast.Call(self._read(step.callee, place), positional, keywords, **place)
        return ast.Assign([ast.Name(f"v{step.results[0]}", _STORE, **place)], call, **place)

    def _read(self, operand: Operand, place: dict[str, Any]) -> ast.expr:
        key = operand.index if isinstance(operand, Slot) else (id(operand.value),)
        found = self._read_before.get(key)
        if found is not None:
            return found
        if isinstance(operand, Slot):
            name = f"v{operand.index}"
        else:
            name = f"c{len(self.names)}"
            self.names[name] = operand.value
        node = self._read_before[key] = ast.Name(name, _LOAD, **place)
        return node

    def _return(self, as_tuple: bool) -> ast.stmt:
        place = self._place(self.region.steps[-1].location if self.region.steps else UNKNOWN)
        outputs = [self._read(operand, place) for operand in self.region.outputs]
        return ast.Return(ast.Tuple(outputs, _LOAD, **place) if as_tuple else outputs[0], **place)
