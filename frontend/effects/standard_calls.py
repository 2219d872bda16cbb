"""Calls of the standard library that mean something a table entry can't say: getters, and copies of dataclasses."""

from __future__ import annotations

import ast
import collections
import dataclasses
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import operations
from .abstract_type import ANY, STR, AbstractType, BoundType, DictType, InstanceType
from .attributes import load_attribute
from .calls import special
from .frame import Frame
from .lattice import is_immutable, join_all, members
from .uses import is_data
from .value import Value, deep, reach_of

MAX_GETTERS = 4096  # calls whose lambda is kept

_lambdas: dict[int, tuple[ast.Call, ast.Lambda]] = {}


def _as_lambda(frame: Frame, node: object, body: Callable[[ast.expr, list[ast.Constant]], ast.expr]) -> Value | None:
    """A getter with literal arguments as the lambda that it stands for."""
    if not isinstance(node, ast.Call) or node.keywords or not node.args:
        return None
    names = [one for one in node.args if isinstance(one, ast.Constant)]
    if len(names) < len(node.args):
        return None
    kept = _lambdas.get(id(node))
    if kept is None or kept[0] is not node:
        argument = ast.Name("value", ast.Load())
        arguments = ast.arguments([], [ast.arg("value")], None, [], [], None, [])
        made = ast.Lambda(arguments, body(argument, names))
        for inner in ast.walk(made):
            ast.copy_location(inner, node)
        if len(_lambdas) >= MAX_GETTERS:
            _lambdas.clear()
        kept = _lambdas[id(node)] = (node, made)
    return frame.evaluate(kept[1])


def _one_or_tuple(parts: list[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())


@special(operator.itemgetter)
def _itemgetter(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """`itemgetter("a")` is `lambda value: value["a"]`."""
    return _as_lambda(
        frame, node, lambda value, keys: _one_or_tuple([ast.Subscript(value, key, ast.Load()) for key in keys])
    )


@special(operator.attrgetter)
def _attrgetter(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """`attrgetter("a.b")` is `lambda value: value.a.b`."""

    def body(value: ast.expr, names: list[ast.Constant]) -> ast.expr:
        parts = []
        for name in names:
            part = value
            for attribute in str(name.value).split("."):
                part = ast.Attribute(part, attribute, ast.Load())
            parts.append(part)
        return _one_or_tuple(parts)

    return _as_lambda(frame, node, body)


@special(operator.methodcaller)
def _methodcaller(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """`methodcaller("split", ",")` is `lambda value: value.split(",")`."""
    return _as_lambda(
        frame,
        node,
        lambda value, names: ast.Call(ast.Attribute(value, str(names[0].value), ast.Load()), [*names[1:]], []),
    )


@special(dataclasses.asdict)
def _asdict(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """A dict of copies, where all that a dataclass holds is data."""
    if kwargs or len(args) != 1:
        return None
    held: list[AbstractType] = []
    for part in members(deep(args[0])):
        if not isinstance(part, InstanceType) or not dataclasses.is_dataclass(part.cls):
            return None
        attributes = dict(part.attributes)
        held += [attributes[field.name] for field in dataclasses.fields(part.cls) if field.name in attributes]
        if not all(field.name in attributes for field in dataclasses.fields(part.cls)) or not all(map(is_data, held)):
            return None
    frame.ledger.look(args[0], deeply=True)
    return frame.ledger.made(DictType(STR, join_all(held)), (node, "dict"))


@special(dataclasses.replace)
def _replace(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """A new instance, made of the old one's fields and the given ones."""
    if len(args) != 1 or "**" in kwargs or not isinstance(args[0].type, InstanceType):
        return None
    cls = args[0].type.cls
    if not dataclasses.is_dataclass(cls) or any(
        "InitVar" in str(one) for one in vars(cls).get("__annotations__", {}).values()
    ):
        return None
    fields = {field.name for field in dataclasses.fields(cls) if field.init}
    if not set(kwargs) <= fields:
        return None
    kept = {name: load_attribute(frame, args[0], name, (node, name)) for name in sorted(fields - set(kwargs))}
    return frame.inference.construct(frame, cls, [], {**kept, **kwargs}, node)


_ANY_TUPLE: Any = collections.namedtuple("_ANY_TUPLE", "field")
"""All named tuples share the code of their methods."""


@special(_ANY_TUPLE._replace.__code__)
def _replace_fields(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """A new named tuple, made of the old one's fields and the given ones."""
    cls: Any = args[0].type.cls if len(args) == 1 and isinstance(args[0].type, InstanceType) else None
    if cls is None or not operations.is_named_tuple(cls) or not set(kwargs) <= set(cls._fields):
        return None
    kept = {name: load_attribute(frame, args[0], name, (node, name)) for name in cls._fields if name not in kwargs}
    return frame.inference.construct(frame, cls, [], {**kept, **kwargs}, node)


@special(_ANY_TUPLE._asdict.__code__)
def _fields_as_dict(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """A dict of the fields, where none of them can change."""
    cls: Any = args[0].type.cls if len(args) == 1 and isinstance(args[0].type, InstanceType) else None
    if cls is None or not operations.is_named_tuple(cls):
        return None
    held = [load_attribute(frame, args[0], name, (node, name)).type for name in cls._fields]
    return frame.ledger.made(DictType(STR, join_all(held)), (node, "dict")) if all(map(is_immutable, held)) else None


@special(functools.partial)
def _partial(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """A callable with arguments kept in it; of one that has no type, nothing is known."""
    parts = [*args, *kwargs.values()]
    if not args or "*" in kwargs or "**" in kwargs:
        return None
    if any(one.bound is not None and not isinstance(one.type, BoundType) for one in parts):
        return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in parts)))
    function, *first = (one.type for one in args)
    keywords = tuple(sorted((name, one.type) for name, one in kwargs.items()))
    made = BoundType(functools.partial, function, tuple(first), keywords)
    return Value(made, frozenset().union(*(reach_of(one) for one in parts)))
