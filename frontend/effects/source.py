"""Finds the syntax tree of a function. In: a function. Out: its node in the parsed file, proven to be the right one.

The node is found through the code object's own positions, never through `__wrapped__`, and the code compiled from the
file is compared with the code object that runs: an edited file or a rewritten function is refused, not misread.

Assumes: nothing. Ensures: trees are shared and must not be changed by callers.
"""

from __future__ import annotations
import __future__

import ast
import functools
import linecache
import os
import sys
import sysconfig
import threading
import types
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...diagnostics.secrets import HIDDEN, masked
from ..code_names import codes_inside
from .secret_literals import mark_secrets
from .source_spans import Span, without_spans

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

MAX_FILES = 256  # parsed files kept
MAX_CODES = 4096  # code objects whose answer is kept


class SourceUnavailable(Exception):
    """The source of this function can't be found or proven to be its own.

    Attributes:
        reason: in a few words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """Where a function is written: its node, and the class whose body it stands in (for private names), if any."""

    node: FunctionNode
    class_name: str | None


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed file: the lines it was parsed from, its functions by first line, its compiled code by first line; and
    where its secrets stand."""

    lines: list[str]
    functions: dict[int, list[FunctionSource]]
    codes: dict[int, list[types.CodeType]]
    secrets: tuple[Span, ...]


_files: dict[str, _File] = {}
_secret_files: set[str] = set()  # that have had a secret in any of their versions
_found: dict[int, tuple[types.CodeType, FunctionSource | str]] = {}
_made: weakref.WeakKeyDictionary[types.CodeType, FunctionSource] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def function_ast(fn: Callable[..., Any]) -> FunctionNode:
    """The `def` or `lambda` that `fn` was compiled from; raises `SourceUnavailable`."""
    return function_source(fn).node


def function_source(fn: Callable[..., Any]) -> FunctionSource:
    """Like `function_ast`, with the enclosing class. `fn` is a Python function or a bound method of one."""
    if isinstance(fn, types.MethodType):
        fn = fn.__func__
    code = getattr(fn, "__code__", None) if isinstance(fn, types.FunctionType) else None
    if code is None:
        raise SourceUnavailable("not a Python function")
    return code_source(code)


def code_source(code: types.CodeType) -> FunctionSource:
    """The source of a function's code object; cached, also where there is none."""
    known = _found.get(id(code))
    if known is None:
        if (made := _made.get(code)) is not None:
            return made
        with _lock:
            try:
                answer: FunctionSource | str = _search(code)
            except SourceUnavailable as error:
                answer = error.reason
            if len(_found) > MAX_CODES:
                _found.clear()
            known = _found[id(code)] = (code, answer)  # holding the code keeps its id from being reused
    if isinstance(known[1], str):
        raise SourceUnavailable(known[1])
    return known[1]


def remember_source(code: types.CodeType, source: FunctionSource) -> None:
    """Say where the source of a code object is that was compiled from a tree, not from a file."""
    _made[code] = source


def _search(code: types.CodeType) -> FunctionSource:
    file = _parsed(code.co_filename)
    compiled = [c for c in file.codes.get(code.co_firstlineno, ()) if same_code(c, code)]
    if not compiled:
        raise SourceUnavailable("the file doesn't hold this code (edited, generated or rewritten)")
    found = [s for s in file.functions.get(code.co_firstlineno, ()) if _name(s.node) == code.co_name]
    if len(found) > 1:
        found = [s for s in found if _encloses(s.node, code)]
    if len(found) != 1:
        raise SourceUnavailable("several functions on one line" if found else "no function at its line")
    return found[0]


def _parsed(filename: str) -> _File:
    linecache.checkcache(filename)
    lines = linecache.getlines(filename)
    known = _files.get(filename)
    if known is not None and known.lines is lines:
        return known
    if not lines:
        raise SourceUnavailable("no source")
    text = "".join(lines)
    try:
        tree = ast.parse(text, filename)
        module = compile(tree, filename, "exec", dont_inherit=True)
    except RecursionError:
        raise SourceUnavailable("its file is nested too deeply") from None
    except (SyntaxError, ValueError) as error:
        raise SourceUnavailable("its file doesn't parse") from error
    file = _File(lines, {}, {}, mark_secrets(tree, text))
    for source in _functions(tree, None, [line for line, one in enumerate(lines, 1) if "lambda" in one]):
        file.functions.setdefault(_first_line(source.node), []).append(source)
    for code in codes_inside(module):
        file.codes.setdefault(code.co_firstlineno, []).append(code)
    if file.secrets:
        _secret_files.add(filename)
    if len(_files) > MAX_FILES:
        _files.clear()
    _files[filename] = file
    return file


def may_have_secrets(filename: str) -> bool:
    """Whether syntax of a file may have a literal that is marked as secret."""
    return filename in _secret_files or filename not in _files


def shown_line(filename: str, line: int) -> str:
    """A line of a file for a report: stripped, without what is secret in it."""
    text = linecache.getline(filename, line).rstrip()
    known = _files.get(filename)
    return (masked(text) if known is None else without_spans(text, line, known.secrets, HIDDEN)).strip()


_LAMBDAS_AT_MOST = (ast.expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.Assert)


def _functions(node: ast.AST, class_name: str | None, lambdas: Sequence[int]) -> Iterator[FunctionSource]:
    """The functions in a piece of syntax. Where only lambdas may be, `lambdas`, sorted, has their lines."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _LAMBDAS_AT_MOST):
            first = bisect_left(lambdas, child.lineno)
            if first == len(lambdas) or lambdas[first] > (child.end_lineno or child.lineno):
                continue
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield FunctionSource(child, class_name)
        inner = child.name if isinstance(child, ast.ClassDef) else class_name
        yield from _functions(child, inner, lambdas)


def _first_line(node: FunctionNode) -> int:
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _name(node: FunctionNode) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _encloses(node: FunctionNode, code: types.CodeType) -> bool:
    """Whether every instruction of `code` stands inside the body of `node`."""
    body = node.body if isinstance(node.body, list) else [node.body]
    start = (body[0].lineno, body[0].col_offset)
    end = (body[-1].end_lineno or 0, body[-1].end_col_offset or 0)
    seen = False
    for line, end_line, column, end_column in code.co_positions():
        if line is None or end_line is None or column is None or end_column is None or end_column == 0:
            continue
        if not start <= (line, column) or not (end_line, end_column) <= end:
            return False
        seen = True
    return seen


def same_code(left: types.CodeType, right: types.CodeType) -> bool:
    """Whether two code objects do the same: bytecode, names, constants, variables and flags."""
    if left.co_code != right.co_code or left.co_firstlineno != right.co_firstlineno:
        return False
    if (left.co_flags ^ right.co_flags) & ~__future__.annotations.compiler_flag:  # set for a whole session by notebooks
        return False
    facts = ("co_name", "co_names", "co_varnames", "co_freevars", "co_cellvars")
    if any(getattr(left, fact) != getattr(right, fact) for fact in facts):
        return False
    if len(left.co_consts) != len(right.co_consts):
        return False
    return all(map(_same_constant, left.co_consts, right.co_consts))


def _same_constant(left: object, right: object) -> bool:
    if isinstance(left, types.CodeType):
        return isinstance(right, types.CodeType) and same_code(left, right)
    return type(left) is type(right) and (left == right or repr(left) == repr(right))


def library_folders(import_path: Iterable[str]) -> tuple[str, ...]:
    """Where Python and packages are installed: here, and in environments below this one that the path reaches into."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    reached = {path for path in import_path if os.path.basename(path) in ("site-packages", "dist-packages")}
    return tuple(os.path.join(path, "") for path in sorted({*own, *reached}) if path)


_LIBRARY = library_folders(sys.path)


@functools.lru_cache(maxsize=4096)
def is_library(filename: str) -> bool:
    """Whether a file is Python's or an installed package's: inference stops there."""
    return filename.startswith((*_LIBRARY, "<frozen"))
