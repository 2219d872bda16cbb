"""What native pieces say of the dicts and lists that they fill or look something up in.

A piece that only asks for items, for the length or for whether there is an item may run before all values are there.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable, Iterator, Sequence

from ....runtime.outline_shape import Adds, AttributeOf, Changes, ItemOf, Key, Looks, Puts, Sets, Shape, Target
from ....runtime.plan import Literal
from ...effects.scope import CodeScope
from .static_names import static_of

_CONSUMERS = (all, any, dict, frozenset, list, max, min, set, sorted, sum, tuple)
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def outline_shape(body: Sequence[ast.stmt] | ast.expr, inputs: Sequence[str], scope: CodeScope) -> Shape | None:
    """The shape of a piece with these inputs."""
    if isinstance(body, ast.expr):
        return _appending(body, inputs) or _Uses(scope, inputs).shape(body)
    return _store(body[0], inputs) if len(body) == 1 else None


def _store(statement: ast.stmt, inputs: Sequence[str]) -> Shape | None:
    """The shape of a statement that stores one value."""
    match statement:
        case ast.Assign([ast.Subscript(container, key)], ast.Name(value)) if value in inputs:
            target, known = _target(container, inputs), _key(key, inputs)
            return Puts(target, inputs.index(value), known) if target is not None and known is not None else None
        case ast.Expr(call):
            return _appending(call, inputs)
        case ast.Assign([ast.Attribute() as attribute], (ast.Name() | ast.Constant()) as value):
            target, stored = _target(attribute, inputs), _key(value, inputs)
            return Sets(target, stored) if target is not None and isinstance(stored, int | Literal) else None
        case ast.AugAssign(ast.Attribute() as attribute, op, operand) if type(op) in _OPERATORS:
            target, known = _target(attribute, inputs), _key(operand, inputs)
            if target is not None and known is not None:
                return Changes(target, Literal(None), known, function=_OPERATORS[type(op)])
    return None


def _appending(node: ast.expr, inputs: Sequence[str]) -> Shape | None:
    match node:
        case ast.Call(ast.Attribute(container, "append"), [ast.Name(value)], []) if value in inputs:
            target = _target(container, inputs)
            return Adds(target, inputs.index(value)) if target is not None else None
    return None


def _target(node: ast.expr, inputs: Sequence[str]) -> Target | None:
    """What is filled: an input, or an attribute of one that is called by the same name everywhere."""
    match node:
        case ast.Name(name) if name in inputs:
            return Target(inputs.index(name))
        case ast.Attribute(ast.Name(name), attribute) if name in inputs and not attribute.startswith("__"):
            return Target(inputs.index(name), attribute)
    return None


def _key(node: ast.expr, inputs: Sequence[str]) -> Key | None:
    match node:
        case ast.Constant(value):
            return Literal(value)
        case ast.Name(name) if name in inputs:
            return inputs.index(name)
        case ast.Subscript(owner, item):
            held, key = _key(owner, inputs), _key(item, inputs)
            return ItemOf(held, key) if held is not None and key is not None else None
        case ast.Attribute(owner, name) if not name.startswith("__"):
            held = _key(owner, inputs)
            return AttributeOf(held, name) if held is not None else None
        case ast.Tuple(parts):
            keys = [_key(part, inputs) for part in parts]
            return tuple(key for key in keys if key is not None) if None not in keys else None
    return None


class _Uses:
    """What an expression does with the names that it gets."""

    def __init__(self, scope: CodeScope, inputs: Sequence[str]) -> None:
        self._scope = scope
        self._inputs = inputs
        self._looked_into: dict[Target, None] = {}
        self._taken: dict[Target, None] = {}
        self._others: set[str] = set()

    def shape(self, body: ast.expr) -> Looks | None:
        """The inputs in which an expression looks something up, where it does nothing else with them."""
        self._visit(body, is_tested=False)
        looked_into, taken = self._known(self._looked_into), self._known(self._taken)
        return Looks(looked_into, taken) if looked_into or taken else None

    def _known(self, targets: Iterable[Target]) -> tuple[Target, ...]:
        return tuple(target for target in targets if self._inputs[target.argument] not in self._others)

    def _visit(self, node: ast.expr, *, is_tested: bool) -> None:
        """Notes the uses in an expression, of which what it gives is only tested, or not."""
        match node:
            case ast.Name(name):
                if not is_tested or not self._notes(node):
                    self._others.add(name)
            case ast.Attribute() if (target := _target(node, self._inputs)) is not None:
                if not is_tested or not self._notes(node):
                    self._taken[target] = None
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
            case ast.Lambda() | ast.GeneratorExp() | ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
                self._others.update(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
            case _:
                self._visit_operation(node)

    def _visit_operation(self, node: ast.expr) -> None:
        """Notes the uses in what may look something up."""
        match node:
            case ast.Subscript(container, key, ast.Load()) if self._notes(container):
                self._visit(key, is_tested=False)
            case ast.Compare(key, [ast.In() | ast.NotIn()], [container]) if self._notes(container):
                self._visit(key, is_tested=False)
            case ast.Call(ast.Attribute(container, "get"), [_, *_] as args, []) if self._notes(container):
                self._visit_all(args)
            case ast.Call(function, [container], []) if static_of(function, self._scope) is len and self._notes(
                container
            ):
                pass
            case ast.Call(ast.Attribute(ast.Name(name)) as method):
                self._others.add(name)
                self._visit_all(one for one in _expressions(node) if one is not method)
            case ast.Call(function, [ast.GeneratorExp(element, generators)], []) if self._consumes(function):
                self._visit(function, is_tested=False)
                self._visit_comprehension([element], generators)
            case _:
                self._visit_all(_expressions(node))

    def _visit_all(self, nodes: Iterable[ast.expr]) -> None:
        for node in nodes:
            self._visit(node, is_tested=False)

    def _visit_comprehension(self, given: Sequence[ast.expr], generators: Sequence[ast.comprehension]) -> None:
        for generator in generators:
            self._visit_all([generator.target, generator.iter])
            for test in generator.ifs:
                self._visit(test, is_tested=True)
        self._visit_all(given)

    def _notes(self, node: ast.expr) -> bool:
        """Whether an expression is a container that may be an outline; if so, something is looked up in it."""
        target = _target(node, self._inputs)
        if target is not None:
            self._looked_into[target] = None
        return target is not None

    def _consumes(self, function: ast.expr) -> bool:
        """Whether a function takes all of an iterator before it returns."""
        if isinstance(function, ast.Attribute):
            return function.attr == "join" and isinstance(function.value, ast.Constant)
        return any(static_of(function, self._scope) is one for one in _CONSUMERS)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.expr):
            yield inner
        else:
            yield from _expressions(inner)
