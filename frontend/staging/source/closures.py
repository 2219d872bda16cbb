"""Closures: which local names they see later values of, and which of them may run after the code around them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ...syntax_parts import parts_of_syntax
from .names import FUNCTIONS, names_of, parameter_names

EAGER_CONSUMERS = frozenset(
    {"sorted", "min", "max", "sum", "any", "all", "list", "tuple", "set", "frozenset", "dict", "sort", "join", "extend"}
)
"""Callables that are done with a function or generator when they return."""


def shared_names(node: ast.AST) -> frozenset[str]:
    """Local names of a function that functions inside rebind, or see later values of."""
    body: list[ast.AST] = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
    names = names_of(body)
    own = (names.bound | names.deleted | parameter_names(node.args)) - declared_in(body)  # type: ignore[attr-defined]
    timeline = _Timeline()
    for statement in body:
        timeline.walk(statement, ())
    return frozenset(own & (timeline.rebound_inside | timeline.seen_later()))


def called_names(node: ast.AST) -> frozenset[str]:
    """Local functions that are bound once, by a statement of the body itself, and only called or passed to calls."""
    body: list[ast.AST] = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
    own = {name for statement in body for name in _function_bound(statement)}
    if not own:
        return frozenset()
    bound: Counter[str] = Counter()
    stored: set[str] = set()
    pending: list[tuple[ast.AST, bool]] = [(statement, False) for statement in body]
    while pending:
        inner, is_called = pending.pop()
        bound.update(_bound_here(inner))
        if isinstance(inner, ast.Name) and not is_called:
            stored |= {inner.id} if isinstance(inner.ctx, ast.Load) else set()
        if isinstance(inner, ast.Call):
            values = [keyword.value for keyword in inner.keywords]
            pending += [(part, True) for part in (inner.func, *inner.args, *values)]
        else:
            pending += [(part, False) for part in ast.iter_child_nodes(inner)]
    return frozenset(name for name in own - stored if bound[name] == 1)


def _function_bound(statement: ast.AST) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            yield name
        case _:
            return


Place: TypeAlias = tuple[int, tuple[ast.AST, ...]]
"""When code runs: the number of its statement, and the loops around it."""


class _Timeline:
    """Where a function binds names, and where it makes functions that may run later."""

    def __init__(self) -> None:
        self.rebound_inside: set[str] = set()
        self._number = 0
        self._bindings: dict[str, list[tuple[Place, ast.AST]]] = {}
        self._functions: list[tuple[Place, ast.AST]] = []

    def walk(self, node: ast.AST, loops: tuple[ast.AST, ...], consumed: bool = False) -> None:
        if isinstance(node, ast.stmt):
            self._number += 1
        inside = (*loops, node) if isinstance(node, (ast.For, ast.While, ast.AsyncFor)) else loops
        place = self._number, inside
        for name in _bound_here(node):
            self._bindings.setdefault(name, []).append((place, node))
        if isinstance(node, (*FUNCTIONS, ast.GeneratorExp)):
            self.rebound_inside |= _nonlocal_in(node)
            if not consumed:
                self._functions.append((place, node))
        if isinstance(node, FUNCTIONS):
            return
        eager = isinstance(node, ast.Call) and _callee_name(node.func) in EAGER_CONSUMERS
        for child in ast.iter_child_nodes(node):
            self.walk(child.value if isinstance(child, ast.keyword) else child, inside, eager)

    def seen_later(self) -> set[str]:
        """Names bound at a time when a function that reads them may exist."""
        found: set[str] = set()
        for (number, loops), function in self._functions:
            for name in names_of([function]).read:
                places = (place for place, node in self._bindings.get(name, ()) if node is not function)
                if any(later >= number or set(loops) & set(around) for later, around in places):
                    found.add(name)
        return found


def _bound_here(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from names_of([node]).bound
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            yield name
        case ast.MatchMapping(rest=str() as name):
            yield name
        case _:
            return


def declared_in(body: Sequence[ast.AST]) -> set[str]:
    """Names that a function declares `global` or `nonlocal` itself."""
    found: set[str] = set()
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Nonlocal, ast.Global)):
            found |= set(node.names)
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(node))
    return found


def _nonlocal_in(node: ast.AST) -> set[str]:
    return {name for inner in ast.walk(node) if isinstance(inner, ast.Nonlocal) for name in inner.names}


def lazy_functions(node: ast.AST, *, consumed: bool = False) -> Iterator[ast.AST]:
    """Functions and generator expressions in a piece of code that may run after the code has."""
    if isinstance(node, (*FUNCTIONS, ast.GeneratorExp)):
        if not consumed:
            yield node
        return
    eager = isinstance(node, ast.Call) and _callee_name(node.func) in EAGER_CONSUMERS
    for child in parts_of_syntax(node):
        inner = child.value if isinstance(child, ast.keyword) else child
        yield from lazy_functions(inner, consumed=eager)


def _callee_name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
