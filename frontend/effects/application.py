"""Enters the effect of one operation or call into the ledger, and makes the value of its result.

In: a summary (or a table entry) and the argument values. Out: the result as a value, with the origins it may have.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from ...diagnostics.effect import Effect
from . import comparisons, operations, operators, text
from .abstract_type import (
    ANY,
    INT,
    NEVER,
    NONE,
    AbstractType,
    ArrayType,
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
    join,
    members,
    widen,
)
from .array_results import is_array_data
from .contents import element_field, element_type, kinds
from .frame import Frame
from .known import KnownCallable
from .ledger import DECLARE
from .summary import EVERYTHING, ParameterKey, Summary
from .type_of import is_array_library
from .value import NOTHING, Cell, Origin, Value, consumed, deep, join_values, load, reach, reach_of, value


def keyed(args: Sequence[Value], kwargs: Mapping[str, Value]) -> dict[ParameterKey, Value]:
    """Arguments by the keys that summaries use for them."""
    return {**dict(enumerate(args)), **kwargs}


def apply_summary(
    frame: Frame, summary: Summary, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """One call with this summary takes place."""
    ledger = frame.ledger
    has_gain = summary.has_array_work or summary.num_external_sites
    if summary.effect is Effect.PURE and not (
        has_gain or summary.sees or summary.writes or summary.retains or summary.guards
    ):
        return ledger.made(summary.result, (node, "result"), _outside_of(summary))
    by_key = keyed(args, kwargs)
    if summary.unknown_types:
        ledger.unknown(summary.reason.removeprefix("unknown type: "))
    elif summary.waits:
        ledger.waits = True
    else:
        ledger.act(summary.effect, summary.reason, summary.remedy)
    ledger.guards |= summary.guards
    ledger.external |= summary.external
    ledger.has_array_work |= summary.has_array_work
    if summary.external or summary.num_external_sites:
        ledger.site(id(node), max(summary.num_external_sites, 1))
    _apply_reads(frame, summary, by_key)
    _apply_writes(frame, summary, by_key)
    kept = reach(o for key in summary.retains if key in by_key for o in reach_of(by_key[key]))
    if kept and (summary.writes or summary.effect >= Effect.ORDERED):
        ledger.escape(kept)
    return ledger.made(summary.result, (node, "result"), kept | _outside_of(summary), summary.builds)


def _outside_of(summary: Summary) -> frozenset[Origin]:
    return frozenset() if summary.fresh else frozenset((None,))


def _apply_reads(frame: Frame, summary: Summary, by_key: Mapping[ParameterKey, Value]) -> None:
    for key, kind in summary.sees:
        seen = by_key.get(key) if key is not None else None
        if key is None or seen is None:
            frame.ledger.sees.add((None, kind))
        else:
            frame.ledger.look_kinds(seen, (kind,), deeply=True)


def _apply_writes(frame: Frame, summary: Summary, by_key: Mapping[ParameterKey, Value]) -> None:
    ledger = frame.ledger
    retained = reach(o for key in summary.retains if key in by_key for o in reach_of(by_key[key]))
    reaches_others = False
    for key, kind in summary.writes:
        written = by_key.get(key) if key is not None else None
        if key is None or written is None:
            ledger.writes.add((None, kind))
            reaches_others = True
            if key is not None and not summary.unknown_types:
                ledger.act(Effect.ORDERED, "writes an object from outside", DECLARE)
            continue
        for origin in reach_of(written):
            if isinstance(origin, Cell):
                origin.unsettle(retained)
                continue
            reaches_others = True
            ledger.writes.add((origin, kind))
            if origin is None and not summary.unknown_types:
                ledger.act(Effect.ORDERED, f"writes an object from outside ({kind})", DECLARE)
    if reaches_others:
        for kind in summary.unsettles:
            ledger.unsettle(kind)


def apply_known(
    frame: Frame, entry: KnownCallable, args: Sequence[Value], kwargs: Mapping[str, Value], node: ast.AST | object, name: str
) -> Value:
    """One call of a callable in the table takes place."""
    ledger = frame.ledger
    types = [literal_type(one, node, index) for index, one in enumerate(args)]
    keyword_types = {key: deep(one) for key, one in kwargs.items()}
    effect = entry.effect_for(types, keyword_types)
    _enter_effect(frame, entry, effect, name, node)
    called = NOTHING
    for use in entry.uses:
        called = join_values(called, apply_use(frame, use, args, kwargs, node))
    _require_data(frame, entry, args, kwargs, node)
    by_key = keyed(args, kwargs)
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


def _require_data(
    frame: Frame, entry: KnownCallable, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> None:
    """Arguments of which the entry doesn't say what is done with them must have no code of their own."""
    said = {subject if subject in ("*", "**") else subject.rstrip("*") for use in entry.uses for subject in use.split()[1:]}
    if "*" not in said:
        for index, one in enumerate(args):
            if str(index) not in said:
                _use_deep(frame, one, node)
    if "**" not in said:
        for name, one in kwargs.items():
            if name not in said:
                _use_deep(frame, one, node)


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
        ledger.writes.add((None, entry.writes or EVERYTHING))
        if entry.writes is None:
            ledger.unsettle(EVERYTHING)


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
    kept = reach(o for key in entry.retains if key in by_key for o in reach_of(by_key[key]))
    outer: frozenset[Origin] = frozenset() if entry.fresh else frozenset((None,))
    result = entry.result_type(types, keyword_types)
    if isinstance(result, CalledType):
        made = frame.ledger.made(result.wrap(deep(called)), (node, "result"), reach_of(called) | kept | outer)
        _watch(frame, made, args, node)
        return made
    if entry.gives is None or not args:
        made = frame.ledger.made(result, (node, "result"), kept | outer, entry.builds)
        if isinstance(result, IteratorType):
            _watch(frame, made, args, node)
        return made
    found = load(args[0], entry.gives, content_type(args[0].type, entry.gives))
    for index in entry.defaults:
        if index in by_key:
            found = join_values(found, by_key[index])
    if result is not ANY and found.bound is None and not isinstance(result, NothingMore):
        found = join_values(found, value(result))
    return found


def _watch(frame: Frame, made: Value, sources: Sequence[Value], node: object) -> None:
    """A lazy iterator goes stale when its sources change; one that runs code at each step is told by `lazy`."""
    cell = frame.ledger.cell((node, "result"))
    reached = reach(origin for one in sources for origin in reach_of(one))
    cell.source_versions = tuple((one, one.version) for one in reached if isinstance(one, Cell) and one is not cell)
    if any(isinstance(origin, Cell) and origin.is_lazy for origin in reached):
        cell.is_lazy = True
    if any(one.bound is not None or isinstance(one.type, (StaticType, InstanceType)) for one in sources[:1]):
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


def literal_type(one: Value, node: object, index: int) -> AbstractType:
    """The type of an argument; a literal string as itself (`open` modes)."""
    if isinstance(node, ast.Call) and index < len(node.args):
        arg = node.args[index]
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
            return StaticType(arg.value)
    return consumed(one)


def elements_of(frame: Frame, one: Value) -> Value:
    """What iterating a value gives, without entering the effect of iterating."""
    if isinstance(one.type, TupleType):
        found = NOTHING
        for part in one.type.elements:
            found = join_values(found, value(part, one.origins))
        return found
    part = element_type(one.type)
    return load(one, element_field(one.type), ANY if part is None else part)


def apply_use(frame: Frame, use: str, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    """What an entry does with its arguments takes place; the value is what a callback returned."""
    verb, *subjects = use.split()
    by_key = {**{str(i): one for i, one in enumerate(args)}, **kwargs}
    if verb == "call":
        return _use_call(frame, subjects, by_key, node)
    if verb == "order":
        key = by_key.get("key")
        has_key = key is not None and key.type != NONE
        ordered = [_use_call(frame, ["key", *subjects], by_key, node)] if has_key else _subject(frame, subjects[0], by_key)
        for one in ordered:
            _compare(frame, "lt", one, one, node)
        return NOTHING
    if verb == "eq":
        values = [_subject(frame, name, by_key) for name in subjects]
        if len(values) == 2 and all(values):
            _compare(frame, "eq", values[0][0], values[1][0], node)
        return NOTHING
    if verb == "key":
        return _use_key(frame, by_key["0"], _subject(frame, subjects[0], by_key), node)
    for name in subjects:
        for one in _subject(frame, name, by_key):
            _USES[verb](frame, one, node)
    return NOTHING


def _subject(frame: Frame, name: str, by_key: Mapping[str, Value]) -> list[Value]:
    if name == "*":
        return [one for key, one in by_key.items() if key.isdigit()]
    if name == "**":
        return [one for key, one in by_key.items() if not key.isdigit()]
    found = by_key.get(name.rstrip("*"))
    if found is None:
        return []
    return [elements_of(frame, found)] if name.endswith("*") else [found]


def _use_call(frame: Frame, subjects: Sequence[str], by_key: Mapping[str, Value], node: object) -> Value:
    function = by_key.get(subjects[0])
    if function is None or function.type == NONE:
        return NOTHING
    args = [one for name in subjects[1:] for one in _subject(frame, name, by_key)]
    frame.ledger.loop_depth += 1
    result = frame.inference.call_value(frame, function, args, {}, (node, "callback"))
    frame.ledger.loop_depth -= 1
    return result


def _use_key(frame: Frame, holder: Value, keys: Sequence[Value], node: object) -> Value:
    """A lookup hashes the key and compares it with the keys it meets."""
    for one in keys:
        key = deep(one)
        if not (isinstance(key, ExactType) and operations.is_builtin(key)):
            apply_summary(frame, comparisons.hash_of(key, frame.inference), [one], {}, (node, "hash"))
        held = elements_of(frame, holder)
        if not operations.is_builtin(deep(held)) or not operations.is_builtin(key) or not is_data(key):
            _compare(frame, "eq", held, one, node)
    return NOTHING


def _compare(frame: Frame, how: str, left: Value, right: Value, node: object) -> None:
    summary = comparisons.compare(how, deep(left), deep(right), frame.inference)
    apply_summary(frame, summary, [left, right], {}, (node, how))


def _use_iter(frame: Frame, one: Value, node: object) -> None:
    iterate(frame, one, node)


def _use_lt(frame: Frame, one: Value, node: object) -> None:
    _compare(frame, "lt", one, one, node)


def _use_hash(frame: Frame, one: Value, node: object) -> None:
    apply_summary(frame, comparisons.hash_of(deep(one), frame.inference), [one], {}, (node, "hash"))
    _compare(frame, "eq", one, one, node)


def _use_bool(frame: Frame, one: Value, node: object) -> None:
    apply_summary(frame, comparisons.truth(deep(one), frame.inference), [one], {}, (node, "bool"))


def _use_add(frame: Frame, one: Value, node: object) -> None:
    apply_summary(frame, operators.binary("add", deep(one), deep(one), frame.inference), [one, one], {}, (node, "add"))


def _use_text(how: str) -> Callable[[Frame, Value, object], None]:
    def use(frame: Frame, one: Value, node: object) -> None:
        summary = text.formatted(deep(one), frame.inference, how)
        apply_summary(frame, summary, [one], {}, (node, how))

    return use


def _use_len(frame: Frame, one: Value, node: object) -> None:
    if not operations.is_builtin(one.type):
        found = [
            operations.pure(INT, part)
            if operations.is_builtin(part) or isinstance(part, (ArrayType,)) or _is_sized(part)
            else operations.call_dunder("__len__", part, (), frame.inference) or operations.pure(NEVER)
            for part in members(deep(one))
        ]
        apply_summary(frame, operations.merged(found), [one], {}, (node, "len"))


def _is_sized(part: AbstractType) -> bool:
    return isinstance(part, ExactType) and part.cls.__module__ in ("collections", "builtins")


def _use_deep(frame: Frame, one: Value, node: object) -> None:
    type_ = deep(one)
    if not is_data(type_):
        frame.ledger.unknown(f"{type_} where plain data is expected", [one])
    frame.ledger.look(one, deeply=True)


def _use_array(frame: Frame, one: Value, node: object) -> None:
    """The argument becomes an array, or says something about one."""
    type_ = deep(one)
    if not is_array_data(type_):
        frame.ledger.unknown(f"{type_} where array data is expected", [one])
    frame.ledger.look(one, deeply=True)


def is_stale(one: Value) -> bool:
    """Whether what an iterator gives has changed since it was made."""
    return any(isinstance(origin, Cell) and origin.is_stale for origin in one.origins)


def is_data(type_: AbstractType) -> bool:
    """Whether values are builtin data all the way down, so that no user code runs however they are walked."""
    match type_:
        case UnionType(members=parts):
            return all(map(is_data, parts))
        case ListType(element=e) | SetType(element=e) | TupleOfType(element=e):
            return is_data(e)
        case TupleType(elements=elements):
            return all(map(is_data, elements))
        case DictType(key=k, value=v):
            return is_data(k) and is_data(v)
        case IteratorType(element=e):
            return is_data(e)
        case StaticType():
            return widen(type_) is not type_  # a literal; functions and classes may be called back
        case ExactType(cls=cls):
            known_class = cls in operations.KNOWN_VALUE_CLASSES or is_array_library(cls)
            return operations.is_builtin(type_) or known_class
        case _:
            return operations.is_builtin(type_) or isinstance(type_, ArrayType)


def _use_nothing(frame: Frame, one: Value, node: object) -> None:
    """The argument is only passed on or looked at by identity."""


_USES: dict[str, Callable[[Frame, Value, object], None]] = {
    "any": _use_nothing,
    "array": _use_array,
    "iter": _use_iter,
    "lt": _use_lt,
    "hash": _use_hash,
    "bool": _use_bool,
    "add": _use_add,
    "str": _use_text("str"),
    "repr": _use_text("repr"),
    "format": _use_text("format"),
    "len": _use_len,
    "deep": _use_deep,
}


def iterate(frame: Frame, one: Value, node: object) -> Value:
    """What one step of iterating gives; the effect of iterating is entered."""
    if one.bound is not None:
        frame.ledger.unknown("iterating a callable", [one])
        return Value(ANY, reach_of(one) | {None})
    found = NOTHING
    for part in members(one.type):
        found = join_values(found, _iterate_part(frame, Value(part, one.origins), node))
    return found


def _iterate_part(frame: Frame, one: Value, node: object) -> Value:
    frame.ledger.look(one)
    if any(isinstance(origin, Cell) and origin.is_lazy and origin.is_stale for origin in one.origins):
        frame.ledger.unknown("a lazy iterator whose source has changed", [one])
    frame.ledger.has_array_work |= isinstance(one.type, ArrayType)
    if element_type(one.type) is not None:
        return elements_of(frame, one)
    method = operations.call_dunder("__iter__", deep(one), (), frame.inference)
    if method is None:
        method = operations.call_dunder("__getitem__", deep(one), (INT,), frame.inference)
        return NOTHING if method is None else apply_summary(frame, method, [one], {}, (node, "item"))
    iterator = apply_summary(frame, method, [one], {}, (node, "iter"))
    if element_type(iterator.type) is not None:
        return elements_of(frame, iterator)
    steps = operations.call_dunder("__next__", deep(iterator), (), frame.inference)
    return NOTHING if steps is None else apply_summary(frame, steps, [iterator], {}, (node, "next"))

