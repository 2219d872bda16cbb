"""What a class says of its instances: whether they are told by identity, hold plain attributes, or are arrays."""

from __future__ import annotations

import functools
import sys
import types
from typing import TypeGuard

from .framework_classes import is_module_class
from .users_code import is_of_library

LRU_CACHE: type = type(functools.lru_cache(maxsize=1)(lambda: None))
"""What `functools.lru_cache` and `functools.cache` make of a function."""

STATIC_CLASSES = frozenset(
    {
        types.FunctionType,
        types.BuiltinFunctionType,
        types.ModuleType,
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        types.ClassMethodDescriptorType,
        type,
        LRU_CACHE,
    }
)
PROGRAM_CLASSES = frozenset(("PjitFunction", "ufunc", "_ArrayFunctionDispatcher", "custom_jvp", "custom_vjp"))
MAX_CACHED = 1024  # classes remembered


def is_class(value: object) -> TypeGuard[type]:
    """Whether a value is a class. Unlike `isinstance`, this asks nothing of the value (its `__class__` may be code)."""
    return issubclass(type(value), type)


def is_static(value: object) -> bool:
    """Whether a value is told apart by identity: functions, classes, modules, builtins."""
    return type(value) in STATIC_CLASSES or is_class(value) or is_program(type(value))


def is_program(cls: type) -> bool:
    """Whether instances of a class are functions in all but class: jitted ones, NumPy's and JAX's own."""
    return "__xcs_jitted__" in cls.__dict__ or _is_library_program(cls)  # a jitted function may have a class of its own


@functools.lru_cache(maxsize=MAX_CACHED)
def _is_library_program(cls: type) -> bool:
    root = cls.__module__.partition(".")[0]
    return root in ("jax", "jaxlib", "numpy") and cls.__name__ in PROGRAM_CLASSES


def is_python_class(cls: type) -> bool:
    """Whether a class was made by a `class` statement (or `type(...)`), not in C."""
    return bool(cls.__flags__ & (1 << 9))  # Py_TPFLAGS_HEAPTYPE


def has_plain_attributes(cls: type) -> bool:
    """Whether loading an attribute of an instance runs no code but descriptors': no `__getattr__` of its own."""
    for base in cls.__mro__:
        if base is object:
            return True
        if is_module_class(base) and is_of_library(base):  # it warns of calls of `forward`, and does nothing else
            continue
        if "__getattr__" in base.__dict__ or "__getattribute__" in base.__dict__:
            return base in (list, dict, set, tuple, str, int, float, Exception, BaseException)
    return True


def is_array_class(cls: type) -> bool:
    """Whether instances of a class are arrays of NumPy or JAX; of what isn't loaded there are none."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and cls is getattr(numpy, "ndarray", None):
        return True
    return cls.__module__.partition(".")[0] in ("jax", "jaxlib") and cls.__name__ in ("ArrayImpl", "PRNGKeyArray")


def is_array_library(cls: type) -> bool:
    """Whether a class belongs to NumPy or JAX: its instances are data of theirs (dtypes, keys, shardings, scalars)."""
    return cls.__module__.partition(".")[0] in ("numpy", "jax", "jaxlib")
