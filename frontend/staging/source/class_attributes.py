"""Attributes as code has them: which ones every object of a class has from the start, and which ones functions name."""

from __future__ import annotations

import ast
import dataclasses
import types
from collections.abc import Iterator
from functools import lru_cache

from ...code_names import names_in
from ...effects.operations import is_generated
from ...effects.scope import class_view, spelled_in
from ...effects.source import SourceUnavailable, function_source
from ...syntax_parts import syntax_inside
from .super_calls import is_super


def assigned_at_first(cls: type) -> frozenset[str]:
    """Attributes that an object of a class keeps in itself from its `__init__` on, in any case."""
    return _assigned_at_first(cls, tuple(vars(base).get("__init__") for base in cls.__mro__))


@lru_cache(maxsize=1024)
def _assigned_at_first(cls: type, inits: tuple[object, ...]) -> frozenset[str]:
    return frozenset(name for name in _assigned_from(cls, 0) if not isinstance(class_view(cls).get(name), property))


def _assigned_from(cls: type, start: int) -> frozenset[str]:
    """The same for the `__init__` that is found from a place in the order of bases on."""
    for position, base in enumerate(cls.__mro__[start:], start):
        init = vars(base).get("__init__")
        if isinstance(init, types.FunctionType):
            if dataclasses.is_dataclass(base) and is_generated(init):
                return frozenset(one.name for one in dataclasses.fields(base) if _is_always_set(one))
            return frozenset(_assigned_by(init, cls, position))
        if init is not None:
            break
    return frozenset()


def _is_always_set(field: dataclasses.Field) -> bool:
    has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    return field.init or has_default


def _assigned_by(init: types.FunctionType, cls: type, position: int) -> Iterator[str]:
    """What the statements of an `__init__` assign that run in any case."""
    try:
        node = function_source(init).node
    except SourceUnavailable:
        return
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not parameters or isinstance(node, ast.Lambda):
        return
    for statement in node.body:
        if any(isinstance(inner, ast.Return) for inner in syntax_inside(statement)):
            return
        if isinstance(statement, ast.Expr) and _is_init_of_bases(statement.value):
            yield from _assigned_from(cls, position + 1)
        for target in _targets(statement):
            if isinstance(target.value, ast.Name) and target.value.id == parameters[0].arg:
                yield spelled_in(cls.__mro__[position].__name__, target.attr)


def _targets(statement: ast.stmt) -> list[ast.Attribute]:
    """The attributes that an assignment binds."""
    match statement:
        case ast.Assign(targets=targets):
            stored = [inner for target in targets for inner in syntax_inside(target)]
        case ast.AnnAssign(target=target, value=ast.expr()):
            stored = [target]
        case _:
            stored = []
    return [one for one in stored if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)]


def _is_init_of_bases(node: ast.expr) -> bool:
    """Whether an expression is `super().__init__(...)`."""
    is_init = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"
    return is_init and is_super(node.func.value)  # type: ignore[attr-defined]


@lru_cache(maxsize=1024)
def names_in_methods(cls: type) -> frozenset[str]:
    """Names that the methods of a class use, `__init__` apart: of attributes, among others."""
    functions = (
        held
        for base in cls.__mro__
        for name, held in vars(base).items()
        if isinstance(held, types.FunctionType) and name != "__init__"
    )
    return frozenset().union(*(names_in(function.__code__) for function in functions))


def names_in_reach(function: types.FunctionType) -> frozenset[str]:
    """Names that a function uses, and the functions of its module that it may call."""
    found = dict.fromkeys(names_in(function.__code__))
    pending = [*found]
    for name in pending:  # grows on the way
        called = function.__globals__.get(name)
        if isinstance(called, types.FunctionType) and called.__globals__ is function.__globals__:
            new = [one for one in names_in(called.__code__) if one not in found]
            pending += new
            found.update(dict.fromkeys(new))
    return frozenset(found)


def is_stored_by_itself(cls: type, name: str) -> bool:
    """Whether an assignment of an attribute of an instance binds that attribute, and does nothing else."""
    member = class_view(cls).get(name)
    return member is None or isinstance(member, types.MemberDescriptorType) or not hasattr(type(member), "__set__")
