"""An array region as Python code, whose frames show the user's lines.

What one call alone takes from another is written as an argument of it, wherever that keeps the order of the calls:

    a = c0(x)                               return c2(c1(c0(x)), y)
    b = c1(a)
    return c2(b, y)

Long regions become several functions. Python finds the line of an instruction by going through all those before it in
its function, and JAX asks for the line of each operation that it traces.
"""

from __future__ import annotations

import ast
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ..diagnostics.identity import identity
from ..diagnostics.location import UNKNOWN, Location
from ..runtime.plan import Call, Operand, Slot
from .array_region import ArrayRegion, step_operands

MAX_STEPS = 64  # of one function
MAX_DEPTH = 16  # of calls in arguments of calls
MAX_PENDING = 16  # calls that wait to be arguments; each step looks through them

_LOAD, _STORE = ast.Load(), ast.Store()
_ANYWHERE: dict[str, Any] = {"lineno": 1, "col_offset": 0}
_NO_VALUES: Mapping[int, ast.expr] = {}


@dataclass(frozen=True, slots=True)
class RegionCode:
    """The code of a region, and what its names stand for.

    Attributes:
        name: of the function.
        bodies: modules that define the function, after those which it calls.
        names: the callees and the other literals; one that is both has two.
        num_calls: how often the callee of a name is called.
    """

    name: str
    bodies: tuple[types.CodeType, ...]
    names: Mapping[str, Any]
    num_calls: Mapping[str, int]

    def function(self, others: Mapping[str, Any] | None = None) -> types.FunctionType:
        """A new Python function of the region's parameters, in which some names may stand for others."""
        names = {**self.names, **(others or {})}
        for body in self.bodies:
            exec(body, names)
        return names[self.name]


def code_of(region: ArrayRegion, *, as_tuple: bool = False) -> RegionCode:
    """The code of a region. Of several outputs, or with `as_tuple`, the function gives a tuple."""
    return _Writer(region).write(as_tuple or len(region.outputs) != 1)


def function_of(region: ArrayRegion, *, as_tuple: bool = False) -> types.FunctionType:
    """A region as a Python function: it performs the calls in order, on values or on JAX's tracers."""
    return code_of(region, as_tuple=as_tuple).function()


@dataclass(slots=True)
class _Part:
    """Statements that become one function.

    Attributes:
        num_steps: of the region's calls in them.
        statements: in order.
        binds: the slots that they bind.
        reads: the slots that they read, in the order of their first use.
    """

    num_steps: int = 0
    statements: list[ast.stmt] = field(default_factory=list)
    binds: dict[int, None] = field(default_factory=dict)
    reads: dict[int, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Pending:
    """A call that is to be an argument of a later one.

    Attributes:
        slot: what it fills.
        value: the call.
        depth: of calls in it.
    """

    slot: int
    value: ast.expr
    depth: int


class _Writer:
    """Writes one region as syntax trees of functions and compiles them.

    Nodes get their locations when they are made: adding them afterwards costs as much as compiling.
    """

    def __init__(self, region: ArrayRegion) -> None:
        self.region = region
        self.file = _source_file(region.steps)
        self.names: dict[str, Any] = {}
        self.num_calls: dict[str, int] = {}
        self.parts = [_Part()]
        self.pending: list[_Pending] = []  # in the order in which they run
        self.num_uses = _num_uses(region)
        self._callees: dict[int, ast.Name] = {}  # one node for all places: only calls have to know their line
        self._literals: dict[int, ast.Name] = {}
        self._slots: dict[int, ast.Name] = {}

    def write(self, as_tuple: bool) -> RegionCode:
        """The code, under the user's file name where all calls come from one file."""
        for step in self.region.steps:
            if self.parts[-1].num_steps >= MAX_STEPS:
                self._bind_pending()
                self.parts.append(_Part())
            self._add(step)
            self.parts[-1].num_steps += 1
        self._bind_pending()
        place = self._place(self.region.steps[-1].location if self.region.steps else UNKNOWN)
        outputs = [self._read(operand) for operand in self.region.outputs]
        value = ast.Tuple(outputs, _LOAD, **place) if as_tuple else outputs[0]
        self.parts[-1].statements.append(ast.Return(value, **place))
        return RegionCode(self.region.name, tuple(self._bodies()), self.names, self.num_calls)

    def _bodies(self) -> Iterator[types.CodeType]:
        name, params = self.region.name, self.region.params
        if len(self.parts) == 1:
            yield self._compiled([_function(name, params, self.parts[0].statements)])
            return
        wanted: set[int] = set()  # by the parts that follow
        functions, calls = [], []
        for index, part in reversed(list(enumerate(self.parts))):
            taken = [slot for slot in part.reads if slot not in part.binds]
            given = [slot for slot in part.binds if slot in wanted]
            call = f"{name}_{index}({', '.join(map(_variable, taken))})"
            if index == len(self.parts) - 1:
                calls.append(f"return {call}")
            else:
                part.statements.append(_return_of(given, part.statements[-1]))
                calls.append("".join(f"{_variable(slot)}, " for slot in given) + f"{'= ' if given else ''}{call}")
            functions.append(_function(f"{name}_{index}", taken, part.statements))
            wanted.update(taken)
        yield self._compiled(functions[::-1])
        lines = "".join(f"    {call}\n" for call in reversed(calls))
        signature = ", ".join([*map(_variable, params), "/"] if params else ())
        yield compile(f"def {name}({signature}):\n{lines}", f"<xcs {name}>", "exec")

    def _compiled(self, functions: list[ast.stmt]) -> types.CodeType:
        return compile(ast.Module(functions, []), self.file or f"<xcs {self.region.name}>", "exec")

    def _add(self, step: Call) -> None:
        """The call of one step, as a statement or as an expression of a later one."""
        taken = self._taken(step)
        values = {one.slot: one.value for one in taken} if taken else _NO_VALUES
        place = self._place(step.location)
        positional: list[ast.expr] = [
            ast.Starred(self._read(operand, values), _LOAD, **place) if star else self._read(operand, values)
            for star, operand in step.arguments.positional
        ]
        keywords = [ast.keyword(name, self._read(value, values), **place) for name, value in step.arguments.keyword]
        call = ast.Call(self._callee(step.callee, values), positional, keywords, **place)
        (slot,) = step.results
        depth = 1 + max([one.depth for one in taken]) if taken else 1
        if self.num_uses[slot] == 1 and depth < MAX_DEPTH and len(self.pending) < MAX_PENDING:
            self.pending.append(_Pending(slot, call, depth))
            return
        self._bind_pending()
        self._bind(slot, call, place)

    def _taken(self, step: Call) -> Sequence[_Pending]:
        """What a step takes as it is written: what is to run right before it, in that order."""
        if not self.pending:
            return ()
        waiting = [one.slot for one in self.pending]
        read = [one.index for one in step_operands(step) if isinstance(one, Slot) and one.index in waiting]
        first = len(waiting) - len(read)
        if waiting[first:] != read:
            self._bind_pending()
            return ()
        taken = self.pending[first:]
        del self.pending[first:]
        return taken

    def _bind_pending(self) -> None:
        for one in self.pending:
            self._bind(one.slot, one.value, {"lineno": one.value.lineno, "col_offset": one.value.col_offset})
        self.pending.clear()

    def _bind(self, slot: int, value: ast.expr, place: dict[str, Any]) -> None:
        target: list[ast.expr] = [ast.Name(_variable(slot), _STORE, **place)]
        self.parts[-1].statements.append(ast.Assign(target, value, **place))
        self.parts[-1].binds[slot] = None

    def _place(self, location: Location) -> dict[str, Any]:
        return {"lineno": max(location.line, 1), "col_offset": location.column} if self.file else _ANYWHERE

    def _callee(self, operand: Operand, values: Mapping[int, ast.expr]) -> ast.expr:
        if isinstance(operand, Slot):
            return self._read(operand, values)
        node = self._callees.get(identity(operand.value))
        if node is None:
            node = self._callees[identity(operand.value)] = self._named("f", operand.value)
        self.num_calls[node.id] = self.num_calls.get(node.id, 0) + 1
        return node

    def _read(self, operand: Operand, values: Mapping[int, ast.expr] = _NO_VALUES) -> ast.expr:
        if not isinstance(operand, Slot):
            node = self._literals.get(identity(operand.value))
            if node is None:
                node = self._literals[identity(operand.value)] = self._named("c", operand.value)
            return node
        if operand.index in values:
            return values[operand.index]
        self.parts[-1].reads[operand.index] = None
        node = self._slots.get(operand.index)
        if node is None:
            node = self._slots[operand.index] = _name(_variable(operand.index))
        return node

    def _named(self, letter: str, value: Any) -> ast.Name:
        """A new global of the function."""
        name = f"{letter}{len(self.names)}"
        self.names[name] = value
        return _name(name)


def _source_file(steps: Iterable[Call]) -> str | None:
    """The one file that all known locations of the steps are in, or None."""
    files = {step.location.file for step in steps if step.location is not UNKNOWN}
    return files.pop() if len(files) == 1 else None


def _num_uses(region: ArrayRegion) -> Counter[int]:
    operands = chain(chain.from_iterable(map(step_operands, region.steps)), region.outputs)
    return Counter([operand.index for operand in operands if isinstance(operand, Slot)])


def _variable(slot: int) -> str:
    return f"v{slot}"


def _name(name: str) -> ast.Name:
    return ast.Name(name, _LOAD, **_ANYWHERE)


def _return_of(slots: Sequence[int], last: ast.stmt) -> ast.stmt:
    """A return of these variables, on the line of a statement."""
    place = {"lineno": last.lineno, "col_offset": last.col_offset}
    return ast.Return(ast.Tuple([_name(_variable(slot)) for slot in slots], _LOAD, **place), **place)


def _function(name: str, params: Iterable[int], body: list[ast.stmt]) -> ast.stmt:
    place: dict[str, Any] = {"lineno": min(statement.lineno for statement in body), "col_offset": 0}
    args = [ast.arg(_variable(slot), **place) for slot in params]
    signature = ast.arguments(posonlyargs=args, args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = ast.FunctionDef(name=name, args=signature, body=body, decorator_list=[], **place)
    if "type_params" in ast.FunctionDef._fields:  # Python 3.12
        function.type_params = []  # type: ignore[attr-defined]
    return function
