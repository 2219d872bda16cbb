"""Receivers of methods: looked up before the arguments, as Python does it, or after them where nobody can tell."""

from __future__ import annotations

import ast
import io
import types
from collections.abc import Sequence

from ....diagnostics.effect import Effect
from ...effects.abstract_type import (
    AbstractType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    SetType,
    TupleType,
    UnionType,
)
from ...effects.classes import has_plain_attributes
from ...effects.client_paths import method_path
from ...effects.contents import plain_form
from ...effects.known import TABLE
from ...effects.lattice import members, widen
from ...effects.operations import KNOWN_VALUE_CLASSES, is_builtin
from ...effects.scope import class_view
from ...effects.summary import CodeSummary
from ..source.names import names_of
from ..values import Owned, Static, Tracer, Unstageable
from .known_names import NameStager
from .leaf_ops import container_class


class ReceiverStager(NameStager):
    """The layer of receivers."""

    is_tried = False  # code of this function may still run after a statement here has failed

    # Layers above provide these.
    def child_has_gain(self, node: ast.expr) -> bool:
        """Whether an operand, which may be a slice or a starred one, has something to stage."""
        raise NotImplementedError

    def compute(self, node: ast.expr) -> ast.expr:
        """What stands for an operand once it has been staged."""
        raise NotImplementedError

    def getter_of(self, node: ast.Attribute) -> types.FunctionType | None:
        """The function of a property of the class of an object, which has no other say in its attributes."""
        try:
            known = self.describe(node.value).summary.result
        except Unstageable:
            return None
        if not isinstance(known, InstanceType) or not has_plain_attributes(known.cls):
            return None
        member = class_view(known.cls).get(node.attr)
        if type(member) is not property or not isinstance(member.fget, types.FunctionType):
            return None
        self.program.rely_on_class(known.cls, node.attr)
        return member.fget

    def part_of_own(self, node: ast.expr) -> ast.expr | None:
        """The receiver of a method call that is looked up in a container of ours: `d[key]`, `d.setdefault(key, [])`."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        root: ast.expr = node.func.value
        while isinstance(root, (ast.Subscript, ast.Call)):
            if isinstance(root, ast.Call) and not isinstance(root.func, ast.Attribute):
                return None
            root = root.value if isinstance(root, ast.Subscript) else root.func.value  # type: ignore[attr-defined]
        value = self.state.names.get(root.id) if isinstance(root, ast.Name) else None
        return node.func.value if root is not node.func.value and value is not None and self.has_seal(value) else None

    def may_wait(self, node: ast.expr) -> ast.expr | None:
        """The receiver of a method call that may be looked up after the arguments: a part of an owned container.

        Looked up before, it would be an object of its own, seen by others. The arguments have no ordered effect and
        don't touch the container, nor look at any if the lookup itself stores something, so whoever fails first, no
        other effect is seen.
        """
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        receiver = node.func.value
        if isinstance(receiver, (ast.Name, ast.Constant)) or self.child_has_gain(receiver):
            return None
        if self._is_call_of_client(node):
            return receiver
        try:
            found = self.describe(receiver)
            owned = {name for name in found.owned if self.has_seal(self.state.names[name])}
            if not owned or not found.summary.retains <= owned or not self._only_looks_up(found, owned):
                return None
            is_seen = self.is_tried or any(map(self._is_seen_later, owned))
            makes_it_now = is_seen and bool(found.summary.mutates)
            if makes_it_now and not _finds_again(receiver):
                return None
            known = [plain_form(widen(part)) for part in members(found.summary.result)]
            if not all(is_builtin(part) or self._has_method(part, node.func.attr) for part in known):
                return None
            others = [*node.args, *(keyword.value for keyword in node.keywords)]
            if found.summary.mutates and not self._sees_no_own_object(others):
                return None
            if not all(self._leaves_alone(owned, one) for one in others):
                return None
            if makes_it_now:  # a handler could see what the lookup stores: it is made, and then found again
                self.stage_native_statements([ast.copy_location(ast.Expr(receiver), receiver)], frozenset())
            return receiver
        except Unstageable:
            return None

    def _sees_no_own_object(self, nodes: Sequence[ast.expr]) -> bool:
        """Whether code reads no name through which it may come to an owned object."""
        values = [self.state.names.get(name) for name in self.program.names(nodes).read]
        return all(value is None or isinstance(value, (Static, Tracer)) for value in values)

    def _is_call_of_client(self, node: ast.Call) -> bool:
        """Whether a method of a client is called, which may be looked up after the arguments: it stays what it is."""
        names: list[str] = []
        root: ast.expr = node.func
        while isinstance(root, ast.Attribute):
            names.append(root.attr)
            root = root.value
        if not isinstance(root, ast.Name) or not names or root.id in names_of([node]).bound:
            return False
        try:
            client = self.describe(root).summary.result
            path = method_path(client, names.pop()) if isinstance(client, InstanceType) else None
            if path is None or TABLE.at(".".join([path, *reversed(names)])) is None:
                return False
            return all(self._leaves_alone({root.id}, one) for one in (*node.args, *(k.value for k in node.keywords)))
        except Unstageable:
            return False

    def _is_own_method(self, node: ast.Call, name: str, attribute: str) -> bool:
        """Whether a method is one of the class of an object that nobody else sees and the arguments leave alone."""
        value = self.state.names[name]
        if not self.is_owned(value) or not self._has_method(self.type_of(value), attribute):
            return False
        try:
            return all(self._leaves_alone({name}, one) for one in (*node.args, *(k.value for k in node.keywords)))
        except Unstageable:
            return False

    def _has_method(self, known: AbstractType, name: str) -> bool:
        """Whether an object of a class that has no say in its attributes finds a method of that class there."""
        if not isinstance(known, InstanceType) or container_class(known) is None or name in dict(known.attributes):
            return False
        if not isinstance(class_view(known.cls).get(name), types.FunctionType):
            return False
        self.program.rely_on_class(known.cls, name)
        return True

    def _only_looks_up(self, found: CodeSummary, owned: set[str]) -> bool:
        summary = found.summary
        is_plain = summary.effect is Effect.PURE and not summary.unknown_types and not summary.sees_writes
        return is_plain and summary.mutates <= owned

    def _leaves_alone(self, owned: set[str], node: ast.expr) -> bool:
        """Whether evaluating an argument writes nothing that others see, nor these names' containers."""
        if isinstance(node, ast.Starred):
            return False
        summary = self.describe(node).summary
        is_free = summary.effect <= Effect.UNORDERED and not summary.unknown_types
        if not is_free or not owned.isdisjoint(summary.mutates | summary.retains):
            return False
        names: list[str] = [*summary.mutates]  # type: ignore[list-item]
        if not names:
            return True
        if self.is_tried or any(map(self._is_seen_later, names)):
            return False
        return all((one := self.state.names.get(name)) is not None and self.is_owned(one) for name in names)

    def _is_seen_later(self, name: str) -> bool:
        """Whether code that runs after a failure may see what an object of ours is then."""
        value = self.state.names.get(name)
        return isinstance(value, Owned) and self.state.heap[value].in_order

    def settle_receiver(self, node: ast.Call) -> None:
        """Before later operands are staged: the method must be looked up now, unless looking it up can't fail."""
        if not isinstance(node.func, ast.Attribute) or self.static_of(node.func) is not None:
            return
        if isinstance(node.func.value, ast.Constant):
            known = widen(Static(node.func.value.value).type)
        elif isinstance(node.func.value, ast.Name) and node.func.value.id in self.state.names:
            known = widen(self.type_of(self.state.names[node.func.value.id]))
        else:
            return
        if isinstance(node.func.value, ast.Name) and self._is_own_method(node, node.func.value.id, node.func.attr):
            return
        is_sure = not isinstance(known, UnionType) and has_method(known, node.func.attr)
        if not is_sure and not self._is_call_of_client(node):
            node.func = self.compute(node.func)  # type: ignore[assignment]


def _finds_again(node: ast.expr) -> bool:
    """Whether a lookup gives what it gave, when it is made again: of keys, with what missing ones get."""
    while not isinstance(node, ast.Name):
        match node:
            case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="setdefault")):
                node = inner
            case _:
                return False
    return True


def has_method(known: object, name: str) -> bool:
    """Whether every value of this type certainly has this method, looked up without effect."""
    match known:
        case ListType():
            return hasattr(list, name)
        case DictType():
            return hasattr(dict, name)
        case SetType(frozen=frozen):
            return hasattr(frozenset if frozen else set, name)
        case CollectionType(cls=cls):
            return hasattr(cls, name)
        case TupleType():
            return hasattr(tuple, name)
        case _:
            cls = getattr(known, "cls", None)
            is_value = cls in KNOWN_VALUE_CLASSES and not cls.__dictoffset__  # type: ignore[union-attr]
            is_value = isinstance(known, ExactType) and (is_value or cls is io.StringIO)
            return (cls in SCALAR_CLASSES or is_value) and hasattr(cls, name)


SCALAR_CLASSES = frozenset({str, int, float, bool, bytes, dict, set})
