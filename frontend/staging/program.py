"""A whole program being staged: its functions, the facts it relies on, and what could not be staged."""

from __future__ import annotations
import __future__

import ast
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Region, SSAValue

from ...diagnostics.location import Location
from ...dialect.functions import FuncOp
from ...dialect.types import OBJ
from ..effects.abstract_type import ANY, AbstractType, StaticType, widen
from ..effects.scope import CodeScope, FunctionView, class_view
from ..effects.source import SourceUnavailable, function_source
from ..effects.summary import CodeSummary, Guard
from .builder import ir_type
from .names import FUNCTIONS, Names, leaves, names_of, parameter_names
from .segment import Segment
from .stager import SCALARS, Stager
from .statements import FunctionStager
from .symbols import SymbolTable
from .values import Static, Tracer, TupleValue, Unstageable, Value

MAX_STATIC_VARIANTS = 8  # specialisations of one function on literal arguments; after that they are ordinary data
MAX_FUNCTIONS = 256  # staged functions in one program
FUTURE_FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
EAGER_CONSUMERS = frozenset(
    {"sorted", "min", "max", "sum", "any", "all", "list", "tuple", "set", "frozenset", "dict", "sort", "join", "extend"}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One argument as a staged function is specialised on it: a known object, a value of a type, or a tuple of those."""

    static: StaticType | None = None
    type: AbstractType | None = None
    elements: tuple[Shape, ...] | None = None


Shapes: TypeAlias = tuple[tuple[str, Shape], ...]
"""The arguments of a call by parameter, as a staged function is specialised on them."""


@dataclass(slots=True)
class StagedFunction:
    """A function of the module.

    Attributes:
        symbol: its name in the module.
        result: the type of its result; `ANY` while its body is being traced.
        ir_result: the IR's type of it.
        is_open: its body is being traced.
        is_recursive: it was called while its body was being traced.
    """

    symbol: str
    result: AbstractType = ANY
    ir_result: Attribute = OBJ
    is_open: bool = True
    is_recursive: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A piece that runs natively because it could not be staged."""

    what: str
    reason: str
    location: Location


@dataclass(slots=True)
class Program:
    """Everything that belongs to one trace.

    Attributes:
        symbols: callables and outside state by symbol.
        functions: staged functions by code, cells and argument shapes.
        guards: facts about the world that must hold each time the program runs.
        opaque: what could not be staged, for stats and `explain`.
        world_written: types of the contents of outside objects are no longer known (at this point of the trace).
        num_writes: ops emitted so far that may write outside state.
    """

    symbols: SymbolTable = field(default_factory=SymbolTable)
    functions: dict[tuple[object, ...], StagedFunction] = field(default_factory=dict)
    bodies: list[FuncOp] = field(default_factory=list)
    guards: set[Guard] = field(default_factory=set)
    opaque: list[Opaque] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    world_written: bool = False
    num_writes: int = 0
    kept: list[object] = field(default_factory=list)
    # Caches by identity; each entry holds what its key is the identity of.
    _names: dict[int, tuple[ast.AST, Names]] = field(default_factory=dict)
    _lazies: dict[int, tuple[ast.AST, tuple[ast.AST, ...]]] = field(default_factory=dict)
    _described: dict[tuple[object, ...], tuple[Segment, CodeSummary]] = field(default_factory=dict)

    # ---- facts

    def rely_on(self, guards: Iterable[Guard]) -> None:
        """The program is only right while these facts hold."""
        self.guards.update(guards)

    def rely_on_class(self, cls: type, name: str) -> None:
        """The program is only right while this class attribute is what it is now."""
        view = class_view(cls)
        self.guards.add(Guard(view, name, view.get(name)))

    def checkpoint(self) -> tuple[bool, int]:
        """What `rewind` restores."""
        return self.world_written, self.num_writes

    def rewind(self, facts: tuple[bool, int]) -> None:
        """Forget writes of ops that were dropped again."""
        self.world_written, self.num_writes = facts

    def register_segment(self, segment: Segment) -> None:
        """Remember a native piece of the program."""
        self.segments.append(segment)

    def note_statement(self, node: ast.stmt, scope: CodeScope, refusal: Unstageable) -> None:
        """Remember why a statement runs natively."""
        where = Location(scope.file, refusal.line or node.lineno, node.col_offset, scope.function_name)
        text = ast.unparse(node).partition("\n")[0]
        self.opaque.append(Opaque(text, refusal.reason, where))

    def note_opaque(self, function: types.FunctionType, reason: str) -> None:
        """Remember why a function is one leaf."""
        code = function.__code__
        where = Location(code.co_filename, code.co_firstlineno, 0, function.__qualname__)
        self.opaque.append(Opaque(function.__qualname__, reason, where))

    # ---- callables

    def unwrap(self, function: Any, positional: Sequence[Value]) -> tuple[Any, Sequence[Value]]:
        """The Python function behind a jitted one."""
        inner = getattr(function, "__xcs_wrapped__", None)
        return (inner if inner is not None else function), positional

    def lazy_functions(self, scope: CodeScope, nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
        """Functions and generator expressions in this code that may run after the code has."""
        for node in nodes:
            found = self._lazies.get(id(node))
            if found is None:
                found = self._lazies[id(node)] = (node, tuple(_lazy(node, consumed=False)))
            yield from found[1]

    # ---- syntax, looked at once

    def names(self, nodes: Sequence[ast.AST]) -> Names:
        """The names that these pieces of syntax use."""
        every = [self._names_of(node) for node in nodes]
        if len(every) == 1:
            return every[0]
        return Names(*(set().union(*(getattr(names, f.name) for names in every)) for f in fields(Names)))

    def _names_of(self, node: ast.AST) -> Names:
        found = self._names.get(id(node))
        if found is None:
            found = self._names[id(node)] = (node, names_of([node]))
        return found[1]

    def describe(self, segment: Segment, types: tuple[AbstractType, ...], owned: frozenset[str]) -> CodeSummary:
        """Effect and types of a segment; asked again and again while loops are traced, so remembered."""
        body = segment.body
        nodes = (body,) if isinstance(body, ast.expr) else tuple(body)
        statics = tuple(map(id, segment.statics.values()))
        key = (tuple(map(id, nodes)), segment.inputs, types, owned, statics, len(segment.prologue), id(segment.scope))
        found = self._described.get(key)
        if found is None:
            found = self._described[key] = (segment, segment.infer(types, owned))
        return found[1]

    # ---- functions

    def flatten_arguments(self, stager: Stager, bound: dict[str, Value]) -> tuple[list[SSAValue], Shapes]:
        """The operands of a call of a staged function, and what it is specialised on."""
        operands: list[SSAValue] = []
        shapes = tuple((name, self._shape(stager, value, operands)) for name, value in bound.items())
        return operands, shapes

    def _shape(self, stager: Stager, value: Value, operands: list[SSAValue]) -> Shape:
        if isinstance(value, Static) and (type(value.value) in SCALARS or isinstance(value.type, StaticType)):
            return Shape(static=StaticType(value.value))
        if isinstance(value, TupleValue):
            return Shape(elements=tuple(self._shape(stager, element, operands) for element in value.elements))
        operands.append(stager.ssa(value))
        return Shape(type=stager.type_of(value))

    def stage_function(self, function: types.FunctionType, shapes: Shapes) -> StagedFunction:
        """A function of the module for arguments of these shapes; traced once per shape."""
        code, cells = function.__code__, tuple(map(id, function.__closure__ or ()))
        key = (code, cells, shapes, self.world_written)
        if (staged := self.functions.get(key)) is not None:
            staged.is_recursive |= staged.is_open
            return staged
        variants = sum(1 for known in self.functions if known[0] is code)
        if variants >= MAX_STATIC_VARIANTS and any(s.static is not None for _, s in shapes):
            raise Unstageable(f"`{function.__qualname__}` is called with too many different literals")
        if len(self.functions) >= MAX_FUNCTIONS:
            raise Unstageable("too many functions in one program")
        symbol = self.symbols.reserve(function.__name__)
        staged = self.functions[key] = StagedFunction(symbol)
        self.kept.append(function)
        view = FunctionView(function)
        parts = ("__code__", "__defaults__", "__kwdefaults__")
        self.guards.update(Guard(view, part, getattr(function, part)) for part in parts)
        facts = self.checkpoint()
        try:
            self._trace(function, staged, shapes)
        except Unstageable:
            del self.functions[key]
            self.rewind(facts)
            raise
        self.rewind(facts)
        return staged

    def _trace(self, function: types.FunctionType, staged: StagedFunction, shapes: Shapes) -> None:
        stager, node = self.stager_for(function)
        block = stager.builder.block
        for name, shape in shapes:
            stager.bind(name, _parameter(shape, block))
        value = self.stage_body(stager, node)
        ssa = stager.ssa(value)
        stager.builder.return_([ssa])
        staged.result = widen(stager.type_of(value))
        staged.ir_result = OBJ if staged.is_recursive else ssa.type
        staged.is_open = False
        self.bodies.append(FuncOp.make(staged.symbol, Region(block), [staged.ir_result]))

    def stage_body(self, stager: FunctionStager, node: ast.FunctionDef | ast.Lambda) -> Value:
        """Stage a function's statements in a stager with its parameters bound; the value it returns."""
        if isinstance(node, ast.Lambda):
            return stager.stage_expression(node.body)
        completion = stager.stage_block(node.body, set(), tail=True)
        return completion.value if completion.value is not None else Static(None)

    def stager_for(self, function: types.FunctionType) -> tuple[FunctionStager, ast.FunctionDef | ast.Lambda]:
        """A stager at the start of a function, without its parameters."""
        try:
            source = function_source(function)
        except SourceUnavailable as missing:
            raise Unstageable(missing.reason) from None
        node = source.node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            raise Unstageable("an asynchronous function")
        body: list[ast.AST] = [*node.body] if isinstance(node.body, list) else [node.body]
        if isinstance(node.body, list) and leaves(node.body) & {"yield", "await"}:
            raise Unstageable("a generator")
        names = names_of(body)
        if shared := names.nonlocal_names & parameter_names(node.args):
            raise Unstageable(f"parameter `{min(shared)}` is shared with another function")
        code = function.__code__
        scope = replace(
            CodeScope.of(function, source.class_name),
            function_name=function.__name__,
            future_flags=code.co_flags & FUTURE_FLAGS,
        )
        local_names = frozenset((names.bound | names.declared | parameter_names(node.args)) - names.nonlocal_names)
        if shared := names.nonlocal_names & set(code.co_cellvars):
            raise Unstageable(f"`{min(shared)}` is rebound by an inner function")
        stager = FunctionStager(self, scope, local_names, names)
        stager.enter(rebound_names(node))
        return stager, node

    def module(self, entry: str) -> ModuleOp:
        """The traced module: declarations, then functions, the entry first."""
        bodies = sorted(self.bodies, key=lambda op: op.sym_name.data != entry)
        return ModuleOp([*self.symbols.declarations, *bodies])


def _parameter(shape: Shape, block: Block) -> Value:
    if shape.static is not None:
        return Static(shape.static.value)
    if shape.elements is not None:
        return TupleValue(tuple(_parameter(element, block) for element in shape.elements))
    assert shape.type is not None
    return Tracer(block.insert_arg(ir_type(shape.type), len(block.args)), shape.type)


def rebound_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """Local names that are bound more than once, or in a loop, so that a closure over them sees later values."""
    counts: dict[str, int] = dict.fromkeys(parameter_names(node.args), 1)

    def visit(inner: ast.AST, weight: int) -> None:
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            counts[inner.id] = counts.get(inner.id, 0) + weight
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            counts[inner.name] = counts.get(inner.name, 0) + weight
        if isinstance(inner, (*FUNCTIONS, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return
        deeper = 2 if isinstance(inner, (ast.For, ast.While)) else weight
        for child in ast.iter_child_nodes(inner):
            visit(child, deeper)

    for statement in node.body if isinstance(node.body, list) else [node.body]:
        visit(statement, 1)
    return frozenset(name for name, count in counts.items() if count > 1)


def _lazy(node: ast.AST, *, consumed: bool) -> Iterator[ast.AST]:
    if isinstance(node, (*FUNCTIONS, ast.GeneratorExp)):
        if not consumed:
            yield node
        return
    eager = isinstance(node, ast.Call) and _callee_name(node.func) in EAGER_CONSUMERS
    for child in ast.iter_child_nodes(node):
        inner = child.value if isinstance(child, ast.keyword) else child
        yield from _lazy(inner, consumed=eager)


def _callee_name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
