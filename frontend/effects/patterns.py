"""`match` statements: the names that patterns bind, and what they compare."""

from __future__ import annotations

import ast
from typing import Any

from . import comparisons, operations
from .abstract_type import (
    ANY,
    NEVER,
    PLAIN,
    STR,
    AbstractType,
    DictType,
    InstanceType,
    PlainType,
    StaticType,
    UnionType,
)
from .application import apply_summary
from .attributes import load_attribute
from .contents import element_type
from .frame import Frame, Names, joined, statement
from .items import made_list
from .lattice import is_immutable, members
from .statements import test
from .value import ELEMENT, KEY, VALUE, Value, load, reach_of

MATCHED_WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern is matched against the object itself."""


@statement(ast.Match)
def _match(frame: Frame, node: ast.Match) -> None:
    subject = frame.evaluate(node.subject)
    result: Names | None = None
    for case in node.cases:
        before = frame.fork()
        _pattern(frame, case.pattern, subject)
        if case.guard is not None:
            test(frame, case.guard)
            before = joined(before, frame.fork())  # where the guard refuses, the names stay bound
        frame.execute(case.body)
        result = joined(result, frame.names)
        frame.names = None if case.guard is None and _always_matches(case.pattern) else before
        if frame.names is None:
            break
    frame.names = joined(result, frame.names)


def _always_matches(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _always_matches(pattern.pattern))


def _pattern(frame: Frame, pattern: ast.pattern, subject: Value) -> None:
    """Binds a pattern's names; what it compares and looks at counts."""
    match pattern:
        case ast.MatchValue(value=expected):
            other = frame.evaluate(expected)
            compared = comparisons.compare("eq", subject.type, other.type, frame.inference)
            apply_summary(frame, compared, [subject, other], {}, pattern)
        case ast.MatchSingleton():
            return
        case ast.MatchAs(pattern=inner, name=name):
            if inner is not None:
                _pattern(frame, inner, subject)
            if name is not None:
                frame.bind(name, subject)
        case ast.MatchOr(patterns=patterns):
            before = frame.fork()
            for inner in patterns:
                _pattern(frame, inner, subject)
                frame.names = joined(before, frame.names)
        case ast.MatchSequence(patterns=patterns) if operations.is_builtin(subject.type):
            part = load(subject, ELEMENT, element_type(subject.type) or ANY)
            frame.ledger.look(subject)
            for inner in patterns:
                if isinstance(inner, ast.MatchStar):
                    if inner.name is not None:
                        frame.bind(inner.name, made_list(frame, (inner, "star"), part))
                else:
                    _pattern(frame, inner, part)
        case ast.MatchMapping() if _has_plain_items(pattern, subject.type):
            _mapping(frame, pattern, subject)
        case ast.MatchClass() if (cls := _class_of(frame, pattern)) is not None and _has_class(subject.type):
            _instance(frame, pattern, cls, subject)
        case ast.MatchClass() if cls is not None and all(map(_has_class, members(subject.type))):
            _one_of(frame, pattern, cls, subject)
        case _:
            frame.ledger.unknown("a pattern", [subject])
            _bind_unknown(frame, pattern, subject)


def _bind_unknown(frame: Frame, pattern: ast.pattern, subject: Value) -> None:
    for name in captured_in(pattern):
        frame.bind(name, Value(ANY, reach_of(subject) | {None}))


def _has_plain_items(pattern: ast.MatchMapping, type_: AbstractType) -> bool:
    """Whether looking up the keys of a pattern runs no code of the user's."""
    if not all(isinstance(key, ast.Constant) for key in pattern.keys):
        return False
    if isinstance(type_, DictType):
        return is_immutable(type_.key)
    return isinstance(type_, PlainType) or (operations.is_builtin(type_) and not isinstance(type_, UnionType))


def _mapping(frame: Frame, pattern: ast.MatchMapping, subject: Value) -> None:
    frame.ledger.look(subject)
    match subject.type:
        case DictType(key=key, value=held):
            keys, part = load(subject, KEY, key), load(subject, VALUE, held)
        case PlainType():
            keys, part = Value(STR), load(subject, ELEMENT, PLAIN)
        case _:
            _bind_unknown(frame, pattern, subject)  # no mapping: it doesn't match
            return
    for inner in pattern.patterns:
        _pattern(frame, inner, part)
    if pattern.rest is not None:
        cell = frame.ledger.cell((pattern, "rest"))
        cell.hold(KEY, keys)
        cell.hold(VALUE, part)
        frame.bind(pattern.rest, Value(DictType(NEVER, NEVER), frozenset((cell,))))


def _class_of(frame: Frame, pattern: ast.MatchClass) -> type | None:
    """The class of a pattern, where it is known and says itself nothing about its instances."""
    known = frame.evaluate(pattern.cls).type
    cls = known.value if isinstance(known, StaticType) else None
    return cls if isinstance(cls, type) and type(cls) is type else None


def _has_class(type_: AbstractType) -> bool:
    return isinstance(type_, InstanceType) or (operations.is_builtin(type_) and not isinstance(type_, UnionType))


def _one_of(frame: Frame, pattern: ast.MatchClass, cls: type, subject: Value) -> None:
    """A pattern of a class for an object of one of several classes: those that it takes say what its names are."""
    taken = [one for one in members(subject.type) if _may_take(cls, one)]
    if not taken:
        _bind_unknown(frame, pattern, subject)  # it doesn't match
        return
    before, result = frame.names, None
    for one in taken:
        frame.names = None if before is None else dict(before)
        _instance(frame, pattern, cls, Value(one, subject.origins, place=subject.place))
        result = joined(result, frame.names)
    frame.names = result


def _may_take(cls: type, known: AbstractType) -> bool:
    return cls in MATCHED_WHOLE if not isinstance(known, InstanceType) else issubclass(known.cls, cls)


def _instance(frame: Frame, pattern: ast.MatchClass, cls: type, subject: Value) -> None:
    if cls in MATCHED_WHOLE and not pattern.kwd_attrs and operations.is_builtin(subject.type):
        for inner in pattern.patterns:
            _pattern(frame, inner, subject)
        return
    if not isinstance(subject.type, InstanceType) or not issubclass(subject.type.cls, cls):
        if pattern.patterns or pattern.kwd_patterns:
            _bind_unknown(frame, pattern, subject)  # it doesn't match
        return
    positional = next(
        (base.__dict__["__match_args__"] for base in cls.__mro__ if "__match_args__" in base.__dict__), ()
    )
    if not isinstance(positional, tuple) or len(positional) < len(pattern.patterns):
        frame.ledger.unknown("a pattern", [subject])
        _bind_unknown(frame, pattern, subject)
        return
    names = [*positional[: len(pattern.patterns)], *pattern.kwd_attrs]
    for name, inner in zip(names, [*pattern.patterns, *pattern.kwd_patterns], strict=True):
        _pattern(frame, inner, load_attribute(frame, subject, name, (pattern, name)))


def captured_in(pattern: ast.AST) -> list[str]:
    """All names that a pattern binds."""
    found: list[Any] = []
    for part in ast.walk(pattern):
        found.append(getattr(part, "name", None) or getattr(part, "rest", None))
    return [name for name in found if isinstance(name, str)]
