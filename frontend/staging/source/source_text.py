"""The text of expressions as `ast.unparse` gives it, which needs 20 to 40 us for a name or a short f-string.

What is read at a glance is written here: names, attributes, plain text, text put together of these, calls and dicts
of them.
"""

from __future__ import annotations

import ast

_DELICATE = frozenset("{}'\"\\")
"""What may need another kind of quotes, or to be doubled, inside of an f-string."""


def plain_text(node: ast.AST) -> str | None:
    """The text of a piece of syntax without anything that is marked in it; None where more must be looked at."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr=name):
            text = plain_text(owner)
            return None if text is None else f"{text}.{name}"
        case ast.Constant(value=str() as held, kind=None):
            return repr(held)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Name() | ast.Attribute() | ast.Constant() as right):
            texts = plain_text(left), plain_text(right)
            return None if None in texts or isinstance(left, ast.JoinedStr) else " + ".join(texts)  # type: ignore[arg-type]
        case ast.Call(func=ast.Attribute(value=ast.Name() | ast.Constant() as owner, attr=name), args=[one]):
            texts = plain_text(owner), plain_text(one)
            return None if None in texts or node.keywords else f"{texts[0]}.{name}({texts[1]})"
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            texts = list(map(plain_text, arguments))
            return None if None in texts else f"{name}({', '.join(texts)})"  # type: ignore[arg-type]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            texts = [plain_text(part) for part in (*keys, *values)]  # type: ignore[arg-type]
            items = () if None in texts else zip(texts, texts[len(keys) :], strict=False)
            return f"{{{', '.join(f'{key}: {value}' for key, value in items)}}}" if items or not keys else None
        case ast.JoinedStr(values=parts):
            texts = list(map(_text_inside, parts))
            return None if None in texts else f"f'{''.join(texts)}'"  # type: ignore[arg-type]
        case _:
            return None


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
