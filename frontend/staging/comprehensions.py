"""Comprehensions: loops that fill a fresh container."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..effects.abstract_type import DictType, ListType, join, widen
from .branches import FALLS, Completion
from .loops import LoopStager
from .names import names_of
from .rewriting import name_node
from .state import EMPTY_DICT
from .values import Owned, Unstageable, Value

FULL_CONSUMERS = frozenset({list, tuple, set, frozenset, dict, sum, sorted, min, max})
"""Builtins that take all of a generator before they do anything that can be told apart."""


class ComprehensionStager(LoopStager):
    """The layer of comprehensions and of generator expressions that are consumed whole."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """List and dict comprehensions; everything else from below."""
        match node:
            case ast.ListComp(elt=element, generators=generators):
                made = self.own_list(())
                self._generate(generators, lambda: self._append(made, element), made)
                return made
            case ast.DictComp(key=key, value=value, generators=generators):
                made = self.own(self.builder.make_dict((), ()), EMPTY_DICT, dict, sealed=True)
                self._generate(generators, lambda: self._insert(made, key, value), made)
                return made
            case ast.SetComp() | ast.GeneratorExp():
                raise Unstageable(f"{type(node).__name__} over something to stage", node.lineno)
            case ast.Call() if (listed := self._with_generator_listed(node)) is not None:
                return self.stage_expression(listed)
            case _:
                return super().stage_control(node)

    def append_to(self, owned: Owned, value: Value, at: ast.AST) -> None:
        """`owned.append(value)`."""
        if self.is_owned(owned):
            self.require_carried(owned)
            self.hold_in(owned, value)
        if not self.is_owned(owned):  # storing the value let the list itself escape
            lists, element = (name_node(self.temporary(one), at) for one in (owned, value))
            method = ast.copy_location(ast.Attribute(lists, "append", ast.Load()), at)
            self.stage_native_expression(ast.copy_location(ast.Call(method, [element], []), at))
            return
        state = self.state.heap[owned]
        if state.elements is not None and state.depth == self.depth and state.ssa is None:
            self.state.update(owned, elements=(*state.elements, value))
            return
        known = self.state.type_of(owned)
        grown = join(known, ListType(widen(self.type_of(value))))
        self.change(owned, self.builder.append(self.ssa(owned), self.ssa(value)), grown, state.sealed)

    def _append(self, made: Owned, element: ast.expr) -> None:
        self.append_to(made, self.stage_expression(element), element)

    def _insert(self, made: Owned, key: ast.expr, value: ast.expr) -> None:
        held_key = self.stage_expression(key)
        held = self.stage_expression(value)
        self.require_carried(made)
        self.hold_in(made, held_key)
        self.hold_in(made, held)
        known = join(self.state.type_of(made), DictType(widen(self.type_of(held_key)), widen(self.type_of(held))))
        version = self.builder.insert(self.ssa(made), self.ssa(held_key), self.ssa(held))
        self.change(made, version, known, self.state.heap[made].sealed)

    def _generate(self, generators: list[ast.comprehension], finish: Callable[[], None], made: Owned) -> None:
        """Nested loops of a comprehension; its targets are names of its own."""
        if any(generator.is_async for generator in generators):
            raise Unstageable("asynchronous comprehension", generators[0].iter.lineno)
        first, *rest = generators
        targets = names_of([first.target]).bound
        hidden = {name: self.state.names.get(name) for name in targets}

        def body() -> None:
            self._filtered(first.ifs, (lambda: self._generate(rest, finish, made)) if rest else finish)

        everything = set(self.state.names)
        self.stage_loop(first.target, first.iter, set(targets), everything, everything - targets, body, [made])
        for name, value in hidden.items():
            if value is None:
                self.state.names.pop(name, None)
            else:
                self.state.names[name] = value

    def _filtered(self, conditions: list[ast.expr], finish: Callable[[], None]) -> None:
        if not conditions:
            finish()
            return
        condition = self.stage_expression(conditions[0])
        known = self.truth(condition)
        if known is not None:
            if known:
                self._filtered(conditions[1:], finish)
            return

        def then() -> Completion:
            self._filtered(conditions[1:], finish)
            return FALLS

        self.branch(condition, then, lambda: FALLS, set(self.state.names))

    def _with_generator_listed(self, node: ast.Call) -> ast.expr | None:
        """The call with its one generator expression as a list, where the callee takes all of it anyway."""
        if not node.args or not isinstance(node.args[0], ast.GeneratorExp) or not self.has_gain(node.args[0].elt):
            return None
        if not self._takes_all(node.func):
            return None
        generator = node.args[0]
        listed = ast.copy_location(ast.ListComp(generator.elt, generator.generators), generator)
        return ast.copy_location(ast.Call(node.func, [listed, *node.args[1:]], node.keywords), node)

    def _takes_all(self, func: ast.expr) -> bool:
        if isinstance(func, ast.Attribute) and func.attr == "join":
            return isinstance(func.value, ast.Constant) and isinstance(func.value.value, str)
        held = self.static_of(func)
        return any(held is consumer for consumer in FULL_CONSUMERS)
