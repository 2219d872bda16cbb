"""Arguments that are like those of the call before: their program is found without computing their types."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from .effects.type_of import SCALAR_TYPES

Found = TypeVar("Found")


class KnownArguments(Generic[Found]):
    """Scalars of the same classes, and JAX arrays of the same shapes and dtypes, as in an earlier call.

    Attributes:
        found: what such arguments are run by.
    """

    __slots__ = ("_avals", "_classes", "_places", "found")

    def __init__(self, found: Found, classes: tuple[type, ...], avals: dict[int, Any]) -> None:
        self.found, self._classes = found, classes
        self._places, self._avals = tuple(avals), list(avals.values())

    def are(self, values: tuple[Any, ...]) -> bool:
        """Whether arguments have the same types."""
        if tuple(map(type, values)) != self._classes:
            return False
        return [values[place].aval for place in self._places] == self._avals


def known_arguments(found: Found, values: tuple[Any, ...]) -> KnownArguments[Found] | None:
    """The arguments of a call, to be known again; None where their types are more than classes and shapes."""
    avals = {}
    for index, value in enumerate(values):
        cls = type(value)
        if cls in SCALAR_TYPES:
            continue
        if not cls.__module__.startswith("jaxlib") or (aval := getattr(value, "aval", None)) is None:
            return None
        avals[index] = aval
    return KnownArguments(found, tuple(map(type, values)), avals)
