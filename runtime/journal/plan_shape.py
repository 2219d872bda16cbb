"""A digest of a plan's structure: two plans of one shape number their instructions and iterations alike.

Guarantees: a pure function of the plan, the same in any process; lines and addresses don't count.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import types
from typing import Any

from ..plan import Literal, Plan
from .digest import digest_of
from .source import bare, code_digest

_IGNORED = frozenset({"batch", "location", "resolve", "resolve_early", "resolve_awaited", "prepared"})


def plan_shape(plan: Plan) -> bytes:
    """The digest."""
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, plan.entry)
    for symbol in sorted(plan.functions):
        _feed(digest, symbol)
        _feed(digest, plan.functions[symbol])
    return digest.digest()


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, Literal):
        digest.update(b"L" + _literal(value.value))
    elif isinstance(value, enum.Enum):
        digest.update(f"E{value.name};".encode())
    elif dataclasses.is_dataclass(value):
        digest.update(f"D{type(value).__name__}(".encode())
        for field in dataclasses.fields(value):
            if field.name not in _IGNORED:
                _feed(digest, getattr(value, field.name))
        digest.update(b")")
    elif isinstance(value, tuple):
        digest.update(f"t{len(value)}(".encode())
        for part in value:
            _feed(digest, part)
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())


def _literal(value: Any) -> bytes:
    """Callables count by their code: what they hold is an input of the run or of their calls."""
    inner = bare(value)
    if not callable(inner):
        return digest_of([value])
    code = getattr(inner, "__code__", None)
    named = type(inner).__qualname__, getattr(inner, "__module__", ""), getattr(inner, "__qualname__", "")
    return repr(named).encode() + (code_digest(code) if isinstance(code, types.CodeType) else b"")
