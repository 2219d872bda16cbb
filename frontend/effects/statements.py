"""How inference runs statements: control flow is followed on all paths, loops until nothing new is learned."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from . import comparisons
from .abstract_type import ANY, CaughtType, RecordType, TupleType
from .application import apply_summary
from .attribute_stores import store_attribute
from .attributes import load_attribute
from .binding import free_names
from .calls import call_value
from .frame import Closure, Frame, Names, joined, statement
from .items import augmented, delete_item, iterate, made_list, store_item, subscript
from .lattice import members
from .managers import enter
from .module_members import imported
from .named_tuples import as_tuple
from .narrowing import narrow
from .source import FunctionNode
from .value import NONE_VALUE, NOTHING, Value, join_values, outside, value


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
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=given)) if _pair_up(targets, given):
            parts = [frame.evaluate(one) for one in given]  # a tuple of them wouldn't say where each comes from
            for target, part in zip(targets, parts, strict=True):
                assign(frame, target, part)
        case _:
            held = frame.evaluate(node.value)
            for target in node.targets:
                assign(frame, target, held)


def _pair_up(targets: Sequence[ast.expr], elements: Sequence[ast.expr]) -> bool:
    """Whether each target is bound to what one element gives."""
    return len(targets) == len(elements) and not any(isinstance(one, ast.Starred) for one in (*targets, *elements))


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
        left = load_attribute(frame, owner, target.attr, target)
        result = augmented(frame, node, left, frame.evaluate(node.value))
        store_attribute(frame, owner, target.attr, result, target)
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
        store_attribute(frame, frame.evaluate(target.value), target.attr, held, target)
    elif isinstance(target, ast.Subscript):
        store_item(frame, frame.evaluate(target.value), frame.evaluate(target.slice), held, target)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(frame, target.elts, held, target)
    elif isinstance(target, ast.Starred):
        assign(frame, target.value, held)


def _unpack(frame: Frame, targets: Sequence[ast.expr], held: Value, node: ast.expr) -> None:
    stars = [i for i, one in enumerate(targets) if isinstance(one, ast.Starred)]
    held = as_tuple(frame, held, node)
    if isinstance(held.type, (TupleType, RecordType)) and len(held.type.elements) == len(targets) and not stars:
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
            store_attribute(frame, frame.evaluate(target.value), target.attr, outside(ANY), target)
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


@statement(ast.FunctionDef, ast.AsyncFunctionDef)
def _define(frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if node.decorator_list:
        frame.ledger.unknown("a decorated local function", frame.everything())
        frame.bind(node.name, outside(ANY))
        return
    frame.bind(node.name, Value(ANY, bound=closure(frame, node)))


@statement(ast.ClassDef)
def _define_opaque(frame: Frame, node: ast.ClassDef) -> None:
    frame.ledger.unknown(f"a local definition of `{node.name}`", frame.everything())
    frame.bind(node.name, outside(ANY))


def closure(frame: Frame, node: FunctionNode) -> Closure:
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
        held = imported(frame, node, alias)
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
