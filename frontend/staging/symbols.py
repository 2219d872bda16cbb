"""The symbol table of a program being staged: the Python object behind each callable and piece of outside state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import CellType
from typing import Any

from xdsl.ir import Operation

from ...diagnostics.effect import Behaviour
from ...dialect.functions import CallableOp, OutsideOp

PLAIN_SYMBOL = re.compile(r"[^A-Za-z0-9_.$]+")
MAX_SYMBOL_LENGTH = 40  # characters; a segment's source can be long


@dataclass(frozen=True, slots=True)
class GlobalPlace:
    """A module global: read and written when the program runs."""

    namespace: dict[str, Any]
    name: str

    def load(self) -> Any:
        """The current value; `NameError` as Python raises it if there is none."""
        try:
            return self.namespace[self.name]
        except KeyError:
            raise NameError(f"name '{self.name}' is not defined", name=self.name) from None

    def store(self, value: Any) -> None:
        """Rebind the global."""
        self.namespace[self.name] = value


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A closure's cell."""

    cell: CellType
    name: str

    def load(self) -> Any:
        """The current value; `NameError` as Python raises it if the cell is empty."""
        try:
            return self.cell.cell_contents
        except ValueError:
            message = f"cannot access free variable '{self.name}' where it is not associated with a value"
            raise NameError(f"{message} in enclosing scope", name=self.name) from None

    def store(self, value: Any) -> None:
        """Rebind the cell."""
        self.cell.cell_contents = value


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """An object known when compiling."""

    value: Any

    def load(self) -> Any:
        """The object."""
        return self.value


class SymbolTable:
    """Declarations of a module, and the object behind each."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.declarations: list[Operation] = []
        self._by_identity: dict[tuple[object, ...], str] = {}

    def reserve(self, hint: str) -> str:
        """A symbol not used so far, close to `hint`."""
        base = PLAIN_SYMBOL.sub("_", hint).strip("_")[:MAX_SYMBOL_LENGTH] or "anonymous"
        symbol, number = base, 1
        while symbol in self.objects:
            symbol, number = f"{base}_{number}", number + 1
        self.objects[symbol] = None
        return symbol

    def callable(self, function: Any, hint: str, behaviour: Behaviour, details: Mapping[str, Any]) -> str:
        """The symbol of a callable; declared once, with the effect of its first use."""
        key = ("callable", id(function))
        if (symbol := self._by_identity.get(key)) is None:
            symbol = self._by_identity[key] = self.reserve(hint)
            self.objects[symbol] = function
            path = f"{getattr(function, '__module__', None) or 'builtins'}:{getattr(function, '__qualname__', hint)}"
            self.declarations.append(CallableOp.make(symbol, path, behaviour, **details))
        return symbol

    def place(self, place: GlobalPlace | CellPlace) -> str:
        """The symbol of a global or a cell."""
        if isinstance(place, GlobalPlace):
            key: tuple[object, ...] = ("global", id(place.namespace), place.name)
            path = f"{place.namespace.get('__name__', '')}:{place.name}"
            return self._outside(key, place, place.name, "global", path)
        return self._outside(("cell", id(place.cell)), place, place.name, "cell", place.name)

    def object(self, value: object) -> str:
        """The symbol of an object that the text can't spell."""
        name = getattr(value, "__name__", None) or type(value).__name__
        path = f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', name)}"
        return self._outside(("object", id(value)), ObjectPlace(value), name, "object", path)

    def _outside(self, key: tuple[object, ...], place: Any, hint: str, kind: str, path: str) -> str:
        if (symbol := self._by_identity.get(key)) is None:
            symbol = self._by_identity[key] = self.reserve(hint)
            self.objects[symbol] = place.value if isinstance(place, ObjectPlace) else place
            self.declarations.append(OutsideOp.make(symbol, kind, path))
        return symbol
