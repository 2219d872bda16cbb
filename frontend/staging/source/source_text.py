"""The text of expressions as `ast.unparse` gives it, which needs 20 to 40 us for a name or a short f-string.

What is read at a glance is written here: names, attributes, plain text, text put together of these, calls and dicts
of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

_DELICATE = frozenset("{}'\"\\")
"""What may need another kind of quotes, or to be doubled, inside of an f-string."""


def plain_text(node: ast.AST) -> str | None:
    """The text of a piece of syntax without anything that is marked in it; None where more must be looked at."""
    write = _WRITTEN.get(node.__class__)
    return None if write is None else write(node)


def _text_of_name(node: ast.Name) -> str:
    return node.id


def _text_of_attribute(node: ast.Attribute) -> str | None:
    owner = plain_text(node.value) if isinstance(node.value, (ast.Name, ast.Attribute)) else None
    return None if owner is None else f"{owner}.{node.attr}"


def _text_of_constant(node: ast.Constant) -> str | None:
    return repr(node.value) if isinstance(node.value, str) and node.kind is None else None


def _text_of_sum(node: ast.BinOp) -> str | None:
    if not isinstance(node.op, ast.Add) or isinstance(node.left, ast.JoinedStr):
        return None
    if not isinstance(node.right, (ast.Name, ast.Attribute, ast.Constant)):
        return None
    return _joined(" + ", (node.left, node.right))


def _text_of_call(node: ast.Call) -> str | None:
    """A function by its name, or a method of a name or text, of any arguments without names."""
    callee = node.func
    is_method = isinstance(callee, ast.Attribute) and isinstance(callee.value, (ast.Name, ast.Constant))
    if node.keywords or not (is_method or isinstance(callee, ast.Name)):
        return None
    owner = plain_text(callee.value) if isinstance(callee, ast.Attribute) else None
    arguments = _joined(", ", node.args)
    if arguments is None or (is_method and owner is None):
        return None
    return f"{owner}.{callee.attr}({arguments})" if isinstance(callee, ast.Attribute) else f"{callee.id}({arguments})"  # type: ignore[attr-defined]


def _text_of_dict(node: ast.Dict) -> str | None:
    texts = [
        None if key is None else _joined(": ", (key, one)) for key, one in zip(node.keys, node.values, strict=True)
    ]
    return None if None in texts else f"{{{', '.join(texts)}}}"  # type: ignore[arg-type]


def _text_of_f_string(node: ast.JoinedStr) -> str | None:
    texts = list(map(_text_inside, node.values))
    return None if None in texts else f"f'{''.join(texts)}'"  # type: ignore[arg-type]


def _joined(separator: str, nodes: Sequence[ast.expr]) -> str | None:
    texts = list(map(plain_text, nodes))
    return None if None in texts else separator.join(texts)  # type: ignore[arg-type]


def _text_inside(node: ast.expr) -> str | None:
    """The text of a part of an f-string."""
    match node:
        case ast.Constant(value=str() as held, kind=None) if held.isprintable() and _DELICATE.isdisjoint(held):
            return held
        case ast.FormattedValue(value=ast.Name() | ast.Attribute() as held, conversion=-1, format_spec=None):
            text = plain_text(held)
            return None if text is None else f"{{{text}}}"
        case _:
            return None


_WRITTEN: Mapping[type, Callable[..., str | None]] = {
    ast.Name: _text_of_name,
    ast.Attribute: _text_of_attribute,
    ast.Constant: _text_of_constant,
    ast.BinOp: _text_of_sum,
    ast.Call: _text_of_call,
    ast.Dict: _text_of_dict,
    ast.JoinedStr: _text_of_f_string,
}
