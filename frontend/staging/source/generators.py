"""Generators as syntax: the generator expression that a lazy builtin is equal to.

In: an expression that gives an iterator (`map(f, xs)`, `zip(a, (g(b) for b in bs))`). Out: the generator expression
that does the same steps in the same order, whose own names are names that no user can write, so that it can be taken
apart.
"""

from __future__ import annotations

import ast
import copy
import functools
import itertools
from collections.abc import Sequence
from typing import Protocol

from .names import names_of, parameter_names
from .syntax import call_node, load_name, placed, store_name


class Namespace(Protocol):
    """What the rewriting asks of the place where an expression stands."""

    def static_of(self, node: ast.expr) -> object:
        """The object that an expression is known to mean, else None."""
        raise NotImplementedError

    def fresh_name(self) -> str:
        """A local name that nothing else has."""
        raise NotImplementedError

    def name_of(self, held: object) -> str:
        """A local name bound to a known object."""
        raise NotImplementedError

    def method_of(self, node: ast.expr) -> object:
        """The function behind a method of an object that a name is bound to, if its lookup can't be told; else None."""
        raise NotImplementedError


def as_generator(node: ast.expr, names: Namespace) -> ast.GeneratorExp | None:
    """The generator expression that an expression is equal to, with names of its own; None if it isn't one.

    What Python evaluates when the iterator is made, other than its first iterable, must be trivial: the caller checks.
    """
    if isinstance(node, ast.GeneratorExp):
        return with_own_names(node, names)
    if not isinstance(node, ast.Call) or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    held = names.static_of(node.func)
    if held is map and len(node.args) >= 2:
        return _mapped(node, names)
    if held is filter and len(node.args) == 2:
        return _filtered(node, names)
    if held is itertools.starmap and len(node.args) == 2:
        return _star_mapped(node, names)
    if held in (zip, enumerate) and node.args:
        return _paired(node, held is zip, names)
    return None


def _mapped(node: ast.Call, scope: Namespace) -> ast.GeneratorExp | None:
    """`map(f, xs)` is `(f(x) for x in xs)`; with more iterables they are zipped."""
    function, *iterables = node.args
    names = [scope.fresh_name() for _ in iterables]
    arguments = [load_name(name, node) for name in names]
    body = applied(function, arguments, scope) or _partially_applied(function, arguments, scope)
    target = _pattern(names, node)
    over = iterables[0] if len(iterables) == 1 else call_node(load_name(scope.name_of(zip), node), iterables)
    return None if body is None else _generator(body, target, over, (), node)


def _filtered(node: ast.Call, names: Namespace) -> ast.GeneratorExp | None:
    """`filter(f, xs)` is `(x for x in xs if f(x))`, and `filter(None, xs)` is `(x for x in xs if x)`."""
    function, over = node.args
    name = names.fresh_name()
    held = load_name(name, node)
    plain = (isinstance(function, ast.Constant) and function.value is None) or names.static_of(function) is bool
    condition = held if plain else applied_unless_none(function, held, names)
    return (
        None
        if condition is None
        else _generator(load_name(name, node), _pattern([name], node), over, (condition,), node)
    )


def _star_mapped(node: ast.Call, names: Namespace) -> ast.GeneratorExp | None:
    """`starmap(f, pairs)` is `(f(*pair) for pair in pairs)`."""
    function, over = node.args
    if not isinstance(function, ast.Name):
        return None
    name = names.fresh_name()
    body = placed(ast.Call(function, [placed(ast.Starred(load_name(name, node), ast.Load()), node)], []), node)
    return _generator(body, _pattern([name], node), over, (), node)


def _paired(node: ast.Call, is_zip: bool, names: Namespace) -> ast.GeneratorExp | None:
    """`zip(keys, (f(x) for x in xs))` is `((key, f(x)) for key, x in zip(keys, xs))`; likewise `enumerate`.

    Only the last iterable of a `zip` may compute something: an earlier one would have computed its element by the time
    a later one turns out to be at its end.
    """
    lazy = node.args[-1] if is_zip else node.args[0]
    inner = as_generator(lazy, names)
    if inner is None or len(inner.generators) > 1 or inner.generators[0].ifs or inner.generators[0].is_async:
        return None
    if is_zip and any(as_generator(other, names) is not None for other in node.args[:-1]):
        return None
    others = [names.fresh_name() for _ in (node.args[:-1] if is_zip else "i")]
    target = placed(
        ast.Tuple([*(store_name(name, node) for name in others), inner.generators[0].target], ast.Store()), node
    )
    iterables = [*node.args[:-1], inner.generators[0].iter] if is_zip else [inner.generators[0].iter, *node.args[1:]]
    over = placed(ast.Call(node.func, iterables, []), node)
    body = placed(ast.Tuple([*(load_name(name, node) for name in others), inner.elt], ast.Load()), node)
    return _generator(body, target, over, (), node)


def applied(function: ast.expr, arguments: Sequence[ast.expr], names: Namespace) -> ast.expr | None:
    """A function applied to names: a lambda's body with its parameters so called, or a call. None: it isn't trivial.

    Of a method the function is called that it is now, whatever the object has under that name by then.
    """
    if isinstance(function, ast.Lambda):
        parameters = function.args
        plain = [*parameters.posonlyargs, *parameters.args]
        others = parameters.vararg or parameters.kwarg or parameters.kwonlyargs or parameters.defaults
        if others or len(plain) != len(arguments) or names_of([function.body]).bound:
            return None
        renamed = {p.arg: a.id for p, a in zip(plain, arguments, strict=True) if isinstance(a, ast.Name)}
        return rename(function.body, renamed)
    if isinstance(function, ast.Attribute) and (method := names.method_of(function)) is not None:
        held = load_name(names.name_of(method), function)
        return placed(ast.Call(held, [function.value, *arguments], []), function)
    if isinstance(function, (ast.Name, ast.Attribute)):
        return placed(ast.Call(function, list(arguments), []), function)
    return None


def _partially_applied(function: ast.expr, arguments: Sequence[ast.expr], scope: Namespace) -> ast.expr | None:
    """`partial(f, 1, k=2)` applied to names, where it is made of known objects: `f(1, name, k=2)`."""
    match function:
        case ast.Call(func=maker, args=[inner, *first], keywords=named) if scope.static_of(maker) is functools.partial:
            given = [*first, *(keyword.value for keyword in named)]
        case _:
            return None
    is_known = all(isinstance(one, ast.Constant) or scope.static_of(one) is not None for one in given)
    if scope.static_of(inner) is None or not is_known or any(keyword.arg is None for keyword in named):
        return None
    return placed(ast.Call(inner, [*first, *arguments], named), function)


def applied_unless_none(function: ast.expr, argument: ast.expr, names: Namespace) -> ast.expr | None:
    """Like `applied`, where `None` in place of the function stands for the argument itself."""
    called = applied(function, [argument], names)
    is_function = isinstance(function, ast.Lambda) or names.static_of(function) is not None
    if called is None or is_function or names.method_of(function) is not None:
        return called
    is_none = placed(ast.Compare(function, [ast.Is()], [placed(ast.Constant(None), function)]), function)
    return placed(ast.IfExp(is_none, argument, called), function)


def with_own_names(node: ast.GeneratorExp, names: Namespace) -> ast.GeneratorExp:
    """A generator expression whose targets are names that nothing else has."""
    generators: list[ast.comprehension] = []
    renamed: dict[str, str] = {}
    for position, generator in enumerate(node.generators):
        over = rename(generator.iter, renamed) if position else generator.iter
        renamed |= {name: names.fresh_name() for name in sorted(names_of([generator.target]).bound - set(renamed))}
        target = rename(generator.target, renamed)
        conditions = [rename(condition, renamed) for condition in generator.ifs]
        generators.append(ast.comprehension(target, over, conditions, generator.is_async))
    return placed(ast.GeneratorExp(rename(node.elt, renamed), generators), node)


def rename(node: ast.expr, names: dict[str, str]) -> ast.expr:
    """A copy of an expression with free names called otherwise."""
    return _Renamer(names).visit(copy.deepcopy(node)) if names else node


class _Renamer(ast.NodeTransformer):
    """Renames the names of one scope, also where inner scopes read them."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.args.kw_defaults = [None if d is None else self.visit(d) for d in node.args.kw_defaults]
        node.body = self._without(parameter_names(node.args)).visit(node.body)
        return node

    def _comprehension(self, node: ast.expr) -> ast.expr:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        inner = self._without(names_of([generator.target for generator in generators]).bound)
        generators[0].iter = self.visit(generators[0].iter)
        for position, generator in enumerate(generators):
            if position:
                generator.iter = inner.visit(generator.iter)
            generator.target = inner.visit(generator.target)
            generator.ifs = [inner.visit(condition) for condition in generator.ifs]
        for part in ("elt", "key", "value"):
            if hasattr(node, part):
                setattr(node, part, inner.visit(getattr(node, part)))
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _without(self, hidden: set[str]) -> _Renamer:
        return _Renamer({name: other for name, other in self.names.items() if name not in hidden})


def _generator(
    element: ast.expr, target: ast.expr, over: ast.expr, conditions: Sequence[ast.expr], like: ast.AST
) -> ast.GeneratorExp:
    return placed(ast.GeneratorExp(element, [ast.comprehension(target, over, list(conditions), 0)]), like)


def _pattern(names: Sequence[str], like: ast.AST) -> ast.expr:
    stores: list[ast.expr] = [store_name(name, like) for name in names]
    return stores[0] if len(stores) == 1 else placed(ast.Tuple(stores, ast.Store()), like)
