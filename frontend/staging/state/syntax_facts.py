"""What is known of the syntax that a trace looks at: found once for each node, however often that is asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ....diagnostics.identity import identity
from ..source.body_names import BodyNames, last_reads
from ..source.closures import lazy_functions
from ..source.names import Names, names_of, union_of_names


@dataclass(slots=True)
class SyntaxFacts:
    """The names that syntax uses, and the functions in it, by identity; each entry holds what its key is that of."""

    _names: dict[int, tuple[ast.AST, Names]] = field(default_factory=dict)
    _last_reads: dict[int, tuple[Sequence[ast.AST], Mapping[str, int]]] = field(default_factory=dict)
    _lazies: dict[int, tuple[ast.AST, tuple[ast.AST, ...]]] = field(default_factory=dict)

    def lazy_functions(self, nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
        """Functions and generator expressions in this code that may run after the code has."""
        for node in nodes:
            found = self._lazies.get(identity(node))
            if found is None:
                found = self._lazies[identity(node)] = (node, tuple(lazy_functions(node)))
            yield from found[1]

    def names(self, nodes: Sequence[ast.AST]) -> Names:
        """The names that these pieces of syntax use."""
        every = [self._names_of(node) for node in nodes]
        if len(every) == 1:
            return every[0]
        return union_of_names(every)

    def know_names(self, body: Sequence[ast.AST], known: BodyNames) -> None:
        """The names of a function's body have been found before."""
        self._names.update(known.by_node)
        self._last_reads[identity(body)] = body, known.last_read

    def last_reads(self, nodes: Sequence[ast.AST]) -> Mapping[str, int]:
        """The index of the last of these statements that needs a value of a name from before it."""
        known = self._last_reads.get(identity(nodes))
        return last_reads(nodes, list(map(self._names_of, nodes))) if known is None else known[1]

    def used_names(self, node: ast.AST) -> set[str]:
        """The names that a piece of syntax needs a value of: deleting one needs it, too."""
        names = self._names_of(node)
        return names.read | names.deleted if names.deleted else names.read

    def _names_of(self, node: ast.AST) -> Names:
        found = self._names.get(identity(node))
        if found is None:
            found = self._names[identity(node)] = (node, names_of([node]))
        return found[1]
