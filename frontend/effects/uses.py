"""What known callables do with their arguments: iterate, compare, hash, call, print them.

In: a use as entries spell it (`order 0*`) and the argument values. Out: its effect in the ledger; what
callbacks return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from . import comparisons, operations, operators, text
from .abstract_type import (
    ANY,
    INT,
    NEVER,
    NONE,
    AbstractType,
    ArrayType,
    CollectionType,
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
from .array_results import is_array_data
from .classes import is_array_library
from .frame import Frame
from .iteration import elements_of, iterate
from .lattice import members, widen
from .value import NOTHING, Value, deep, join_values


def apply_use(frame: Frame, use: str, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    """What an entry does with its arguments takes place; the value is what a callback returned."""
    verb, *subjects = use.split()
    by_key = {**{str(i): one for i, one in enumerate(args)}, **kwargs}
    if verb == "call":
        return use_call(frame, subjects, by_key, node)
    if verb == "fold":
        return use_fold(frame, subjects, by_key, node)
    if verb == "order":
        key = by_key.get("key")
        has_key = key is not None and key.type != NONE
        ordered = (
            [use_call(frame, ["key", *subjects], by_key, node)] if has_key else _subject(frame, subjects[0], by_key)
        )
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


def use_call(frame: Frame, subjects: Sequence[str], by_key: Mapping[str, Value], node: object) -> Value:
    """A callback is called, maybe many times; the value is what it returns."""
    function = by_key.get(subjects[0])
    if function is None or function.type == NONE:
        return NOTHING
    args = [one for name in subjects[1:] for one in _subject(frame, name, by_key)]
    frame.ledger.loop_depth += 1
    result = frame.inference.call_value(frame, function, args, {}, (node, "callback"))
    frame.ledger.loop_depth -= 1
    return result


MAX_FOLDS = 3  # types that what is folded may take on before it counts as any object


def use_fold(frame: Frame, subjects: Sequence[str], by_key: Mapping[str, Value], node: object) -> Value:
    """A callback is called with what it returned before (at first the last subject, or an element) and an element."""
    function, elements = by_key.get(subjects[0]), _subject(frame, subjects[1], by_key)
    if function is None or function.type == NONE or not elements:
        return NOTHING
    held = next(iter(_subject(frame, subjects[2], by_key)), elements[0])
    frame.ledger.loop_depth += 1
    for number in range(MAX_FOLDS + 1):
        result = frame.inference.call_value(frame, function, [held, elements[0]], {}, (node, "callback"))
        joined = join_values(held, result)
        if joined.type == held.type:
            break
        held = joined if number + 1 < MAX_FOLDS else Value(ANY, joined.origins | {None})
    frame.ledger.loop_depth -= 1
    return held


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
            for part in map(widen, members(deep(one)))
        ]
        apply_summary(frame, operations.merged(found), [one], {}, (node, "len"))


def _is_sized(part: AbstractType) -> bool:
    return isinstance(part, (ExactType, CollectionType)) and part.cls.__module__ in ("collections", "builtins")


def use_deep(frame: Frame, one: Value, node: object) -> None:
    """All of the argument is walked: it must be builtin data."""
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


def is_data(type_: AbstractType) -> bool:
    """Whether values are builtin data all the way down, so that no user code runs however they are walked."""
    match type_:
        case UnionType(members=parts):
            return all(map(is_data, parts))
        case ListType(element=e) | SetType(element=e) | TupleOfType(element=e):
            return is_data(e)
        case TupleType(elements=elements):
            return all(map(is_data, elements))
        case DictType(key=k, value=v) | CollectionType(key=k, value=v):
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
    "deep": use_deep,
}
