"""One function body, segment or closure under inference: its local names, and the dispatch on syntax nodes.

Statements and expressions register how they are evaluated (`statement`, `expression`), so modules of node kinds need
not know each other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from .abstract_type import ANY
from .ledger import Inference, Ledger
from .scope import CodeScope, find
from .source import FunctionNode
from .summary import Guard
from .value import NOTHING, Origin, Value, join_values, outside, reach_of

Names: TypeAlias = dict[str, Value]
Evaluate: TypeAlias = Callable[["Frame", Any], Value]
Execute: TypeAlias = Callable[["Frame", Any], None]

EXPRESSIONS: dict[type[ast.AST], Evaluate] = {}
STATEMENTS: dict[type[ast.AST], Execute] = {}
MAX_STEPS = 200_000  # nodes evaluated for one question; what is beyond is unknown


class TooLarge(Exception):
    """Inference takes longer than its answer is worth."""


class Budget:
    """Nodes that may still be evaluated, shared by all activations of one question."""

    __slots__ = ("left",)

    def __init__(self, left: int = MAX_STEPS) -> None:
        self.left = left


def expression(*kinds: type[ast.AST]) -> Callable[[Evaluate], Evaluate]:
    """Registers how expressions of these node kinds are evaluated."""

    def register(function: Evaluate) -> Evaluate:
        EXPRESSIONS.update(dict.fromkeys(kinds, function))
        return function

    return register


def statement(*kinds: type[ast.AST]) -> Callable[[Execute], Execute]:
    """Registers how statements of these node kinds are executed."""

    def register(function: Execute) -> Execute:
        STATEMENTS.update(dict.fromkeys(kinds, function))
        return function

    return register


class Frame:
    """Local names and control flow of one body.

    Attributes:
        names: local names to values, on the path being followed; None on a path that has ended.
        own: all names that are local to this body.
        returned: the join of all returned values.
        handlers: for each enclosing `try`, the joined values that names had anywhere in its body.
        exits: for each enclosing loop, the names at its `break`s and `continue`s.
        captured: the joined values of names that nested functions read.
        is_immediate: this is a comprehension, run where it stands, so it sees its parent's names as they are now.
    """

    def __init__(
        self,
        ledger: Ledger,
        inference: Inference,
        scope: CodeScope,
        own: frozenset[str],
        names: Names,
        budget: Budget,
        parent: Frame | None = None,
        is_immediate: bool = False,
    ) -> None:
        self.ledger = ledger
        self.inference = inference
        self.scope = scope
        self.own = own
        self.budget = budget
        self.parent = parent
        self.is_immediate = is_immediate
        self.names: Names | None = names
        self.returned = NOTHING
        self.yielded = NOTHING
        self.handlers: list[Names] = []
        self.exits: list[tuple[list[Names], list[Names]]] = []
        self.captured: Names = {}
        self.capturing: frozenset[str] = frozenset()
        self.shared: frozenset[str] = frozenset()
        self.declared_global: frozenset[str] = frozenset()
        self.receiver: tuple[type, Value] | None = None
        self.active: list[object] = [] if parent is None else parent.active

    def evaluate(self, node: ast.expr) -> Value:
        """The value of an expression, its effects entered in the ledger."""
        self.budget.left -= 1
        if self.budget.left < 0:
            raise TooLarge
        evaluate = EXPRESSIONS.get(type(node))
        if evaluate is None:
            self.ledger.unknown(f"`{type(node).__name__}` expression", self.everything())
            return outside(ANY)
        return evaluate(self, node)

    def execute(self, nodes: Sequence[ast.stmt]) -> None:
        """Runs statements until the path ends."""
        for node in nodes:
            if self.names is None:
                return
            self.budget.left -= 1
            if self.budget.left < 0:
                raise TooLarge
            execute = STATEMENTS.get(type(node))
            if execute is None:
                self.ledger.unknown(f"`{type(node).__name__}` statement", self.everything())
            else:
                execute(self, node)

    def everything(self) -> Iterable[Value]:
        """All local values: what code that isn't understood may touch."""
        return tuple((self.names or {}).values()) + tuple(self.captured.values())

    def lookup(self, name: str) -> Value:
        """The value of a name where it is read."""
        if name in self.own and name not in self.shared:
            return NOTHING if self.names is None else self.names.get(name, NOTHING)
        if name in self.own:
            return self.captured.get(name, NOTHING)
        if self.is_immediate and self.parent is not None:
            return self.parent.lookup(name)
        frame = None if name in self.declared_global else self.parent
        while frame is not None:
            if name in frame.own:
                return frame.captured.get(name, NOTHING)
            frame = frame.parent
        found = find(self.scope, name)
        if found is None:  # a NameError, as long as nobody defines it
            self.ledger.guards.add(Guard(self.scope.globals, name, Guard))
            return NOTHING
        if found.guard is not None:
            self.ledger.guards.add(found.guard)
        if found.sees is not None:
            self.ledger.sees.add(found.sees)
        if self.ledger.writes and (None, self.outside_kind(name)) in self.ledger.writes:  # rebound by this very code
            return outside(ANY)
        return found.value

    def outside_kind(self, name: str) -> str:
        """The kind of state that a name outside of the code is."""
        if name in self.scope.cells:
            return f"cell:{name}"
        return f"global:{self.scope.globals.get('__name__')}.{name}"

    def bind(self, name: str, value: Value) -> None:
        """Assigns a name."""
        if name not in self.own:
            self._bind_outside(name, value)
            return
        if self.names is not None:
            self.names[name] = value
        for handler in self.handlers:
            handler[name] = join_values(handler.get(name, NOTHING), value)
        if name in self.capturing:
            self.captured[name] = join_values(self.captured.get(name, NOTHING), value)

    def _bind_outside(self, name: str, value: Value) -> None:
        if self.is_immediate and self.parent is not None:
            self.parent.bind(name, value)
            return
        frame = None if name in self.declared_global else self.parent
        while frame is not None:
            if name in frame.own:
                frame.captured[name] = join_values(frame.captured.get(name, NOTHING), value)
                if frame.names is not None:
                    frame.names[name] = join_values(frame.names.get(name, NOTHING), value)
                return
            frame = frame.parent
        self.ledger.rebind(self.outside_kind(name), name, value)

    def fork(self) -> Names | None:
        """A copy of the names for another path."""
        return None if self.names is None else dict(self.names)

    def end(self) -> None:
        """This path goes no further."""
        self.names = None


def joined(left: Names | None, right: Names | None) -> Names | None:
    """The names where two paths meet; a name that one of them lacks is unbound there."""
    if left is None or right is None:
        return left if right is None else right
    if left is right:
        return left
    result = dict(left)
    for name, value in right.items():
        mine = result.get(name)
        result[name] = value if mine is None else join_values(mine, value)
    return result


class Closure:
    """A `def` or `lambda` of the code under inference, called with the names of the frame that defines it."""

    __slots__ = ("defaults", "frame", "free", "node")

    def __init__(self, node: FunctionNode, frame: Frame, defaults: dict[str, Value], free: frozenset[str]) -> None:
        self.node = node
        self.frame = frame
        self.defaults = defaults
        self.free = free

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Closure) and self.node is other.node and self.frame is other.frame

    def __hash__(self) -> int:
        return hash((id(self.node), id(self.frame)))

    @property
    def origins(self) -> frozenset[Origin]:
        """What it may reach: captured values and defaults."""
        found: set[Origin] = set()
        for name in self.free:
            frame: Frame | None = self.frame
            while frame is not None:
                if name in frame.own:
                    held = frame.captured.get(name)
                    if held is not None and not (held.bound is not None and held.bound == self):
                        found |= held.origins
                    break
                frame = frame.parent
        for held in self.defaults.values():
            found |= reach_of(held)
        return frozenset(found)


class Method:
    """A bound method: a function of a class with its receiver as first argument."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Any, receiver: Value) -> None:
        self.function = function
        self.receiver = receiver

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Method) and self.function is other.function and self.receiver == other.receiver

    def __hash__(self) -> int:
        return hash((id(self.function), self.receiver))

    @property
    def origins(self) -> frozenset[Origin]:
        """What it may reach: its receiver."""
        return reach_of(self.receiver)


class Transformed:
    """What `jax.grad`, `jax.vmap` and the like make of a function."""

    __slots__ = ("function", "has_options", "name")

    def __init__(self, name: str, function: Value, has_options: bool) -> None:
        self.name = name
        self.function = function
        self.has_options = has_options

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Transformed):
            return False
        same = (self.name, self.has_options) == (other.name, other.has_options)
        return same and self.function == other.function

    def __hash__(self) -> int:
        return hash((self.name, self.function))

    @property
    def origins(self) -> frozenset[Origin]:
        """What it may reach: what the function does."""
        return reach_of(self.function)


class Path:
    """A part of a library client: an attribute path whose calls the table knows."""

    __slots__ = ("path", "receiver")

    def __init__(self, path: str, receiver: Value) -> None:
        self.path = path
        self.receiver = receiver

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and self.path == other.path and self.receiver == other.receiver

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def origins(self) -> frozenset[Origin]:
        """What it may reach: the client."""
        return self.receiver.origins


class Pending:
    """A coroutine: a call that happens when it is awaited. `function` is an object, a closure or a client's path."""

    __slots__ = ("args", "function", "kwargs", "node")

    def __init__(self, function: Any, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> None:
        self.function = function
        self.args = tuple(args)
        self.kwargs = dict(kwargs)
        self.node = node

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pending):
            return False
        is_same = self.function is other.function or self.function == other.function
        return is_same and self.node is other.node and (self.args, self.kwargs) == (other.args, other.kwargs)

    def __hash__(self) -> int:
        return hash((id(self.node), self.args))

    @property
    def origins(self) -> frozenset[Origin]:
        """What it may reach: its arguments, and what the function holds on to."""
        held = (
            getattr(self.function, "origins", frozenset())
            if isinstance(self.function, (Closure, Path))
            else frozenset()
        )
        return held.union(*(reach_of(one) for one in (*self.args, *self.kwargs.values())))


class Super:
    """`super()` inside a method of `cls`."""

    __slots__ = ("cls", "receiver")

    def __init__(self, cls: type, receiver: Value) -> None:
        self.cls = cls
        self.receiver = receiver

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Super) and self.cls is other.cls and self.receiver == other.receiver

    def __hash__(self) -> int:
        return hash(self.cls)

    @property
    def origins(self) -> frozenset[Origin]:
        """What it may reach: the receiver."""
        return reach_of(self.receiver)
