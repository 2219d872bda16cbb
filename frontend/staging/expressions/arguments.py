"""Arguments that are more than a value: `*args` and `**kwargs` whose parts are known, functions of this function.

A local function that is passed on is lifted: where it arrives it is a `Closure`, called with what it captures first.
"""

from __future__ import annotations

import ast
import copy

from ...effects.seal import SEALED
from ...effects.source import FunctionNode
from ..source.lifting import Lifted, lift
from ..source.syntax import load_name, placed
from ..state.state import EMPTY_DICT
from ..values import Closure, Keywords, LocalFunction, Maybe, Static, TupleValue, Unbound, Unstageable, Value
from .arrays import ArrayStager
from .expressions import has_literal_defaults

AS_VALUE = "a local function is used as a value"


class ArgumentStager(ArrayStager):
    """The layer of arguments."""

    def passes_functions(self, node: ast.Call) -> bool:
        """Whether functions of this function are among the arguments."""
        return any(map(self.is_local_function, [*node.args, *(k.value for k in node.keywords)]))

    def is_local_function(self, node: ast.expr) -> bool:
        """Whether an expression is a function of this function, or of whoever called it."""
        is_named = isinstance(node, ast.Name) and isinstance(self.state.names.get(node.id), (LocalFunction, Closure))
        return is_named or isinstance(node, ast.Lambda)

    def with_stars_spread(self, node: ast.Call) -> ast.Call:
        """The call with `*args` and `**kwargs` of this function's own, whose parts are known, one by one."""
        given = {k.value.id for k in node.keywords if k.arg is None and isinstance(k.value, ast.Name)}
        given |= {a.value.id for a in node.args if isinstance(a, ast.Starred) and isinstance(a.value, ast.Name)}
        held = {name: self.state.names.get(name) for name in given}
        if not any(isinstance(value, (TupleValue, Keywords)) for value in held.values()):
            return node

        def name_of(value: Value, like: ast.AST) -> ast.expr:
            return load_name(self.temporary(value), like)

        args: list[ast.expr] = []
        for argument in node.args:
            inner = argument.value if isinstance(argument, ast.Starred) else None
            value = held.get(inner.id) if isinstance(inner, ast.Name) else None
            known = isinstance(value, TupleValue)
            args += [name_of(part, argument) for part in value.elements] if known else [argument]
        keywords: list[ast.keyword] = []
        for keyword in node.keywords:
            inner = keyword.value if keyword.arg is None else None
            value = held.get(inner.id) if isinstance(inner, ast.Name) else None
            if isinstance(value, Keywords):
                parts = zip(value.names, value.values, strict=True)
                keywords += [ast.keyword(name, name_of(part, keyword.value)) for name, part in parts]
            else:
                keywords.append(keyword)
        names = [keyword.arg for keyword in keywords if keyword.arg is not None]
        return node if len(set(names)) < len(names) else placed(ast.Call(node.func, args, keywords), node)

    def with_stars_computed(self, node: ast.Call) -> ast.Call:
        """The call with what is put together for `*` and `**`, and what stands before that, under names of its own.

        Such a piece looks only at what it needs: `ask(x, *[done[d] for d in ds])` waits for these, and not for `done`.
        """
        stars = [*(a for a in node.args if isinstance(a, ast.Starred)), *(k for k in node.keywords if k.arg is None)]
        looked_up = [one.value for one in stars if not isinstance(one.value, (ast.Name, ast.Attribute, ast.Constant))]
        keys = [k.arg for k in node.keywords]
        if not looked_up or (None in keys and keys.index(None) < len(keys) - 1):
            return node

        def named(one: ast.expr) -> ast.expr:
            return one if self.is_trivial(one) or self.is_local_function(one) else self.compute(one)

        made = copy.copy(node)
        if not isinstance(node.func, (ast.Name, ast.Attribute)):
            made.func = self.compute(node.func)
        made.args = [named(one) for one in node.args]
        made.keywords = [placed(ast.keyword(k.arg, named(k.value)), k) for k in node.keywords]
        return made

    def open_keywords(self, node: FunctionNode) -> None:
        """At the start of a function: `**kwargs` that are used for more than passing them on are a dict of its own."""
        for name, value in list(self.state.names.items()):
            if isinstance(value, Keywords) and not _only_passed_on(node, name):
                for part in value.values:
                    self.hold(part)
                known = self.type_of(value) if value.names else EMPTY_DICT
                seal = SEALED if all(map(self.is_inert, value.values)) else None
                self.state.names[name] = self.own(self.ssa(value), known, dict, seal)

    def items_of(self, node: ast.expr) -> TupleValue | None:
        """What a loop over `kwargs.items()`, `.keys()` or `.values()` goes over, where that is known one by one."""
        walked = walked_by(node)
        held = self.state.names.get(walked[0].id) if walked is not None else None
        if walked is None or not isinstance(held, Keywords):
            return None
        if walked[1] == "values":
            return TupleValue(held.values)
        keys = tuple(map(Static, held.names))
        return TupleValue(keys if walked[1] == "keys" else tuple(map(TupleValue, zip(keys, held.values, strict=True))))

    def argument(self, node: ast.expr) -> Value:
        """The value of an argument that may be a function of this function."""
        if isinstance(node, ast.Starred):
            raise Unstageable(AS_VALUE)
        if not isinstance(node, ast.Lambda):
            return self.stage_expression(node)
        if not has_literal_defaults(node.args):
            raise Unstageable(AS_VALUE)
        return self.local_function(node)

    def as_argument(self, value: Value) -> Value:
        """A value as another function gets it: local functions as what is called, with what they capture."""
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(self.as_argument, value.elements)))
        if isinstance(value, Keywords):
            return Keywords(value.names, tuple(map(self.as_argument, value.values)))
        if not isinstance(value, LocalFunction):
            return value
        lifted = self._lifted(value)
        if lifted is None:
            raise Unstageable(AS_VALUE)
        captured = (value.captured.get(name, self.state.names.get(name)) for name in lifted.captured)
        parts = [self.as_argument(one) for one in captured if one is not None]
        if len(parts) < len(lifted.captured):
            raise Unstageable(AS_VALUE)
        return Closure(lifted.function, tuple(parts))

    def lifted_callee(self, node: ast.expr) -> Lifted | None:
        """The function that a name is bound to which means one of this function, lifted."""
        local = self.state.names.get(node.id) if isinstance(node, ast.Name) else None
        return self._lifted(local) if isinstance(local, LocalFunction) else None

    def _lifted(self, local: LocalFunction) -> Lifted | None:
        """A local function as a function of its own, the same one each time."""
        callees: dict[str, Lifted] = {}
        for name, value in local.captured.items():
            if isinstance(value, LocalFunction):
                lifted = self._lifted(value)
                if lifted is None:
                    return None
                callees[name] = lifted
            elif isinstance(value, (Maybe, Unbound)):
                return None
        key = (id(local.node), tuple(local.captured), *(id(callee.function) for callee in callees.values()))
        if key not in self.program.lifted:
            self.program.lifted[key] = lift(local, self.scope, callees)
        return self.program.lifted[key]


def _only_passed_on(node: FunctionNode, name: str) -> bool:
    """Whether `**name` in calls, and loops over its items, are all that a function does with its keyword arguments."""
    inside = list(ast.walk(node))
    loops = [inner.iter for inner in inside if isinstance(inner, (ast.For, ast.comprehension))]
    fine = {id(walked[0]) for loop in loops if (walked := walked_by(loop)) is not None}
    fine |= {id(inner.value) for inner in inside if isinstance(inner, ast.keyword) and inner.arg is None}
    return all(id(inner) in fine for inner in inside if isinstance(inner, ast.Name) and inner.id == name)


def walked_by(node: ast.expr) -> tuple[ast.Name, str] | None:
    """The name and the method of `name.items()` and the like, else None."""
    if not isinstance(node, ast.Call) or node.args or node.keywords or not isinstance(node.func, ast.Attribute):
        return None
    owner, method = node.func.value, node.func.attr
    return (owner, method) if isinstance(owner, ast.Name) and method in ("items", "keys", "values") else None
