"""The table of known callables: what calling them does, by identity, by import path, or by type and attribute path.

In: a callable, a method's (class, name), or an attribute path such as `openai.OpenAI.chat.completions.create`.
Out: its `KnownCallable`, or None. Users and packages extend the table with `register` and with the entry-point group
`xcs.effects` (each entry point is a function without arguments that calls `register`).
"""

from __future__ import annotations

import re
import sys
import threading
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...diagnostics.effect import Effect
from ...diagnostics.errors import XCSError, XCSWarning
from ...diagnostics.identity import identity
from .abstract_type import ANY, AbstractType
from .classes import is_class
from .library_settings import LibrarySettings
from .promised_result import checked_promise
from .summary import ParameterKey

Rule: TypeAlias = Callable[[Sequence[AbstractType], Mapping[str, AbstractType]], AbstractType]
"""The type of the result from the types of positional and keyword arguments."""

Infer: TypeAlias = Callable[[object, Sequence[AbstractType], Mapping[str, AbstractType]], AbstractType]
"""What a function of the user's gives for arguments of these types; what it does is entered where the call stands."""

Runs: TypeAlias = Callable[
    [AbstractType, str, Sequence[AbstractType], Mapping[str, AbstractType], Infer], AbstractType | None
]
"""What a call gives and runs, from the receiver, the path that is called, and the arguments."""

EffectRule: TypeAlias = Callable[[Sequence[AbstractType], Mapping[str, AbstractType]], Effect]


@dataclass(frozen=True, slots=True)
class KnownCallable:
    """What calling a callable does. Argument 0 of a method is its receiver.

    Attributes:
        effect: the effect itself, or a rule that finds it from the argument types.
        sees_writes: it looks at state of the outside world other than its arguments.
        external: it waits for the world.
        result: the type of the result, or a rule.
        uses: what is done with the arguments, so that their own code counts: `iter 0` iterates argument 0, `lt 0*`
            compares its elements, `call key 0*` calls argument `key` with them, `str 0`, `repr 0`, `format 0`,
            `eq 0* 1`,
            `hash 1`, `bool 0*`, `len 0`, `add 0*`, `deep 0` (all of it must be builtin data). `*` is every argument.
        mutates: arguments whose own state it writes.
        stores: (field of argument 0, argument): what it then holds; `2*` stands for the elements of argument 2.
        retains: arguments that live on in the result, or elsewhere.
        gives: the field of argument 0 whose content is the result, joined with the default arguments at `defaults`.
        defaults: arguments that may be the result.
        array: `jax` or `numpy`: array work.
        fresh: mutable objects in the result are made by the call.
        builds: the result itself is new: what it retains is inside of it.
        writes: the kind of outside state that it writes; `None` with an ordered effect stands for any.
        waits: it only lets time pass.
        is_async: calling it only makes a coroutine; the entry says what awaiting that does.
        reason: in a few words, for `explain`.
        settings: what is set for the whole library, where what the call does hangs on it.
        runs: finds what it gives and which functions of the user's it runs; what gives None runs unknown code.
    """

    effect: Effect | EffectRule = Effect.PURE
    sees_writes: bool = False
    external: bool = False
    result: AbstractType | Rule = ANY
    uses: tuple[str, ...] = ()
    mutates: frozenset[ParameterKey] = frozenset()
    stores: tuple[tuple[str, str], ...] = ()
    retains: frozenset[ParameterKey] = frozenset()
    gives: str | None = None
    defaults: tuple[int, ...] = ()
    array: str | None = None
    fresh: bool = True
    builds: bool = False
    writes: str | None = None
    waits: bool = False
    is_async: bool = False
    reason: str = ""
    runs: Runs | None = None
    settings: LibrarySettings | None = None

    def result_type(self, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
        """The type of the result for arguments of these types."""
        if isinstance(self.result, AbstractType):
            return self.result
        try:
            return self.result(args, kwargs)
        except (IndexError, KeyError):  # called with other arguments than any form of it takes: it raises
            return ANY

    def effect_for(self, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> Effect:
        """The effect for arguments of these types."""
        return self.effect if isinstance(self.effect, Effect) else self.effect(args, kwargs)


class Table:
    """Entries by identity, by path and by path prefix. Reading takes no lock; writing takes `_lock`."""

    def __init__(self) -> None:
        self._by_identity: dict[int, tuple[object, KnownCallable]] = {}
        self._by_path: dict[str, KnownCallable] = {}
        self._by_prefix: dict[str, KnownCallable] = {}
        self._missing: dict[int, object] = {}
        self.version = 0  # how often something was added
        self.rules: list[Callable[[object], KnownCallable | None]] = []
        self._lock = threading.Lock()

    def add(self, target: object, entry: KnownCallable) -> None:
        """`target` is a callable, or a dotted path; a path that ends in `.*` stands for everything below it."""
        with self._lock:
            if not isinstance(target, str):
                self._by_identity[identity(target)] = (target, entry)
            elif target.endswith(".*"):
                self._by_prefix[target[:-2]] = entry
            else:
                self._by_path[target] = entry
            self._missing.clear()
            self.version += 1

    def add_all(self, *tables: Mapping[str, KnownCallable]) -> None:
        """Adds entries by path."""
        for entries in tables:
            for path, entry in entries.items():
                self.add(path, entry)

    def of(self, function: object) -> KnownCallable | None:
        """The entry of this very object."""
        found = self._by_identity.get(identity(function))
        if found is not None and found[0] is function:
            return found[1]
        if self._missing.get(identity(function)) is function:
            return None
        entry = self._search(function)
        with self._lock:
            if entry is not None:
                self._by_identity[identity(function)] = (function, entry)
            else:
                if len(self._missing) > MAX_MISSING:
                    self._missing.clear()
                self._missing[identity(function)] = function
        return entry

    def at(self, path: str) -> KnownCallable | None:
        """The entry of a path, or of the longest prefix of it."""
        entry = self._by_path.get(path)
        while entry is None and path:
            path = path.rpartition(".")[0]
            entry = self._by_prefix.get(path)
        return entry

    def leads_on(self, path: str) -> bool:
        """Whether an entry may lie below this path."""
        below = path + "."
        return any(known.startswith(below) for known in (*self._by_path, *self._by_prefix)) or (
            self.at(below + "*") is not None
        )

    def _search(self, function: object) -> KnownCallable | None:
        for rule in self.rules:
            entry = rule(function)
            if entry is not None:
                return entry
        path = path_of(function)
        if path is None:
            return None
        entry = self.at(path)
        if entry is None:
            return None
        return entry if _is_at(function, path) or path.partition(".")[0] in _NAMESAKES else None


MAX_MISSING = 4096
_NAMESAKES = frozenset({"jax", "jaxlib", "numpy", "openai", "anthropic", "litellm", "httpx", "langchain_core"})
TABLE = Table()
_entry_points_loaded = False
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)+(\.\*)?|[A-Za-z_]\w*\.\*")


def path_of(function: object) -> str | None:
    """The import path that a callable claims: `module.qualname`."""
    kind = type(function)
    if kind in _DESCRIPTORS:
        owner = function.__objclass__  # type: ignore[attr-defined]
        return f"{owner.__module__}.{owner.__qualname__}.{function.__name__}"  # type: ignore[attr-defined]
    if kind not in _FUNCTIONS and not is_class(function) and not _is_library_object(function):
        return None
    if kind is types.BuiltinFunctionType and type(function.__self__) not in (types.ModuleType, type(None)):  # type: ignore[attr-defined]
        holder = function.__self__  # type: ignore[attr-defined]
        owner = holder if is_class(holder) else type(holder)
        return f"{owner.__module__}.{owner.__qualname__}.{function.__name__}"  # type: ignore[attr-defined]
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    name = name or getattr(function, "__name__", None)
    return f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else None


_DESCRIPTORS = frozenset((types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType))
_FUNCTIONS = frozenset((types.FunctionType, types.BuiltinFunctionType))


def _is_library_object(function: object) -> bool:
    """Array libraries have callables of their own classes (`numpy.ufunc`, jitted functions)."""
    return type(function).__module__.partition(".")[0] in ("numpy", "jax", "jaxlib", "functools")


def _is_at(function: object, path: str) -> bool:
    """Whether walking the path from its (already imported) module ends at this very object."""
    parts = path.split(".")
    for count in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:count]))
        if module is None:
            continue
        found: Any = module
        for name in parts[count:]:
            holder = vars(found) if isinstance(found, types.ModuleType | type) else {}
            found = holder.get(name)
        found = found.__func__ if isinstance(found, staticmethod | classmethod) else found
        return found is function or _same_builtin(found, function)
    return False


def _same_builtin(found: object, function: object) -> bool:
    """Bound C methods of a class (`dict.fromkeys`) are made anew by each load."""
    return type(function) is types.BuiltinFunctionType and is_class(function.__self__)  # type: ignore[attr-defined]


ENTRY_POINT_GROUP = "xcs.effects"
_DECLARABLE = ("pure", "reads", "unordered", "ordered", "fence")


def known(function: object) -> KnownCallable | None:
    """The entry of a callable, if the table has one."""
    load_entry_points()
    return TABLE.of(function)


def register(
    target: Callable[..., Any] | str,
    effect: str | Effect,
    *,
    result: AbstractType | type | str = ANY,
    external: bool | None = None,
    sees_writes: bool = False,
    mutates: Sequence[int] = (),
    retains: Sequence[int] = (),
) -> None:
    """Says what calling `target` does: a callable, or an import path such as `"mylib.Client.ask"` or `"mylib.pure.*"`.

    `effect` is `pure`, `reads`, `unordered`, `ordered` or `fence`; `external` defaults to whether it is
    unordered or reads. `result` promises what it gives: a scalar class such as `str`, `"plain"` (as JSON gives it) or
    `"data"` (objects of a library that only hold data), `"stream"` or `"async stream"` (new iterators of such).

    `mutates` and `retains` name positional arguments by index (a method's object is 0): those that a call writes, and
    those that may live on after it. Entries hold for what is traced from then on.

    Raises:
        XCSError: the target is neither callable nor a path, or the effect or the result is none of these.
    """
    if isinstance(effect, str) and effect not in _DECLARABLE:
        choices = ", ".join(f"`{name}`" for name in _DECLARABLE)
        raise XCSError(f"expected the effect to be one of {choices}, found `{effect}`")
    if not callable(target) and not (isinstance(target, str) and _PATH.fullmatch(target)):
        raise XCSError(f"expected a callable or an import path such as `package.Class.method`, found `{target!r}`")
    if not all(type(index) is int and index >= 0 for index in (*mutates, *retains)):
        found = next(index for index in (*mutates, *retains) if type(index) is not int or index < 0)
        raise XCSError(f"expected positions of arguments in `mutates` and `retains`, found `{found!r}`")
    strength = Effect[effect.upper()] if isinstance(effect, str) else effect
    waits = strength in (Effect.UNORDERED, Effect.READS) if external is None else external
    entry = KnownCallable(
        strength,
        sees_writes,
        waits,
        ANY if result == ANY else checked_promise(result),
        uses=("any *", "any **"),
        mutates=frozenset(mutates),
        retains=frozenset(retains),
        fresh=False,
        reason="registered",
    )
    TABLE.add(target, entry)


def load_entry_points() -> None:
    """Runs the functions of the entry-point group `xcs.effects`, once; one that fails says so, and the rest run."""
    global _entry_points_loaded
    if _entry_points_loaded:
        return
    _entry_points_loaded = True
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            point.load()()
        except Exception as error:
            where = f"`{point.name}` of {point.dist.name}" if point.dist is not None else f"`{point.name}`"
            text = f"entry point {where} (`{point.value}`) fails, so what it knows of effects is missing"
            warnings.warn(f"{text}: {type(error).__name__}: {error}", XCSWarning, stacklevel=2)
