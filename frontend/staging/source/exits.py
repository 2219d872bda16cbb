"""Ways out of a piece of syntax: `break` and `return` from inside a loop, and from anything else with a block inside.

Where control can't leave at once because values of several paths meet first, it says so in hidden names: one flag for
each way out, and the value to return. What stands behind the piece looks at the flags. They are ordinary names to
branches and loops, so a flag that is known while staging stays known.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .names import FUNCTIONS
from .syntax import assign_name, copied, load_name, placed

EXIT = "_xcs_exit_"
WAYS = frozenset(("return", "break", "continue"))


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
        if not self.ways:
            return frozenset()
        flags = {self.left, *(self.flag(way) for way in self.ways)}
        return frozenset(flags | ({self.value} if "return" in self.ways else set()))

    def after(self, at: ast.stmt, orelse: Sequence[ast.stmt] = ()) -> list[ast.stmt]:
        """Statements to stand behind the piece: go on by the way it has been left, or with the `else` of a loop."""

        def when(way: str, body: Sequence[ast.stmt], otherwise: Sequence[ast.stmt] = ()) -> ast.stmt:
            test = load_name(self.flag(way), at)
            return placed(ast.If(test, list(body), list(otherwise)), at)

        found: list[ast.stmt] = []
        if "return" in self.ways:
            found.append(when("return", [placed(ast.Return(load_name(self.value, at)), at)]))
        if self.is_loop and orelse:
            stopped = "break" in self.ways
            found += [when("break", [placed(ast.Pass(), at)], orelse)] if stopped else orelse
        if not self.is_loop:
            found += [when("break", [placed(ast.Break(), at)])] if "break" in self.ways else []
            found += [when("continue", [placed(ast.Continue(), at)])] if "continue" in self.ways else []
        return found

    def natively(self, statements: Sequence[ast.stmt], outputs: Sequence[str]) -> list[ast.stmt]:
        """These statements as the body of a native function that gives back the outputs, hidden names among them.

        Where Python leaves the function, only the hidden names have values: nothing reads the others any more.
        """
        at = statements[0]
        nothing = {name: ast.Constant(None if name == self.value else False) for name in sorted(self.names)}
        start = [assign_name(name, value, at) for name, value in nothing.items()]
        rewriter = _NativeExits(self, outputs)
        body = [one for statement in copied(list(statements)) for one in rewriter.rewritten(statement)]
        if self.ways & {"break", "continue"}:
            always, stop = placed(ast.Constant(True), at), placed(ast.Break(), at)
            body = [placed(ast.While(always, [*body, stop], []), at)]
        return [*start, *body]


def tests_exit(node: ast.stmt) -> bool:
    """Whether a statement is one of those that `Exits.after` makes: native code would only say the same again."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id.startswith(EXIT)


class _NativeExits(ast.NodeTransformer):
    """Turns ways out of a piece into assignments of its hidden names."""

    def __init__(self, exits: Exits, outputs: Sequence[str]) -> None:
        self._exits = exits
        self._outputs = outputs
        self._depth = 0
        self._num_finally = 0

    def rewritten(self, statement: ast.stmt) -> list[ast.stmt]:
        """A statement, or what stands for it."""
        found = self.visit(statement)
        return found if isinstance(found, list) else [found]

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        """What leaves is told by what is returned, not by names: a `finally` may still leave by another way."""
        value = node.value or placed(ast.Constant(None), node)
        flags = {self._exits.left, self._exits.flag("return")}
        names: list[ast.expr] = []
        for name in self._outputs:
            known = name in flags if name in self._exits.names else None
            names.append(load_name(name, node) if name == self._exits.value else placed(ast.Constant(known), node))
        result = names[0] if len(names) == 1 else placed(ast.Tuple(names, ast.Load()), node)
        return [assign_name(self._exits.value, value, node), placed(ast.Return(result), node)]

    def visit_Break(self, node: ast.Break) -> list[ast.stmt]:
        return [node] if self._depth else [*self._leave("break", node), node]

    def visit_Continue(self, node: ast.Continue) -> list[ast.stmt]:
        return [node] if self._depth else [*self._leave("continue", node), placed(ast.Break(), node)]

    def _leave(self, way: str, at: ast.AST) -> list[ast.stmt]:
        flags = {self._exits.flag(other): other == way for other in sorted(self._exits.ways - {"return"})}
        return [
            assign_name(name, ast.Constant(is_way), at) for name, is_way in {**flags, self._exits.left: True}.items()
        ]

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        """An exception of a `finally` ends the way out that led there."""
        self.generic_visit(node)
        node.body = [*self._stay(node), *node.body]
        return node

    def _stay(self, at: ast.AST) -> list[ast.stmt]:
        flags = {self._exits.left, *map(self._exits.flag, self._exits.ways - {"return"})}
        left_by_name = self._exits.ways & {"break", "continue"} and not self._num_finally
        return [assign_name(name, ast.Constant(False), at) for name in sorted(flags)] if left_by_name else []

    def visit_Try(self, node: ast.Try | ast.TryStar) -> ast.Try | ast.TryStar:
        """In a `finally`, a way out may be pending that what is caught there leaves as it is."""
        for part in (node.body, node.handlers, node.orelse):
            part[:] = [one for statement in part for one in self.rewritten(statement)]  # type: ignore[index, arg-type]
        self._num_finally += 1
        node.finalbody = [one for statement in node.finalbody for one in self.rewritten(statement)]
        self._num_finally -= 1
        return node

    visit_TryStar = visit_Try  # type: ignore[assignment]

    def visit(self, node: ast.AST) -> Any:
        """Loops inside keep their own `break` and `continue`, functions and classes everything."""
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return node
        if isinstance(node, (ast.For, ast.While)):
            self._depth += 1
            node.body = [one for statement in node.body for one in self.rewritten(statement)]
            self._depth -= 1
            node.orelse = [one for statement in node.orelse for one in self.rewritten(statement)]
            return node
        return super().visit(node)
