"""What calls say that list the rows of `zip` and `enumerate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

ROWS = "__xcs_rows__"
"""The attribute of a function of lists that holds the shape of the rows it lists."""


@dataclass(frozen=True, slots=True)
class RowShape:
    """What rows consist of: elements of the argument at an index, numbers from a start on, or rows themselves."""

    parts: tuple[RowPart, ...]


RowPart: TypeAlias = "int | Numbers | RowShape"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that `enumerate` gives."""

    start: int = 0
