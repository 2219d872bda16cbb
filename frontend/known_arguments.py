"""Arguments that are like those of the call before: their program is found without computing their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from .effects.abstract_type import SCALAR_TYPES

Found = TypeVar("Found")


class KnownArguments(Generic[Found]):
    """Scalars of the same classes, and JAX arrays of the same shapes and dtypes, as in an earlier call.

    Attributes:
        found: what such arguments are run by.
        classes: the class of each.
    """

    __slots__ = ("_avals", "_places", "classes", "found")

    def __init__(self, found: Found, classes: tuple[type, ...], avals: dict[int, Any]) -> None:
        self.found, self.classes = found, classes
        self._places, self._avals = tuple(avals), list(avals.values())

    def are(self, values: tuple[Any, ...]) -> bool:
        """Whether arguments have the same types."""
        if tuple(map(type, values)) != self.classes:
            return False
        return [values[place].aval for place in self._places] == self._avals

    def tests(self, terms: Sequence[str], prefix: str, names: dict[str, Any]) -> list[str]:
        """The same as expressions of the terms of arguments; what they need goes into `names`, with that prefix."""
        names[f"{prefix}type"] = type
        names.update({f"{prefix}class{index}": cls for index, cls in enumerate(self.classes)})
        names.update({f"{prefix}aval{place}": aval for place, aval in zip(self._places, self._avals, strict=True)})
        classes = [f"{prefix}type({term}) is {prefix}class{index}" for index, term in enumerate(terms)]
        current = f"{prefix}aval"
        avals = [
            f"(({current} := {terms[place]}.aval) is {prefix}aval{place} or {current} == {prefix}aval{place})"
            for place in self._places
        ]
        return [*classes, *avals]


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
