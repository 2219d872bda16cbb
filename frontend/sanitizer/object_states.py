"""What objects hold, before and after a call, so that writes are seen by identity.

In: roots (arguments, a callable, local values). Out: the objects reachable from them that were written since. Functions
reach their cells, their defaults and the globals that they name; code of installed packages is not looked into.

Assumes: nobody else writes meanwhile. Ensures: no user code runs.
"""

from __future__ import annotations

import array
import collections
import contextlib
import functools
import io
import itertools
import random
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..code_names import names_in
from ..effects.source import is_library

MAX_OBJECTS = 20_000  # objects looked at for one call; what lies beyond is not watched

_ATOMS = frozenset({int, float, complex, str, bytes, bool, type(None), range, slice, type(...), types.CodeType})
_BUILTIN_ITERATORS = frozenset(
    type(iter(one)) for one in ([], (), "", b"", {}, {}.values(), {}.items(), set(), range(1), range(2**70))
) | {type(reversed([])), type(reversed({}))}

Look: TypeAlias = tuple[list[Any], list[Any]]
"""The state of an object (compared by identity), and the objects it leads to."""


@dataclass(frozen=True, slots=True, eq=False)
class GlobalName:
    """A global as an object of its own: rebinding it is a write."""

    namespace: dict[str, Any]
    name: str


class ObjectStates:
    """The states of all objects reachable from some roots."""

    def __init__(self, roots: Iterable[Any], *, without: Iterable[Any] = ()) -> None:
        """Looks at everything reachable from `roots`, but not through the objects in `without`."""
        self._held: dict[int, tuple[Any, list[Any]]] = {}
        self._found_in: dict[int, Any] = {}
        self._globals: dict[tuple[int, str], GlobalName] = {}
        self._without = frozenset(map(id, without))
        self._collect(roots)

    def __contains__(self, value: object) -> bool:
        return id(value) in self._held

    def changed(self) -> list[Any]:
        """The objects that were written since."""
        return [value for value, state in self._held.values() if not _same(state, self._look(value)[0])]

    def path_to(self, value: Any) -> list[Any]:
        """The objects through which one was found, itself first, a root last."""
        path = [value]
        while (holder := self._found_in.get(id(path[-1]))) is not None:
            path.append(holder)
        return path

    def refresh(self) -> None:
        """Takes the present states as the ones to compare with."""
        self._held = {key: (value, self._look(value)[0]) for key, (value, _) in self._held.items()}

    def _collect(self, roots: Iterable[Any]) -> None:
        pending = [(one, None) for one in roots]
        while pending and len(self._held) < MAX_OBJECTS:
            value, holder = pending.pop()
            if type(value) in _ATOMS or id(value) in self._held or id(value) in self._without:
                continue
            state, parts = self._look(value)
            self._held[id(value)] = (value, state)
            self._found_in[id(value)] = holder
            pending.extend((part, value) for part in parts)

    def _look(self, value: Any) -> Look:
        cls = type(value)
        if cls is GlobalName:
            held = value.namespace.get(value.name, value)
            return [held], [held]
        if cls is types.FunctionType:
            return self._look_at_function(value)
        if cls is types.CellType:
            content = _content_of(value)
            return content, content
        if cls is types.BuiltinFunctionType:
            return [], [] if isinstance(value.__self__, types.ModuleType) else [value.__self__]
        if (contents := _contents_of_array(value)) is not None:
            return [contents], []
        for kinds, look in _LOOKS:
            if issubclass(cls, kinds):
                state, parts = look(value)
                own = attributes_of(value)
                return [*state, *own], [*parts, *own]
        if issubclass(cls, type):
            return _look_at_class(value)
        if issubclass(cls, types.ModuleType) or _is_foreign(cls):
            return [], []
        own = attributes_of(value)
        return own, own

    def _look_at_function(self, function: types.FunctionType) -> Look:
        if is_library(function.__code__.co_filename) or _is_own(function.__module__):
            return [], []
        state = [function.__defaults__, function.__kwdefaults__, *vars(function).values()]
        namespace = function.__globals__
        named = [self._global(namespace, name) for name in names_in(function.__code__) if name in namespace]
        return state, [*state, *(function.__closure__ or ()), *named]

    def _global(self, namespace: dict[str, Any], name: str) -> GlobalName:
        return self._globals.setdefault((id(namespace), name), GlobalName(namespace, name))


def _same(before: list[Any], now: list[Any]) -> bool:
    return len(before) == len(now) and all(a is b or _same_atom(a, b) for a, b in zip(before, now, strict=True))


def _same_atom(a: Any, b: Any) -> bool:
    """Contents that are made anew by each look: bytes, and descriptions of iterators and generators."""
    return type(a) is type(b) and type(a) in (bytes, int, str, tuple) and a == b


def _content_of(cell: types.CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:  # nothing bound yet
        return []


def _is_own(module: object) -> bool:
    return isinstance(module, str) and (module == "xcs" or module.startswith("xcs."))


def _is_foreign(cls: type) -> bool:
    """Classes whose objects hold what calls may change unseen: caches of installed packages, this compiler's own."""
    module = cls.__module__
    if _is_own(module):
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    return module != "builtins" and (file is None or is_library(file))


def _look_at_class(cls: type) -> Look:
    if _is_foreign(cls):
        return [], []
    # Python itself keeps what describes a class up to date.
    held = [value for name, value in list(vars(cls).items()) if name not in ("__dict__", "__weakref__", "__doc__")]
    functions = [getattr(one, "__func__", getattr(one, "fget", one)) for one in held]
    return held, [*functions, *cls.__bases__]


def attributes_of(value: Any) -> list[Any]:
    """What an object's own attributes hold, in `__dict__` and in slots."""
    found: list[Any] = []
    with contextlib.suppress(AttributeError, TypeError):  # it may have none
        found += list(object.__getattribute__(value, "__dict__").values())
    for base in type(value).__mro__:
        for name, member in list(vars(base).items()):
            if name == "__vectorcalloffset__":  # how CPython calls it, which calls may change
                continue
            if type(member) is types.MemberDescriptorType and base.__module__ != "builtins":
                try:
                    found.append(member.__get__(value))
                except (AttributeError, TypeError):
                    found.append(GlobalName)  # nothing bound yet
    return found


def _contents_of_array(value: Any) -> bytes | None:
    """What a NumPy array holds, without NumPy where nobody has loaded it."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray or value.dtype.hasobject:
        return None
    return value.tobytes()


def _elements(value: Any) -> Look:
    held = list(_iterate(type(value), value))
    return held, held


def _iterate(cls: type, value: Any) -> Iterable[Any]:
    for base in (list, tuple, set, frozenset, collections.deque):
        if issubclass(cls, base):
            return base.__iter__(value)
    return ()


def _parts_of_tuple(value: Any) -> Look:
    return [], list(tuple.__iter__(value))


def _items(value: Any) -> Look:
    held = [part for pair in dict.items(value) for part in pair]
    return held, held


def _bytes(value: Any) -> Look:
    return [bytes(value)], []


def _buffer(value: Any) -> Look:
    return [value.getvalue(), value.tell()] if not value.closed else [], []


def _generator(value: Any) -> Look:
    frame = value.gi_frame
    return [-1 if frame is None else frame.f_lasti], []


def _generator_of_random(value: Any) -> Look:
    return [random.Random.getstate(value)], []


def _hint(value: Any) -> Look:
    return [value.__length_hint__()], []


def _text(value: Any) -> Look:
    return [repr(value)], []


def _called(value: functools.partial[Any]) -> Look:
    return [], [value.func, *value.args, *value.keywords.values()]


def _bound(value: types.MethodType) -> Look:
    return [], [value.__func__, value.__self__]


_LOOKS: tuple[tuple[Any, Callable[[Any], Look]], ...] = (
    ((dict,), _items),
    ((list, set, frozenset, collections.deque), _elements),
    ((tuple,), _parts_of_tuple),
    ((bytearray, array.array), _bytes),
    ((io.StringIO, io.BytesIO), _buffer),
    ((types.GeneratorType,), _generator),
    ((random.Random,), _generator_of_random),
    (tuple(_BUILTIN_ITERATORS), _hint),
    ((itertools.count, itertools.repeat), _text),
    ((functools.partial,), _called),
    ((types.MethodType,), _bound),
)
