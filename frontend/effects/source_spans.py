"""Places of constants in the text of a file, and lines of it without them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int, int, int]
"""First line and column, last line and column; lines count from 1, columns in bytes of UTF-8 from 0."""


def spans_of(nodes: Sequence[ast.AST], is_meant: Callable[[ast.AST], bool]) -> tuple[Span, ...]:
    """Where the meant constants among these nodes stand; of an f-string it is the whole, since Python 3.11 doesn't know
    where its pieces are."""
    formatted = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    pieces = {id(piece) for node in formatted for piece in node.values}
    found = [node for node in formatted if any(map(is_meant, node.values))]
    plain = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in pieces and is_meant(node)]
    return tuple(_span(node) for node in (*found, *plain))


def _span(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


def without_spans(line: str, number: int, spans: Sequence[Span], hidden: str) -> str:
    """Line `number` of a file with `hidden` in place of the parts of it that are in these spans."""
    raw = line.encode(errors="surrogatepass")
    begun_after = len(raw)
    for first, start, last, end in sorted(spans, reverse=True):
        if not first <= number <= last:
            continue
        begin = start if number == first else len(raw) - len(raw.lstrip())
        stop = min(end if number == last else len(raw), begun_after)
        raw = raw[:begin] + hidden.encode() + raw[stop:]
        begun_after = begin
    return raw.decode(errors="replace")
