"""What entering and leaving does of a context manager that `@contextmanager` makes of a generator function.

In: the function that `contextmanager` gives. Out: the generator function as one that runs through, whose inference says
what both halves do, and whether leaving may swallow an exception.
"""

from __future__ import annotations

import ast
import contextlib
import types
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ...effects.scope import CodeScope
from ...effects.source import FunctionSource, SourceUnavailable, function_source, is_library, remember_source
from ..source.native_code import compile_function, with_type_parameters
from ..source.syntax import assign_name, call_node, copied, load_name, placed

GIVEN = "_xcs_given"
MADE_BY = contextlib.contextmanager(lambda: iter(())).__code__
SWALLOWING = (ast.Try, ast.TryStar, ast.With)


@dataclass(frozen=True, slots=True)
class RunThrough:
    """A generator function without its `yield`: a function that gives a list of what is yielded.

    Attributes:
        function: the function.
        swallows: an exception of the body of a `with` may end in it.
    """

    function: types.FunctionType
    swallows: bool


_known: WeakKeyDictionary[types.FunctionType, RunThrough] = WeakKeyDictionary()


def run_through(maker: object) -> RunThrough | None:
    """What the managers do that a function makes, if `contextmanager` has made it of a generator function."""
    if not isinstance(maker, types.FunctionType) or maker.__code__ is not MADE_BY or not maker.__closure__:
        return None
    generator = maker.__closure__[0].cell_contents
    if not isinstance(generator, types.FunctionType) or is_library(generator.__code__.co_filename):
        return None
    return without_yield(generator)


def without_yield(generator: types.FunctionType) -> RunThrough | None:
    """A generator function that yields once, as one that runs through; None where it can't be."""
    if (found := _known.get(generator)) is None and (found := _without_yield(generator)) is not None:
        _known[generator] = found
    return found


def _without_yield(generator: types.FunctionType) -> RunThrough | None:
    try:
        source = function_source(generator)
    except SourceUnavailable:
        return None
    if not isinstance(source.node, ast.FunctionDef):
        return None
    rewriting = _Given()
    body = [rewriting.visit(statement) for statement in copied(source.node.body)]
    if rewriting.is_refused or rewriting.num_yields != 1:
        return None
    first, last = source.node.body[0], source.node.body[-1]
    body = [
        assign_name(GIVEN, ast.List([], ast.Load()), first),
        *body,
        placed(ast.Return(load_name(GIVEN, last)), last),
    ]
    node = placed(ast.FunctionDef(source.node.name, copied(source.node.args), body, []), source.node)
    ast.fix_missing_locations(with_type_parameters(node))
    scope = CodeScope.of(generator, source.class_name)
    code = compile_function(node, scope, scope.cells, generator.__qualname__)
    closure = tuple(scope.cells[name] for name in code.co_freevars)
    function = types.FunctionType(code, scope.globals, node.name, generator.__defaults__, closure)
    function.__kwdefaults__ = generator.__kwdefaults__
    remember_source(code, FunctionSource(node, source.class_name))
    return RunThrough(function, any(isinstance(inner, SWALLOWING) for inner in ast.walk(source.node)))


class _Given(ast.NodeTransformer):
    """Puts what is yielded into a list, and gives that where the generator ends."""

    def __init__(self) -> None:
        self.num_yields = 0
        self.is_refused = False  # what `yield` gives is used, or it is inside something else

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if not isinstance(node.value, ast.Yield):
            return self.generic_visit(node)
        self.num_yields += 1
        held = node.value.value or placed(ast.Constant(None), node)
        append = placed(ast.Attribute(load_name(GIVEN, node), "append", ast.Load()), node)
        return placed(ast.Expr(call_node(append, [self.visit(held)])), node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        return placed(ast.Return(load_name(GIVEN, node)), node)

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        self.is_refused = True
        return node

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        self.is_refused = True
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node
