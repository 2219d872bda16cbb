"""A `for` loop as the stager of loops gets it, from statements and from comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class ForLoop:
    """`for target in iterable: body`.

    Attributes:
        target: what the elements are bound to.
        iterable: what is iterated.
        bound: names that target and body bind.
        read: names that an iteration may read before it binds them.
        live: names that may be read after the loop.
        body: stages the body once, in the current state.
        flag: the name that the body makes true where it leaves the loop.
    """

    target: ast.expr
    iterable: ast.expr
    bound: set[str]
    read: set[str]
    live: Set[str]
    body: Callable[[], None]
    flag: str | None = None
