"""What loops go over, as it is written: containers, views of them, and iterators that nobody else can step.

In: the syntax of an iterable. Out: whether all that it gives can be taken at the start of a loop, and of what.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import types
from typing import TypeGuard

from ...effects.abstract_type import (
    BYTES,
    IMMUTABLE_SCALARS,
    PLAIN,
    STR,
    AbstractType,
    CollectionType,
    DictType,
    ExactType,
    IteratorType,
    ListType,
    SetType,
    TupleOfType,
    TupleType,
)
from ...effects.lattice import is_immutable, members, widen
from ...effects.source import SourceUnavailable, function_source
from ..source.syntax import call_node, load_name
from ..values import LocalFunction, Owned, Static, Tracer, TupleValue, Unstageable, Value
from .by_element import ByElementStager

WALKERS = (zip, enumerate, reversed, itertools.zip_longest, itertools.chain, itertools.pairwise, itertools.islice)
"""What only walks the containers that it is given, and ends where they do."""

VIEW_OPTIONS = {"start", "fillvalue", "strict"}
FOUND_MATCHES = IteratorType(type(re.finditer("", "")), ExactType(re.Match))
"""What `finditer` gives: nobody else steps it, and its steps run no code."""


class WalkStager(ByElementStager):
    """The layer of what loops go over."""

    def makes_generator(self, node: ast.expr) -> bool:
        """Whether an iterable is a generator that nobody else can step."""
        made_by = self.static_of(node.func) if isinstance(node, ast.Call) else None
        if self.makes_own_generator(node) or self._makes_walk(node, made_by):
            return True
        return isinstance(made_by, types.FunctionType) and bool(made_by.__code__.co_flags & inspect.CO_GENERATOR)

    def cleans_up(self, node: ast.expr) -> bool:
        """Whether an iterable is a generator that nobody else can step, and that may do something at its end."""
        if not isinstance(node, ast.Call) or not self.makes_generator(node):
            return False
        local = self.state.names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(local, LocalFunction):
            return _has_end(local.node)
        made_by = self.static_of(node.func)
        if not isinstance(made_by, types.FunctionType):
            return False
        try:
            return _has_end(function_source(made_by).node)
        except SourceUnavailable:
            return True

    def _makes_walk(self, node: ast.expr, made_by: object) -> bool:
        """Whether an iterable walks generators that nobody else can step, beside containers; or the matches of text."""
        if not isinstance(node, ast.Call) or any(isinstance(one, ast.Starred) for one in node.args):
            return False
        if any(made_by is walker for walker in WALKERS):
            return all(self.makes_generator(one) or self._is_still(one) for one in node.args)
        is_finding = isinstance(node.func, ast.Attribute) and node.func.attr == "finditer"
        return is_finding and self._result_of(node) == FOUND_MATCHES

    def _is_still(self, node: ast.expr) -> bool:
        """Whether walking what an expression gives changes nothing."""
        known = self._result_of(node)
        return known is not None and is_walkable(known)

    def _result_of(self, node: ast.expr) -> AbstractType | None:
        try:
            return self.describe(node).summary.result
        except Unstageable:
            return None

    def is_view(self, node: ast.expr) -> bool:
        """Whether an iterable only walks containers, so that taking all of it at once can't raise midway."""
        if not isinstance(node, ast.Call) or not {one.arg for one in node.keywords} <= VIEW_OPTIONS:
            return False
        if any(one.arg == "strict" and not is_false(one.value) for one in node.keywords):
            return False
        if _is_view_method(node.func):
            return not node.args
        held = self.static_of(node.func)
        return any(held is walker for walker in WALKERS) and not any(
            isinstance(argument, ast.Call) and not self.is_view(argument) and argument.keywords
            for argument in node.args
        )

    def walked(self, node: ast.expr) -> list[Value | None]:
        """The containers that a view walks; None for one that isn't known."""
        if self.is_view(node):
            assert isinstance(node, ast.Call)
            parts = [node.func.value] if _is_view_method(node.func) else node.args
            return [one for part in parts for one in self.walked(part)]
        if isinstance(node, ast.Name):
            held = self.state.names.get(node.id)
            is_known = isinstance(held, (Tracer, Static, Owned, TupleValue)) and is_walkable(self.type_of(held))
            return [held if is_known else None]
        if isinstance(node, ast.Constant):
            return []
        try:
            known = self.describe(node).summary
        except Unstageable:
            return [None]
        is_new = is_immutable(known.result) or (known.fresh and not known.retains)
        return [] if is_new and is_walkable(known.result) else [None]

    def call_of_list(self, node: ast.expr) -> ast.expr:
        """All that an iterable gives, as a list."""
        return call_node(load_name(self.temporary(Static(list)), node), [node])


def _is_view_method(node: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether a function is written as the method of a dict that gives a view of it."""
    return isinstance(node, ast.Attribute) and node.attr in ("items", "keys", "values")


def _has_end(node: ast.AST) -> bool:
    """Whether code does something where it is left: with `try` or `with`."""
    return any(isinstance(one, (ast.Try, ast.TryStar, ast.With)) for one in ast.walk(node))


def steps_are_plain(known: AbstractType) -> bool:
    """Whether iterating a value of this type, if that can be done at all, runs no code and changes nothing."""
    return all(
        one == PLAIN or is_walkable(one) or (isinstance(one, ExactType) and one.cls in IMMUTABLE_SCALARS)
        for one in map(widen, members(known))
    )


def is_walkable(known: AbstractType) -> bool:
    """Whether iterating a value of this type runs no code, and ends."""
    known = widen(known)
    if isinstance(known, CollectionType):
        return True
    return known in (STR, BYTES) or isinstance(known, (ListType, DictType, SetType, TupleType, TupleOfType))


def is_false(node: ast.expr) -> bool:
    """Whether an argument is written `False`."""
    return isinstance(node, ast.Constant) and node.value is False
