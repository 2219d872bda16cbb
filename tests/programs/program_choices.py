"""What a drawn program is drawn with: choices from a source of numbers, names by kind, scopes.

A name's first letter is its kind, so that most programs run far before they raise: `i` integers, `s` strings, `l` lists
of integers, `d` dicts from strings to integers, `n` lists of lists, `m` dicts of lists, `t` pairs, `q` sets, `b` boxes,
`p` points, `u` objects with operators, `k` counters, `f` functions of one integer, `o` anything, `e` exceptions,
`c` pupils, `a` lists of pupils, `r` dicts of pupils, `g` notes, `h` dicts of notes, `v` records, `z` drafts,
`j` lists of records, `y` lists of drafts, `w` memos of integers, `x` stores, `M` mates, `L` lists of mates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Number: TypeAlias = Callable[[int, int], int]
"""A number between two others, both included: what everything is drawn by."""

PARAMETERS = {"i": "i0", "s": "s0", "l": "l0", "d": "d0"}
KINDS = "isldnmtqbpukfoecarghvzjywxML"
ABSENT = {
    "n": "[l0]",
    "m": "{s0: l0}",
    "t": "(i0, l0)",
    "q": "{i0}",
    "b": "Box(i0)",
    "p": "Point(i0)",
    "u": "Sum(i0)",
    "k": "Counter(s0)",
    "f": "num",
    "o": "None",
    "e": "None",
    "c": "Pupil(i0)",
    "g": "Notes(i0)",
    "h": "{s0: Notes(i0)}",
    "v": "{'id': i0, 'text': s0}",
    "z": "Draft(i0)",
    "j": "[{'id': i0}]",
    "y": "[Draft(i0)]",
    "w": "{i0: 1}",
    "x": "Store()",
    "M": "Mate(i0, l0)",
    "L": "[Mate(i0, l0), Mate(2, l0)]",
    "a": "[Pupil(x) for x in l0[:3]]",
    "r": "{str(x): Pupil(x) for x in l0[:3]}",
}
"""What stands where a name of a kind would, if there is none."""


class Choices:
    """Draws, and the names that are bound at this point of the program."""

    def __init__(self, number: Number) -> None:
        self.number = number
        self.bound: dict[str, list[str]] = {kind: [PARAMETERS[kind]] if kind in PARAMETERS else [] for kind in KINDS}
        self.num_names = 0

    def chance(self, percent: int) -> bool:
        """True this often."""
        return self.number(0, 99) < percent

    def one(self, choices: Any) -> Any:
        """One of a sequence."""
        return choices[self.number(0, len(choices) - 1)]

    def any_of(self, *makers: Callable[[], Any]) -> Any:
        """What one of these makes; earlier ones are simpler."""
        return self.one(makers)()

    def name(self, kind: str) -> str:
        """A bound name of a kind, or an expression where there is none."""
        known = self.bound[kind]
        return self.one(known) if known else ABSENT.get(kind, "i0")

    def fresh(self, kind: str) -> str:
        """A name not used so far."""
        self.num_names += 1
        return f"{kind}{self.num_names}"

    def new_name(self, kind: str) -> str:
        """A name to bind: often one that is bound already."""
        return self.one(self.bound[kind]) if self.bound[kind] and self.chance(40) else self.fresh(kind)

    def bind(self, name: str) -> str:
        """Remember that a name is bound from here on."""
        if name not in self.bound[name[0]]:
            self.bound[name[0]].append(name)
        return name

    def names(self) -> dict[str, list[str]]:
        """The bound names, to be put back."""
        return {kind: list(names) for kind, names in self.bound.items()}
