"""What is known of a value without having it: the lattice that typing, effects and signatures share.

An `AbstractType` describes all values of which it is true; `ANY` describes every value. Types nest: a list of
experts whose `name` is a string is `ListType(InstanceType(Expert, (("name", STR),)))`.

The outermost class of a type is a fact about the value. What it says of the *contents* of a mutable object (elements,
attributes) was true when the value was looked at; it holds on for as long as nothing that may write has run since.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AbstractType:
    """The top of the lattice: nothing is known."""

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True, slots=True)
class NeverType(AbstractType):
    """The bottom of the lattice: no value at all; what an empty list holds."""

    def __str__(self) -> str:
        return "never"


@dataclass(frozen=True, slots=True)
class ExactType(AbstractType):
    """An instance of exactly this class, of which nothing more is known (scalars: nothing more is needed)."""

    cls: type

    def __str__(self) -> str:
        return "None" if self.cls is type(None) else self.cls.__name__


@dataclass(frozen=True, slots=True)
class PlainType(AbstractType):
    """JSON-like data: exactly dict (with str keys), list, str, int, float, bool or None, and so all the way down."""

    def __str__(self) -> str:
        return "plain"


@dataclass(frozen=True, slots=True)
class DataType(AbstractType):
    """A value that comes from a library known to return data: a builtin scalar, a builtin container, or a record.

    Records are objects of the library. What attributes, items, iteration and methods of a record give is data again;
    reading them, and truth, length, comparison, hash, text and format, have no effect. Methods named like those of
    builtin classes do what these do. Records take no part in arithmetic; none of it is an iterator or an array.
    """

    def __str__(self) -> str:
        return "data"


@dataclass(frozen=True, slots=True)
class ListType(AbstractType):
    """Exactly `list`, every element described by `element`."""

    element: AbstractType

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class SetType(AbstractType):
    """Exactly `set` or `frozenset` (`frozen`), every element described by `element`."""

    element: AbstractType
    frozen: bool = False

    def __str__(self) -> str:
        return f"{'frozenset' if self.frozen else 'set'}<{self.element}>"


@dataclass(frozen=True, slots=True)
class DictType(AbstractType):
    """Exactly `dict`, every key described by `key` and every value by `value`.

    Where keys are strings, `items` may say more of the value that some of them have if they are present.
    """

    key: AbstractType
    value: AbstractType
    items: tuple[tuple[str, AbstractType], ...] = ()

    def item(self, key: object) -> AbstractType:
        """What the value of this key is."""
        return dict(self.items).get(key, self.value) if type(key) is str else self.value

    def __str__(self) -> str:
        return f"dict<{self.key}, {self.value}>"


@dataclass(frozen=True, slots=True)
class CollectionType(AbstractType):
    """Exactly `cls`, a container of `collections`. The `key` of a deque is `NEVER`, its elements are `value`.

    `made` is what a defaultdict stores for a missing key, by a factory that has no effect and keeps nothing: `NEVER`
    without factory, `ANY` where that isn't known, and `StaticType(f)` for whatever `f()` does and gives.
    """

    cls: type
    key: AbstractType
    value: AbstractType
    made: AbstractType

    def __str__(self) -> str:
        inside = self.value if isinstance(self.key, NeverType) else f"{self.key}, {self.value}"
        return f"{self.cls.__name__}<{inside}>"


@dataclass(frozen=True, slots=True)
class TupleType(AbstractType):
    """Exactly `tuple`, of exactly these elements."""

    elements: tuple[AbstractType, ...]

    def __str__(self) -> str:
        return f"tuple<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class TupleOfType(AbstractType):
    """Exactly `tuple`, of unknown length, every element described by `element`."""

    element: AbstractType

    def __str__(self) -> str:
        return f"tuple<{self.element}, ...>"


@dataclass(frozen=True, slots=True)
class RecordType(AbstractType):
    """A named tuple of a library, of exactly `cls`, with these elements: `jax.numpy.linalg.svd` gives one."""

    cls: type
    elements: tuple[AbstractType, ...]

    def __str__(self) -> str:
        return f"{self.cls.__name__}<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class IteratorType(AbstractType):
    """A fresh builtin iterator (`zip`, `map`, `enumerate`, dict view, ...) whose steps have no effect of their own.

    `cls` is its exact class; `element` describes what it gives.
    """

    cls: type
    element: AbstractType

    def __str__(self) -> str:
        return f"{self.cls.__name__}<{self.element}>"


@dataclass(frozen=True, slots=True)
class StreamType(AbstractType):
    """A stream of a library, or what opens one in a `with`: each step waits for the world and gives an `element`.

    What it holds beside what the service sends are the arguments of the call that has opened it. One that `is_async` is
    read by `async for`, and its methods make coroutines.
    """

    element: AbstractType
    is_async: bool = False

    def __str__(self) -> str:
        return f"stream<{self.element}>"


@dataclass(frozen=True, slots=True)
class InstanceType(AbstractType):
    """An instance of exactly `cls`, a class written in Python, with these types of (some) instance attributes."""

    cls: type
    attributes: tuple[tuple[str, AbstractType], ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{name}: {value}" for name, value in self.attributes)
        return f"{self.cls.__name__}{{{inside}}}"


@dataclass(frozen=True, slots=True)
class ArrayType(AbstractType):
    """An array of exactly `cls` (`numpy.ndarray` or JAX's array class), with dtype name and shape where known."""

    cls: type
    dtype: str | None = None
    shape: tuple[int, ...] | None = None

    def __str__(self) -> str:
        shape = "" if self.shape is None else list(self.shape)
        return f"{self.cls.__module__.partition('.')[0]}.array<{self.dtype}{shape}>"


@dataclass(frozen=True, slots=True)
class StaticType(AbstractType):
    """This very object: functions, classes, modules, bound methods of them, and literals known when compiling."""

    value: Any

    def __str__(self) -> str:
        if issubclass(type(self.value), enum.Enum):  # whose text may be code of the user's
            return f"static {type(self.value).__qualname__}.{self.value._name_}"
        return f"static {getattr(self.value, '__qualname__', None) or repr(self.value)}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StaticType):
            return NotImplemented
        return self.value is other.value or (
            type(self.value) in IMMUTABLE_SCALARS
            and type(self.value) is type(other.value)
            and repr(self.value) == repr(other.value)
        )

    def __hash__(self) -> int:
        return hash(repr(self.value)) if type(self.value) in IMMUTABLE_SCALARS else id(self.value)


@dataclass(frozen=True, slots=True)
class BoundType(AbstractType):
    """A callable made of another one: a bound method, or a `functools.partial` (`cls` is exactly which).

    Calling it calls something of type `function` with `args` before its own arguments and `keywords` beside them.
    """

    cls: type
    function: AbstractType
    args: tuple[AbstractType, ...] = ()
    keywords: tuple[tuple[str, AbstractType], ...] = ()

    def __str__(self) -> str:
        kept = (*map(str, self.args), *(f"{name}={held}" for name, held in self.keywords))
        return f"{self.cls.__name__}<{self.function}, {', '.join(kept)}>"

    def with_parts(self, change: Callable[[AbstractType], AbstractType]) -> BoundType:
        """The same with what it passes on changed."""
        keywords = tuple((name, change(held)) for name, held in self.keywords)
        return BoundType(self.cls, self.function, tuple(map(change, self.args)), keywords)


@dataclass(frozen=True, slots=True)
class SpreadType(AbstractType):
    """Any number of arguments, what `*` of unknown length leaves for `*args`; every one is described by `element`."""

    element: AbstractType

    def __str__(self) -> str:
        return f"*{self.element}"


@dataclass(frozen=True, slots=True)
class CaughtType(AbstractType):
    """An exception in its handler, of a class that isn't known exactly; its text is taken to have no effect.

    With `is_class` the class of one, whose name is taken to have none either.
    """

    is_class: bool = False

    def __str__(self) -> str:
        return "class of exception" if self.is_class else "exception"


@dataclass(frozen=True, slots=True)
class UnionType(AbstractType):
    """One of a few types (two to four, or more scalars); wider unions become `PLAIN`, `DATA` or `ANY`."""

    members: frozenset[AbstractType]

    def __str__(self) -> str:
        return " | ".join(sorted(map(str, self.members)))


IMMUTABLE_SCALARS = frozenset({str, int, float, bool, complex, bytes, type(None), type(...), range})

ANY = AbstractType()
NEVER = NeverType()
PLAIN = PlainType()
DATA = DataType()
STR, INT, FLOAT, BOOL, BYTES, COMPLEX = (ExactType(c) for c in (str, int, float, bool, bytes, complex))
NONE = ExactType(type(None))
SCALAR_TYPES: dict[type, ExactType] = {one.cls: one for one in (STR, INT, FLOAT, BOOL, BYTES, COMPLEX, NONE)}
SCALAR_TYPES |= {cls: ExactType(cls) for cls in IMMUTABLE_SCALARS - SCALAR_TYPES.keys()}
"""The type of each, always the same instance: what is the same is told so before it is compared."""
PLAIN_KEY = UnionType(frozenset((STR, INT, FLOAT, BOOL, NONE)))
"""What of `PLAIN` has a hash."""

CLIENT_CLASSES: set[type] = set()
"""Classes of library clients met so far: what is found in their instances is found in the class for good."""
