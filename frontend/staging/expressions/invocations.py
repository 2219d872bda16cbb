"""Calls of functions that are staged on their own: what goes in with each argument, what comes back with the result."""

from __future__ import annotations

import types
from collections.abc import Container, Iterable, Mapping, Sequence

from xdsl.ir import SSAValue

from ....diagnostics.effect import Behaviour, Effect
from ...effects.abstract_type import ANY, StaticType
from ...effects.lattice import is_immutable
from ...effects.place import EVERYTHING, ParameterKey, Place
from ...effects.summary import Summary
from ..state.binding import bind_call
from ..state.staged_function import Shape, StagedFunction
from ..values import Closure, Keywords, Owned, Static, Tracer, TupleValue, Unstageable, Value
from .leaf_ops import container_class, keyed
from .outside_objects import OutsideObjectStager
from .part_values import AllParts


class InvocationStager(OutsideObjectStager):
    """The layer of calls of staged functions."""

    def invoke(
        self,
        function: types.FunctionType,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        is_kept: bool = False,
    ) -> Value:
        """A call of a function that is staged on its own; `is_kept`: it may keep its arguments, whatever is known."""
        bound = bind_call(function, positional, dict(keyword))
        self.note_secrets(bound)
        keys = keyed(positional, keyword)
        may_lend = summary.mutates and not summary.unknown_types and not is_kept
        lent = self._lendable(bound, summary, keys) if may_lend else {}
        is_kept = is_kept or bool(summary.mutates or summary.retains or summary.unknown_types)
        for name, value in bound.items():
            if is_kept and name not in lent and self._is_changeable(value):
                self.hold(value)  # the callee sees an ordinary object: it is no longer ours alone
        bound = {name: self.as_argument(value) for name, value in bound.items()}
        start = self.mark()
        shared = () if is_kept else [name for name, value in bound.items() if self._is_shareable(value)]
        try:
            try:
                staged, operands = self._staged(function, bound, lent, shared)
            except Unstageable:
                if not shared:
                    raise
                self.go_back(start)
                staged, operands = self._staged(function, bound, lent)
            if lent and staged.lent.keys() != lent.keys():  # not all of its body is staged yet
                self.go_back(start)
                for value in lent.values():
                    self.hold(value)
                staged, operands = self._staged(function, bound, {})
                lent = {}
        except Unstageable:
            self.go_back(start)
            raise
        self.program.rely_on(summary.guards)
        if lent:
            ours = [value for name, value in lent.items() if name not in staged.let_go | staged.opened.keys()]
            own = frozenset(k for k, value in keys.items() if value in ours)
            summary = summary.without_writes_of(own, lambda place: self.is_sealed_at(place, keys[place.root]))  # type: ignore[index]
        behaviour = self._invoke_behaviour(summary)
        if staged.written is not None and not staged.is_recursive and (None, EVERYTHING) in summary.writes:
            self.program.note_writes(staged.written, staged.writes)  # staged, it has shown what it does
        else:
            self.note_write(behaviour, summary, keys)
        self._note_updates_in(staged, lent.values())
        result = staged.result if staged.result != ANY else summary.result  # `ANY` while a recursive call is traced
        results = [staged.ir_result, *staged.ir_versions]
        ssa, *versions = self.builder.invoke(staged.symbol, operands, behaviour, results)
        parts = iter(versions[len(lent) :])
        for (name, after), version in zip(staged.lent.items(), versions, strict=False):
            state = self.state.heap[lent[name]]
            held = {part: value for part, value in state.parts.items() if part in staged.kept[name]}
            held |= {part: Tracer(next(parts), known) for part, known in staged.bound[name]}
            seal = staged.opened.get(name, state.seal)
            self.change(lent[name], version, after, seal, name in staged.apart, held)
            if name in staged.let_go:
                self.hold(lent[name])
        if staged.gives in lent:
            return lent[staged.gives]
        if staged.makes is not None:
            made = self.own(ssa, result, staged.makes, staged.seal)
            held = {part: Tracer(next(parts), known) for part, known in staged.parts}
            self.state.update(made, parts=AllParts(held) if staged.has_all_parts else held)
            return made
        return Tracer(ssa, result, self.result_places(summary, keys))

    def _note_updates_in(self, staged: StagedFunction, lent: Iterable[Owned]) -> None:
        """The call of a function was emitted that has been lent these: it changes some in their place in the order."""
        self.program.note_argument_writes(staged.writes)
        for argument in {self.state.heap[value].argument for value in lent} if staged.is_recursive else ():
            if argument is not None:  # what else it does isn't known yet
                self.program.note_argument_write(argument)
        if any(not places for places, _, _ in staged.writes):
            self.program.note_update()

    def _lendable(
        self, bound: Mapping[str, Value], summary: Summary, keys: Mapping[ParameterKey, Value]
    ) -> dict[str, Owned]:
        """Arguments that nobody else sees, nor what it writes in them: the callee may change them as its own."""
        inside = [place for place in summary.written_places if place is None or place != Place(place.root)]
        roots = [None if place is None else keys.get(place.root) for place in inside]  # type: ignore[arg-type]
        return {
            name: value
            for name, value in bound.items()
            if isinstance(value, Owned) and self.is_given_once(value, bound.values())
            if self.has_seal(value) or not any(one is value or one is None for one in roots)
            if container_class(self.type_of(value)) is value.cls
        }

    def _is_shareable(self, value: Value) -> bool:
        """Whether a callee that only looks at an argument may know what its parts hold."""
        return isinstance(value, Owned) and self.is_owned(value) and bool(self.state.heap[value].parts)

    def _staged(
        self,
        function: types.FunctionType,
        bound: Mapping[str, Value],
        lent: Mapping[str, Owned],
        shared: Container[str] = (),
    ) -> tuple[StagedFunction, list[SSAValue]]:
        """The function staged for these arguments, and what it is passed when it runs; of some it gets the parts."""
        for owned in lent.values():
            self.require_carried(owned)
            self.lend(owned)
        operands: list[SSAValue] = []
        shape = tuple(
            (name, self._shape_with_parts(value, operands, name in lent))
            if isinstance(value, Owned) and (name in lent or name in shared)
            else (name, self._shape(value, operands))
            for name, value in bound.items()
        )
        return self.program.stage_function(function, shape), operands

    def _shape(self, value: Value, operands: list[SSAValue]) -> Shape:
        """What a callee is specialised on for this argument; what it is passed when it runs goes to `operands`."""
        if isinstance(value, Static):
            return Shape(static=StaticType(value.value))
        if isinstance(value, TupleValue):
            return Shape(elements=tuple(self._shape(element, operands) for element in value.elements))
        if isinstance(value, Keywords):
            parts = tuple(self._shape(element, operands) for element in value.values)
            return Shape(elements=parts, names=value.names)
        if isinstance(value, Closure):
            parts = tuple(self._shape(element, operands) for element in value.captured)
            return Shape(elements=parts, closure=StaticType(value.function))
        operands.append(self.ssa(value))
        return Shape(type=self.type_of(value), places=self.places_of(value))

    def _shape_with_parts(self, owned: Owned, operands: list[SSAValue], lent: bool) -> Shape:
        operands.append(self.ssa(owned))
        state = self.state.heap[owned]
        operands += map(self.ssa, state.parts.values())
        return Shape(
            type=self.type_of(owned),
            lent=lent,
            shared=not lent,
            seal=state.seal,
            in_order=lent and state.in_order,
            apart=lent and state.apart,
            argument=state.argument if lent else None,
            parts=tuple((name, self.type_of(one)) for name, one in state.parts.items()),
        )

    def _invoke_behaviour(self, summary: Summary) -> Behaviour:
        if summary.unknown_types:
            return Behaviour(Effect.DYNAMIC, external=summary.external)
        behaviour = summary.behaviour()
        return Behaviour(behaviour.effect, behaviour.sees_writes, external=behaviour.external)

    def _is_changeable(self, value: Value) -> bool:
        return not isinstance(value, Static) and not is_immutable(self.state.type_of(value))
