"""Functions that are staged on their own: what one is specialised on for its arguments, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from xdsl.ir import Attribute

from ....dialect.types import OBJ
from ...effects.abstract_type import ANY, AbstractType, StaticType
from ...effects.place import Place
from ...effects.seal import Seal
from .written import Places, Written

NamedTypes: TypeAlias = tuple[tuple[str, AbstractType], ...]
"""Types by name, in an order: of a call's keyword arguments, of an object's parts."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a staged function is specialised on for one argument: a known object, a type, or a tuple of those.

    With a type go the places where the argument's objects were found when the program started. An argument that is
    `lent` is an object that nobody else sees, nor what it holds as far as its `seal` says: the callee makes its next
    versions, and is given what `parts` hold. One that is `shared` is such an object, too, that the callee only looks
    at. What `seal`, `apart` and `in_order` say of it is what they say of its version (`OwnedState`).
    The program's caller lends an `argument` of this number, and goes on with it when the program is done.
    `elements` are those of a tuple, the values of `**kwargs` with these `names`, or what a local function captures that
    is called as `closure`.
    """

    static: StaticType | None = None
    type: AbstractType | None = None
    elements: tuple[Shape, ...] | None = None
    places: Places = None
    lent: bool = False
    shared: bool = False
    seal: Seal = None
    in_order: bool = False
    apart: bool = False
    argument: int | None = None
    names: tuple[str, ...] | None = None
    closure: StaticType | None = None
    parts: NamedTypes = ()

    @property
    def is_special(self) -> bool:
        """Whether this is a known object or a local function: of such, a function is staged for a few only."""
        return self.static is not None or self.closure is not None or any(one.is_special for one in self.elements or ())


Shapes: TypeAlias = tuple[tuple[str, Shape], ...]
"""The arguments of a call by parameter, as a staged function is specialised on them."""


@dataclass(slots=True)
class StagedFunction:
    """A function of the module.

    Attributes:
        symbol: its name in the module.
        result: the type of its result; `ANY` while its body is being traced.
        ir_result: the IR's type of it.
        is_entry: the program starts with it.
        is_open: its body is being traced.
        is_recursive: it was called while its body was being traced.
        lent: the types that objects lent to it have afterwards, by parameter.
        let_go: those of them that others may see afterwards.
        opened: how much of what they hold others may see, of those of which they see more.
        kept: which of their parts still hold what they held.
        bound: what types those of their parts have that it binds anew.
        apart: those that still hold each element by itself.
        ir_versions: the IR's types of their next versions, then of all these parts: they are results, too.
        gives: the parameter that it returns, if that is a lent one.
        makes: the class of what it returns, if it has made that and nobody else sees it.
        seal: how much of what that holds nobody sees either.
        parts: the types of what parts of that hold.
        has_all_parts: it has no others.
        written, writes: what its ops may have written, and those ops; None while its body is being traced.
    """

    symbol: str
    result: AbstractType = ANY
    ir_result: Attribute = OBJ
    is_entry: bool = False
    is_open: bool = True
    is_recursive: bool = False
    lent: dict[str, AbstractType] = field(default_factory=dict)
    let_go: frozenset[str] = frozenset()
    opened: Mapping[str, Seal] = field(default_factory=dict)
    kept: dict[str, frozenset[str]] = field(default_factory=dict)
    bound: dict[str, NamedTypes] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    ir_versions: tuple[Attribute, ...] = ()
    gives: str | None = None
    makes: type | None = None
    seal: Seal = None
    parts: NamedTypes = ()
    has_all_parts: bool = False
    written: Written | None = None
    writes: tuple[tuple[frozenset[Place | None], frozenset[str], str], ...] = ()
