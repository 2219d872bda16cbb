"""Loops over containers that nobody else sees, each of whose elements is an object by itself: iterations own them.

In `agents = [Agent(name) for name in names]` each agent is reached through the list alone, and shares nothing with the
others. So what `for agent in agents: agent.run(task)` does to its agent is seen by no other iteration, and by nobody
before the loop's end.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from xdsl.ir import BlockArgument, SSAValue

from ....diagnostics.effect import PURE, Effect
from ....runtime.row_shape import EACH, ROWS, DictView, Numbers, RowShape
from ...effects.abstract_type import INT, NEVER, AbstractType, DictType, ListType, TupleType
from ...effects.contents import element_type
from ...effects.lattice import is_immutable, join, widen
from ...effects.summary import Summary
from ..expressions.leaf_ops import container_class
from ..values import Owned, Tracer, TupleValue, Value, containers_in
from .carrying import CarryingStager


def listed_items(container: dict[Any, Any]) -> list[Any]:
    """What a loop over the items of a dict goes through."""
    return list(container.items())


def listed_values(container: dict[Any, Any]) -> list[Any]:
    """What a loop over the values of a dict goes through."""
    return list(container.values())


def listed_enumeration(container: list[Any]) -> list[Any]:
    """What a loop over the numbered elements of a list goes through."""
    return list(enumerate(container))


def listed_pairs(*containers: Iterable[Any]) -> list[Any]:
    """What a loop over containers side by side goes through."""
    return list(zip(*containers, strict=False))


for listing, shape in (
    (listed_items, DictView("items")),
    (listed_values, DictView("values")),
    (listed_enumeration, RowShape((Numbers(), 0))),
    (listed_pairs, EACH),
):
    setattr(listing, ROWS, shape)


class NotOwned(Exception):
    """Iterations can't own their elements: stage the loop as one over what others see."""


@dataclass(frozen=True, slots=True)
class OwnWalk:
    """A loop over a container of ours whose elements it may own.

    Attributes:
        owner: the container.
        others: the other containers that the loop walks beside it.
        callee: what lists all that it goes through; None: the container itself is the list.
        position: where in what it goes through the elements are; None: they are what it goes through.
    """

    owner: Owned
    others: tuple[Value, ...] = ()
    callee: Any = None
    position: int | None = None


class OwnElementsStager(CarryingStager):
    """The layer of elements that an iteration owns."""

    def own_walk(self, node: ast.expr) -> OwnWalk | None:
        """What an iterable walks, if that is a container of ours whose elements an iteration may own."""
        match node:
            case ast.Name():
                walk = self._walk_of(node, ListType)
            case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="items"), args=[], keywords=[]):
                walk = self._walk_of(name, DictType, callee=listed_items, position=1)
            case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="values"), args=[], keywords=[]):
                walk = self._walk_of(name, DictType, callee=listed_values)
            case ast.Call(args=[ast.Name() as name], keywords=[]) if self.static_of(node.func) is enumerate:
                walk = self._walk_of(name, ListType, callee=listed_enumeration, position=1)
            case ast.Call(keywords=[] | [ast.keyword("strict", ast.Constant(False))]) if (
                self.static_of(node.func) is zip
            ):
                walk = self._walk_side_by_side(node.args)
            case _:
                return None
        return walk

    def _walk_of(self, node: ast.Name, kind: type[AbstractType], **how: Any) -> OwnWalk | None:
        value = self.state.names.get(node.id)
        if not isinstance(value, Owned) or not self.has_seal(value) or not self.state.heap[value].apart:
            return None
        if self.state.heap[value].in_order and (self.is_tried or self.state.heap[value].argument is None):
            return None
        known = self.type_of(value)
        if not isinstance(known, kind) or self.state.heap[value].elements is not None:
            return None
        is_keyed = isinstance(known, DictType) and not is_immutable(known.key)
        return None if is_keyed or not is_own(held_in(known)) else OwnWalk(value, **how)

    def _walk_side_by_side(self, nodes: list[ast.expr]) -> OwnWalk | None:
        if not all(isinstance(node, ast.Name) for node in nodes):
            return None
        walks = [self._walk_of(node, ListType) for node in nodes]  # type: ignore[arg-type]
        found = [index for index, walk in enumerate(walks) if walk is not None]
        values = [self.state.names.get(node.id) for node in nodes]  # type: ignore[attr-defined]
        if len(found) != 1 or values.count(values[found[0]]) > 1:
            return None
        others = [value for index, value in enumerate(values) if index != found[0]]
        known = [self.type_of(one) for one in others if isinstance(one, (Tracer, Owned))]
        if len(known) < len(others) or not all(isinstance(one, ListType) for one in known):
            return None
        walk = walks[found[0]]
        assert walk is not None
        return OwnWalk(walk.owner, tuple(others), listed_pairs, found[0])  # type: ignore[arg-type]

    def listed(self, walk: OwnWalk) -> Owned:
        """All that a loop goes through, as a list of its own."""
        if walk.callee is None:
            return walk.owner
        held = held_in(self.type_of(walk.owner))
        if walk.callee is listed_values:
            element = held
        elif walk.callee is listed_items:
            known = self.type_of(walk.owner)
            assert isinstance(known, DictType)
            element = TupleType((known.key, held))
        elif walk.callee is listed_enumeration:
            element = TupleType((INT, held))
        else:
            assert walk.position is not None
            parts = [element_type(self.type_of(one)) or NEVER for one in walk.others]
            element = TupleType((*parts[: walk.position], held, *parts[walk.position :]))
        for other in walk.others:
            self.hand_out_parts(other)
        operands: list[Value] = list(walk.others)
        operands.insert(walk.position or 0 if walk.others else 0, walk.owner)
        is_ours = all(map(self.is_owned, walk.others))
        summary = Summary(Effect.PURE, not is_ours, result=ListType(element))
        name = walk.callee.__name__
        ssa = self.emit_leaf(walk.callee, name, operands, (), summary)
        return self.own(ssa, ListType(element), list)

    def require_own(self, walk: OwnWalk, containers: Collection[Owned]) -> None:
        """Called before a body is traced, which carries `containers`: are the elements still what they were?"""
        state = self.state.heap[walk.owner]
        if state.seal is None or not state.apart or state.escaped or walk.owner in containers:
            raise NotOwned

    def require_alone(self, walk: OwnWalk) -> None:
        """Called after it: where it changes its elements, it must not look at the container."""
        if self.state.heap[walk.owner].lent and any(self.ssa(walk.owner).uses):
            raise NotOwned

    def own_element(self, ssa: SSAValue, known: AbstractType, walk: OwnWalk, position: int | None) -> Value:
        """What an iteration gets, as parts of which it owns those that can change."""
        if is_immutable(known) and position is None:
            return Tracer(ssa, known)
        if isinstance(known, TupleType):
            parts = self.builder.unpack(ssa, known.elements, PURE)
            whole = position is None
            return TupleValue(
                tuple(
                    self.own_element(part, held, walk, None) if whole or index == position else Tracer(part, held)
                    for index, (part, held) in enumerate(zip(parts, known.elements, strict=True))
                )
            )
        cls = container_class(known)
        assert cls is not None
        around = self.state.heap[walk.owner]
        owned = self.own(ssa, known, cls, around.seal)
        self.state.update(owned, within=walk.owner, in_order=around.in_order, argument=around.argument)
        self.read_parts(owned)
        return owned

    def finish_element(self, given: Value) -> None:
        """An iteration is at its end: what it has made of its element counts."""
        for owned in containers_in(given):
            if self.state.heap[owned].within is not None and not isinstance(self.ssa(owned), BlockArgument):
                self.finish(owned)

    def after_loop(self, walk: OwnWalk, listed: Owned, given: AbstractType) -> None:
        """Iterations are done; what each has got is of type `given` now."""
        if not self.state.heap[walk.owner].lent:
            return
        known = self.type_of(walk.owner)
        element = given
        if walk.position is not None:
            assert isinstance(given, TupleType)
            element = given.elements[walk.position]
        held = join(held_in(known), widen(element))
        after = ListType(held) if isinstance(known, ListType) else DictType(known.key, held)  # type: ignore[attr-defined]
        self.take_back(walk.owner, after, apart=True, walked=None if listed is walk.owner else listed)


def held_in(known: AbstractType) -> AbstractType:
    """What a list or a dict holds: its elements or values."""
    if isinstance(known, DictType):
        return join(known.value, NEVER)
    return known.element if isinstance(known, ListType) else NEVER


def is_own(known: AbstractType) -> bool:
    """Whether an element of this type is one object that can change, or a tuple with at most one of those inside."""
    if isinstance(known, TupleType):
        changing = [part for part in known.elements if not is_immutable(part)]
        return len(changing) == 1 and is_own(changing[0])
    return not is_immutable(known) and container_class(known) is not None
