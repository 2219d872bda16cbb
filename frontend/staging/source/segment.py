"""Native segments: pieces of the user's function compiled back to Python, at the user's own lines.

In: statements or an expression, the local names they read (inputs) and the names that must come out (outputs).
Out: a function of the inputs that returns the value of the expression, or the outputs (one: bare; several: a tuple),
running in the function's own globals and cells.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ....diagnostics.identity import identity
from ....runtime.outline_shape import OUTLINE, Shape
from ....runtime.row_shape import ROWS
from ...effects.abstract_type import AbstractType
from ...effects.infer import infer_code
from ...effects.scope import CodeScope
from ...effects.seal import NO_SEALS, Seal
from ...effects.source import may_have_secrets
from ...effects.summary import CodeSummary, Summary
from ...syntax_parts import syntax_inside
from .exits import Exits
from .native_code import compile_functions, with_type_parameters
from .outlines import outline_shape
from .rows import row_shape
from .shown_source import has_secret, shown_source, whole_source
from .syntax import placed
from .told_displays import told_display
from .unbound_names import name_of_flag, note_bound, unbind, unbind_unless

INNER = "__xcs_native_"  # names of their own, or the code would find it where it means the function it comes from


@dataclass(slots=True, eq=False)
class Segment:
    """One native piece of a function.

    Attributes:
        body: its statements; or one expression.
        inputs: local names that become parameters, in order.
        outputs: names returned; empty for expressions and for statements that only act.
        scope: the function it comes from: globals, cells, file, flags.
        statics: names known while staging, bound as cells of the segment.
        prologue: definitions of local functions that the segment uses.
        unbound: local names that it reads and that aren't bound.
        returns: the body ends in `return`, whose value is the result.
        is_async: it awaits, so its function is a coroutine function.
        exits: the ways in which it may leave the code around it, told by names among the outputs.
        gives_arrays: it is a call of JAX with functions of the user's, which may be in a kernel.
        shown: the user's expression that `body` stands for, if it isn't that itself.
    """

    body: Sequence[ast.stmt] | ast.expr
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    scope: CodeScope
    statics: Mapping[str, Any] = field(default_factory=dict)
    prologue: tuple[ast.stmt, ...] = ()
    returns: bool = False
    unbound: tuple[str, ...] = ()
    is_async: bool = False
    exits: Exits | None = None
    gives_arrays: bool = False
    shown: ast.expr | None = None
    _name: str | None = field(default=None, init=False)
    _outline: tuple[Shape | None] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """How the IR calls it: its source, without what is secret in it."""
        if self._name is None:
            write = shown_source if may_have_secrets(self.scope.file) else whole_source
            self._name = "\n".join(map(write, self._written))
        return self._name

    @property
    def text(self) -> str:
        """Its source, which nobody is shown."""
        is_hidden = may_have_secrets(self.scope.file) and any(map(has_secret, self._written))
        return "\n".join(map(ast.unparse, self._written)) if is_hidden else self.name

    @property
    def _written(self) -> Sequence[ast.AST]:
        body = [self.body] if isinstance(self.body, ast.expr) else self.body
        return body if self.shown is None else [self.shown]

    @property
    def is_short(self) -> bool:
        """Whether it takes no time, as far as its text says: no loop, and calls of nothing but a few builtins."""
        nodes = [self.body] if isinstance(self.body, ast.expr) else [*self.prologue, *self.body]
        return all(map(_is_short, nodes)) and not self.is_async

    def outline(self) -> Shape | None:
        """What it says of the containers that it fills or looks something up in."""
        if self._outline is None:
            is_plain = not (self.prologue or self.outputs or self.unbound or self.returns or self.is_async)
            scope = self.scope.with_statics(self.statics)
            self._outline = (outline_shape(self.body, self.inputs, scope) if is_plain else None,)
        return self._outline[0]

    @property
    def path(self) -> str:
        """How declarations say where its function is from."""
        return f"{self.scope.globals.get('__name__') or 'builtins'}:{self.qualname}"

    @property
    def qualname(self) -> str:
        """How its function is called."""
        return f"{scope_name(self.scope)}.<native>"

    @property
    def may_read_unbound(self) -> bool:
        """Whether it reads a name that may be unbound."""
        return bool(self.unbound) or bool(_flags(self.inputs))

    def nodes(self) -> Sequence[ast.stmt] | ast.expr:
        """What effect inference looks at: the prologue and the body."""
        if isinstance(self.body, ast.expr) and not self.prologue:
            return self.body
        return [*self.prologue, *self._statements()]

    def _statements(self) -> list[ast.stmt]:
        if isinstance(self.body, ast.expr):
            return [placed(ast.Return(self.body), self.body)]
        return list(self.body) if self.exits is None else self.exits.natively(self.body, self.outputs)

    def _unbinding(self, first: ast.AST) -> list[ast.stmt]:
        unbound = [statement for name in self.unbound for statement in unbind(name, first)]
        return [*unbound, *(unbind_unless(flag, name, first) for flag, name in _flags(self.inputs))]

    def infer(
        self,
        input_types: Sequence[AbstractType],
        owned: frozenset[str] = frozenset(),
        seals: Mapping[str, Seal] = NO_SEALS,
        outside: Sequence[tuple[str, AbstractType]] = (),
    ) -> CodeSummary:
        """The effect and types of this segment for inputs of these types.

        Those in `owned` are seen by no one else; `seals` say of which of them what they hold isn't either. `outside`
        says more of what free names are bound to.
        """
        known = dict(zip(self.inputs, input_types, strict=True))
        if (told := told_display(self.body, known)) is not None:
            return told
        scope = self.scope.with_statics(self.statics).with_types(dict(outside))
        return infer_code(self.nodes(), known, scope, owned, seals)

    def summarise(self, arg_types: Sequence[AbstractType]) -> Summary:
        """The effect of calling the segment's function, parameters by index (what dynamic resolution asks)."""
        summary = self.infer(arg_types).summary
        index = {name: position for position, name in enumerate(self.inputs)}

        def positions(names: frozenset[int | str]) -> frozenset[int | str]:
            return frozenset(index[name] for name in names if isinstance(name, str) and name in index)

        return summary.replace(mutates=positions(summary.mutates), retains=positions(summary.retains))

    def definition(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The segment as the definition of a function of its inputs."""
        first = self.body if isinstance(self.body, ast.expr) else self.body[0]
        statements = [*self._unbinding(first), *self.prologue, *self._statements()]
        statements += [note_bound(flag, name, first) for flag, name in _flags(self.outputs)]
        if self.outputs and not self.returns:
            names: list[ast.expr] = [placed(ast.Name(name, ast.Load()), first) for name in self.outputs]
            value = names[0] if len(names) == 1 else placed(ast.Tuple(names, ast.Load()), first)
            statements.append(placed(ast.Return(value), first))
        kind = ast.AsyncFunctionDef if self.is_async else ast.FunctionDef
        return with_type_parameters(placed(kind(name, _parameters(self.inputs), statements, []), first))

    def function(self, code: types.CodeType) -> types.FunctionType:
        """The function of the segment's inputs that has this code."""
        cells = {**self.scope.cells, **{name: types.CellType(value) for name, value in self.statics.items()}}
        closure = tuple(cells[name] for name in code.co_freevars)
        function = types.FunctionType(code, self.scope.globals, code.co_name, None, closure)
        function.__xcs_segment__ = self  # type: ignore[attr-defined]
        if isinstance(self.body, ast.expr):
            shape = row_shape(self.body, self.inputs, self.scope.with_statics(self.statics))
            if shape is not None:
                setattr(function, ROWS, shape)
        setattr(function, OUTLINE, self.outline)
        function.__qualname__ = self.qualname
        return function


def compile_segments(segments: Sequence[Segment]) -> list[types.FunctionType]:
    """The segments as functions of their inputs. Those with the same names around them are compiled in one go."""
    together: dict[tuple[object, ...], list[Segment]] = {}
    for segment in segments:
        statics = tuple((name, identity(value)) for name, value in segment.statics.items())
        together.setdefault((identity(segment.scope), statics), []).append(segment)
    found: dict[int, types.FunctionType] = {}
    for alike in together.values():
        scope = alike[0].scope
        cells = dict.fromkeys((*scope.cells, *alike[0].statics))
        definitions = [segment.definition(f"{INNER}{index}__") for index, segment in enumerate(alike)]
        name = scope_name(scope)
        codes = compile_functions(definitions, scope, cells, scope.qualname or name, name)
        for segment, code in zip(alike, codes, strict=True):
            found[identity(segment)] = segment.function(code)
    return [found[identity(segment)] for segment in segments]


@lru_cache(maxsize=1024)
def _parameters(names: tuple[str, ...]) -> ast.arguments:
    """Parameters of these names. No code says where they stand, so all pieces with the same ones share them."""
    somewhere: Any = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
    return ast.arguments([], [ast.arg(name, **somewhere) for name in names], None, [], [], None, [])


def _flags(names: Sequence[str]) -> list[tuple[str, str]]:
    """The flags among these names, each with the name that it is of."""
    return [(flag, name) for flag in names if (name := name_of_flag(flag)) is not None]


_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SHORT_FUNCTIONS = frozenset({"abs", "bool", "float", "int", "isinstance", "len", "round", "str", "type"})
_SHORT_METHODS = frozenset(
    {"append", "endswith", "format", "get", "join", "lower", "lstrip", "replace", "rstrip", "split", "startswith"}
) | {"strip", "title", "upper"}


def _is_short(node: ast.AST) -> bool:
    for inner in syntax_inside(node):
        if isinstance(inner, _LOOPS):
            return False
        if isinstance(inner, ast.Call):
            function = inner.func
            is_known = isinstance(function, ast.Name) and function.id in _SHORT_FUNCTIONS
            if not is_known and not (isinstance(function, ast.Attribute) and function.attr in _SHORT_METHODS):
                return False
    return True


def scope_name(scope: CodeScope) -> str:
    """How tracebacks and declarations name the function that a segment comes from."""
    return scope.function_name or "<module>"
