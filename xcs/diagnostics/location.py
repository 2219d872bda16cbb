"""Where in the user's source a thing comes from."""

from __future__ import annotations

from .frozen import frozen


@frozen()
class Location:
    """A point in the user's source: file, 1-based line, 0-based column (as Python counts), enclosing function."""

    file: str
    line: int
    column: int = 0
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


UNKNOWN = Location("<unknown>", 0)
