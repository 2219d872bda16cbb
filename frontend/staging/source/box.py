"""Boxes: where a local name lives that inner functions rebind, or see later values of.

Python keeps such a name in a cell. A box is that cell as an ordinary object, so that reads and writes of the name are
reads and writes of an attribute, in program order, for this function and the ones inside alike.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import Any

from ..values import Unstageable
from .closures import declared_in
from .names import FUNCTIONS, names_of, parameter_names
from .syntax import load_name, placed, store_name

OLD = "_xcs_old"  # a name of functions inside: a boxed name's value while `+=` changes it


def is_function(node: ast.AST) -> bool:
    """Whether Python runs a scope as a function of its own; from 3.12 on, comprehensions are not."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
        return sys.version_info < (3, 12)
    return isinstance(node, (*FUNCTIONS, ast.GeneratorExp))


class Box:
    """The cell of one local name."""

    __slots__ = ("name", "value")

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def free(self) -> Any:
        """The value, as a function inside reads it."""
        try:
            return self.value
        except UnboundLocalError:
            pass
        raise NameError(
            f"cannot access free variable '{self.name}' where it is not associated with a value in enclosing scope"
        )

    def __getattr__(self, attribute: str) -> Any:
        raise UnboundLocalError(f"cannot access local variable '{self.name}' where it is not associated with a value")

    def bind(self, value: Any) -> Any:
        """What `name := value` does."""
        self.value = value
        return value

    def unbind(self) -> None:
        """What `del name` does."""
        self.value  # noqa: B018 - raises what `del` of an unbound name raises
        del self.value

    def unbind_free(self) -> None:
        """What `del name` does in a function inside."""
        self.free  # noqa: B018 - raises what `del` of an unbound name raises there
        del self.value


class BoundBox:
    """The cell of a local name that has a value wherever it is read."""

    __slots__ = ("value",)

    def bind(self, value: Any) -> Any:
        """What `name := value` does."""
        self.value = value
        return value


def box_of(name: str) -> str:
    """The local name of the box of a name."""
    return f"_xcs_box_{name}"


def always_bound(node: ast.AST, names: frozenset[str]) -> frozenset[str]:
    """Those of these names of a function that have a value from the start, or before anything mentions them."""
    body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
    unsure = set(names) - parameter_names(node.args)  # type: ignore[attr-defined]
    mentioned: set[str] = set()
    sure = set(names) - unsure
    for statement in body:
        target = _assigned(statement)
        if target in unsure and target not in mentioned and target not in names_of([statement.value]).read:  # type: ignore[attr-defined]
            sure.add(target)
        found = names_of([statement])
        mentioned |= {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)} | found.bound | found.read
        mentioned |= {name for one in ast.walk(statement) if isinstance(one, ast.Nonlocal) for name in one.names}
    deleted = {
        target.id
        for one in ast.walk(node)
        if isinstance(one, ast.Delete)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    caught = {one.name for one in ast.walk(node) if isinstance(one, ast.ExceptHandler)}
    return frozenset(sure - deleted - caught)


def _assigned(statement: ast.stmt) -> str | None:
    """The name that a statement assigns a value to, if that is all it does."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
        case _:
            return None


def boxed(node: ast.AST, names: frozenset[str], bound: frozenset[str]) -> Any:
    """A copy of a function's syntax where these names of its own live in boxes; parameters are put in at the start.

    Those in `bound` are always bound.
    """
    parameters = sorted(names & parameter_names(node.args))  # type: ignore[attr-defined]
    boxing = _Boxing(names, bound)
    if isinstance(node, ast.Lambda):
        raise Unstageable("a parameter of a lambda is shared with another function", node.lineno)
    statements = [one for statement in node.body for one in boxing.statement(statement)]  # type: ignore[attr-defined]
    start = [_put(name, load_name(name, statements[0]), statements[0]) for name in parameters]
    fields = {**dict(ast.iter_fields(node)), "body": [*start, *statements]}
    return placed(type(node)(**fields), node)


class _Boxing(ast.NodeTransformer):
    """Copies syntax, with the names that live in boxes as their attributes."""

    def __init__(self, names: frozenset[str], always_bound: frozenset[str]) -> None:
        self._names = names
        self._always_bound = always_bound
        self._is_inside = False  # of a function inside

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """A statement, with what it binds put into boxes."""
        found = self.visit(node)
        return found if isinstance(found, list) else [found]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """A copy of a node: the original is shared with whoever else reads this function."""
        fields: dict[str, Any] = {}
        for name, held in ast.iter_fields(node):
            if isinstance(held, list):
                fields[name] = [one for part in held for one in self._part(part)]
            else:
                fields[name] = self.visit(held) if isinstance(held, ast.AST) else held
        return placed(type(node)(**fields), node) if hasattr(node, "lineno") else type(node)(**fields)

    def _part(self, part: Any) -> list[Any]:
        if not isinstance(part, ast.AST):
            return [part]
        found = self.visit(part)
        return found if isinstance(found, list) else [found]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._names:
            return node
        is_free = self._is_inside and isinstance(node.ctx, ast.Load) and node.id not in self._always_bound
        attribute = "free" if is_free else "value"
        return placed(ast.Attribute(load_name(box_of(node.id), node), attribute, node.ctx), node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        if node.target.id not in self._names:
            return placed(ast.NamedExpr(node.target, self.visit(node.value)), node)
        bind = placed(ast.Attribute(load_name(box_of(node.target.id), node), "bind", ast.Load()), node)
        return placed(ast.Call(bind, [self.visit(node.value)], []), node)

    def visit_Delete(self, node: ast.Delete) -> list[ast.stmt]:
        return [self._deleted(target, node) for target in node.targets]

    def _deleted(self, target: ast.expr, at: ast.Delete) -> ast.stmt:
        if not isinstance(target, ast.Name) or target.id not in self._names:
            return placed(ast.Delete([self.visit(target)]), at)
        unbind = "unbind_free" if self._is_inside else "unbind"
        method = placed(ast.Attribute(load_name(box_of(target.id), at), unbind, ast.Load()), at)
        return placed(ast.Expr(placed(ast.Call(method, [], []), at)), at)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt | list[ast.stmt]:
        target = node.target
        if not self._is_inside or not isinstance(target, ast.Name) or target.id not in self._names:
            return self.generic_visit(node)  # type: ignore[return-value]
        old = store_name(OLD, node)
        read = placed(ast.Assign([old], self.visit(load_name(target.id, node))), node)
        change = placed(ast.AugAssign(old, node.op, self.visit(node.value)), node)
        return [read, change, _put(target.id, load_name(OLD, node), node)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        copied = self.generic_visit(node)
        assert isinstance(copied, ast.AnnAssign)
        copied.simple = int(isinstance(copied.target, ast.Name))
        return copied if copied.value is not None or copied.simple else placed(ast.Pass(), node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        names = [name for name in node.names if name not in self._names]
        return placed(ast.Nonlocal(names) if names else ast.Pass(), node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
        return [node, *self._put_all(names_of([node]).bound, node)]

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self._refuse(node.name, node)
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        self._refuse(node.name, node)
        return self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        self._refuse(node.name, node)
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        self._refuse(node.rest, node)
        return self.generic_visit(node)

    def _refuse(self, name: str | None, node: ast.AST) -> None:
        if name in self._names:
            line = getattr(node, "lineno", 0)
            raise Unstageable(f"`{name}` is bound by a pattern or handler and shared with another function", line)

    def visit_ClassDef(self, node: ast.ClassDef) -> list[ast.stmt]:
        return [self._inside(node, names_of(node.body).bound), *self._put_all({node.name}, node)]

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
        return [self._function(node, node.body), *self._put_all({node.name}, node)]

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._function(node, [node.body])

    def _function(self, node: Any, body: Sequence[ast.AST]) -> Any:
        names = names_of(body)
        own = ((names.bound | names.deleted) - declared_in(body)) | parameter_names(node.args)
        return self._inside(node, own, keep=("decorator_list", "args", "returns"))

    def _visit_comprehension(self, node: Any) -> ast.AST:
        first = self.visit(node.generators[0].iter)
        targets = set().union(*(names_of([generator.target]).bound for generator in node.generators))
        made: Any = self._inside(node, targets)
        made.generators[0].iter = first
        return made

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def _inside(self, node: Any, own: set[str], keep: tuple[str, ...] = ()) -> Any:
        """A copy of a node that is a scope with its own names; those in `keep` belong to the scope around it."""
        outer, was_inside = self._names, self._is_inside
        outside = {name: _copied(self, getattr(node, name)) for name in keep if hasattr(node, name)}
        self._names, self._is_inside = outer - own, was_inside or is_function(node)
        try:
            made = self.generic_visit(node)
        finally:
            self._names, self._is_inside = outer, was_inside
        for name, held in outside.items():
            setattr(made, name, held)
        return made

    def _put_all(self, names: set[str], at: ast.AST) -> list[ast.stmt]:
        return [_put(name, load_name(name, at), at) for name in sorted(names & self._names)]


def _copied(boxing: _Boxing, held: Any) -> Any:
    if isinstance(held, list):
        return [boxing.visit(one) for one in held]
    return boxing.visit(held) if isinstance(held, ast.AST) else held


def _put(name: str, value: ast.expr, at: ast.AST) -> ast.stmt:
    target = placed(ast.Attribute(load_name(box_of(name), at), "value", ast.Store()), at)
    return placed(ast.Assign([target], value), at)
