"""Generators inside of generators and loops: each step of the outer one takes one step of the inner one.

    [f(r) for r in (g(x) for x in xs) if r]   is   [f(r) for x in xs for r in [g(x)] if r]
    for r in map(g, xs): BODY                 is   for x in xs: r = g(x); BODY

In: syntax with a generator, or a lazy builtin like `map`, in the place of an iterable. Out: the same steps in the same
order with what that goes over in its place, so that calls of different elements overlap.
"""

from __future__ import annotations

import ast
import copy
import types
from typing import TypeVar

from ...effects.abstract_type import AbstractType, InstanceType
from ...effects.classes import has_plain_attributes, is_class
from ...effects.scope import class_view
from ..source.generators import as_generator, rename
from ..source.own_iteration import what_it_walks
from ..source.syntax import placed
from ..values import Owned, Tracer, Unstageable, Value
from .consumers import ConsumerStager

_Comprehension = TypeVar("_Comprehension", bound="ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp")


class NestedGeneratorStager(ConsumerStager):
    """The layer of generators that other generators and loops step."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """Comprehensions over generators; everything else from below."""
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
            node = self._flattened(node)
        return super().stage_control(node)

    def generator_of(self, node: ast.expr) -> ast.GeneratorExp | None:
        """The generator that an expression is, with no generator left that it steps."""
        generator = super().generator_of(node)
        return None if generator is None else self._flattened(generator)

    def _flattened(self, node: _Comprehension) -> _Comprehension:
        """A comprehension that goes over what the generators in it go over."""
        generators: list[ast.comprehension] = []
        is_same = True
        for position, one in enumerate(node.generators):
            walked = None if one.is_async else self._walked_by_own(one.iter, is_first=position == 0)
            if walked is not None:
                one = ast.comprehension(one.target, walked, one.ifs, 0)
                is_same = False
            inner = self._stepped(one, is_own=walked is not None)
            if inner is None:
                generators.append(one)
                continue
            element = placed(ast.List([inner.elt], ast.Load()), inner.elt)
            generators += [*inner.generators, ast.comprehension(one.target, element, one.ifs, 0)]
        if is_same and len(generators) == len(node.generators):
            return node
        flat = copy.copy(node)
        flat.generators = generators
        return ast.fix_missing_locations(flat)

    def _stepped(self, over: ast.comprehension, is_own: bool = False) -> ast.GeneratorExp | None:
        """The generator that a part of a comprehension steps; StopIteration means nothing else in it.

        `is_own`: it stands for an object, and is taken apart whatever it does.
        """
        if over.is_async or not isinstance(over.iter, (ast.GeneratorExp, ast.Call)):
            return None
        is_whole = is_own and isinstance(over.iter, ast.GeneratorExp)
        inner = as_generator(over.iter, self) if is_whole else self.generator_of(over.iter)
        return None if inner is None or self.may_stop_in(inner) else inner

    def _walked_by_own(self, node: ast.expr, is_first: bool) -> ast.expr | None:
        """What an object goes over whose class says that in its `__iter__`; None for any other iterable.

        `is_first`: it is evaluated here and now.
        """
        known = self._type_of_object(node)
        if not isinstance(known, InstanceType) or not has_plain_attributes(known.cls):
            return None
        method = class_view(known.cls).get("__iter__")
        found = what_it_walks(method) if isinstance(method, types.FunctionType) else None
        if found is None:
            return None
        if not isinstance(node, ast.Name):
            if not is_first:
                return None
            node = self.compute(node)
        assert isinstance(node, ast.Name)
        parameter, walked = found
        self.program.rely_on_class(known.cls, "__iter__")
        return rename(walked, {parameter: node.id})

    def _type_of_object(self, node: ast.expr) -> AbstractType | None:
        """The type of what a name means, or of an object that is made where it stands."""
        if isinstance(node, ast.Name):
            held = self.state.names.get(node.id)
            return self.type_of(held) if isinstance(held, (Tracer, Owned)) else None
        cls = self.static_of(node.func) if isinstance(node, ast.Call) else None
        if not is_class(cls) or not isinstance(class_view(cls).get("__iter__"), types.FunctionType):
            return None
        try:
            return self.describe(node).summary.result
        except Unstageable:
            return None

    def without_generator(self, node: ast.For) -> ast.For:
        """A loop that goes over what the generator, or the object, goes over that it steps."""
        walked = self._walked_by_own(node.iter, is_first=True)
        if walked is not None:
            node = placed(ast.For(node.target, walked, node.body, node.orelse), node)
            self.program.kept.append(ast.fix_missing_locations(node))
        inner = self._stepped(ast.comprehension(node.target, node.iter, [], 0), is_own=walked is not None)
        if inner is None or len(inner.generators) > 1:
            return node
        (over,) = inner.generators
        body: list[ast.stmt] = [placed(ast.Assign([node.target], inner.elt), node), *node.body]
        for condition in reversed(over.ifs):
            skips = placed(ast.UnaryOp(ast.Not(), condition), condition)
            body = [placed(ast.If(skips, [placed(ast.Continue(), node)], []), node), *body]
        loop = placed(ast.For(over.target, over.iter, body, node.orelse), node)
        self.program.kept.append(ast.fix_missing_locations(loop))
        return loop
