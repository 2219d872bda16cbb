"""The small functions that ops without a callee become calls of: structure, and what the plan itself adds.

The resolver of dynamic effects sees them too: `operator.getitem`, `operator.setitem`, `getattr` and `setattr` are
Python's own; an `Unpacking` runs the iterator of its argument.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ..runtime.outline_shape import OUTLINE, Adds, HandsOn, Makes, Puts, Target
from ..runtime.straight.called import write_as


def make_list(*elements: Any) -> list[Any]:
    """A new list."""
    return list(elements)


def make_tuple(*elements: Any) -> tuple[Any, ...]:
    """A tuple."""
    return elements


def make_dict(*entries: Any) -> dict[Any, Any]:
    """A new dict of keys and values that follow each other."""
    return dict(zip(entries[::2], entries[1::2], strict=True))


STRUCTURE = (make_list, make_tuple, make_dict)
"""The calls that only put values together."""


def append(elements: list[Any], value: Any) -> list[Any]:
    """The same list, one element longer."""
    elements.append(value)
    return elements


def assign(variable: list[Any], value: Any) -> None:
    """Gives a variable its next value; a variable is a list of one element."""
    variable[0] = value


def current(variable: list[Any]) -> Any:
    """The value that a variable has."""
    return variable[0]


def insert(container: Any, key: Any, value: Any) -> Any:
    """The same container with an item set."""
    container[key] = value
    return container


def hand_on(value: Any) -> Any:
    """The value itself: waits, by its order edges, for those that still read it."""
    return value


for function, shape in (
    (make_list, Makes(keyed=False)),
    (make_dict, Makes(keyed=True)),
    (append, Adds(Target(0), 1)),
    (insert, Puts(Target(0), 2, known=1)),
    (hand_on, HandsOn()),
):
    setattr(function, OUTLINE, shape)
write_as(make_list, lambda terms: f"[{', '.join(terms)}]")
write_as(make_tuple, lambda terms: f"({', '.join(terms)}{',' if terms else ''})")
write_as(append, lambda terms: f"{terms[0]}.append({terms[1]})", 2, gives_first=True)
write_as(insert, lambda terms: f"{terms[0]}[{terms[1]}] = {terms[2]}", 3, gives_first=True)
write_as(current, lambda terms: f"{terms[0]}[0]", 1)
write_as(hand_on, lambda terms: terms[0], 1)


class Unpacking:
    """Unpacks an iterable as an assignment to names does, with Python's own errors.

    Attributes:
        num_parts: how many names there are.
        star: the index of the starred name, or None.
    """

    __slots__ = ("_unpack", "num_parts", "star")

    __xcs_unpacks__ = True

    def __init__(self, num_parts: int, star: int | None = None) -> None:
        self.num_parts, self.star = num_parts, star
        names = [f"a{index}" for index in range(num_parts)]
        targets = ", ".join(f"*{name}" if index == star else name for index, name in enumerate(names))
        parts = ", ".join(names)
        source = f"def unpack(iterable):\n    [{targets}] = iterable\n    return ({parts}{',' if names else ''})\n"
        namespace: dict[str, Any] = {}
        exec(source, namespace)
        self._unpack = namespace["unpack"]

    def __call__(self, iterable: Any) -> tuple[Any, ...]:
        """The parts.

        Raises:
            TypeError: the argument can't be iterated.
            ValueError: it has too few or too many elements.
        """
        return self._unpack(iterable)

    def __repr__(self) -> str:
        return f"unpack({self.num_parts}{'' if self.star is None else f', star={self.star}'})"


@cache
def unpacking(num_parts: int, star: int | None) -> Unpacking:
    """The function that unpacks into so many parts, always the same instance."""
    return Unpacking(num_parts, star)
