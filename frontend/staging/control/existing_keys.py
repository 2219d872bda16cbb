"""Loops that store under the key that they are at: `for key, value in table.items(): table[key] = ask(value)`.

Such a store changes nothing of what is still to come: the keys are those of before, and what is under later ones is
what it was. So all that the loop goes through may be taken at its start.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ...effects.abstract_type import DictType, ListType
from ..source.names import names_of
from ..values import Owned, Tracer, Value
from .hashing import hashing_runs_code
from .own_elements import OwnElementsStager


@dataclass(frozen=True, slots=True)
class ExistingKey:
    """A key at which a loop over a container is: a key of a dict, or an index of a list.

    Attributes:
        container: the name of the container.
        key: the name of the key.
        value: the container.
        writes: of the program's writes, those that store under this key.
    """

    container: str
    key: str
    value: Value
    writes: list[Any] = field(default_factory=list)

    def is_target(self, node: ast.expr) -> bool:
        """Whether an assignment to this target stores under the key."""
        match node:
            case ast.Subscript(value=ast.Name(id=container), slice=ast.Name(id=key)):
                return (container, key) == (self.container, self.key)
            case _:
                return False


class ExistingKeyStager(OwnElementsStager):
    """The layer of stores under keys that are there."""

    _existing_keys: tuple[ExistingKey, ...] = ()

    def existing_key(self, target: ast.expr, iterable: ast.expr, body: Sequence[ast.stmt]) -> ExistingKey | None:
        """The key under which a loop stores, if all that it does to its container is that."""
        match target, iterable:
            case ast.Name(id=key), ast.Name(id=container):
                kind: type = DictType
            case ast.Name(id=key), ast.Call(func=ast.Attribute(value=ast.Name(id=container), attr="keys"), args=[]):
                kind = DictType
            case (
                ast.Tuple(elts=[ast.Name(id=key), _]),
                ast.Call(func=ast.Attribute(value=ast.Name(id=container), attr="items"), args=[]),
            ):
                kind = DictType
            case (
                ast.Tuple(elts=[ast.Name(id=key), _]),
                ast.Call(func=callee, args=[ast.Name(id=container)], keywords=[]),
            ) if self.static_of(callee) is enumerate:
                kind = ListType
            case _:
                return None
        value = self.state.names.get(container)
        if not isinstance(value, (Tracer, Owned)) or not isinstance(known := self.type_of(value), kind):
            return None
        if isinstance(known, DictType) and hashing_runs_code(known.key):
            return None
        names = [one for one, held in self.state.names.items() if held is value and not one.startswith("_xcs_")]
        found = ExistingKey(container, key, value)
        bound = names_of(body)
        is_bound_again = {container, key} & (bound.bound | bound.deleted | names_of([_rest_of(target)]).bound)
        return found if names == [container] and not is_bound_again and _only_stores(found, body) else None

    @contextmanager
    def storing_under(self, key: ExistingKey | None) -> Iterator[None]:
        """While the body of a loop that stores under a key is staged."""
        outer = self._existing_keys
        self._existing_keys = outer if key is None else (*outer, key)
        try:
            yield
        finally:
            self._existing_keys = outer

    def key_stored_under(self, targets: Sequence[ast.expr]) -> ExistingKey | None:
        """The key of a loop around this place under which an assignment stores."""
        if len(targets) != 1:
            return None
        return next((key for key in self._existing_keys if key.is_target(targets[0])), None)

    def note_stored(self, key: ExistingKey, first_write: int) -> None:
        """The program's writes from this one on have stored under the key."""
        key.writes.extend(one for one in self.program.writes[first_write:] if one[1] <= {"dict", "list"})

    def is_only_stored_under(self, key: ExistingKey, first_write: int) -> bool:
        """Whether a loop that has been staged since `first_write` leaves all else of its container alone."""
        if self.is_owned(key.value):
            return True  # all that it does to it is done by name
        known, places = self.type_of(key.value), self.places_of(key.value)
        return not any(self.program.writes_to(places, known, first_write, key.writes))


def _rest_of(target: ast.expr) -> ast.expr:
    """What a loop binds beside the key."""
    return target.elts[1] if isinstance(target, ast.Tuple) else ast.Tuple([], ast.Store())


def _only_stores(key: ExistingKey, body: Sequence[ast.stmt]) -> bool:
    """Whether a body stores under the key, and does nothing else with the container but load items."""
    stores, uses, items = 0, 0, 0
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id == key.container:
            uses += 1
        elif isinstance(node, ast.AugAssign) and key.container in names_of([node.target]).read:
            return False
        elif isinstance(node, ast.Assign) and any(map(key.is_target, node.targets)):
            stores += 1
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == key.container:
            items += isinstance(node.ctx, ast.Load)
    return stores > 0 and uses == stores + items
