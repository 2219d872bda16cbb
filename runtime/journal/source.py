"""What a program is made of: its own functions with a digest of each, and the globals that they read.

In: the function that was jitted. Out: a `ProgramSource`. A function belongs to the program if its file is neither
Python's own nor an installed package's. Reached are the functions, and the methods of classes, that its code names
through globals, cells and defaults, and so on from there.

Guarantees: runs no code of the program; callable from any thread.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import os
import sys
import sysconfig
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STAGES = ("diagnostics", "dialect", "frontend", "lowering", "passes", "runtime", "tools")
_PACKAGE = Path(__file__).parents[2]
_INSTALLED = tuple(
    {f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {f"{_PACKAGE / stage}{os.sep}" for stage in _STAGES}
    | {"<frozen "}
)
_DYNAMIC_READS = frozenset({"getattr", "vars", "__dict__", "globals", "eval", "exec"})


@dataclass(slots=True)
class ProgramSource:
    """The code that a program runs and can be seen to run.

    Attributes:
        digests: of the code of each function, by module and qualified name.
        names: every attribute and global that the code names; `None` if it reads some by computed names.
        data: globals and cells that are read and hold data, by module and name.
        rebound: names of globals and cells that the code assigns.
    """

    digests: dict[str, str] = field(default_factory=dict)
    names: set[str] | None = field(default_factory=set)
    data: dict[str, Any] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class CalleeFacts:
    """What a callee runs: a digest of its code, and the names that the code reads (`None`: any)."""

    callee: Any
    code: bytes
    names: frozenset[str] | None


def source_of(function: Any, arguments: tuple[Any, ...] = ()) -> ProgramSource:
    """The code that a function runs on these arguments, and what it reads."""
    source = ProgramSource()
    waiting: list[tuple[str, Any]] = [("", function), *((type(held).__qualname__, type(held)) for held in arguments)]
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        value = bare(value)
        if isinstance(value, types.FunctionType):
            if id(value) not in seen and is_own(value.__code__):
                seen.add(id(value))
                _add(source, value)
                waiting.extend(_read_by(value))
        elif isinstance(value, type):
            if id(value) not in seen and is_own_class(value):
                seen.add(id(value))
                waiting.extend((f"{name}.{key}", member) for key, member in value.__dict__.items() if _is_code(member))
        elif not isinstance(value, (types.ModuleType, types.BuiltinFunctionType)):
            source.data[name] = value
            waiting.append((name, type(value)))
    return source


def bare(value: Any) -> Any:
    """The function behind a jitted one, one with a policy, a bound method, a static or class method or a property."""
    while True:
        if type(value) is types.FunctionType and "__xcs_limited__" in value.__dict__:
            value = value.__dict__["__xcs_limited__"]  # how its calls are made is not what they give
        inner = getattr(type(value), "__xcs_wrapped__", None) and value.__xcs_wrapped__
        if isinstance(value, (types.MethodType, staticmethod, classmethod)):
            inner = value.__func__
        elif isinstance(value, property):
            inner = value.fget
        if inner is None:
            return value
        value = inner


def is_own(code: types.CodeType) -> bool:
    """Whether code belongs to a program, not to a library."""
    return not code.co_filename.startswith(_INSTALLED)


def is_own_class(cls: type) -> bool:
    """Whether a class belongs to a program, not to a library."""
    module = sys.modules.get(cls.__module__)
    return cls.__module__ == "__main__" or (module is not None and _is_own_module(module))


def _is_own_module(module: types.ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and not file.startswith(_INSTALLED)


def _is_code(member: Any) -> bool:
    return isinstance(bare(member), types.FunctionType)


def _add(source: ProgramSource, function: types.FunctionType) -> None:
    key = f"{function.__module__}.{function.__qualname__}"
    digest = code_digest(function.__code__).hex()
    source.digests[key] = digest if key not in source.digests else f"{source.digests[key]}+{digest}"
    for code in _codes(function.__code__):
        source.rebound.update(_assigned(code))
        if source.names is not None:
            source.names.update(code.co_names)
            if not _DYNAMIC_READS.isdisjoint(code.co_names):
                source.names = None


def _read_by(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The globals, attributes of modules, cells and defaults that a function names."""
    names = [name for code in _codes(function.__code__) for name in code.co_names]
    modules: list[types.ModuleType] = []
    for name in sorted(set(names)):
        if name in function.__globals__:
            value = function.__globals__[name]
            yield f"{function.__module__}.{name}", value
            if isinstance(value, types.ModuleType) and _is_own_module(value):
                modules.append(value)
    for module in modules:
        for name in sorted(set(names) & module.__dict__.keys()):
            yield f"{module.__name__}.{name}", module.__dict__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"{function.__qualname__}.{name}", cell.cell_contents
        except ValueError:  # not bound yet
            continue
    for name, value in (function.__kwdefaults__ or {}).items():
        yield f"{function.__qualname__}.{name}", value
    for index, value in enumerate(function.__defaults__ or ()):
        yield f"{function.__qualname__}.{index}", value


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


@functools.lru_cache(maxsize=4096)
def _assigned(code: types.CodeType) -> frozenset[str]:
    """The globals and cells that code assigns."""
    return frozenset(
        str(instruction.argval)
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("STORE_GLOBAL", "STORE_DEREF")
    )


@functools.lru_cache(maxsize=4096)
def code_digest(code: types.CodeType) -> bytes:
    """A digest of what code does, whatever its file and lines."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames, code.co_freevars, code.co_flags)).encode())
    digest.update(code.co_exceptiontable)
    for constant in code.co_consts:
        digest.update(code_digest(constant) if isinstance(constant, types.CodeType) else _constant(constant))
    return digest.digest()


def _constant(constant: Any) -> bytes:
    if isinstance(constant, frozenset):  # its order depends on the process
        return repr(sorted(map(repr, constant))).encode()
    return f"{type(constant).__name__}:{constant!r}".encode("utf-8", "surrogatepass")
