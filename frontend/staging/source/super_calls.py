"""`super().method(...)` where the class of the object is known: a call of the function that Python would find.

In: a method, its syntax and the class of its first argument. Out: a copy of the syntax that calls functions by names of
their own, with the object as first argument, and these functions with the classes that hold them.
"""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Callable, Iterator

from ...effects.classes import is_class
from ...effects.source import FunctionNode
from .box import box_of
from .syntax import load_name

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def with_known_supers(
    function: types.FunctionType,
    node: FunctionNode,
    cls: type,
    name_of: Callable[[type, str, types.FunctionType], str],
) -> FunctionNode:
    """The syntax of a method for objects of exactly this class; `name_of` gives a function that is found a name."""
    defining = _defining_class(function)
    if (
        isinstance(node, ast.Lambda)
        or defining is None
        or defining not in cls.__mro__
        or "super" in function.__globals__
    ):
        return node
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not parameters or any(_is_bound(node, name) for name in ("super", parameters[0].arg)):
        return node
    copied = copy.deepcopy(node)
    is_changed = False
    for call in _super_calls(copied.body):
        assert isinstance(call.func, ast.Attribute)
        found = _found_after(cls, defining, call.func.attr)
        if found is None:
            continue
        receiver = load_name(parameters[0].arg, call.func.value)
        call.func = load_name(name_of(found[0], call.func.attr, found[1]), call.func)
        call.args.insert(0, receiver)
        is_changed = True
    return copied if is_changed else node


def _defining_class(function: types.FunctionType) -> type | None:
    """The class in whose body a method stands that uses `super()`."""
    names = function.__code__.co_freevars
    if "__class__" not in names:
        return None
    cell = (function.__closure__ or ())[names.index("__class__")]
    try:
        held = cell.cell_contents
    except ValueError:
        return None
    return held if is_class(held) else None


def _found_after(cls: type, defining: type, name: str) -> tuple[type, types.FunctionType] | None:
    """The plain function that `super()` finds in a class behind the defining one, and that class."""
    if name.startswith("__"):
        return None
    for base in cls.__mro__[cls.__mro__.index(defining) + 1 :]:
        if name in vars(base):
            found = vars(base)[name]
            return (base, found) if type(found) is types.FunctionType else None
    return None


def _super_calls(nodes: list[ast.stmt]) -> Iterator[ast.Call]:
    """Calls of methods of `super()` that stand in the method itself."""
    todo: list[ast.AST] = [*nodes]
    while todo:
        node = todo.pop()
        if isinstance(node, (*_SCOPES, *_COMPREHENSIONS)):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_super(node.func.value):
            yield node
        todo.extend(ast.iter_child_nodes(node))


def is_super(node: ast.expr) -> bool:
    """Whether an expression is `super()`."""
    is_call = isinstance(node, ast.Call) and not node.args and not node.keywords
    return is_call and isinstance(node.func, ast.Name) and node.func.id == "super"  # type: ignore[attr-defined]


def _is_bound(node: ast.AST, name: str) -> bool:
    """Whether a name is bound anew anywhere in a function, the functions inside it included."""
    return any(
        (isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load))
        or (isinstance(one, ast.Name) and one.id == box_of(name))
        or (isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and one.name == name)
        or (isinstance(one, (ast.Global, ast.Nonlocal)) and name in one.names)
        or (isinstance(one, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and one.name == name)
        or (isinstance(one, ast.alias) and (one.asname or one.name) == name)
        for one in ast.walk(node)
        if one is not node
    )
