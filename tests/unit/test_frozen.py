"""Frozen classes are what `dataclass(frozen=True, slots=True)` makes, but for how they are made."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from xcs.diagnostics.frozen import frozen
from xcs.diagnostics.identity import identity


@frozen()
class Point:
    """Two numbers."""

    x: int
    y: int = 0
    name: str = field(default="", kw_only=True)


@frozen()
class Place(Point):
    """One with a third."""

    z: int = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Same:
    x: int
    y: int = 0
    name: str = field(default="", kw_only=True)


def test_they_hold_what_they_are_given() -> None:
    assert (Point(1).x, Point(1).y, Point(1, 2, name="a").name) == (1, 0, "a")
    place = Place(1, z=3)
    assert (place.x, place.y, place.name, place.z) == (1, 0, "", 3)
    assert [one.name for one in fields(Place)] == ["x", "y", "name", "z"]


def test_they_are_equal_hashed_printed_and_copied_alike() -> None:
    assert Point(1, 2) == Point(1, y=2) != Point(2, 2)
    assert hash(Point(1, 2)) == hash(Point(1, 2)) == hash(Same(1, 2))
    assert repr(Place(1, z=3)) == "Place(x=1, y=0, name='', z=3)"
    for copied in (copy.copy(Place(1, z=3)), copy.deepcopy(Place(1, z=3)), pickle.loads(pickle.dumps(Place(1, z=3)))):
        assert copied == Place(1, z=3)
    assert replace(Place(1, z=3), y=4) == Place(1, 4, z=3)


def test_they_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del Point(1).x


@pytest.mark.parametrize("make", [lambda: Point(), lambda: Point(1, 2, "a"), lambda: Point(1, w=2), lambda: Place(1)])
def test_what_does_not_fit_is_refused_by_the_name_of_the_class(make) -> None:
    with pytest.raises(TypeError, match=r"(Point|Place)\.__init__\(\)"):
        make()


def test_defaults_may_be_made_for_each() -> None:
    @frozen()
    class Listed:
        held: list[int] = field(default_factory=list)

    one, other = Listed(), Listed()
    assert one.held == other.held == []
    assert one.held is not other.held
    assert Listed(one.held).held is one.held


def test_what_init_is_not_given_is_refused() -> None:
    with pytest.raises(TypeError, match="expected `.*Counted` to have no `__post_init__`"):

        @frozen()
        class Counted:
            number: int = field(default=0, init=False)


def test_identity_is_of_the_object_and_not_of_its_value() -> None:
    lists = [[1], [1], [1]]
    assert len({identity(one) for one in lists}) == 3
    assert identity(lists[0]) == identity(lists[0])
    assert identity(Point(1)) != identity(lists)
