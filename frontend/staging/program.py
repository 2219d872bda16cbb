"""Stages whole functions into a program: one `xcs.func` for each function and shape of arguments."""

from __future__ import annotations
import __future__

import ast
import inspect
import types
from collections.abc import Iterator
from dataclasses import replace

from xdsl.dialects.builtin import ModuleOp, SymbolRefAttr
from xdsl.ir import Block, Operation, Region, SSAValue

from ...dialect.functions import FuncOp
from ...dialect.nesting import ops_inside
from ...dialect.operation import file_location
from ...dialect.types import OBJ
from ..effects.abstract_type import ANY, InstanceType, ListType
from ..effects.infer import infer_call
from ..effects.lattice import widen
from ..effects.library_settings import LibrarySettings
from ..effects.place import OutsideName
from ..effects.rebinding import rebound
from ..effects.scope import CodeScope, FunctionView, class_view
from ..effects.source import FunctionNode, SourceUnavailable, function_source
from ..effects.summary import Guard
from ..frame_reader import FRAME_READERS
from .control.stop_iteration import may_stop
from .expressions.awaits import started_in_background
from .expressions.part_values import AllParts
from .source.body_names import body_names
from .source.box import always_bound, box_of, boxed
from .source.closures import called_names, shared_names
from .source.names import parameter_names
from .source.spliced_generators import with_spliced_generators
from .source.super_calls import with_known_supers
from .state.builder import ir_type
from .state.facts import ProgramFacts
from .state.staged_function import Shape, Shapes, StagedFunction
from .state.state import NO_PARTS
from .statements.generator_managers import without_yield
from .statements.statements import FunctionStager
from .values import Closure, Keywords, Owned, Static, Tracer, TupleValue, Unstageable, Value

MAX_STATIC_VARIANTS = 8  # specialisations of one function on literal arguments; after that they are ordinary data
MAX_FUNCTIONS = 256  # staged functions in one program
FUTURE_FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
FUNCTION_PARTS = ("__code__", "__defaults__", "__kwdefaults__")


class Program(ProgramFacts):
    """The program being staged, with the staging of its functions."""

    def stage_function(self, function: types.FunctionType, shapes: Shapes) -> StagedFunction:
        """A function of the module for arguments of these shapes; traced once per shape."""
        code, cells = function.__code__, tuple(map(id, function.__closure__ or ()))
        before_call = self.written.without_stores()  # the types in `shapes` have been adapted to the stores
        key = (code, cells, shapes, before_call)
        if (staged := self.functions.get(key)) is not None:
            staged.is_recursive |= staged.is_open
            self.reads.call_again()
            return staged
        variants = sum(1 for known in self.functions if known[0] is code)
        if variants >= MAX_STATIC_VARIANTS and any(shape.is_special for _, shape in shapes):
            raise Unstageable(f"`{function.__qualname__}` is called with too many different literals")
        if len(self.functions) >= MAX_FUNCTIONS:
            raise Unstageable("too many functions in one program")
        symbol = self.symbols.reserve(function.__name__)
        staged = self.functions[key] = StagedFunction(symbol, is_entry=not self.functions)
        self.kept.append(function)
        view = FunctionView(function)
        parts = {part: getattr(function, part) for part in FUNCTION_PARTS}
        # Without defaults every argument was given, so that defaults that come later change nothing.
        self.guards.update(Guard(view, part, found) for part, found in parts.items() if found is not None)
        facts, before, num_bodies = self.checkpoint(), set(self.functions) - {key}, len(self.bodies)
        self.written = before_call
        num_reads = len(self.reads.order)
        self.reads.num_open += 1
        try:
            self._trace(function, staged, shapes)
        except Unstageable:
            # Functions traced meanwhile may call this one, so they go with it.
            self.functions = {known: made for known, made in self.functions.items() if known in before}
            del self.bodies[num_bodies:]
            self.rewind(facts)
            raise
        finally:
            self.reads.num_open -= 1
        if staged.is_recursive:
            self.reads.come_anytime(num_reads)
        staged.written, staged.writes = self.written, tuple(self.writes[facts[1] :])
        self.rewind(facts)
        return staged

    def _trace(self, function: types.FunctionType, staged: StagedFunction, shapes: Shapes) -> None:
        stager, node = self.stager_for(function)
        block = stager.builder.block
        for name, shape in shapes:
            stager.bind(name, _bound(stager, name, shape, block))
        lent = () if staged.is_entry else [name for name, shape in shapes if shape.lent]
        borrowed = {name: stager.state.names[name] for name in lent}
        given = {name: stager.state.heap[one].parts for name, one in borrowed.items() if isinstance(one, Owned)}
        for name, shape in shapes if staged.is_entry else ():
            if shape.lent and isinstance(one := stager.state.names[name], Owned):
                stager.read_parts(one)
        node = self._with_known_supers(stager, function, node, shapes)
        stager.open_keywords(node)
        stager.open_boxes()
        try:
            value = self.stage_body(stager, node)
        except RecursionError:
            raise Unstageable("nested too deeply") from None
        staged.gives = next((name for name, one in borrowed.items() if one is value), None)
        if borrowed and isinstance(value, TupleValue):
            stager.hold(value)
        seals = {name: shape.seal for name, shape in shapes}
        kept = {name: one for name, one in borrowed.items() if isinstance(one, Owned)}
        staged.let_go = frozenset(name for name, one in kept.items() if not stager.is_owned(one))
        staged.opened = {name: seal for name, one in kept.items() if (seal := stager.seal_of(one)) != seals[name]}
        apart = {name for name, one in kept.items() if stager.state.heap[one].apart}
        staged.apart = frozenset(apart - {name for name, seal in staged.opened.items() if seal is None})
        versions = [stager.ssa(one) if name in staged.let_go else stager.finish(one) for name, one in kept.items()]
        ssa = self._result(stager, staged, value)
        staged.lent = {name: stager.type_of(one) for name, one in kept.items()}
        for name, one in kept.items():
            parts = NO_PARTS if name in staged.let_go else stager.state.heap[one].parts
            bound = {part: held for part, held in parts.items() if given[name].get(part) is not held}
            staged.kept[name] = frozenset(parts.keys() - bound.keys())
            staged.bound[name] = tuple((part, stager.type_of(held)) for part, held in bound.items())
            versions += map(stager.ssa, bound.values())
        if staged.makes is not None and isinstance(value, Owned):
            parts = stager.state.heap[value].parts
            staged.parts = tuple((part, stager.type_of(held)) for part, held in parts.items())
            staged.has_all_parts = isinstance(parts, AllParts)
            versions += map(stager.ssa, parts.values())
        stager.builder.return_([ssa, *versions])
        staged.ir_versions = tuple(version.type for version in versions)
        staged.result = widen(stager.type_of(value))
        staged.ir_result = OBJ if staged.is_recursive else ssa.type
        staged.is_open = False
        location = file_location(stager.builder.file, node.lineno, node.col_offset + 1)
        self.bodies.append(FuncOp.make(staged.symbol, Region(block), [staged.ir_result, *staged.ir_versions], location))

    def _result(self, stager: FunctionStager, staged: StagedFunction, value: Value) -> SSAValue:
        """What a function returns; a dict or an object that it has made is its caller's when all here has read it."""
        if not isinstance(value, Owned) or not stager.is_owned(value) or staged.gives is not None:
            return stager.ssa(value)
        if staged.is_entry or staged.is_recursive or isinstance(stager.state.type_of(value), ListType):
            return stager.ssa(value)  # whoever calls it knows of one result
        staged.makes, staged.seal = value.cls, stager.seal_of(value)
        return stager.finish(value) if any(stager.ssa(value).uses) else stager.ssa(value)

    def _with_known_supers(
        self, stager: FunctionStager, function: types.FunctionType, node: FunctionNode, shapes: Shapes
    ) -> FunctionNode:
        """A method's syntax with what `super()` finds for an object of this class."""
        known = shapes[0][1].type if shapes else None
        if not isinstance(known, InstanceType) or "super" not in function.__code__.co_names:
            return node

        def name_of(holder: type, name: str, found: types.FunctionType) -> str:
            self.guards.add(Guard(class_view(holder), name, found))
            return stager.temporary(Static(found))

        changed = with_known_supers(function, node, known.cls, name_of)
        self.kept.append(changed)
        return changed

    def stage_body(self, stager: FunctionStager, node: FunctionNode) -> Value:
        """Stage a function's statements in a stager with its parameters bound; the value it returns."""
        if isinstance(node, ast.Lambda):
            return stager.stage_expression(node.body)
        completion = stager.stage_block(node.body, set(), tail=True)
        return completion.value if completion.value is not None else Static(None)

    def stager_for(self, function: types.FunctionType) -> tuple[FunctionStager, FunctionNode]:
        """A stager at the start of a function, without its parameters."""
        try:
            source = function_source(function)
        except SourceUnavailable as missing:
            raise Unstageable(missing.reason) from None
        node = self._with_spliced_generators(function, source.node)
        body: list[ast.AST] = [*node.body] if isinstance(node.body, list) else [node.body]
        code = function.__code__
        if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
            raise Unstageable("a generator")
        if inspecting := FRAME_READERS.intersection(code.co_names):
            raise Unstageable(f"`{min(inspecting)}` looks at the running frame")
        if started := started_in_background(node) if code.co_flags & inspect.CO_COROUTINE else None:
            raise Unstageable(f"`{started}` starts work in the background")
        shared = shared_names(node) if code.co_cellvars else frozenset[str]()
        bound = always_bound(node, shared) if shared else shared
        if shared:
            node = boxed(node, shared, bound)
            body = [*node.body]
            self.kept.append(node)
        if node is source.node and not isinstance(node, ast.Lambda):
            known = body_names(node)
            self.know_names(node.body, known)
            names = known.names
        else:
            names = self.names(body)
        scope = replace(
            CodeScope.of(function, source.class_name),
            function_name=function.__name__,
            qualname=code.co_qualname,
            future_flags=code.co_flags & FUTURE_FLAGS,
        )
        own = names.bound | names.declared | names.deleted | parameter_names(node.args)
        local_names = frozenset(own - names.nonlocal_names)
        stager = FunctionStager(self, scope, local_names | {*map(box_of, shared)}, names)
        stager.is_async = isinstance(node, ast.AsyncFunctionDef)
        stager.function = function
        has_functions = any(isinstance(constant, types.CodeType) for constant in code.co_consts)
        stager.enter(shared, bound, called_names(node) if has_functions else frozenset())
        return stager, node

    def _with_spliced_generators(self, function: types.FunctionType, node: FunctionNode) -> FunctionNode:
        """A function's syntax with loops over generators of the module that call the world as their steps."""
        changed, relied_on = with_spliced_generators(function, node, _calls_world, may_stop)
        for name, held in relied_on.items():
            view = FunctionView(held)
            self.guards.add(Guard(function.__globals__, name, held))
            self.guards.update(Guard(view, part, found) for part in FUNCTION_PARTS if (found := getattr(held, part)))
        if relied_on:
            self.kept.append(changed)
        return changed

    def require_names(self) -> None:
        """Functions, classes and modules that the program knows by name are what they are now while it runs.

        Raises:
            Unstageable: code that the program calls binds one of these names to something else.
        """
        touched = self.reads.touched
        settings = [guard for guard in self.guards if isinstance(guard.namespace, LibrarySettings)]
        roots = {place.root.kind for place, _ in touched if place is not None and isinstance(place.root, OutsideName)}
        name = rebound(self.guards, {kind for _, kind in touched}) or rebound(settings, roots if settings else set())
        if name is not None:
            raise Unstageable(f"`{name}` is bound anew by code that is called")

    def settle_reads(self) -> None:
        """Calls that look at what nothing in the program writes wait for no writes."""
        self.reads.settle(self.apartness, {symbol_of(op): op for op in self.symbols.declarations})

    def module(self, entry: str) -> ModuleOp:
        """The traced module: the declarations in use, then the functions in use, the entry first.

        A declaration is located where its symbol is first used.
        """
        bodies = {op.sym_name.data: op for op in self.bodies}
        used: dict[str, Operation] = {entry: bodies[entry]}
        pending = [entry]
        while pending:
            for symbol, user in symbols_used(bodies[pending.pop()]):
                if symbol not in used:
                    used[symbol] = user
                    if symbol in bodies:
                        pending.append(symbol)
        declared = {symbol: op for op in self.symbols.declarations if (symbol := symbol_of(op)) in used}
        for symbol, op in declared.items():
            op.location = used[symbol].location
        ops = [*declared.values(), *(bodies[symbol] for symbol in used if symbol in bodies)]
        return ModuleOp.create(regions=[Region(Block(ops))], location=bodies[entry].location)


def _calls_world(generator: types.FunctionType) -> bool:
    """Whether steps of a generator may call the world."""
    through = without_yield(generator)
    if through is None:
        return False
    number = through.function.__code__.co_argcount
    return infer_call(through.function, (ANY,) * number, {}).num_external_sites > 0


def symbol_of(declaration: Operation) -> str:
    """The symbol that a declaration declares."""
    return declaration.properties["sym_name"].data  # type: ignore[attr-defined]


def symbols_used(function: FuncOp) -> Iterator[tuple[str, Operation]]:
    """Symbols that the ops of a function refer to, each with the op."""
    for op in ops_inside(function):
        properties = op.properties
        reference = properties.get("callee") or properties.get("outside")
        if type(reference) is SymbolRefAttr:
            yield reference.root_reference.data, op


def _bound(stager: FunctionStager, name: str, shape: Shape, block: Block) -> Value:
    if shape.lent or shape.shared:
        return stager.borrowed(name, shape, block)
    return _parameter(shape, block)


def _parameter(shape: Shape, block: Block) -> Value:
    if shape.static is not None:
        return Static(shape.static.value)
    if shape.elements is not None:
        parts = tuple(_parameter(element, block) for element in shape.elements)
        if shape.closure is not None:
            return Closure(shape.closure.value, parts)
        return TupleValue(parts) if shape.names is None else Keywords(shape.names, parts)
    assert shape.type is not None
    return Tracer(block.insert_arg(ir_type(shape.type), len(block.args)), shape.type, shape.places)
