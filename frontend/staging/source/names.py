"""Which names a piece of syntax reads and binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(slots=True)
class Names:
    """Names used by a piece of syntax, as seen from the enclosing function's scope.

    Attributes:
        read: names loaded, by nested functions and comprehensions too.
        bound: names assigned in this scope.
        deleted: names deleted.
        nonlocal_names: names declared `global` or `nonlocal` at any depth.
        caught: names that `except ... as` binds, and unbinds after the handler.
        declared: names that an annotation without a value makes local.
    """

    read: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    caught: set[str] = field(default_factory=set)


class _NameCollector(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names = Names()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names.read.add(node.id)
        elif isinstance(node.ctx, ast.Store):
            self.names.bound.add(node.id)
        else:
            self.names.deleted.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.names.read.add(node.target.id)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is None and node.simple and isinstance(node.target, ast.Name):
            self.names.declared.add(node.target.id)
        else:
            self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.names.bound.add(node.name)
            self.names.caught.add(node.name)
        if node.type is not None:
            self.visit(node.type)
        outer, self.names = self.names, Names()
        for statement in node.body:
            self.visit(statement)
        self.names.read.discard(node.name or "")  # it is bound when the handler starts
        for part in fields(Names):
            getattr(outer, part.name).update(getattr(self.names, part.name))
        self.names = outer

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.names.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.names.bound.add(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.names.bound.add(node.rest)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.names.nonlocal_names.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.names.nonlocal_names.update(node.names)

    def visit_Import(self, node: ast.Import) -> None:
        self.names.bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.names.bound.update(alias.asname or alias.name for alias in node.names)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.bound.add(node.name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.bound.add(node.name)
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.names.bound.add(node.name)
        self._visit_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        for outside in (
            *getattr(node, "decorator_list", ()),
            *node.args.defaults,
            *filter(None, node.args.kw_defaults),
        ):
            self.visit(outside)
        inner = names_of(node.body if isinstance(node.body, list) else [node.body])
        parameters = parameter_names(node.args)
        self.names.read |= inner.read - parameters - ((inner.bound | inner.deleted) - inner.nonlocal_names)
        self.names.nonlocal_names |= inner.nonlocal_names

    def _visit_comprehension(self, node: ast.AST) -> None:
        inner = _NameCollector()
        inner.generic_visit(node)
        targets = {
            name.id
            for generator in node.generators  # type: ignore[attr-defined]
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        self.names.read |= inner.names.read - targets
        # A first iterable that reads a name equal to a target reads the outer one.
        self.names.read |= names_of([node.generators[0].iter]).read  # type: ignore[attr-defined]
        self.names.bound |= inner.names.bound - targets
        self.names.nonlocal_names |= inner.names.nonlocal_names

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension


def only_appends_new(nodes: Sequence[ast.AST], name: str) -> bool:
    """Whether code does nothing with the list of a name but append displays to it."""
    num_uses = num_appends = 0
    for node in nodes:
        for inner in ast.walk(node):
            num_uses += isinstance(inner, ast.Name) and inner.id == name
            match inner:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="append"), args=[made])):
                    num_appends += owner == name and isinstance(made, (ast.Dict, ast.List, ast.Set))
    return 0 < num_uses == num_appends


def names_of(nodes: Iterable[ast.AST]) -> Names:
    """The names that a run of statements or an expression uses."""
    nodes = list(nodes)
    found = _names_of_plain(nodes)
    if found is not None:
        return found
    collector = _NameCollector()
    for node in nodes:
        collector.visit(node)
    return collector.names


def union_of_names(every: Sequence[Names]) -> Names:
    """The names that pieces of syntax use together."""
    return Names(
        set().union(*[names.read for names in every]),
        set().union(*[names.bound for names in every]),
        set().union(*[names.deleted for names in every]),
        set().union(*[names.nonlocal_names for names in every]),
        set().union(*[names.declared for names in every]),
        set().union(*[names.caught for names in every]),
    )


_PLAIN_STATEMENTS = (
    "Assign AugAssign Expr Return If For While Raise Assert Pass Break Continue Try ExceptHandler With withitem"
)
_PLAIN_EXPRESSIONS = (
    "Call Constant Attribute Subscript Slice Tuple List Dict Set Starred keyword JoinedStr FormattedValue "
    "BinOp UnaryOp BoolOp Compare IfExp"
)
_WITHOUT_NAMES = {"ctx", "op", "ops", "type_comment", "attr", "arg", "conversion"}
PLAIN_SYNTAX: dict[type, tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if kind is not ast.Constant and field not in _WITHOUT_NAMES)
    for name in f"{_PLAIN_STATEMENTS} {_PLAIN_EXPRESSIONS}".split()
    for kind in [getattr(ast, name)]
}
"""Syntax without scopes of its own that reads and binds what its names say, with its fields that may hold names."""


def _names_of_plain(nodes: list[ast.AST]) -> Names | None:
    """The same for syntax without scopes of its own, which is most of it, several times faster; None for the rest."""
    names = Names()
    pending: list[object] = [*nodes]
    while pending:
        node = pending.pop()
        kind = node.__class__
        if kind is ast.Name:
            found = names.read if node.ctx.__class__ is ast.Load else names.bound  # type: ignore[attr-defined]
            if node.ctx.__class__ is ast.Del:  # type: ignore[attr-defined]
                return None
            found.add(node.id)  # type: ignore[attr-defined]
        elif (parts := PLAIN_SYNTAX.get(kind)) is not None:
            if kind is ast.AugAssign and node.target.__class__ is ast.Name:  # type: ignore[attr-defined]
                names.read.add(node.target.id)  # type: ignore[attr-defined]
            elif kind is ast.ExceptHandler and node.name is not None:  # type: ignore[attr-defined]
                return None
            for name in parts:
                held = getattr(node, name, None)
                if held.__class__ is list:
                    pending += held  # type: ignore[operator]
                else:
                    pending.append(held)
        elif kind in _COMPREHENSIONS:
            inside = _names_of_comprehension(node)
            if inside is None:
                return None
            names.read |= inside.read
            names.bound |= inside.bound
        elif node is not None:
            return None
    return names


_COMPREHENSIONS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))


def _names_of_comprehension(node: Any) -> Names | None:
    """The same for a comprehension, whose targets are names of its own; None where it holds other scopes."""
    parts = [node.key, node.value] if node.__class__ is ast.DictComp else [node.elt]
    for generator in node.generators:
        parts += (generator.target, generator.iter, *generator.ifs)
    inside = _names_of_plain(parts)
    targets = _names_of_plain([generator.target for generator in node.generators])
    first = _names_of_plain([node.generators[0].iter])
    if inside is None or targets is None or first is None:
        return None
    own = targets.bound | targets.read
    # A first iterable that reads a name equal to a target reads the outer one.
    return Names((inside.read - own) | first.read, inside.bound - own)


def parameter_names(arguments: ast.arguments) -> set[str]:
    """Names of all parameters."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in every if argument is not None}
