"""Which paths of the table the attributes of an instance stand for: `openai.OpenAI.chat` for `chat` of a client."""

from __future__ import annotations

import sys

from .abstract_type import InstanceType
from .framework_classes import MODEL_BASES, RESERVED, library_paths
from .framework_models import described_path
from .known import TABLE
from .source import is_library

MAX_CLASSES = 1024  # classes whose path is remembered

_found: dict[type, tuple[int, tuple[str, type] | None]] = {}


def method_path(type_: InstanceType, name: str) -> str | None:
    """The path of an attribute of a client, or of an object of a framework that is known; else None."""
    return described_path(type_, name) or client_path(type_.cls, name)


def client_path(cls: type, name: str) -> str | None:
    """The path of an attribute of a client class, or of a subclass that takes it over; else None."""
    found = _client(cls)
    if found is None:
        return None
    path, base = found
    before = cls.__mro__[: cls.__mro__.index(base)]
    is_replaced = any(name in one.__dict__ and not _is_of_library(one) for one in before)
    return None if is_replaced else f"{path}.{name}"


def called_path(type_: InstanceType) -> str | None:
    """The path of calling an instance, where the table knows what that does; else None."""
    path = method_path(type_, "__call__")
    return path if path is not None and TABLE.at(path) is not None else None


def _client(cls: type) -> tuple[str, type] | None:
    """The first base that the table knows paths below, with its own path."""
    version, found = _found.get(cls, (-1, None))
    if version != TABLE.version:
        named = ((path, base) for base in cls.__mro__ for path in library_paths(base))
        paths = ((path, base) for path, base in named if path not in MODEL_BASES and path not in RESERVED)
        version = TABLE.version
        found = next((one for one in paths if TABLE.leads_on(one[0])), None)
        if len(_found) > MAX_CLASSES:
            _found.clear()
        _found[cls] = (version, found)
    return found


def _is_of_library(cls: type) -> bool:
    """Whether a class stands in an installed package."""
    return is_library(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")
