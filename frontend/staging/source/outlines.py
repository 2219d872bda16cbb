"""What native pieces say of the dicts and lists that they fill or look something up in.

A piece that only asks for items, for the length or for whether there is an item may run before all values are there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ....runtime.outline_shape import Adds, Looks, Puts, Shape
from ....runtime.plan import Literal
from ...effects.abstract_type import StaticType
from ...effects.scope import CodeScope, find

_CONSUMERS = (all, any, dict, frozenset, list, max, min, set, sorted, sum, tuple)


def outline_shape(body: Sequence[ast.stmt] | ast.expr, inputs: Sequence[str], scope: CodeScope) -> Shape | None:
    """The shape of a piece with these inputs."""
    if isinstance(body, ast.expr):
        looked_into = _Uses(scope, inputs).looked_into(body)
        return Looks(tuple(inputs.index(name) for name in looked_into)) if looked_into else None
    match list(body):
        case [ast.Assign([ast.Subscript(ast.Name(container), key)], ast.Name(value))]:
            if isinstance(key, ast.Constant) and {container, value} <= set(inputs):
                return Puts(inputs.index(container), Literal(key.value), inputs.index(value))
            if isinstance(key, ast.Name) and {container, value, key.id} <= set(inputs):
                return Puts(inputs.index(container), inputs.index(key.id), inputs.index(value))
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name(container), "append"), [ast.Name(value)], []))]:
            if {container, value} <= set(inputs):
                return Adds(inputs.index(container), inputs.index(value))
    return None


class _Uses:
    """What an expression does with the names that it gets."""

    def __init__(self, scope: CodeScope, inputs: Sequence[str]) -> None:
        self._scope = scope
        self._inputs = inputs
        self._looked_into: dict[str, None] = {}
        self._others: set[str] = set()

    def looked_into(self, body: ast.expr) -> list[str]:
        """The inputs in which an expression looks something up, where it does nothing else with them."""
        self._visit(body, is_tested=False)
        return [name for name in self._looked_into if name not in self._others]

    def _visit(self, node: ast.expr, *, is_tested: bool) -> None:
        """Notes the uses in an expression, of which what it gives is only tested, or not."""
        match node:
            case ast.Name(name):
                if is_tested:
                    self._note(name)
                else:
                    self._others.add(name)
            case ast.Subscript(ast.Name(name), key, ast.Load()):
                self._note(name)
                self._visit(key, is_tested=False)
            case ast.Compare(key, [ast.In() | ast.NotIn()], [ast.Name(name)]):
                self._note(name)
                self._visit(key, is_tested=False)
            case ast.Call(ast.Attribute(ast.Name(name), "get"), [_, *_] as args, []):
                self._note(name)
                self._visit_all(args)
            case ast.Call(ast.Name() as function, [ast.Name(name)], []) if self._held(function) is len:
                self._note(name)
            case ast.UnaryOp(ast.Not(), operand):
                self._visit(operand, is_tested=True)
            case ast.BoolOp(_, values) if is_tested:
                for value in values:
                    self._visit(value, is_tested=True)
            case ast.IfExp(test, then, otherwise):
                self._visit(test, is_tested=True)
                self._visit(then, is_tested=is_tested)
                self._visit(otherwise, is_tested=is_tested)
            case ast.ListComp(element, generators) | ast.SetComp(element, generators):
                self._visit_comprehension([element], generators)
            case ast.DictComp(key, value, generators):
                self._visit_comprehension([key, value], generators)
            case ast.Call(function, [ast.GeneratorExp(element, generators)], []) if self._consumes(function):
                self._visit(function, is_tested=False)
                self._visit_comprehension([element], generators)
            case ast.Lambda() | ast.GeneratorExp() | ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
                self._others.update(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
            case _:
                self._visit_all(_operands(node))

    def _visit_all(self, nodes: Sequence[ast.expr]) -> None:
        for node in nodes:
            self._visit(node, is_tested=False)

    def _visit_comprehension(self, given: Sequence[ast.expr], generators: Sequence[ast.comprehension]) -> None:
        for generator in generators:
            self._visit_all([generator.target, generator.iter])
            for test in generator.ifs:
                self._visit(test, is_tested=True)
        self._visit_all(given)

    def _note(self, name: str) -> None:
        if name in self._inputs:
            self._looked_into[name] = None

    def _consumes(self, function: ast.expr) -> bool:
        """Whether a function takes all of an iterator before it returns."""
        if isinstance(function, ast.Attribute):
            return function.attr == "join" and isinstance(function.value, ast.Constant)
        return any(self._held(function) is one for one in _CONSUMERS)

    def _held(self, node: ast.expr) -> object:
        found = find(self._scope, node.id) if isinstance(node, ast.Name) else None
        return found.value.type.value if found is not None and isinstance(found.value.type, StaticType) else None


def _operands(node: ast.expr) -> list[ast.expr]:
    return list(_expressions(node))


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.expr):
            yield inner
        else:
            yield from _expressions(inner)
