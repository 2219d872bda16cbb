"""Arguments that a program changes, lent to it by its caller: objects of its own for as long as it runs.

In: a program that was traced with its arguments as objects from outside, in which reads wait for all earlier writes.
Out: the arguments that it may change version by version instead, so that `[bot.reply(text) for bot in bots]` asks all
bots at once. Assumes: each object in them is reached in one way only, which is looked at before each run
(`Apartness.trees`). Updates act in program order, so that the caller finds what plain Python would have left, also
where the program fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.ir import Operation

from ...diagnostics.effect import Behaviour, Effect
from ...dialect.calls import CallOp
from ...dialect.effects import EffectAttr
from ...dialect.loops import ForOp
from ...dialect.nesting import ops_inside
from ..effects.abstract_type import (
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    SetType,
    TupleOfType,
    TupleType,
    UnionType,
)
from ..effects.place import EVERYTHING, Place, is_content, overlap
from ..effects.sealing import is_sealable
from .expressions.leaf_ops import container_class
from .state.facts import ProgramFacts
from .state.written import is_closed

Loans = Mapping[int, frozenset[str]]
"""Arguments by number, each with the kinds of state that the program writes in it."""


def loans_of(program: ProgramFacts) -> Loans:
    """The arguments of a traced program that another trace may change as objects of its own."""
    touched = program.reads.touched
    is_anything = any(place is None and kind == EVERYTHING for place, kind in touched)
    found: dict[int, frozenset[str]] = {}
    for index, known in enumerate(program.apartness.types):
        written = {kind for place, kind in touched if place is not None and place.root == index}
        if (written or is_anything) and _is_lendable(known):
            found[index] = _kinds_in(known) if is_anything or EVERYTHING in written else frozenset(written)
    return found


def are_alone(program: ProgramFacts, loans: Loans) -> bool:
    """Whether a program in which these arguments are lent writes them by no other way."""
    return all(_is_alone(index, place, kind, program) for index in loans for place, kind in program.reads.touched)


def is_gain(program: ProgramFacts, other: ProgramFacts) -> bool:
    """Whether fewer ops of a program than of another one wait until nothing before them may write any more, and no
    more of its external calls keep their order. The reads of both are settled.
    """
    ops, others = ([op for body in one.bodies for op in ops_inside(body)] for one in (program, other))
    return sum(map(_waits, ops)) < sum(map(_waits, others)) and sum(map(_is_bound, ops)) <= sum(map(_is_bound, others))


def _waits(op: Operation) -> bool:
    if isinstance(op, ForOp):
        return "settled" not in op.properties
    does = _behaviour_of(op)
    return does is not None and (does.effect in (Effect.READS, Effect.DYNAMIC) or does.sees_writes)


def _is_bound(op: Operation) -> bool:
    does = _behaviour_of(op)
    return isinstance(op, CallOp) and does is not None and does.external and does.effect >= Effect.ORDERED


def _behaviour_of(op: Operation) -> Behaviour | None:
    found = op.properties.get("effect")
    return found.data if isinstance(found, EffectAttr) else None


def _is_alone(index: int, place: Place | None, kind: str, program: ProgramFacts) -> bool:
    apartness = program.apartness
    if (place is not None and place.root in program.lent) or not is_content(kind):
        return True
    if not any(overlap(kind, other) for other in _kinds_in(apartness.types[index])):
        return True
    return apartness.told_apart(frozenset((Place(index, inside=True),)), place, program.reads.written)


def _is_lendable(known: AbstractType) -> bool:
    """Whether an argument is an object that can be owned, and its type says all of what it holds."""
    return container_class(known) is not None and is_sealable(known) and is_closed(known)


def _kinds_in(known: AbstractType) -> frozenset[str]:
    """The kinds of state of all objects that a type describes."""
    match known:
        case ListType(element=element):
            return frozenset(("list",)) | _kinds_in(element)
        case SetType(element=element):
            return frozenset(("set",)) | _kinds_in(element)
        case TupleOfType(element=element):
            return _kinds_in(element)
        case DictType(key=key, value=held) | CollectionType(key=key, value=held):
            return frozenset(("dict", "list")) | _kinds_in(key) | _kinds_in(held)
        case TupleType(elements=parts) | UnionType(members=parts):
            return frozenset().union(*map(_kinds_in, parts))
        case InstanceType(attributes=attributes):
            names = frozenset(f"attr:{name}" for name, _ in attributes)
            return names.union(*(_kinds_in(held) for _, held in attributes))
        case _:
            return frozenset()
