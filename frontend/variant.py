"""What one signature of a jitted function is run by: a compiled program, or plain Python with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .direct_dispatch import DirectDispatch
from .guard_check import GuardCheck
from .stages import Compiled


@dataclass(slots=True, eq=False)
class Variant:
    """A compiled program, or plain Python.

    Attributes:
        compiled: the program; None for plain Python.
        passed: which arguments the program takes.
        fallback: the reason for plain Python.
        direct: the program as one array kernel, if it is one.
        guards: the facts that the program relies on.
        call: what takes the place of general calls while this is the variant used last, if anything does.
        dispatch: the class that makes it do so.
        is_settled: whether `call` stays as it is.
    """

    compiled: Compiled | None
    passed: tuple[int, ...]
    fallback: str | None = None
    direct: DirectDispatch | None = None
    guards: GuardCheck = field(default=GuardCheck(()), repr=False)
    call: Callable[..., Any] | None = field(default=None, repr=False)
    dispatch: type | None = field(default=None, repr=False)
    is_settled: bool = True

    def holds(self) -> bool:
        """Whether the facts that the program relies on are still true."""
        return self.guards.holds()

    def arguments(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the program takes of the values of all parameters."""
        return values if len(values) == len(self.passed) else tuple(values[i] for i in self.passed)

    @property
    def relies_on_apart(self) -> bool:
        """Whether the program takes objects among its arguments to be different ones."""
        return self.compiled is not None and bool(self.compiled.lowered.apart)

    @property
    def relies_on_trees(self) -> bool:
        """Whether the program takes some of its arguments to be trees."""
        return self.compiled is not None and bool(self.compiled.lowered.apart.trees)

    def takes(self, values: tuple[Any, ...]) -> bool:
        """Whether those objects are so among these arguments."""
        compiled = self.compiled
        return compiled is None or not compiled.lowered.apart or compiled.lowered.apart.holds(values)
