"""Source under construction: statements with their places, names of values, and looks at the clock.

Guarantees: one writer belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...diagnostics.identity import identity
from ..latency import FAST_NS
from ..plan import Block, Call, Instruction, Invoke, Operand, Plan, Slot
from ..plan_summary import blocks_of
from ..site import Site, site_of
from .scope import Point, Role, Scope, Term

MAX_BATCH = 16
"""Calls between two looks at the clock, which costs about half as much as calling an empty function."""
MAX_LINES = 50_000
"""Statements above which compiling takes longer than it is worth (some 10 microseconds for each)."""


class NotStraight(Exception):
    """The plan can't be written as straight code."""


@dataclass(slots=True, eq=False)
class Batch:
    """Calls between two looks at the clock.

    Attributes:
        sites: where they are made.
        is_exact: nothing else of any length runs in between.
    """

    sites: list[Site] = field(default_factory=list)
    is_exact: bool = True


@dataclass(slots=True, eq=False)
class Source:
    """Written code.

    Attributes:
        lines: the statements of all functions.
        names: the globals of the code.
        places: for each line, from 1 on, the scope and the instruction it belongs to.
        sites: all sites that are fast, on which the code relies.
        has_sites: whether there are any, fast or not.
    """

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    places: list[tuple[Scope, int]] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    has_sites: bool = False


class SourceWriter:
    """Writes statements."""

    def __init__(self, plan: Plan) -> None:
        self.source = Source()
        self._plan = plan
        self._indent = 0
        self._leave = "return leave"
        self._num_names = 0
        self._constants: dict[int, Term] = {}
        self._batch = Batch()
        self._allowance = 1
        self._with_sites = _symbols_with_sites(plan)
        self._own: dict[Scope, set[Term]] = {}  # locals that are the name of one slot alone
        self._classes: dict[Term, type] = {}  # of locals whose class is known

    def _inner(self, outer: Scope, index: int, block: Block, role: Role) -> Scope:
        """The scope of a block in an instruction: captured slots are other names for the outer ones."""
        scope = Scope(block, role, outer, index)
        for outer_slot, inner_slot in block.captures:
            scope.names[inner_slot] = outer.names[outer_slot]
        return scope

    def _guard(self, scope: Scope, index: int, call: Call, site: Site) -> None:
        """Leaves the code before a call that isn't known to be fast."""
        if site.latency is not None and site.is_fast:
            self.source.sites.append(site)
            return
        name = self.constant(site)
        test = f"{name}.is_fast" if site.latency else f"{name}.admits({self._term(call.callee, scope)})"
        self._statement(f"if not {test}: {self._leave}({self._point(Point(scope, index))}, locals())", scope, index)

    def _check(self, scope: Scope, index: int) -> None:
        """Looks at the clock if there were calls since the last time; else only starts it anew."""
        if self._batch.sites:
            self._look(Point(scope, index), None)

    def _look(self, point: Point, stride: Term | None) -> None:
        batch, scope = self._batch, point.scope
        num = len(batch.sites)
        times = "" if stride is None else f" * {stride}"
        self._statement("t = now(); d = t - t0", scope, point.index)
        self._statement(f"if d > {num * FAST_NS}{times}:", scope, point.index)
        self._indent += 1
        self._statement(f"w = suspect(w, d, n, {num}{times}, {self.constant(batch)})", scope, point.index)
        self._statement(f"if w.leaves: {self._leave}({self._point(point)}, locals())", scope, point.index)
        self._indent -= 1
        self._statement("t0 = t", scope, point.index)
        self._batch = Batch()

    def _outputs(self, scope: Scope) -> list[Term]:
        return [self._term(operand, scope) for operand in scope.block.outputs]

    def _term(self, operand: Operand, scope: Scope) -> Term:
        return scope.names[operand.index] if isinstance(operand, Slot) else self.constant(operand.value)

    def constant(self, value: Any) -> Term:
        """The term of a value that is known."""
        if value is None or value is True or value is False:
            return repr(value)
        name = self._constants.get(identity(value))
        if name is None:
            name = self._constants[identity(value)] = f"k{len(self._constants)}"
            self.source.names[name] = value
        return name

    def is_of(self, term: Term, cls: type) -> bool:
        """Whether the value of a term is surely an instance of exactly this class."""
        return self._classes.get(term) is cls

    def _point(self, point: Point) -> Term:
        return self.constant(point)

    def _new(self, letter: str) -> Term:
        self._num_names += 1
        return f"{letter}{self._num_names}"

    def _fill(self, scope: Scope, slots: Sequence[int]) -> list[Term]:
        """New locals for slots."""
        names = [self._new("v") for _ in slots]
        self._name(scope, slots, names)
        return names

    @staticmethod
    def _name(scope: Scope, slots: Sequence[int], names: Sequence[Term]) -> None:
        scope.names.update(zip(slots, names, strict=True))

    def _alias(self, scope: Scope, slots: Sequence[int], terms: Sequence[Term]) -> None:
        """Other names of slots for what has a name already."""
        self._own.get(scope, set()).difference_update(terms)
        self._name(scope, slots, terms)

    def _assign(self, names: Sequence[Term], terms: Sequence[Term], scope: Scope, index: int) -> None:
        """All at once: a term may be the name of another."""
        if names and tuple(names) != tuple(terms):
            self._statement(f"{', '.join(names)} = {', '.join(terms)}", scope, index)
        else:
            self._statement("pass", scope, index)

    def _statement(self, text: str, scope: Scope, index: int) -> None:
        source = self.source
        if len(source.lines) >= MAX_LINES or self._indent > 60:
            raise NotStraight
        source.lines.append(" " * self._indent + text)
        source.places.append((scope, index))


def tuple_of(terms: Sequence[Term]) -> str:
    """A tuple of terms, as written."""
    return f"({', '.join(terms)}{',' if terms else ''})"


def has_sites(block: Block, symbols: set[str]) -> bool:
    """Whether a call anywhere in a block may go to a worker; `symbols` are the functions with such calls."""
    pending = [block]
    while pending:
        for instruction in pending.pop().instructions:
            if _is_site(instruction) or (isinstance(instruction, Invoke) and instruction.symbol in symbols):
                return True
            pending.extend(blocks_of(instruction).values())
    return False


def _is_site(instruction: Instruction) -> bool:
    return isinstance(instruction, Call) and site_of(instruction) is not None


def _symbols_with_sites(plan: Plan) -> set[str]:
    found: set[str] = set()
    while True:
        new = {s for s, block in plan.functions.items() if s not in found and has_sites(block, found)}
        if not new:
            return found
        found |= new
