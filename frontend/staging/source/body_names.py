"""The names of a function's body as it stands in its file: found once, since the syntax of a file never changes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

from ....diagnostics.identity import identity
from .exposed_names import bound_by_loop
from .names import Names, names_of, union_of_names

NamesByNode: TypeAlias = Mapping[int, tuple[ast.AST, Names]]
"""Names of pieces of syntax by identity; each entry holds what its key is the identity of."""


@dataclass(frozen=True, slots=True)
class BodyNames:
    """The names of a run of statements.

    Attributes:
        names: of all of it.
        by_node: of each statement.
        last_read: the last statement that needs a value of a name which it doesn't bind itself.
    """

    names: Names
    by_node: NamesByNode
    last_read: Mapping[str, int]

    @staticmethod
    def of(body: Sequence[ast.AST]) -> BodyNames:
        """Collect the names of statements."""
        every = [names_of([node]) for node in body]
        by_node = {identity(node): (node, names) for node, names in zip(body, every, strict=True)}
        return BodyNames(union_of_names(every), by_node, last_reads(body, every))


_of_functions: WeakKeyDictionary[ast.AST, BodyNames] = WeakKeyDictionary()


def body_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> BodyNames:
    """The names of the body of a function of a parsed file."""
    found = _of_functions.get(function)
    if found is None:
        found = _of_functions[function] = BodyNames.of(function.body)
    return found


def last_reads(nodes: Sequence[ast.AST], every: Sequence[Names]) -> dict[str, int]:
    """The index of the last statement that needs a value of a name from before it; `every` are their names."""
    found: dict[str, int] = {}
    for index, (node, names) in enumerate(zip(nodes, every, strict=True)):
        needed = names.read | names.deleted if names.deleted else names.read
        if node.__class__ is ast.For or node.__class__ is ast.AsyncFor:
            needed = needed - bound_by_loop(node)
        for name in needed:
            found[name] = index
    return found
