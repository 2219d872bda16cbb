"""Code objects inside of code objects, and the names that they use."""

from __future__ import annotations

import types
from collections.abc import Iterator


def codes_inside(code: types.CodeType) -> Iterator[types.CodeType]:
    """The functions and classes that code makes, and those that they make."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from codes_inside(constant)


def names_in(code: types.CodeType) -> tuple[str, ...]:
    """Names of globals and attributes that code uses, functions inside of it included, each once.

    Not remembered by code: comparing two that are equal and nested takes time exponential in their depth.
    """
    return tuple(dict.fromkeys(name for one in (code, *codes_inside(code)) for name in one.co_names))
