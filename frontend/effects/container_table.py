"""What the containers of `collections` do: how they are made, and their methods."""

from __future__ import annotations

import ast
import collections
from collections.abc import Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    INT,
    NEVER,
    NONE,
    STR,
    AbstractType,
    CollectionType,
    DictType,
    IteratorType,
    ListType,
    NeverType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
)
from .builtin_table import Named, Types
from .calls import special
from .contents import kinds, plain_form
from .frame import Closure, Frame
from .iteration import elements_of, iterate
from .known import TABLE, KnownCallable
from .lattice import is_immutable, members, widen
from .ledger import Ledger
from .method_table import CONTENT, DICT_METHODS, reads, writes
from .summary import Summary
from .uses import apply_use
from .value import ELEMENT, FACTORY, KEY, NOTHING, VALUE, Cell, Value, load, value


def _made(frame: Frame, cls: type, node: object, made: AbstractType = NEVER) -> tuple[Cell, Value]:
    cell = frame.ledger.cell((node, cls))
    return cell, Value(CollectionType(cls, NEVER, NEVER, made), frozenset((cell,)))


def _made_by(frame: Frame, factory: Value) -> AbstractType:
    """What a defaultdict with this factory says that missing keys give."""
    if factory.bound is not None:
        return _made_by_lambda(frame, factory.bound)
    if factory.type == NONE:
        return NEVER
    if not isinstance(factory.type, StaticType):
        return ANY
    return _if_plain(frame, frame.inference.call(factory.type.value, (), {}))


def _made_by_lambda(frame: Frame, function: object) -> AbstractType:
    """The same for a lambda that reads no local names; what others make hangs on these."""
    is_plain = isinstance(function, Closure) and isinstance(function.node, ast.Lambda)
    if not is_plain or function.free or function.defaults:  # type: ignore[attr-defined]
        return ANY
    ledger = Ledger(())
    inner = Frame(ledger, frame.inference, frame.scope, frozenset(), {}, frame.budget)
    return _if_plain(frame, ledger.summary(inner.evaluate(function.node.body)))  # type: ignore[attr-defined]


def _if_plain(frame: Frame, summary: Summary) -> AbstractType:
    """The result of a factory of which nobody can tell when it ran, else `ANY`."""
    acts = summary.effect is not Effect.PURE or summary.unknown_types or summary.sees_writes or summary.mutates
    if acts or summary.has_array_work or not (summary.fresh or is_immutable(summary.result)):
        return ANY
    frame.ledger.guards |= summary.guards
    return widen(summary.result)


def _fill(frame: Frame, cell: Cell, source: Value, node: object) -> None:
    """Copies a mapping, or pairs, into a dict's cell."""
    type_ = source.type
    frame.ledger.look(source)
    type_ = plain_form(type_)
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
    cell, made = _made(frame, collections.defaultdict, node, _made_by(frame, args[0]) if args else NEVER)
    if args and args[0].type != NONE:
        cell.hold(FACTORY, args[0])
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
        if isinstance(plain_form(one.type), DictType):
            _fill(frame, cell, one, node)
            continue
        element = iterate(frame, one, node)
        apply_use(frame, "hash 0", [element], {}, node)
        cell.hold(KEY, element)
    for one in kwargs.values():
        cell.hold(KEY, Value(ANY))
        cell.hold(VALUE, one)
    return made


@special(collections.Counter.update)
def _counter_update(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """Counting elements; what adding up a mapping does the table says."""
    if kwargs or len(args) != 2 or not isinstance(args[0].type, CollectionType) or not _is_counted(args[1].type):
        return None
    element = iterate(frame, args[1], node)
    apply_use(frame, "hash 0", [element], {}, node)
    frame.ledger.look(args[0])
    frame.ledger.write(args[0], "dict", element, KEY)
    frame.ledger.write(args[0], "dict", Value(INT), VALUE)
    return Value(NONE)


@special(dict.update)
def _dict_update(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """Entries of a mapping, of pairs, or named ones; what has `keys` of its own is asked for them: not known."""
    sources = args[1:]
    known = [plain_form(part) for one in sources for part in members(one.type)]
    if not args or not all(isinstance(one, (DictType, *_PAIRS)) for one in known) or "**" in kwargs:
        return None
    entries = Cell()
    for one in sources:
        _fill(frame, entries, one, node)
    for one in kwargs.values():
        entries.hold(KEY, Value(STR))
        entries.hold(VALUE, one)
    frame.ledger.look(args[0])
    key = entries.fields.get(KEY)
    if key is not None:
        apply_use(frame, "key 1", [args[0], key], {}, node)
        for kind in kinds(args[0].type):
            frame.ledger.write(args[0], kind, key, KEY)
            frame.ledger.write(args[0], kind, entries.fields.get(VALUE, NOTHING), VALUE)
    return Value(NONE)


_PAIRS = (ListType, SetType, TupleType, TupleOfType, IteratorType, NeverType)


def _is_counted(known: AbstractType) -> bool:
    """Whether a counter counts the elements of values of this type, rather than adding up what they map to."""
    return known == STR or isinstance(known, (ListType, SetType, TupleType, TupleOfType, IteratorType))


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
    "insert": writes(NONE, "any 2", stores=((ELEMENT, "2"),)),
    "count": reads(INT, "eq 0* 1"),
    "index": reads(INT, "eq 0* 1"),
}

ORDERED_METHODS: Mapping[str, KnownCallable] = {
    **{name: DICT_METHODS[name] for name in ("setdefault", "pop", "popitem", "clear", "items", "keys", "values")},
    "move_to_end": writes(NONE, "key 1"),
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
    methods_of = (
        (collections.deque, DEQUE_METHODS),
        (collections.OrderedDict, ORDERED_METHODS),
        (collections.Counter, COUNTER_METHODS),
    )
    for cls, methods in methods_of:
        for name, entry in methods.items():
            TABLE.add(cls.__dict__[name], entry)


load_table()
