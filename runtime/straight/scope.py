"""Where straight code is in a plan: scopes of blocks written inside each other, and points between instructions.

In: what the writer has named. Out: for a point, the levels that a run suspended there consists of.

Guarantees: nothing here changes once the code is written; any thread may read.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ..plan import Block, Call

Term: TypeAlias = str
"""A Python expression without effect: the name of a local or of a constant."""


class Role(enum.Enum):
    """What a block is to the instruction that owns it."""

    ENTRY = enum.auto()
    BRANCH = enum.auto()
    ITERATION = enum.auto()
    CONDITION = enum.auto()
    BODY = enum.auto()  # of a `while` or a `try`
    HANDLER = enum.auto()
    FUNCTION = enum.auto()


@dataclass(slots=True, eq=False)
class Scope:
    """One block as it is written at one place of the code.

    Attributes:
        block: the block.
        names: the term of each slot.
        role: what it is to the instruction `index` of the scope `outer`; the entry has none.
        iterator: where the elements of the loop come from, if this is an iteration.
        lists: the lists that a `map` fills; carried: the values carried into the next iteration of another loop.
    """

    block: Block
    role: Role
    outer: Scope | None = None
    index: int = 0
    names: dict[int, Term] = field(default_factory=dict)
    iterator: Term | None = None
    lists: tuple[Term, ...] = ()
    carried: tuple[Term, ...] = ()

    def later_calls(self, index: int) -> int:
        """How many calls of this block come after its first `index` instructions."""
        return sum(isinstance(one, Call) for one in self.block.instructions[index:])


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A place where straight code can be left: the first `index` instructions of `scope` are done.

    With `between`, the next instruction is a loop, and as many of its iterations are done as its names say; `between`
    is the scope of an iteration.
    """

    scope: Scope
    index: int
    between: Scope | None = None

    def levels(self) -> Iterator[tuple[Scope, int]]:
        """The scopes from the entry inwards, each with the number of instructions done."""
        found = []
        scope, index = self.scope, self.index
        while True:
            found.append((scope, index))
            if scope.outer is None:
                return reversed(found)
            scope, index = scope.outer, scope.index

    def later_calls(self) -> int:
        """How many calls of the blocks that are running come after this point."""
        return sum(scope.later_calls(index) for scope, index in self.levels())
