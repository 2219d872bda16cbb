"""Names that a `try` keeps for its handlers: what the body binds is seen as of the step that fails.

Values of a body travel to what follows it only if the whole body succeeds. A name that the body binds and that a
handler may see has a *variable* besides (`xcs.variable`), which each binding assigns in program order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass

from xdsl.ir import SSAValue

from ...effects.abstract_type import BOOL, NEVER, AbstractType
from ...effects.lattice import join, widen
from ...effects.seal import Seal
from ..source.exits import Exits
from ..source.names import names_of
from ..values import LocalFunction, Maybe, Owned, Static, Tracer, Unbound, Unstageable, Value, containers_in, parts_of
from .targets import TargetStager


@dataclass(slots=True, eq=False)
class Variable:
    """Where a name is kept.

    Attributes:
        held: the variable of its value.
        bound: the variable that says whether it is bound; None: it always is.
        type: of all values assigned so far.
    """

    held: SSAValue
    bound: SSAValue | None
    type: AbstractType


class KeptNamesStager(TargetStager):
    """The layer of names that are kept for handlers."""

    _kept: dict[str, tuple[Variable, ...]]
    _changes: list[Owned]  # containers changed, or let go, so far
    _unsealed: list[tuple[Owned, Seal]]  # and those whose contents were
    _left_as: dict[Owned, AbstractType]  # what containers that a handler sees have been on the way

    @contextmanager
    def keeping(self, names: Set[str], unbound: Set[str]) -> Iterator[dict[str, Variable]]:
        """While the body of a `try` is staged, after which handlers may see these names; it may unbind `unbound`."""
        made = {name: self._make_variable(name, name in unbound) for name in sorted(names)}
        outer = self._kept
        self._kept = {**outer, **{name: (*outer.get(name, ()), variable) for name, variable in made.items()}}
        try:
            yield made
        finally:
            self._kept = outer

    def _make_variable(self, name: str, may_unbind: bool) -> Variable:
        value, bound = parts_of(self.state.names.get(name))
        if isinstance(value, LocalFunction):
            raise Unstageable(f"`{name}` is bound before a `try` may fail")
        if value is not None:
            self.hold(value)
        known = NEVER if value is None else widen(self.type_of(value))
        held = self.builder.variable(self.ssa(Static(None) if value is None else value))
        is_certain = bound == Static(True) and not may_unbind
        return Variable(held, None if is_certain else self.builder.variable(self.ssa(bound)), known)

    def see_kept(self, kept: dict[str, Variable]) -> None:
        """At the start of a handler: names are bound to what they were when the body failed."""
        for name, variable in kept.items():
            value: Value = Tracer(self.builder.current(variable.held), variable.type)
            if variable.bound is not None:
                value = Maybe(value, Tracer(self.builder.current(variable.bound), BOOL))
            self.state.names[name] = value

    def bind(self, name: str, value: Value) -> None:
        """Bind a local name, and what it is kept in."""
        super().bind(name, value)
        if name in self._kept:
            self._assign_kept(name, value)

    def unbind(self, name: str) -> None:
        """A local name is bound no more."""
        self.state.names[name] = Unbound(name)
        if name in self._kept:
            self._assign_kept(name, Unbound(name))

    def _assign_kept(self, name: str, value: Value) -> None:
        held, bound = parts_of(value)
        if isinstance(held, LocalFunction):
            raise Unstageable(f"`{name}` is bound before a `try` may fail")
        for variable in self._kept[name]:
            if held is not None:
                self.hold(held)
                variable.type = join(variable.type, widen(self.type_of(held)))
                self.builder.assign(variable.held, self.ssa(held))
            if variable.bound is not None:
                self.builder.assign(variable.bound, self.ssa(bound))
            elif bound != Static(True):
                raise Unstageable(f"`{name}` may be unbound")

    def _generate(
        self, generators: list[ast.comprehension], finish: Callable[[], None], made: Owned, bound: set[str]
    ) -> None:
        """Targets of a comprehension are names of its own."""
        outer = self._kept
        targets = names_of([generators[0].target]).bound
        self._kept = {name: variables for name, variables in outer.items() if name not in targets}
        try:
            super()._generate(generators, finish, made, bound)
        finally:
            self._kept = outer

    def binds_halfway(self, node: ast.stmt) -> bool:
        """Whether a statement, run as one piece, may fail after it has bound a name that is kept."""
        return bool(self._kept) and bool(self.program.names([node]).bound & self._kept.keys()) and not binds_last(node)

    def stage_native_statements(self, nodes: Sequence[ast.stmt], live: Set[str], exits: Exits | None = None) -> None:
        """Statements as one call of native code, if that binds kept names all at once or not at all."""
        way = "return"
        if exits is not None and self._is_watched and way in exits.ways:  # of all names it would give only the value
            raise Unstageable(f"`{way}` leaves native code", nodes[0].lineno)
        changed = self.program.names(nodes).bound | self.program.names(nodes).deleted
        if kept := changed & self._kept.keys():
            if not all(binds_last(node) for node in nodes[-1:]) or self.program.names(nodes[:-1]).bound & kept:
                raise Unstageable(f"`{min(kept)}` is bound before a `try` may fail", nodes[0].lineno)
            live = live | kept
        super().stage_native_statements(nodes, live, exits)

    def note_change(self, owned: Owned) -> None:
        """Called where a container has a next version."""
        self._changes.append(owned)
        if self.state.heap[owned].in_order:
            self._left_as[owned] = join(self._left_as.get(owned, NEVER), self.state.heap[owned].type)

    def escape(self, owned: Owned) -> None:
        """From here on somebody else may see this container."""
        if not self.state.heap[owned].escaped:
            self._changes.append(owned)
        super().escape(owned)

    def unseal(self, owned: Owned, seal: Seal = None) -> None:
        """From here on somebody else may see what this container holds, or what it holds in the seal's open parts."""
        before = self.state.heap[owned].seal
        super().unseal(owned, seal)
        if (after := self.state.heap[owned].seal) != before:
            self._unsealed.append((owned, after))

    def reachable(self, names: Set[str]) -> set[Owned]:
        """Owned containers that code may reach which reads these names, and those that no name leads to."""
        seen: set[Owned] = set()
        named: set[Owned] = set()
        for name, value in self.state.names.items():
            found = set(containers_in(value))
            named |= found
            if name in names or name.startswith("_xcs_"):
                seen |= found
        return seen | (set(self.state.heap) - named)


def binds_last(node: ast.stmt) -> bool:
    """Whether binding names is the last thing that a statement does, and can't fail once begun."""
    if any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node)):
        return False
    match node:
        case ast.Assign(targets=targets):
            return all(map(_is_flat, targets)) and (len(targets) == 1 or all(isinstance(t, ast.Name) for t in targets))
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return isinstance(target, ast.Name)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return len(names) == 1
        case ast.Delete(targets=targets):
            return len(targets) == 1 and isinstance(targets[0], ast.Name)
        case ast.FunctionDef() | ast.ClassDef():
            return True
        case ast.Match():
            return is_pattern_test(node)  # a pattern binds its names when all of it has matched
        case _:
            return not names_of([node]).bound


def is_pattern_test(node: ast.Match) -> bool:
    """Whether a `match` only says which case takes its subject: what the stager makes of a `match` of the user's."""
    match node.cases[-1].body:
        case [ast.Assign(targets=[ast.Name(id=name)])]:
            return name.startswith("_xcs_")
        case _:
            return False


def _is_flat(target: ast.expr) -> bool:
    """Whether a target is a name, or names side by side: unpacking fails before the first is bound."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(isinstance(t.value if isinstance(t, ast.Starred) else t, ast.Name) for t in target.elts)
    return isinstance(target, ast.Name)
