"""What a name can be bound to while staging: tracers, static objects, tuples, owned containers, local functions.

A name that is bound on some paths only is a `Maybe`; one that is bound on none is `Unbound`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from xdsl.ir import SSAValue

from ...diagnostics.frozen import frozen
from ..effects.abstract_type import AbstractType, StaticType
from ..effects.place import Place


class Unstageable(Exception):
    """This piece of Python can't be staged: the enclosing piece runs natively instead.

    Attributes:
        reason: in a few words, for stats and `explain`.
        line: the user's line, or 0.
        statement: the innermost statement that can't be staged, nor run natively by itself.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.statement: ast.stmt | None = None

    def is_behind(self, node: ast.stmt) -> bool:
        """Whether it is a statement after `node` that can't be staged: running `node` natively doesn't help."""
        if self.statement is None:
            return False
        end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
        return (self.statement.lineno, self.statement.col_offset) >= end


@frozen()
class Tracer:
    """A value that exists only when the program runs: an SSA value and what is known of it.

    `places`: where the objects that it consists of were found at the start; None: not known.
    """

    ssa: SSAValue
    type: AbstractType
    places: frozenset[Place] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tracer) and self.ssa is other.ssa

    def __hash__(self) -> int:
        return id(self.ssa)


@frozen()
class Static:
    """A Python object known while staging: a function, class, module or literal."""

    value: Any

    @property
    def type(self) -> AbstractType:
        """The type that says: this very object."""
        return StaticType(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and self.type == other.type

    def __hash__(self) -> int:
        return hash(self.type)


@frozen()
class TupleValue:
    """A tuple whose elements are known one by one; it costs nothing until something needs it as one object."""

    elements: tuple[Value, ...]


@frozen(eq=False)
class Owned:
    """A list or dict made by this function that nobody else can see yet; its state is in the `State`'s heap.

    Two names bound to the same `Owned` are aliases, as in Python.
    """

    cls: type


@dataclass(frozen=True, slots=True, eq=False)
class LocalFunction:
    """A `def` or `lambda` of the function being staged: called in place, or copied into the segments that need it.

    `captured` holds the values of its free local names at its definition (they are never rebound later).
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    captured: dict[str, Value] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Closure:
    """A local function of whoever calls this function, as what it is called as: a function whose first arguments are
    the values it captures. It can only be called, and passed on."""

    function: Any
    captured: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Keywords:
    """The `**kwargs` of a call, one by one, in a function that does nothing but pass them on."""

    names: tuple[str, ...]
    values: tuple[Value, ...]


@frozen()
class Unbound:
    """A local name that isn't bound; using it is an `UnboundLocalError`."""

    name: str


@frozen()
class Maybe:
    """A local name that is bound on some paths only: its value on those, and a bool that says whether it is."""

    value: Value
    bound: Value


@frozen()
class Absent:
    """The value of a hidden name where no path that is taken reads it."""


Value: TypeAlias = Tracer | Static | TupleValue | Owned | LocalFunction | Closure | Keywords | Unbound | Maybe | Absent


_YES, _NO = Static(True), Static(False)


def parts_of(value: Value | None) -> tuple[Value | None, Value]:
    """The value of a name where it is bound (None: nowhere), and whether it is."""
    match value:
        case Maybe(value=held, bound=bound):
            return held, bound
        case None | Unbound():
            return None, _NO
        case Absent():
            return None, _YES
        case _:
            return value, _YES


def containers_in(value: Value) -> Iterator[Owned]:
    """The owned containers that a value consists of."""
    match value:
        case Owned():
            yield value
        case TupleValue(elements=elements):
            for element in elements:
                yield from containers_in(element)
        case Maybe(value=held):
            yield from containers_in(held)
        case LocalFunction(captured=captured):
            for held in captured.values():
                yield from containers_in(held)
        case Keywords(values=elements) | Closure(captured=elements):
            for element in elements:
                yield from containers_in(element)
