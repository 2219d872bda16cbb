"""Containers and objects of our own: what is made, what is put where, from when on others see it.

A version of an owned container is changed by making the next one. What goes into a container is part of it if no name
leads there any more; else it escapes, as does what is handed to code that may keep it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from xdsl.ir import SSAValue

from ...effects.abstract_type import AbstractType, InstanceType, ListType, StaticType
from ...effects.contents import element_type
from ...effects.lattice import is_immutable, join_all
from ...effects.regions import opened_up
from ...effects.seal import SEALED, Seal, join_seals
from ...effects.sealing import is_sealable_inside
from ..values import (
    Closure,
    Keywords,
    LocalFunction,
    Maybe,
    Owned,
    TupleValue,
    Unstageable,
    Value,
    containers_in,
)
from .retrace import MustCarry, MustEscape, MustLend, MustUnseal
from .stager import Stager, is_container
from .state import NO_PARTS, OwnedState

COMPOUND = (TupleValue, Maybe, LocalFunction, Keywords, Closure)


class OwnershipStager(Stager):
    """The layer of containers of our own."""

    def own_list(self, elements: Sequence[Value]) -> Owned:
        """A fresh list of these values."""
        kinds = join_all(map(self.type_of, elements))
        if isinstance(kinds, InstanceType) and (seal := self._absorb_all(elements)) is not None:
            objects = self.builder.make_list([self.ssa(element) for element in elements])
            return self.own(objects, ListType(kinds), list, seal, apart=True)
        for element in elements:
            self.hold(element)
        is_inert = all(map(self.is_inert, elements))
        known, seal = tuple(elements), SEALED if is_inert else None
        return self.state.own(OwnedState(ListType(kinds), self.depth, self.depth, known, seal=seal, apart=is_inert))

    def own(self, ssa: SSAValue, known: AbstractType, cls: type, seal: Seal = None, apart: bool = False) -> Owned:
        """A fresh container that an op has made, with as much of what it holds; `apart`: each element by itself."""
        return self.state.own(OwnedState(known, self.depth, self.depth, None, ssa, seal=seal, apart=apart), cls)

    def is_inert(self, value: Value) -> bool:
        """Whether nothing that a value reaches can change, or is known by what it is."""
        known = self.state.type_of(value)
        return isinstance(known, StaticType) or is_immutable(known)

    def is_sealed(self, value: Value) -> bool:
        """Whether a value is a container that nobody else can see, nor anything in it."""
        return self.seal_of(value) == SEALED

    def has_seal(self, value: Value) -> bool:
        """Whether a value is a container that nobody else can see, nor anything in it but in open attributes."""
        return self.seal_of(value) is not None

    def seal_of(self, value: Value) -> Seal:
        """How much of what a container of ours holds is seen by nobody else."""
        return self.state.heap[value].seal if isinstance(value, Owned) and self.is_owned(value) else None

    def hold(self, value: Value) -> None:
        """A value goes into a container: what it may change in later is seen through that container too."""
        if isinstance(value, Owned):
            self.escape(value)
        elif isinstance(value, TupleValue):
            for element in value.elements:
                self.hold(element)
        elif isinstance(value, Keywords):
            for element in value.values:
                self.hold(element)
        elif isinstance(value, LocalFunction):
            for element in value.captured.values():
                self.hold(element)

    def hold_in(self, owned: Owned, value: Value) -> None:
        """The same for an owned container, which from then on may hold what others see."""
        seal, known = self.seal_of(owned), self.state.type_of(value)
        if seal is not None and (absorbed := self.absorb(value)) is not None:
            self.unseal(owned, opened_up(known, absorbed, seal))
            return
        self.hold(value)
        if not self.is_inert(value):
            self.unseal(owned)

    def _absorb_all(self, values: Sequence[Value]) -> Seal:
        """What objects without names that go into one container leave of its seal; None if others see one of them."""
        types = [self.state.type_of(value) for value in values]
        seals = []
        for value in values:
            seals.append(self.absorb(value))
            if seals[-1] is None:
                return None
        joined = functools.reduce(join_seals, seals, SEALED)
        found = [opened_up(known, seal, joined) for known, seal in zip(types, seals, strict=True)]
        return None if None in found else joined

    def absorb(self, value: Value) -> Seal:
        """The seal of an object of ours without a name; what it goes into is all that leads to it now. Else None."""
        seal = self.seal_of(value)
        if not isinstance(value, Owned) or seal is None or not is_sealable_inside(self.type_of(value), seal):
            return None
        state = self.state.heap[value]
        if state.shared or state.argument is not None:
            return None  # a caller has it, too
        if state.within is not None or state.made_at < self.loop_depth or self._is_named(value):
            return None
        if any(self._owned_ssa(value).uses):
            self.finish(value)  # who has read it by this name is done before somebody changes it by another one
        self.state.update(value, escaped=True, elements=None, type=self.state.type_of(value))
        return seal

    def _is_named(self, owned: Owned) -> bool:
        """Whether a name, or a container whose elements are known, leads to an owned container."""
        for value in self.state.names.values():
            if value is owned or (isinstance(value, COMPOUND) and owned in containers_in(value)):
                return True
        return any(state.elements and owned in state.elements for state in self.state.heap.values())

    def escape(self, owned: Owned) -> None:
        """From here on somebody else may see this container."""
        state = self.state.heap[owned]
        if state.escaped:
            return
        _refuse_shared(state)
        if state.within is not None:
            raise MustUnseal(state.within, None)
        if state.made_at < self.loop_depth:
            raise MustEscape(owned)
        self.program.note_mixed(state.argument)
        self._owned_ssa(owned)
        self.state.update(owned, escaped=True, elements=None, last=None, type=self.state.type_of(owned))

    def hand_out_parts(self, value: Value) -> None:
        """What a container holds gets names of its own; an object that runs code of its own at each step is let go."""
        if isinstance(value, Owned) and self.is_owned(value) and not is_container(self.state.type_of(value)):
            self.escape(value)
        elif isinstance(value, Owned) and self.has_seal(value) and not self.is_flat(self.state.type_of(value)):
            self.unseal(value)

    def is_flat(self, known: AbstractType) -> bool:
        """Whether nothing that a container of this type gives can change."""
        given = element_type(known)
        return given is not None and is_immutable(given)

    def unseal(self, owned: Owned, seal: Seal = None) -> None:
        """From here on somebody else may see what this container holds, or what it holds in the seal's open parts."""
        state = self.state.heap[owned]
        seal = opened_up(self.state.type_of(owned), state.seal, seal)
        if seal == state.seal:
            return
        _refuse_shared(state)
        if state.within is not None:
            raise MustUnseal(state.within, seal)
        if state.made_at < self.loop_depth:
            raise MustUnseal(owned, seal)
        self.program.note_mixed(state.argument)
        self.state.update(owned, seal=seal)

    def change(
        self,
        owned: Owned,
        ssa: SSAValue,
        known: AbstractType,
        seal: Seal = None,
        apart: bool = False,
        parts: Mapping[str, Value] = NO_PARTS,
    ) -> None:
        """A container's next version, in which only these parts hold what is known of them."""
        state = self.state.heap[owned]
        _refuse_shared(state)
        if state.within is not None and not self.state.heap[state.within].lent:
            raise MustLend(state.within, state.made_at)
        self.unseal(owned, seal)
        changes = {"elements": None, "apart": apart, "lent": False, "last": None, "parts": parts}
        self.state.update(owned, ssa=ssa, type=known, **changes)
        self.note_change(owned)

    def note_change(self, owned: Owned) -> None:
        """Called where a container has a next version. A layer above may remember it."""

    def settle(self, missing: MustEscape) -> None:
        """Do before a loop what its body asked for."""
        match missing:
            case MustLend(owned=owned, depth=depth):
                if self.depth >= depth:
                    raise missing
                self.lend(owned)
            case MustUnseal(owned=owned, seal=seal):
                self.unseal(owned, seal)
            case _:
                self.escape(missing.owned)

    def finish(self, owned: Owned) -> SSAValue:
        """A version of a container that is there when all that has read it so far is done. A layer above knows how."""
        raise NotImplementedError

    def lend(self, owned: Owned) -> None:
        """What comes next may change what a container holds. A layer above knows how."""
        raise NotImplementedError

    def require_carried(self, owned: Owned) -> None:
        """Called before a container is changed: inside a loop it must be one of the loop's carried values."""
        if self.state.heap[owned].depth < self.loop_depth:
            raise MustCarry(owned)


def _refuse_shared(state: OwnedState) -> None:
    if state.shared:
        raise Unstageable("an object that a caller goes on with is changed or kept")
