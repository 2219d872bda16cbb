"""What objects of a class of the user's go over, as its `__iter__` says.

    def __iter__(self): return iter(self.rows)            self.rows
    def __iter__(self): yield from self.rows              self.rows
    def __iter__(self):                                   (row.text for row in self.rows if row.text)
        for row in self.rows:
            if row.text:
                yield row.text

In: the function. Out: the name of its parameter, and the expression that has the same elements, in which no other names
are free but those of builtins.
"""

from __future__ import annotations

import ast
import builtins
import types

from ...effects.source import SourceUnavailable, function_source
from .names import names_of


def what_it_walks(method: types.FunctionType) -> tuple[str, ast.expr] | None:
    """The parameter and the expression; None for any other function."""
    try:
        node = function_source(method).node
    except SourceUnavailable:
        return None
    arguments = node.args
    if not isinstance(node, ast.FunctionDef) or method.__closure__ or method.__defaults__ or len(arguments.args) != 1:
        return None
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        return None
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    walked = _walked(body[0]) if len(body) == 1 else None
    if walked is None:
        return None
    names = names_of([walked])
    parameter = arguments.args[0].arg
    free = names.read - {parameter} - _targets(walked)
    is_plain = all(hasattr(builtins, name) and name not in method.__globals__ for name in free | {"iter"})
    return (parameter, walked) if is_plain and not names.bound and parameter in names.read else None


def _walked(statement: ast.stmt) -> ast.expr | None:
    match statement:
        case ast.Return(value=ast.Call(func=ast.Name(id="iter"), args=[walked], keywords=[])):
            return walked
        case ast.Expr(value=ast.YieldFrom(value=walked)):
            return walked
        case ast.For(target=ast.Name() as target, iter=iterable, body=[inner], orelse=[]):
            conditions = []
            while isinstance(inner, ast.If) and len(inner.body) == 1 and not inner.orelse:
                conditions.append(inner.test)
                inner = inner.body[0]
            if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Yield) and inner.value.value is not None:
                over = ast.comprehension(target, iterable, conditions, 0)
                return ast.copy_location(ast.GeneratorExp(inner.value.value, [over]), statement)
            return None
        case _:
            return None


def _targets(walked: ast.expr) -> set[str]:
    generators = walked.generators if isinstance(walked, ast.GeneratorExp) else []
    return {one.target.id for one in generators if isinstance(one.target, ast.Name)}
