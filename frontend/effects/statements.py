"""How inference runs statements: control flow is followed on all paths, loops until nothing new is learned."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from . import attributes, comparisons, operations
from .abstract_type import (
    ANY,
    NEVER,
    AbstractType,
    CaughtType,
    ExactType,
    InstanceType,
    TupleType,
    is_immutable,
    join,
    members,
)
from .application import apply_summary, is_stale
from .binding import free_names
from .calls import call_value
from .contents import element_type
from .frame import Closure, Frame, Names, joined, statement
from .items import augmented, delete_item, iterate, made_list, store_item, subscript
from .managers import enter
from .value import ELEMENT, NONE_VALUE, NOTHING, Value, join_values, load, outside, value

MAX_ROUNDS = 6  # over a loop, before the types of its names are given up


@statement(ast.Expr)
def _expression(frame: Frame, node: ast.Expr) -> None:
    frame.evaluate(node.value)


@statement(ast.Pass, ast.Global, ast.Nonlocal)
def _nothing(frame: Frame, node: ast.stmt) -> None:
    """No effect of their own."""


@statement(ast.Return)
def _return(frame: Frame, node: ast.Return) -> None:
    result = NONE_VALUE if node.value is None else frame.evaluate(node.value)
    frame.returned = join_values(frame.returned, result)
    frame.end()


@statement(ast.Raise)
def _raise(frame: Frame, node: ast.Raise) -> None:
    for part in (node.exc, node.cause):
        if part is not None:
            raised = frame.evaluate(part)
            for one in members(raised.type):  # raising a class makes its instance
                held = getattr(one, "value", None)
                if isinstance(held, type) and issubclass(held, BaseException):
                    call_value(frame, raised, [], {}, part)
    frame.end()


@statement(ast.Assert)
def _assert(frame: Frame, node: ast.Assert) -> None:
    test(frame, node.test)
    if node.msg is not None:
        before = frame.fork()
        frame.evaluate(node.msg)
        frame.names = before


@statement(ast.Assign)
def _assign(frame: Frame, node: ast.Assign) -> None:
    held = frame.evaluate(node.value)
    for target in node.targets:
        assign(frame, target, held)


@statement(ast.AnnAssign)
def _annotated(frame: Frame, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign(frame, node.target, frame.evaluate(node.value))


@statement(ast.AugAssign)
def _augmented(frame: Frame, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        left = frame.lookup(target.id)
        frame.bind(target.id, augmented(frame, node, left, frame.evaluate(node.value)))
    elif isinstance(target, ast.Attribute):
        owner = frame.evaluate(target.value)
        left = attributes.load_attribute(frame, owner, target.attr, target)
        result = augmented(frame, node, left, frame.evaluate(node.value))
        attributes.store_attribute(frame, owner, target.attr, result, target)
    else:
        owner, index = frame.evaluate(target.value), frame.evaluate(target.slice)
        left = subscript(frame, owner, index, target)
        result = augmented(frame, node, left, frame.evaluate(node.value))
        store_item(frame, owner, index, result, target)


def assign(frame: Frame, target: ast.expr, held: Value) -> None:
    """Binds a target: a name, an attribute, an item, or a pattern of them."""
    if isinstance(target, ast.Name):
        frame.bind(target.id, held)
    elif isinstance(target, ast.Attribute):
        attributes.store_attribute(frame, frame.evaluate(target.value), target.attr, held, target)
    elif isinstance(target, ast.Subscript):
        store_item(frame, frame.evaluate(target.value), frame.evaluate(target.slice), held, target)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(frame, target.elts, held, target)
    elif isinstance(target, ast.Starred):
        assign(frame, target.value, held)


def _unpack(frame: Frame, targets: Sequence[ast.expr], held: Value, node: ast.expr) -> None:
    stars = [i for i, one in enumerate(targets) if isinstance(one, ast.Starred)]
    if isinstance(held.type, TupleType) and len(held.type.elements) == len(targets) and not stars:
        for target, part in zip(targets, held.type.elements, strict=True):
            assign(frame, target, value(part, held.origins))
        return
    element = iterate(frame, held, node)
    for target in targets:
        if isinstance(target, ast.Starred):
            collected = made_list(frame, (node, "star"), element)
            assign(frame, target.value, collected)
        else:
            assign(frame, target, element)


@statement(ast.Delete)
def _delete(frame: Frame, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            if target.id not in frame.own:
                frame.bind(target.id, NOTHING)
            elif frame.names is not None and target.id not in frame.shared:
                frame.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            delete_item(frame, frame.evaluate(target.value), frame.evaluate(target.slice), target)
        elif isinstance(target, ast.Attribute):
            attributes.store_attribute(frame, frame.evaluate(target.value), target.attr, outside(ANY), target)
        else:
            frame.ledger.unknown("`del` of a pattern", frame.everything())


@statement(ast.If)
def _if(frame: Frame, node: ast.If) -> None:
    test(frame, node.test)
    before = frame.fork()
    narrow(frame, node.test, True)
    frame.execute(node.body)
    after = frame.names
    frame.names = before
    narrow(frame, node.test, False)
    frame.execute(node.orelse)
    frame.names = joined(after, frame.names)


def test(frame: Frame, node: ast.expr) -> Value:
    """An expression whose truth is taken."""
    held = frame.evaluate(node)
    apply_summary(frame, comparisons.truth(held.type, frame.inference), [held], {}, node)
    return held


def narrow(frame: Frame, node: ast.expr, holds: bool) -> None:
    """On this path the test came out as `holds`: `x is None`, `not x`, and `isinstance(x, C)` say something of `x`."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            narrow(frame, inner, not holds)
        case ast.BoolOp(op=ast.And(), values=parts) if holds:
            for part in parts:
                narrow(frame, part, True)
        case ast.BoolOp(op=ast.Or(), values=parts) if not holds:
            for part in parts:
                narrow(frame, part, False)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
            is_none = holds == isinstance(op, ast.Is)
            _keep(frame, name, lambda one: one == NONE_VALUE.type if is_none else one != NONE_VALUE.type)
        case ast.Name(id=name) if holds:
            _keep(frame, name, lambda one: one != NONE_VALUE.type)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), ast.Name(id=cls_name)]):
            cls = getattr(frame.lookup(cls_name).type, "value", None)
            if isinstance(cls, type) and type(cls) is type:
                _keep(frame, name, lambda one: _may_be(one, cls, holds))
        case _:
            pass


def _may_be(one: AbstractType, cls: type, holds: bool) -> bool:
    exact = one.cls if isinstance(one, (ExactType, InstanceType)) else None
    return exact is None or issubclass(exact, cls) == holds


def _keep(frame: Frame, name: str, keeps: Callable[[AbstractType], bool]) -> None:
    if frame.names is None or name not in frame.names or name in frame.shared:
        return
    held = frame.names[name]
    parts = members(held.type)
    kept = [one for one in parts if keeps(one)]
    if len(kept) < len(parts) and held.bound is None:
        narrowed: AbstractType = NEVER
        for one in kept:
            narrowed = join(narrowed, one)
        frame.names[name] = value(narrowed, held.origins)


@statement(ast.While)
def _while(frame: Frame, node: ast.While) -> None:
    def step() -> Names | None:
        test(frame, node.test)
        leaving = None if _is_true(node.test) else frame.fork()
        frame.execute(node.body)
        return leaving

    _loop(frame, step, node.orelse)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


@statement(ast.For)
def _for(frame: Frame, node: ast.For) -> None:
    over = frame.evaluate(node.iter)

    def step() -> Names | None:
        again = frame.evaluate(node.iter) if is_stale(over) else over
        element = iterate(frame, again, node.iter)
        leaving = frame.fork()
        if element.type is NEVER and element.bound is None:
            return leaving
        assign(frame, node.target, element)
        frame.execute(node.body)
        return leaving

    _loop(frame, step, node.orelse)


def _loop(frame: Frame, step: Callable[[], Names | None], orelse: Sequence[ast.stmt]) -> None:
    """Runs `step` (one iteration; gives the names where the loop ends by itself) until nothing new is learned."""
    ledger = frame.ledger
    ledger.loop_depth += 1
    left: Names | None = None
    broken: Names | None = None
    for round_number in range(MAX_ROUNDS + 1):
        entry, state = frame.fork(), ledger.state
        breaks: list[Names] = []
        continues: list[Names] = []
        frame.exits.append((breaks, continues))
        leaving = step()
        frame.exits.pop()
        left = joined(left, leaving)
        for names in breaks:
            broken = joined(broken, names)
        after = frame.names
        for names in continues:
            after = joined(after, names)
        merged = joined(entry, after)
        if merged == entry and ledger.state == state:
            break
        frame.names = merged
        if round_number == MAX_ROUNDS - 1:
            _widen(frame, entry)
    else:
        ledger.unknown("a loop that doesn't settle", frame.everything())
    ledger.loop_depth -= 1
    frame.names = left
    if frame.names is not None:
        frame.execute(orelse)
    frame.names = joined(frame.names, broken)


def _widen(frame: Frame, before: Names | None) -> None:
    """Names whose types still change become `ANY`, and so do the contents of all objects made here."""
    if frame.names is not None and before is not None:
        for name, held in frame.names.items():
            if held != before.get(name) and not is_immutable(held.type):
                frame.names[name] = Value(ANY, held.origins | {None})
            elif held != before.get(name):
                frame.names[name] = Value(ANY, frozenset((None,)))
    for cell in list(frame.ledger.cells.values()):
        cell.unsettle()


@statement(ast.Break, ast.Continue)
def _leave(frame: Frame, node: ast.Break | ast.Continue) -> None:
    if not frame.exits:
        frame.ledger.unknown("a loop's exit outside of it", frame.everything())
    elif frame.names is not None:
        frame.exits[-1][isinstance(node, ast.Continue)].append(frame.names)
    frame.end()


@statement(ast.Try, ast.TryStar)
def _try(frame: Frame, node: ast.Try) -> None:
    before = frame.fork() or {}
    seen: Names = {}
    frame.handlers.append(seen)
    frame.execute(node.body)
    frame.handlers.pop()
    at_handler: Names = dict(before)
    for name, held in seen.items():
        at_handler[name] = join_values(at_handler.get(name, NOTHING), held)
    frame.execute(node.orelse)
    result = frame.names
    for handler in node.handlers:
        frame.names = dict(at_handler)
        _handle(frame, handler)
        result = joined(result, frame.names)
    if node.finalbody:
        ended = result is None
        frame.names = joined(result, dict(at_handler))
        frame.execute(node.finalbody)
        if ended:
            frame.end()
        return
    frame.names = result


def _handle(frame: Frame, handler: ast.ExceptHandler) -> None:
    if handler.type is not None:
        frame.evaluate(handler.type)
    if handler.name is not None:
        frame.bind(handler.name, Value(CaughtType(), frozenset((None,))))
    frame.execute(handler.body)


@statement(ast.FunctionDef)
def _define(frame: Frame, node: ast.FunctionDef) -> None:
    if node.decorator_list:
        frame.ledger.unknown("a decorated local function", frame.everything())
        frame.bind(node.name, outside(ANY))
        return
    frame.bind(node.name, Value(ANY, bound=closure(frame, node)))


@statement(ast.AsyncFunctionDef, ast.ClassDef)
def _define_opaque(frame: Frame, node: ast.AsyncFunctionDef | ast.ClassDef) -> None:
    frame.ledger.unknown(f"a local definition of `{node.name}`", frame.everything())
    frame.bind(node.name, outside(ANY))


def closure(frame: Frame, node: ast.FunctionDef | ast.Lambda) -> Closure:
    """The function that a `def` or `lambda` makes here."""
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args]
    defaults = {
        one.arg: frame.evaluate(default)
        for one, default in zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True)
    }
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            defaults[one.arg] = frame.evaluate(default)
    return Closure(node, frame, defaults, free_names(node))


@statement(ast.Import, ast.ImportFrom)
def _import(frame: Frame, node: ast.Import | ast.ImportFrom) -> None:
    """An import of what is already loaded only reads; the first import runs a module."""
    for alias in node.names:
        held = attributes.imported(frame, node, alias)
        frame.bind((alias.asname or alias.name).partition(".")[0], held)


@statement(ast.With)
def _with(frame: Frame, node: ast.With) -> None:
    before = frame.fork() or {}
    seen: Names = {}
    frame.handlers.append(seen)
    swallows = False
    for item in node.items:
        manager = frame.evaluate(item.context_expr)
        entered, may_swallow = enter(frame, manager, item.context_expr)
        swallows = swallows or may_swallow
        if item.optional_vars is not None:
            assign(frame, item.optional_vars, entered)
    frame.execute(node.body)
    frame.handlers.pop()
    if swallows:
        at_end: Names = dict(before)
        for name, held in seen.items():
            at_end[name] = join_values(at_end.get(name, NOTHING), held)
        frame.names = joined(frame.names, at_end)


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

