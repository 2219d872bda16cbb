"""Leaf calls as ops: their effect where they stand, the versions of containers through them, what they give."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import Operation, SSAValue

from ....diagnostics.effect import Behaviour, Effect
from ....dialect.calls import IN_ORDER, IN_TURN
from ...effects.abstract_type import (
    ANY,
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    PlainType,
    SetType,
)
from ...effects.lattice import is_immutable
from ...effects.ledger import DECLARE
from ...effects.place import EVERYTHING, ParameterKey, Place
from ...effects.seal import SEALED, Seal, SealedBut, open_key
from ...effects.sealing import is_sealable
from ...effects.staleness import shallow
from ...effects.summary import CALLEE, Summary
from ..state.builder import Operand, ir_type
from ..state.state import NO_PARTS, OwnedState
from ..values import Owned, Tracer, Value, containers_in
from .object_places import PlaceStager


class Changed(NamedTuple):
    """What an owned argument is after a call: its type, its seal in terms of the callee, its parts bound anew."""

    type: AbstractType
    seal: Seal
    rebound: Container[str]


NOTHING_CHANGED: Mapping[int | str, Changed] = MappingProxyType({})

_PURE = Behaviour(Effect.PURE)


class LeafStager(PlaceStager):
    """The layer of leaf calls."""

    _last_seal: Seal = None  # of the result of the call emitted last

    def emit_leaf(
        self,
        callee: object,
        hint: str,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        details: dict[str, str] | None = None,
        array: str | None = None,
        changed: Mapping[int | str, Changed] = NOTHING_CHANGED,
        is_async: bool = False,
        total: bool = False,
        is_mark: bool = False,
    ) -> SSAValue:
        """Emit one leaf call: decide its effect here, thread the versions of owned containers through it.

        `changed` says what owned arguments are afterwards, where that is known. The summary of one that `is_async` is
        that of awaiting what it gives, too. One that is `total` doesn't raise while nobody writes what it looks at. A
        mark stands for what happens around it, and does nothing to its arguments.
        """
        ours = [index for index, value in enumerate(positional) if self.is_owned(value)]
        behaviour, mutated = self.behaviour_of(summary, positional, keyword)
        updated = [self.state.heap[one] for index in mutated if isinstance(one := positional[index], Owned)]
        done = self._in_its_place(behaviour, updated, is_mark)
        # What it writes and lets go of in one may hold anything from here on.
        lets_go = any(index in summary.mutates and not self.is_owned(positional[index]) for index in ours)
        keys = {**keyed(positional, keyword, callee), **self.open_contents(dict(enumerate(positional)))}
        operands: list[Operand] = [self.operand(value) for value in positional]
        named = [(name, self.operand(value)) for name, value in keyword]
        target: str | SSAValue
        if isinstance(callee, Tracer):
            target = callee.ssa
        else:
            reason, remedy = _why(summary, behaviour, done, updated)
            reasons = {"reason": reason or None, "remedy": remedy or None, **(details or {})}
            target = self.program.symbols.callable(callee, hint, done, reasons)
        self.program.rely_on(summary.guards)
        fresh = not is_immutable(summary.result)
        results = self.builder.call(
            target,
            operands,
            named,
            done,
            ir_type(summary.result),
            mutates=mutated,
            fresh=fresh,
            array=array,
            is_async=is_async,
            total=total and behaviour.effect <= Effect.READS and not behaviour.external and not mutated,
        )
        for index, version in zip(mutated, results[1:], strict=True):
            owned = positional[index]
            assert isinstance(owned, Owned)
            after = changed.get(index)
            if after is None:
                self.change(owned, version, shallow(self.state.type_of(owned)))
                continue
            held = NO_PARTS if EVERYTHING in after.rebound else self.state.heap[owned].parts
            kept = {name: value for name, value in held.items() if name not in after.rebound} if held else held
            self.change(owned, version, after.type, self.seal_at(after.seal, keys), parts=kept)
        self._note_update(results[0], updated, done is not behaviour, is_mark, behaviour == _PURE)
        self.note_write(behaviour, summary, keys, lets_go)
        if isinstance(target, str) and (behaviour.sees_writes or behaviour.effect is Effect.READS):
            looks = self._looks(summary, keys)
            self.program.reads.note_call(target, results[0].owner, behaviour, looks)  # type: ignore[arg-type]
        self._last_places, self._last_seal = self.result_places(summary, keys), self.seal_at(summary.seal, keys)
        return results[0]

    def open_contents(self, inputs: Mapping[int | str, Value]) -> dict[ParameterKey, Value]:
        """What inputs that are objects of ours hold in open attributes, as arguments of their own."""
        seals = {key: self.seal_of(value) for key, value in inputs.items()}
        return {
            open_key(key): Tracer(self.ssa(inputs[key]), ANY, seal.places)
            for key, seal in seals.items()
            if seal is not None and seal.open
        }

    def seal_as_given(self, owned: Owned, key: ParameterKey) -> Seal:
        """The seal of an input of a callee that leaves it as it is."""
        seal = self.seal_of(owned)
        if seal is None or not seal.open:
            return seal
        return SealedBut(seal.open, frozenset((Place(open_key(key), inside=True),)))

    def _in_its_place(self, behaviour: Behaviour, updated: Sequence[OwnedState], is_mark: bool) -> Behaviour:
        """How an op moves that changes these objects: a handler may see what it does, and nothing later."""
        is_seen = any(one.in_order and not (is_mark and one.argument is not None) for one in updated)
        if not is_seen or behaviour.effect >= Effect.ORDERED:
            return behaviour
        return Behaviour(Effect.ORDERED, behaviour.sees_writes, behaviour.external)

    def _note_update(
        self, made: SSAValue, updated: Sequence[OwnedState], is_moved: bool, is_mark: bool, is_all: bool
    ) -> None:
        """An op was emitted that changes objects of ours, and (`is_all`) does nothing else.

        `is_moved`: it acts in its place for that alone.
        """
        arguments = {one.argument for one in updated if one.argument is not None}
        if is_moved or arguments:
            assert isinstance(made.owner, Operation)
            made.owner.attributes[IN_ORDER] = UnitAttr()
            if is_moved and is_all and not arguments:
                made.owner.attributes[IN_TURN] = UnitAttr()
        if is_moved:
            self.program.note_update()
        for argument in arguments if not is_mark else ():
            self.program.note_argument_write(argument)

    def behaviour_of(
        self, summary: Summary, positional: Sequence[Value], keyword: Sequence[tuple[str, Value]]
    ) -> tuple[Behaviour, list[int]]:
        """How a call moves given who owns its arguments, and which owned arguments it makes a next version of."""
        effect = summary.effect
        keys: dict[int | str, Value] = {**dict(enumerate(positional)), **dict(keyword)}
        keys |= self.open_contents(keys)
        if CALLEE in summary.mutates:
            effect = max(effect, Effect.ORDERED)
        mutated: list[int] = []
        changeable = {key: value for key, value in keys.items() if not is_immutable(self.state.type_of(value))}
        for key, value in changeable.items():
            if summary.unknown_types or key in summary.retains:
                self.hold(value)
        for key, value in changeable.items() if not summary.unknown_types else ():
            if key not in summary.mutates:
                continue
            if isinstance(key, int) and self.is_given_once(value, keys.values()):
                self.require_carried(value)  # type: ignore[arg-type]
                mutated.append(key)
            else:
                self.hold(value)
                effect = max(effect, Effect.ORDERED)
        if summary.unknown_types:
            return Behaviour(Effect.DYNAMIC, False, summary.external), []
        sees_writes = summary.sees_writes and not self._sees_own_alone(summary, keys)
        if effect is Effect.PURE and sees_writes:
            effect = Effect.READS
        return Behaviour(effect, sees_writes and not effect.may_write, summary.external), mutated

    def is_given_once(self, value: Value, values: Iterable[Value]) -> bool:
        """Whether an argument is an object of ours, and no other argument is or holds that object."""
        return self.is_owned(value) and sum(one is value for given in values for one in containers_in(given)) == 1

    def _sees_own_alone(self, summary: Summary, keys: Mapping[int | str, Value]) -> bool:
        """Whether all that a call looks at is what its arguments hold that nobody else sees: their versions say it."""
        if not summary.sees or summary.effect is Effect.READS:
            return False
        if any(key is None or key not in keys or not self.has_seal(keys[key]) for key, _ in summary.sees):
            return False
        return all(self.is_sealed_at(place, keys[place.root]) for place, _ in summary.all_looks)  # type: ignore[index]

    def value_of(self, ssa: SSAValue, summary: Summary) -> Value:
        """What a name is bound to that gets the result of the call emitted last."""
        known = summary.result
        cls = container_class(known)
        is_made = summary.fresh and not summary.retains
        seal = self._last_seal if not summary.unknown_types and is_sealable(known, self._last_seal) else None
        if is_made and is_sealable(known):
            seal = SEALED
        if cls is None or summary.mutates or not (is_made or seal is not None):
            return Tracer(ssa, known, self._last_places)
        return self.own(ssa, known, cls, seal)


def _why(summary: Summary, behaviour: Behaviour, done: Behaviour, updated: Sequence[OwnedState]) -> tuple[str, str]:
    """Why a call has the effect that it has where it stands, and what helps."""
    if behaviour.effect > summary.effect and behaviour.effect is Effect.ORDERED:
        return "writes an object that others can see", DECLARE
    if done is behaviour:
        return summary.reason, summary.remedy
    is_lent = any(one.argument is not None for one in updated)
    return ("changes an argument" if is_lent else "changes what a handler may look at"), ""


def keyed(
    positional: Sequence[Value], keyword: Sequence[tuple[str, Value]], callee: object = None
) -> dict[ParameterKey, Value]:
    """Arguments by the keys that summaries use for them."""
    own: dict[ParameterKey, Value] = {CALLEE: callee} if isinstance(callee, Tracer) else {}
    return {**dict(enumerate(positional)), **dict(keyword), **own}


def is_ownable(cls: type) -> bool:
    """Whether nobody else sees an object just made: its class keeps no book of it and has no say in its attributes."""
    own = ("__del__", "__setattr__", "__delattr__", "__getattr__", "__getattribute__", "__new__")
    bases = [base for base in cls.__mro__ if base is not object]
    return type(cls) in (type, ABCMeta) and not any(name in vars(base) for base in bases for name in own)


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
        case PlainType():
            return object
        case InstanceType(cls=cls) if is_ownable(cls):
            return cls
        case _:
            return None
