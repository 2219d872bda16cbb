"""Digests of what goes into a call or a run: equal inputs have equal ones, in any process.

What has a form in the journal counts by content. Functions count by their code, what they close over and their
defaults; classes and modules by name; an instance of a class of the program by its attributes, as far as `names` says
that they are read; one with `__xcs_journal_key__` by what that gives; clients of libraries by where they send to.
What else there is counts by its type where the program made it itself (`is_strict` false), else it is `Unwritable`.

Guarantees: as `format.py`. `__xcs_journal_key__` is the only code of the program that runs.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import hashlib
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .arrays import write_array
from .format import MAX_DEPTH, Unwritable, Writer
from .records import base_model, write_record
from .source import bare, code_digest, is_own

MAX_VALUES = 10_000_000
"""Values looked at for one digest: what is larger takes seconds and is no input of a call."""
_ENDPOINTS = ("base_url", "_base_url", "organization", "project", "api_version", "model")
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)
_UNCHANGING = frozenset({tuple, frozenset, type, types.ModuleType, *_FUNCTIONS})
_ITERATORS = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)


class Digest(Writer):
    """Bytes that stand for inputs.

    Attributes:
        mutable: every object met that others may change, by `id`.
    """

    def __init__(self, names: frozenset[str] | None, *, is_strict: bool) -> None:
        super().__init__()
        self.mutable: dict[int, Any] = {}
        self._names = names
        self._is_strict = is_strict
        self._num_values = 0
        self._around: list[int] = []

    def meet(self, value: Any) -> bool:
        """Counts a container; only one that holds itself is written as a number, since equal content counts."""
        self._num_values += 1
        if self._num_values > MAX_VALUES:
            raise Unwritable("it is too large")
        if type(value) not in _UNCHANGING:
            self.mutable[id(value)] = value
        if id(value) in self._around:
            self.out += b"R"
            self.length(len(self._around) - self._around.index(id(value)))
            return True
        if len(self._around) > MAX_DEPTH:
            raise Unwritable(f"it is nested more than {MAX_DEPTH} deep")
        self._around.append(id(value))
        return False

    def write(self, value: Any) -> None:
        """Appends what stands for a value."""
        depth = len(self._around)
        if type(value) in (set, frozenset):
            if not self.meet(value):
                parts = sorted(self._alone(part) for part in value)
                self.items(b"S", parts, len(parts))
        else:
            super().write(value)
        del self._around[depth:]

    def other(self, value: Any) -> None:
        """Appends what stands for a value of no built-in type."""
        cls = type(value)
        key = getattr(cls, "__xcs_journal_key__", None)
        if key is not None:
            self._named(b"K", cls)
            self.write(key(value))
        elif isinstance(value, type):
            self._named(b"C", value)
        elif isinstance(value, types.ModuleType):
            self.text(b"m", value.__name__)
        elif isinstance(value, _FUNCTIONS) or bare(value) is not value:
            self._function(value)
        elif isinstance(value, enum.Enum):
            self._named(b"E", cls)
            self.text(b"s", str(value._name_))
        elif cls.__module__ in _SHOWN or cls in (range, slice):
            self._named(b"V", cls)
            self.text(b"s", repr(value))
        elif not write_array(self, value) and not self._native(value):
            self._object(value)

    def _object(self, value: Any) -> None:
        cls = type(value)
        is_model = isinstance(value, base_model())
        if is_model and self._has_form(value):
            return
        if is_model or dataclasses.is_dataclass(value) or _is_own(cls):
            self._instance(value)
        else:
            self._opaque(value)

    def _native(self, value: Any) -> bool:
        """Appends an instance of a subclass of a built-in type: its content and its attributes."""
        for base, content in _CONTENTS.items():
            if isinstance(value, base):
                self._instance(value)
                self.write(content(value))
                return True
        return False

    def _alone(self, part: Any) -> bytes:
        inner = Digest(self._names, is_strict=self._is_strict)
        inner.write(part)
        return bytes(inner.out)

    def _has_form(self, value: Any) -> bool:
        before = len(self.out)
        try:
            write_record(self, value)
        except Unwritable:
            del self.out[before:]
            return False
        return True

    def _function(self, value: Any) -> None:
        if isinstance(value, functools.partial):
            self.items(b"p", (value.func, value.args, value.keywords), 3)
        elif isinstance(value, types.MethodType):
            self.out += b"B"
            self.write(value.__func__)
            self.write_leniently([value.__self__])
        elif isinstance(value, types.BuiltinFunctionType):
            self.text(b"u", f"{value.__module__}.{value.__qualname__}")
            if not isinstance(value.__self__, (types.ModuleType, type(None), type)):
                self.write_leniently([value.__self__])
        elif isinstance(value, types.FunctionType) and bare(value) is value:
            self.text(b"n", f"{value.__module__}.{value.__qualname__}")
            if is_own(value.__code__):
                self.blob(b"o", code_digest(value.__code__))
            self.write_leniently([cell.cell_contents for cell in value.__closure__ or () if _is_bound(cell)])
            self.write_leniently([value.__defaults__, value.__kwdefaults__])
        else:
            self.write(bare(value))

    def write_leniently(self, values: list[Any]) -> None:
        """Appends values that the program has made itself."""
        is_strict, self._is_strict = self._is_strict, False
        for value in values:
            self.write(value)
        self._is_strict = is_strict

    def _instance(self, value: Any) -> None:
        cls = type(value)
        self._named(b"I", cls)
        outer = self._names
        if outer is not None:
            self._names = _with_methods(cls, outer)
        read = [(key, held) for key, held in _attributes(value) if self._names is None or key in self._names]
        for key, held in sorted(read, key=_first):
            self.text(b"s", key)
            self.write_leniently([held])
        self.out += b";"
        self._names = outer

    def _opaque(self, value: Any) -> None:
        cls = type(value)
        endpoint = [str(found) for name in _ENDPOINTS if (found := _plain(value, name)) is not None]
        client = _plain(value, "_client")
        is_client = bool(endpoint) or client is not None
        if isinstance(value, _ITERATORS) or (self._is_strict and not is_client):
            raise Unwritable(f"a `{cls.__module__}.{cls.__qualname__}` is told by nothing that lasts")
        self._named(b"O", cls)
        self.items(b"l", endpoint, len(endpoint))
        if client is not None:
            self.write_leniently([client])

    def _named(self, tag: bytes, cls: type) -> None:
        self.text(tag, f"{cls.__module__}.{cls.__qualname__}")


def digest_of(values: Iterable[Any]) -> bytes:
    """The digest of what a program starts from; what is told by nothing that lasts counts by its type."""
    writer = Digest(None, is_strict=False)
    for value in values:
        before = len(writer.out)
        try:
            writer.write(value)
        except (Unwritable, RecursionError, RuntimeError):
            del writer.out[before:]
            writer.text(b"?", type(value).__qualname__)
    return _hash(writer)


def call_digest(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], names: frozenset[str] | None
) -> tuple[bytes, dict[int, Any]]:
    """The digest of a call, and the objects in it that others may change, by `id`.

    Args:
        function: what is called; a plain function counts by the code that the caller knows of it.
        args: with what.
        kwargs: likewise.
        names: the attributes that it may read; `None` for any.

    Raises:
        Unwritable: something in the arguments is told by nothing that lasts; the message says what.
    """
    writer = Digest(names, is_strict=True)
    try:
        if not is_plain(function):
            writer.write_leniently([function])
        writer.items(b"(", args, len(args))
        for key, value in kwargs.items():
            writer.text(b"=", key)
            writer.write(value)
    except (RecursionError, RuntimeError) as error:  # too deep, or changed meanwhile
        raise Unwritable(str(error)) from None
    return _hash(writer), writer.mutable


def is_plain(function: Any) -> bool:
    """Whether a callable is nothing but its code."""
    return (
        type(function) is types.FunctionType
        and not function.__closure__
        and not function.__defaults__
        and not function.__kwdefaults__
    )


def _hash(writer: Digest) -> bytes:
    return hashlib.blake2b(writer.out, digest_size=16).digest()


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]


def _is_bound(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where there are none
    except ValueError:
        return False
    return True


def _plain(value: Any, name: str) -> Any:
    """An attribute that is stored, without running what a class computes."""
    return getattr(value, "__dict__", {}).get(name)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    yield from list(getattr(value, "__dict__", {}).items())
    for base in type(value).__mro__:
        for name, member in base.__dict__.items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    yield name, member.__get__(value)
                except AttributeError:  # not set
                    continue


@functools.lru_cache(maxsize=4096)
def _is_own(cls: type) -> bool:
    return any(function.__module__ == cls.__module__ for function in _methods(cls).values())


@functools.lru_cache(maxsize=4096)
def _with_methods(cls: type, names: frozenset[str]) -> frozenset[str]:
    """Names with those that the methods use which go by such a name, or by none."""
    methods = _methods(cls)
    waiting = [name for name in methods if name in names or _is_implicit(name)]
    found = set(names)
    while waiting:
        new = set(methods[waiting.pop()].__code__.co_names) - found
        found |= new
        waiting.extend(new & methods.keys())
    return frozenset(found)


def _is_implicit(name: str) -> bool:
    return name.startswith("__") and name not in ("__init__", "__new__")


def _methods(cls: type) -> dict[str, types.FunctionType]:
    """The methods of a class that belong to the program."""
    members = {name: bare(member) for base in reversed(cls.__mro__) for name, member in base.__dict__.items()}
    return {
        name: member
        for name, member in members.items()
        if isinstance(member, types.FunctionType) and is_own(member.__code__)
    }


_SHOWN = frozenset({"datetime", "decimal", "fractions", "uuid", "pathlib", "ipaddress", "zoneinfo"})
"""Modules whose values are immutable and show everything that they are."""
_CONTENTS: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytearray.__getitem__(value, slice(None)),
    tuple: lambda value: tuple.__getitem__(value, slice(None)),
    list: lambda value: list.__getitem__(value, slice(None)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    collections.deque: lambda value: list(collections.deque.__iter__(value)),
    BaseException: lambda value: value.args,
}
