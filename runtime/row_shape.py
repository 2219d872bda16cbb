"""What calls say that list the rows of `zip` and `enumerate`, or what is in a dict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

ROWS = "__xcs_rows__"
"""The attribute of a function of lists that holds the shape of the rows it lists."""


@dataclass(frozen=True, slots=True)
class RowShape:
    """What rows consist of: elements of the argument at an index, numbers from a start on, or rows themselves.

    Without parts: one of each argument of the call.
    """

    parts: tuple[RowPart, ...]


RowPart: TypeAlias = "int | Numbers | RowShape"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that `enumerate` gives."""

    start: int = 0


@dataclass(frozen=True, slots=True)
class DictView:
    """The `keys`, `values` or `items` of the dict that is the one argument of a call."""

    kind: str


EACH = RowShape(())
"""Rows of all arguments, one beside the other."""
