"""Pieces of code as native segments: what they read and bind, and their effect with what is known where they stand."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set

from ...effects.abstract_type import ANY, AbstractType, StaticType
from ...effects.activation import unknown_call
from ...effects.contents import aged
from ...effects.outside_types import gives_unknown, is_table_of_known, is_told
from ...effects.place import EVERYTHING, Place
from ...effects.scope import find
from ...effects.seal import NO_SEALS, Seal
from ...effects.summary import CodeSummary, Store
from ..source.bound_names import definitely_bound
from ..source.exits import Exits
from ..source.exposed_names import exposed_names
from ..source.segment import Segment
from ..source.syntax import placed
from ..source.unbound_names import flag_of, name_of_flag
from ..source.ways_out import awaits
from ..values import LocalFunction, Maybe, Static, Tracer, Unbound, Unstageable, Value, parts_of
from .versions import VersionStager

MAX_ROUNDS = 4  # until what code stores in dicts outside fits what is known of them
FRAME_INSPECTION = frozenset({"locals", "vars", "globals", "eval", "exec", "dir", "super", "__class__", "breakpoint"})


class PieceStager(VersionStager):
    """The layer of pieces of native code."""

    handed_over: Mapping[str, Seal] = NO_SEALS  # inputs of the piece that nothing else leads to
    is_walked = False  # the piece is what a loop goes over: what the containers hold that it walks is worth looking at
    calm: frozenset[int] = frozenset()  # statements `with` by identity that pass on what their body raises

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
        own = names.bound - names.deleted - exposed_names(nodes) - kept if self.calm else frozenset[str]()
        for name in sorted((names.read | names.deleted | kept) - own):
            self._require(name, bound, inputs, statics, prologue)
        unbound = sorted(name for name in (names.read & self.local_names) - bound if self._is_unbound(name))
        declared = self._declarations(bound | names.read)
        prologue_nodes = (*declared, *prologue.values())
        places, is_async = (tuple(inputs), tuple(outputs)), self.is_async and awaits(nodes)
        return Segment(body, *places, self.scope, statics, prologue_nodes, returns, tuple(unbound), is_async, exits)

    def _surely_binds(self, nodes: Sequence[ast.stmt], exits: Exits | None) -> Set[str]:
        """Names that have values when control comes out of native statements, whatever way it takes."""
        if exits is None:
            return definitely_bound(nodes, self.calm)
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
        found_seals = {name: seal for name in owned if (seal := self.seal_of(values[name])) is not None}
        seals = {**found_seals, **self.handed_over}
        types = tuple(map(self.type_of, values.values()))
        found = self.program.describe(segment, types, owned, seals)
        runs_unknown_code = (None, EVERYTHING) in found.summary.writes
        if not (runs_unknown_code or (self.is_walked and gives_unknown(found.summary.result))):
            return found
        return self._infer_with_tables(segment, values, types, owned, seals, runs_unknown_code) or found

    def _infer_with_tables(
        self,
        segment: Segment,
        values: Mapping[str, Value],
        types: tuple[AbstractType, ...],
        owned: frozenset[str],
        seals: Mapping[str, Seal],
        runs_unknown_code: bool,
    ) -> CodeSummary | None:
        """The same with what containers hold that free names are bound to; None where that doesn't say what is done."""
        places = {name: self._place_of_input(value) for name, value in values.items()}
        body = [segment.body] if isinstance(segment.body, ast.expr) else segment.body
        free = self.program.names(body).read - self.local_names - values.keys() - segment.statics.keys()
        found_names = {name: find(self.scope, name) for name in sorted(free)}
        places.update({name: one.value.place for name, one in found_names.items() if one is not None})
        tables = {name: self.program.type_of_table(place) for name, place in places.items()}
        known = {name: table for name, table in tables.items() if table is not None}
        if not runs_unknown_code:
            known = {name: table for name, table in known.items() if is_told(table)}
        for _ in range(MAX_ROUNDS if known else 0):
            inside = tuple(known.get(name, type_) for name, type_ in zip(segment.inputs, types, strict=True))
            outside = tuple((name, type_) for name, type_ in known.items() if name in free)
            found = self.program.describe(segment, inside, owned, seals, outside)
            stored = list(found.summary.written_contents)
            weaker = {name: _aged(type_, stored) for name, type_ in known.items()}
            if (None, EVERYTHING) in found.summary.writes or not all(map(is_table_of_known, weaker.values())):
                return None
            if weaker == known:
                for name in known:
                    self.program.rely_on_contents(places[name].root)  # type: ignore[union-attr, arg-type]
                return found
            known = weaker  # with what the code itself stores there
        return None

    def _place_of_input(self, value: Value) -> Place | None:
        """Where an input was found, if that is one place."""
        held = value.places if isinstance(value, Tracer) else None
        return next(iter(held)) if held is not None and len(held) == 1 else None

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


def _aged(known: AbstractType, stores: Sequence[Store]) -> AbstractType:
    """What is left of a type once each of these has been stored."""
    for kind, field, held in stores:
        known = aged(known, {(kind, field): held})
    return known


def _definition(name: str, function: LocalFunction) -> ast.stmt:
    if not isinstance(function.node, ast.Lambda):
        return function.node
    assign = ast.Assign([ast.Name(name, ast.Store())], function.node)
    return ast.fix_missing_locations(placed(assign, function.node))
