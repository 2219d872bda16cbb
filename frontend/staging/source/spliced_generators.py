"""Loops over generators of the user's own, as the loops that their steps are.

In: a function's syntax. Out: a copy where `for x in answers(texts): body` is the body of `answers`, with names that no
user writes, and `x = ...; body` in the place of its `yield`: what Python does step by step, in the same order.

Assumes: only generators that call the world are worth it; others are walked as they are. Ensures: nothing is spliced
whose end, cleaning up or way out would be another one: a `return`, a `yield` inside of `try` or `with`, or whose value
is used, a StopIteration that may leave it, a name that means something else where the loop stands.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import types
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...effects.source import FunctionNode, SourceUnavailable, function_source
from ...frame_reader import FRAME_READERS
from .exposed_names import exposed_names
from .names import FUNCTIONS, names_of, parameter_names
from .syntax import assign_name, call_node, copied, load_name, placed, store_name
from .yield_places import COMPREHENSIONS, yield_place

CONSUMERS = ("list", "tuple", "sorted")
"""Builtins that take all that an iterable gives before they do anything else."""
MAX_DEPTH = 8  # generators over generators
_SCOPES = (*FUNCTIONS, ast.ClassDef)


@dataclass(slots=True)
class Splicing:
    """The splicing of one function.

    Attributes:
        function: the function that loops over generators.
        bound: the names of its own.
        num_bound, num_read: how often each is bound and read, as it is written.
        calls_world: whether the steps of a generator function may call the world.
        may_stop: whether a StopIteration may leave them.
        relied_on: names of the module that are taken to mean the generator functions that they mean now.
    """

    function: Any
    bound: frozenset[str]
    calls_world: Callable[[types.FunctionType], bool]
    may_stop: Callable[[types.FunctionType], bool]
    num_bound: Counter[str]
    num_read: Counter[str]
    relied_on: dict[str, types.FunctionType] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def forward(self, body: list[ast.stmt]) -> None:
        """Put `records = read(lines)` where `records` is used, once, further down in the same block."""
        for position, statement in reversed(list(enumerate(body))):
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                continue
            target = statement.targets[0]
            if not isinstance(target, ast.Name) or not self._is_steady(target) or not self._is_lazy(statement.value):
                continue
            later = body[position + 1 :]
            if self.num_read[target.id] == 1 and any(self._replace(one, target.id, statement.value) for one in later):
                body.remove(statement)

    def _replace(self, statement: ast.stmt, name: str, value: ast.expr) -> bool:
        """Put a generator in the place of its name, where a statement begins by walking it or passing it on."""
        field_ = "iter" if isinstance(statement, ast.For) else "value"
        held = getattr(statement, field_, None)
        made = self._with(held, name, value) if isinstance(held, ast.expr) else None
        if made is not None:
            setattr(statement, field_, made)
        return made is not None

    def _with(self, node: ast.expr, name: str, value: ast.expr) -> ast.expr | None:
        """An expression with a value for a name that a walk over generators leads to; None if there is none."""
        if isinstance(node, ast.Name):
            return value if node.id == name else None
        if isinstance(node, ast.Call) and (self._generator(node) is not None or self._consumes(node.func)):
            for position, argument in enumerate(node.args):
                if (made := self._with(argument, name, value)) is not None:
                    node.args[position] = made
                    return node
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            first = node.generators[0]
            if (made := self._with(first.iter, name, value)) is not None:
                first.iter = made
                return node
        return None

    def statements(self, body: Sequence[ast.stmt], around: tuple[object, ...] = ()) -> list[ast.stmt]:
        """The same statements with all loops over generators spliced that can be."""
        return [one for statement in body for one in self._statement(statement, around)]

    def _statement(self, statement: ast.stmt, around: tuple[object, ...]) -> list[ast.stmt]:
        if isinstance(statement, _SCOPES):
            return [statement]
        if (hoisted := self._hoisted(statement)) is not None:
            spliced = self._statement(hoisted[1], around)
            if spliced != [hoisted[1]]:
                return [hoisted[0], *spliced, hoisted[2]]
            return [statement]
        for name in ("body", "orelse", "finalbody"):
            if isinstance(held := getattr(statement, name, None), list):
                setattr(statement, name, self.statements(held, around))
        for handler in getattr(statement, "handlers", ()):
            handler.body = self.statements(handler.body, around)
        for case in getattr(statement, "cases", ()):
            case.body = self.statements(case.body, around)
        if isinstance(statement, ast.For) and not statement.orelse:
            return self._spliced(statement, around) or [statement]
        return [statement]

    def _hoisted(self, statement: ast.stmt) -> tuple[ast.stmt, ast.For, ast.stmt] | None:
        """`return [f(x) for x in answers(xs)]` as an empty list, the loop that fills it, and what is done with it."""
        if not isinstance(statement, (ast.Return, ast.Assign, ast.Expr)) or statement.value is None:
            return None
        whole = inner = statement.value
        if isinstance(whole, ast.Call) and len(whole.args) == 1 and not whole.keywords and self._consumes(whole.func):
            inner = whole.args[0]
        elif not isinstance(whole, ast.ListComp):
            return None
        filled = self._fresh("list")
        loop = self._filling(inner, filled)
        if loop is None:
            return None
        used = copied(statement)
        if inner is whole:
            used.value = load_name(filled, inner)
        else:
            used.value.args = [load_name(filled, inner)]
        return assign_name(filled, placed(ast.List([], ast.Load()), inner), inner), loop, used

    def _filling(self, node: ast.expr, filled: str) -> ast.For | None:
        """The loop that fills a list with what a generator gives, or a comprehension over one."""
        conditions: list[ast.expr] = []
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            has_scopes = any(isinstance(one, (*FUNCTIONS, ast.NamedExpr, *COMPREHENSIONS)) for one in _parts(node))
            if len(node.generators) != 1 or node.generators[0].is_async or has_scopes:
                return None
            made = copied(node)
            generator = made.generators[0]
            targets = {one.id for one in ast.walk(generator.target) if isinstance(one, ast.Name)}
            renamed = {name: self._fresh(name) for name in sorted(targets)}
            for part in (generator.target, made.elt, *generator.ifs):
                _rename(part, renamed)
            target, element, iterable, conditions = generator.target, made.elt, generator.iter, generator.ifs
        else:
            name = self._fresh("element")
            target, element, iterable = store_name(name, node), load_name(name, node), node
        if self._generator(iterable) is None:
            return None
        append = placed(ast.Attribute(load_name(filled, element), "append", ast.Load()), element)
        body: list[ast.stmt] = [placed(ast.Expr(call_node(append, [element])), element)]
        for condition in reversed(conditions):
            body = [placed(ast.If(condition, body, []), condition)]
        return placed(ast.For(target, iterable, body, []), node)

    def _consumes(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Attribute):
            return function.attr == "join" and isinstance(function.value, ast.Constant)
        if not isinstance(function, ast.Name) or function.id in self.bound or function.id in self.function.__globals__:
            return False
        return function.id in CONSUMERS

    def _generator(self, node: ast.expr) -> types.FunctionType | None:
        """The generator function of the same module that a call calls, if its name means nothing else here."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id in self.bound:
            return None
        held = self.function.__globals__.get(node.func.id)
        is_like = isinstance(held, types.FunctionType) and held.__globals__ is self.function.__globals__
        if not is_like or not held.__code__.co_flags & inspect.CO_GENERATOR or held.__closure__:
            return None
        if held.__code__.co_filename != self.function.__code__.co_filename or self.may_stop(held):
            return None
        return held if FRAME_READERS.isdisjoint(held.__code__.co_names) else None

    def _spliced(self, loop: ast.For, around: tuple[object, ...]) -> list[ast.stmt] | None:
        """The statements that a loop over a generator is, or None if it must stay one."""
        held = self._generator(loop.iter)
        if held is None or held in around or len(around) == MAX_DEPTH or not self._is_worth_it(loop.iter):
            return None
        try:
            node = function_source(held).node
        except SourceUnavailable:
            return None
        place = yield_place(node) if isinstance(node, ast.FunctionDef) else None
        assert isinstance(loop.iter, ast.Call)
        if place is None or not isinstance(node, ast.FunctionDef) or not place.allows(loop.body):
            return None
        given = _given(node.args, loop.iter)
        names = names_of([*node.body])
        own = names.bound | parameter_names(node.args) | place.inner_names
        if given is None or names.nonlocal_names or not (names.read - own).isdisjoint(self.bound):
            return None
        if not exposed_names(node.body) & names.bound <= parameter_names(node.args):
            return None  # the error that reading one raises would name another
        renamed = {name: self._fresh(name) for name in sorted(own)}
        body = copied(node.body)
        for statement in body:
            _rename(statement, renamed)
        start = []
        for name, value in given:
            walk = _only_walk(body, renamed[name])
            if not self._is_lazy(value, is_at_once=walk is body[0]):
                walk = None
            if walk is not None:
                walk.iter = _walk_instead(walk.iter, value)
            else:
                start.append(assign_name(renamed[name], value, loop.iter))
        self.relied_on[loop.iter.func.id] = held  # type: ignore[attr-defined]
        whole = _with_body(body, loop)
        return [*start, *self.statements(whole, (*around, held))]

    def _is_lazy(self, node: ast.expr, is_at_once: bool = False) -> bool:
        """Whether an expression makes a generator of what has no say in when it is made; `is_at_once`: as it is."""
        if self._generator(node) is None or not isinstance(node, ast.Call):
            return False
        given = [*node.args, *(one.value for one in node.keywords)]
        return all(
            isinstance(one, ast.Constant)
            or self._is_steady(one)
            or (is_at_once and isinstance(one, ast.Name))
            or self._is_lazy(one, is_at_once)
            for one in given
        )

    def _is_steady(self, node: ast.expr) -> bool:
        """Whether a name of the function means the same all through it."""
        return isinstance(node, ast.Name) and node.id in self.bound and self.num_bound[node.id] <= 1

    def _is_worth_it(self, call: ast.expr) -> bool:
        held = self._generator(call)
        if held is None or not isinstance(call, ast.Call):
            return False
        inner = filter(inspect.isgeneratorfunction, map(held.__globals__.get, held.__code__.co_names))
        return any(map(self.calls_world, (held, *inner))) or any(map(self._is_worth_it, call.args))  # type: ignore[arg-type]

    def _fresh(self, name: str) -> str:
        return f"{name}·{next(self._numbers)}"


def with_spliced_generators(
    function: types.FunctionType,
    node: FunctionNode,
    calls_world: Callable[[types.FunctionType], bool],
    may_stop: Callable[[types.FunctionType], bool],
) -> tuple[FunctionNode, dict[str, types.FunctionType]]:
    """The syntax of a function, and by name the generator functions that it relies on; itself if nothing changes."""
    held = map(function.__globals__.get, function.__code__.co_names)
    if isinstance(node, ast.Lambda) or not any(map(inspect.isgeneratorfunction, held)):
        return node, {}
    names = names_of([*node.body])
    free = function.__code__.co_freevars
    bound = frozenset(names.bound | names.declared | parameter_names(node.args)).union(free)
    body = copied(node.body)
    every = [one for statement in body for one in ast.walk(statement) if isinstance(one, ast.Name)]
    num_bound = Counter(one.id for one in every if not isinstance(one.ctx, ast.Load))
    num_bound.update(dict.fromkeys(parameter_names(node.args), 1))
    num_bound.update(dict.fromkeys(names.nonlocal_names | names.caught, 2))
    num_read = Counter(one.id for one in every if isinstance(one.ctx, ast.Load))
    splicing = Splicing(function, bound, calls_world, may_stop, num_bound, num_read)
    splicing.forward(body)
    body = splicing.statements(body)
    if not splicing.relied_on:
        return node, {}
    changed = copied(node)
    changed.body = body
    return changed, splicing.relied_on


def _given(arguments: ast.arguments, call: ast.Call) -> list[tuple[str, ast.expr]] | None:
    """What each parameter gets, in the order in which that is evaluated; None where it takes more to tell."""
    parameters = [*arguments.posonlyargs, *arguments.args]
    names = [one.arg for one in parameters]
    is_plain = not (arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs)
    has_stars = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
    if not is_plain or has_stars or len(call.args) > len(names):
        return None
    given = [*zip(names, call.args, strict=False), *((str(one.arg), one.value) for one in call.keywords)]
    told = [name for name, _ in given]
    defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
    missing = [name for name in names if name not in told]
    if len(set(told)) != len(told) or not set(told) <= set(names):
        return None
    if not all(isinstance(defaults.get(name), ast.Constant) for name in missing):
        return None
    return [*given, *((name, copied(defaults[name])) for name in missing)]


def _parts(node: ast.ListComp | ast.GeneratorExp) -> Iterator[ast.AST]:
    """What a comprehension is made of, down to the leaves."""
    for one in ast.iter_child_nodes(node):
        yield from ast.walk(one)


def _only_walk(body: list[ast.stmt], name: str) -> ast.For | None:
    """The loop over a name, or over an `enumerate` of it and the like, if that is all that is done with it, once."""
    uses = [one for statement in body for one in ast.walk(statement) if isinstance(one, ast.Name) and one.id == name]
    loops = [one for one in body if isinstance(one, ast.For) and _walks(one.iter, name)]
    return loops[0] if len(uses) == 1 and loops else None


def _walks(node: ast.expr, name: str) -> bool:
    """Whether an iterable is what a name means, or a call of a name with that as its first argument."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        return _walks(node.args[0], name)
    return isinstance(node, ast.Name) and node.id == name


def _walk_instead(node: ast.expr, value: ast.expr) -> ast.expr:
    """An iterable with a value for the name that it walks."""
    if isinstance(node, ast.Call):
        node.args[0] = _walk_instead(node.args[0], value)
        return node
    return value


def _rename(node: ast.AST, names: dict[str, str]) -> None:
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            one.id = names.get(one.id, one.id)
        elif isinstance(one, ast.ExceptHandler) and one.name:
            one.name = names.get(one.name, one.name)


def _with_body(body: list[ast.stmt], loop: ast.For) -> list[ast.stmt]:
    """Statements with the target and the body of a loop in the place of their `yield`."""
    return [one for statement in body for one in _put(statement, loop)]


def _put(statement: ast.stmt, loop: ast.For) -> list[ast.stmt]:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield):
        held = statement.value.value or placed(ast.Constant(None), statement)
        return [placed(ast.Assign([loop.target], held), statement), *loop.body]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.YieldFrom):
        return [placed(ast.For(loop.target, statement.value.value, loop.body, []), statement)]
    for name in ("body", "orelse"):
        if isinstance(held := getattr(statement, name, None), list):
            setattr(statement, name, _with_body(held, loop))
    return [statement]
