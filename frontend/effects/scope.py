"""Where free names of code come from: cells of enclosing functions, module globals, builtins.

In: a name. Out: the object it is bound to now, as an abstract value, with the guard that makes relying on it right.
"""

from __future__ import annotations

import builtins
import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .abstract_type import (
    ANY,
    CLIENT_CLASSES,
    SCALAR_TYPES,
    AbstractType,
    ArrayType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    TupleOfType,
)
from .classes import is_static
from .enumerations import is_enumeration, member_type
from .framework_models import Described
from .instance_layout import is_told
from .lattice import is_immutable
from .place import OutsideName, Place
from .summary import Guard, Touch, View
from .type_of import COLLECTIONS, type_of
from .value import Value, outside

_ABSENT = Guard  # what a guard's value is where the name must stay absent


@dataclass(frozen=True, slots=True, eq=False)
class CodeScope:
    """The names around a piece of code.

    Attributes:
        globals: the module's namespace.
        cells: variables of the enclosing functions, by name.
        file: the file the code stands in.
        class_name: the class in whose body the code stands, for private names.
        function_name: the function the code is part of.
        qualname: its name with the classes and functions around it.
        future_flags: compiler flags of its module.
        statics: names bound to objects that are known for sure and never rebound.
        types: of names of this module or of functions around, what is known here of the objects they are bound to.
    """

    globals: dict[str, Any]
    cells: Mapping[str, types.CellType] = field(default_factory=dict)
    file: str = "<unknown>"
    class_name: str | None = None
    function_name: str = ""
    future_flags: int = 0
    statics: Mapping[str, Any] = field(default_factory=dict)
    qualname: str = ""
    types: Mapping[str, AbstractType] = field(default_factory=dict)

    def with_types(self, types: Mapping[str, AbstractType]) -> CodeScope:
        """The same scope with more known of what names are bound to."""
        return dataclasses.replace(self, types={**self.types, **types}) if types else self

    def with_statics(self, statics: Mapping[str, Any]) -> CodeScope:
        """The same scope with more names known for sure."""
        return dataclasses.replace(self, statics={**self.statics, **statics}) if statics else self

    @staticmethod
    def of(function: types.FunctionType, class_name: str | None = None) -> CodeScope:
        """The scope of a function's own body."""
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        return CodeScope(function.__globals__, cells, function.__code__.co_filename, class_name, function.__name__)


class CellView(View):
    """A closure's variable as a namespace with one name, for guards."""

    __slots__ = ("variable",)
    of: types.CellType

    def __init__(self, of: types.CellType, variable: str) -> None:
        super().__init__(of)
        self.variable = variable

    def get(self, key: str, default: Any = None) -> Any:  # type: ignore[override]
        """What the name is bound to now."""
        try:
            return self.of.cell_contents
        except ValueError:
            return default


class ClassView(View):
    """What a class and its bases define, as a namespace, for guards."""

    __slots__ = ()
    of: type

    def get(self, key: str, default: Any = None) -> Any:  # type: ignore[override]
        """What the name is bound to now."""
        for base in self.of.__mro__:
            if key in base.__dict__:
                return base.__dict__[key]
        return default


class FunctionView(View):
    """What a function is made of (`__code__`, `__defaults__`, ...), as a namespace, for guards."""

    __slots__ = ()
    of: types.FunctionType

    def get(self, key: str, default: Any = None) -> Any:  # type: ignore[override]
        """What the name is bound to now."""
        return getattr(self.of, key, default)


class ToldView(View):
    """What a namespace holds as clients and models are told: by what they hold, for guards."""

    __slots__ = ()
    of: dict[str, object]

    def get(self, key: str, default: Any = None) -> Any:  # type: ignore[override]
        """What is known of the object that the name is bound to now."""
        held = self.of.get(key, _ABSENT)
        return default if held is _ABSENT else told_by(held)


def told_by(held: object) -> object:
    """What the type of a client or a model says of it beyond its class; None of anything else."""
    if not is_told(type(held)):
        return None
    found = type_of(held, budget=1)
    if not isinstance(found, InstanceType):
        return None
    markers = [one.value for _, one in found.attributes if isinstance(one, StaticType)]
    if type(held) in CLIENT_CLASSES and not found.attributes:
        return found.cls
    return next((one for one in markers if type(one) is Described), None)


@dataclass(frozen=True, slots=True)
class Found:
    """A free name: its value, the guard it relies on, and the outside state that loading it looks at (if any)."""

    value: Value
    guard: Guard | None
    sees: Touch | None


_class_views: dict[type, ClassView] = {}
MAX_VIEWS = 2048  # classes whose view is kept


def class_view(cls: type) -> ClassView:
    """The one view of a class."""
    view = _class_views.get(cls)
    if view is None:
        if len(_class_views) > MAX_VIEWS:
            _class_views.clear()
        view = _class_views[cls] = ClassView(cls)
    return view


def find(scope: CodeScope, name: str) -> Found | None:
    """A free name of the code; None where it is unbound (a `NameError` if the code gets there)."""
    if name in scope.statics:
        held = scope.statics[name]
        return Found(outside(StaticType(held) if is_static(held) else current_type(held)), None, None)
    if name in scope.cells:
        cell = scope.cells[name]
        try:
            held = cell.cell_contents
        except ValueError:
            return Found(outside(ANY), None, (None, f"cell:{name}"))
        found = fact(held, CellView(cell, name), "cell_contents", f"cell:{name}", id(cell))
        return _with_type(found, scope.types.get(name))
    if name in scope.globals:
        found = fact(scope.globals[name], scope.globals, name, f"global:{scope.globals.get('__name__')}.{name}")
        return _with_type(found, scope.types.get(name))
    if hasattr(builtins, name):
        held = vars(builtins)[name]
        return Found(outside(StaticType(held)), Guard(scope.globals, name, _ABSENT), None)
    return None


def _with_type(found: Found, known: AbstractType | None) -> Found:
    if known is None or found.value.place is None:
        return found
    return Found(outside(known, found.value.place), found.guard, found.sees)


def fact(held: object, namespace: dict[str, object], name: str, kind: str, identity: int = 0) -> Found:
    """An object found outside as an abstract value: static things by identity, data by class.

    `identity` is that of the namespace, where `namespace` only stands in for it.
    """
    if is_static(held) or type(held) in _STATIC_LIKE:
        return Found(outside(StaticType(held)), Guard(namespace, name, held), None)
    cls = type(held)
    if cls in SCALAR_TYPES:
        return Found(Value(SCALAR_TYPES[cls]), Guard(namespace, name, cls, by_type=True), (None, kind))
    if cls in (tuple, frozenset) and is_immutable(deep := type_of(held)):
        return Found(Value(deep), Guard(namespace, name, held), None)
    place = Place(OutsideName(kind, identity or id(namespace), name, namespace))
    told = told_by(held)
    if told is not None:
        return Found(outside(type_of(held, budget=1), place), Guard(ToldView(namespace), name, told), (None, kind))
    return Found(outside(current_type(held), place), Guard(namespace, name, cls, by_type=True), (None, kind))


_STATIC_LIKE = frozenset({types.MethodType, types.GenericAlias})


def current_type(held: object) -> AbstractType:
    """The type of an outside object as far as its class alone tells (contents may change any time)."""
    cls = type(held)
    if is_static(held):
        return StaticType(held)
    shallow = _SHALLOW.get(cls)
    if shallow is not None:
        return shallow
    if cls in SCALAR_TYPES:
        return SCALAR_TYPES[cls]
    if is_enumeration(cls):
        return member_type(cls)
    found = type_of(held, budget=1)
    if isinstance(found, InstanceType):
        hiding = tuple((n, ANY) for n, _ in found.attributes if class_view(cls).get(n, _ABSENT) is not _ABSENT)
        return InstanceType(cls, hiding)
    if isinstance(found, ArrayType):
        return ArrayType(cls)
    return found if isinstance(found, ExactType) else ANY


_SHALLOW: dict[type, AbstractType] = {
    list: ListType(ANY),
    dict: DictType(ANY, ANY),
    set: SetType(ANY),
    **{cls: CollectionType(cls, ANY, ANY, ANY) for cls in COLLECTIONS},
    frozenset: SetType(ANY, frozen=True),
    tuple: TupleOfType(ANY),
}


def default_values(function: types.FunctionType) -> dict[str, Value]:
    """Default values by parameter name: objects of the outside world."""
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    held = {**dict(zip(names, defaults, strict=True)), **(function.__kwdefaults__ or {})}
    return {name: outside(current_type(one)) for name, one in held.items()}


def spelled_in(class_name: str | None, name: str) -> str:
    """A name as Python spells it in the body of a class: private ones get the name of the class."""
    if class_name and name.startswith("__") and not name.endswith("__"):
        return f"_{class_name.lstrip('_')}{name}"
    return name
