"""Comprehensions: loops that fill a fresh container."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ...effects.abstract_type import DictType, ListType
from ...effects.lattice import join, widen
from ...effects.seal import SEALED
from ..source.names import names_of
from ..source.syntax import call_node, load_name, placed
from ..state.state import EMPTY_DICT
from ..values import Owned, Static, Unstageable, Value
from .branches import FALLS, Completion
from .for_loop import ForLoop
from .hashing import hashes_quietly, hashing_runs_code
from .loops import LoopStager

MAX_KNOWN_ELEMENTS = 256  # of a list that grows: each version is a tuple of its own


class ComprehensionStager(LoopStager):
    """The layer of comprehensions."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """Comprehensions; everything else from below."""
        match node:
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                around = self.element_names
                self.element_names = around | self._captured_targets(node)
                try:
                    return self._stage_comprehension(node)
                finally:
                    self.element_names = around
            case ast.GeneratorExp():
                raise Unstageable("a generator expression that is not consumed where it stands", node.lineno)
            case _:
                return super().stage_control(node)

    def _stage_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> Value:
        bound = self.program.names([node]).bound
        match node:
            case ast.ListComp(elt=element, generators=generators):
                made = self.own_list(())
                self._generate(generators, lambda: self._append(made, element), made, bound)
            case ast.DictComp(key=key, value=value, generators=generators):
                made = self.own(self.builder.make_dict((), ()), EMPTY_DICT, dict, SEALED)
                self._generate(generators, lambda: self._insert(made, key, value), made, bound)
            case ast.SetComp(elt=element, generators=generators):
                return self._stage_set(node, element, generators, bound)
        return made

    def _stage_set(
        self, node: ast.SetComp, element: ast.expr, generators: list[ast.comprehension], bound: set[str]
    ) -> Value:
        """A set: made of a list of the elements if that can't be told apart, else filled one by one."""
        start = self.mark()
        listed = self.own_list(())
        self._generate(generators, lambda: self._append(listed, element), listed, bound)
        held = load_name(self.temporary(listed), node)
        known = self.type_of(listed)
        if isinstance(known, ListType) and hashes_quietly(known.element):
            return self.stage_native_expression(placed(ast.Set([_starred(held)]), node))
        self.go_back(start)
        made = self.stage_native_expression(call_node(load_name(self.temporary(Static(set)), node), []))
        assert isinstance(made, Owned)
        self._generate(generators, lambda: self._add(made, element), made, bound)
        return made

    def _add(self, made: Owned, element: ast.expr) -> None:
        add = placed(ast.Attribute(load_name(self.temporary(made), element), "add", ast.Load()), element)
        self.stage_native_expression(call_node(add, [self.compute(element)]))

    def _captured_targets(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> frozenset[str]:
        """Targets that functions made in an iteration read: they see them as they are when they are called."""
        targets = names_of([generator.target for generator in node.generators]).bound
        read = (self.program.names([lazy]).read for lazy in self.program.lazy_functions([node]))
        captured = frozenset(targets & set().union(*read))
        if captured and any(isinstance(part, ast.NamedExpr) for part in ast.walk(node)):  # which may keep the function
            raise Unstageable(f"`{min(captured)}` is captured by a function and bound more than once", node.lineno)
        return captured

    def append_to(self, owned: Owned, value: Value, at: ast.AST) -> None:
        """`owned.append(value)`."""
        if self.is_owned(owned):
            self.require_carried(owned)
            self.hold_in(owned, value)
        if not self.is_owned(owned) or self.state.heap[owned].in_order:  # storing the value may let the list escape
            lists, element = (load_name(self.temporary(one), at) for one in (owned, value))
            method = placed(ast.Attribute(lists, "append", ast.Load()), at)
            self.stage_native_expression(placed(ast.Call(method, [element], []), at))
            return
        state = self.state.heap[owned]
        is_short = state.elements is not None and len(state.elements) < MAX_KNOWN_ELEMENTS
        is_inside = isinstance(value, Owned) and state.seal is not None  # what leads to it is this list alone
        if is_short and not is_inside and state.depth == self.depth and state.ssa is None:
            self.state.update(owned, elements=(*(state.elements or ()), value))
            return
        known = self.state.type_of(owned)
        grown = join(known, ListType(widen(self.type_of(value))))
        version = self.builder.append(self.ssa(owned), self.ssa(value))
        self.change(owned, version, grown, state.seal, state.apart)
        if self.is_inert(value):
            self.state.update(owned, last=value)

    def _append(self, made: Owned, element: ast.expr) -> None:
        self.append_to(made, self.stage_expression(element), element)

    def _insert(self, made: Owned, key: ast.expr, value: ast.expr) -> None:
        held_key = self.stage_expression(key)
        held = self.stage_expression(value)
        if hashing_runs_code(self.type_of(held_key)):
            names = [load_name(self.temporary(one), key) for one in (made, held_key, held)]
            place = placed(ast.Subscript(names[0], names[1], ast.Store()), key)
            self.stage_native_statements([placed(ast.Assign([place], names[2]), key)], set())
            return
        self.require_carried(made)
        self.hold_in(made, held_key)
        self.hold_in(made, held)
        known = join(self.state.type_of(made), DictType(widen(self.type_of(held_key)), widen(self.type_of(held))))
        version = self.builder.insert(self.ssa(made), self.ssa(held_key), self.ssa(held))
        self.change(made, version, known, self.state.heap[made].seal, self.state.heap[made].apart)

    def _generate(
        self, generators: list[ast.comprehension], finish: Callable[[], None], made: Owned, bound: set[str]
    ) -> None:
        """Nested loops of a comprehension; its targets are names of its own, what `:=` binds (`bound`) is not."""
        if any(generator.is_async for generator in generators):
            raise Unstageable("asynchronous comprehension", generators[0].iter.lineno)
        first, *rest = generators
        targets = names_of([first.target]).bound
        hidden = {name: self.state.names.get(name) for name in targets}

        def body() -> None:
            with self.inside_scope(self.inner_scope or ast.ListComp):
                self._filtered(
                    first.ifs, bound, (lambda: self._generate(rest, finish, made, bound)) if rest else finish
                )

        everything = set(self.state.names) | bound
        loop = ForLoop(first.target, first.iter, targets | bound, everything, everything - targets, body)
        self.stage_loop(loop, [made])
        for name, value in hidden.items():
            if value is None:
                self.state.names.pop(name, None)
            else:
                self.state.names[name] = value

    def _filtered(self, conditions: list[ast.expr], bound: set[str], finish: Callable[[], None]) -> None:
        if not conditions:
            finish()
            return
        condition = self.stage_condition(conditions[0])
        known = self.truth(condition)
        if known is not None:
            if known:
                self._filtered(conditions[1:], bound, finish)
            return

        def then() -> Completion:
            self._filtered(conditions[1:], bound, finish)
            return FALLS

        self.branch(condition, then, lambda: FALLS, set(self.state.names) | bound)


def _starred(node: ast.expr) -> ast.expr:
    return placed(ast.Starred(node, ast.Load()), node)
