"""Native segments as ops: pieces with nothing to stage inside become one call of the user's own code."""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set
from dataclasses import replace

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute, Operation, SSAValue

from ....diagnostics.effect import Behaviour, Effect
from ...effects.abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NONE,
    AbstractType,
    DictType,
    ListType,
    RecordType,
    SetType,
    TupleType,
)
from ...effects.array_methods import FACTS
from ...effects.array_results import is_array, is_jax
from ...effects.lattice import is_immutable
from ...effects.seal import open_key, renamed_seal
from ...effects.summary import CodeSummary, Summary
from ..source.exits import Exits
from ..source.names import names_of, only_appends_new
from ..source.segment import Segment
from ..source.syntax import load_name, placed, store_name
from ..source.unbound_names import flag_of, inside
from ..source.ways_out import leaves
from ..values import Maybe, Owned, Static, Tracer, Unbound, Unstageable, Value
from .leaf_ops import Changed
from .part_values import DICTS, keeps_no_function
from .total_pieces import TotalStager

ARRAY_FACT = "array_fact"
"""The attribute of ops that say what an array is like, or compute with that: known while a kernel is made."""
_NUMBERS = (INT, FLOAT, BOOL)


class NativeStager(TotalStager):
    """The layer that runs Python as Python."""

    def stage_native_expression(self, node: ast.expr, *, calls_jax: bool = False) -> Value:
        """An expression as one call of native code; `calls_jax`: it is one of a function of JAX's."""
        if bound := self.program.names([node]).bound:
            return self._stage_binding_expression(node, bound)
        self.at(node)
        shown, node = node, self.with_parts_held(node)
        segment = self.segment(node)
        segment.shown = shown
        if self.inner_scope is not None and segment.may_read_unbound:
            segment = self.segment(inside(self.inner_scope, node))
            segment.shown = shown
        found = self.infer(segment)
        values = [self.input_value(name) for name in segment.inputs]
        is_array_code = calls_jax and self._is_array_code(found.summary, values)
        array = "jax" if is_array_code else None
        segment.gives_arrays = is_array_code
        is_total = self.is_total(node)
        if is_total and not segment.prologue:  # loads of one thing are one callable, so that the second one can go
            statics = tuple(map(id, segment.statics.values()))
            segment = self.program.loads.setdefault((id(self.scope), segment.text, segment.inputs, statics), segment)
        ssa = self.call_segment(segment, found, values, array, total=is_total)
        if (kind := _mark_of_fact(node, segment, found.summary, values)) is not None and isinstance(
            ssa.owner, Operation
        ):
            ssa.owner.attributes[ARRAY_FACT] = kind
        if found.given is not None:
            return self.input_value(found.given)
        made = self.value_of(ssa, found.summary)
        if isinstance(made, Owned) and self.has_seal(made) and self._makes_elements_apart(node):
            self.state.update(made, apart=True)
        if isinstance(made, Owned) and made.cls in DICTS:
            self.keep_items(made, node)
        return made

    def _makes_elements_apart(self, node: ast.expr) -> bool:
        """Whether a container that nobody else reaches into is made of an object of its own for each element.

        What computes one element can't get at what was made for another: all that it gets from outside can't change.
        """
        if not isinstance(node, (ast.ListComp, ast.DictComp)):
            return False
        targets = sorted(names_of([generator.target for generator in node.generators]).bound)
        given = ast.Tuple([load_name(name, node) for name in targets], ast.Load())
        listed = ast.ListComp(placed(given, node), node.generators)
        known = self.describe(placed(listed, node)).summary.result
        return isinstance(known, ListType) and is_immutable(known.element)

    def _stays_apart(self, value: Value, name: str, nodes: Sequence[ast.stmt]) -> bool:
        """Whether statements do nothing with a list of ours but append what they make where it is appended."""
        if not isinstance(value, Owned) or value.cls is not list or not self.is_sealed(value):
            return False
        return self.state.heap[value].apart and only_appends_new(nodes, name)

    def _holds_flat(self, value: Value) -> bool:
        """Whether elements are containers of what can't change: two of them can share nothing but themselves."""
        known = self.state.type_of(value)
        match known.element if isinstance(known, ListType) else None:
            case ListType(element=held) | SetType(element=held):
                return is_immutable(held)
            case DictType(key=key, value=held):
                return is_immutable(key) and is_immutable(held)
            case _:
                return False

    def _is_array_code(self, summary: Summary, values: Sequence[Value]) -> bool:
        """Whether a call with functions of this function, such as `jax.lax.scan(step, ...)`, can be in a kernel."""
        if summary.effect > Effect.READS or summary.external or summary.mutates or looks_outside(summary):
            return False
        return _is_made_of_arrays(summary.result) and all(_is_operand(self.type_of(value)) for value in values)

    def _stage_binding_expression(self, node: ast.expr, bound: set[str]) -> Value:
        """An expression that binds names (`:=`) as native code."""
        held = self.temporary(Static(None))
        target = store_name(held, node)
        self.stage_native_statements([placed(ast.Assign([target], node), node)], bound | {held})
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
        uncertain -= {name for name in uncertain - names.deleted - names.caught if self.is_surely_bound(name)}
        flags = [flag_of(name) for name in sorted(uncertain)]
        segment = self.segment(nodes, [*outputs, *flags], exits=exits)
        found = self.infer(segment)
        values = [self.input_value(name) for name in segment.inputs]
        types = [*(found.bindings.get(name, ANY) for name in outputs), *(BOOL for _ in flags)]
        if exits is not None:
            types = _types_when_left(types, segment, found.summary.result)
        certain = set(outputs) - uncertain if exits is None else set()
        given = {name: self.input_value(of) for name, of in found.named.items() if name in certain}
        for name in bound - set(outputs):
            self.state.names.pop(name, None)
        result: AbstractType = types[0] if len(types) == 1 else TupleType(tuple(types)) if types else NONE
        summary = found.summary.replace(result=result, seal=found.made.get(outputs[0]) if len(types) == 1 else None)
        filled = [one for name, one in zip(segment.inputs, values, strict=True) if self._stays_apart(one, name, nodes)]
        ssa = self.call_segment(segment, replace(found, summary=summary), values)
        for owned in filled:
            if self.is_sealed(owned) and self._holds_flat(owned):
                self.state.update(owned, apart=True)  # type: ignore[arg-type]
        if len(types) == 1:
            self.bind(outputs[0], given.get(outputs[0]) or self.value_of(ssa, summary))
        elif types:
            parts = self.builder.unpack(ssa, types, Behaviour(Effect.PURE))
            tracers = [Tracer(part, known, self._last_places) for part, known in zip(parts, types, strict=True)]
            bound_flags = dict(zip(flags, tracers[len(outputs) :], strict=True))
            for name, tracer in zip(outputs, tracers, strict=False):
                flag = bound_flags.get(flag_of(name))
                if name in given:
                    self.bind(name, given[name])
                    continue
                self.bind(name, tracer if flag is None else Maybe(tracer, flag))

    def is_surely_bound(self, name: str) -> bool:
        """Whether a local name is bound on every path that comes here."""
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

    def call_segment(
        self,
        segment: Segment,
        found: CodeSummary,
        values: Sequence[Value],
        array: str | None = None,
        *,
        total: bool = False,
    ) -> SSAValue:
        """Emit the call of a segment, which doesn't raise if it is `total`."""
        self._refuse_kept_functions(segment, found)
        index: dict[int | str, int | str] = {name: position for position, name in enumerate(segment.inputs)}
        index |= {open_key(name): open_key(index[name]) for name in found.owned}
        summary = found.summary.renamed(index)
        after = ((name, known, renamed_seal(found.seals[name], index)) for name, known in found.owned.items())
        changed = {index[name]: Changed(known, seal, found.rebound[name]) for name, known, seal in after}
        details = {"source": segment.name}
        return self.emit_leaf(
            segment,
            segment.name,
            values,
            (),
            summary,
            details,
            array,
            changed=changed,
            is_async=segment.is_async,
            total=total,
        )

    element_names: frozenset[str] = frozenset()  # of comprehensions around this, that functions made inside read

    def _refuse_kept_functions(self, segment: Segment, found: CodeSummary) -> None:
        """A function that reads the name of an element must be gone with the iteration: then it is bound once."""
        if not self.element_names:
            return
        body = segment.body
        lazy = self.program.lazy_functions([body] if isinstance(body, ast.expr) else body)
        captured = self.element_names & set().union(*(self.program.names([one]).read for one in lazy))
        if captured and not keeps_no_function(found.summary):
            raise Unstageable(f"`{min(captured)}` is captured by a function and bound more than once")


def _types_when_left(types: Sequence[AbstractType], segment: Segment, left: AbstractType) -> list[AbstractType]:
    """The types of a segment's outputs: at its end these, and where `return` leaves it those of a tuple."""
    assert segment.exits is not None
    if "return" not in segment.exits.ways:
        return list(types)
    value = segment.outputs.index(segment.exits.value)
    known = left.elements[value] if isinstance(left, TupleType) and len(left.elements) == len(types) else ANY
    return [known if index == value else type for index, type in enumerate(types)]


def _mark_of_fact(node: ast.expr, segment: Segment, summary: Summary, values: Sequence[Value]) -> Attribute | None:
    """The mark of what is computed of facts about JAX arrays and nothing else, such as `math.sqrt(x.shape[-1])`."""
    if summary.effect > Effect.PURE or summary.sees or summary.external or summary.mutates or summary.unknown_types:
        return None
    if not all(part in _NUMBERS for part in _parts(summary.result)):
        return None
    named = zip(segment.inputs, values, strict=True)
    marks = [_mark_of_operand(node, name, value) for name, value in named]
    return None if None in marks or not marks else marks[0]


def _mark_of_operand(node: ast.expr, name: str, value: Value) -> Attribute | None:
    """The mark of an operand that is a fact, or a JAX array of which only facts are asked for."""
    if not isinstance(value, Tracer):
        return None
    if is_jax(value.type):
        owners = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Attribute) and inner.attr in FACTS]
        asked = {id(owner) for owner in owners}
        reads = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id == name]
        return StringAttr("jax") if all(id(read) in asked for read in reads) else None
    return value.ssa.owner.attributes.get(ARRAY_FACT) if isinstance(value.ssa.owner, Operation) else None


def _parts(known: AbstractType) -> Sequence[AbstractType]:
    return known.elements if isinstance(known, TupleType) else (known,)


def looks_outside(summary: Summary) -> bool:
    """Whether code looks at what isn't passed to it: a kernel would only see what was there when it was made."""
    return any(key is None for key, _ in summary.sees)


def _is_made_of_arrays(known: AbstractType) -> bool:
    if isinstance(known, (TupleType, RecordType)):
        return all(map(_is_made_of_arrays, known.elements))
    return is_jax(known) or known == NONE


def _is_operand(known: AbstractType) -> bool:
    """Whether a kernel takes values of a type: arrays, and structures of them."""
    if isinstance(known, TupleType):
        return all(map(_is_operand, known.elements))
    return is_array(known) or known in (INT, FLOAT, BOOL)
