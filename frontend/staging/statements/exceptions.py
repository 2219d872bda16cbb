"""`try`: the body and the handlers as regions, `else` behind a flag, `finally` on each way out.

    try: BODY                        xcs.try { BODY; done } except (e) { the handler that takes e, or raise e }
    except E as e: HANDLER           if done: ELSE
    else: ELSE

    try: BODY                        xcs.try { BODY } except (e) { FINALLY; raise e }
    finally: FINALLY                 FINALLY; then go on, or leave by the way that BODY has left

A store into something of ours with which the body and its handlers end stands behind (`source/common_stores.py`).
Handlers see names as of the step that fails (`kept_names.py`). What the body does to a container of ours before its
last step acts in program order, and the handler starts with the version that the failing step has left (`as_left`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence, Set
from typing import Any

from xdsl.ir import Block, Operation

from ....diagnostics.effect import Effect
from ....dialect.constants import ConstantOp, UndefOp
from ....dialect.containers import AppendOp, InsertOp, MakeTupleOp
from ....dialect.types import OBJ
from ...effects.abstract_type import BOOL, NEVER, AbstractType, CaughtType, DictType, ListType
from ...effects.lattice import join
from ...effects.seal import Seal, join_seals
from ...effects.summary import Summary
from ...effects.type_of import type_of
from ..control.branches import EXIT, FALLS, RAISES, Completion, Side
from ..control.hashing import hashes_quietly
from ..source.common_stores import CommonStore, common_store, with_values
from ..source.exposed_names import exposed_names
from ..source.syntax import load_name, placed, store_name
from ..source.ways_out import always_leaves, leaves
from ..state.state import State
from ..values import Owned, Static, Tracer, Unstageable
from .kept_names import KeptNamesStager, Variable, binds_last

INERT = (ConstantOp, UndefOp, MakeTupleOp)  # ops that can't raise


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


class ExceptionStager(KeptNamesStager):
    """The layer of `try` and `raise`."""

    _handling: list[Tracer]  # the exceptions being handled around this place, the innermost last

    # The layer above provides these.
    def stage_block(self, nodes: Sequence[ast.stmt], live: Set[str], *, tail: bool) -> Completion:
        """Stage statements in order."""
        raise NotImplementedError

    def go_on_after(
        self, following: Sequence[ast.stmt], rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Behind a piece that control may have left: leave too, or go on with the rest of the block."""
        raise NotImplementedError

    def stage_try(
        self, node: ast.Try, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage a `try`, with what follows it where a way through it leaves the block."""
        ways = leaves([node])
        if not ways and (store := self._store_behind(node)) is not None:
            return self._stage_with_store_behind(node, store, later)
        if not ways:
            return self._stage_parts(node, later)
        with self.exits(ways, is_loop=False) as exits:
            completion = self._stage_parts(node, later | exits.names)
        if completion is RAISES:
            return RAISES
        return self.go_on_after(exits.after(node), rest, later, live, tail)

    def _store_behind(self, node: ast.Try) -> CommonStore | None:
        """The store of all ways through a `try` that may as well stand behind it: into something of ours, unfailing."""
        store = common_store(node)
        container = None if store is None else self.state.names.get(store.container)
        if store is None or not isinstance(container, Owned) or not self.is_owned(container):
            return None
        known = self.state.type_of(container)
        if store.key is None:
            return store if isinstance(known, ListType) else None
        key = type_of(store.key.value) if isinstance(store.key, ast.Constant) else self._type_of_key(store.key.id)
        return store if isinstance(known, DictType) and key is not None and hashes_quietly(key) else None

    def _type_of_key(self, name: str) -> AbstractType | None:
        value = self.state.names.get(name)
        return self.type_of(value) if isinstance(value, (Tracer, Static)) else None

    def _stage_with_store_behind(self, node: ast.Try, store: CommonStore, later: Set[str]) -> Completion:
        self.num_temporaries += 1
        value = f"{EXIT}{self.num_temporaries}_stored"
        behind = store.behind(value)
        completion = self._stage_parts(with_values(node, value), later | exposed_names([behind]))
        if completion is FALLS:
            completion = self.stage_block([behind], later, tail=False)
        self.state.names.pop(value, None)
        return completion

    def _stage_parts(self, node: ast.Try, later: Set[str]) -> Completion:
        if not node.finalbody:
            return self._stage_handlers(node, later)
        if leaves(node.finalbody):
            raise Unstageable("a `finally` is left from inside", node.finalbody[0].lineno)
        final = exposed_names(node.finalbody)

        def inner(live: Set[str]) -> Completion:
            if node.handlers:
                return self._stage_handlers(node, live)
            return self.stage_block(node.body, live, tail=False)

        def on_failure(exception: Tracer) -> Completion:
            self._handling.append(exception)
            try:
                completion = self.stage_block(node.finalbody, final, tail=False)
            finally:
                self._handling.pop()
            if completion is not RAISES:
                self.builder.raise_(exception.ssa, None)
            return RAISES

        parts = [*node.body, *node.handlers, *node.orelse]
        with self.watching_exits():
            completion = self._stage_region(node, parts, later | final, inner, final, on_failure)
        if completion is RAISES:
            return RAISES
        last = self.stage_block(node.finalbody, later, tail=False)
        return completion if last is FALLS else last

    def _stage_handlers(self, node: ast.Try, later: Set[str]) -> Completion:
        """`try`, `except` and `else`."""
        shared = self.function_names.nonlocal_names
        if any(handler.name in shared for handler in node.handlers):
            raise Unstageable("an exception is bound to a shared name", node.lineno)
        body = node.body
        done = ""
        if node.orelse:
            self.num_temporaries += 1
            done = f"{EXIT}{self.num_temporaries}_done"
            self.state.names[done] = Static(False)
            body = [*body, _set_flag(done, body[-1])]
        seen = set[str]().union(*(exposed_names([handler]) for handler in node.handlers))
        goes_on = self._is_watched or not all(_gives_up(handler.body) for handler in node.handlers)
        after = later | exposed_names(node.orelse)

        def inner(live: Set[str]) -> Completion:
            return self.stage_block(body, live, tail=False)

        def on_failure(exception: Tracer) -> Completion:
            return self._handle(node.handlers, exception, after)

        completion = self._stage_region(node, node.body, after, inner, seen | after if goes_on else seen, on_failure)
        if completion is RAISES or not node.orelse:
            return completion
        test = load_name(done, node)
        choice = placed(ast.If(test, node.orelse, []), node)
        last = self.stage_block([choice], later, tail=False)
        self.state.names.pop(done, None)
        return completion if last is FALLS else last

    def _handle(self, handlers: Sequence[ast.ExceptHandler], exception: Tracer, live: Set[str]) -> Completion:
        """The first handler that takes the exception; none: it goes on."""
        if not handlers:
            self.builder.raise_(exception.ssa, None)
            return RAISES
        first, *others = handlers
        self.at(first)
        if first.type is None:
            return self._run_handler(first, exception, live)
        self._handling.append(exception)
        operands = [exception, self.stage_expression(first.type)]
        self._handling.pop()
        # Python asks the classes themselves, so no code of the user's runs.
        takes = Tracer(self.emit_leaf(matches, "matches", operands, (), Summary(Effect.PURE, result=BOOL)), BOOL)
        return self.branch(
            takes,
            lambda: self._run_handler(first, exception, live),
            lambda: self._handle(others, exception, live),
            live,
        )

    def _run_handler(self, handler: ast.ExceptHandler, exception: Tracer, live: Set[str]) -> Completion:
        name = handler.name
        if name:
            if name in self._kept:
                raise Unstageable(f"`{name}` is unbound where a handler fails", handler.lineno)
            self.bind(name, exception)
        self._handling.append(exception)
        try:
            completion = self.stage_block(handler.body, live, tail=False)
        finally:
            self._handling.pop()
        if name:
            self.unbind(name)
        return completion

    def stage_raise(self, node: ast.Raise) -> Completion:
        """`raise`, of an exception or again of the one being handled."""
        if node.exc is None and not self._handling:
            self.stage_native_statements([node], frozenset())  # of a caller's handler, or an error
            return RAISES
        held = self._handling[-1].ssa if node.exc is None else self.ssa(self.stage_expression(node.exc))
        cause = None if node.cause is None else self.ssa(self.stage_expression(node.cause))
        self.at(node)
        self.builder.raise_(held, cause)
        return RAISES

    def _stage_region(
        self,
        node: ast.stmt,
        parts: Sequence[ast.AST],
        live: Set[str],
        inner: Any,
        seen: Set[str],
        on_failure: Any,
    ) -> Completion:
        """Stage `xcs.try`: `inner` stages its body, made of `parts`; `on_failure` its handler, after which names in
        `seen` may be read."""
        kept = self._kept_names(parts, seen)
        in_order: list[Owned] = []
        unbound = self.program.names(parts).deleted | self.program.names(parts).caught
        while True:
            start = self.mark()
            with self.keeping(kept, unbound) as variables:
                before, reachable = self.state, self.reachable(seen)
                num_changes, num_unsealed = len(self._changes), len(self._unsealed)
                body = self.trace_side(Block(), lambda: self._tried(inner, live | kept), before)
            early = self._touched_early(body, before, self._changes[num_changes:], reachable)
            opened = self._opened(before, self._unsealed[num_unsealed:], reachable)
            if not early and not opened:
                break
            self.go_back(start)
            for owned in early:
                if body.state.heap[owned].escaped:
                    self.escape(owned)
                else:
                    self._owned_ssa(owned)
                    known = self.state.type_of(owned)
                    self.state.update(owned, in_order=True, elements=None, last=None, type=known)
                    in_order.append(owned)
            for owned in opened.keys() - set(early):
                self.unseal(owned, opened[owned])
        changed = dict.fromkeys(self._changes[num_changes:])
        left = [one for one in changed if (held := before.heap.get(one)) and held.in_order and not held.escaped]
        handler = self._trace_handler(before, variables, left, in_order, on_failure)
        self.state = before
        self.at(node)
        completion = self.join_sides(
            lambda types: self.builder.try_(types, body.block, handler.block), [body, handler], before, live
        )
        self._end_order(in_order)
        return completion

    def _opened(
        self, before: State, unsealed: Sequence[tuple[Owned, Seal]], reachable: Set[Owned]
    ) -> dict[Owned, Seal]:
        """Containers of which others may see more, once a body has been run in part, than they did before."""
        found: dict[Owned, Seal] = {}
        for owned, seal in unsealed:
            if owned in reachable and owned in before.heap:
                found[owned] = join_seals(found.get(owned, before.heap[owned].seal), seal)
        return {owned: seal for owned, seal in found.items() if seal != before.heap[owned].seal}

    def _end_order(self, owned: Sequence[Owned]) -> None:
        for one in owned:
            self.state.update(one, in_order=False)

    def _tried(self, inner: Callable[[Set[str]], Completion], live: Set[str]) -> Completion:
        outer, self.is_tried = self.is_tried, True
        try:
            return inner(live)
        finally:
            self.is_tried = outer

    def _trace_handler(
        self,
        before: State,
        variables: dict[str, Variable],
        left: Sequence[Owned],
        in_order: Sequence[Owned],
        on_failure: Any,
    ) -> Side:
        block = Block(arg_types=[OBJ])
        exception = Tracer(block.args[0], CaughtType())

        def handle() -> Completion:
            self._end_order(in_order)
            for owned in left:
                self.find_as_left(owned, join(self.state.heap[owned].type, self._left_as.get(owned, NEVER)))
            self.see_kept(variables)
            return on_failure(exception)

        return self.trace_side(block, handle, before)

    def _kept_names(self, parts: Sequence[ast.AST], seen: Set[str]) -> set[str]:
        """Names that the body binds or unbinds before its end, and that code after a failure may read."""
        names = self.program.names(parts)
        last = parts[-1]
        early = names.bound | names.deleted
        if isinstance(last, ast.stmt) and binds_last(last) and not isinstance(last, ast.Delete):
            before = self.program.names(parts[:-1]) if len(parts) > 1 else None
            early -= self.program.names([last]).bound - (before.bound | before.deleted if before else set())
        return (early & seen) - self.function_names.nonlocal_names

    def _touched_early(self, side: Side, before: State, touched: Sequence[Owned], seen: Set[Owned]) -> list[Owned]:
        """Containers from outside that the body changes before its last step, or lets escape, and that code after a
        failure may reach."""
        ours = [o for o in dict.fromkeys(touched) if o in before.heap and not before.heap[o].escaped and o in seen]
        found = [o for o in ours if side.state.heap[o].escaped or not before.heap[o].in_order]
        if len(found) != 1:
            return found
        (owned,) = found
        op: Operation | None = side.block.last_op
        while isinstance(op, INERT):
            op = op.prev_op
        is_last = isinstance(op, (AppendOp, InsertOp)) and op.results[0] is side.state.heap[owned].ssa
        return [] if is_last and touched.count(owned) == 1 else found


def _gives_up(nodes: Sequence[ast.stmt]) -> bool:
    """Whether nothing of the function is read after these statements."""
    ways = leaves(nodes)
    return always_leaves(nodes) and not ways & {"break", "continue"}


def _set_flag(name: str, at: ast.stmt) -> ast.stmt:
    target = store_name(name, at)
    return placed(ast.Assign([target], placed(ast.Constant(True), at)), at)
