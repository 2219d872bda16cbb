"""Places: where the objects that code writes and reads are found when a call starts.

A place is a root (a parameter, or a name outside of the code) and attributes: `self.history`, `LOG`, `store.rows`.
Objects at two places are told apart by looking, once, before anything relies on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

ParameterKey: TypeAlias = int | str
"""A positional argument by index, a keyword argument (or the input of a code segment) by name; `CALLEE` for `self`."""

EVERYTHING = "*"
"""The kind of state that unknown code looks at or writes."""

MAX_PATH = 3  # attributes in a row; what is further away is only told to be inside
ITEM = "dict:"
"""The kind of state that a dict has under one literal key begins so; all that a dict holds is of the kind `dict`."""

_CONTENTS = ("list", "dict", "set", "array", "iterator", EVERYTHING)


@dataclass(frozen=True, slots=True)
class OutsideName:
    """A name outside of the code: a module's global or a closure's variable.

    Attributes:
        kind: the kind of state that the name itself is: code that writes it binds the name anew.
        identity: which namespace it stands in.
        namespace: that namespace.
        name: the name.
    """

    kind: str
    identity: int
    name: str
    namespace: dict[str, Any] = field(compare=False, repr=False)


Root: TypeAlias = "ParameterKey | OutsideName"


@dataclass(frozen=True, slots=True)
class Place:
    """The object found at `root.a.b` when the code starts; or, with `inside`, any object reached from there.

    With `below`, it isn't that object itself, unless that is reached from what it holds.
    """

    root: Root
    path: tuple[str, ...] = ()
    inside: bool = False
    below: bool = False

    def attribute(self, name: str) -> Place:
        """Where an attribute of the object here is found."""
        if self.inside:
            return self
        return replace(self, inside=True) if len(self.path) == MAX_PATH else replace(self, path=(*self.path, name))

    def within(self) -> Place:
        """Somewhere inside of the object here."""
        return self if self.inside else replace(self, inside=True)

    def start(self) -> Place:
        """The object from which what is here is reached."""
        return replace(self, inside=False, below=False)

    def element(self) -> Place:
        """Where an element of the container here is found."""
        return replace(self, inside=True, below=True)

    def renamed(self, keys: Mapping[ParameterKey, ParameterKey]) -> Place | None:
        """The same place with parameters named otherwise; None where the parameter isn't among them."""
        if isinstance(self.root, OutsideName):
            return self
        return replace(self, root=keys[self.root]) if self.root in keys else None

    def seen_from(self, outer: Place | None) -> Place | None:
        """The same place where its root is what is found at `outer`."""
        if outer is None:
            return None
        found = outer
        for name in self.path:
            found = found.attribute(name)
        return found.element() if self.below else found.within() if self.inside else found

    def kinds(self) -> frozenset[str]:
        """The kinds of state that lead here: once one of them is written, something else may be found here."""
        own = (self.root.kind,) if isinstance(self.root, OutsideName) else ()
        return frozenset((*own, *(f"attr:{name}" for name in self.path)))

    def text(self, parameters: Sequence[str]) -> str:
        """The place as a user writes it; a root is one of these parameters by number."""
        root = self.root
        name = root.name if isinstance(root, OutsideName) else parameters[root] if isinstance(root, int) else root
        text = ".".join((name, *self.path))
        return f"something in `{text}`" if self.inside else f"`{text}`"


def is_content(kind: str) -> bool:
    """Whether state of this kind is what objects hold (and not a name, a file, a clock)."""
    return kind in _CONTENTS or kind.startswith(("attr:", "type:", ITEM))


def item_kind(key: object) -> str:
    """The kind of state that a dict of string keys has under this literal key; of all of its keys where it is none."""
    return f"{ITEM}{key}" if type(key) is str else "dict"


def whole_kind(kind: str) -> str:
    """The kind of state that this kind is a part of."""
    return "dict" if kind.startswith(ITEM) else kind


def overlap(one: str, other: str) -> bool:
    """Whether state of the one kind may be state of the other one."""
    if one == other or EVERYTHING in (one, other):
        return True
    return "dict" in (one, other) and whole_kind(one) == whole_kind(other)
