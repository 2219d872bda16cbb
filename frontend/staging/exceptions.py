"""`try` with `except`: the body and the handlers as regions, where what the body did before it failed is plain.

A handler sees names and containers as they were before the body. That is what Python shows it only if the body binds
and changes what lives on with its very last step, which can't be half done; any other body runs natively.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set
from typing import Any

from xdsl.ir import Block, Operation

from ...diagnostics.effect import Effect
from ...dialect.constants import ConstantOp, UndefOp
from ...dialect.containers import AppendOp, InsertOp, MakeListOp, MakeTupleOp
from ...dialect.types import OBJ
from ..effects.abstract_type import ANY, BOOL
from ..effects.summary import Summary
from .branches import FALLS, RAISES, SKIPS, Completion
from .comprehensions import ComprehensionStager
from .names import leaves
from .state import State
from .values import Static, Tracer, TupleValue, Unstageable, Value

INERT = (ConstantOp, UndefOp, MakeTupleOp)  # ops that can't raise
FALLEN, LEFT = Static(False), Static(True)


def matches(exception: BaseException, expected: Any) -> bool:
    """Whether an `except` clause with this class, or tuple of classes, takes an exception.

    Raises:
        TypeError: as Python does, if what is expected is no exception class.
    """
    classes = expected if isinstance(expected, tuple) else (expected,)
    for cls in classes:
        if not isinstance(cls, type) or not issubclass(cls, BaseException):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
    return any(cls in type(exception).__mro__ for cls in classes)


class ExceptionStager(ComprehensionStager):
    """The layer of `try`."""

    # The layer above provides this.
    def stage_block(self, nodes: Sequence[ast.stmt], live: Set[str], *, tail: bool) -> Completion:
        """Stage statements in order."""
        raise NotImplementedError

    def stage_try(
        self, node: ast.Try, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage `try: body except E as e: handler`, with what follows it where a way through it leaves the block."""
        self._refuse(node, later, tail)
        before = self.state.copy()
        leaving = bool(leaves([node]))
        body = self.trace_side(Block(), lambda: self._stage_way(node.body, later, leaving), before)
        self._check_last_step(body.block, body.state, before)
        handler_block = Block(arg_types=[OBJ])
        exception = Tracer(handler_block.args[0], ANY)
        handler = self.trace_side(handler_block, lambda: self._handle(node.handlers, exception, later, leaving), before)
        for side in (body, handler):
            value = side.completion.value
            side.leaves = isinstance(value, TupleValue) and value.elements[0] == LEFT
        self.state = before.copy()
        self.at(node)
        completion = self.join_sides(
            lambda types: self.builder.try_(types, body.block, handler.block), [body, handler], before, later
        )
        if completion is RAISES or not leaving:
            return completion
        return self._go_on(completion.value, rest, live, tail)

    def _refuse(self, node: ast.Try, later: Set[str], tail: bool) -> None:
        if node.orelse or node.finalbody:
            raise Unstageable("`else` or `finally` of a `try`", node.lineno)
        if any(handler.type is None for handler in node.handlers):
            raise Unstageable("a bare `except`", node.lineno)
        ways = [node.body, *(handler.body for handler in node.handlers)]
        found = leaves([node])
        if "break" in found or ("return" in found and not tail) or any(leaves(way[:-1]) for way in ways):
            raise Unstageable("a `try` is left from inside", node.lineno)
        if any(leaves([way[-1]]) and not isinstance(way[-1], (ast.Return, ast.Continue)) for way in ways):
            raise Unstageable("a `try` is left from inside", node.lineno)
        read = later | set().union(*(self.program.names(handler.body).read for handler in node.handlers))
        if early := self.program.names(node.body[:-1]).bound & read if len(node.body) > 1 else set():
            raise Unstageable(f"`{min(early)}` is bound before a `try` may fail", node.lineno)
        if any(handler.name in self.function_names.nonlocal_names for handler in node.handlers):
            raise Unstageable("an exception is bound to a shared name", node.lineno)

    def _check_last_step(self, block: Block, after: State, before: State) -> None:
        """Containers from outside may only be changed by the last op of the body."""
        changed = [owned for owned, state in before.heap.items() if after.heap[owned].ssa is not state.ssa]
        changed = [
            owned for owned in changed if before.heap[owned].ssa is not None or after.heap[owned].elements is None
        ]
        if not changed:
            return
        op: Operation | None = block.last_op
        while isinstance(op, INERT):
            op = op.prev_op
        is_last = isinstance(op, (AppendOp, InsertOp)) and op.results[0] is after.heap[changed[0]].ssa
        if len(changed) > 1 or not is_last or not self._is_first_change(op, block):
            raise Unstageable("a container is changed before a `try` may fail")

    def _is_first_change(self, op: Operation | None, block: Block) -> bool:
        """Whether what an op changes is as it was before the block (or made there, as it was)."""
        maker = op.operands[0].owner if op is not None else None
        return not isinstance(maker, Operation) or maker.parent is not block or isinstance(maker, MakeListOp)

    def _stage_way(self, nodes: Sequence[ast.stmt], live: Set[str], leaving: bool) -> Completion:
        """One way through a `try`. If some way leaves the block, each gives whether it does, and what it returns."""
        *first, last = nodes
        if isinstance(last, (ast.Return, ast.Continue)):
            completion = self.stage_block(first, live, tail=False) if first else FALLS
            if completion is RAISES:
                return RAISES
            value: Value = Static(None)
            if isinstance(last, ast.Return) and last.value is not None:
                value = self.stage_expression(last.value)
            return Completion("falls", TupleValue((LEFT, value)))
        completion = self.stage_block(nodes, live, tail=False)
        if completion is RAISES or not leaving:
            return completion
        return Completion("falls", TupleValue((FALLEN, Static(None))))

    def _handle(
        self, handlers: Sequence[ast.ExceptHandler], exception: Tracer, live: Set[str], leaving: bool
    ) -> Completion:
        """The first handler that takes the exception; none: it goes on."""
        if not handlers:
            self.builder.raise_(exception.ssa, None)
            return RAISES
        first, *others = handlers
        assert first.type is not None
        self.at(first)
        operands = [exception, self.stage_expression(first.type)]
        # Python asks the classes themselves, so no code of the user's runs.
        takes = Tracer(self.emit_leaf(matches, "matches", operands, (), Summary(Effect.PURE, result=BOOL)), BOOL)

        def handle() -> Completion:
            if first.name:
                self.bind(first.name, exception)
            completion = self._stage_way(first.body, live, leaving)
            if first.name:
                self.state.names.pop(first.name, None)
            return completion

        return self.branch(takes, handle, lambda: self._handle(others, exception, live, leaving), live)

    def _go_on(self, value: Value | None, rest: Sequence[ast.stmt], live: Set[str], tail: bool) -> Completion:
        """After a `try` that some way leaves: leave too, or go on with the rest of the block."""
        assert isinstance(value, TupleValue)
        has_left, result = value.elements

        def leave() -> Completion:
            return Completion("returns", result) if tail else SKIPS

        def go_on() -> Completion:
            return self.returning(self.stage_block(rest, live, tail=tail), tail)

        known = self.truth(has_left)
        if known is not None:
            return leave() if known else go_on()
        completion = self.branch(has_left, leave, go_on, live)
        return SKIPS if completion.kind in ("falls", "skips") else completion
