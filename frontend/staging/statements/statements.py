"""Statements: the top layer. What can't be staged runs natively, in its place in the order."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence, Set
from functools import partial

from ...effects.infer import infer_call
from ..control.branches import FALLS, JUMPS, SKIPS, Completion
from ..control.for_loop import ForLoop
from ..control.own_elements import NotOwned
from ..source.box import BoundBox, Box, box_of
from ..source.exits import WAYS, tests_exit
from ..source.exposed_names import exposed_in_body, exposed_names
from ..source.live_names import LiveNames
from ..source.syntax import load_name, placed
from ..source.ways_out import always_leaves, leaves
from ..source.while_loops import unless_left, with_else_after, with_test_inside
from ..state.stager import Start
from ..values import Owned, Static, Unstageable, Value
from .repeated_statements import RepeatedStatementStager

LEAVABLE = (ast.If, ast.For, ast.While, ast.Try, ast.Match, ast.With)  # what control may leave from inside


class FunctionStager(RepeatedStatementStager):
    """Stages the statements of one function."""

    _iterated: list[Owned]
    _boxed: frozenset[str]
    _called_names: frozenset[str]

    @property
    def iterated(self) -> list[Owned]:
        """Owned containers that loops around this place iterate."""
        return self._iterated

    @property
    def called_names(self) -> frozenset[str]:
        """Names of local functions that are nothing but called or passed to calls."""
        return self._called_names

    def enter(self, boxed: frozenset[str], always_bound: frozenset[str], called_names: frozenset[str]) -> None:
        """Start on a function in which some names live in boxes, and some local functions are only called."""
        self._exits = []
        self._kept = {}
        self._handling = []
        self._changes = []
        self._unsealed = []
        self._left_as = {}
        self._iterated = []
        self._boxed = boxed
        self._always_bound = always_bound
        self._called_names = called_names

    def open_boxes(self) -> None:
        """Make the boxes of a call."""
        for name in sorted(self._boxed):
            cls, given = (BoundBox, []) if name in self._always_bound else (Box, [Static(name)])
            known = infer_call(cls, [one.type for one in given], {})
            ssa = self.emit_leaf(cls, "Box", given, (), known)
            self.state.names[box_of(name)] = self.value_of(ssa, known)

    def stage_block(self, nodes: Sequence[ast.stmt], live: Set[str], *, tail: bool) -> Completion:
        """Stage statements in order.

        Args:
            nodes: the statements.
            live: names that may be read after them.
            tail: falling off their end returns from the function.
        """
        last_read = self.program.last_reads(nodes)
        index, end = 0, len(nodes)
        while index < end:
            num_temporaries, start = self.num_temporaries, self.mark()
            if not self.stage_again(start, nodes[index]):
                later = LiveNames(last_read, index, live)
                stage = partial(self._stage_or_outline, start, nodes, index, later, live, tail)
                completion = stage()
                if completion is not FALLS:
                    return completion
                index = self.stage_stream(start, nodes, index, last_read, live, stage)
            index += 1
            if self.num_temporaries > num_temporaries:
                self.forget_temporaries(num_temporaries)
        return FALLS

    def _stage_or_outline(
        self, start: Start, nodes: Sequence[ast.stmt], index: int, later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage one statement at `start`; where that fails run it natively, or with it the rest of the function."""
        node = nodes[index]
        rest = nodes[index + 1 :] if isinstance(node, LEAVABLE) else ()
        try:
            self.at(node)
            is_done = self.stage_reading(node, later)
            return FALLS if is_done else self.stage_statement(node, rest, later, live, tail)
        except Unstageable as refusal:
            self.go_back(start)
            after = nodes[index + 1 :]
            is_behind = refusal.is_behind(node) or tests_exit(node)
            if is_behind and not tail:
                raise
            self.program.note_native(node, self.scope, refusal)
            if not is_behind and (not tail or any(map(self.has_gain, after)) or not leaves([node])):
                try:
                    return self._stage_natively(node, after, later, live, tail)
                except Unstageable as again:
                    if not tail:
                        again.statement = again.statement or node
                        raise
                    self.go_back(start)
            return Completion("returns", self.stage_tail(nodes[index:]))

    def _stage_natively(
        self, node: ast.stmt, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """One statement as native code; where control may leave it, that code says how."""
        ways = leaves([node])
        if not ways:
            self.stage_native_statements([node], later)
            return FALLS
        if ways - WAYS:
            raise Unstageable(f"`{min(ways - WAYS)}` leaves native code", node.lineno)
        with self.exits(ways, is_loop=False) as exits:
            self.stage_native_statements([node], later | exits.names, exits)
        return self.go_on_after(exits.after(node), rest, later, live, tail)

    def stage_statement(
        self, node: ast.stmt, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage one statement. One that some path leaves takes the rest of the block with it."""
        match node:
            case ast.Assign() | ast.Expr():  # most statements are one of these
                self._stage_simple(node, later)
                return FALLS
            case ast.If():
                return self._stage_if(node, rest, later, live, tail)
            case ast.Return(value=value):
                result = Static(None) if value is None else self.stage_expression(value)
                return Completion("returns", result) if tail else self.leave("return", node.lineno, result)
            case ast.Continue():
                return self.leave("continue", node.lineno)
            case ast.Break():
                return self.leave("break", node.lineno)
            case ast.For() if self.has_gain(node) or self.binds_halfway(node) or self.fills_with_objects(node):
                return self._stage_for(node, rest, later, live, tail)
            case ast.While() if self.has_gain(node) or self.binds_halfway(node):
                return self._stage_while(node, rest, later, live, tail)
            case ast.Try() if leaves([node]) or self.has_gain_inside(node) or self.binds_halfway(node):
                return self.stage_try(node, rest, later, live, tail)
            case ast.Match() if self.gains_by_match(node):
                return self.stage_match(node, rest, later, live, tail)
            case ast.With() if self.gains_by_with(node):
                return self.stage_with(node, rest, later, live, tail)
            case ast.Raise():
                return self.stage_raise(node)
            case ast.Assert(msg=message) if message is not None and self.has_gain(message):
                return self.stage_statement(self._as_branch(node), (), later, live, tail) if __debug__ else FALLS
            case ast.Pass() | ast.Global() | ast.Nonlocal():
                return FALLS
            case ast.For() | ast.While() if leaves([node]) and any(map(self.has_gain, rest)):
                return self._stage_natively(node, rest, later, live, tail)
            case _:
                self._stage_simple(node, later)
                return FALLS

    def _as_branch(self, node: ast.Assert) -> ast.stmt:
        """`assert test, message` as the branch that it is."""
        error_class = load_name(self.temporary(Static(AssertionError)), node)
        error = placed(ast.Call(error_class, [node.msg], []), node)  # type: ignore[list-item]
        failure = placed(ast.Raise(error, None), node)
        return placed(ast.If(node.test, [placed(ast.Pass(), node)], [failure]), node)

    def _stage_simple(self, node: ast.stmt, later: Set[str]) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self.stage_assign(node, targets, value, later)
            case ast.Expr(value=value):
                self._stage_expression_statement(node, value, later)
            case ast.AnnAssign(value=None, simple=1):
                return  # only makes the name local; the annotation isn't evaluated
            case ast.AnnAssign(target=target, value=value, simple=1) if value is not None:
                self.stage_assign(node, [target], value, later)
            case ast.AugAssign():
                self.stage_augmented(node, later)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if self._is_plain(node):
                self.bind(node.name, self.local_function(node))
            case ast.Assert(test=test, msg=message) if self.has_gain(test):
                assertion = placed(ast.Assert(self.rewrite(test), message), node)
                self.stage_native_statements([assertion], later)
            case ast.Import() if all(alias.name in sys.modules for alias in node.names):
                self._stage_import(node)
            case ast.ImportFrom(level=0, module=module) if module in sys.modules:
                self._stage_import_from(node, later)
            case _:
                self.stage_native_statements([node], later)

    def _stage_expression_statement(self, node: ast.Expr, value: ast.expr, later: Set[str]) -> None:
        match value:
            case ast.Constant():
                return
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[argument], keywords=[]) if (
                not isinstance(argument, ast.Starred) and self.is_own_list(name)
            ):
                owned = self.state.names[name]
                assert isinstance(owned, Owned)
                element = self.stage_expression(argument)
                self.forget_dead([argument], later)
                self.at(node)
                self.append_to(owned, element, node)
            case ast.Call() if self.has_gain(value) and (in_place := self.sorted_in_place(value, node)) is not None:
                self.stage_assign(in_place, in_place.targets, in_place.value, later)
            case ast.Call() if self.has_gain(value):
                rest = self.rewrite(value)
                if isinstance(rest, ast.Call):  # else nobody keeps what it gives
                    self.stage_call_statement(placed(ast.Expr(rest), node), rest, later)
            case _ if self.has_gain(value):
                self.stage_expression(value)
            case ast.Call():
                self.stage_call_statement(node, value, later)
            case _:
                self.stage_native_statements([node], later)

    def _stage_if(
        self, node: ast.If, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        ways = leaves([node])
        if not ways and not self.has_gain(node) and not self.binds_halfway(node):
            if always_leaves(node.body) and always_leaves(node.orelse):
                raise Unstageable("an `if` that always raises", node.lineno)
            self.stage_native_statements([node], later)
            return FALLS
        condition = self.stage_condition(node.test)
        sides = [list(node.body), list(node.orelse)]
        known = self.truth(condition)
        if known is not None:
            chosen = sides[0] if known else sides[1]
            return self.stage_block(chosen, later, tail=False) if not ways else self._chosen(chosen, rest, live, tail)
        if not ways:
            return self._branch_on(condition, sides[0], sides[1], later, tail=False)
        if rest and not any(map(always_leaves, sides)):
            with self.exits(ways, is_loop=False) as exits:
                self._branch_on(condition, sides[0], sides[1], later, tail=False)
            return self.go_on_after(exits.after(node), rest, later, live, tail)
        sides = [side if always_leaves(side) else [*side, *rest] for side in sides]
        completion = self._branch_on(condition, sides[0], sides[1], live, tail=tail)
        return SKIPS if completion is FALLS else completion

    def go_on_after(
        self, following: Sequence[ast.stmt], rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Behind a piece that control may have left: leave too, or go on with the rest of the block."""
        if not leaves(following):
            return self.stage_block(following, later, tail=False)
        completion = self.stage_block([*following, *rest], live, tail=tail)
        return SKIPS if completion is FALLS and not tail else self.returning(completion, tail)

    def _chosen(self, chosen: list[ast.stmt], rest: Sequence[ast.stmt], live: Set[str], tail: bool) -> Completion:
        completion = self.stage_block([*chosen, *rest], live, tail=tail)
        return SKIPS if completion is FALLS and not tail else self.returning(completion, tail)

    def _branch_on(
        self, condition: Value, then: list[ast.stmt], orelse: list[ast.stmt], live: Set[str], *, tail: bool
    ) -> Completion:
        def side(nodes: list[ast.stmt]) -> Callable[[], Completion]:
            return lambda: self.returning(self.stage_block(nodes, live, tail=tail), tail)

        completion = self.branch(condition, side(then), side(orelse), live)
        return FALLS if completion.kind in ("falls", "skips") else completion

    def _stage_for(
        self, node: ast.For, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        node = self.without_generator(node)
        if (by_element := self.by_element(node)) is not None:
            start = self.mark()
            try:
                return self._stage_for_each(by_element, rest, later, live, tail, is_rewritten=True)
            except NotOwned:
                self.go_back(start)
        return self._stage_for_each(node, rest, later, live, tail)

    def _stage_for_each(
        self,
        node: ast.For,
        rest: Sequence[ast.stmt],
        later: Set[str],
        live: Set[str],
        tail: bool,
        is_rewritten: bool = False,
    ) -> Completion:
        exposed = exposed_in_body(node)
        after = later | exposed_names(node.orelse)
        names = self.program.names([node.target, *node.body])
        changed = self._changed_in(node.body)
        with self.exits(leaves(node.body) - {"continue"}, is_loop=True) as exits:
            flag = exits.left if exits.ways else None

            def body() -> None:
                self.stay(exits)
                self._stage_body(node.body, after | exposed)

            bound, live_after = names.bound | names.deleted | exits.names, after | exits.names
            key = self.existing_key(node.target, node.iter, node.body)
            loop = ForLoop(node.target, node.iter, bound, exposed, live_after, body, flag)
            self.stage_loop(loop, changed, key, is_rewritten)
        return self.go_on_after(exits.after(node, node.orelse), rest, later, live, tail)

    def _stage_while(
        self, node: ast.While, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        if self._must_step(node.test):
            if node.orelse:
                ended = self.temporary(Static(False))
                return self.go_on_after(with_else_after(node, ended), rest, later, live, tail)
            node = with_test_inside(node)
        exposed = exposed_in_body(node)
        after = later | exposed_names(node.orelse)
        names = self.program.names([node.test, *node.body])
        changed = self._changed_in(node.body)
        with self.exits(leaves(node.body) - {"continue"}, is_loop=True) as exits:
            test = unless_left(exits.left, node.test) if exits.ways else node.test

            def body() -> None:
                self.stay(exits)
                self._stage_body(node.body, after | exposed)

            bound, live_after = names.bound | names.deleted | exits.names, after | exits.names
            read = exposed | ({exits.left} if exits.ways else set())
            self.stage_while(test, bound, read, live_after, body, changed)
        return self.go_on_after(exits.after(node, node.orelse), rest, later, live, tail)

    def _must_step(self, test: ast.expr) -> bool:
        """Whether the condition of a loop does what only a body may: binds a name or changes a container."""
        is_binding = any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(test))
        return is_binding or bool(self._changed_in([test]))

    def _changed_in(self, nodes: Sequence[ast.AST]) -> list[Owned]:
        """Owned containers that code looks like changing: a method called, an item stored."""
        names = {
            inner.value.id
            for node in nodes
            for inner in ast.walk(node)
            if isinstance(inner, (ast.Attribute, ast.Subscript)) and isinstance(inner.value, ast.Name)
            if isinstance(inner, ast.Attribute) or not isinstance(inner.ctx, ast.Load)
        }
        values = [self.state.names.get(name) for name in sorted(names)]
        found = [value for value in values if isinstance(value, Owned) and self.is_owned(value)]
        return list(dict.fromkeys(found))

    def _stage_body(self, nodes: Sequence[ast.stmt], live: Set[str]) -> None:
        completion = self.stage_block(nodes, live, tail=False)
        if completion not in (FALLS, SKIPS, JUMPS):
            raise Unstageable("a loop body that always leaves", nodes[0].lineno)

    def _is_plain(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a nested function is nothing but code that is called: no decorator, no default that is an object."""
        if node.name not in self._called_names:
            return False
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        return not node.decorator_list and all(isinstance(d, ast.Constant) for d in defaults)

    def _stage_import(self, node: ast.Import) -> None:
        for alias in node.names:
            module = sys.modules[alias.name] if alias.asname else sys.modules[alias.name.partition(".")[0]]
            self.bind(alias.asname or alias.name.partition(".")[0], Static(module))

    def _stage_import_from(self, node: ast.ImportFrom, later: Set[str]) -> None:
        module = str(node.module)
        found: dict[str, Static] = {}
        for alias in node.names:
            known = self.known_member(sys.modules[module], alias.name)
            if known is None:
                self.stage_native_statements([node], later)
                return
            found[alias.asname or alias.name] = known
        for name, known in found.items():
            self.bind(name, known)
