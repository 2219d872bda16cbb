"""What Python's builtin functions do: effect, result type, and what they call of their arguments."""

from __future__ import annotations

import builtins
import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...diagnostics.effect import Effect
from . import comparisons
from .abstract_type import (
    ANY,
    BOOL,
    COMPLEX,
    DATA,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    AbstractType,
    DictType,
    ExactType,
    IteratorType,
    ListType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .application import apply_summary
from .array_results import array_kind, jax_array, numpy_value
from .calls import special
from .frame import Frame
from .items import element_of
from .iteration import is_stepped
from .known import TABLE, KnownCallable, Rule
from .lattice import join, join_all, members, widen
from .table_calls import CalledType, apply_known
from .value import Value, deep, join_values

Types = Sequence[AbstractType]
Named = Mapping[str, AbstractType]


def pure(result: AbstractType | Rule, *uses: str, **changes: Any) -> KnownCallable:
    """A pure entry. Arguments that `uses` doesn't name must be builtin data."""
    return KnownCallable(result=result, uses=uses, **changes)


def element(args: Types, kwargs: Named) -> AbstractType:
    """What iterating the first argument gives."""
    return element_of(args[0]) if args else NEVER


def list_of_elements(args: Types, kwargs: Named) -> AbstractType:
    """A list of the first argument's elements."""
    return ListType(element(args, kwargs))


def iterator(cls: type) -> Rule:
    """A builtin iterator over the first argument's elements."""
    return lambda args, kwargs: IteratorType(cls, element(args, kwargs))


def _tuple(args: Types, kwargs: Named) -> AbstractType:
    return args[0] if args and isinstance(args[0], (TupleType, TupleOfType)) else TupleOfType(element(args, kwargs))


def _dict(args: Types, kwargs: Named) -> AbstractType:
    named = join_all(kwargs.values())
    if not args:
        return DictType(STR if kwargs else NEVER, named)
    if isinstance(args[0], DictType):
        return DictType(join(args[0].key, STR if kwargs else NEVER), join(args[0].value, named))
    if args[0] == DATA:
        return DictType(DATA, join(DATA, named))
    pair = element_of(args[0])
    if isinstance(pair, TupleType) and len(pair.elements) == 2:
        return DictType(join(pair.elements[0], STR if kwargs else NEVER), join(pair.elements[1], named))
    return DictType(NEVER, NEVER) if pair is NEVER and not kwargs else DictType(ANY, ANY)


def _enumerate(args: Types, kwargs: Named) -> AbstractType:
    return IteratorType(enumerate, TupleType((INT, element(args, kwargs))))


def _zip(args: Types, kwargs: Named) -> AbstractType:
    if "*" in kwargs:
        return IteratorType(zip, TupleOfType(join_all(map(element_of, args))))
    return IteratorType(zip, TupleType(tuple(map(element_of, args))))


def _sum(args: Types, kwargs: Named) -> AbstractType:
    part = widen(element(args, kwargs))
    start = widen(args[1] if len(args) > 1 else kwargs.get("start", INT))
    numbers = (INT, FLOAT, BOOL)
    if part is NEVER:
        return start
    if array_kind(part) is not None:
        return join(start, jax_array() if array_kind(part) == "jax" else numpy_value())
    if part in numbers and start in numbers:
        return join(start, FLOAT if FLOAT in (part, start) else INT) if start != BOOL else join(BOOL, part)
    if isinstance(part, ListType) and isinstance(start, ListType):
        return join(part, start)
    if _all_numbers(part) and start in numbers:
        return join(join(INT, FLOAT), start)
    if part == DATA and start in numbers:
        return UnionType(frozenset((INT, FLOAT, COMPLEX)))
    return PLAIN if part == PLAIN and start in numbers else ANY


def _all_numbers(part: AbstractType) -> bool:
    return all(one in (INT, FLOAT, BOOL) for one in getattr(part, "members", (part,)))


def _round(args: Types, kwargs: Named) -> AbstractType:
    if isinstance(args[0], UnionType):
        return join_all(_round((one, *args[1:]), kwargs) for one in args[0].members)
    if widen(args[0]) in (STR, NONE):
        return NEVER  # raises
    digits = args[1] if len(args) > 1 else kwargs.get("ndigits", NONE)
    if array_kind(args[0]) == "jax":
        return jax_array()
    if widen(args[0]) in (INT, BOOL):
        return INT
    if widen(args[0]) == FLOAT:
        return INT if digits == NONE else FLOAT if digits == INT else join(INT, FLOAT)
    return join(INT, FLOAT) if args[0] in (PLAIN, DATA) or _all_numbers(args[0]) else ANY


def _abs(args: Types, kwargs: Named) -> AbstractType:
    one = widen(args[0])
    if array_kind(one) is not None:
        return jax_array() if array_kind(one) == "jax" else numpy_value()
    return INT if one in (INT, BOOL) else FLOAT if one == FLOAT else join(INT, FLOAT) if one in (PLAIN, DATA) else ANY


def _filter(args: Types, kwargs: Named) -> AbstractType:
    return IteratorType(filter, element_of(args[1]))


def _open_effect(args: Types, kwargs: Named) -> Effect:
    mode = args[1] if len(args) > 1 else kwargs.get("mode", StaticType("r"))
    held = getattr(mode, "value", None)
    return Effect.READS if isinstance(held, str) and not set(held) & set("wax+") else Effect.ORDERED


def _open(args: Types, kwargs: Named) -> AbstractType:
    import io

    mode = args[1] if len(args) > 1 else kwargs.get("mode", StaticType("r"))
    held = getattr(mode, "value", None)
    return ExactType(io.TextIOWrapper) if isinstance(held, str) and "b" not in held else ANY


def ordered(reason: str, *uses: str, writes: str | None = None, result: AbstractType = ANY) -> KnownCallable:
    """An ordered entry; `writes` names the only kind of state it writes."""
    return KnownCallable(
        Effect.ORDERED, result=result, uses=uses or ("any *",), writes=writes, fresh=False, reason=reason
    )


FUNCTIONS: dict[Callable[..., Any], KnownCallable] = {
    len: pure(INT, "len 0"),
    abs: pure(_abs),
    round: pure(_round),
    pow: pure(lambda args, kwargs: join(INT, FLOAT) if all(widen(a) in (INT, FLOAT, BOOL) for a in args) else ANY),
    divmod: pure(
        lambda args, kwargs: (
            TupleType((INT, INT))
            if all(a == INT for a in args)
            else TupleType((FLOAT, FLOAT))
            if FLOAT in args and all(a in (INT, FLOAT) for a in args)
            else ANY
        )
    ),
    str: pure(STR, "str 0"),
    repr: pure(STR, "repr 0"),
    ascii: pure(STR, "repr 0"),
    format: pure(STR, "format 0"),
    int: pure(INT),
    float: pure(FLOAT),
    bool: pure(BOOL, "bool 0"),
    complex: pure(ExactType(complex)),
    bytes: pure(ExactType(bytes)),
    bytearray: pure(ExactType(bytearray)),
    ord: pure(INT),
    chr: pure(STR),
    bin: pure(STR),
    hex: pure(STR),
    oct: pure(STR),
    hash: pure(INT, "hash 0"),
    id: pure(INT, "any 0"),
    callable: pure(BOOL, "any 0"),
    isinstance: pure(BOOL, "any *"),
    issubclass: pure(BOOL, "any *"),
    range: pure(ExactType(range)),
    slice: pure(ExactType(slice), "any *", retains=frozenset((0, 1, 2))),
    list: pure(list_of_elements, "iter 0", retains=frozenset((0,)), builds=True),
    tuple: pure(_tuple, "iter 0", retains=frozenset((0,)), builds=True),
    set: pure(
        lambda args, kwargs: SetType(element(args, kwargs)), "iter 0", "hash 0*", retains=frozenset((0,)), builds=True
    ),
    frozenset: pure(
        lambda a, k: SetType(element(a, k), True), "iter 0", "hash 0*", retains=frozenset((0,)), builds=True
    ),
    dict: pure(_dict, "iter 0", "hash 0*", "any **", retains=frozenset((0,)), builds=True),
    sorted: pure(list_of_elements, "iter 0", "order 0*", "any key", retains=frozenset((0,)), builds=True),
    reversed: pure(iterator(reversed), "iter 0", retains=frozenset((0,)), builds=True),
    enumerate: pure(_enumerate, "iter 0", retains=frozenset((0,)), builds=True),
    zip: pure(_zip, "iter *", retains=frozenset(range(16)), builds=True),
    filter: pure(_filter, "iter 1", "call 0 1*", "bool 1*", retains=frozenset((1,)), builds=True),
    map: pure(CalledType(lambda called: IteratorType(map, called)), "iter 1 2 3 4 5", "call 0 1* 2* 3* 4* 5*"),
    sum: pure(_sum, "iter 0", "add 0*"),
    any: pure(BOOL, "iter 0", "bool 0*"),
    all: pure(BOOL, "iter 0", "bool 0*"),
    print: ordered("calls print", "str *", writes="stdout", result=NONE),
    input: ordered("calls input", "str *", writes="stdin", result=STR),
    open: KnownCallable(
        _open_effect, result=_open, external=True, writes="world", reason="opens a file", uses=("str 0", "any *")
    ),
    exec: ordered("calls exec"),
    eval: ordered("calls eval"),
    compile: ordered("calls compile"),
    globals: ordered("calls globals"),
    locals: ordered("calls locals"),
    vars: ordered("calls vars"),
    dir: ordered("calls dir"),
    delattr: ordered("calls delattr"),
    __import__: ordered("calls __import__"),
    breakpoint: ordered("calls breakpoint"),
    object: pure(ExactType(object)),
}
"""Builtin functions and classes by identity."""


def _extreme(args: Types, kwargs: Named) -> AbstractType:
    default = kwargs.get("default", NEVER)
    return join(join_all(args) if len(args) > 1 else element(args, kwargs), default)


EXTREME_OF_ELEMENTS = pure(_extreme, "iter 0", "order 0*", "any default key", retains=frozenset((0,)))
EXTREME_OF_ARGUMENTS = pure(
    _extreme, "any *", *(f"order {index}" for index in range(8)), "any key", retains=frozenset(range(8))
)


@special(min)
@special(max)
def _min_max(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """With several arguments they are compared with each other, with one its elements are."""
    if len(args) < 2 and "*" not in kwargs:
        return None
    for left, right in itertools.combinations(args[:8], 2):
        if "key" not in kwargs:
            summary = comparisons.compare("lt", deep(left), deep(right), frame.inference)
            apply_summary(frame, summary, [left, right], {}, (node, "lt"))
    joined = args[0]
    for one in args[1:]:
        joined = join_values(joined, one)
    apply_known(frame, EXTREME_OF_ARGUMENTS, args, kwargs, node, "max")
    return joined


ITER = pure(iterator(iter([]).__class__), "iter 0", retains=frozenset((0,)))
ITER_OF_OTHERS = dataclasses.replace(ITER, builds=True)


@special(iter)
def _iter(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """An iterator gives itself; of anything else it is a new object."""
    if len(args) != 1 or any(is_stepped(part) for part in members(args[0].type)):
        return None
    return apply_known(frame, ITER_OF_OTHERS, args, kwargs, node, "iter")


def load() -> None:
    """Enters the builtins into the table."""
    for function, entry in FUNCTIONS.items():
        TABLE.add(function, entry)
    for name in ("min", "max"):
        TABLE.add(getattr(builtins, name), EXTREME_OF_ELEMENTS)
    TABLE.add(iter, ITER)


load()
