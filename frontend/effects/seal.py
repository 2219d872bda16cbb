"""Seals: how much of what an object holds is seen by nobody else.

A container is *sealed* if whatever mutable objects it holds are reached through it alone. It may be so but for some
attributes of objects that it is made of, which are *open*: `Agent(name, tools)` holds a list that its maker has, too,
and a history that only the agent has.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from ...diagnostics.frozen import frozen
from .place import ParameterKey, Place

OpenPart: TypeAlias = tuple[type, str]
"""An attribute of objects of a class."""

ATTRIBUTE = "attr:"


@frozen()
class SealedBut:
    """What a container holds is seen by nobody else but for what is open.

    Attributes:
        open: the attributes of which others see what they hold.
        places: where that was found when the code started; None: anywhere.
    """

    open: frozenset[OpenPart] = frozenset()
    places: frozenset[Place] | None = frozenset()

    def renamed(self, keys: Mapping[ParameterKey, ParameterKey]) -> SealedBut:
        """The same with parameters named otherwise; parameters not in `keys` become the outside world."""
        found = None if self.places is None else [place.renamed(keys) for place in self.places]
        if found is None or None in found:
            return SealedBut(self.open, None)
        return SealedBut(self.open, frozenset(place for place in found if place is not None))

    def join(self, other: SealedBut) -> SealedBut:
        """What is true of both."""
        places = None if self.places is None or other.places is None else self.places | other.places
        return SealedBut(self.open | other.open, places)


Seal: TypeAlias = SealedBut | None
"""None: others may see anything that the container holds."""

SEALED = SealedBut()
NO_SEALS: Mapping[str, Seal] = MappingProxyType({})


def join_seals(left: Seal, right: Seal) -> Seal:
    """What is true of both, where nothing that is closed in one may be reached through what is open in the other."""
    return left if left is right else None if left is None or right is None else left.join(right)


def join_alike(seals: Iterable[Seal]) -> Seal:
    """What is true of all of these, if the same is open in all; what is open in one alone may be what others close."""
    found = list(seals)
    is_alike = len({one.open for one in found if one is not None}) == 1
    return functools.reduce(join_seals, found) if is_alike else None


def renamed_seal(seal: Seal, keys: Mapping[ParameterKey, ParameterKey]) -> Seal:
    """The same with parameters named otherwise."""
    return seal if seal is None or not seal.open else seal.renamed(keys)


def is_open(cls: type | None, field: str, seal: Seal) -> bool:
    """Whether others may see what this field of an object of this class holds."""
    return seal is None or (cls is not None and (cls, field.removeprefix(ATTRIBUTE)) in seal.open)


def open_key(key: ParameterKey) -> str:
    """The key, in summaries, of what an owned input holds in open attributes."""
    return f"{key}."
