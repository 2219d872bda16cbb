"""How control may leave a piece of syntax: by falling off its end, or how else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from ...syntax_parts import parts_of_syntax
from .names import FUNCTIONS


def leaves(nodes: Sequence[ast.stmt]) -> set[str]:
    """The ways control may leave these statements other than by falling off: of `return break continue yield`."""
    found: set[str] = set()
    for node in nodes:
        _collect_leaves(node, found, in_loop=False)
    return found


def _collect_leaves(node: ast.AST, found: set[str], in_loop: bool) -> None:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return
    if isinstance(node, ast.Return):
        found.add("return")
    elif isinstance(node, (ast.Break, ast.Continue)) and not in_loop:
        found.add("break" if isinstance(node, ast.Break) else "continue")
    elif isinstance(node, (ast.Yield, ast.YieldFrom)):
        found.add("yield")
    body = node.body if isinstance(node, (ast.For, ast.While, ast.AsyncFor)) else ()
    repeated = set(map(id, body))
    for part in parts_of_syntax(node):
        if part.__class__ is not ast.Name:
            _collect_leaves(part, found, in_loop or id(part) in repeated)


def awaits(nodes: Iterable[ast.AST]) -> bool:
    """Whether this code, outside of functions defined in it, can only run in an asynchronous function."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or getattr(node, "is_async", 0):
            return True
        if isinstance(node, FUNCTIONS):
            pending += [default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None]
            pending += getattr(node, "decorator_list", ())
        else:
            pending += parts_of_syntax(node)
    return False


def always_leaves(nodes: Sequence[ast.stmt]) -> bool:
    """Whether control never falls off the end of these statements."""
    if not nodes:
        return False
    match nodes[-1]:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If(body=body, orelse=orelse):
            return always_leaves(body) and always_leaves(orelse)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
        ):
            ways = [[*body, *orelse], *(handler.body for handler in handlers)]
            return always_leaves(finalbody) or all(map(always_leaves, ways))
        case ast.Match(cases=cases) if is_exhaustive(cases):
            return all(always_leaves(case.body) for case in cases)
        case _:
            return any(isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break)) for node in nodes[:-1])


def is_exhaustive(cases: Sequence[ast.match_case]) -> bool:
    """Whether some case of a `match` takes whatever the others don't."""
    return any(case.guard is None and _is_irrefutable(case.pattern) for case in cases)


def _is_irrefutable(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=inner):
            return inner is None or _is_irrefutable(inner)
        case ast.MatchOr(patterns=patterns):
            return any(map(_is_irrefutable, patterns))
        case _:
            return False
