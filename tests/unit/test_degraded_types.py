"""What types say once something is stored in objects that they describe."""

from __future__ import annotations

from xcs.frontend.effects.abstract_type import NEVER, STR, AbstractType, DictType, InstanceType, ListType, TupleType
from xcs.frontend.effects.contents import MAX_AGED, aged, is_large
from xcs.frontend.effects.value import ELEMENT


class Other:
    """Likewise."""


class Node:
    """Has lists that may hold others of its kind."""


def depth(known: AbstractType) -> int:
    if isinstance(known, ListType):
        return depth(known.element)
    if isinstance(known, InstanceType):
        return 1 + max((depth(held) for _, held in known.attributes), default=0)
    return 0


def test_objects_stored_in_lists_of_their_own_class_nest_no_deeper() -> None:
    """Each attribute would double what a store adds, at each level: twelve lists would take forever."""
    known = InstanceType(Node, tuple((f"list_{number}", ListType(NEVER)) for number in range(12)))
    for _ in range(8):
        known = aged(known, {("list", ELEMENT): known})
        assert isinstance(known, InstanceType)
    assert depth(known) == 2
    assert known == aged(known, {("list", ELEMENT): known})


def test_what_else_is_stored_in_such_a_list_is_told() -> None:
    known = aged(InstanceType(Node, (("lines", ListType(NEVER)),)), {("list", ELEMENT): STR})
    assert known == InstanceType(Node, (("lines", ListType(STR)),))


def test_types_that_hold_each_other_stay_small() -> None:
    """Lists that may hold each other square what is told of them with each store."""
    held = InstanceType(Node, (("items", ListType(STR)), ("log", ListType(NEVER)), ("others", ListType(NEVER))))
    known: AbstractType = ListType(TupleType((held, ListType(InstanceType(Other, (("nodes", ListType(held)),))))))
    for _ in range(5):
        known = aged(known, {("list", ELEMENT): known})
        assert not is_large(known, MAX_AGED)
    assert isinstance(known, ListType)


def test_large_types_are_told_by_their_parts() -> None:
    rows = TupleType((STR,) * 20)
    assert not is_large(rows, 21)
    assert is_large(rows, 20)
    assert is_large(DictType(STR, STR, (("a", STR), ("b", rows))), 20)
