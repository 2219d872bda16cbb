"""What the containers of `collections` do: how they are made, and their methods."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import ANY, INT, NEVER, NONE, AbstractType, DictType, ExactType, ListType, TupleType
from .builtin_table import Named, Types
from .calls import special
from .frame import Frame
from .iteration import elements_of, iterate
from .known import TABLE, KnownCallable
from .method_table import CONTENT, reads, writes
from .uses import apply_use
from .value import ELEMENT, KEY, VALUE, Cell, Value, load, value


def _made(frame: Frame, cls: type, node: object) -> tuple[Cell, Value]:
    cell = frame.ledger.cell((node, cls))
    return cell, Value(ExactType(cls), frozenset((cell,)))


def _fill(frame: Frame, cell: Cell, source: Value, node: object) -> None:
    """Copies a mapping, or pairs, into a dict's cell."""
    type_ = source.type
    frame.ledger.look(source)
    if isinstance(type_, DictType):
        cell.hold(KEY, load(source, KEY, type_.key))
        cell.hold(VALUE, load(source, VALUE, type_.value))
        return
    pair = iterate(frame, source, node)
    apply_use(frame, "hash 0", [pair], {}, node)
    first, second = (
        pair.type.elements if isinstance(pair.type, TupleType) and len(pair.type.elements) == 2 else (ANY, ANY)
    )
    if pair.type is not NEVER:
        cell.hold(KEY, value(first, pair.origins | {None}))
        cell.hold(VALUE, value(second, pair.origins | {None}))


@special(collections.defaultdict)
def _defaultdict(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    cell, made = _made(frame, collections.defaultdict, node)
    if args and args[0].type != NONE:
        cell.hold(VALUE, frame.inference.call_value(frame, args[0], [], {}, (node, "factory")))
    for one in args[1:]:
        _fill(frame, cell, one, node)
    for one in kwargs.values():
        cell.hold(KEY, Value(ANY))
        cell.hold(VALUE, one)
    return made


@special(collections.OrderedDict)
def _ordered_dict(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    cell, made = _made(frame, collections.OrderedDict, node)
    for one in args:
        _fill(frame, cell, one, node)
    for one in kwargs.values():
        cell.hold(KEY, Value(ANY))
        cell.hold(VALUE, one)
    return made


@special(collections.Counter)
def _counter(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    cell, made = _made(frame, collections.Counter, node)
    cell.hold(VALUE, Value(INT))
    for one in args:
        if isinstance(one.type, DictType):
            _fill(frame, cell, one, node)
            continue
        element = iterate(frame, one, node)
        apply_use(frame, "hash 0", [element], {}, node)
        cell.hold(KEY, element)
    for one in kwargs.values():
        cell.hold(KEY, Value(ANY))
        cell.hold(VALUE, one)
    return made


@special(collections.deque)
def _deque(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    cell, made = _made(frame, collections.deque, node)
    if args:
        iterate(frame, args[0], node)
        cell.hold(ELEMENT, elements_of(frame, args[0]))
    return made


def _most_common(args: Types, kwargs: Named) -> AbstractType:
    return ListType(TupleType((args[0].key, INT))) if isinstance(args[0], DictType) else ListType(ANY)


DEQUE_METHODS: Mapping[str, KnownCallable] = {
    **{name: writes(NONE, "any 1", stores=((ELEMENT, "1"),)) for name in ("append", "appendleft")},
    **{name: writes(NONE, "iter 1", stores=((ELEMENT, "1*"),)) for name in ("extend", "extendleft")},
    **{name: writes(CONTENT, gives=ELEMENT) for name in ("pop", "popleft")},
    **{name: writes(NONE) for name in ("clear", "rotate", "reverse")},
    "remove": writes(NONE, "eq 0* 1"),
    "count": reads(INT, "eq 0* 1"),
}

COUNTER_METHODS: Mapping[str, KnownCallable] = {
    "most_common": reads(_most_common, "any 1", retains=(0,)),
    "total": reads(INT),
    "update": KnownCallable(
        Effect.PURE, result=NONE, uses=("any 0", "iter 1", "hash 1*"), mutates=frozenset((0,)), retains=frozenset((1,))
    ),
}


def load_table() -> None:
    """Enters the methods into the table."""
    for cls, methods in ((collections.deque, DEQUE_METHODS), (collections.Counter, COUNTER_METHODS)):
        for name, entry in methods.items():
            TABLE.add(cls.__dict__[name], entry)


load_table()
