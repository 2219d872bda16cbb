"""Leaving a piece of syntax from inside: `break`, `continue` and `return` say so in its hidden names."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager

from ..source.exits import EXIT, Exits
from ..values import Absent, Owned, Static, Tracer, TupleValue, Unstageable, Value
from .branches import JUMPS, SKIPS, Completion
from .receiver_classes import ReceiverClassStager


class LeavingStager(ReceiverClassStager):
    """The layer of ways out of what has a block inside."""

    _exits: list[Exits]
    _is_watched = False  # something around runs after the piece has been left, and reads names

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

    @contextmanager
    def watching_exits(self) -> Iterator[None]:
        """While code is staged behind which names are read even after it has been left: there is a `finally`."""
        outer, self._is_watched = self._is_watched, True
        try:
            yield
        finally:
            self._is_watched = outer

    def stay(self, exits: Exits) -> None:
        """Nothing has been left yet: at the start of the piece, or of an iteration."""
        for name in exits.names:
            self.state.names[name] = Absent() if name == exits.value else Static(False)

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
            assert value is not None
            self.state.names[exits.value] = value if self._is_watched else self._handed_out(value)
            return SKIPS if self._is_watched else JUMPS
        return SKIPS

    def _handed_out(self, value: Value) -> Value:
        """A value that leaves the function: no path on which it does changes its containers any more."""
        if isinstance(value, (Owned, TupleValue)):
            return Tracer(self.ssa(value), self.type_of(value))
        return value
