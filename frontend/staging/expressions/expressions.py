"""Expressions: what has something to gain is staged in evaluation order, the rest runs natively."""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from functools import cached_property

from ....diagnostics.effect import Effect
from ...effects.abstract_type import (
    AbstractType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    TupleType,
    UnionType,
)
from ...effects.client_paths import method_path
from ...effects.contents import plain_form
from ...effects.known import TABLE
from ...effects.lattice import members, widen
from ...effects.module_members import namespace_with
from ...effects.operations import KNOWN_VALUE_CLASSES, is_builtin
from ...effects.scope import class_view, fact, find
from ...effects.summary import CodeSummary
from ..source.names import names_of
from ..source.rewriting import children_in_order, get_child, rewrite_children, thaw
from ..source.syntax import load_name
from ..state.state import EMPTY_DICT
from ..values import LocalFunction, Maybe, Owned, Static, Tracer, TupleValue, Unbound, Unstageable, Value
from .folding import FoldingStager
from .gains import Gain
from .leaf_ops import container_class


class ExpressionStager(FoldingStager):
    """The layer of expressions without control flow; control flow and calls come from the layers above."""

    # Layers above provide these.
    def stage_call(self, node: ast.Call) -> Value:
        """A call whose operands have nothing to stage."""
        raise NotImplementedError

    def stage_repeated(self, node: ast.expr) -> Value | None:
        """A call like one that has been staged before; None if it isn't one."""
        raise NotImplementedError

    def stage_control(self, node: ast.expr) -> Value | None:
        """An expression that evaluates its operands conditionally or repeatedly; None if it isn't one."""
        raise NotImplementedError

    has_local_functions = False  # some value may be a function of this one
    is_tried = False  # code of this function may still run after a statement here has failed

    def stage_expression(self, node: ast.expr) -> Value:
        """The value of an expression."""
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            node = self.chosen(node)
        if (known := self._known(node)) is not None:
            return known
        if (repeated := self.stage_repeated(node)) is not None:
            return repeated
        gain = self.gain_of(node)
        if gain is Gain.NOTHING:
            return self.stage_plain(node)
        if gain is Gain.WHOLE:
            return self.stage_native_expression(node)
        start = self.mark()
        try:
            return self._stage_inside(node)
        except Unstageable as refusal:
            self.go_back(start)
            self.program.note_native(node, self.scope, refusal)
            return self.stage_native_expression(node)

    def _stage_inside(self, node: ast.expr) -> Value:
        """An expression with something to stage in it."""
        self.at(node)
        if (value := self.stage_control(node)) is not None:
            return value
        rewritten = self._with_children_staged(node)
        if rewritten is node:
            return self._stage_operation(node)
        if (known := self._known(rewritten)) is not None:
            return known
        if (repeated := self.stage_repeated(rewritten)) is not None:
            return repeated
        if self.has_gain(rewritten):
            return self._stage_operation(rewritten)
        return self.stage_plain(rewritten)

    def _known(self, node: ast.expr) -> Value | None:
        """Values that need no op: names, literals, displays, known attributes."""
        if node.__class__ is ast.Call:  # what most expressions are is none of these
            return None
        match node:
            case ast.Constant(value=value):
                return Static(value)
            case ast.Name(id=name):
                return self.lookup(name, node)
            case ast.Lambda() if has_literal_defaults(node.args):
                return self.stage_native_expression(node)
            case ast.Tuple(elts=elements) if not any(isinstance(e, ast.Starred) for e in elements):
                return TupleValue(tuple(map(self.stage_expression, elements)))
            case ast.List(elts=elements) if not any(isinstance(e, ast.Starred) for e in elements):
                return self.own_list([self.stage_expression(e) for e in elements])
            case ast.Dict(keys=[]):
                return self.own(self.builder.make_dict((), ()), EMPTY_DICT, dict, sealed=True)
            case ast.Attribute(value=base, attr=name):
                return self._static_attribute(base, name)
            case ast.Subscript(value=ast.Name() as base, slice=ast.Constant(value=int() as index)):
                return self._known_element(base, index)
            case ast.Subscript(
                value=ast.Name() as base,
                slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as index)),
            ):
                return self._known_element(base, -index)
            case ast.BinOp() | ast.Compare() | ast.UnaryOp():
                return self.folded(node)
            case _:
                return None

    def lookup(self, name: str, node: ast.AST) -> Value:
        """The value a name is bound to."""
        value = self.state.names.get(name)
        if isinstance(value, (Maybe, Unbound)) or (value is None and name in self.local_names):
            read = load_name(name, node)
            value = self.state.names[name] = self.stage_native_expression(read)  # raises where it is unbound
        if value is not None:
            return value
        if (known := self.known_free_name(name)) is not None:
            return known
        assert isinstance(node, ast.expr)
        return self.stage_native_expression(node)

    def known_free_name(self, name: str) -> Static | None:
        """The function, class or module that a free name means; None for data, and if this function rebinds it."""
        if name not in self._free_names:
            is_shared = name in self.function_names.nonlocal_names
            found = None if is_shared else find(self.scope, name)
            known = None if found is None else found.value.type
            held = known.value if isinstance(known, StaticType) else None
            if found is not None and found.guard is not None and held is not None:
                self.program.rely_on((found.guard,))
            self._free_names[name] = None if held is None else Static(held)
        return self._free_names[name]

    @cached_property
    def _free_names(self) -> dict[str, Static | None]:
        return {}

    def local_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> LocalFunction:
        """A function defined here, with the values of the local names it reads."""
        free = {name for name in names_of([node]).read if name in self.local_names or name in self.state.names}
        captured = {name: self.state.names[name] for name in free if name in self.state.names}
        missing = free - set(captured) - (set() if isinstance(node, ast.Lambda) else {node.name})
        if missing:
            raise Unstageable(f"`{min(missing)}` is captured before it is bound", node.lineno)
        if not isinstance(node, ast.Lambda):
            captured.pop(node.name, None)  # it means itself
        self.has_local_functions = True
        return LocalFunction(node, captured)

    def _static_attribute(self, base: ast.expr, name: str) -> Value | None:
        if (value := self.attribute_held(base, name)) is not None:
            return value
        held = self.static_of(base)
        return self.known_member(held, name) if isinstance(held, types.ModuleType) else None

    def known_member(self, module: types.ModuleType, name: str) -> Static | None:
        """The function, class or module that an attribute of a module is; None for data."""
        key = id(module), name
        if key not in self._members:
            namespace = namespace_with(module, name)
            found = None
            if name in namespace:
                found = fact(namespace[name], namespace, name, f"global:{module.__name__}.{name}")
            known = None if found is None else getattr(found.value.type, "value", None)
            if found is not None and found.guard is not None and known is not None:
                self.program.rely_on((found.guard,))
            self._members[key] = None if known is None else Static(known)
        return self._members[key]

    @cached_property
    def _members(self) -> dict[tuple[int, str], Static | None]:
        return {}

    def static_of(self, node: ast.expr) -> object:
        """The object a name or attribute chain is known to mean, else None."""
        if isinstance(node, ast.Name):
            value = self.state.names.get(node.id)
            if value is None and node.id not in self.local_names:
                value = self.known_free_name(node.id)
            return value.value if isinstance(value, Static) else None
        if isinstance(node, ast.Attribute):
            value = self._static_attribute(node.value, node.attr)
            return value.value if isinstance(value, Static) else None
        return None

    def _known_element(self, base: ast.Name, index: int) -> Value | None:
        value = self.state.names.get(base.id)
        elements: tuple[Value, ...] | None = None
        if isinstance(value, TupleValue):
            elements = value.elements
        elif isinstance(value, Owned):
            elements = self.state.heap[value].elements
            if elements is None and index == -1:
                return self.state.heap[value].last
        if elements is None or not -len(elements) <= index < len(elements):
            return None
        return elements[index]

    def _with_children_staged(self, node: ast.expr) -> ast.expr:
        places = children_in_order(node)
        if places is None:
            raise Unstageable(f"{type(node).__name__} with something to stage inside", getattr(node, "lineno", 0))
        if not any(self.child_has_gain(get_child(place)) for place in places):
            return node
        fresh = thaw(node)
        if isinstance(fresh, ast.Dict) and len(fresh.keys) > 1:  # taken apart where it stands
            pairs = zip(fresh.keys, fresh.values, strict=True)
            fresh.values = [_merged(value) if key is None else value for key, value in pairs]
        places = children_in_order(fresh)
        assert places is not None
        may_wait = self._may_wait(fresh)
        rebound = self.program.names([node]).bound

        def is_trivial(child: ast.expr) -> bool:
            is_rebound = isinstance(child, ast.Name) and child.id in rebound
            return child is may_wait or (self.is_trivial(child) and not is_rebound)

        rewrite_children(
            fresh, places, self.child_has_gain, self.compute, self.rewrite, is_trivial, self._settle_receiver
        )
        return fresh

    def _may_wait(self, node: ast.expr) -> ast.expr | None:
        """The receiver of a method call that may be looked up after the arguments: a part of an owned container.

        Looked up before, it would be an object of its own, seen by others. The arguments have no ordered effect and
        don't touch the container, nor look at any if the lookup itself stores something, so whoever fails first, no
        other effect is seen; but a handler could see what the lookup stores.
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
            owned = {name for name in found.owned if self.is_sealed(self.state.names[name])}
            if not owned or not found.summary.retains <= owned or not self._only_looks_up(found, owned):
                return None
            known = [plain_form(widen(part)) for part in members(found.summary.result)]
            if not all(is_builtin(part) or self._has_method(part, node.func.attr) for part in known):
                return None
            others = [*node.args, *(keyword.value for keyword in node.keywords)]
            if found.summary.mutates and not self._sees_no_own_object(others):
                return None
            return receiver if all(self._leaves_alone(owned, one) for one in others) else None
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
        return is_plain and summary.mutates <= (set() if self.is_tried else owned)

    def _leaves_alone(self, owned: set[str], node: ast.expr) -> bool:
        """Whether evaluating an argument has no ordered effect and doesn't write these names' containers."""
        if isinstance(node, ast.Starred):
            return False
        summary = self.describe(node).summary
        is_free = summary.effect <= Effect.UNORDERED and not summary.unknown_types
        return is_free and owned.isdisjoint(summary.mutates | summary.retains)

    def child_has_gain(self, node: ast.expr) -> bool:
        """Whether an operand, which may be a slice or a starred one, has something to stage."""
        if isinstance(node, (ast.Slice, ast.Starred, ast.FormattedValue)):
            places = children_in_order(node) or []
            return any(self.child_has_gain(getattr(o, f) if i is None else getattr(o, f)[i]) for o, f, i in places)
        return self.has_gain(node)

    def rewrite(self, node: ast.expr) -> ast.expr:
        """A native expression with the value of `node`, what must be staged in it done."""
        if isinstance(node, (ast.Slice, ast.Starred, ast.FormattedValue)):
            return self._with_children_staged(node)
        gain = self.gain_of(node)
        if gain is Gain.NOTHING:
            return node
        if gain is Gain.WHOLE:
            return self.compute(node)
        self.at(node)
        if (value := self.stage_control(node)) is not None:
            return load_name(self.temporary(value), node)
        if isinstance(node, (ast.Tuple, ast.List)):
            return self.compute(node)
        rewritten = self._with_children_staged(node)
        if self.has_gain(rewritten):
            return load_name(self.temporary(self._stage_operation(rewritten)), node)
        return rewritten

    def compute(self, node: ast.expr) -> ast.expr:
        """The value of a node in a temporary."""
        if isinstance(node, ast.FormattedValue):  # formatted where it stands, before what comes after it
            text = self.compute(ast.copy_location(ast.JoinedStr([node]), node))
            return ast.copy_location(ast.FormattedValue(text, -1, None), node)
        if isinstance(node, ast.Slice):
            bounds = [None if b is None else b if self.is_trivial(b) else self.compute(b) for b in _bounds(node)]
            return ast.copy_location(ast.Slice(*bounds), node)
        if isinstance(node, ast.Starred):  # iterated where it stands, before what comes after it
            taken = self.compute(ast.copy_location(ast.Tuple([node], ast.Load()), node))
            return ast.copy_location(ast.Starred(taken, ast.Load()), node)
        return load_name(self.temporary(self.stage_expression(node)), node)

    def is_trivial(self, node: ast.expr) -> bool:
        """Whether evaluating a node later makes no difference: local names, known objects, literals."""
        if isinstance(node, ast.Name):
            bound = self.state.names.get(node.id)
            return not isinstance(bound, (Maybe, Unbound)) if bound is not None else self.static_of(node) is not None
        return isinstance(node, ast.Constant) or (isinstance(node, ast.Lambda) and has_literal_defaults(node.args))

    def _settle_receiver(self, node: ast.Call) -> None:
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

    def _stage_operation(self, node: ast.expr) -> Value:
        """An operation that is itself worth staging, on operands that aren't."""
        if isinstance(node, ast.Call):
            return self.stage_call(node)
        if isinstance(node, ast.Await):
            return self.stage_await(node)
        return self.stage_array_operation(node)

    def stage_await(self, node: ast.Await) -> Value:
        """`await` of an operand with nothing to stage."""
        raise NotImplementedError

    def stage_array_operation(self, node: ast.expr) -> Value:
        """An operator on arrays."""
        raise NotImplementedError

    def stage_plain(self, node: ast.expr) -> Value:
        """An expression with nothing to gain."""
        return self.stage_native_expression(node)


def has_literal_defaults(arguments: ast.arguments) -> bool:
    """Whether a function's defaults are literals, so that nothing runs where it is defined."""
    return all(
        isinstance(default, ast.Constant) for default in (*arguments.defaults, *filter(None, arguments.kw_defaults))
    )


def _bounds(node: ast.Slice) -> tuple[ast.expr | None, ...]:
    return node.lower, node.upper, node.step


def _merged(node: ast.expr) -> ast.expr:
    """`{**node}`."""
    return ast.copy_location(ast.Dict([None], [node]), node)


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
            is_value = isinstance(known, ExactType) and cls in KNOWN_VALUE_CLASSES and not cls.__dictoffset__
            return (cls in SCALAR_CLASSES or is_value) and hasattr(cls, name)


SCALAR_CLASSES = frozenset({str, int, float, bool, bytes, dict, set})
