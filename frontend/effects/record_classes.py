"""Which classes of the user's are plain records: pydantic models whose making and reading runs no code of theirs.

A record is made by pydantic from what a service answers. Its fields hold data, and its class has no validator, no
property, nothing computed, and no method by a name that data has.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import enum
import functools
import types
import typing
from typing import Any

from .library_names import CHANGING, READING, TEXT_METHODS
from .users_code import is_of_library

_SCALARS = (str, int, float, bool, bytes, type(None))
_CONTAINERS = (list, dict, tuple, set, frozenset)
MAX_DEPTH = 6  # records inside records
_MADE = frozenset(
    "__module__ __qualname__ __doc__ __annotations__ __annotate__ __annotate_func__ __annotations_cache__ "
    "__abstractmethods__ __class_vars__ __private_attributes__ __weakref__ __dict__ __firstlineno__ "
    "__static_attributes__ __hash__ __signature__ __parameters__ __conditional_annotations__".split()
)


@functools.lru_cache(maxsize=1024)
def is_record_class(cls: type) -> bool:
    """Whether a class is a plain record."""
    return _is_record(cls, 0)


def _is_record(cls: type, depth: int, with_validators: bool = False) -> bool:
    if depth > MAX_DEPTH or not isinstance(cls.__dict__.get("__pydantic_fields__"), dict):
        return False
    own = [base for base in cls.__mro__ if base.__module__ != "builtins" and not is_of_library(base)]
    others = [base for base in cls.__mro__ if base not in own and base is not object]
    if not all(base.__module__.partition(".")[0] in ("pydantic", "typing") for base in others):
        return False
    members = [(name, member) for base in own for name, member in tuple(base.__dict__.items())]
    if with_validators:
        checks = vars_of(cls.__dict__["__pydantic_decorators__"]).get("field_validators") or {}
        members = [(name, one) for name, one in members if name != "__pydantic_decorators__" and name not in checks]
    if not all(_is_harmless(name, member) for name, member in members):
        return False
    if cls.__dict__.get("__pydantic_root_model__") or cls.__dict__.get("__pydantic_custom_init__"):
        return False
    fields = cls.__dict__["__pydantic_fields__"].values()
    return all(_is_data(one.annotation, depth) and _is_unchecked(one) for one in fields)


def checks_of(cls: type) -> list[tuple[types.FunctionType, int]] | None:
    """The field validators of a class that is a record but for them, with how many arguments follow the value.

    None where making an instance runs other code.
    """
    if not _is_record(cls, 0, with_validators=True):
        return None
    found = vars_of(cls.__dict__["__pydantic_decorators__"])
    functions = [(one.func, one.info.mode) for one in found.pop("field_validators").values()]
    plain = [(getattr(one, "__func__", one), mode) for one, mode in functions]
    if any(found.values()) or any(type(one) is not types.FunctionType or mode == "wrap" for one, mode in plain):
        return None
    return [(one, one.__code__.co_argcount - 2) for one, _ in plain]


def _is_harmless(name: str, member: Any) -> bool:
    """Whether a member of a class runs nothing when an instance is made or read as data."""
    if name == "__pydantic_decorators__":
        return not any(vars_of(member).values())
    if name.startswith("__pydantic_") or name in _MADE:
        return True
    if name in ("model_config", "_abc_impl"):
        return True
    if type(member) is types.FunctionType:
        takes_place = name in READING or name in CHANGING or name in TEXT_METHODS
        return not takes_place and not name.startswith("__") and name != "model_post_init"
    return type(member) in _SCALARS


def vars_of(decorators: Any) -> dict[str, Any]:
    """The validators, serializers and computed fields that pydantic has found, by kind."""
    names = getattr(type(decorators), "__slots__", ()) or tuple(getattr(decorators, "__dict__", ()))
    return {name: getattr(decorators, name, None) for name in names}


def _is_unchecked(field: Any) -> bool:
    """Whether a field has no code of the user's: no validator in its annotation, and no factory but a builtin's."""
    factory = field.default_factory
    has_code = any(not is_of_library(type(one)) or hasattr(one, "func") for one in field.metadata)
    return not has_code and (factory is None or factory in _CONTAINERS)


def _is_data(annotation: Any, depth: int) -> bool:
    """Whether what an annotation lets in is data."""
    if annotation in _SCALARS or annotation in _CONTAINERS:
        return True
    if typing.get_origin(annotation) is typing.Literal:
        return True
    arguments = typing.get_args(annotation)
    if arguments:
        origin = typing.get_origin(annotation)
        is_known = origin in _CONTAINERS or origin in (typing.Union, types.UnionType)
        return is_known and all(one is ... or _is_data(one, depth + 1) for one in arguments)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _is_plain_enum(annotation)
    return isinstance(annotation, type) and _is_record(annotation, depth + 1)


def _is_plain_enum(cls: type[enum.Enum]) -> bool:
    """Whether an enumeration has names and values, and nothing else."""
    names = [name for name, member in cls.__dict__.items() if type(member) in (types.FunctionType, property)]
    return issubclass(cls, str) and all(name == "__new__" or name in vars(enum.Enum) for name in names)
