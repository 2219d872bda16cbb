"""Objects of the user's classes in names outside of the code: what they hold is looked at where a method is called."""

from __future__ import annotations

import ast

from ...effects.abstract_type import AbstractType
from ...effects.place import OutsideName, Place
from ...effects.scope import find
from ..values import Tracer
from .arguments import ArgumentStager


class OutsideObjectStager(ArgumentStager):
    """The layer of objects found outside."""

    def is_outside(self, name: str) -> bool:
        """Whether a name means data outside of this function."""
        is_own = name in self.state.names or name in self.local_names
        return not is_own and self.known_free_name(name) is None

    def type_of_outside(self, name: str) -> AbstractType | None:
        """What is known of an object of a user's class that a name outside is bound to; None if it isn't one."""
        return self.program.type_of_object(self._place_outside(name))

    def outside_object(self, node: ast.Name) -> Tracer:
        """That object. The program relies on what was looked at: the next call of it looks again."""
        value, place = self.stage_expression(node), self._place_outside(node.id)
        known = self.program.type_of_object(place)
        assert isinstance(value, Tracer)
        assert known is not None
        assert place is not None
        assert isinstance(place.root, OutsideName)
        self.program.rely_on_contents(place.root)
        return Tracer(value.ssa, known, value.places)

    def _place_outside(self, name: str) -> Place | None:
        found = find(self.scope, name) if self.is_outside(name) else None
        return None if found is None else found.value.place
