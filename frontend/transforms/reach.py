"""What a call can get at: the numbers and arrays reachable from its arguments, and those among them that are tracked.

Assumes: nobody else writes meanwhile. Ensures: no user code runs. Looks through builtin containers and iterators, the
attributes of instances, closures, defaults, partials and bound methods; what it can't look into counts as tracked.
"""

from __future__ import annotations

import functools
import gc
import itertools
import types
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .batch import is_array
from .tape import Tape

MAX_OBJECTS = 20_000  # objects looked at for one call; beyond that it counts as reaching something tracked

_ATOMS = frozenset({int, bool, str, bytes, type(None), range, slice, type(...), types.ModuleType, types.CodeType})
ITERATORS = tuple(
    type(one)
    for one in (
        *(iter(([], (), {}, set())[kind]) for kind in range(4)),
        *(iter({}.values()), iter({}.items()), reversed([]), iter(deque()), zip(), enumerate(()), map(abs, ())),
        *(filter(None, ()), itertools.chain(), itertools.islice((), 0), {}.keys(), {}.values(), {}.items()),
    )
)
"""Builtin iterators and views of dicts."""

_UNKNOWN = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)


@dataclass(slots=True)
class Reach:
    """What was found.

    Attributes:
        direct: the tracked values found through lists, tuples and dicts alone, in order.
        is_hidden: something tracked is, or may be, reached in another way.
        numbers: the identities of all floats and arrays.
        objects: all that was looked at, kept alive so that identities stay true.
        mutable: the NumPy arrays among them.
    """

    direct: list[Any] = field(default_factory=list)
    is_hidden: bool = False
    numbers: set[int] = field(default_factory=set)
    objects: list[Any] = field(default_factory=list)
    mutable: list[Any] = field(default_factory=list)

    @property
    def is_tracked(self) -> bool:
        """Whether anything tracked is reached."""
        return self.is_hidden or bool(self.direct)


def reach(tape: Tape, roots: Iterable[Any]) -> Reach:
    """What is reachable from some values."""
    found, seen = Reach(), set[int]()
    pending = [(one, True) for one in reversed(list(roots))]
    while pending:
        value, is_direct = pending.pop()
        cls = type(value)
        if cls in _ATOMS or isinstance(value, type) or id(value) in seen:
            continue
        seen.add(id(value))
        found.objects.append(value)
        if len(seen) > MAX_OBJECTS:
            found.is_hidden = True
            return found
        if tape.is_tracked(value):
            if is_direct:
                found.direct.append(value)
            else:
                found.is_hidden = True
        if is_number(value):
            found.numbers.add(id(value))
            if is_array(value) and type(value).__module__.startswith("numpy"):
                found.mutable.append(value)
        elif isinstance(value, _UNKNOWN):
            found.is_hidden = True
        elif cls in (list, tuple):
            pending.extend((one, is_direct) for one in reversed(value))
        elif cls is dict:
            pending.extend((one, is_direct) for one in reversed(list(value.values())))
        else:
            pending.extend((one, False) for one in _parts(value))
    return found


def is_number(value: Any) -> bool:
    """Whether a value could have a derivative: a float, or an array of NumPy's or JAX's."""
    if isinstance(value, (float, complex)) or type(value).__module__ == "numpy":
        return True
    return is_array(value)


def _parts(value: Any) -> list[Any]:
    cls = type(value)
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return [*value, *_attributes(value)] if cls.__iter__ in _NATIVE else gc.get_referents(value)
    if isinstance(value, BaseException):
        return [*value.args, value.__cause__, value.__context__, *_attributes(value)]
    if isinstance(value, dict):
        return [*dict.values(value), *_attributes(value)]
    if cls is types.FunctionType:
        cells = [_content(cell) for cell in value.__closure__ or ()]
        return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if cls is types.CellType:
        return [_content(value)]
    if cls is types.MethodType:
        return [value.__self__, value.__func__]
    if cls is types.BuiltinFunctionType:
        return [] if isinstance(value.__self__, types.ModuleType) else [value.__self__]
    if cls is functools.partial:
        return [value.func, *value.args, *value.keywords.values()]
    if cls in ITERATORS:
        return [one for one in gc.get_referents(value) if not isinstance(one, type)]
    return _attributes(value)


_NATIVE = tuple(cls.__iter__ for cls in (list, tuple, set, frozenset, deque))


def _attributes(value: Any) -> list[Any]:
    own = getattr(type(value), "__dict__", {}).get("__dict__") or any(
        "__dict__" in c.__dict__ for c in type(value).__mro__
    )
    held = list(object.__getattribute__(value, "__dict__").values()) if own else []
    for cls in type(value).__mro__:
        for descriptor in tuple(cls.__dict__.values()):
            if type(descriptor) is types.MemberDescriptorType and "__slots__" in cls.__dict__:
                try:
                    held.append(descriptor.__get__(value))
                except AttributeError:  # the slot is empty
                    continue
    return held


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing in it yet
        return None
