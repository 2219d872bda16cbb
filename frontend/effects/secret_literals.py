"""Marks the literals of a file that are secret: by the names that they are given to in it, and by their shape.

In: a parsed file. Out: the same tree, each secret constant with `kind` set to `SECRET` (which Python's compiler ignores
and copies of syntax keep), and the places of these in the file.

A literal is given to a name by a keyword, an assignment, a default, an entry of a dict, a pair such as
`("Authorization", "...")`, a comparison, by its place among the arguments of a function of the same file, or by a
local name that is given on. What is equal to a secret is one, too, wherever it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...diagnostics.secrets import (
    has_secret_shape,
    is_secret,
    is_secret_name,
    may_be_secret_name,
    may_hold_secrets,
    takes_secrets,
)
from ..syntax_parts import parts_of_syntax, syntax_inside
from .given_values import Parameters, given_by, name_of, parameters_of, text_of
from .source_spans import Span, spans_of

SECRET = "secret"
"""The `kind` of a constant that no text shows."""
MIN_SHARED_LENGTH = 6  # characters of a secret that is looked for elsewhere: shorter ones are words of any text

_NAMING = frozenset({"get", "getenv", "pop", "setdefault", "getattr", "hasattr", "setattr", "setenv", "putenv"})
"""Functions whose first text is a name, not a value."""
_PASSING = _NAMING | frozenset(
    "str bytes bytearray dict list tuple set frozenset encode decode strip lstrip rstrip format join replace lower "
    "upper removeprefix removesuffix b64encode b64decode urlsafe_b64decode fromhex unhexlify cast field Field partial "
    "quote quote_plus SecretStr SecretBytes".split()
)
"""Functions that give what they are given, or make a value of it."""


def is_marked(node: ast.AST) -> bool:
    """Whether a node is a secret constant."""
    return isinstance(node, ast.Constant) and node.kind == SECRET


def mark_secrets(tree: ast.Module, text: str) -> tuple[Span, ...]:
    """Marks the secret constants of a file with this text, and says where they stand."""
    if not may_hold_secrets(text):
        return ()
    rest: list[ast.AST] = []
    pieces = [rest, *map(syntax_inside, _outermost(tree, rest))]
    nodes = [node for piece in pieces for node in piece]
    parameters = parameters_of(nodes)
    for piece in pieces:
        _mark_given(piece, parameters)
    _mark_shaped(nodes)
    _mark_equal(nodes)
    return spans_of(nodes, is_marked)


def _outermost(tree: ast.Module, rest: list[ast.AST]) -> list[ast.AST]:
    """The functions that stand in no other one; all nodes outside of them go to `rest`."""
    functions: list[ast.AST] = []
    rest += tree.body
    at = 0
    while at < len(rest):
        if isinstance(rest[at], (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.append(rest[at])
            rest[at] = rest[-1]
            rest.pop()
        else:
            rest += parts_of_syntax(rest[at])
            at += 1
    return functions


def _mark_given(nodes: Sequence[ast.AST], parameters: Parameters) -> None:
    """Marks what is given to names in one function, or outside of all."""
    given = [one for node in nodes for one in given_by(node, parameters)]
    secret_names: set[str] = set()
    while True:
        given_on = set(secret_names)
        for name, value in given:
            if name in secret_names or is_secret_name(name):
                given_on |= {one.id for one in _passed(value) if isinstance(one, ast.Name)}
        if given_on == secret_names:
            break
        secret_names = given_on
    for name, value in given:
        if name in secret_names or is_secret_name(name):
            for one in _passed(value):
                _mark(one)
        elif may_be_secret_name(name):
            for one in _passed(value):
                if isinstance(one, ast.Constant) and is_secret(text_of(one), name):
                    _mark(one)


def _passed(value: ast.expr | ast.keyword) -> Iterator[ast.Constant | ast.Name]:
    """The literals and names that a value is made of. Keys, indices and what functions compute of are none."""
    match value:
        case ast.Constant() | ast.Name():
            yield value
        case ast.Dict(values=values):
            for one in values:
                yield from _passed(one)
        case ast.Subscript(value=ast.Dict() | ast.List() | ast.Tuple() as inner) | ast.keyword(value=inner):
            yield from _passed(inner)
        case ast.Subscript() | ast.Attribute() | ast.Compare() | ast.Lambda():
            return
        case ast.Call(func=func, args=args, keywords=keywords):
            name = name_of(func)
            if isinstance(func, ast.Attribute):
                yield from _passed(func.value)
            if name in _PASSING or (name is not None and takes_secrets(name)):
                for one in (*args[1 if name in _NAMING else 0 :], *keywords):
                    yield from _passed(one)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _passed(body)
            yield from _passed(orelse)
        case _:
            for one in parts_of_syntax(value):
                yield from _passed(one)  # type: ignore[arg-type]


def _mark(node: ast.AST) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node.value:
        node.kind = SECRET


def _mark_shaped(nodes: Sequence[ast.AST]) -> None:
    """Marks what has the shape of a key, in one piece or in pieces that stand side by side."""
    for node in nodes:
        if isinstance(node, ast.Constant) and has_secret_shape(text_of(node)):
            _mark(node)
        elif isinstance(node, (ast.JoinedStr, ast.BinOp)):
            pieces = list(_pieces(node))
            if has_secret_shape("".join(text_of(one) if isinstance(one, ast.Constant) else "x" for one in pieces)):
                for one in pieces:
                    _mark(one)


def _pieces(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.JoinedStr(values=values):
            yield from values
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _pieces(left)
            yield from _pieces(right)
        case _:
            yield node


def _mark_equal(nodes: Sequence[ast.AST]) -> None:
    values = {one.value for one in nodes if isinstance(one, ast.Constant) and one.kind == SECRET}
    values = {value for value in values if len(value) >= MIN_SHARED_LENGTH}  # type: ignore[arg-type]
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node.value in values:
            _mark(node)
