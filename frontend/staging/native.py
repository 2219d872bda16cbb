"""Native segments as ops: pieces with nothing to stage inside become one call of the user's own code."""

from __future__ import annotations

import ast
import types
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType

from xdsl.ir import SSAValue

from ...diagnostics.effect import Behaviour, Effect
from ..effects.abstract_type import (
    ANY,
    BOOL,
    NONE,
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    TupleType,
    is_immutable,
)
from ..effects.activation import unknown_call
from ..effects.array_results import is_array
from ..effects.ledger import DECLARE
from ..effects.place import EVERYTHING, OutsideName, ParameterKey, Place, Root
from ..effects.regions import is_sealable
from ..effects.scope import find
from ..effects.staleness import shallow
from ..effects.summary import CALLEE, CodeSummary, Summary
from ..frame_reader import FRAME_READERS
from .builder import Operand, ir_type
from .exits import Exits
from .names import awaits, definitely_bound, leaves
from .reads import Look
from .rewriting import comes_apart
from .segment import Segment
from .stager import Stager
from .unbound_names import flag_of, name_of_flag
from .values import LocalFunction, Maybe, Owned, Static, Tracer, TupleValue, Unbound, Unstageable, Value, parts_of
from .written import ANYWHERE, NEW, WRITES_ANYTHING, Places, written_by

FRAME_INSPECTION = frozenset({"locals", "vars", "globals", "eval", "exec", "dir", "super", "__class__", "breakpoint"})
NO_ARGUMENTS: Mapping[int | str, Value] = MappingProxyType({})
NOTHING_CHANGED: Mapping[int | str, tuple[AbstractType, bool]] = MappingProxyType({})


class NativeStager(Stager):
    """The layer that runs Python as Python."""

    _last_places: Places = None  # of the result of the call emitted last

    # ---- describing a segment

    def segment(
        self,
        body: Sequence[ast.stmt] | ast.expr,
        outputs: Sequence[str] = (),
        returns: bool = False,
        exits: Exits | None = None,
    ) -> Segment:
        """The native form of a piece of code; its inputs are the local names it reads."""
        nodes = [body] if isinstance(body, ast.expr) else body
        names = self.program.names(nodes)
        if inspecting := names.read & FRAME_INSPECTION - self.local_names:
            raise Unstageable(f"`{min(inspecting)}` looks at the running frame", getattr(nodes[0], "lineno", 0))
        self._refuse_late_binding(nodes)
        inputs: dict[str, None] = {}
        statics: dict[str, object] = {}
        prologue: dict[str, ast.stmt] = {}
        kept = set() if isinstance(body, ast.expr) else set(outputs) - self._surely_binds(body, exits)
        bound = names.bound | names.deleted
        for name in sorted(names.read | names.deleted | kept):
            self._require(name, bound, inputs, statics, prologue)
        unbound = sorted(name for name in (names.read & self.local_names) - bound if self._is_unbound(name))
        declared = self._declarations(bound | names.read)
        prologue_nodes = (*declared, *prologue.values())
        places, is_async = (tuple(inputs), tuple(outputs)), self.is_async and awaits(nodes)
        return Segment(body, *places, self.scope, statics, prologue_nodes, returns, tuple(unbound), is_async, exits)

    def _surely_binds(self, nodes: Sequence[ast.stmt], exits: Exits | None) -> Set[str]:
        """Names that have values when control comes out of native statements, whatever way it takes."""
        if exits is None:
            return definitely_bound(nodes)
        return exits.names if exits.ways - {"return"} else exits.names | definitely_bound(nodes)

    def _is_unbound(self, name: str) -> bool:
        value = self.state.names.get(name)
        return value is None or isinstance(value, Unbound)

    def _require(
        self,
        name: str,
        bound: set[str],
        inputs: dict[str, None],
        statics: dict[str, object],
        prologue: dict[str, ast.stmt],
    ) -> None:
        """Find how a segment gets at a name it reads."""
        value = self.state.names.get(name)
        if value is None or isinstance(value, Unbound):
            return
        if isinstance(value, Maybe):
            inputs[name] = None
            inputs[flag_of(name)] = None
        elif isinstance(value, LocalFunction):
            for inner in value.captured:
                self._require(inner, set(), inputs, statics, prologue)
            prologue.setdefault(name, _definition(name, value))
        elif isinstance(value, Static) and name not in bound:
            statics[name] = value.value
        else:
            inputs[name] = None

    def _declarations(self, names: set[str]) -> list[ast.stmt]:
        shared = names & self.function_names.nonlocal_names
        if not shared:
            return []
        cells = sorted(shared & set(self.scope.cells))
        globals_ = sorted(shared - set(self.scope.cells))
        found: list[ast.stmt] = []
        if cells:
            found.append(ast.Nonlocal(cells, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0))
        if globals_:
            found.append(ast.Global(globals_, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0))
        return found

    def _refuse_late_binding(self, nodes: Sequence[ast.AST]) -> None:
        """Functions must not capture a name that is bound again later: a segment's parameter is not that name."""
        for lazy in self.program.lazy_functions(nodes):
            if isinstance(lazy, ast.GeneratorExp) and (bound := self.program.names([lazy]).bound):
                raise Unstageable(f"`{min(bound)}` is bound by a generator expression that is kept")
            captured = self.program.names([lazy]).read & self.local_names
            if early := {name for name in captured - self.program.names(nodes).bound if self._is_unbound(name)}:
                raise Unstageable(f"`{min(early)}` is captured before it is bound")

    # ---- is there anything to stage in it?

    def describe(self, node: ast.expr | ast.stmt) -> CodeSummary:
        """Effect and types of a piece of code, with what is known here."""
        if isinstance(node, ast.expr):
            segment = self.segment(node)
        else:
            segment = self.segment([node])
        return self.infer(segment)

    def infer(self, segment: Segment) -> CodeSummary:
        """Effect and types of a segment with the values its names have now."""
        values = {name: self.input_value(name) for name in segment.inputs}
        if self._reads_rebound_program(segment):
            summary = unknown_call("reads a function's name that this function rebinds", (), dict.fromkeys(values, ANY))
            return CodeSummary(summary, dict.fromkeys(segment.outputs, ANY))
        owned = frozenset(name for name, value in values.items() if self.is_owned(value))
        if len({id(values[name]) for name in owned}) < len(owned):
            owned = frozenset()  # two names of one container: changing one changes the other
        sealed = frozenset(name for name in owned if self.is_sealed(values[name]))
        return self.program.describe(segment, tuple(map(self.type_of, values.values())), owned, sealed)

    def input_value(self, name: str) -> Value:
        """What a segment gets for one of its inputs: the value of a name, or of the flag of a name."""
        flagged = name_of_flag(name)
        value, bound = parts_of(self.state.names[name if flagged is None else flagged])
        assert value is not None
        return value if flagged is None else bound

    def _reads_rebound_program(self, segment: Segment) -> bool:
        """Whether a segment reads a global or cell that holds a function or class and that this function rebinds."""
        shared = self.function_names.nonlocal_names
        if not shared:
            return False
        body = [segment.body] if isinstance(segment.body, ast.expr) else segment.body
        found = (find(self.scope, name) for name in self.program.names(body).read & shared)
        return any(one is not None and isinstance(one.value.type, StaticType) for one in found)

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

    # ---- emitting

    def stage_native_expression(self, node: ast.expr) -> Value:
        """An expression as one call of native code."""
        if bound := self.program.names([node]).bound:
            return self._stage_binding_expression(node, bound)
        self.at(node)
        segment = self.segment(node)
        found = self.infer(segment)
        values = [self.input_value(name) for name in segment.inputs]
        ssa = self.call_segment(segment, found, values)
        return self.value_of(ssa, found.summary)

    def _stage_binding_expression(self, node: ast.expr, bound: set[str]) -> Value:
        """An expression that binds names (`:=`) as native code."""
        held = self.temporary(Static(None))
        target = ast.copy_location(ast.Name(held, ast.Store()), node)
        self.stage_native_statements([ast.copy_location(ast.Assign([target], node), node)], bound | {held})
        return self.state.names[held]

    def stage_native_statements(self, nodes: Sequence[ast.stmt], live: Set[str], exits: Exits | None = None) -> None:
        """Statements as one call of native code; afterwards the live names they bind hold its results.

        With `exits`, whose names are live too, these say in which way control leaves the statements.
        """
        self.at(nodes[0])
        if found_leaves := leaves(nodes) - (frozenset() if exits is None else exits.ways):
            raise Unstageable(f"`{min(found_leaves)}` leaves native code", nodes[0].lineno)
        names = self.program.names(nodes)
        bound = (names.bound | names.deleted) - self.function_names.nonlocal_names
        bound |= frozenset() if exits is None else exits.names
        outputs = sorted(bound & live)
        uncertain = set(outputs) - self._surely_binds(nodes, exits)
        uncertain -= {name for name in uncertain - names.deleted - names.caught if self._is_surely_bound(name)}
        flags = [flag_of(name) for name in sorted(uncertain)]
        segment = self.segment(nodes, [*outputs, *flags], exits=exits)
        found = self.infer(segment)
        values = [self.input_value(name) for name in segment.inputs]
        types = [*(found.bindings.get(name, ANY) for name in outputs), *(BOOL for _ in flags)]
        if exits is not None:
            types = _types_when_left(types, segment, found.summary.result)
        for name in bound - set(outputs):
            self.state.names.pop(name, None)
        result: AbstractType = types[0] if len(types) == 1 else TupleType(tuple(types)) if types else NONE
        summary = found.summary.replace(result=result)
        ssa = self.call_segment(segment, replace(found, summary=summary), values)
        if len(types) == 1:
            self.bind(outputs[0], self.value_of(ssa, summary))
        elif types:
            parts = self.builder.unpack(ssa, types, Behaviour(Effect.PURE))
            tracers = [Tracer(part, known, self._last_places) for part, known in zip(parts, types, strict=True)]
            bound_flags = dict(zip(flags, tracers[len(outputs) :], strict=True))
            for name, tracer in zip(outputs, tracers, strict=False):
                flag = bound_flags.get(flag_of(name))
                self.bind(name, tracer if flag is None else Maybe(tracer, flag))

    def _is_surely_bound(self, name: str) -> bool:
        value = self.state.names.get(name)
        return value is not None and not isinstance(value, (Unbound, Maybe))

    def stage_tail(self, nodes: Sequence[ast.stmt]) -> Value:
        """The rest of the function as one call of native code, whose result the function returns."""
        self.at(nodes[0])
        if found_leaves := leaves(nodes) - {"return"}:
            raise Unstageable(f"`{min(found_leaves)}` leaves native code", nodes[0].lineno)
        segment = self.segment(nodes, returns=True)
        found = self.infer(segment)
        # Nothing of this function runs afterwards, so it doesn't matter what the result still holds on to.
        found = replace(found, summary=found.summary.replace(retains=frozenset()))
        values = [self.input_value(name) for name in segment.inputs]
        ssa = self.call_segment(segment, found, values)
        return self.value_of(ssa, found.summary)

    def call_segment(self, segment: Segment, found: CodeSummary, values: Sequence[Value]) -> SSAValue:
        """Emit the call of a segment."""
        index: dict[int | str, int | str] = {name: position for position, name in enumerate(segment.inputs)}
        summary = found.summary.renamed(index)
        function = segment.compile()
        changed = {index[name]: (known, name in found.sealed) for name, known in found.owned.items()}
        details = {"source": segment.name}
        return self.emit_leaf(
            function, segment.name, values, (), summary, details, changed=changed, is_async=segment.is_async
        )

    def emit_leaf(
        self,
        callee: object,
        hint: str,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        details: dict[str, str] | None = None,
        array: str | None = None,
        changed: Mapping[int | str, tuple[AbstractType, bool]] = NOTHING_CHANGED,
        is_async: bool = False,
    ) -> SSAValue:
        """Emit one leaf call: decide its effect here, thread the versions of owned containers through it.

        `changed` are the types that owned arguments have afterwards, and whether they are sealed, where that is known.
        The summary of one that `is_async` is that of awaiting what it gives, too.
        """
        ours = [index for index, value in enumerate(positional) if self.is_owned(value)]
        behaviour, mutated = self.behaviour_of(summary, positional, keyword)
        # What it writes and lets go of in one may hold anything from here on.
        lets_go = any(index in summary.mutates and not self.is_owned(positional[index]) for index in ours)
        operands: list[Operand] = [self.operand(value) for value in positional]
        named = [(name, self.operand(value)) for name, value in keyword]
        target: str | SSAValue
        if isinstance(callee, Tracer):
            target = callee.ssa
        else:
            reason, remedy = summary.reason, summary.remedy
            if behaviour.effect > summary.effect and behaviour.effect is Effect.ORDERED:
                reason, remedy = "writes an object that others can see", DECLARE
            reasons = {"reason": reason or None, "remedy": remedy or None, **(details or {})}
            target = self.program.symbols.callable(callee, hint, behaviour, reasons)
        self.program.rely_on(summary.guards)
        fresh = not is_immutable(summary.result)
        results = self.builder.call(
            target,
            operands,
            named,
            behaviour,
            ir_type(summary.result),
            mutates=mutated,
            fresh=fresh,
            array=array,
            is_async=is_async,
        )
        for index, version in zip(mutated, results[1:], strict=True):
            owned = positional[index]
            assert isinstance(owned, Owned)
            known, sealed = changed.get(index) or (shallow(self.state.type_of(owned)), False)
            self.change(owned, version, known, sealed)
        keys = keyed(positional, keyword, callee)
        self.note_write(behaviour, None if lets_go else summary, keys)
        if isinstance(target, str) and (behaviour.sees_writes or behaviour.effect is Effect.READS):
            looks = self._looks(summary, keys)
            self.program.reads.note_call(target, results[0].owner, behaviour, looks)  # type: ignore[arg-type]
        self._last_places = self.result_places(summary, keys)
        return results[0]

    def behaviour_of(
        self, summary: Summary, positional: Sequence[Value], keyword: Sequence[tuple[str, Value]]
    ) -> tuple[Behaviour, list[int]]:
        """How a call moves given who owns its arguments, and which owned arguments it makes a next version of."""
        effect = summary.effect
        keys: dict[int | str, Value] = {**dict(enumerate(positional)), **dict(keyword)}
        if CALLEE in summary.mutates:
            effect = max(effect, Effect.ORDERED)
        mutated: list[int] = []
        for key, value in keys.items():
            if is_immutable(self.state.type_of(value)):
                continue
            if summary.unknown_types or key in summary.retains:
                self.hold(value)
            if not summary.unknown_types and key in summary.mutates:
                if isinstance(value, Owned) and self.is_owned(value) and isinstance(key, int):
                    self.require_carried(value)
                    mutated.append(key)
                else:
                    self.hold(value)
                    effect = max(effect, Effect.ORDERED)
        if summary.unknown_types:
            return Behaviour(Effect.DYNAMIC, False, summary.external), []
        if effect is Effect.PURE and summary.sees_writes:
            effect = Effect.READS
        return Behaviour(effect, summary.sees_writes and not effect.may_write, summary.external), mutated

    # ---- what is written, and where things come from

    def note_write(
        self, behaviour: Behaviour, summary: Summary | None = None, keys: Mapping[ParameterKey, Value] = NO_ARGUMENTS
    ) -> None:
        """Remember what an op may write: without a summary, or with one that is only known when it runs, anything."""
        if not behaviour.effect.may_write:
            return
        if summary is None or behaviour.effect is Effect.DYNAMIC:
            reason = summary.reason if summary is not None else "code that isn't known"
            self.program.note_write(WRITES_ANYTHING, ANYWHERE, (EVERYTHING,), reason)
            return
        places = frozenset(one for place in summary.written_places for one in self._places_at(place, keys))
        spread = frozenset(one for root in summary.spreads for one in self._roots_at(root, keys))
        kinds = {kind for _, kind in summary.writes}
        self.program.note_write(written_by(summary, places, spread), places, kinds, summary.reason)

    def _places_at(self, place: Place | None, keys: Mapping[ParameterKey, Value]) -> Collection[Place | None]:
        """A written place of a callee as the entry function finds it."""
        if place is None or isinstance(place.root, OutsideName):
            return (self.program.written.still(place),)
        value = keys.get(place.root)
        if value is None:
            return ANYWHERE
        if self.is_owned(value) and place == Place(place.root):
            return ()  # a container of our own: its next version says what it holds
        held = self.places_of(value)
        if not held:
            return ANYWHERE
        seen = {place.seen_from(one if len(held) == 1 else one.within()) for one in held}
        return frozenset(map(self.program.written.still, seen))

    def _roots_at(self, root: Root | None, keys: Mapping[ParameterKey, Value]) -> Collection[Root | None]:
        if root is None or isinstance(root, OutsideName):
            return (root,)
        value = keys.get(root)
        held = None if value is None else self.places_of(value)
        return (None,) if held is None else frozenset(place.root for place in held)

    def _looks(self, summary: Summary, keys: Mapping[ParameterKey, Value]) -> Iterator[Look]:
        """What a call looks at, as the entry function finds it."""
        for key, kind in summary.sees:
            value = None if key is None else keys.get(key)
            yield (None if value is None else self.places_of(value)), kind
        if not summary.sees or summary.effect is Effect.READS:
            yield None, EVERYTHING

    def places_of(self, value: Value) -> Places:
        """Where the objects that a value consists of were found at the start."""
        if is_immutable(self.state.type_of(value)):
            return NEW
        match value:
            case Tracer(places=places):
                return places
            case Static():
                return NEW
            case TupleValue(elements=elements):
                found = [self.places_of(element) for element in elements]
                return None if None in found else NEW.union(*(one for one in found if one is not None))
            case Owned() if self.is_owned(value) and holds_immutables(self.state.type_of(value)):
                return NEW
            case _:
                return None

    def result_places(self, summary: Summary, keys: Mapping[ParameterKey, Value]) -> Places:
        """Where the objects that a call gives were found at the start."""
        if summary.unknown_types:
            return None
        if summary.gives is not None:
            seen = frozenset(self._places_at(summary.gives, keys))
            return None if None in seen else seen  # type: ignore[return-value]
        if not summary.fresh:
            return None
        found: set[Place] = set()
        for key in summary.retains:
            value = keys.get(key)
            held = None if value is None else self.places_of(value)
            if held is None:
                return None
            found.update(place.within() for place in held)
        return frozenset(found)

    def value_of(self, ssa: SSAValue, summary: Summary) -> Value:
        """What a name is bound to that gets the result of the call emitted last."""
        known = summary.result
        cls = container_class(known)
        if summary.fresh and cls is not None and not summary.retains and not summary.mutates:
            return self.own(ssa, known, cls, is_sealable(known))
        return Tracer(ssa, known, self._last_places)


_ARRAY_SYNTAX = (ast.BinOp, ast.Compare, ast.UnaryOp, ast.Subscript, ast.Attribute)


def may_hold_array(known: AbstractType) -> bool:
    """Whether a value is an array, or an object with one among its attributes."""
    if isinstance(known, InstanceType):
        return any(is_array(held) for _, held in known.attributes)
    return is_array(known)


def is_frame_inspection(node: ast.AST) -> bool:
    """Whether a piece of code is a call that sees which function it stands in."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in FRAME_READERS
    return isinstance(node.func, ast.Name) and node.func.id in FRAME_INSPECTION | FRAME_READERS


def keyed(
    positional: Sequence[Value], keyword: Sequence[tuple[str, Value]], callee: object = None
) -> dict[ParameterKey, Value]:
    """Arguments by the keys that summaries use for them."""
    own: dict[ParameterKey, Value] = {CALLEE: callee} if isinstance(callee, Tracer) else {}
    return {**dict(enumerate(positional)), **dict(keyword), **own}


def holds_immutables(known: AbstractType) -> bool:
    """Whether what a container holds can't change."""
    match known:
        case ListType(element=element) | SetType(element=element):
            return is_immutable(element)
        case DictType(key=key, value=held):
            return is_immutable(key) and is_immutable(held)
        case _:
            return False


def _types_when_left(types: Sequence[AbstractType], segment: Segment, left: AbstractType) -> list[AbstractType]:
    """The types of a segment's outputs: at its end these, and where `return` leaves it those of a tuple."""
    assert segment.exits is not None
    if "return" not in segment.exits.ways:
        return list(types)
    value = segment.outputs.index(segment.exits.value)
    known = left.elements[value] if isinstance(left, TupleType) and len(left.elements) == len(types) else ANY
    return [known if index == value else type for index, type in enumerate(types)]


def gains(summary: Summary) -> bool:
    """Whether staging a piece with this summary can gain anything."""
    return summary.num_external_sites > 0 or summary.has_array_work


def _definition(name: str, function: LocalFunction) -> ast.stmt:
    if not isinstance(function.node, ast.Lambda):
        return function.node
    assign = ast.Assign([ast.Name(name, ast.Store())], function.node)
    return ast.fix_missing_locations(ast.copy_location(assign, function.node))


def is_ownable(cls: type) -> bool:
    """Whether nobody else sees an object just made: its class keeps no book of it and has no say in its attributes."""
    own = ("__del__", "__setattr__", "__delattr__", "__getattr__", "__getattribute__", "__new__")
    bases = [base for base in cls.__mro__ if base is not object]
    return type(cls) is type and not any(name in vars(base) for base in bases for name in own)


def container_class(known: AbstractType) -> type | None:
    """The class of a mutable builtin container type; None for anything else."""
    match known:
        case ListType():
            return list
        case DictType():
            return dict
        case SetType(frozen=False):
            return set
        case CollectionType(cls=cls):
            return cls
        case InstanceType(cls=cls) if is_ownable(cls):
            return cls
        case _:
            return None
