"""Loops over keys or indexes that use what is there, as loops over keys and elements.

    for i in range(len(xs)):            for i, x in enumerate(xs):
        xs[i] = ask(xs[i])                  xs[i] = ask(x)

It is the same where nothing else happens to the container meanwhile, which is looked at once the loop has been staged.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from ...effects.abstract_type import DictType, ListType
from ..source.names import names_of
from ..source.syntax import call_node, load_name, placed, store_name
from ..values import Owned, Static, Tracer
from .existing_keys import ExistingKeyStager


class ByElementStager(ExistingKeyStager):
    """The layer of loops over keys that are staged as loops over elements."""

    def by_element(self, node: ast.For) -> ast.For | None:
        """A loop over keys or indexes as one over keys and elements; None for any other loop."""
        if not isinstance(node.target, ast.Name):
            return None
        match node.iter:
            case (
                ast.Name(id=container)
                | ast.Call(func=ast.Attribute(value=ast.Name(id=container), attr="keys"), args=[], keywords=[])
            ):
                kind: type = DictType
            case ast.Call(
                func=ast.Name() as counting,
                args=[ast.Call(func=ast.Name() as measuring, args=[ast.Name(id=container)], keywords=[])],
                keywords=[],
            ) if self.static_of(counting) is range and self.static_of(measuring) is len:
                kind = ListType
            case _:
                return None
        value = self.state.names.get(container)
        if not isinstance(value, (Tracer, Owned)) or not isinstance(self.type_of(value), kind):
            return None
        bound = names_of(node.body)
        if {container, node.target.id} & (bound.bound | bound.deleted) or not _is_plain(node, container):
            return None
        return self._with_elements(node, container, kind is DictType)

    def _with_elements(self, node: ast.For, container: str, is_dict: bool) -> ast.For:
        assert isinstance(node.target, ast.Name)
        element = self.temporary(Static(None))
        self.state.names.pop(element)
        fresh = copy.deepcopy(node)
        fresh.body = [_ItemsAsElements(container, element).visit(statement) for statement in fresh.body]
        pair: list[ast.expr] = [fresh.target, store_name(element, node.target)]
        fresh.target = placed(ast.Tuple(pair, ast.Store()), node.target)
        walked = load_name(container, node.iter)
        if is_dict:
            fresh.iter = call_node(placed(ast.Attribute(walked, "items", ast.Load()), node.iter), [])
        else:
            counting = load_name(self.temporary(Static(enumerate)), node.iter)
            fresh.iter = call_node(counting, [walked])
        return fresh


class _ItemsAsElements(ast.NodeTransformer):
    """Puts a name where an item of a container is loaded."""

    def __init__(self, container: str, element: str) -> None:
        self.container, self.element = container, element

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`container[key]`, under whatever key: there is but one."""
        if isinstance(node.value, ast.Name) and node.value.id == self.container and isinstance(node.ctx, ast.Load):
            return load_name(self.element, node)
        return self.generic_visit(node)


def _is_plain(node: ast.For, container: str) -> bool:
    """Whether the body only loads the item at which the loop is, and maybe then stores another one, once."""
    assert isinstance(node.target, ast.Name)
    stores = [index for index, statement in enumerate(node.body) if _stores(statement, container)]
    before = node.body[: stores[0] + 1] if stores else node.body
    if len(stores) > 1 or _num_uses(node.body, container) != _num_uses(before, container):
        return False
    loads = 0
    for inner in (inner for statement in before for inner in ast.walk(statement)):
        if isinstance(inner, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.GeneratorExp)):
            return False
        if isinstance(inner, ast.comprehension) and node.target.id in names_of([inner.target]).bound:
            return False
        if isinstance(inner, ast.Subscript) and isinstance(inner.value, ast.Name) and inner.value.id == container:
            is_here = isinstance(inner.slice, ast.Name) and inner.slice.id == node.target.id
            if not is_here or isinstance(inner.ctx, ast.Del):
                return False
            loads += isinstance(inner.ctx, ast.Load)
    return loads > 0 and _num_uses(node.body, container) == loads + len(stores)


def _stores(statement: ast.stmt, container: str) -> bool:
    """Whether a statement is `container[...] = ...`."""
    match statement:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
            return name == container
        case _:
            return False


def _num_uses(nodes: Sequence[ast.stmt], name: str) -> int:
    inside = (inner for node in nodes for inner in ast.walk(node))
    return sum(isinstance(inner, ast.Name) and inner.id == name for inner in inside)
