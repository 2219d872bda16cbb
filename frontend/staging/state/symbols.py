"""The symbol table of a program being staged: the Python object behind each declaration."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from xdsl.ir import Operation

from ....diagnostics.effect import Behaviour
from ....diagnostics.identity import identity
from ....diagnostics.secrets import has_secret_shape
from ....dialect.functions import CallableOp, OutsideOp
from ....dialect.literals import LiteralAttr, Secret
from ....runtime.batch_form import batch_form_of
from ..source.segment import Segment, compile_segments

PLAIN_SYMBOL = re.compile(r"[^A-Za-z0-9_.$]+")
MAX_SYMBOL_LENGTH = 40  # characters; a segment's source can be long


class SymbolTable:
    """Declarations of a module, and the object behind each."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.declarations: list[Operation] = []
        self._by_identity: dict[tuple[object, ...], str] = {}
        self._numbers: dict[str, int] = {}  # from which on they may be free behind a name
        self._secrets: dict[str | bytes, str | None] = {}  # each with its name, once it has one

    def reserve(self, hint: str) -> str:
        """A symbol not used so far, close to `hint`."""
        base = _plain(hint)
        symbol, number = base, self._numbers.get(base, 1)
        while symbol in self.objects:
            symbol, number = f"{base}_{number}", number + 1
        self._numbers[base] = number
        self.objects[symbol] = None
        return symbol

    def callable(self, function: Any, hint: str, behaviour: Behaviour, details: Mapping[str, Any]) -> str:
        """The symbol of a callable, or of a segment as one; declared once, with the effect of its first use."""
        key = ("callable", identity(function))
        if (symbol := self._by_identity.get(key)) is None:
            symbol = self._by_identity[key] = self.reserve(hint)
            self.objects[symbol] = function
            path = function.path if isinstance(function, Segment) else path_of(function, hint)
            self.declarations.append(CallableOp.make(symbol, path, behaviour, **details, **_batch_of(function)))
        return symbol

    def compiled(self, used: Collection[str]) -> dict[str, Any]:
        """The object behind each symbol: segments as functions, as far as they are used. Most of those that were staged
        more than once never are."""
        segments = {symbol: held for symbol, held in self.objects.items() if isinstance(held, Segment)}
        compiled = {symbol: segments[symbol] for symbol in segments if symbol in used}
        functions = dict(zip(compiled, compile_segments(list(compiled.values())), strict=True))
        kept = {symbol: held for symbol, held in self.objects.items() if symbol not in segments}
        return {**kept, **functions}

    def object(self, value: object) -> str:
        """The symbol of an object that the text can't spell."""
        key = ("object", identity(value))
        if (symbol := self._by_identity.get(key)) is None:
            name = getattr(value, "__name__", None) or type(value).__name__
            path = f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', name)}"
            symbol = self._by_identity[key] = self.reserve(name)
            self.objects[symbol] = value
            self.declarations.append(OutsideOp.make(symbol, "object", path))
        return symbol

    def note_secret(self, value: object) -> None:
        """Text of the program is secret, wherever it comes to stand; empty text is not."""
        if isinstance(value, str | bytes) and value:
            self._secrets.setdefault(value, None)

    def literal(self, value: object) -> LiteralAttr:
        """A literal for the IR; a secret is there by a name of its own, behind which the program's objects have it."""
        if not isinstance(value, (str, bytes)) or (value not in self._secrets and not _has_secret_shape(value)):
            return LiteralAttr.of(value)
        name = self._secrets.get(value)
        if name is None:
            name = self._secrets[value] = self.reserve("secret")
            self.objects[name] = value
        return LiteralAttr.of(Secret(name))


@lru_cache(maxsize=4096)
def _plain(hint: str) -> str:
    """What is left of a hint, such as a segment's source, in a symbol."""
    return PLAIN_SYMBOL.sub("_", hint).strip("_")[:MAX_SYMBOL_LENGTH] or "anonymous"


def _has_secret_shape(value: str | bytes) -> bool:
    return has_secret_shape(value if isinstance(value, str) else value.decode("latin-1"))


def _batch_of(function: Any) -> dict[str, Any]:
    """What a declaration says of a batch form."""
    form = batch_form_of(function)
    if form is None:
        return {}
    inner = form.function
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return {"batch": f"{getattr(inner, '__module__', '')}:{name}", "max_batch": form.max_batch}


def path_of(function: Any, hint: str) -> str:
    """Where a callable says that it is from."""
    return f"{getattr(function, '__module__', None) or 'builtins'}:{getattr(function, '__qualname__', hint)}"
