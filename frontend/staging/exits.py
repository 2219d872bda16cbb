"""Ways out of a piece of syntax: `break` and `return` from inside a loop, and from anything else with a block inside.

Where control can't leave at once because values of several paths meet first, it says so in hidden names: one flag for
each way out, and the value to return. What stands behind the piece looks at the flags. They are ordinary names to
branches and loops, so a flag that is known while staging stays known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass

from .branches import EXIT, JUMPS, SKIPS, BranchStager, Completion
from .rewriting import name_node
from .values import Static, Unstageable, Value

WAYS = ("return", "break", "continue")


@dataclass(frozen=True, slots=True)
class Exits:
    """The ways out of one piece of syntax.

    Attributes:
        prefix: what its hidden names begin with.
        ways: the ways that control may take to what is around the piece.
        is_loop: the piece is the body of a loop: `break` ends at it, and `continue` is no way out.
    """

    prefix: str
    ways: frozenset[str]
    is_loop: bool

    @property
    def left(self) -> str:
        """The name of the flag: the piece has been left, by whatever way."""
        return self.prefix + "left"

    @property
    def value(self) -> str:
        """The name of the value to return."""
        return self.prefix + "value"

    def flag(self, way: str) -> str:
        """The name of the flag: the piece has been left by this way."""
        return self.prefix + way if len(self.ways) > 1 else self.left

    @property
    def names(self) -> frozenset[str]:
        """All hidden names."""
        flags = {self.left, *(self.flag(way) for way in self.ways)}
        return frozenset(flags | ({self.value} if "return" in self.ways else set()))

    def after(self, at: ast.stmt, orelse: Sequence[ast.stmt] = ()) -> list[ast.stmt]:
        """Statements to stand behind the piece: go on by the way it has been left, or with the `else` of a loop."""

        def when(way: str, body: Sequence[ast.stmt], otherwise: Sequence[ast.stmt] = ()) -> ast.stmt:
            test = name_node(self.flag(way), at)
            return ast.copy_location(ast.If(test, list(body), list(otherwise)), at)

        found: list[ast.stmt] = []
        if "return" in self.ways:
            found.append(when("return", [ast.copy_location(ast.Return(name_node(self.value, at)), at)]))
        if self.is_loop and orelse:
            stopped = "break" in self.ways
            found += [when("break", [ast.copy_location(ast.Pass(), at)], orelse)] if stopped else orelse
        if not self.is_loop:
            found += [when("break", [ast.copy_location(ast.Break(), at)])] if "break" in self.ways else []
            found += [when("continue", [ast.copy_location(ast.Continue(), at)])] if "continue" in self.ways else []
        return found


class ExitStager(BranchStager):
    """The layer of ways out."""

    _exits: list[Exits]

    @contextmanager
    def exits(self, ways: Set[str], *, is_loop: bool) -> Iterator[Exits]:
        """While a piece of syntax is staged that control may leave by these ways."""
        self.num_temporaries += 1
        inner = Exits(f"{EXIT}{self.num_temporaries}_", frozenset(ways), is_loop)
        self.stay(inner)
        self._exits.append(inner)
        try:
            yield inner
        finally:
            self._exits.pop()

    def stay(self, exits: Exits) -> None:
        """Nothing has been left yet: at the start of the piece, or of an iteration."""
        for name in exits.names:
            self.state.names[name] = Static(None if name == exits.value else False)

    def leave(self, way: str, line: int, value: Value | None = None) -> Completion:
        """Leave the innermost piece by `return`, `break` or `continue`."""
        if not self._exits:
            raise Unstageable(f"`{way}` from inside", line)
        exits = self._exits[-1]
        if exits.is_loop and way == "continue":
            return SKIPS
        assert way in exits.ways, f"a way out that was not announced: {way}"
        self.state.names[exits.left] = self.state.names[exits.flag(way)] = Static(True)
        if way == "return":
            self.state.names[exits.value] = Static(None) if value is None else value
            return JUMPS
        return SKIPS
