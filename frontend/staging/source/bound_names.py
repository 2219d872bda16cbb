"""Names that are surely bound once a piece of syntax has run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set

from .names import Names, names_of
from .ways_out import always_leaves, is_exhaustive


def definitely_bound(nodes: Sequence[ast.stmt], calm: Set[int] = frozenset()) -> set[str]:
    """Names that are bound on every path that falls off the end of these statements.

    `calm` are those of them, by identity, that are a `with` whose manager swallows no exception.
    """
    bound: set[str] = set()
    for node in nodes:
        names = names_of([node])
        bound = (bound - names.deleted - names.caught) | _bound_by(node, names)
        if id(node) in calm and isinstance(node, (ast.With, ast.AsyncWith)):
            bound |= definitely_bound(node.body)
    return bound


def _bound_by(node: ast.stmt, names: Names) -> set[str]:
    """Names that one statement binds whichever way it goes on to the next."""
    lost = names.deleted | names.caught
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            return (_surely_bound(test) - lost) | _met([(set(), body), (set(), orelse)])
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
        ):
            ways: list[tuple[set[str], list[ast.stmt]]] = [(set(), [*body, *orelse])]
            ways += [(set(), handler.body) for handler in handlers]
            return (_met(ways) - names.caught) | definitely_bound(finalbody)
        case ast.Match(cases=cases):
            found = _met([(names_of([case.pattern]).bound, case.body) for case in cases])
            return found if is_exhaustive(cases) else set()
        case ast.With(items=items) | ast.AsyncWith(items=items) if items[0].optional_vars is not None:
            return names_of([items[0].optional_vars]).bound - lost
        case ast.While(test=head) | ast.For(iter=head):
            return _surely_bound(head) - lost  # the body may not run, or not to its end
        case ast.With() | ast.AsyncFor() | ast.AsyncWith():
            return set()  # bodies that may not run, or not to their end (a manager may swallow an exception)
        case _:
            return _surely_bound(node, names) - lost


def _met(ways: Sequence[tuple[set[str], list[ast.stmt]]]) -> set[str]:
    """Names bound on all of these ways that don't leave: each binds some, and what its statements bind."""
    found = [(bound - _lost(body)) | definitely_bound(body) for bound, body in ways if not always_leaves(body)]
    return set.intersection(*found) if found else set()


def _lost(body: list[ast.stmt]) -> set[str]:
    names = names_of(body)
    return names.deleted | names.caught


def _surely_bound(node: ast.stmt | ast.expr, names: Names | None = None) -> set[str]:
    """Names that a simple statement or an expression binds, other than by a `:=` that may not be reached."""
    bound = (names or names_of([node])).bound
    if not bound or not any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node)):
        return bound
    return bound - {name for part in _optional_parts(node) for name in names_of([part]).bound} | _targets(node)


def _optional_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a piece of code that may not be evaluated when it is."""
    for inner in ast.walk(node):
        match inner:
            case ast.IfExp(body=body, orelse=orelse):
                yield from (body, orelse)
            case ast.BoolOp(values=values):
                yield from values[1:]
            case ast.Compare(comparators=comparators):
                yield from comparators[1:]
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield inner


def _targets(node: ast.stmt | ast.expr) -> set[str]:
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return names_of([target for target in targets if isinstance(target, ast.AST)]).bound
