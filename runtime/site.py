"""A place of a plan where a call may go to a worker: what is known of the callables that are met there.

Guarantees: the thread that drives a run asks and notes; runs of one plan on several threads share its sites. A site
keeps no object of the user's alive but functions' code and classes it refers to weakly.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any

from ..diagnostics.effect import Effect
from ..diagnostics.identity import identity
from .latency import Latency, latency_of
from .plan import Block, Call, Instruction, Literal, Plan

MAX_KINDS = 64
"""Kinds of callables that a site remembers to run where they stand; more than these are looked at each time."""


class Site:
    """One call of a plan that is external, or may turn out to be.

    Attributes:
        latency: of the callable, where it is known when compiling.
        was_reached: a run has come here.
        is_fast: the callable met last runs where it stands.
    """

    __slots__ = ("_inline_kinds", "_last", "latency", "was_reached")

    def __init__(self, instruction: Call) -> None:
        callee = instruction.callee
        self.latency: Latency | None = latency_of(callee.value) if isinstance(callee, Literal) else None
        if instruction.behaviour.effect is Effect.DYNAMIC:
            self.latency = None  # whether it is external at all depends on the arguments
        self.was_reached = False
        self._last: Latency | bool = False
        self._inline_kinds: set[Any] = set()

    @property
    def is_fast(self) -> bool:
        """Whether the callable met last runs where it stands."""
        last = self.latency or self._last
        return last if isinstance(last, bool) else last.is_fast

    def external(self, function: Callable[..., Any]) -> Latency:
        """The record of a callable that is external here."""
        self.was_reached = True
        latency = self.latency
        if latency is None:
            latency = self._last = latency_of(function)
        return latency

    def inline(self, function: Callable[..., Any]) -> None:
        """A callable was met that runs on the calling thread in any case."""
        self.was_reached = True
        self._last = True
        if len(self._inline_kinds) < MAX_KINDS:
            self._inline_kinds.add(_kind_of(function))

    def admits(self, function: Callable[..., Any]) -> bool:
        """Whether a callable met in straight code runs there."""
        return latency_of(function).is_fast or _kind_of(function) in self._inline_kinds


def site_of(instruction: Instruction) -> Site | None:
    """A new site, where an instruction may hand a call to a worker."""
    if (
        not isinstance(instruction, Call)
        or instruction.retires
        or instruction.is_async
        or instruction.batch is not None
    ):
        return None  # a call with a batch form goes out with others
    behaviour = instruction.behaviour
    if behaviour.effect is Effect.DYNAMIC or (behaviour.external and behaviour.effect < Effect.ORDERED):
        return Site(instruction)
    return None


def sites_of(plan: Plan, block: Block) -> tuple[Site | None, ...]:
    """The sites of a block of this plan, by instruction; the same ones for all who ask."""
    found = plan.sites.get(identity(block))
    if found is None:
        found = plan.sites.setdefault(identity(block), tuple(map(site_of, block.instructions)))
    return found


def _kind_of(function: Callable[..., Any]) -> Any:
    """What callables have in common that do the same: the code of functions, the method and class of builtins."""
    cls = type(function)
    if cls is types.MethodType:
        function = function.__func__
        cls = type(function)
    if cls is types.FunctionType:
        return function.__code__
    if cls is types.BuiltinMethodType:
        owner = function.__self__
        if isinstance(owner, types.ModuleType):
            return weakref.ref(function)
        return weakref.ref(owner if isinstance(owner, type) else type(owner)), function.__name__
    return weakref.ref(function if isinstance(function, type) else cls)
