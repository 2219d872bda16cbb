"""`match` statements: the names that patterns bind, and what they compare."""

from __future__ import annotations

import ast
from typing import Any

from . import comparisons, operations
from .abstract_type import (
    ANY,
)
from .application import apply_summary
from .contents import element_type
from .frame import Frame, Names, joined, statement
from .items import made_list
from .statements import test
from .value import ELEMENT, Value, load


@statement(ast.Match)
def _match(frame: Frame, node: ast.Match) -> None:
    subject = frame.evaluate(node.subject)
    result: Names | None = None
    for case in node.cases:
        before = frame.fork()
        _pattern(frame, case.pattern, subject)
        if case.guard is not None:
            test(frame, case.guard)
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
        case _:
            frame.ledger.unknown("a pattern", [subject])
            for name in captured_in(pattern):
                frame.bind(name, Value(ANY, subject.origins | {None}))


def captured_in(pattern: ast.AST) -> list[str]:
    """All names that a pattern binds."""
    found: list[Any] = []
    for part in ast.walk(pattern):
        found.append(getattr(part, "name", None) or getattr(part, "rest", None))
    return [name for name in found if isinstance(name, str)]
