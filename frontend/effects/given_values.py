"""What code gives to which names: by keywords, assignments, defaults, entries of dicts, pairs, comparisons, places.

In: a node. Out: names, each with the expression that it is given. A name is whatever the program calls a value: a
variable, an attribute, a parameter, the key of a dict or of an item.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from ...diagnostics.secrets import is_secret_name, takes_secrets
from ..syntax_parts import syntax_inside

Given: TypeAlias = tuple[str, ast.expr]
"""A name, and the expression that it is given."""
Parameters: TypeAlias = Mapping[str, Sequence[str]]
"""Of functions and classes by name: what they call their positional parameters, `self` aside."""
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def given_by(node: ast.AST, parameters: Parameters) -> Iterator[Given]:
    """What one node gives, those inside of it aside."""
    found = _GIVES.get(node.__class__)
    if found is not None:
        yield from found(node)
    if isinstance(node, ast.Call):
        yield from _by_place(node, parameters)


def parameters_of(nodes: Sequence[ast.AST]) -> Parameters:
    """Those of the functions and classes among these nodes."""
    found: dict[str, Sequence[str]] = {}
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.setdefault(node.name, _positional(node))
    for node in nodes:
        if not isinstance(node, ast.ClassDef):
            continue
        fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
        found[node.name] = [field.id for field in fields if isinstance(field, ast.Name)]  # unless it has an `__init__`
        for one in node.body:
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
                is_static = any(isinstance(by, ast.Name) and by.id == "staticmethod" for by in one.decorator_list)
                found[node.name if one.name == "__init__" else one.name] = _positional(one)[not is_static :]
    return found


def _positional(node: Function) -> list[str]:
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]


def name_of(node: ast.expr) -> str | None:
    """What a place is called: a variable, an attribute, or the text that it is an item of."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() | bytes()) as key):
            return text_of(key)
        case _:
            return None


def text_of(node: ast.Constant) -> str:
    """The text of a constant; empty for numbers and the like."""
    value = node.value
    return value if isinstance(value, str) else value.decode("latin-1") if isinstance(value, bytes) else ""


def _keyword(node: ast.keyword) -> Iterator[Given]:
    if node.arg is not None:
        yield node.arg, node.value


def _assignment(node: ast.Assign) -> Iterator[Given]:
    for target in node.targets:
        yield from _assigned(target, node.value)


def _binding(node: Any) -> Iterator[Given]:
    if node.value is not None:
        yield from _assigned(node.target, node.value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[Given]:
    match target, value:
        case ((ast.Tuple() | ast.List()), (ast.Tuple() | ast.List())) if len(target.elts) == len(value.elts):
            for one, part in zip(target.elts, value.elts, strict=True):
                yield from _assigned(one, part)
        case _:
            if (name := name_of(target)) is not None:
                yield name, value


def _entries(node: ast.Dict) -> Iterator[Given]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str | bytes):
            yield text_of(key), value


def _defaults(node: ast.arguments) -> Iterator[Given]:
    names = [arg.arg for arg in (*node.posonlyargs, *node.args)]
    yield from zip(names[len(names) - len(node.defaults) :], node.defaults, strict=True)
    for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if default is not None:
            yield arg.arg, default


def _comparison(node: ast.Compare) -> Iterator[Given]:
    for left, right in pairwise([node.left, *node.comparators]):
        for one, other in ((left, right), (right, left)):
            name = name_of(one)
            if name is not None and is_secret_name(name) and not isinstance(other, ast.Call):
                yield name, other


def _patterns(node: ast.Match) -> Iterator[Given]:
    for inner in (one for case in node.cases for one in syntax_inside(case.pattern)):
        if isinstance(inner, ast.MatchValue):
            yield from _assigned(node.subject, inner.value)


def _paired(elements: Sequence[ast.expr]) -> Iterator[Given]:
    """A name as text beside its value: `("Authorization", "...")`, `os.environ.setdefault("API_KEY", "...")`."""
    for name, value in pairwise(elements):
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and is_secret_name(name.value):
            yield name.value, value


def _by_place(node: ast.Call, parameters: Parameters) -> Iterator[Given]:
    """What a call gives to parameters by their place, or to a function that takes nothing but secrets."""
    name = name_of(node.func)
    if name is None or any(isinstance(one, ast.Starred) for one in node.args):
        return
    if takes_secrets(name):
        yield from (("secret", one) for one in node.args)
    else:
        yield from zip(parameters.get(name, ()), node.args, strict=False)


def _results(node: Function) -> Iterator[Given]:
    """What a function gives that is named for a secret."""
    if is_secret_name(node.name):
        for inner in syntax_inside(node):
            if isinstance(inner, (ast.Return, ast.Yield)) and inner.value is not None:
                yield node.name, inner.value


_GIVES: Mapping[type[ast.AST], Callable[[Any], Iterator[Given]]] = {
    ast.keyword: _keyword,
    ast.Assign: _assignment,
    ast.AnnAssign: _binding,
    ast.AugAssign: _binding,
    ast.NamedExpr: _binding,
    ast.Dict: _entries,
    ast.arguments: _defaults,
    ast.Compare: _comparison,
    ast.Match: _patterns,
    ast.Tuple: lambda node: _paired(node.elts),
    ast.List: lambda node: _paired(node.elts),
    ast.Call: lambda node: _paired(node.args),
    ast.FunctionDef: _results,
    ast.AsyncFunctionDef: _results,
}
