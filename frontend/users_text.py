"""Code and names of a program as the user has written them, for reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from ..dialect.functions import CallableOp

Declarations: TypeAlias = Mapping[str, CallableOp]
"""The declared callables of a module by symbol."""

_BOXED = re.compile(r"\b_xcs_box_(\w+)\.value\b")
_TEMPORARY = re.compile(r"\b_xcs_\w+")
_SYMBOL = re.compile(r"`@([^`]+)`")


def users_text(text: str) -> str:
    """Code of a native piece: `…` stands for what was computed before it, shared names are as in the source."""
    return _TEMPORARY.sub("…", _BOXED.sub(r"\1", text))


def written(symbol: str, declaration: CallableOp | None) -> str:
    """A piece of the user's code as its first line, anything else as the IR names it."""
    source = None if declaration is None else declaration.source
    if source is None:
        return symbol
    first, more, _ = source.data.partition("\n")
    return f"`{users_text(first)}{' ...' if more else ''}`"


def with_code(text: str, declared: Declarations) -> str:
    """A text of the compiler's, with the user's code where it names the symbol of a piece of that."""
    return _SYMBOL.sub(lambda found: written(found[0], declared.get(found[1].strip('"'))), text)
