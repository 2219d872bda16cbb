"""What operations on abstract types are made of: summaries, and the special methods that classes define.

In: operand types. Out: `Summary`s whose parameters are the operands by index.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    BOOL,
    BYTES,
    COMPLEX,
    DATA,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    AbstractType,
    ArrayType,
    CollectionType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .array_results import is_array_data, numpy_value
from .classes import has_plain_attributes
from .contents import kinds
from .known import known
from .lattice import join_all, members, tuple_element
from .ledger import Inference
from .scope import class_view
from .seal import join_alike
from .summary import EVERYTHING, Guard, Summary

SAMPLES: dict[type, tuple[Any, ...]] = {
    int: (0, 1, 2, -3),
    float: (0.0, 1.5, -2.5),
    bool: (False, True),
    complex: (0j, 1 + 2j),
    str: ("", "a"),
    bytes: (b"", b"a"),
    type(None): (None,),
    type(...): (...,),
    range: (range(0), range(3)),
}

PLAIN_FORMS = (STR, INT, FLOAT, BOOL, NONE, ListType(PLAIN), DictType(STR, PLAIN))

DATA_FORMS = (
    *(STR, INT, FLOAT, BOOL, NONE, BYTES, COMPLEX),
    *(ListType(DATA), TupleOfType(DATA), SetType(DATA), SetType(DATA, True), DictType(DATA, DATA)),
)

_BUILTIN = (ListType, DictType, SetType, TupleType, TupleOfType, PlainType, DataType, NeverType, IteratorType)


def is_builtin(type_: AbstractType) -> bool:
    """Whether all values are of builtin classes, or library data: their own operators run no user code.

    Those of elements may.
    """
    if isinstance(type_, ExactType):
        return type_.cls in SAMPLES
    if isinstance(type_, UnionType):
        return all(map(is_builtin, type_.members))
    return isinstance(type_, _BUILTIN)


def pure(result: AbstractType, *operands: AbstractType, deeply: bool = False, retains: bool = False) -> Summary:
    """A pure operation that looks at the mutable ones of its operands."""
    sees = frozenset((i, kind) for i, one in enumerate(operands) for kind in kinds(one, deeply))
    kept = frozenset(range(len(operands))) if retains else frozenset()
    return Summary(Effect.PURE, bool(sees), result=result, retains=kept, fresh=True, builds=True, sees=sees)


def unknown(what: str, *operands: AbstractType) -> Summary:
    """An operation that may run code that isn't known."""
    everything = frozenset(range(len(operands)))
    touches = frozenset((index, EVERYTHING) for index in (None, *everything))
    return Summary(
        Effect.ORDERED,
        True,
        mutates=everything,
        retains=everything,
        reason=f"unknown type: {what}",
        unknown_types=True,
        sees=touches,
        writes=touches,
        spreads=frozenset((None,)),
    )


def merged(summaries: Iterable[Summary], result: AbstractType | None = None) -> Summary:
    """One of these happens, or several of them."""
    found = list(summaries)
    first = max(found, key=lambda s: (s.effect, not s.unknown_types))
    return Summary(
        first.effect,
        any(s.sees_writes for s in found),
        any(s.external for s in found),
        join_all(s.result for s in found) if result is None else result,
        frozenset().union(*(s.mutates for s in found)),
        frozenset().union(*(s.retains for s in found)),
        sum(s.num_external_sites for s in found),
        any(s.has_array_work for s in found),
        first.reason,
        first.remedy,
        frozenset().union(*(s.guards for s in found)),
        first.unknown_types,
        all(s.fresh for s in found),
        all(s.builds for s in found),
        join_alike(s.seal for s in found) if result is None else None,
        frozenset().union(*(s.sees for s in found)),
        frozenset().union(*(s.writes for s in found)),
        frozenset().union(*(s.written_places for s in found)),
        frozenset().union(*(s.written_contents for s in found)),
        frozenset().union(*(s.spreads for s in found)),
        None,
        first.waits,
        any(s.reads_streams for s in found),
        frozenset().union(*(s.all_looks for s in found)),
    )


def array_operation(what: str, *operands: AbstractType) -> Summary:
    """An operator of which one operand is an array."""
    arrays = [one for one in operands if isinstance(one, ArrayType)]
    cls = next((a.cls for a in arrays if a.cls.__module__.startswith("jax")), arrays[0].cls)
    for one in operands:
        if not is_array_data(one):
            return unknown(f"{what} of {one}", *operands)
    shaped = cls.__module__.startswith("jax") or any(a.shape for a in arrays)
    summary = pure(ArrayType(cls) if shaped else numpy_value(), *operands)
    return summary.replace(has_array_work=True)


def is_numpy_scalar(cls: type) -> bool:
    """Whether a class is one of NumPy's own scalar classes."""
    return cls.__module__.startswith("numpy") and any(base.__name__ == "generic" for base in cls.__mro__)


def dunder(cls: type, name: str) -> Any:
    """What a class defines for a special method, as Python's type slots find it."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def call_dunder(
    name: str, receiver: AbstractType, others: tuple[AbstractType, ...], inference: Inference
) -> Summary | None:
    """The summary of a special method of an instance; None where its class has none."""
    if isinstance(receiver, NeverType):
        return pure(NEVER)
    if isinstance(receiver, ExactType) and receiver.cls in KNOWN_VALUE_CLASSES:
        method = dunder(receiver.cls, name)
        if method is not None and known(method) is not None:
            return inference.call(method, (receiver, *others), {})
    if not isinstance(receiver, InstanceType):
        return unknown(f"`{name}` of {receiver}", receiver, *others)
    method = dunder(receiver.cls, name)
    if method is None:
        return None
    if isinstance(method, types.FunctionType):
        summary = inference.call(method, (receiver, *others), {})
        return summary.replace(guards=summary.guards | {Guard(class_view(receiver.cls), name, method)})
    return unknown(f"`{name}` of {receiver}", receiver, *others)


def first_or_any(found: list[Summary | None], what: str, *operands: AbstractType) -> Summary:
    """The join of the methods that may run; a result that may be `NotImplemented` makes the type unknown."""
    some = [one for one in found if one is not None]
    if not some:
        return pure(NEVER)
    joined = merged(some)
    not_implemented = any(
        isinstance(part, StaticType | AbstractType) and part is ANY for part in members(joined.result)
    )
    return joined.replace(result=ANY) if not_implemented else joined


def parts_of(one: AbstractType) -> tuple[AbstractType, ...]:
    """The types of the contents of a builtin container."""
    match one:
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return (element,)
        case IteratorType(element=element):
            return (element,)
        case TupleType():
            return (tuple_element(one),)
        case DictType(key=key, value=value) | CollectionType(key=key, value=value):
            return (key, value)
        case _:
            return ()


KNOWN_VALUE_CLASSES: set[type] = {slice}
"""Classes whose comparisons, hashes and text are pure; the tables of text and of values add the library's."""

VALUE_SAMPLES: dict[type, tuple[Any, ...]] = {}
"""Samples of those whose operators are pure as well."""

VALUE_ATTRIBUTES: dict[tuple[type, str], AbstractType] = {}
"""What attributes of theirs hold."""

SEE_CONTEXT: set[type] = set()
"""Those whose arithmetic looks at a precision that is set elsewhere."""


def is_generated(method: object) -> bool:
    """Whether `dataclasses` wrote a method."""
    return isinstance(method, types.FunctionType) and method.__code__.co_filename == "<string>"


def is_named_tuple(cls: type) -> bool:
    """Whether a class is a named tuple made and taken apart as Python wrote it: by `__new__`, index and iteration."""
    new = dunder(cls, "__new__")
    maker = next((base for base in cls.__mro__ if "__new__" in vars(base)), object)
    own = ("__getattribute__", "__getattr__", "__setattr__", "__iter__", "__getitem__", "__len__")
    return (
        is_generated(getattr(new, "__func__", new))
        and maker.__bases__ == (tuple,)
        and "_fields" in vars(maker)
        and not any(name in vars(base) for base in cls.__mro__ if base not in (tuple, object) for name in own)
    )


def fields_summary(one: InstanceType, result: AbstractType, each: Callable[[AbstractType], Summary]) -> Summary:
    """A dataclass's generated method: it does `each` to every field."""
    held = dict(one.attributes)
    names = getattr(one.cls, "__dataclass_fields__", {})
    if not has_plain_attributes(one.cls):
        return unknown(f"fields of {one}", one, one)
    inner = [each(held.get(name, ANY)) for name in names]
    seen = frozenset((0, f"attr:{name}") for name in names) | frozenset((1, f"attr:{name}") for name in names)
    return merged([Summary(Effect.PURE, True, result=result, fresh=True, sees=seen), *inner], result)
