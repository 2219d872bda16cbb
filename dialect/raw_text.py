"""Balanced braces in verbatim MLIR text: where the text of a kernel ends.

Braces in string literals and in comments don't count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# a string literal, a comment, or one brace; a quote that opens no literal stands for itself
_TOKENS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|[{}"]')


def _braces(text: str, start: int) -> Iterator[tuple[int, str]]:
    for match in _TOKENS.finditer(text, start):
        if match.group() in ("{", "}", '"'):
            yield match.start(), match.group()


def balanced_end(text: str, start: int) -> int | None:
    """The position of the brace that closes the one before `start`; None where there is none."""
    depth = 1
    for position, found in _braces(text, start):
        if found == '"':
            return None
        depth += 1 if found == "{" else -1
        if depth == 0:
            return position
    return None


def brace_mistake(text: str) -> str | None:
    """What keeps a text from standing between braces, or None."""
    depth = 0
    for _, found in _braces(text, 0):
        if found == '"':
            return "a string literal without an end"
        depth += 1 if found == "{" else -1
        if depth < 0:
            return "a closing brace too many"
    if depth:
        return f"{depth} without an end"
    return None
