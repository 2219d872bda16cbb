"""Which paths of the table the attributes of an instance stand for: `openai.OpenAI.chat` for `chat` of a client."""

from __future__ import annotations

import sys

from .known import TABLE
from .source import is_library
from .type_of import library_paths

MAX_CLASSES = 1024  # classes whose path is remembered

_found: dict[type, tuple[int, tuple[str, type] | None]] = {}


def client_path(cls: type, name: str) -> str | None:
    """The path of an attribute of a client class, or of a subclass that takes it over; else None."""
    found = _client(cls)
    if found is None:
        return None
    path, base = found
    before = cls.__mro__[: cls.__mro__.index(base)]
    is_replaced = any(name in one.__dict__ and not _is_of_library(one) for one in before)
    return None if is_replaced else f"{path}.{name}"


def _client(cls: type) -> tuple[str, type] | None:
    """The first base that the table knows paths below, with its own path."""
    version, found = _found.get(cls, (-1, None))
    if version != TABLE.version:
        paths = ((path, base) for base in cls.__mro__ for path in library_paths(base))
        version = TABLE.version
        found = next((one for one in paths if TABLE.leads_on(one[0])), None)
        if len(_found) > MAX_CLASSES:
            _found.clear()
        _found[cls] = (version, found)
    return found


def _is_of_library(cls: type) -> bool:
    """Whether a class stands in an installed package."""
    return is_library(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")
