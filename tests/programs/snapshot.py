"""A picture of objects as text: types, values and which mutable objects are the same object."""

from __future__ import annotations

import enum
import sys
import types
from typing import Any

_ATOMS = (int, bool, str, bytes, complex, type(None), type(...), type(NotImplemented), range, slice)


def snapshot(*values: Any) -> str:
    """Equal texts for equal types, values and aliasing; dicts keep their order, sets have none."""
    seen: dict[int, int] = {}
    return "(" + ", ".join(_picture(value, seen) for value in values) + ")"


def _picture(value: Any, seen: dict[int, int]) -> str:
    cls = type(value)
    if cls in _ATOMS or cls is float:
        return repr(value)
    if _is(cls, types.FunctionType, types.BuiltinFunctionType, type, types.ModuleType):
        return getattr(value, "__qualname__", None) or value.__name__
    is_descriptor = any("__get__" in vars(base) for base in cls.__mro__)
    if (wrapped := _own_attributes(value).get("__wrapped__") if is_descriptor else None) is not None:
        return f"jitted {wrapped.__qualname__}"
    if _is(cls, enum.Enum):
        return str(value)
    if cls is tuple:
        return f"tuple({', '.join(_picture(v, seen) for v in value)})"
    if id(value) in seen:
        return f"#{seen[id(value)]}"
    number = seen[id(value)] = len(seen)
    return f"{cls.__qualname__}#{number}{_content(value, cls, seen)}"


def _is(cls: type, *kinds: type) -> bool:
    """`isinstance` by the true class: an object may lie about it, or raise."""
    return issubclass(cls, kinds)


def _content(value: Any, cls: type, seen: dict[int, int]) -> str:
    if (array := _array(value)) is not None:
        return array
    parts: list[str] = []
    if _is(cls, list, tuple):
        parts += [_picture(v, seen) for v in value]
    elif _is(cls, dict):
        parts += [f"{_picture(k, seen)}: {_picture(v, seen)}" for k, v in value.items()]
    elif _is(cls, set, frozenset):
        parts += sorted(_picture(v, {}) for v in value)
    elif _is(cls, BaseException):
        parts += [str(value)]
    elif _is(cls, int, float, str, bytes):
        parts += [cls.__mro__[-2].__repr__(value)]
    elif _is(cls, types.MethodType):
        parts += [value.__func__.__qualname__, _picture(value.__self__, seen)]
    attributes = dict(_own_attributes(value)) if cls.__module__ not in sys.stdlib_module_names else {}
    for base in cls.__mro__:
        for name in (s,) if isinstance(s := base.__dict__.get("__slots__", ()), str) else s:
            if name not in ("__dict__", "__weakref__") and hasattr(base.__dict__[name], "__get__"):
                attributes[name] = base.__dict__[name].__get__(value, cls) if _has(base, name, value) else "empty"
    if not _is(cls, BaseException):
        parts += [f"{name}={_picture(held, seen)}" for name, held in attributes.items()]
    return f"[{', '.join(parts)}]"


def _array(value: Any) -> str | None:
    if not all(hasattr(type(value), name) for name in ("dtype", "shape", "tolist")):
        return None
    return f"[{value.dtype}{tuple(value.shape)} {value.tolist()!r}]"


def _own_attributes(value: Any) -> dict[str, Any]:
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}


def _has(base: type, name: str, value: Any) -> bool:
    try:
        base.__dict__[name].__get__(value, type(value))
    except AttributeError:
        return False
    return True
