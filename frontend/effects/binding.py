"""Arguments to parameters, and the names that a body assigns or reads: what syntax alone says of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..syntax_parts import parts_of_syntax, syntax_inside
from .source import FunctionNode
from .value import Value

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class WrongArguments(Exception):
    """The call raises `TypeError`: its arguments don't fit."""


def assigned(body: Sequence[ast.AST]) -> frozenset[str]:
    """Names that these nodes bind in their own scope (`global` and `nonlocal` ones excluded)."""
    if len(body) == 1:
        bindings = own_bindings(body[0])
        return bindings.bound - bindings.declared if bindings.declared else bindings.bound
    every = [own_bindings(node) for node in body]
    return frozenset().union(*(one.bound for one in every)).difference(*(one.declared for one in every))


@dataclass(frozen=True, slots=True)
class OwnBindings:
    """What one piece of syntax binds in the scope that it stands in.

    Attributes:
        bound: names bound anywhere but inside nested functions and classes.
        declared: names that it declares `global` or `nonlocal`.
        has_functions: functions are defined in it.
    """

    bound: frozenset[str]
    declared: frozenset[str]
    has_functions: bool


@lru_cache(maxsize=16384)
def own_bindings(node: ast.AST) -> OwnBindings:
    """What a piece of syntax binds: looked at once, however often the code around it is inferred."""
    found: set[str] = set()
    declared: set[str] = set()
    has_functions = False
    pending: list[ast.AST] = [node]
    while pending:
        node = pending.pop()
        kind = node.__class__
        if kind is ast.Name:
            if node.ctx.__class__ is not ast.Load:  # type: ignore[attr-defined]
                found.add(node.id)  # type: ignore[attr-defined]
        elif kind in _LEAF_SYNTAX:
            continue
        elif kind is ast.comprehension:  # its targets have a scope of their own
            has_functions = has_functions or defines_functions(node.target)  # type: ignore[attr-defined]
            pending += (node.iter, *node.ifs)  # type: ignore[attr-defined]
        elif isinstance(node, FUNCTIONS):
            has_functions = True
            found.update(_bound_by_itself(node))
            pending += _outer_parts(node)  # type: ignore[arg-type]
        elif isinstance(node, ast.ClassDef):
            has_functions = has_functions or defines_functions(node)
            found.add(node.name)
            pending += (*node.decorator_list, *node.bases)
        else:
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                declared.update(node.names)
            found.update(_bound_by_itself(node))
            pending += _children(node)
    return OwnBindings(frozenset(found), frozenset(declared), has_functions)


_LEAF_SYNTAX = frozenset((ast.Constant, ast.Pass, ast.Break, ast.Continue))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that may bind names."""
    for name in node._fields:
        held = getattr(node, name, None)
        if held.__class__ is list:
            yield from (one for one in held if isinstance(one, ast.AST))  # type: ignore[union-attr]
        elif isinstance(held, ast.AST) and not isinstance(held, _WITHOUT_PARTS):
            yield held


_WITHOUT_PARTS = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)


def _bound_by_itself(node: ast.AST) -> tuple[str, ...]:
    """Names that a node binds which isn't a name."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return (name,)
        case ast.ExceptHandler(name=str(name)):
            return (name,)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return (name,)
        case ast.alias(name=name, asname=asname):
            return ((asname or name).partition(".")[0],)
        case _:
            return ()


def defines_functions(node: ast.AST) -> bool:
    """Whether functions are defined anywhere in a piece of syntax."""
    return any(isinstance(part, FUNCTIONS) for part in syntax_inside(node))


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes but those inside nested functions and classes (comprehensions count as inside)."""
    for node in body:
        yield node
        if isinstance(node, FUNCTIONS):
            yield from own_nodes(_outer_parts(node))
        elif isinstance(node, ast.ClassDef):
            yield from own_nodes([*node.decorator_list, *node.bases])
        else:
            yield from own_nodes(parts_of_syntax(node))


def _outer_parts(node: FunctionNode) -> list[ast.AST]:
    defaults: list[ast.AST] = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
    return [*defaults, *getattr(node, "decorator_list", ())]


def body_of(node: FunctionNode) -> Sequence[ast.AST]:
    """The body as a list of nodes."""
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def parameter_names(arguments: ast.arguments) -> tuple[str, ...]:
    """All parameters, stars included."""
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    stars = [star for star in (arguments.vararg, arguments.kwarg) if star is not None]
    return tuple(one.arg for one in (*named, *stars))


@lru_cache(maxsize=4096)
def local_names(node: FunctionNode) -> frozenset[str]:
    """All names local to a function."""
    return assigned(body_of(node)) | frozenset(parameter_names(node.args))


@lru_cache(maxsize=4096)
def captured_names(node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """Names that functions nested in `node` read, and those that they assign (`nonlocal`)."""
    read: set[str] = set()
    written: set[str] = set()
    for inner in _nested(node):
        read |= free_names(inner)
        for part in ast.walk(inner):
            if isinstance(part, ast.Nonlocal):
                written.update(part.names)
    return frozenset(read | written), frozenset(written)


def _nested(node: ast.AST) -> Iterator[FunctionNode]:
    for child in parts_of_syntax(node):
        if isinstance(child, FUNCTIONS):
            yield child  # type: ignore[misc]
        else:
            yield from _nested(child)


@lru_cache(maxsize=4096)
def free_names(node: FunctionNode) -> frozenset[str]:
    """Names that a function (and those nested in it) uses and doesn't bind itself."""
    body = body_of(node)
    used = {part.id for part in own_nodes(body) if isinstance(part, ast.Name)}
    for part in own_nodes(body):
        if isinstance(part, ast.Nonlocal):
            used.update(part.names)
        elif isinstance(part, FUNCTIONS):
            used |= free_names(part)  # type: ignore[arg-type]
        elif isinstance(part, ast.ClassDef):
            used.update(inner.id for inner in ast.walk(part) if isinstance(inner, ast.Name))
    return frozenset(used - local_names(node))


@lru_cache(maxsize=4096)
def declared_global(node: FunctionNode) -> frozenset[str]:
    """Names that a function declares `global`."""
    return frozenset(name for part in own_nodes(body_of(node)) if isinstance(part, ast.Global) for name in part.names)


@lru_cache(maxsize=4096)
def is_generator(node: FunctionNode) -> bool:
    """Whether a function's body yields."""
    return any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in own_nodes(body_of(node)))


def bind_arguments(
    arguments: ast.arguments,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    defaults: Mapping[str, Value],
) -> tuple[dict[str, Value], list[Value], dict[str, Value]]:
    """Arguments by parameter name, those left for `*args`, those left for `**kwargs`; raises `WrongArguments`."""
    bound: dict[str, Value] = {}
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    bound.update(zip(names, positional, strict=False))
    extra = list(positional[len(names) :])
    if extra and arguments.vararg is None:
        raise WrongArguments
    by_keyword = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}
    rest: dict[str, Value] = {}
    for name, value in keywords.items():
        if name in by_keyword:
            if name in bound:
                raise WrongArguments
            bound[name] = value
        elif arguments.kwarg is not None:
            rest[name] = value
        else:
            raise WrongArguments
    for name in (*names, *(one.arg for one in arguments.kwonlyargs)):
        if name not in bound:
            if name not in defaults:
                raise WrongArguments
            bound[name] = defaults[name]
    return bound, extra, rest
