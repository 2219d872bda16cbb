"""Makes a failing program small: statements and parts of expressions are left out as long as it still fails."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def reduce_program(text: str, fails: Callable[[str], bool], max_trials: int = 2000) -> str:
    """A smaller text for which `fails` still holds; `text` is a module whose function `program` is made smaller."""
    trials = 0
    while True:
        for smaller in _smaller(text):
            trials += 1
            if trials > max_trials:
                return text
            if fails(smaller):
                text = smaller
                break
        else:
            return text


def _smaller(text: str) -> Iterator[str]:
    """Texts with one thing left out, large things first."""
    tree = ast.parse(text)
    position = next(i for i, node in enumerate(tree.body) if getattr(node, "name", "") == "program")
    seen = {text}
    changes = list(_changes(tree.body[position]))
    changes.sort(key=lambda change: -change[0])
    for _, path, make in changes:
        fresh = copy.deepcopy(tree)
        node: Any = fresh.body[position]
        for name, index in path:
            node = getattr(node, name) if index is None else getattr(node, name)[index]
        if not make(node):
            continue
        try:
            smaller = ast.unparse(ast.fix_missing_locations(fresh)) + "\n"
        except Exception:
            continue  # not a program any more
        if smaller not in seen:
            seen.add(smaller)
            yield smaller


Path = tuple[tuple[str, int | None], ...]
Change = tuple[int, Path, Callable[[Any], bool]]


def _changes(function: ast.AST) -> Iterator[Change]:
    """Every way to leave something out: how much it is, the node whose field changes, the change."""
    pending: list[tuple[ast.AST, Path]] = [(function, ())]
    while pending:
        node, path = pending.pop()
        for name, held in ast.iter_fields(node):
            if isinstance(held, list):
                yield from _list_changes(node, name, held, path)
                pending += [(one, (*path, (name, i))) for i, one in enumerate(held) if isinstance(one, ast.AST)]
            elif isinstance(held, ast.AST):
                if isinstance(held, ast.expr):
                    yield from ((_size(held), path, _replace(name, None, new)) for new in _simpler(held))
                pending.append((held, (*path, (name, None))))


def _list_changes(node: ast.AST, name: str, held: list[Any], path: Path) -> Iterator[Change]:
    for index, one in enumerate(held):
        if isinstance(one, (ast.stmt, ast.ExceptHandler, ast.match_case, ast.comprehension, ast.keyword)):
            yield _size(one), path, _delete(name, index)
        if isinstance(one, ast.stmt):
            inner = [getattr(one, block) for block in BLOCKS if getattr(one, block, None)]
            inner = [block for block in inner if isinstance(block[0], ast.stmt)]
            yield from ((_size(one) // 2, path, _splice(name, index, block)) for block in inner)
        if isinstance(one, ast.expr):
            yield _size(one), path, _delete(name, index)
            yield from ((_size(one), path, _replace(name, index, new)) for new in _simpler(one))


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _simpler(node: ast.expr) -> list[ast.expr]:
    if isinstance(getattr(node, "ctx", ast.Load()), (ast.Store, ast.Del)):
        return []
    found = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    found = [child.value if isinstance(child, ast.Starred) else child for child in found]
    found += [keyword.value for keyword in getattr(node, "keywords", ())]
    if not isinstance(node, (ast.Constant, ast.Name)):
        found += [ast.Constant(1), ast.Name("l0", ast.Load())]
    elif isinstance(node, ast.Name):
        found.append(ast.Constant(1))
    return found


def _delete(name: str, index: int) -> Callable[[Any], bool]:
    def change(node: Any) -> bool:
        held = getattr(node, name)
        del held[index]
        if not held and name == "body" and not isinstance(node, ast.Module):
            held.append(ast.Pass())
        return True

    return change


def _splice(name: str, index: int, block: list[ast.stmt]) -> Callable[[Any], bool]:
    def change(node: Any) -> bool:
        getattr(node, name)[index : index + 1] = copy.deepcopy(block)
        return True

    return change


def _replace(name: str, index: int | None, new: ast.expr) -> Callable[[Any], bool]:
    def change(node: Any) -> bool:
        if index is None:
            setattr(node, name, copy.deepcopy(new))
        else:
            getattr(node, name)[index] = copy.deepcopy(new)
        return True

    return change
