"""Arguments to parameters, and the names that a body assigns or reads: what syntax alone says of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from .source import FunctionNode
from .value import Value

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class WrongArguments(Exception):
    """The call raises `TypeError`: its arguments don't fit."""


def assigned(body: Sequence[ast.AST]) -> frozenset[str]:
    """Names that these nodes bind in their own scope (`global` and `nonlocal` ones excluded)."""
    found: set[str] = set()
    excluded: set[str] = set()
    targets: set[ast.AST] = set()  # of comprehensions, which have a scope of their own
    for node in own_nodes(body):
        match node:
            case ast.comprehension(target=target):
                targets.update(ast.walk(target))
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                if node not in targets:
                    found.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                excluded.update(names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add((asname or name).partition(".")[0])
            case _:
                pass
    return frozenset(found - excluded)


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes but those inside nested functions and classes (comprehensions count as inside)."""
    for node in body:
        yield node
        if isinstance(node, FUNCTIONS):
            yield from own_nodes(_outer_parts(node))
        elif isinstance(node, ast.ClassDef):
            yield from own_nodes([*node.decorator_list, *node.bases])
        else:
            yield from own_nodes(ast.iter_child_nodes(node))


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
    for child in ast.iter_child_nodes(node):
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
