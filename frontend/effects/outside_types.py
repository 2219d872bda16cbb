"""Dicts found in names outside of the code: what they hold, looked at where a program is traced, and at each call.

In: a name. Out: the type of the dict that it is bound to, and the guard that makes relying on it right at the start of
a program. What the program writes itself is for its stager to tell.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass

from .abstract_type import AbstractType, CollectionType, DictType
from .lattice import covers, without_items
from .place import OutsideName
from .summary import Guard
from .type_of import type_of

TABLES = (dict, Counter, defaultdict, OrderedDict)
MAX_LOOKED_AT = 4096  # items; beyond, looking at each call could cost more than is gained


@dataclass(frozen=True, slots=True, eq=False)
class ContentGuard(Guard):
    """A fact about what an object holds: `namespace[name]` is described by the type `value`."""

    def holds(self) -> bool:
        """Whether the fact is still true."""
        current = self.namespace.get(self.name, Guard)
        assert isinstance(self.value, AbstractType)
        if type(current) not in TABLES or len(current) > MAX_LOOKED_AT:  # type: ignore[arg-type]
            return False
        return covers(self.value, without_items(type_of(current)))

    def __hash__(self) -> int:
        return hash((self.place, self.name, "contents"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContentGuard):
            return False
        return self.place == other.place and self.name == other.name and self.value == other.value


def type_of_table(root: OutsideName) -> AbstractType | None:
    """The type of the dict that a name is bound to, if that says something of what it holds."""
    held = root.namespace.get(root.name)
    if type(held) not in TABLES or len(held) > MAX_LOOKED_AT:  # type: ignore[arg-type]
        return None
    known = without_items(type_of(held))
    return known if is_table_of_known(known) else None


def is_table_of_known(known: AbstractType) -> bool:
    """Whether a type is that of a dict of which keys and values are known to be something."""
    if not isinstance(known, (DictType, CollectionType)):
        return False
    return type(known.key) is not AbstractType and type(known.value) is not AbstractType
