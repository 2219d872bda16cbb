"""Where the one `yield` of a generator stands, and which bodies of loops may stand there instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .names import FUNCTIONS

_YIELDS = (ast.Yield, ast.YieldFrom)
_LOOPS = (ast.For, ast.While)
_REFUSED = (*FUNCTIONS, ast.ClassDef, ast.Return, ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Match, ast.Delete)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class YieldPlace:
    """The place of the one `yield` of a generator.

    Attributes:
        inner_names: names that comprehensions of the generator bind.
        may_continue: nothing comes after it in the iteration of the loop around it.
        may_break: nothing comes after the one loop around it.
    """

    inner_names: frozenset[str]
    may_continue: bool
    may_break: bool

    def allows(self, body: Sequence[ast.stmt]) -> bool:
        """Whether ways out of a loop's body are the same where it stands for the `yield`."""
        ways = {type(one) for one in _ways_out(body)}
        return (self.may_continue or ast.Continue not in ways) and (self.may_break or ast.Break not in ways)


def yield_place(node: ast.FunctionDef) -> YieldPlace | None:
    """Where a generator yields, if that is one statement inside of nothing but loops and branches; else None."""
    every = [one for statement in node.body for one in ast.walk(statement)]
    if sum(isinstance(one, _YIELDS) for one in every) != 1 or any(isinstance(one, _REFUSED) for one in every):
        return None
    path = _path_to_yield(node.body)
    if path is None:
        return None
    loops = [index for index, (_, holder) in enumerate(path) if isinstance(holder, _LOOPS)]
    tails = [block[-1] is statement for block, statement in path]
    inner = frozenset(
        name.id
        for one in every
        if isinstance(one, COMPREHENSIONS)
        for generator in one.generators
        for name in ast.walk(generator.target)
        if isinstance(name, ast.Name)
    )
    may_continue = bool(loops) and all(tails[loops[-1] + 1 :])
    may_break = len(loops) == 1 and all(tails[: loops[0] + 1])
    return YieldPlace(inner, may_continue, may_break)


_Path: TypeAlias = list[tuple[list[ast.stmt], ast.stmt]]


def _path_to_yield(body: list[ast.stmt]) -> _Path | None:
    """The blocks that lead to the `yield`, each with the statement in it that does; None where others do."""
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, _YIELDS):
            return [(body, statement)]
        if not any(isinstance(one, _YIELDS) for one in ast.walk(statement)):
            continue
        if not isinstance(statement, (*_LOOPS, ast.If)):
            return None
        if isinstance(statement, _LOOPS) and statement.orelse:
            return None
        for block in (statement.body, statement.orelse):
            if (rest := _path_to_yield(block)) is not None:
                return [(body, statement), *rest]
        return None  # in an iterable or a condition
    return None


def _ways_out(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Ways out of the loop whose body this is."""
    for statement in body:
        if isinstance(statement, (ast.Break, ast.Continue)):
            yield statement
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            continue
        inner = [getattr(statement, "orelse", [])]
        if not isinstance(statement, (ast.For, ast.While, ast.AsyncFor)):
            inner += [getattr(statement, "body", []), getattr(statement, "finalbody", [])]
        inner += [one.body for one in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))]
        for block in inner:
            yield from _ways_out(block)
