"""Calls of callables that the table knows.

In: an entry and the argument values. Out: the value of the result; the effect is entered in the ledger.
"""

from __future__ import annotations

import ast
import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    NEVER,
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    StaticType,
    StreamType,
    TupleOfType,
)
from .application import keyed, watch_sources
from .contents import element_type, kinds
from .frame import Frame
from .iteration import elements_of
from .known import KnownCallable
from .lattice import join, members
from .ledger import DECLARE
from .place import EVERYTHING, ParameterKey
from .uses import apply_use, use_deep
from .value import NOTHING, Origin, Value, consumed, deep, join_values, load, reach, reach_inside, reach_of, value


def apply_known(
    frame: Frame,
    entry: KnownCallable,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    node: ast.AST | object,
    name: str,
    receiver: Value = NOTHING,
) -> Value:
    """One call of a callable in the table takes place; `receiver` is that of one known by path."""
    ledger = frame.ledger
    written = node.args if isinstance(node, ast.Call) else []
    offset = len(args) - len(written)  # a method's receiver comes first
    types = [literal_type(one, written, index - offset) for index, one in enumerate(args)]
    keyword_types = {key: deep(one) for key, one in kwargs.items()} | _literal_flags(node)
    effect = entry.effect_for(types, keyword_types)
    if entry.settings is not None:
        ledger.guards.add(entry.settings.guard())
    _enter_effect(frame, entry, effect, name, node)
    called = NOTHING
    for use in entry.uses:
        called = join_values(called, apply_use(frame, use, args, kwargs, node))
    _require_data(frame, entry, args, kwargs, node)
    by_key = keyed(args, kwargs)
    if entry.runs is not None:
        entry = _with_what_it_runs(frame, entry, name, receiver, [*args, *kwargs.values()], types, keyword_types, node)
    for index in entry.mutates:
        if index in by_key and not entry.stores:
            for kind in kinds(by_key[index].type):
                ledger.write(by_key[index], kind)
    _apply_stores(frame, entry, args, node)
    for index in range(len(args)):
        ledger.look(args[index], deeply=entry.gives is None and index not in entry.mutates)
    for one in kwargs.values():
        ledger.look(one, deeply=True)
    return _known_result(frame, entry, args, by_key, types, keyword_types, called, node)


def _with_what_it_runs(
    frame: Frame,
    entry: KnownCallable,
    name: str,
    receiver: Value,
    involved: Sequence[Value],
    types: Sequence[AbstractType],
    keyword_types: Mapping[str, AbstractType],
    node: object,
) -> KnownCallable:
    """The functions of the user's that a call runs do what they do here; the entry with the result that this gives."""
    assert entry.runs is not None
    calls = itertools.count()

    def infer(function: object, given: Sequence[AbstractType], named: Mapping[str, AbstractType]) -> AbstractType:
        keyword_values = {key: Value(one) for key, one in named.items()}
        site = (node, "runs", next(calls))
        positional = [Value(one) for one in given]
        return deep(frame.inference.call_value(frame, Value(StaticType(function)), positional, keyword_values, site))

    result = entry.runs(deep(receiver), name, types, keyword_types, infer)
    if result is None:
        frame.ledger.unknown(f"what `{name}` runs", involved)
    return dataclasses.replace(entry, result=ANY if result is None else result)


def _require_data(
    frame: Frame, entry: KnownCallable, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> None:
    """Arguments of which the entry doesn't say what is done with them must have no code of their own."""
    said = {
        subject if subject in ("*", "**") else subject.rstrip("*") for use in entry.uses for subject in use.split()[1:]
    }
    if "*" not in said:
        for index, one in enumerate(args):
            if str(index) not in said:
                use_deep(frame, one, node)
    if "**" not in said:
        for name, one in kwargs.items():
            if name not in said:
                use_deep(frame, one, node)


def _enter_effect(frame: Frame, entry: KnownCallable, effect: Effect, name: str, node: object) -> None:
    ledger = frame.ledger
    ledger.has_array_work |= entry.array is not None
    if entry.waits:
        ledger.waits = True
    else:
        ledger.act(effect, entry.reason or f"calls {name}", DECLARE if effect >= Effect.ORDERED else "")
    if entry.external:
        ledger.external = True
        ledger.site(id(node), 1)
    if entry.sees_writes or effect is Effect.READS:
        ledger.sees.add((None, entry.writes or "world"))
    if effect >= Effect.ORDERED and not entry.waits and not entry.mutates:
        ledger.note_write(None, entry.writes or EVERYTHING)
        if entry.writes is None:
            ledger.note_store(EVERYTHING)
            ledger.spreads.add(None)


def _apply_stores(frame: Frame, entry: KnownCallable, args: Sequence[Value], node: object) -> None:
    if not args or not entry.stores:
        return
    for kind in kinds(args[0].type) or ("*",):
        for field, source in entry.stores:
            star = source.endswith("*")
            index = int(source.rstrip("*"))
            if index < len(args):
                stored = elements_of(frame, args[index]) if star else args[index]
                frame.ledger.write(args[0], kind, stored, field)
            else:
                frame.ledger.write(args[0], kind, NOTHING, field)


def _known_result(
    frame: Frame,
    entry: KnownCallable,
    args: Sequence[Value],
    by_key: Mapping[ParameterKey, Value],
    types: Sequence[AbstractType],
    keyword_types: Mapping[str, AbstractType],
    called: Value,
    node: object,
) -> Value:
    outer: frozenset[Origin] = frozenset() if entry.fresh else frozenset((None,))
    result = entry.result_type(types, keyword_types)
    kept: frozenset[Origin] = frozenset()
    for key in entry.retains & by_key.keys():
        is_emptied = entry.builds and isinstance(result, _FILLED) and f"iter {key}" in entry.uses
        kept |= reach_inside(by_key[key]) if is_emptied else reach_of(by_key[key])
    if isinstance(result, StreamType):  # the arguments may be sent as late as it is read
        given = reach(origin for one in by_key.values() for origin in reach_of(one))
        return frame.ledger.made(result, (node, "result"), given, builds=True)
    if isinstance(result, CalledType):
        made = frame.ledger.made(result.wrap(deep(called)), (node, "result"), reach_of(called) | kept | outer)
        _watch(frame, made, args, node)
        return made
    if entry.gives is None or not args:
        made = frame.ledger.made(result, (node, "result"), kept | outer, entry.builds)
        if isinstance(result, IteratorType):
            if any(isinstance(part, StreamType) for one in args for part in members(one.type)):
                frame.ledger.unknown("an iterator over a stream", args)
            _watch(frame, made, args, node)
        return made
    found = load(args[0], entry.gives, content_type(args[0].type, entry.gives))
    for index in entry.defaults:
        if index in by_key:
            found = join_values(found, by_key[index])
    if result is not ANY and found.bound is None and not isinstance(result, NothingMore):
        found = join_values(found, value(result))
    return found


_FILLED = (ListType, SetType, DictType, TupleOfType, CollectionType)
"""Containers that take the elements of what they are made of, and not that itself."""


def _watch(frame: Frame, made: Value, sources: Sequence[Value], node: object) -> None:
    """A lazy iterator goes stale when its sources change; one that runs code at each step is told by `lazy`."""
    cell = watch_sources(frame, sources, node)
    if any(one.bound is not None or isinstance(one.type, (StaticType, InstanceType)) for one in sources[:2]):
        cell.is_lazy = True


class NothingMore(AbstractType):
    """The result of an entry with `gives` that is nothing but that content."""

    __slots__ = ()


class CalledType(AbstractType):
    """The result of an entry that is made of what its callback returns."""

    __slots__ = ("wrap",)

    def __init__(self, wrap: object = None) -> None:
        object.__setattr__(self, "wrap", wrap or (lambda called: called))


def content_type(type_: AbstractType, field: str) -> AbstractType:
    """What a type says of one field of its objects."""
    from_type = {"element": element_type, "key": element_type}.get(field)
    if from_type is not None:
        return from_type(type_) or ANY
    found: AbstractType = NEVER
    for one in members(type_):
        part = getattr(one, "value", None)
        if isinstance(part, AbstractType):
            found = join(found, part)
        elif isinstance(one, PlainType):
            found = join(found, one)
        elif not isinstance(one, NeverType):
            found = join(found, ANY)
    return found


def _literal_flags(node: object) -> dict[str, AbstractType]:
    """Keyword arguments that are written `True` or `False`, as themselves (`stream=True`)."""
    written = node.keywords if isinstance(node, ast.Call) else []
    flags = ((one.arg, one.value) for one in written if one.arg is not None)
    return {
        name: StaticType(one.value) for name, one in flags if isinstance(one, ast.Constant) and type(one.value) is bool
    }


def literal_type(one: Value, written: Sequence[ast.expr], index: int) -> AbstractType:
    """The type of an argument; a literal string as itself (`open` modes)."""
    if 0 <= index < len(written) and not any(isinstance(arg, ast.Starred) for arg in written):
        arg = written[index]
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
            return StaticType(arg.value)
    return consumed(one)
