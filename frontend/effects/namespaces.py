"""Namespaces as objects: code that gets hold of the names of a module may bind any of them anew.

In: calls of `globals`, `vars` and `exec`, `f.__globals__`, `module.__dict__`, attributes of modules that are found
while the program runs (`sys.modules[name]`). Out: the kinds of names that such code may write (`rebinding.py`).
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping, Sequence

from .abstract_type import STR, AbstractType, DictType, InstanceType, StaticType
from .frame import Frame
from .lattice import members
from .rebinding import ANY_GLOBAL, ANY_MEMBER
from .value import Value

SOME_MODULE = InstanceType(types.ModuleType)
"""A module of which it isn't known which one it is."""
MODULES = DictType(STR, SOME_MODULE)
"""The type of `sys.modules`."""
_NAMESPACES = ("__globals__", "__dict__")
LOOKING = frozenset({"get", "keys", "values", "items", "copy"})
"""Methods that only look into a dict."""


def is_module(part: AbstractType) -> bool:
    """Whether a value of this type is a module."""
    if isinstance(part, StaticType):
        return issubclass(type(part.value), types.ModuleType)
    return isinstance(part, InstanceType) and issubclass(part.cls, types.ModuleType)


def give_namespace(frame: Frame, node: object) -> None:
    """The names of some module are had as an object."""
    if node is None or frame.ledger.looked_into is not node:
        frame.ledger.note_write(None, ANY_GLOBAL)


def load_namespace(frame: Frame, owner: Value, name: str, node: object) -> None:
    """`owner.__dict__` or `owner.__globals__`."""
    has_globals = name == "__globals__" or any(map(is_module, members(owner.type)))
    if name in _NAMESPACES and has_globals:
        give_namespace(frame, node)


def store_computed(frame: Frame, owner: Value) -> None:
    """An attribute of a computed name is stored."""
    for part in members(owner.type):
        if is_module(part):
            frame.ledger.note_write(None, ANY_GLOBAL)
        elif isinstance(part, StaticType):
            frame.ledger.note_write(None, ANY_MEMBER)


def give_vars(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> None:
    """`vars(x)`."""
    if args and any(map(is_module, members(args[0].type))):
        give_namespace(frame, node)


def execute(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> None:
    """`exec(code)` binds names where it stands; one with a namespace of its own, there."""
    if len(args) == 1 and not kwargs:
        frame.ledger.note_write(None, ANY_GLOBAL)


def give_globals(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> None:
    """`globals()`."""
    give_namespace(frame, node)


def is_modules(module: types.ModuleType, name: str) -> bool:
    """Whether this is `sys.modules`."""
    return module is sys and name == "modules"
